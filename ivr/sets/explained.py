"""One call explained: what was said, what of it was heard, what was chosen, and why it went that way.

Records hold names only. The words come from the version of the flow that answered, by doing the call over with what
is recorded: the same step (`call.advance`) at the same moment with the same board and the settings of then. Where that
leads elsewhere than the record says, a setting was another then and not noted, and the step says so.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ivr import office as offices
from ivr.call import Dial, Dialled, Key, Silence, Start, advance
from ivr.chosen import REPLIES, SILENT, Chosen, Ended
from ivr.findings import FindingsError
from ivr.flow import Answer, Menu, Office
from ivr.hours import TELEPHONE, TELEPHONE_NAME, TOKYO
from ivr.keys import COMMON_KEYS
from ivr.position import Position, Survey
from ivr.records.switches import Switchboard, board
from ivr.sets.noted import HOURS, PHONE, settings_at
from ivr.titles import CHOICES, FORKS, WHO, Titles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ivr.call import Heard
    from ivr.call import Turn as Taken
    from ivr.check import Lengths
    from ivr.content import Content
    from ivr.passage import Passage
    from ivr.records.store import CallRecord, Store, Turn
    from ivr.records.switches import Switch
    from ivr.sets.known import KnownFlows

_KEYS: dict[str, str] = {name: key for key, name in COMMON_KEYS.items()}
_SURVEY: dict[str, Survey] = {Chosen.ASKED: Survey.DUE, **dict.fromkeys(REPLIES, Survey.ASKED)}
_GONE: dict[str, str] = {Ended.TALKED: Ended.COMPLETED, Ended.GONE: Ended.CANCELED}
"""What Twilio said of a transfer whose caller had hung up."""
_TRIES = frozenset({Chosen.SILENCE, Chosen.WRONG})
_FORKED = frozenset({Chosen.PERSON, Chosen.SILENCE_END, Chosen.WRONG_END, Chosen.LIMIT})
"""After these a fork decides whether the caller comes to a person."""


@dataclass(frozen=True)
class Said:
    """A sentence; `heard` is False where the caller went on before it began, None where that cannot be told."""

    text: str
    option: str
    heard: bool | None


@dataclass(frozen=True)
class Reason:
    """Why a step went as it did.

    `hours`: today's hours of a procedure, for whom. `closing`, `announcement`: switched on the board, by whom.
    `office`: whether the office answered, by the setting. `tries`: the silence or wrong key it was. `survey`: the call
    was among those that a setting has asked. `title` says the subject in Japanese; empty where it needs none.
    """

    kind: Literal["hours", "closing", "announcement", "office", "tries", "survey"]
    subject: str
    detail: str
    title: str = ""


@dataclass(frozen=True)
class Step:
    """One turn: `after` seconds from the beginning something was chosen, and what followed.

    `agrees` is False where doing it over leads elsewhere than the record. The titles are those of the version that was
    heard.
    """

    turn: int
    kind: str
    after: float
    came_from: str
    option: str
    node: str
    said: tuple[Said, ...]
    dials: str
    why: tuple[Reason, ...]
    agrees: bool
    came_from_title: str = ""
    option_title: str = ""
    node_title: str = ""
    dials_title: str = ""


@dataclass(frozen=True)
class Explained:
    """A call with its words; `exact` is False where the version that answered is kept no longer.

    `titles` are those of the version in which the call began.
    """

    record: CallRecord
    steps: tuple[Step, ...]
    exact: bool
    titles: Titles


def explain(record: CallRecord, store: Store, flows: KnownFlows) -> Explained:
    """Do a call over from its record; raises StoreError. Without any words that can be read, the steps have none."""
    steps: list[Step] = []
    position, exact = Position("", 0), True
    ends = [turn.at for turn in record.turns[1:]]
    began = record.call.began
    history = Switchboard(store).history(began, record.turns[-1].at if record.turns else began)
    then = settings_at(store, began)
    last = record.call.ended if record.turns and record.call.ended else None
    for turn, end in zip(record.turns, [*ends, last], strict=False):
        version = turn.flow_version or record.call.flow_version
        try:
            content = _as_then(flows.content(version), then)
        except FindingsError:
            steps.append(_bare(record, turn))
            exact = False
            continue
        exact = exact and content.version.startswith(version)
        held = history.held_at(turn.at)
        try:
            taken, position = _taken(content, position, turn, held)
        except Exception:  # noqa: BLE001  (what no call can have done has no words; the steps after it have)
            steps.append(_bare(record, turn))
            continue
        seconds = (end - turn.at).total_seconds() if end else None
        said = tuple(_said(taken.passages, flows.lengths(turn.voice_version), seconds)) if taken else ()
        why = tuple(_reasons(content, position, turn, held))
        dials = taken.then.name if taken and isinstance(taken.then, Dial) else ""
        steps.append(replace(_bare(record, turn), said=said, dials=dials, why=why, agrees=taken is not None))
    known = [flows.titles(turn.flow_version or record.call.flow_version) for turn in record.turns]
    return Explained(record, tuple(map(_titled, steps, known)), exact, flows.titles(record.call.flow_version))


def _as_then(content: Content, then: Mapping[str, Any] | None) -> Content:
    """Give the words with the office as it was set then; as it is set now where that is not known."""
    if then is None:
        return content
    number = (content.office.number or "another") if then[PHONE] else ""
    with contextlib.suppress(ValueError, TypeError, AttributeError):  # noted by another version of the program
        return replace(content, office=offices.parse(number, then[HOURS], content.hours))
    return content


def _titled(step: Step, titles: Titles) -> Step:
    return replace(
        step,
        came_from_title=titles.node(step.came_from),
        option_title=titles.option(step.came_from, step.option),
        node_title=titles.node(step.node),
        dials_title=titles.dialled(step.dials),
    )


def _bare(record: CallRecord, turn: Turn) -> Step:
    after = (turn.at - record.call.began).total_seconds()
    return Step(turn.turn, turn.kind, after, turn.came_from, turn.option, turn.node, (), "", (), agrees=False)


def _taken(content: Content, position: Position, turn: Turn, held: Sequence[Switch]) -> tuple[Taken | None, Position]:
    """Take a step over; None where it leads to another node, and then the position is what the record says."""
    if turn.kind == "answer" or not position.node:
        position = Position(content.flow.top.start, int(turn.at.timestamp()), turn=-1)
    if turn.came_from and turn.came_from != position.node:
        position = replace(position, node=turn.came_from)
    if turn.option in _SURVEY:  # which calls were asked is a setting of then: the record knows
        position = replace(position, survey=_SURVEY[turn.option])
    taken = advance(content, position, _heard(content, turn), turn.at.astimezone(TOKYO), board(tuple(held), 1))
    if taken.position.node == turn.node:
        return taken, taken.position
    known = turn.node in content.flow.nodes
    return None, replace(taken.position, node=turn.node) if known else taken.position


def _heard(content: Content, turn: Turn) -> Heard:
    """Give what must have been heard for a record to say what it says; never the key itself, which nobody kept."""
    if turn.kind == "answer" or turn.option == Chosen.POSITION_LOST:
        return Start(lost=turn.option == Chosen.POSITION_LOST)
    if turn.kind == "transfer":
        return Dialled(_GONE.get(turn.option, turn.option), gone=turn.option in _GONE)
    if turn.option in {*SILENT, Chosen.ASKED, Chosen.LIMIT}:
        return Silence()
    if turn.option in _KEYS:
        return Key(_KEYS[turn.option])
    node = content.flow.nodes.get(turn.came_from)
    options = node.options if isinstance(node, Menu | Answer) else {}
    names = {option.name: key for key, option in options.items()}
    if turn.option in REPLIES and content.flow.top.survey:
        names = {reply.name: key for key, reply in content.flow.top.survey.options.items()}
    return Key(names.get(turn.option, ""))


def _said(passages: Sequence[Passage], lengths: Lengths, seconds: float | None) -> Iterator[Said]:
    begin = 0.0
    for passage in passages:
        for sentence in lengths.sentences(passage):
            heard = None if seconds is None else begin + sentence.begin < seconds
            yield Said(sentence.text, sentence.option, heard)
        begin += lengths.seconds(passage)


def _reasons(content: Content, position: Position, turn: Turn, held: Sequence[Switch]) -> Iterator[Reason]:
    if turn.option in _TRIES:
        times = position.silences if turn.option == Chosen.SILENCE else position.wrongs
        yield Reason("tries", turn.option, str(times), CHOICES[turn.option])
    elif turn.option == Chosen.ASKED:
        yield Reason("survey", "IVR_SURVEY_PERCENT", "")
    elif turn.option not in REPLIES:
        yield from _entered(content, turn, held)


def _entered(content: Content, turn: Turn, held: Sequence[Switch]) -> Iterator[Reason]:
    """Give why the words of a node were what they were."""
    node = content.flow.nodes.get(turn.node)
    if turn.kind == "answer":
        for switch in held:
            if switch.kind == "announcement" and switch.name in content.flow.top.announcements:
                words = "".join(sentence.text for sentence in content.announcement(switch.name).sentences)
                yield Reason("announcement", switch.name, switch.by, words)
    if isinstance(node, Answer) and node.hours:
        name = next(each.name for each in content.hours.procedures.values() if each.id == node.hours.procedure)
        subject = f"{node.hours.procedure} {node.hours.who}"
        yield Reason("hours", subject, _minute(turn.at), f"{name}、{WHO[node.hours.who]}")
        for switch in held:
            if switch.kind == "closing" and switch.name in content.hours.counters:
                yield Reason("closing", content.hours.counters[switch.name].name, switch.by)
    forks = [fork for fork in content.flow.nodes.values() if isinstance(fork, Office)]
    if any(turn.node in dict(fork.edges()).values() for fork in forks) and turn.option in _FORKED:
        state = content.office_state(turn.at, board(tuple(held), 1))
        yield Reason("office", state, _minute(turn.at), FORKS[state])
        for switch in held:
            if switch.kind == "closing" and switch.name == TELEPHONE and content.office.number:
                yield Reason("closing", TELEPHONE_NAME, switch.by)


def _minute(at: datetime) -> str:
    return at.astimezone(TOKYO).strftime("%Y-%m-%d %H:%M")
