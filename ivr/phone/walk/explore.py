"""Walks: from the opening on, every key, every silence and every outcome of a dialled number, at one moment.

Everything goes through the simulator and the service's own webhooks. A document is run from where it stands, since a
position travels in its addresses; that nothing else can matter is what `unchanged` checks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Literal

from ivr.phone.place import CALLER, HELPLINE, TEST_ACCOUNT_SID, TEST_TIME
from ivr.phone.walk.state import NOWHERE, Passage, Sentence, Stand, State, Way, blurred, moved, stand
from ivr.position import Survey
from ivr.simulator import KEYS, Heard, Line, Person, Requested, Silence, Target, World, signer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ivr.phone.place import Service
    from ivr.position import Position
    from ivr.simulator import Call, Outcome, Request, Response, Warned

Depth = Literal["full", "tries", "base"]
"""Every state; each node with every number of silences or of wrong keys; each node once."""
SILENCE = "silence"
SPEECH = "say:もしもし"
"""Something that nobody offers, said where a service listens to speech; its own hints are said too."""
OUTCOMES: tuple[Outcome, ...] = ("answered", "busy", "no-answer", "failed", "canceled")
_HINTS = re.compile(r'hints="([^"]+)"')
TOO_LONG = "(too long)"
"""How a call comes to its limit: by no key."""
_LONG_AGO = 3600
"""Seconds: a call answered so long ago has become too long."""
_TALK = Person("answered", after=2.0, talks=3.0)


@dataclass(frozen=True)
class Edge:
    """One input at a state and where it led; `failed` names what went wrong on the way."""

    source: Stand
    input: str
    target: Stand
    way: Way
    failed: tuple[str, ...] = ()


@dataclass
class Walked:
    """What was seen at one moment."""

    at: datetime
    states: dict[Stand, State] = field(default_factory=dict)
    heard: dict[Stand, Passage] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    changed: list[tuple[Stand, str]] = field(default_factory=list)


class Walker:
    """Runs documents of one service; its sounds are fetched once for all calls."""

    def __init__(self, service: Service, farewell: Callable[[frozenset[str]], str]) -> None:
        """Take a service; `farewell` names the node that says these prompts before it hangs up."""
        self._service = service
        self._farewell = farewell
        self._sounds: dict[str, Response] = {}
        self._sign = signer(service.token)

    def opening(self, at: datetime) -> str:
        """Dial, and give the first document."""
        call = self._world(at).dial(Line(HELPLINE, self._service.url), CALLER)
        return _document(call)

    def hear(self, at: datetime, document: str) -> tuple[Passage, Call]:
        """Run a document until it waits, rings or ends; the call stands there."""
        call = self._run(at, document)
        while call.doing not in ("listening", "ringing", "over"):
            call.step()
        sentences = tuple(Sentence(h.t, h.text, h.seconds, h.option, h.prompt) for h in call.heard)
        return Passage(sentences, call.seconds, call.doing, _longest_gap(call.heard, call.seconds)), call

    def silence(self, call: Call) -> tuple[str, float]:
        """Go on from where `hear` stopped without a key; give the next document and the seconds that passed."""
        known, began = len(_documents(call)), call.seconds
        while len(_documents(call)) == known and not call.over:
            call.step()
        waited = next((event.seconds for event in call.events if isinstance(event, Silence)), call.seconds - began)
        return _document(call, known), waited

    def press(self, at: datetime, document: str, key: str) -> tuple[str, Call]:
        """Press a key at the very beginning of a document; give the next document."""
        call = self._run(at, document)
        call.press(key)
        return _document(call), call

    def say(self, call: Call, words: str) -> str:
        """Say something where a document that was heard listens to speech; give the next document."""
        known = len(_documents(call))
        call.speak_up(1.0, words)
        while len(_documents(call)) == known and not call.over:
            call.step()
        return _document(call, known)

    def dial(self, at: datetime, document: str, outcome: Outcome) -> tuple[str, Call]:
        """Let a dialled number do something; give the document after it."""
        person = _TALK if outcome == "answered" else Person(outcome, after=2.0)
        call = self._run(at, document, person)
        while not _documents(call) and not call.over:
            call.step()
        return _document(call), call

    def ask(self, at: datetime, path: str) -> str:
        """Request an address below the voice webhook as it stands."""
        line = Line(HELPLINE, self._service.url)
        return _document(self._world(at).dial(line, CALLER, Target(f"{self._service.url}{path}")))

    def waits(self, state: State) -> bool:
        """Tell whether a document waits for a key."""
        return "<Gather" in state.document

    def farewell(self, passage: Passage) -> str:
        """Name the node whose words end a call."""
        return self._farewell(frozenset(sentence.prompt for sentence in passage.sentences))

    def _run(self, at: datetime, document: str, person: Person | None = None) -> Call:
        world = self._world(at, person)
        return world.dial(Line(HELPLINE, self._service.url), CALLER, Target("", twiml=document))

    def _world(self, at: datetime, person: Person | None = None) -> World:
        return World(
            fetch=self._fetch,
            sign=self._sign,
            start=at,
            random=Random(1),  # noqa: S311  (ids of calls that nobody keeps)
            account=TEST_ACCOUNT_SID,
            captions=self._service.captions,
            people=lambda _number: person or Person(),
            added=lambda moment: {TEST_TIME: moment.isoformat(timespec="milliseconds")},
        )

    def _fetch(self, request: Request) -> Response:
        """Fetch; what is fetched by GET is a sound, and stays what it is."""
        if request.method != "GET":
            return self._service.fetch(request)
        if request.url not in self._sounds:
            self._sounds[request.url] = self._service.fetch(request)
        return self._sounds[request.url]


@dataclass(frozen=True)
class Expanded:
    """A state with what is heard there, every edge out of it, and the states that these lead to, each once."""

    state: State
    passage: Passage
    edges: tuple[Edge, ...]
    following: tuple[State, ...]


Expand = Callable[[Sequence[State]], Iterable[Expanded]]
"""Presses every key at some states; where and on how many processes is its own affair."""


def explore(
    starts: Sequence[State], expand: Expand, depth: Depth = "full", tell: Callable[[int], None] = lambda _n: None
) -> Walked:
    """Go everywhere that keys lead to, one key further at a time, as deep as `depth` says.

    `tell` hears how many states are done.
    """
    walked = Walked(starts[0].at, {state.stand: state for state in starts})
    merged = {_merged(state.stand, depth) for state in starts}
    waiting = list(starts)
    while waiting:
        found: list[State] = []
        for done in expand(waiting):
            walked.heard[done.state.stand] = done.passage
            walked.edges += done.edges
            tell(len(walked.heard))
            for following in done.following:
                mark = _merged(following.stand, depth)
                if mark not in merged and not _too_deep(following.stand, depth):
                    merged.add(mark)
                    walked.states[following.stand] = following
                    found.append(following)
        waiting = found
    return walked


def expand(walker: Walker, states: Iterable[State]) -> Iterator[Expanded]:
    """Press every key at each of some states, in this process."""
    for state in states:
        passage, steps = _steps(walker, state)
        following = {after.stand: after for _, after in reversed(steps)}
        yield Expanded(state, passage, tuple(edge for edge, _ in steps), tuple(following.values()))


@dataclass(frozen=True)
class Door:
    """A key at a state that leads to a node."""

    state: State
    edge: Edge


def doors(known: Walked, nodes: Iterable[str]) -> list[Door]:
    """Give one door to each of some nodes, on the shortest way."""
    wanted, found = set(nodes), []
    for edge in known.edges:
        source = known.states.get(edge.source)
        if source and edge.target.node in wanted and edge.input in KEYS:
            wanted.discard(edge.target.node)
            found.append(Door(source, edge))
    return found


def visit(walker: Walker, at: datetime, known: Iterable[Door]) -> Walked:
    """Hear some nodes again at another moment, by doors that are known; nothing is pressed there."""
    walked = Walked(at)
    for door in known:
        document, _ = walker.press(at, _dated(door.state, at), door.edge.input)
        state = _state(walker, at, document, door.edge.way)
        walked.states.setdefault(state.stand, state)
        walked.heard.setdefault(state.stand, walker.hear(at, document)[0])
    return walked


def changed(walker: Walker, states: Sequence[State], seed: int, inputs: int = 2) -> list[tuple[Stand, str]]:
    """Check that nothing else than its stand decides what comes after a state; gives the keys for which it does.

    Turn, second of the answer, older way back and versions are changed, and what is answered must say the same.
    """
    random = Random(seed)  # noqa: S311  (a sample, the same every time)
    nodes = sorted({state.stand.node for state in states})
    found = []
    for state in states:
        if state.position is None or not walker.waits(state):
            continue
        other = _elsewhere(state, state.position, nodes, random)
        for key in random.sample(KEYS, inputs):
            first, second = (walker.press(state.at, document, key)[0] for document in (state.document, other))
            if blurred(first) != blurred(second):
                found.append((state.stand, key))
    return found


def _elsewhere(state: State, position: Position, nodes: Sequence[str], random: Random) -> str:
    """Write a state's document as if the call had come there by another way, earlier, in another version."""
    older = tuple(random.choices(nodes, k=random.randint(0, 3))) if position.trail else ()
    return moved(
        state.document,
        position,
        turn=position.turn + random.randint(1, 40),
        answered=position.answered - random.randint(1, 900),
        trail=(*older, *position.trail)[-12:],
        flow_version="0" * 8,
        voice_version="f" * 8,
    )


