"""Words by language: `prompts/<language>/*.yaml`, each a map of prompt name to text.

In a text, `{fact}` or `{fact:form}` speaks a value of the facts table and `{漢字|よみ}` gives a reading. `{key}` in the
prompt of an option is the key that the flow gives it; `{key:repeat}`, `{key:back}` and `{key:person}` are the keys that
work everywhere. Two marks are silent: `{=fact}` says that the sentence tells that fact in its own words, `{?place}`
that it tells callers to ask about that unsettled place of the page. A sentence ends at 。 or ？. Pure after loading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ivr.facts import FILE as TABLE
from ivr.facts import digit_words
from ivr.findings import Finding, FindingsError
from ivr.keys import COMMON_KEYS, SPOKEN
from ivr.misfits import Said
from ivr.names import Asked, Place
from ivr.passage import Sentence
from ivr.yamlfile import Document, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ivr.facts import Fact, Unsettled

OPTION_PAUSE = 0.5
SLOW_PAUSE = 0.8
PLAIN_PAUSE = 0.35
SLOW = "slow"
_MARK = re.compile(r"\{([^{}]*)\}")
_FACT = re.compile(r"^[a-z][a-z0-9_]*(?::[a-z_]+)?$")
_SENTENCE = re.compile(r"[^。？]*[。？]|[^。？]+$")
_KEY_LAST = re.compile(r"^(?:(?!\{key\}).)*\{key\}[^。？]*[。？]?$", re.DOTALL)
_PHONE = re.compile(r"0[0-9]+(?:-[0-9]+)+")
TELLS, ASKS = "=", "?"
"""First letters of the silent marks."""
_COMMON = {f"key:{name}": key for key, name in COMMON_KEYS.items()}
_UNIT = (
    "日(?!中)|時(?!停|的|利)|分(?![かのりけ])|秒|円|点|回(?!目)|週|か月|カ月|ヶ月|年|歳|才|桁|枚|階"
    "|か所|カ所|箇所|センチ|号"
)
_NUMERALS = "〇二三四五六七八九十百千万"
_HAND_WRITTEN = re.compile(
    rf"[0-9０-９]|{'|'.join(SPOKEN.values())}|正午"
    rf"|(?<![第一{_NUMERALS}])[{_NUMERALS}]+(?:{_UNIT}|つ|人|本|通|部|度|月)|(?<![第一{_NUMERALS}])一(?:{_UNIT})"
)
"""What stands in the facts table or the flow and must not be written by hand: digits, kanji numerals before a unit, and
the names of the keys. 一回目 names a visit and 第一 a centre; もう一度 and 一つ count nothing."""


class Speaks(Protocol):
    """The facts table as prompts see it."""

    @property
    def unsettled(self) -> tuple[Unsettled, ...]:
        """The places that the page leaves open."""

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a fact of that id."""

    def __iter__(self) -> Iterator[Fact]:
        """Go through the facts."""

    def speak(self, name: str, form: str = "") -> tuple[str, str]:
        """Give a fact as (text, spoken); raises KeyError for an unknown fact, ValueError for an unknown form."""


@dataclass(frozen=True)
class Prompt:
    """The raw text of a prompt and where it stands."""

    name: str
    text: str
    file: str
    line: int

    def facts(self) -> Iterator[str]:
        """List the facts that it speaks or tells in its own words."""
        for mark in _MARK.findall(self.text):
            if mark.startswith(TELLS):
                yield mark[1:]
            elif mark.partition(":")[0] != "key" and _FACT.match(mark):
                yield mark.partition(":")[0]

    def asks(self) -> Iterator[str]:
        """List the unsettled places about which it tells callers to ask."""
        yield from (mark[1:] for mark in _MARK.findall(self.text) if mark.startswith(ASKS))


