"""Runs a scenario: does its steps on a call, and looks whether all came as it says."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from random import Random
from typing import TYPE_CHECKING, NoReturn, Protocol

from ivr.hours import holiday, tokyo
from ivr.misfits import NOTHING, Said
from ivr.phone import items, place, report
from ivr.phone.caller import Caller
from ivr.phone.scenario import EVERYBODY, Aimed, Faults, Loaded, Record, Step
from ivr.simulator import Key, Person, Requested
from ivr.simulator import faults as wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from ivr.phone.place import Service
    from ivr.records.store import Turn
    from ivr.simulator import Call, Event, Fetch, Heard

_NOT_HEARD = re.compile(r"[\s、。・,.!?!?「」『』()()\-‐−]+")
_YEAR = 366
_OVER = Said("the call was over before this step", "この前に通話が終わっていました")


class Stage(Protocol):
    """Where scenarios are played: a service for a call with some faults, and what it has recorded of a call."""

    def service(self, faults: Faults, office: str | None) -> AbstractContextManager[Service]:
        """Give the service; raises UnplayableError where it cannot have such a fault, or such hours of the office."""

    def turns(self, call: str) -> Sequence[Turn] | None:
        """Give the turns recorded of a call; None where nobody here can look."""


class UnplayableError(Exception):
    """A scenario that cannot be played on this stage, and why."""


@dataclass(frozen=True)
class Problem:
    """Something that came otherwise: its line in the scenario, and the second of the call at which it showed."""

    line: int
    text: str
    text_ja: str
    t: float


@dataclass(frozen=True)
class Played:
    """What became of a scenario; without problems it has passed. `skipped` says why it was not played."""

    file: str
    title: str
    problems: tuple[Problem, ...] = ()
    transcript: tuple[str, ...] = ()
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    skipped: str = ""

    @property
    def passed(self) -> bool:
        """Whether everything came as the scenario says."""
        return not self.problems


class _StoppedError(Exception):
    """A step that could not be done: nothing after it makes sense."""


def play(loaded: Loaded, stage: Stage) -> Played:
    """Play a scenario on a stage."""
    scenario = loaded.scenario
    try:
        with stage.service(scenario.faults, scenario.office) as service:
            return _Play(loaded, stage, service).run()
    except UnplayableError as reason:
        return Played(loaded.file, scenario.title, skipped=str(reason))


class _Play:
    def __init__(self, loaded: Loaded, stage: Stage, service: Service) -> None:
        self.loaded = loaded
        self.scenario = loaded.scenario
        self.stage = stage
        self.people = dict(loaded.scenario.people)
        self.repeated: wire.Repeated | None = None
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        faults = loaded.scenario.faults
        given = place.Circumstances(
            _moment(loaded.scenario.at, on_holiday=bool(faults.holiday)),
            loaded.scenario.caller,
            eager=loaded.scenario.eager == "yes",
            latency=loaded.scenario.latency,
            people=self._person,
            full=(faults.full_queue,) if faults.full_queue else (),
        )
        spoiled = replace(service, fetch=self._spoiled(service.fetch))
        self.call = place.dial(spoiled, given, Random(loaded.file))  # noqa: S311  (ids of a test call)
        self.caller = Caller(self.call, eager=given.eager)

    def run(self) -> Played:
        """Do every step, listen to the end as `ivr call` does, and compare."""
        try:
            for number, step in enumerate(self.scenario.steps):
                self._do(number, step)
            self.caller.play(())
        except _StoppedError:
            pass
        if not self.call.over:
            self.call.hang_up()
        self._compare()
        return Played(
            self.loaded.file,
            self.scenario.title,
            tuple(self.problems),
            tuple(_transcript(self.call, self.problems)),
            self.call.seconds,
            tuple(self.notes),
        )

    def _person(self, number: str) -> Person:
        people = self.people.get(number) or self.people.get(EVERYBODY)
        return people.person() if people else Person()

    def _spoiled(self, fetch: Fetch) -> Fetch:
        faults = self.scenario.faults
        if faults.late:
            fetch = wire.late(fetch, _aim(faults.late), faults.late.seconds)
        if faults.lost:
            fetch = wire.lost(fetch, _aim(faults.lost))
        if faults.answered:
            fetch = wire.answered(fetch, _aim(faults.answered), faults.answered.status)
        if faults.out_of_order:
            fetch = wire.OutOfOrder(fetch, _aim(faults.out_of_order))
        if faults.repeated:
            fetch = self.repeated = wire.Repeated(fetch, _aim(faults.repeated))
        return fetch

    def _do(self, number: int, step: Step) -> None:
        """Do one step; what cannot be done stops the scenario."""
        if step.people is not None:
            self.people |= step.people
        elif step.hear is not None:
            self._hear(number, step)
        elif self.call.over:
            self._stop(number, _OVER)
        elif step.speak is not None:
            self.call.speak_up(step.speak)
            self.caller.do(items.Idle(step.speak))
        else:
            for item in _items(step):
                if not self.caller.do(item):
                    self._stop(number, _OVER)

    def _hear(self, number: int, step: Step) -> None:
        """Listen until words were said, since the last key at the earliest."""
        wanted = _bare(step.hear or "")
        since = max((event.t for event in self.call.events if isinstance(event, Key)), default=0.0)
        self.caller.listen_for(lambda: _said(self.call.heard, wanted, since) is not None)
        heard = _said(self.call.heard, wanted, since)
        if heard is None:
            self._stop(number, _unheard(step.hear or "", self.call.heard, since))
        if step.by is not None and heard > step.by:
            self._wrong(_late(step.hear or "", heard, step.by), "steps", number, t=heard)

    def _compare(self) -> None:
        expect, heard = self.scenario.expect, self.call.heard
        for number, words in enumerate(expect.heard):
            at = _said(heard, _bare(words.text), 0.0)
            if at is None:
                self._wrong(_unheard(words.text, heard, 0.0), "expect", "heard", number)
            elif words.by is not None and at > words.by:
                self._wrong(_late(words.text, at, words.by), "expect", "heard", number, t=at)
        for number, text in enumerate(expect.not_heard):
            at = _said(heard, _bare(text), 0.0)
            if at is not None:
                said = Said(f"heard, but must not be: {text}", f"聞こえてはいけない言葉が聞こえました: {text}")
                self._wrong(said, "expect", "not_heard", number, t=at)
        ended = report.ended(self.call)
        if expect.ended and ended != expect.ended:
            said = Said(f"ended: {ended}, not {expect.ended}", f"終わり方は {ended} で、{expect.ended} ではありません")
            self._wrong(said, "expect", "ended")
        if expect.within is not None and self.call.seconds > expect.within:
            took, most = self.call.seconds, expect.within
            said = Said(f"it took {took:g} s, not {most:g} s at most", f"{took:g} 秒かかりました。{most:g} 秒までです")
            self._wrong(said, "expect", "within")
        self._compare_warnings()
        self._compare_records()
        self._compare_texts()
        for url in self.repeated.differences if self.repeated else ():
            said = Said(f"asked twice, {url} answered differently", f"{url} の二度目の答えが、一度目とちがいました")
            self._wrong(said, "faults", "repeated")

    def _compare_warnings(self) -> None:
        if self.scenario.expect.warned is None:
            return
        codes = sorted({warned.code for warned in self.call.warnings})
        if codes != sorted(set(self.scenario.expect.warned)):
            wanted = sorted(self.scenario.expect.warned)
            said = Said(f"warned of {codes}, not of {wanted}", f"警告は {codes} で、{wanted} ではありません")
            self._wrong(said, "expect", "warned")

    def _compare_records(self) -> None:
        """Find the turns in their order; others may lie between them."""
        if not self.scenario.expect.recorded:
            return
        turns = self.stage.turns(self.call.sid)
        if turns is None:
            self.notes.append("what was recorded cannot be looked at from here")
            return
        left = iter(turns)
        for number, record in enumerate(self.scenario.expect.recorded):
            if not any(_fits(turn, record) for turn in left):
                kept = ", ".join(f"{turn.option}->{turn.node}" for turn in turns) or "nothing"
                told = record.model_dump(exclude_none=True)
                said = Said(f"not recorded: {told}; recorded is {kept}", f"記録にありません: {told}。あるのは: {kept}")
                self._wrong(said, "expect", "recorded", number)
                return

    def _compare_texts(self) -> None:
        sent = self.call.texts
        for number, text in enumerate(self.scenario.expect.texted):
            if not any(to == text.to and _bare(text.text) in _bare(body) for to, body in sent):
                told = "; ".join(f"{to}: {body}" for to, body in sent) or "nothing"
                said = Said(
                    f"not texted: {text.text!r} to {text.to}; texted is {told}",
                    f"{text.to} に「{text.text}」が送られていません。送られたのは: {told}",
                )
                self._wrong(said, "expect", "texted", number)

    def _stop(self, number: int, said: Said) -> NoReturn:
        self._wrong(said, "steps", number)
        raise _StoppedError

    def _wrong(self, said: Said, *where: str | int, t: float | None = None) -> None:
        at = self.call.seconds if t is None else t
        self.problems.append(Problem(self.loaded.line(*where), said.en, said.ja, at))


def _unheard(words: str, heard: Sequence[Heard], since: float) -> Said:
    return Said(f"never heard: {words}", f"聞こえませんでした: {words}") + _nearest(heard, _bare(words), since)


def _late(words: str, at: float, by: float) -> Said:
    return Said(
        f"{words} was heard after {at:g} s, not by second {by:g}", f"「{words}」は {at:g} 秒目。{by:g} 秒までです"
    )


def _items(step: Step) -> Iterator[items.Item]:
    if step.press is not None:
        yield from (items.Press(key, step.at) for key in step.press.split())
    for _ in range(step.silent or 0):
        yield items.Silent()
    if step.wait is not None:
        yield items.Idle(step.wait)
    if step.say is not None:
        yield items.Say(step.say)
    if step.hang_up is not None:
        yield items.HangUp()


def _aim(aimed: Aimed) -> wire.Aim:
    return wire.Aim(aimed.request or 0, aimed.path, aimed.times)


def _moment(text: str, *, on_holiday: bool) -> datetime:
    """Read the moment; on a holiday it is the same time of the next national holiday."""
    moment = place.moment(text)
    return _next_holiday(moment) if on_holiday else moment


def _next_holiday(moment: datetime) -> datetime:
    for days in range(_YEAR):
        day = moment + timedelta(days=days)
        if holiday(tokyo(day).date()):
            return day
    return moment


def _bare(text: str) -> str:
    """Drop what nobody hears: width, blanks, punctuation, hyphens."""
    return _NOT_HEARD.sub("", unicodedata.normalize("NFKC", text)).lower()


def _said(heard: Iterable[Heard], wanted: str, since: float) -> float | None:
    """Give the second at which words had been said whole, across sentences, from a second on; None if never."""
    text, ends = "", []
    for sentence in heard:
        if sentence.t < since or sentence.cut:
            continue
        text += _bare(sentence.text)
        ends.append((len(text), sentence.t + sentence.seconds))
    at = text.find(wanted)
    if at < 0:
        return None
    return round(next(second for length, second in ends if length >= at + len(wanted)), 3)


def _nearest(heard: Iterable[Heard], wanted: str, since: float) -> Said:
    """Name the sentence that comes closest to what was wanted."""
    said = [sentence for sentence in heard if sentence.t >= since]
    if not said:
        return NOTHING
    close = max(said, key=lambda sentence: SequenceMatcher(None, _bare(sentence.text), wanted).ratio())
    return Said(
        f" (closest: {close.text!r} at {close.t:g} s)", f"(いちばん近いのは {close.t:g} 秒目の「{close.text}」)"
    )


def _fits(turn: Turn, record: Record) -> bool:
    return all(getattr(turn, name) == value for name, value in record.model_dump(exclude_none=True).items())


def _transcript(call: Call, problems: Sequence[Problem]) -> Iterator[str]:
    """Write the call as lines, each problem where it showed."""
    left = sorted(problems, key=lambda problem: problem.t)
    for event in report.in_order(call):
        while left and left[0].t <= _end(event):
            problem = left.pop(0)
            yield f">>>>>>>  line {problem.line}: {problem.text}"
        yield from report.lines([event])
    yield from (f">>>>>>>  line {problem.line}: {problem.text}" for problem in left)


def _end(event: Event) -> float:
    """Give the second before which nothing may stand; requests are not shown, and are no place."""
    return -1.0 if isinstance(event, Requested) else event.t
