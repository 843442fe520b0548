"""The register of readings, `prompts/readings/<language>.yaml`: what the voice says, approved by a person.

Kept for each part between two pauses, so that sentences made from the tables (counter, day, hour) share their parts
and the register stays short. A part that is read differently in different sentences is kept with its whole sentence.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import yaml
from pydantic import RootModel

from ivr.findings import Finding, FindingsError
from ivr.speech.reading import normalise
from ivr.yamlfile import parse, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from ivr.passage import Sentence
    from ivr.speech.lexicon import Lexicon

_HEAD = """\
# 読みの台帳 / approved readings
#
# 「書いた言葉: 声に出した読み」です。読点で区切ったひとまとまりごとに並んでいます。は→ワ、のばす音は ー。
# 手では直しません。プロンプトや辞書を直して .venv/bin/ivr prompts check で違いを見て、
# 正しければ .venv/bin/ivr prompts check --approve で書きかえます。
#
# Not edited by hand: `ivr prompts check` shows what changed, `ivr prompts check --approve` writes it here.
"""


class Reader(Protocol):
    """The front end as this register sees it."""

    def clauses(self, text: str) -> list[tuple[str, str]]:
        """Give each part of a normalised text with its kana."""

    def unread(self, text: str) -> list[str]:
        """List the words without a sound."""


@dataclass(frozen=True)
class Heard:
    """A sentence as the voice reads it: its parts with their kana."""

    prompt: str
    text: str
    parts: tuple[tuple[str, str], ...]
    written: str = ""
    """As captions show it, before any rule."""

    @property
    def kana(self) -> str:
        """The reading of the whole sentence."""
        return "、".join(kana for _, kana in self.parts)


class _File(RootModel[dict[str, str]]):
    """Part or sentence to kana."""


def file(language: str) -> str:
    """Give the place of a language's register under the root."""
    return f"prompts/readings/{language}.yaml"


def load(root: Path, language: str) -> dict[str, str]:
    """Read the register; empty where there is none. Raises FindingsError."""
    place = root / file(language)
    return parse(read(place, root), _File).root if place.exists() else {}


def hear(sentences: Iterable[Sentence], reader: Reader, lexicon: Lexicon) -> list[Heard]:
    """Read every distinct sentence; those with marks that no voice says are left to the check of the words."""
    heard: dict[str, Heard] = {}
    for sentence in sentences:
        reading = normalise(sentence.spoken, lexicon)
        if reading.text not in heard and not reading.lost:
            heard[reading.text] = Heard(
                sentence.prompt, reading.text, tuple(reader.clauses(reading.text)), sentence.text
            )
    return list(heard.values())


def unsayable(
    sentences: Iterable[Sentence], reader: Reader, lexicon: Lexicon, place: Callable[[str], tuple[str, int]]
) -> Iterator[Finding]:
    """Find what would be silent: marks that no rule speaks, words that the front end has no sound for."""
    for sentence in sentences:
        reading = normalise(sentence.spoken, lexicon)
        where = place(sentence.prompt)
        if found := reading.findings(where, sentence.prompt):
            yield from found
        elif silent := reader.unread(reading.text):
            words = " ".join(silent)
            yield Finding(
                *where,
                "error",
                f"prompt {sentence.prompt}: {words} would not be heard in {reading.text!r}; give it a reading as "
                "{word|かな}",
                f"プロンプト「{sentence.prompt}」: 「{words}」は読み方が分かりません。{{言葉|よみ}} と書いてください"
                f"({reading.text})",
            )


def register(heard: Iterable[Heard]) -> dict[str, str]:
    """Give the register in which exactly these sentences are approved, sorted."""
    heard = list(heard)
    readings = defaultdict(set)
    for sentence in heard:
        for part, kana in sentence.parts:
            readings[part].add(kana)
    approved: dict[str, str] = {}
    for sentence in heard:
        if all(len(readings[part]) == 1 for part, _ in sentence.parts):
            approved |= dict(sentence.parts)
        else:
            approved[sentence.text] = sentence.kana
    return dict(sorted(approved.items()))


