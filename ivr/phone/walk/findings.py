"""What a walk found wrong, each with its place in the flow."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ivr.flow import Answer, Farewell, Menu, Transfer
from ivr.keys import BACK, PERSON, REPEAT
from ivr.phone.walk.explore import SILENCE
from ivr.phone.walk.spoken import OffersReader
from ivr.phone.walk.truth import Truth, disagreements
from ivr.position import Survey
from ivr.simulator import KEYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ivr.content import Content
    from ivr.findings import Finding
    from ivr.phone.walk.explore import Edge, Walked
    from ivr.phone.walk.state import Passage, Stand

COMMON = {REPEAT, BACK, PERSON}


def findings(content: Content, walks: Sequence[Walked]) -> list[Finding]:
    """Judge the walks; each finding once, however many moments show it."""
    found: dict[Finding, None] = {}
    offers, truth = OffersReader(content), Truth(content.hours)
    for walked in walks:
        judge = _Judge(content, walked, offers, truth)
        found.update(dict.fromkeys(judge.all()))
    return sorted(found)


class _Judge:
    def __init__(self, content: Content, walked: Walked, offers: OffersReader, truth: Truth) -> None:
        self.content = content
        self.walked = walked
        self.offers = offers
        self.truth = truth
        self.out: dict[Stand, list[Edge]] = defaultdict(list)
        for edge in walked.edges:
            self.out[edge.source].append(edge)

    def all(self) -> Iterator[Finding]:
        yield from self._failures()
        yield from self._hang_ups()
        yield from self._dead_ends()
        yield from self._loops()
        yield from self._keys()
        yield from self._hours()
        yield from self._changed()

    def _failures(self) -> Iterator[Finding]:
        for edge in self.walked.edges:
            for failure in edge.failed:
                yield self._at(
                    edge.source.node,
                    f"{edge.input} fails: {failure}",
                    f"「{edge.input}」でエラーになります: {failure}",
                )

    def _hang_ups(self) -> Iterator[Finding]:
        """Find calls that end without a farewell."""
        for edge in self.walked.edges:
            target = self.content.flow.nodes.get(edge.target.node)
            passage = self.walked.heard.get(edge.target)
            if passage and passage.then == "over" and not isinstance(target, Farewell):
                yield self._at(
                    edge.source.node,
                    f"{edge.input} hangs up without a farewell",
                    f"「{edge.input}」で、あいさつなしに電話が切れます",
                )

    def _dead_ends(self) -> Iterator[Finding]:
        """Find places that wait for keys and have none, that leads anywhere else."""
        for stand, edges in self.out.items():
            if self._listens(stand) and not any(
                edge.target.node != stand.node for edge in edges if edge.input not in (SILENCE, REPEAT)
            ):
                yield self._at(
                    stand.node, "no key leads on from here: a dead end", "どのボタンを押しても、先へ進めません"
                )

    def _loops(self) -> Iterator[Finding]:
        """Find where silence, or wrong keys, come to no end by themselves."""
        for who, who_ja, kind in (
            ("a caller who presses nothing", "何も押さない人", self._silent),
            ("a caller who presses wrong keys", "まちがったボタンを押しつづける人", self._wrong),
        ):
            for stand in _on_circles(self.out, kind):
                yield self._at(
                    stand.node, f"{who} goes round here without end", f"{who_ja}が、ここで終わりなく回ります"
                )

    def _keys(self) -> Iterator[Finding]:
        for stand, edges in self.out.items():
            passage = self.walked.heard[stand]
            if not self._listens(stand):
                continue
            told = self.offers.offered(passage.text)
            dead = {edge.input for edge in edges if self._wrong(edge)}
            for key in sorted(told & dead):
                text = f"key {key} is offered but chooses nothing"
                yield self._at(stand.node, text, f"{key} を案内していますが、何も起きません", key)
            if not stand.itself:
                continue
            live = {edge.input for edge in edges if edge.input in KEYS} - dead - COMMON
            for key in sorted(live - told):
                text = f"key {key} chooses something but is never offered"
                yield self._at(stand.node, text, f"{key} が使えるのに、案内していません", key)

    def _hours(self) -> Iterator[Finding]:
        for stand, passage in self.walked.heard.items():
            if not stand.itself:
                continue
            for problem in disagreements(self.content, self.truth, stand.node, self.walked.at, passage):
                yield self._at(stand.node, f"hours: {problem}", f"受付時間の案内が表と合いません: {problem}")

    def _changed(self) -> Iterator[Finding]:
        for stand, key in self.walked.changed:
            yield self._at(
                stand.node,
                f"what key {key} does depends on more than where the call stands",
                f"「{key}」の結果が、通話の場所以外のことで変わります",
            )

    def _listens(self, stand: Stand) -> bool:
        passage = self.walked.heard.get(stand)
        return passage is not None and passage.then == "listening"

    def _silent(self, edge: Edge) -> bool:
        return edge.input == SILENCE

    def _wrong(self, edge: Edge) -> bool:
        """Tell a key that chooses nothing: by the flow, or because the service counts it as a try in vain."""
        if edge.input not in KEYS or edge.input in COMMON:
            return False
        if edge.target.node == edge.source.node and edge.target.wrongs == edge.source.wrongs + 1:
            return True
        if edge.target.survey > Survey.ASKED and edge.source.survey > Survey.DUE:
            return False
        place = self.content.flow.nodes.get(edge.source.node)
        return isinstance(place, Menu | Answer) and edge.input not in place.options

    def _at(self, node: str, text: str, text_ja: str, key: str = "") -> Finding:
        place: tuple[str, ...] = ("nodes", node, "options", key) if key else ("nodes", node)
        if node not in self.content.flow.nodes:
            place = ("start",)
        return self.content.flow.document.finding(
            f"node {node}: {text}", f"ノード「{node}」: {text_ja}", *place, node=node
        )


def _on_circles(out: Mapping[Stand, Sequence[Edge]], wanted: Callable[[Edge], bool]) -> Iterator[Stand]:
    """Give every stand from which edges of one kind lead back to itself."""
    following = {stand: [edge.target for edge in edges if wanted(edge)] for stand, edges in out.items()}
    for stand, targets in following.items():
        seen: set[Stand] = set()
        waiting = list(targets)
        while waiting:
            there = waiting.pop()
            if there == stand:
                yield stand
                break
            if there not in seen:
                seen.add(there)
                waiting += following.get(there, ())


def silence_seconds(passage: Passage) -> float:
    """Give the longest time without a word at a place, the wait for a key included."""
    return max(passage.silence, passage.timeout)


def people(content: Content) -> set[str]:
    """Name the nodes at which a caller is with a person, or hears whom to call: transfers and what key 0 leads to."""
    flow = content.flow
    found = {name for name, node in flow.nodes.items() if isinstance(node, Transfer)}
    person = flow.nodes[flow.top.person]
    return found | {flow.top.person, *(target for _, target in getattr(person, "edges", tuple)())}


def farthest_from_a_person(content: Content, walked: Walked) -> tuple[Stand, int] | None:
    """Find the place from which a person is the most keys away; None where somebody is out of reach."""
    targets = people(content)
    back: dict[Stand, list[Stand]] = defaultdict(list)
    for edge in walked.edges:
        if edge.input != SILENCE:
            back[edge.target].append(edge.source)
    distance = {stand: 0 for stand in walked.states if stand.node in targets}
    waiting = list(distance)
    for stand in waiting:
        for source in back[stand]:
            if source not in distance:
                distance[source] = distance[stand] + 1
                waiting.append(source)
    listening = [stand for stand, passage in walked.heard.items() if passage.then == "listening"]
    if any(stand not in distance for stand in listening):
        return None
    return max(((stand, distance[stand]) for stand in listening), key=lambda item: item[1], default=None)


def unheard(content: Content, walks: Iterable[Walked]) -> list[str]:
    """Name the prompts of the flow that no walk has heard."""
    heard = {sentence.prompt for walked in walks for passage in walked.heard.values() for sentence in passage.sentences}
    return sorted({name for name, _ in content.flow.prompts()} - heard)
