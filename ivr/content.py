"""One loaded set: flow, words, facts, hours. What a call can say, as passages, each made ready before any call.

`load` reads everything under a root and refuses, with every finding at once, what could not be answered with.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar, cast

from ivr import flow as flows
from ivr import hours as counter_hours
from ivr import office as offices
from ivr import prompts as words
from ivr import titles as called
from ivr import yamlfile
from ivr.facts import Facts
from ivr.findings import Finding, FindingsError, errors
from ivr.flow import Answer, Menu, Node, Office, Transfer
from ivr.misfits import Said
from ivr.names import Asked, Place
from ivr.passage import Passage, Sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date, datetime
    from pathlib import Path

    from ivr.board import Board, Shut
    from ivr.facts import Words
    from ivr.hours import ProcedureId
    from ivr.settings import Settings

Part = TypeVar("Part")
LANGUAGE = "ja"
TODAY = "today"
"""Prompt name of sentences that are made from the hours tables."""
LAST_RESORT = "last_resort"
ANNOUNCED = 2
"""So many announcements are said at once: with the menu around them they are what one document may play."""
_LAST_RESORT = Said("what callers hear when nothing else works: ", "ほかに何も話せないときの言葉: ")
FIRST_KEY = "1"
_FOLDERS = ("flows", "prompts")


@dataclass(frozen=True)
class Content:
    """Everything that a turn is made from; immutable, and known by the hash of the files it came from."""

    root: Path
    version: str
    flow: flows.Flow
    prompts: words.Prompts
    facts: Facts
    hours: counter_hours.Hours
    office: offices.Office
    survey_percent: int = 0
    _made: dict[tuple[str, ...], Passage] = field(default_factory=dict, repr=False, compare=False)

    def body(self, name: str) -> tuple[Passage, ...]:
        """Give what a node always says, options included, as one passage; nothing where it says nothing."""
        node = self.flow.nodes[name]
        if isinstance(node, Office):
            return ()
        passage = self._passage(("body", name), lambda: self._body(node))
        return (passage,) if passage.sentences else ()

    def retry(self, name: str, edge: str, tries: int) -> Passage:
        """Give the words after silence or a wrong key at a node, for the first, second and third time."""
        node = self.flow.nodes[name]
        if not isinstance(node, Menu | Answer):
            raise TypeError(f"{name} does not wait for a key")
        retry = getattr(self.flow.retries(node), edge)[tries]
        return self._passage(
            ("retry", name if retry.options else "", node.kind, edge, str(tries), *retry.says),
            lambda: [*self._says(retry.says), *(self._options(node) if retry.options else ())],
        )

    def apology(self) -> Passage:
        """Give the words for a call whose position was lost."""
        return self._passage(("apology",), lambda: self._says((self.flow.top.apology,)))

    def common_keys(self) -> Passage:
        """Give the words that explain repeat, back and person."""
        return self._passage(("common_keys",), lambda: self._says(self.flow.top.common_keys))

    def survey(self) -> Passage:
        """Give the question whether an answer helped, with its keys; TypeError where the flow has none."""
        return self._passage(("survey",), lambda: self._question(self._survey))

    def thanks(self, key: str) -> Passage:
        """Give the words after the key of a reply; TypeError where the flow has no survey."""
        return self._passage(("thanks", key), lambda: self._says(self._survey.options[key].thanks))

    def surveyed(self, answered: int) -> bool:
        """Tell whether a call that was answered in this second is among those to be asked: always the same."""
        return bool(self.flow.top.survey) and zlib.crc32(str(answered).encode()) % 100 < self.survey_percent

    def last_resort(self) -> Passage:
        """Give the words of the document that works without us."""
        return self._passage((LAST_RESORT,), lambda: self._says((LAST_RESORT,)))

    def announced(self, name: str, now: datetime, board: Board) -> tuple[Passage, ...]:
        """Give what a menu says with what is announced now: after its first option, for which nobody has to wait.

        Of several announcements the last two are said. One that this set does not know is passed over.
        """
        known = [prompt for prompt in board.announced(now) if prompt in self.flow.top.announcements]
        if not known:
            return self.body(name)
        first, rest = self.halves(name)
        return (first, *map(self.announcement, known[-ANNOUNCED:]), rest)

    def announcement(self, prompt: str) -> Passage:
        """Give the words of an announcement."""
        return self._passage(("announcement", prompt), lambda: self._says((prompt,)))

    def halves(self, name: str) -> tuple[Passage, Passage]:
        """Give what a menu says up to its first option, and the rest."""
        sentences = self._body(self.flow.nodes[name])
        first = max((place for place, each in enumerate(sentences, 1) if each.option == FIRST_KEY), default=0)
        return (
            self._passage(("half", name, "first"), lambda: sentences[:first]),
            self._passage(("half", name, "rest"), lambda: sentences[first:]),
        )

    def today(self, node: Node, now: datetime, board: Board) -> tuple[Passage, ...]:
        """Give what is true now and goes before a node: counters open and closed, or when the office answers."""
        if not isinstance(node, Answer):
            return ()
        if node.office:
            return tuple(self.whole(sentence) for sentence in self.office.says(now, _days_shut(board)))
        if node.hours is None:
            return ()
        closings = [self.shut(each) for each in board.shut if each.counter in self.hours.counters]
        said = counter_hours.spoken_hours(self.hours, _procedure(node.hours), node.hours.who, now, closings)
        return tuple(self.whole(sentence) for sentence in said)

    def shut(self, shut: Shut) -> counter_hours.Closing:
        """Give the closing of a counter that people keep closed for a day."""
        return counter_hours.closed_today(self.hours, self.hours.counters[shut.counter], shut.day)

    def ways(self, of: flows.HoursOf, *, closings: bool = False) -> tuple[tuple[Words, ...], ...]:
        """List everything that can be said about today's hours at one moment, each way once.

        With `closings` also what is said around the closed days of the table; those that people switch on the board
        are not among them.
        """
        ways = counter_hours.spoken_ways if closings else counter_hours.usual_ways
        return tuple(dict.fromkeys(ways(self.hours, _procedure(of), of.who)))

    def warnings(self, today: date) -> list[Finding]:
        """List what merely grew old; it never stops anything."""
        return [*counter_hours.warnings(self.hours, today), *self.facts.warnings(today)]

    def office_state(self, now: datetime, board: Board) -> str:
        """Tell whether the office answers its telephone now: `open`, `closed` or `unset`."""
        return self.office.state(now, _days_shut(board))

    def led_on(self, name: str, now: datetime, board: Board) -> str:
        """Give the node to which one leads on that nobody hears now; empty where it speaks.

        A fork leads on at once. So does an answer that says when somebody answers the telephone, as soon as somebody
        does: who has it said again gets through.
        """
        node, person = self.flow.nodes[name], self.flow.nodes[self.flow.top.person]
        if isinstance(node, Office):
            return dict(node.edges())[self.office_state(now, board)]
        again = isinstance(node, Answer) and node.office and self.office_state(now, board) == "open"
        if again and isinstance(person, Office) and isinstance(self.flow.nodes[person.open], Transfer):
            return person.open
        return ""

    def dialled(self, name: str) -> str:
        """Give the name of what a node dials: a fact or `office`; empty for any other node."""
        node = self.flow.nodes.get(name)
        return node.to if isinstance(node, Transfer) else ""

    def number(self, name: str) -> str:
        """Give the E.164 number of a transfer."""
        return self.office.number if name == "office" else self.facts.phone(name).e164

    @property
    def today_sentences(self) -> int:
        """Count the sentences about counters that depend on the day or the hour."""
        return len(set(counter_hours.all_spoken_hours(self.hours)))

    @property
    def passages(self) -> tuple[Passage, ...]:
        """List every passage that a call can ever need, each once."""
        return tuple({passage.key: passage for passage in self._all()}.values())

    @property
    def said(self) -> tuple[Passage, ...]:
        """List the passages that were asked for so far: what callers can have heard, what is said without us last."""
        return (*(passage for key, passage in self._made.items() if key != (LAST_RESORT,)), self.last_resort())

    @property
    def everything(self) -> tuple[Passage, ...]:
        """List every passage, and the one that is said without us."""
        return (*self.passages, self.last_resort())

    def speakers(self) -> dict[str, list[dict[str, str]]]:
        """Map each fact to where it is heard: node, its title, shortest keys that lead there, and the prompt.

        The prompt is `today` where today's sentences speak it, and empty where a transfer dials it.
        """
        found: dict[str, list[dict[str, str]]] = {}
        for fact, entry in self._spoken():
            if entry not in found.setdefault(fact, []):
                found[fact].append(entry)
        return found

    def askers(self) -> dict[str, list[dict[str, str]]]:
        """Map each unsettled place of the page to where callers are told to ask about it, as `speakers` does."""
        found: dict[str, list[dict[str, str]]] = {}
        for prompt, entry in self._heard():
            for place in prompt.asks():
                if entry not in found.setdefault(place, []):
                    found[place].append(entry)
        return found

    def _spoken(self) -> Iterator[tuple[str, dict[str, str]]]:
        for prompt, entry in self._heard():
            yield from ((fact, entry) for fact in prompt.facts())
        for name, node in self.flow.nodes.items():
            if isinstance(node, Answer) and node.hours:
                for fact in sorted(self.hours.spoken_facts(_procedure(node.hours), node.hours.who)):
                    yield fact, self._entry(name, TODAY)
            if isinstance(node, Transfer) and node.to in self.facts:
                yield node.to, self._entry(name, "")

    def _heard(self) -> Iterator[tuple[words.Prompt, dict[str, str]]]:
        for prompt, where in self.flow.prompts():
            yield self.prompts.by_name[prompt], self._entry(str(where[1]) if where[0] == "nodes" else "", prompt)

    def _entry(self, node: str, prompt: str) -> dict[str, str]:
        return {"node": node, "title": self.titles.node(node), "keys": self._keys.get(node, ""), "prompt": prompt}

    @cached_property
    def titles(self) -> called.Titles:
        """The titles of nodes and options."""
        return called.of(self.flow)

    @cached_property
    def _keys(self) -> dict[str, str]:
        return flows.reachable(self.flow.top.start, self.flow.edges)

    def place(self, prompt: str) -> tuple[str, int]:
        """Give the file and line where a prompt stands; sentences of the hours tables stand in the tables."""
        found = self.prompts.by_name.get(prompt)
        return (found.file, found.line) if found else (counter_hours.FILE, 0)

    def _all(self) -> Iterator[Passage]:
        yield self.apology()
        yield self.common_keys()
        if self.flow.top.survey:
            yield self.survey()
            yield from map(self.thanks, self.flow.top.survey.options)
        if self.flow.top.announcements:
            yield from self.halves(self.flow.top.start)
            yield from map(self.announcement, self.flow.top.announcements)
        for name, node in self.flow.nodes.items():
            yield from self.body(name)
            if isinstance(node, Menu | Answer):
                for edge in ("silence", "wrong"):
                    yield from (self.retry(name, edge, tries) for tries in range(flows.TRIES))
        for sentence in self._today():
            yield self.whole(sentence)

    @property
    def _survey(self) -> flows.Survey:
        if self.flow.top.survey is None:
            raise TypeError("this flow asks nobody whether it helped")
        return self.flow.top.survey

    def _question(self, survey: flows.Survey) -> list[Sentence]:
        offers = [self.prompts.sentences(each.says, self.facts, key) for key, each in survey.options.items()]
        return [*self._says(survey.says), *(sentence for offer in offers for sentence in offer)]

    def _today(self) -> Iterator[Words]:
        yield from counter_hours.all_spoken_hours(self.hours)
        yield from self.office.all_says()

    def _body(self, node: Node) -> list[Sentence]:
        if isinstance(node, Office):
            return []
        sentences = self._says(node.says)
        if isinstance(node, Menu | Answer):
            sentences += [*self._options(node), *self._says(node.then)]
        return sentences

    def _options(self, node: Menu | Answer) -> list[Sentence]:
        made = [self.prompts.sentences(option.says, self.facts, key) for key, option in node.options.items()]
        return [sentence for sentences in made for sentence in sentences]

    def _says(self, names: Iterable[str]) -> list[Sentence]:
        return [sentence for name in names for sentence in self.prompts.sentences(name, self.facts)]

    def whole(self, sentence: Words) -> Passage:
        """Give the passage of whole sentences that depend on the day."""
        parts = words.split(TODAY, *sentence)
        return self._passage(("today", sentence.text), lambda: parts)

    def _passage(self, key: tuple[str, ...], make: Callable[[], Iterable[Sentence]]) -> Passage:
        if key not in self._made:
            self._made[key] = Passage(LANGUAGE, tuple(make()))
        return self._made[key]


def _days_shut(board: Board) -> frozenset[date]:
    """Give the days on which people keep the office's telephone closed."""
    return frozenset(shut.day for shut in board.shut if shut.counter == counter_hours.TELEPHONE)


