"""A whole walk: which moments, in which order, and what is made of it. Where the work is done is handed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ivr.flow import Answer, Office
from ivr.keys import BACK, PERSON
from ivr.phone.walk.explore import Walked, doors, explore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ivr.content import Content
    from ivr.phone.walk.explore import Door, Expanded
    from ivr.phone.walk.moments import Moments
    from ivr.phone.walk.state import Stand, State

SAMPLE = 400
"""So many states are looked at again to see that nothing but their stand matters; with `full`, all."""


class Hands(Protocol):
    """Whoever does the work: on this process or on many."""

    def starts(self, at: datetime) -> list[State]:
        """Give the states with which a walk begins at a moment."""

    def expand(self, states: Sequence[State]) -> Iterator[Expanded]:
        """Press every key at some states."""

    def bases(self, moments: Sequence[datetime]) -> Iterator[Walked]:
        """Enter every node once at each moment."""

    def offices(self) -> Iterator[tuple[str, Walked]]:
        """Enter every node once with the office as it is not set now; each with words for how it is set."""

    def surveyed(self, at: datetime) -> Walked:
        """Enter every node once in a call that is asked whether an answer helped, at every answer that may be."""

    def visits(self, moments: Sequence[datetime], known: Sequence[Door]) -> Iterator[Walked]:
        """Hear some nodes again at each moment."""

    def changed(self, states: Sequence[State]) -> Iterator[list[tuple[Stand, str]]]:
        """Look whether anything but its stand decides what comes after each state."""


class Tell(Protocol):
    """Hears how far a walk is."""

    def __call__(self, what: str, done: int, of: int | None) -> None:
        """Take what is going on, how much of it is done, and how much there is (None: not known)."""


@dataclass
class Walk:
    """Everything that was walked; `others` are walks with something set otherwise, by words for what."""

    walks: list[Walked] = field(default_factory=list)
    others: dict[str, Walked] = field(default_factory=dict)
    compared: int = 0

    @property
    def all(self) -> list[Walked]:
        """Give every walk."""
        return [*self.walks, *self.others.values()]


@dataclass(frozen=True)
class Order:
    """What to walk: the first moment in full, the others so that every node is entered, the words once more each.

    With `full` every moment is walked in full. With `node` a walk begins there and keeps below it.
    """

    moments: Moments
    full: bool = False
    node: str = ""


def walk(content: Content, order: Order, hands: Hands, tell: Tell) -> Walk:
    """Walk as ordered; raises ValueError where the node to begin at cannot be reached."""
    made = Walk()
    first, *rest = order.moments.answers
    for number, at in enumerate((first, *rest) if order.full else (first,)):
        tell(f"every key, moment {number + 1}", 0, None)
        made.walks.append(_whole(order, hands, at, tell))
    if order.node:
        return made
    if not order.full:
        _count("every node at other moments", made.walks, hands.bases(rest), len(rest), tell)
    words = [at for at in order.moments.words if at not in order.moments.answers]
    known = doors(made.walks[0], _dated(content))
    _count("every word about hours", made.walks, hands.visits(words, known), len(words), tell)
    for words_for, walked in hands.offices():
        made.others[words_for] = walked
    if content.flow.top.survey:
        made.others["a call that is asked whether it helped"] = hands.surveyed(first)
    states = list(made.walks[0].states.values())
    sample = states if order.full else states[:: max(1, len(states) // SAMPLE)]
    for found in hands.changed(sample):
        made.walks[0].changed += found
    made.compared = len(sample)
    return made


def _whole(order: Order, hands: Hands, at: datetime, tell: Tell) -> Walked:
    def done(number: int) -> None:
        tell(f"every key at {at:%Y-%m-%d %H:%M}", number, None)

    starts = hands.starts(at)
    if not order.node:
        return explore(starts, hands.expand, "full", done)
    base = explore(starts, hands.expand, "base", done)
    found = [state for state in base.states.values() if state.stand.node == order.node]
    if not found:
        raise ValueError(f"the node {order.node} cannot be reached at {at:%Y-%m-%dT%H:%M}")
    return explore(found[:1], lambda states: _below(hands.expand(states)), "full", done)


def _below(expanded: Iterable[Expanded]) -> Iterator[Expanded]:
    """Keep below a node: what comes after the way back or a person is not followed."""
    for done in expanded:
        away = {edge.target for edge in done.edges if edge.input in (BACK, PERSON)}
        kept = tuple(state for state in done.following if state.stand not in away)
        yield type(done)(done.state, done.passage, done.edges, kept)


def _count(what: str, into: list[Walked], walks: Iterable[Walked], of: int, tell: Tell) -> None:
    for number, walked in enumerate(walks, 1):
        into.append(walked)
        tell(what, number, of)


def _dated(content: Content) -> list[str]:
    """Name the nodes whose words depend on the day."""
    nodes = content.flow.nodes.items()
    forks = {target for _, node in nodes if isinstance(node, Office) for _, target in node.edges()}
    return [name for name, node in nodes if (isinstance(node, Answer) and (node.hours or node.office)) or name in forks]