def starts(walker: Walker, at: datetime) -> Iterator[State]:
    """Begin with the opening; and with the words for a lost position and for a call that has become too long."""
    opening = walker.opening(at)
    yield _state(walker, at, opening, Way())
    _, position = stand(opening)
    if position is None:
        return
    late = moved(opening, position, answered=position.answered - _LONG_AGO)
    yield _state(walker, at, walker.press(at, late, "#")[0], Way((TOO_LONG,)))
    yield _state(walker, at, walker.ask(at, "/at/unreadable"), Way(("(lost)",)))


def surveyed(walker: Walker, at: datetime) -> State:
    """Begin with the opening of a call that is to be asked whether an answer helped."""
    opening = walker.opening(at)
    _, position = stand(opening)
    due = moved(opening, position, survey=Survey.DUE) if position else opening
    return _state(walker, at, due, Way())


def _steps(walker: Walker, state: State) -> tuple[Passage, list[tuple[Edge, State]]]:
    passage, call = walker.hear(state.at, state.document)
    steps: list[tuple[Edge, State]] = []
    if passage.then == "ringing":
        for outcome in OUTCOMES:
            document, after = walker.dial(state.at, state.document, outcome)
            way = state.way.then("", passage.ends, outcome)
            steps.append(_edge(walker, state, outcome, document, way, after.warnings))
    if passage.then == "listening":
        for key in KEYS:
            document, after = walker.press(state.at, state.document, key)
            way = state.way.then(key, passage.pressed_at(key))
            steps.append(_edge(walker, state, key, document, way, after.warnings))
        steps += _said(walker, state, passage, call)
        document, waited = walker.silence(call)
        passage = replace(passage, timeout=waited)
        way = state.way.then(SILENCE, passage.ends + waited)
        steps.append(_edge(walker, state, SILENCE, document, way, call.warnings))
    return passage, steps