@dataclass(frozen=True)
class Prompts:
    """All prompts of one language."""

    language: str
    by_name: Mapping[str, Prompt]

    def sentences(self, name: str, facts: Speaks, key: str = "") -> tuple[Sentence, ...]:
        """Fill a prompt's values in and split it into sentences; `key` makes each of them offer that option."""
        text = self.by_name[name].text
        made = [_sentence(name, part, facts, key) for part in _SENTENCE.findall(text) if part.strip()]
        if key:
            made[-1] = replace(made[-1], option=key, pause=OPTION_PAUSE)
        return tuple(made)


def load(root: Path, language: str) -> Prompts:
    """Read `prompts/<language>/`; raises FindingsError for unreadable files, repeated names and empty words."""
    found: dict[str, Prompt] = {}
    findings: list[Finding] = []
    for path in sorted((root / "prompts" / language).glob("*.yaml")):
        try:
            document = read(path, root)
        except FindingsError as error:
            findings += error.findings
            continue
        if not isinstance(document.data, dict):
            findings.append(document.finding("must hold `name: text` lines", "「名前: 文」の並びで書いてください"))
            continue
        for name, text in document.data.items():
            findings += _problems(document, name, text, found)
            found[name] = Prompt(name, _joined(text), document.file, document.line(name))
    if findings:
        raise FindingsError(findings)
    return Prompts(language, found)


def check(prompts: Prompts, facts: Speaks) -> Iterator[Finding]:
    """Find unknown facts and forms, bad markup, numbers written by hand, and telephone numbers inside a sentence."""
    asked = _Asked(Asked(Said("fact", "値")), Asked(Said("unsettled place", "未確定の点")))
    for prompt in prompts.by_name.values():
        for mark in _MARK.findall(prompt.text):
            yield from _bad_mark(prompt, mark, facts, asked)
        yield from _numbers_inside(prompt, facts)
        plain = _MARK.sub(lambda mark: mark.group(1).partition("|")[0] if "|" in mark.group(1) else "", prompt.text)
        if _hand_written(plain):
            yield _finding(
                prompt,
                f"has {_hand_written(plain)!r} written by hand; name a fact as {{fact}}, or a key as {{key:person}}",
                f"「{_hand_written(plain)}」が直接書かれています。{{fact}} の形で値の名前を書いてください"
                "(どこでも使うボタンは {key:person} など)",
            )
    stand = {fact.id: Place(fact.file, fact.line) for fact in facts if fact.file == TABLE}
    yield from asked.facts.findings([fact.id for fact in facts], stand)
    places = {place.id: Place(TABLE, place.line) for place in facts.unsettled}
    yield from asked.places.findings(places, places)


def check_keys(prompts: Prompts, used: Mapping[str, bool]) -> Iterator[Finding]:
    """Find options that do not end with their key, and other prompts that name one; `used` tells options apart."""
    for name, offers in used.items():
        prompt = prompts.by_name.get(name)
        if prompt is None:
            continue
        if offers and not _KEY_LAST.search(prompt.text):
            yield _finding(prompt, "offers an option: it must end with {key}", "選択肢です。最後に {key} が要ります")
        if not offers and "{key}" in prompt.text:
            yield _finding(prompt, "is no option: no {key} is known here", "選択肢ではないので、{key} は使えません")


def split(prompt: str, text: str, spoken: str) -> tuple[Sentence, ...]:
    """Split finished words into sentences; text and spoken have the same full stops."""
    pairs = zip(_SENTENCE.findall(text), _SENTENCE.findall(spoken), strict=True)
    return tuple(Sentence(prompt, *pair, pause=PLAIN_PAUSE) for pair in pairs)


def _sentence(name: str, part: str, facts: Speaks, key: str) -> Sentence:
    text, spoken, slow, last = "", "", False, 0
    for match in _MARK.finditer(part):
        plain = part[last : match.start()]
        written, said, is_slow = _value(match.group(1), facts, key)
        text, spoken, slow = text + plain + written, spoken + plain + said, slow or is_slow
        last = match.end()
    text, spoken = (text + part[last:]).strip(), (spoken + part[last:]).strip()
    if slow:
        return Sentence(name, text, spoken, pace="slow", pause=SLOW_PAUSE)
    return Sentence(name, text, spoken, pause=PLAIN_PAUSE)


