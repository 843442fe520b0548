"""What a call does next: `advance(content, position, heard, now, board) -> Turn`. Pure: no I/O, no clock, no Flask.

Silence, a wrong key and "too many of either" are three different edges, each with its own words; a call is bounded
in turns and in time, and every end says goodbye.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ivr.chosen import Chosen, Ended
from ivr.flow import OUTCOMES, TRIES, Answer, Farewell, Menu, Transfer
from ivr.keys import BACK, COMMON_KEYS, PERSON, REPEAT
from ivr.position import Survey

if TYPE_CHECKING:
    from datetime import datetime

    from ivr import flow as flows
    from ivr.board import Board
    from ivr.content import Content
    from ivr.flow import Node
    from ivr.passage import Passage
    from ivr.position import Position

MAX_TURNS = 120
MAX_SECONDS = 1800
_ENDS = {Chosen.SILENCE: Chosen.SILENCE_END, Chosen.WRONG: Chosen.WRONG_END}
TURN_BASE = 1000
"""A call whose position was lost counts its turns on from a multiple of this, so no record meets an earlier one."""


@dataclass(frozen=True)
class Key:
    """The caller pressed one key; anything longer than one key was never asked for and is a wrong key."""

    digits: str


@dataclass(frozen=True)
class Silence:
    """The caller pressed nothing until the time was over: a value of its own, never an empty key."""


@dataclass(frozen=True)
class Dialled:
    """A transfer came back with Twilio's DialCallStatus after `seconds` of talk; `gone`: the caller has hung up.

    Records tell a caller who is gone after a talk (`talked`) from one who gave up waiting (`gone`).
    """

    status: str
    gone: bool = False
    seconds: int = 0


@dataclass(frozen=True)
class Start:
    """A call begins, or begins anew because its position could not be read."""

    lost: bool = False


Heard = Key | Silence | Dialled | Start


@dataclass(frozen=True)
class Wait:
    """Wait for one key for `seconds` after the last word."""

    seconds: int


@dataclass(frozen=True)
class Dial:
    """Dial `number` (E.164); `name` is the fact, or `office`, that records keep instead of the number."""

    number: str
    name: str
    timeout: int
    limit: int


@dataclass(frozen=True)
class HangUp:
    """The service ends the call."""


@dataclass(frozen=True)
class Turn:
    """What is spoken, what comes next and where the call then stands; `chosen` is what records keep of the input."""

    position: Position
    passages: tuple[Passage, ...]
    then: Wait | Dial | HangUp
    chosen: str


def advance(content: Content, position: Position, heard: Heard, now: datetime, board: Board) -> Turn:
    """Take one step of a call. The same arguments give the same turn, so a repeated webhook changes nothing."""
    kept = tuple(name for name in position.trail if name in content.flow.nodes)
    stand = replace(position, turn=position.turn + 1, trail=kept)
    if isinstance(heard, Start) or stand.node not in content.flow.nodes:
        return _begin(content, stand, heard, now, board)
    if isinstance(heard, Dialled) and heard.gone:
        return Turn(stand, (), HangUp(), Ended.TALKED if OUTCOMES.get(heard.status) == "completed" else Ended.GONE)
    if not isinstance(heard, Dialled) and _too_long(stand, now):
        return _enter(content, replace(stand, node=content.flow.top.limit), Chosen.LIMIT, now, board)
    node = content.flow.nodes[stand.node]
    if isinstance(heard, Dialled):
        stand = replace(stand, answered=stand.answered + heard.seconds)  # talk with a person is not time in menus
    if isinstance(node, Transfer):
        return _returned(content, stand, node, heard, now, board)
    if not isinstance(node, Menu | Answer) or isinstance(heard, Dialled):
        return _enter(content, stand, Chosen.REPEAT, now, board)
    return _input(content, stand, node, heard, now, board)


def _begin(content: Content, position: Position, heard: Heard, now: datetime, board: Board) -> Turn:
    """Open the call; with a short apology where the position was lost, never with an error."""
    fresh = replace(position, node=content.flow.top.start, trail=(), silences=0, wrongs=0)
    lost = not isinstance(heard, Start) or heard.lost
    fresh = replace(fresh, survey=Survey.DUE if not lost and content.surveyed(fresh.answered) else Survey.NONE)
    if isinstance(heard, Start) and heard.lost:
        fresh = replace(fresh, turn=TURN_BASE * (1 + int(now.timestamp()) % 86400))
    turn = _enter(content, fresh, Chosen.POSITION_LOST if lost else Chosen.ANSWER, now, board)
    if lost:
        return replace(turn, passages=(content.apology(), *turn.passages))
    return replace(turn, passages=content.announced(turn.position.node, now, board))


def _too_long(position: Position, now: datetime) -> bool:
    return position.turn % TURN_BASE > MAX_TURNS or now.timestamp() - position.answered > MAX_SECONDS


def _returned(content: Content, position: Position, node: Transfer, heard: Heard, now: datetime, board: Board) -> Turn:
    status = heard.status if isinstance(heard, Dialled) else ""
    known = status if status in OUTCOMES else Ended.UNKNOWN
    return _enter(content, replace(position, node=node.outcome(status)), known, now, board)


def _input(
    content: Content, position: Position, node: Menu | Answer, heard: Heard, now: datetime, board: Board
) -> Turn:
    survey = content.flow.survey(node)
    if isinstance(heard, Silence):
        asks = survey and position.survey is Survey.DUE
        return _asked(content, position, node) if asks else _retry(content, position, node, Chosen.SILENCE, now, board)
    key = heard.digits if isinstance(heard, Key) else ""
    common = {
        REPEAT: replace(position, silences=0, wrongs=0),
        BACK: position.back(),
        PERSON: position.to(content.flow.top.person),
    }
    if key in common:
        return _enter(content, common[key], COMMON_KEYS[key], now, board)
    if survey and key in survey.options and position.survey >= Survey.ASKED:
        return _replied(content, position, node, survey, key)
    option = node.options.get(key)
    if option is None:
        return _retry(content, position, node, Chosen.WRONG, now, board)
    return _enter(content, position.to(option.goto), option.name, now, board)


def _asked(content: Content, position: Position, node: Menu | Answer) -> Turn:
    """Ask whether the answer helped; the keys of the answer stay what they are."""
    stand = replace(position, survey=Survey.ASKED)
    return Turn(stand, (content.survey(),), Wait(content.flow.wait(node)), Chosen.ASKED)


def _replied(content: Content, position: Position, node: Menu | Answer, survey: flows.Survey, key: str) -> Turn:
    """Thank for a reply and stay: a second one is another mind, not a wrong key."""
    name = survey.options[key].name
    stand = replace(position, silences=0, wrongs=0, survey=Survey[name.upper()])
    return Turn(stand, (content.thanks(key),), Wait(content.flow.wait(node)), name)


def _retry(
    content: Content, position: Position, node: Menu | Answer, edge: Chosen, now: datetime, board: Board
) -> Turn:
    tries = position.silences if edge == Chosen.SILENCE else position.wrongs
    if tries >= TRIES:
        return _enter(content, position.to(content.flow.give_up(node)), _ENDS[edge], now, board)
    stand = replace(position, silences=tries + 1) if edge == Chosen.SILENCE else replace(position, wrongs=tries + 1)
    passage = content.retry(stand.node, edge, tries)
    return Turn(stand, (passage,), Wait(content.flow.wait(node)), edge)


def _enter(content: Content, position: Position, chosen: str, now: datetime, board: Board) -> Turn:
    """Speak a node; forks that nobody hears are followed at once, and never stand on the way back."""
    while target := content.led_on(position.node, now, board):
        position = replace(position, node=target)
    node = content.flow.nodes[position.node]
    if position.trail and position.trail[-1] == position.node:
        position = replace(position, trail=position.trail[:-1])
    passages = content.today(node, now, board) + content.body(position.node)
    if isinstance(node, Menu | Answer):
        return _wait(content, position, node, passages, chosen)
    if isinstance(node, Farewell):
        return Turn(position, passages, HangUp(), chosen)
    return Turn(position, passages, _dial(content, node), chosen)


def _wait(
    content: Content, position: Position, node: Menu | Answer, passages: tuple[Passage, ...], chosen: str
) -> Turn:
    """Wait for a key; the first answer of a call ends with the keys that work everywhere.

    Not where a caller has just pressed one of them, and hears that nobody answers the telephone now.
    """
    if isinstance(node, Answer) and not (position.told or node.office):
        position, passages = replace(position, told=True), (*passages, content.common_keys())
    survey = content.flow.survey(node)
    seconds = survey.wait if survey and position.survey is Survey.DUE else content.flow.wait(node)
    return Turn(position, passages, Wait(seconds), chosen)


def _dial(content: Content, node: Node) -> Dial:
    if not isinstance(node, Transfer):
        raise TypeError(f"a {node.kind} cannot be dialled")
    top = content.flow.top
    return Dial(content.number(node.to), node.to, top.dial_timeout, top.dial_limit)