def news(heard: Iterable[Heard], approved: Mapping[str, str]) -> dict[str, str]:
    """Give the parts whose reading is new or has changed, as they would be approved."""
    return {part: kana for part, kana in register(heard).items() if approved.get(part) != kana}


def unlike(heard: Iterable[Heard], new: Mapping[str, str], plain: Reader) -> dict[str, tuple[str, str]]:
    """Map new parts to their kana and that of a plain reader of the written words, where the two differ.

    Where written and spoken words do not have the same pauses, the whole sentence is compared.
    """
    found: dict[str, tuple[str, str]] = {}
    for sentence in heard:
        if sentence.text not in new and not any(part in new for part, _ in sentence.parts):
            continue
        written = [kana for _, kana in plain.clauses(sentence.written)]
        if len(written) != len(sentence.parts):
            pairs = [(sentence.text, sentence.kana, "、".join(written))]
        else:
            pairs = [(part, kana, other) for (part, kana), other in zip(sentence.parts, written, strict=True)]
            pairs = [pair for pair in pairs if pair[0] in new or sentence.text in new]
        found |= {part: (kana, other) for part, kana, other in pairs if kana != other}
    return found


def check(
    heard: Iterable[Heard], approved: Mapping[str, str], place: Callable[[str], tuple[str, int]]
) -> Iterator[Finding]:
    """Find readings that changed or were never approved, each part once; `place` gives a prompt's file and line."""
    seen: set[tuple[str, str]] = set()
    for sentence in heard:
        if sentence.text in approved:
            parts: tuple[tuple[str, str], ...] = ((sentence.text, sentence.kana),)
        else:
            parts = sentence.parts
        for part, kana in parts:
            if approved.get(part) != kana and (part, kana) not in seen:
                seen.add((part, kana))
                yield _finding(place(sentence.prompt), sentence.prompt, part, approved.get(part), kana)


def unused(heard: Iterable[Heard], approved: Mapping[str, str], language: str) -> list[Finding]:
    """Warn of what the register holds and nobody says any more."""
    said = {text for sentence in heard for text in (sentence.text, *(part for part, _ in sentence.parts))}
    old = [text for text in approved if text not in said]
    if not old:
        return []
    return [
        Finding(
            file(language),
            0,
            "warning",
            f"{len(old)} readings are said nowhere any more ({old[0]} …); --approve takes them out",
            f"どこでも使われなくなった読みが {len(old)} 件あります({old[0]} など)。--approve で消えます",
        )
    ]


def write(root: Path, language: str, approved: Mapping[str, str]) -> Path:
    """Write the register in one step; raises FindingsError where that is not possible."""
    place = root / file(language)
    body = yaml.safe_dump(dict(approved), allow_unicode=True, sort_keys=False, width=1000)
    draft = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(exist_ok=True)
        draft.write_text(_HEAD + body, "utf-8")
        draft.replace(place)
    except OSError as error:
        finding = Finding(
            file(language),
            0,
            "error",
            f"cannot be written: {error.strerror or error}",
            f"書き込めません: {error.strerror or error}",
        )
        raise FindingsError([finding]) from error
    finally:
        if draft.exists():
            draft.unlink()
    return place


def _finding(place: tuple[str, int], prompt: str, part: str, before: str | None, kana: str) -> Finding:
    if before is None:
        return Finding(
            *place,
            "error",
            f"prompt {prompt}: the reading of 「{part}」 is not approved yet: {kana}",
            f"プロンプト「{prompt}」: 「{part}」の読み {kana} は、まだ確かめられていません",
        )
    return Finding(
        *place,
        "error",
        f"prompt {prompt}: the reading of 「{part}」 has changed from {before} to {kana}",
        f"プロンプト「{prompt}」: 「{part}」の読みが {before} から {kana} に変わりました",
    )
