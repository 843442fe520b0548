"""`prompts/lexicon.yaml`: words that the front end reads wrongly, and how they are really said.

A word is read as given by every engine: engines with our front end get a user dictionary (the accent is kept),
all others get the word in kana. A rewrite replaces characters before any analysis.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ivr.findings import Finding, FindingsError
from ivr.speech import morae
from ivr.yamlfile import Document, parse, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FILE = "prompts/lexicon.yaml"
_SURFACE = re.compile(r"[\u3400-\u9fff々〆ヶぁ-ゖァ-ヺー]+")
_READING = re.compile(r"[ァ-ヺー]+")
_REWRITTEN = re.compile(r"[\u3400-\u9fff々ぁ-ゖァ-ヺー]+")


class Word(BaseModel):
    """How a word is said: katakana as pronounced (ー where a vowel is long) and the mora after which pitch falls."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reading: str
    accent: int = Field(0, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:  # noqa: ANN401  (whatever stands in the file)
        return {"reading": value} if isinstance(value, str) else value


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    words: dict[str, Word] = {}
    rewrites: dict[str, str] = {}


@dataclass(frozen=True)
class Lexicon:
    """The words and rewrites of the helpline; an empty one is fine."""

    words: Mapping[str, Word] = field(default_factory=dict)
    rewrites: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)

    def relevant(self, text: str) -> tuple[tuple[str, str, int], ...]:
        """Give the words that occur in a text: only these can change how it is read, so only these name its sound."""
        return tuple((word, said.reading, said.accent) for word, said in sorted(self.words.items()) if word in text)

    def rewritten(self, text: str) -> str:
        """Apply the rewrites, the longest first."""
        return _replaced(text, self.rewrites)

    def in_kana(self, text: str) -> str:
        """Write every word of the lexicon in kana, for voices that do not know our dictionary."""
        return _replaced(text, {word: said.reading for word, said in self.words.items()})


def load(root: Path) -> Lexicon:
    """Read the lexicon; no file is an empty one. Raises FindingsError with every bad word at its line."""
    path = root / FILE
    if not path.exists():
        return Lexicon()
    document = read(path, root)
    content = parse(document, _File)
    findings = [*_bad_words(document, content), *_bad_rewrites(document, content)]
    if findings:
        raise FindingsError(findings)
    lines = {word: document.line("words", word) for word in content.words}
    rewrites = {unicodedata.normalize("NFKC", old): new for old, new in content.rewrites.items()}
    return Lexicon(content.words, rewrites, lines)


def _replaced(text: str, table: Mapping[str, str]) -> str:
    if not table:
        return text
    pattern = "|".join(re.escape(old) for old in sorted(table, key=len, reverse=True))
    return re.sub(pattern, lambda match: table[match.group()], text)


def _bad_words(document: Document, content: _File) -> Iterator[Finding]:
    for word, said in content.words.items():
        if not _SURFACE.fullmatch(word):
            yield document.finding(
                f"{word!r} has other characters than kanji and kana; put it under rewrites",
                f"「{word}」に漢字・かな以外の文字があります。rewrites の方に書いてください",
                "words",
                word,
            )
        if not _READING.fullmatch(said.reading):
            yield document.finding(
                f"{word!r}: the reading {said.reading!r} must be katakana",
                f"「{word}」の読み「{said.reading}」は、かたかなで書いてください",
                "words",
                word,
            )
        elif said.accent > morae.count(said.reading):
            yield document.finding(
                f"{word!r}: accent {said.accent} lies behind the last of {morae.count(said.reading)} morae",
                f"「{word}」のアクセント {said.accent} は、{morae.count(said.reading)} 拍の読みより後ろです",
                "words",
                word,
            )


def _bad_rewrites(document: Document, content: _File) -> Iterator[Finding]:
    for old, new in content.rewrites.items():
        if not old or not _REWRITTEN.fullmatch(new):
            yield document.finding(
                f"{old!r}: {new!r} must be kana or kanji, and not empty",
                f"「{old}」の書きかえ「{new}」は、かなか漢字で書いてください",
                "rewrites",
                old,
            )