def _procedure(of: flows.HoursOf) -> ProcedureId:
    """Give the procedure of a node; `load` has checked that the tables know it."""
    return cast("ProcedureId", of.procedure)


class _Reading:
    """Reads the parts one by one and keeps the findings of all, so that an editor sees them at once."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def of(self, step: Callable[[], Part]) -> Part | None:
        """Read one part; None where it cannot be used."""
        try:
            return step()
        except FindingsError as error:
            self.findings += error.findings
            return None


def load(root: Path, settings: Settings | None = None) -> Content:
    """Read flows/ and prompts/ under root; raises FindingsError with what is wrong in any of them.

    Of the settings those count that decide what callers hear: the office's telephone, how many are asked whether an
    answer helped. Without settings there is no office, and nobody is asked.
    """
    reading = _Reading()
    flow = reading.of(lambda: flows.load(root))
    prompts = reading.of(lambda: words.load(root, LANGUAGE))
    facts = reading.of(lambda: Facts.load(root))
    hours = reading.of(partial(counter_hours.load, root, facts)) if facts else None
    if not facts:
        for file in (counter_hours.FILE, counter_hours.CLOSED_FILE):
            reading.of(partial(yamlfile.read, root / file, root))
    if flow and prompts:
        reading.findings += _prompt_findings(flow, prompts)
    if facts and hours:
        facts = facts.joined(hours.facts())
    if prompts and facts and hours:
        reading.findings += words.check(prompts, facts)
    if flow and facts and hours:
        reading.findings += _value_findings(flow, facts, hours)
    if errors(reading.findings) or not (flow and prompts and facts and hours):
        raise FindingsError(reading.findings)
    phone, at = (settings.office_phone, settings.office_hours) if settings else ("", "")
    office = offices.parse(phone, at, hours)
    percent = settings.survey_percent if settings else 0
    return Content(root, _version(root), flow, prompts, facts, hours, office, percent)


def _version(root: Path) -> str:
    """Name the set by the bytes of its files: eight hexadecimal digits."""
    digest = hashlib.sha256()
    for folder in _FOLDERS:
        for path in sorted((root / folder).rglob("*.yaml")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:8]


def _prompt_findings(flow: flows.Flow, prompts: words.Prompts) -> Iterator[Finding]:
    used = {LAST_RESORT: False}
    asked = Asked(Said("prompt", "プロンプト"))
    for name, where in flow.prompts():
        used[name] = used.get(name, False) or where[-1] == "says"
        node = str(where[1]) if where[0] == "nodes" else ""
        asked.ask(name, Place(flow.document.file, flow.document.line(*where), node=node))
    free = {name: Place(prompt.file, prompt.line) for name, prompt in prompts.by_name.items() if name != LAST_RESORT}
    if LAST_RESORT not in prompts.by_name:
        asked.ask(LAST_RESORT, Place("prompts/ja", 0, _LAST_RESORT))
    yield from asked.findings(prompts.by_name, free)
    yield from words.check_keys(prompts, used)
    for prompt in prompts.by_name.values():
        if prompt.name not in used and prompt.name not in asked.explained:
            yield Finding(
                prompt.file,
                prompt.line,
                "error",
                f"prompt {prompt.name} is used nowhere in the flow",
                f"プロンプト「{prompt.name}」は、流れのどこでも使われていません",
            )


def _value_findings(flow: flows.Flow, facts: Facts, hours: counter_hours.Hours) -> Iterator[Finding]:
    for name, node in flow.nodes.items():
        if isinstance(node, Transfer) and node.to != "office" and not _is_phone(facts, node.to):
            yield flow.document.finding(
                f"node {name}: {node.to!r} is not a telephone number in the facts table",
                f"ノード「{name}」の「{node.to}」は、値の表にある電話番号ではありません",
                *("nodes", name, "to"),
                node=name,
            )
        if isinstance(node, Answer) and node.hours and node.hours.procedure not in hours.procedures:
            yield flow.document.finding(
                f"node {name}: there is no procedure {node.hours.procedure!r} in {counter_hours.FILE}",
                f"ノード「{name}」: 「{node.hours.procedure}」という手続きは {counter_hours.FILE} にありません",
                *("nodes", name, "hours"),
                node=name,
            )


def _is_phone(facts: Facts, name: str) -> bool:
    try:
        facts.phone(name)
    except (KeyError, TypeError, ValueError):
        return False
    return True
