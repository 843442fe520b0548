"""Words by language: `prompts/<language>/*.yaml`, each a map of prompt name to text.

In a text, `{fact}` or `{fact:form}` speaks a value of the facts table, `{漢字|よみ}` gives a reading, and
`{key}` in the prompt of an option is the key that the flow gives it. A sentence ends at 。 or ？. Pure after loading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from ivr.facts import digit_words
from ivr.findings import Finding, FindingsError
from ivr.passage import Sentence
from ivr.yamlfile import Document, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

OPTION_PAUSE = 0.5
SLOW_PAUSE = 0.8
PLAIN_PAUSE = 0.35
SLOW = "slow"
_MARK = re.compile(r"\{([^{}]*)\}")
_FACT = re.compile(r"^[a-z][a-z0-9_]*(?::[a-z_]+)?$")
_SENTENCE = re.compile(r"[^。？]*[。？]|[^。？]+$")
_KEY_LAST = re.compile(r"^(?:(?!\{key\}).)*\{key\}[^。？]*[。？]?$", re.DOTALL)
_PHONE = re.compile(r"0[0-9]+(?:-[0-9]+)+")
_HAND_WRITTEN = re.compile(r"[0-9０-９]")
_SIGNS = {"#": "シャープ", "*": "コメジルシ"}


class Speaks(Protocol):
    """The facts table as prompts see it."""

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
        """List the facts that it names, without their forms."""
        for mark in _MARK.findall(self.text):
            if "|" not in mark and mark != "key" and _FACT.match(mark):
                yield mark.partition(":")[0]


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
    for prompt in prompts.by_name.values():
        for mark in _MARK.findall(prompt.text):
            yield from _bad_mark(prompt, mark, facts)
        yield from _numbers_inside(prompt, facts)
        plain = _MARK.sub(lambda mark: mark.group(1).partition("|")[0] if "|" in mark.group(1) else "", prompt.text)
        if _HAND_WRITTEN.search(plain) or "{" in plain or "}" in plain:
            yield _finding(
                prompt,
                "has a digit or a brace written by hand; name a fact as {fact} instead",
                "数字か波かっこが直接書かれています。{fact} の形で値の名前を書いてください",
            )


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


def _value(mark: str, facts: Speaks, key: str) -> tuple[str, str, bool]:
    if "|" in mark:
        written, _, reading = mark.partition("|")
        return written, reading, False
    if mark == "key":
        return key, _SIGNS.get(key) or digit_words(key), False
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


def _bad_mark(prompt: Prompt, mark: str, facts: Speaks) -> Iterator[Finding]:
    if mark == "key":
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
    try:
        facts.speak(fact, "" if form == SLOW else form)
    except KeyError:
        yield _finding(prompt, f"there is no fact {fact!r}", f"「{fact}」という値は flows/facts.yaml にありません")
    except ValueError as error:
        yield _finding(prompt, str(error), f"「{fact}」に「{form}」という言い方はありません")


def _finding(prompt: Prompt, text: str, text_ja: str) -> Finding:
    return Finding(
        prompt.file, prompt.line, "error", f"prompt {prompt.name} {text}", f"プロンプト「{prompt.name}」: {text_ja}"
    )