def _said(walker: Walker, state: State, passage: Passage, call: Call) -> Iterator[tuple[Edge, State]]:
    """Say what is offered, and something else, if speech is listened to."""
    if not call.takes_speech:
        return
    hints = ",".join(_HINTS.findall(state.document)).split(",")
    for item in [SPEECH, *(f"say:{hint.strip()}" for hint in hints if hint.strip())]:
        _, apart = walker.hear(state.at, state.document)
        document = walker.say(apart, item.removeprefix("say:"))
        yield _edge(walker, state, item, document, state.way.then(item, passage.ends), apart.warnings)


def _edge(
    walker: Walker, state: State, item: str, document: str, way: Way, warnings: Iterable[Warned]
) -> tuple[Edge, State]:
    following = _state(walker, state.at, document, way)
    failed = tuple(f"{warned.code}: {warned.text}" for warned in warnings)
    if not document:
        failed = (*failed, "no document came")
    return Edge(state.stand, item, following.stand, way, failed), following


def _state(walker: Walker, at: datetime, document: str, way: Way) -> State:
    found, position = stand(document)
    if found.node == NOWHERE and document:
        passage, _ = walker.hear(at, document)
        found = Stand(walker.farewell(passage))
    return State(at, found, document, way, position)


def _dated(state: State, at: datetime) -> str:
    """Move a document to another moment: its call was answered as long before it as it was."""
    if state.position is None:
        return state.document
    answered = state.position.answered + round((at - state.at).total_seconds())
    return moved(state.document, state.position, answered=answered)


def _merged(found: Stand, depth: Depth) -> object:
    here = found.survey if found.survey > Survey.DUE else Survey.NONE
    return found if depth == "full" else (found.node, found.silences, found.wrongs, here)


def _too_deep(found: Stand, depth: Depth) -> bool:
    if depth == "tries":
        return bool(found.silences and found.wrongs)
    return depth == "base" and bool(found.silences or found.wrongs)


def _documents(call: Call) -> list[Requested]:
    return [event for event in call.events if isinstance(event, Requested) and event.params]


def _document(call: Call, known: int = 0) -> str:
    found = _documents(call)[known:]
    return found[-1].answer.decode() if found and found[-1].status == 200 else ""  # noqa: PLR2004  (OK)


def _longest_gap(heard: Iterable[Heard], ends: float) -> float:
    """Give the longest time without a word within a passage, its beginning and end included."""
    longest, quiet_since = 0.0, 0.0
    for sentence in heard:
        longest = max(longest, sentence.t - quiet_since)
        quiet_since = max(quiet_since, sentence.t + sentence.seconds)
    return round(max(longest, ends - quiet_since), 3)