def _hand_written(plain: str) -> str:
    """Give the first thing in words without marks that must not be written by hand; empty where there is none."""
    found = _HAND_WRITTEN.search(plain) or re.search(r"[{}]", plain)
    return found.group() if found else ""


def _value(mark: str, facts: Speaks, key: str) -> tuple[str, str, bool]:
    if mark.startswith((TELLS, ASKS)):
        return "", "", False
    if "|" in mark:
        written, _, reading = mark.partition("|")
        return written, reading, False
    if mark == "key":
        return key, SPOKEN.get(key) or digit_words(key), False
    if mark in _COMMON:
        return SPOKEN[_COMMON[mark]], SPOKEN[_COMMON[mark]], False
    fact, _, form = mark.partition(":")
    text, spoken = facts.speak(fact, "" if form == SLOW else form)
    return text, spoken, form == SLOW


def _joined(text: object) -> str:
    """Join the lines of a block: Japanese has no blanks between words."""
    return "".join(line.strip() for line in str(text).splitlines())


def _problems(document: Document, name: str, text: object, found: Mapping[str, Prompt]) -> Iterator[Finding]:
    if name in found:
        first = found[name]
        yield document.finding(
            f"prompt {name} also stands in {first.file}:{first.line}",
            f"プロンプト「{name}」は {first.file}:{first.line} にもあります",
            name,
        )
    if not isinstance(text, str) or not _joined(text).strip("、。？ "):
        yield document.finding(f"prompt {name} has no words", f"プロンプト「{name}」に言葉がありません", name)


def _numbers_inside(prompt: Prompt, facts: Speaks) -> Iterator[Finding]:
    """Find telephone numbers that do not end their sentence: callers need a moment to write them down."""
    for match in _MARK.finditer(prompt.text):
        fact, _, form = match.group(1).partition(":")
        try:
            text, _ = facts.speak(fact, "" if form == SLOW else form)
        except (KeyError, ValueError):
            continue  # found already
        if _PHONE.fullmatch(text) and prompt.text[match.end() : match.end() + 1] != "。":
            yield _finding(
                prompt, f"{{{fact}}} must end its sentence", f"電話番号 {{{fact}}} は、文の最後に置いてください"
            )


class _Asked(NamedTuple):
    """What prompts name: facts, and places that the page leaves open."""

    facts: Asked
    places: Asked


def _bad_mark(prompt: Prompt, mark: str, facts: Speaks, asked: _Asked) -> Iterator[Finding]:
    if mark == "key" or mark in _COMMON:
        return
    if mark.startswith((TELLS, ASKS)):
        (asked.facts if mark[0] == TELLS else asked.places).ask(mark[1:], _place(prompt))
        return
    if "|" in mark:
        written, _, reading = mark.partition("|")
        if not written or not re.fullmatch(r"[ぁ-ゖァ-ヺー、]+", reading):
            yield _finding(
                prompt, f"{{{mark}}}: the reading must be kana", f"{{{mark}}} の読みは、かなで書いてください"
            )
        return
    if not _FACT.match(mark):
        yield _finding(
            prompt, f"{{{mark}}} is neither a fact nor a reading", f"{{{mark}}} は値の名前でも読みでもありません"
        )
        return
    fact, _, form = mark.partition(":")
    asked.facts.ask(fact, _place(prompt))
    try:
        facts.speak(fact, "" if form == SLOW else form)
    except KeyError:
        return
    except ValueError as error:
        yield _finding(prompt, str(error), f"「{fact}」に「{form}」という言い方はありません")


def _place(prompt: Prompt) -> Place:
    return Place(prompt.file, prompt.line, Said(f"prompt {prompt.name} ", f"プロンプト「{prompt.name}」: "))


def _finding(prompt: Prompt, text: str, text_ja: str) -> Finding:
    return Finding(
        prompt.file, prompt.line, "error", f"prompt {prompt.name} {text}", f"プロンプト「{prompt.name}」: {text_ja}"
    )
