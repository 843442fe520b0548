"""A finished walk, written down: what was covered, the worst of everything, every passage; as JSON and as lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ivr import titles
from ivr.findings import Finding, errors
from ivr.flow import Answer, Farewell, Menu, Office, Transfer
from ivr.keys import BACK, PERSON, REPEAT
from ivr.phone.walk.explore import OUTCOMES, SILENCE, TOO_LONG
from ivr.phone.walk.findings import farthest_from_a_person, findings, silence_seconds, unheard
from ivr.titles import named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr.content import Content
    from ivr.flow import Flow
    from ivr.phone.walk.explore import Edge
    from ivr.phone.walk.run import Walk
    from ivr.phone.walk.state import Passage, State
    from ivr.titles import Titles

WORST = 5
SWITCHED = "heard only while it is switched on with `ivr board announce`"


@dataclass(frozen=True)
class Heard:
    """A passage with the shortest way to it; `office` tells what had to be set otherwise for it, `title` the place."""

    state: State
    passage: Passage
    office: str = ""
    title: str = ""

    @property
    def begins(self) -> float:
        """Give the second of the call at which it starts, for somebody who hears everything for the first time."""
        return round(self.state.way.begins + self.passage.begins, 1)

    def as_json(self) -> dict[str, Any]:
        """Give the entry of the JSON report."""
        more = {"dial": self.state.way.dial, "office": self.office}
        return {
            "language": self.state.stand.language,
            "at": f"{self.state.at:%Y-%m-%dT%H:%M}",
            "keys": self.state.way.keys,
            "node": self.state.stand.node,
            "title": self.title,
            "text": self.passage.text,
            "seconds": self.passage.seconds,
            "from": self.begins,
            **{name: value for name, value in more.items() if value},
        }


@dataclass(frozen=True)
class Coverage:
    """How much of something was seen; `missing` says of each that was not, why."""

    covered: int
    total: int
    missing: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """Give the entry of the JSON report."""
        return {"covered": self.covered, "total": self.total, "missing": self.missing}


class Report:
    """What a walk says about a helpline."""

    def __init__(self, content: Content, walk: Walk, *, part: bool = False) -> None:
        """Judge a walk; a `part` of the flow does not count as lacking the rest."""
        self.content = content
        self.walk = walk
        self.heard = list(_heard(walk, content.titles))
        self.nodes = _nodes(content.flow, walk)
        self.edges = _edges(content.flow, walk)
        silent = unheard(content, walk.all)
        prompts = {name for name, _ in content.flow.prompts()}
        switched = content.flow.top.announcements
        why = {name: SWITCHED if name in switched else "never heard" for name in silent}
        self.prompts = Coverage(len(prompts) - len(silent), len(prompts), why)
        self.findings = sorted({*findings(content, walk.all), *(() if part else self._missing())})

    @property
    def worst(self) -> dict[str, Any]:
        """Give the longest passage, silence and way to a person, and the first seconds of those."""
        return {
            "longest_passages": [each.as_json() for each in self.longest_passages],
            "longest_silences": [{**each.as_json(), "silence": seconds} for each, seconds in self.longest_silences],
            "longest_way_to_a_person": self._to_a_person(),
        }

    @property
    def longest_passages(self) -> list[Heard]:
        """Give the longest passages, each with another node."""
        return _each_node(sorted(self.heard, key=lambda each: -each.passage.seconds))[:WORST]

    @property
    def longest_silences(self) -> list[tuple[Heard, float]]:
        """Give the longest times without a word, with their seconds."""
        ordered = sorted(self.heard, key=lambda each: -silence_seconds(each.passage))
        return [(each, silence_seconds(each.passage)) for each in _each_node(ordered)[:WORST]]

    @property
    def latest(self) -> list[Heard]:
        """Give the passages that begin latest in a call, no try in vain before them."""
        good = [each for each in self.heard if not {SILENCE} & set(each.state.way.items)]
        return _each_node(sorted(good, key=lambda each: -each.begins))[:WORST]

    def as_json(self) -> dict[str, Any]:
        """Give the object that `ivr walk --json` prints."""
        flow = self.content.flow
        return {
            "nodes": [
                {"node": name, "title": node.title, "kind": node.kind, "covered": name not in self.nodes.missing}
                for name, node in flow.nodes.items()
            ],
            "edges": [self._edge(*edge) for edge in sorted(self._edges_walked())],
            "findings": [finding.as_json() for finding in self.findings],
            "coverage": {
                "nodes": self.nodes.as_json(),
                "edges": self.edges.as_json(),
                "prompts": self.prompts.as_json(),
                "moments": len(self.walk.walks),
                "states": sum(len(walked.heard) for walked in self.walk.all),
                "presses": sum(len(walked.edges) for walked in self.walk.all),
                "states_looked_at_again": self.walk.compared,
            },
            "worst": self.worst,
            "passages": [each.as_json() for each in self.heard],
        }

    def summary(self) -> list[str]:
        """Say in a few lines how it went."""
        states = sum(len(walked.heard) for walked in self.walk.all)
        presses = sum(len(walked.edges) for walked in self.walk.all)
        lines = [f"{states} states, {presses} presses, {len(self.walk.walks)} moments, {len(self.heard)} passages"]
        for name, part in (("nodes", self.nodes), ("edges", self.edges), ("prompts", self.prompts)):
            lines.append(f"{name}: {part.covered} of {part.total}")
            lines += [f"  not reached: {missing} ({why})" for missing, why in self.missed(part)[:20]]
        lines += [f"longest passage: {_line(each)}" for each in self.longest_passages[:1]]
        lines += [f"longest silence: {seconds:g} s, {_line(each)}" for each, seconds in self.longest_silences[:1]]
        way = self._to_a_person()
        lines.append(
            f"farthest from a person: {way['presses']} keys, at {named(way['title'], way['node'])}"
            if way
            else "no way to a person"
        )
        lines.append(f"latest to begin, without a silence on the way: {_line(self.latest[0])}" if self.latest else "")
        wrong = len(errors(self.findings))
        lines.append(f"{wrong} errors, {len(self.findings) - wrong} warnings")
        return [line for line in lines if line]

    def missed(self, part: Coverage) -> list[tuple[str, str]]:
        """List what was not covered, places by title, each with why."""
        return [(name if part is self.prompts else self._called(name), why) for name, why in part.missing.items()]

    def _called(self, missing: str) -> str:
        """Write a node with its title, or a node and what leads on from it."""
        node, _, item = missing.partition(" ")
        title = self.content.titles.node(node)
        edge = titles.edge(self.content.flow, node, item) if title else item
        return f"{named(title, node)} {edge}".strip()

    def _edge(self, source: str, item: str, target: str) -> dict[str, str]:
        known, flow = self.content.titles, self.content.flow
        called = titles.pressed(flow, source, item) or titles.CHOICES.get(item, "")
        names = {"title": known.node(source), "input_title": called, "to_title": known.node(target)}
        return {"node": source, "input": item, "to": target, **names}

    def _edges_walked(self) -> set[tuple[str, str, str]]:
        return {(edge.source.node, edge.input, edge.target.node) for walked in self.walk.all for edge in walked.edges}

    def _to_a_person(self) -> dict[str, Any] | None:
        walked = self.walk.walks[0]
        found = farthest_from_a_person(self.content, walked)
        if found is None:
            return None
        stand, presses = found
        title = self.content.titles.node(stand.node)
        return {"node": stand.node, "title": title, "keys": walked.states[stand].way.keys, "presses": presses}

    def _missing(self) -> Iterator[Finding]:
        document = self.content.flow.document
        for name, why in self.nodes.missing.items():
            words = f"node {name} is not reached: {why}"
            yield document.finding(words, f"ノード「{name}」に着けません: {why}", "nodes", name, node=name)
        for name, why in self.prompts.missing.items():
            if why == SWITCHED:
                continue
            file, line = self.content.place(name)
            yield Finding(file, line, "warning", f"prompt {name} is {why}", f"プロンプト「{name}」が聞こえません")


def _heard(walk: Walk, titles: Titles) -> Iterator[Heard]:
    """Give everything that can be heard between two inputs, each once, by the shortest way."""
    seen: set[tuple[str, str, str]] = set()
    walks = [("", walked) for walked in walk.walks] + list(walk.others.items())
    for office, walked in walks:
        for stand, passage in walked.heard.items():
            mark = (stand.language, stand.node, passage.text)
            if mark not in seen and passage.sentences:
                seen.add(mark)
                yield Heard(walked.states[stand], passage, office, titles.node(stand.node))


def _nodes(flow: Flow, walk: Walk) -> Coverage:
    seen = {stand.node for walked in walk.all for stand in walked.heard}
    seen |= {fork for fork, _ in _forks(flow, walk)}
    last_words = {node.says for name, node in flow.nodes.items() if name in seen and isinstance(node, Farewell)}
    seen |= {name for name, node in flow.nodes.items() if isinstance(node, Farewell) and node.says in last_words}
    missing = {name: "no key leads there at any moment walked" for name in flow.nodes if name not in seen}
    return Coverage(len(flow.nodes) - len(missing), len(flow.nodes), missing)


def _edges(flow: Flow, walk: Walk) -> Coverage:
    """Count what leads on: keys, silence, wrong keys, outcomes of transfers, states of forks."""
    wanted = {(name, item) for name in flow.nodes for item in _inputs(flow, name)}
    walked = {(edge.source.node, edge.input) for each in walk.all for edge in each.edges}
    walked |= set(_forks(flow, walk))
    missing = {f"{name} {item}": "never taken at any moment walked" for name, item in sorted(wanted - walked)}
    return Coverage(len(wanted) - len(missing), len(wanted), missing)


def _inputs(flow: Flow, name: str) -> Iterator[str]:
    node = flow.nodes[name]
    if isinstance(node, Menu | Answer):
        yield from (*node.options, PERSON, REPEAT, BACK, SILENCE)
    elif isinstance(node, Transfer):
        yield from OUTCOMES
    elif isinstance(node, Office):
        yield from (state for state, _ in node.edges())


def _forks(flow: Flow, walk: Walk) -> Iterator[tuple[str, str]]:
    """Give each fork that nobody hears with the state in which it was passed."""
    forks = {name: dict(node.edges()) for name, node in flow.nodes.items() if isinstance(node, Office)}
    for walked in walk.all:
        for edge in walked.edges:
            fork = _leads_to(flow, edge)
            for state, target in forks.get(fork, {}).items():
                if target == edge.target.node:
                    yield fork, state
        for end in (state for state in walked.states.values() if state.way.items == (TOO_LONG,)):
            limit = forks.get(flow.top.limit, {})
            yield from ((flow.top.limit, state) for state, target in limit.items() if target == end.stand.node)


def _leads_to(flow: Flow, edge: Edge) -> str:
    """Tell by the flow where an edge leads, before any fork."""
    node = flow.nodes.get(edge.source.node)
    if isinstance(node, Menu | Answer):
        if edge.input == PERSON:
            return flow.top.person
        option = node.options.get(edge.input)
        if option:
            return option.goto
        return flow.give_up(node)
    return node.outcome("completed" if edge.input == "answered" else edge.input) if isinstance(node, Transfer) else ""


def _each_node(heard: list[Heard]) -> list[Heard]:
    found: dict[str, Heard] = {}
    for each in heard:
        found.setdefault(each.state.stand.node, each)
    return list(found.values())


def _line(each: Heard) -> str:
    keys = each.state.way.keys or "the opening"
    place = named(each.title, each.state.stand.node)
    return f"{each.passage.seconds:g} s from {each.begins:g} s on, {place} (keys: {keys})"
