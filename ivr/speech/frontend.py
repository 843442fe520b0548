"""How a text is read: the dictionary front end of pyopenjtalk-plus with the words of our lexicon.

Its readings change between releases and depend on onnxruntime being there (何 is then ナニ or ナン by context, else
always ナニ), so the one is pinned and the other required. Loading takes about half a second.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import struct
import warnings
from typing import TYPE_CHECKING, Any

from ivr.findings import Finding, FindingsError
from ivr.speech import morae
from ivr.speech.lexicon import FILE
from ivr.speech.quiet import quiet_stdout

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ivr.speech.lexicon import Lexicon, Word

_PAUSES = "、。\uff1f\uff01"
_SYMBOL = "記号"
_COST = -20000
_LEXSIZE_AT = 12


class FrontEnd:
    """The reader of one process. `folder` is where the user dictionary is kept, under the data folder."""

    def __init__(self, lexicon: Lexicon, folder: Path) -> None:
        """Load the dictionary; raises FindingsError if onnxruntime is missing or a word was not taken in."""
        self._talk = _package()
        self._read: dict[str, list[Mapping[str, Any]]] = {}
        self._jtalk = self._talk.OpenJTalk(**_dictionary(self._talk, lexicon.words, folder))

    def nodes(self, text: str) -> list[Mapping[str, Any]]:
        """Give the words of a normalised text as the front end reads them (its NJD features)."""
        if text not in self._read:
            with warnings.catch_warnings():
                # pyopenjtalk-plus makes its Sudachi tokenizer by the old name; both are pinned
                warnings.filterwarnings("ignore", "Dictionary.create", DeprecationWarning)
                self._read[text] = self._talk.run_frontend(text, jtalk=self._jtalk)
        return self._read[text]

    def labels(self, text: str) -> list[str]:
        """Give the full-context labels from which an HTS voice speaks."""
        labels: list[str] = self._talk.make_label(self.nodes(text), jtalk=self._jtalk)
        return labels

    def kana(self, text: str) -> str:
        """Give the katakana of a normalised text as pronounced: は as ワ, long vowels as ー, pauses as 、."""
        return "、".join(kana for _, kana in self.clauses(text))

    def clauses(self, text: str) -> list[tuple[str, str]]:
        """Give each part between two pauses with its kana; the whole in one where the parts cannot be told apart."""
        spoken = [""]
        for node in self.nodes(text):
            if _is_pause(node):
                spoken.append("")
            else:
                spoken[-1] += str(node["pron"]).replace("’", "")
        kana, written = [part for part in spoken if part], morae.clauses(text)
        if len(kana) != len(written):
            return [(text, "、".join(kana))]
        return list(zip(written, kana, strict=True))

    def unread(self, text: str) -> list[str]:
        """List the words of a normalised text for which the front end has no sound."""
        return [
            str(node["string"])
            for node in self.nodes(text)
            if not _is_pause(node) and morae.count(str(node["pron"])) == 0
        ]

    def misread(self, lexicon: Lexicon) -> list[Finding]:
        """List the words of the lexicon that, standing alone, are not read as they are written there."""
        return [
            Finding(
                FILE,
                lexicon.lines.get(word, 0),
                "error",
                f"{word!r} is still read {kana}, not {said.reading}",
                f"「{word}」が {said.reading} ではなく {kana} と読まれます",
            )
            for word, said in lexicon.words.items()
            if (kana := self.kana(word)) != said.reading
        ]


def _is_pause(node: Mapping[str, Any]) -> bool:
    return node["pos"] == _SYMBOL and node["string"] in _PAUSES


def _package() -> Any:  # noqa: ANN401  (pyopenjtalk has no complete types)
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read by onnxruntime when it is imported
    try:
        importlib.import_module("onnxruntime")
        return importlib.import_module("pyopenjtalk")
    except ImportError as error:
        raise FindingsError(
            [
                Finding(
                    "environment",
                    0,
                    "error",
                    f"speech cannot be made: {error}. Run `make setup` to install what is missing",
                    f"音声合成に必要なものがありません({error})。make setup を実行してください",
                )
            ]
        ) from error


def _dictionary(talk: Any, words: Mapping[str, Word], folder: Path) -> dict[str, Any]:  # noqa: ANN401
    system = {"dn_mecab": talk.OPEN_JTALK_DICT_DIR}
    if not words:
        return system
    rows = "".join(_row(word, said) for word, said in sorted(words.items()))
    path = folder / f"{hashlib.sha256(rows.encode()).hexdigest()[:16]}.dic"
    if not path.exists():
        _index(talk, rows, path)
    if (taken := _entries(path)) != len(words):
        path.unlink()
        raise FindingsError([_refused(taken, len(words))])
    # protected: later corrections of the front end must not touch our own readings
    return system | {"userdic": str(path).encode(), "userdic_reading_protection": [True]}


def _row(word: str, said: Word) -> str:
    """Write one line of a user dictionary; the numbers left empty are filled in from the part of speech."""
    size = morae.count(said.reading)
    return f"{word},,,{_COST},名詞,一般,*,*,*,*,{word},{said.reading},{said.reading},{said.accent}/{size},C1\n"


def _index(talk: Any, rows: str, path: Path) -> None:  # noqa: ANN401
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}-{os.getpid()}")
    table, made = draft.with_suffix(".csv"), draft.with_suffix(".dic")
    try:
        table.write_text(rows, "utf-8")
        with quiet_stdout():  # MeCab reports its progress there
            talk.mecab_dict_index(str(table), str(made))
        made.replace(path)
    except RuntimeError as error:
        raise FindingsError([_refused(0, rows.count("\n"))]) from error
    finally:
        table.unlink(missing_ok=True)
        made.unlink(missing_ok=True)


def _entries(path: Path) -> int:
    """Count the entries of a MeCab dictionary: a row that it does not like it skips, with a line on stderr only."""
    (entries,) = struct.unpack_from("<I", path.read_bytes(), _LEXSIZE_AT)
    return int(entries)


def _refused(taken: int, given: int) -> Finding:
    return Finding(
        FILE,
        0,
        "error",
        f"only {taken} of {given} words were taken into the dictionary; its messages on stderr name the rows",
        f"{given} 語のうち {taken} 語しか辞書に入りませんでした。標準エラー出力のメッセージを見てください",
    )
