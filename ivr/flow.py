"""A call flow as data: what a caller can do at each node. Pure; the words are in `prompts`, the values in `facts`.

`flows/helpline.yaml` is read strictly. A flow that cannot run (a missing target, a loop that never ends) is
refused with every finding at once, each with its file and line.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from ivr.chosen import KEPT, REPLIES, Ended
from ivr.findings import BadValueError, Finding, FindingsError
from ivr.keys import COMMON_KEYS, OPTION_KEYS, PERSON, RESERVED_KEYS
from ivr.misfits import Said
from ivr.names import Asked, Place
from ivr.yamlfile import Document, Where, parse, read, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

FILE = "flows/helpline.yaml"
TRIES = 3
OUTCOMES: dict[str, str] = {
    Ended.COMPLETED: "completed",
    Ended.ANSWERED: "completed",
    Ended.BUSY: "busy",
    Ended.NO_ANSWER: "no_answer",
    Ended.FAILED: "failed",
    Ended.CANCELED: "canceled",
}
"""Twilio's words for how a Dial ended, each with the field of a transfer for it."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")

Who = Literal["self", "legal", "agent", "household"]


def _option_key(key: str) -> str:
    meaning = COMMON_KEYS.get(key) or RESERVED_KEYS.get(key)
    if meaning:
        raise BadValueError(
            f"key {key!r} always means '{meaning}' and cannot be an option",
            f"「{key}」は、どこでも決まった働きのボタンなので、選択肢にはできません",
        )
    if key not in OPTION_KEYS:
        raise BadValueError(
            f"{key!r} is not a key that a menu may use ({' '.join(OPTION_KEYS)})",
            f"「{key}」は、選択肢に使えるボタン({' '.join(OPTION_KEYS)})ではありません",
        )
    return key


OptionKey = Annotated[str, AfterValidator(_option_key)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Named(_Strict):
    """A node; sets that were published before there were titles have none, and go on answering."""

    title: str = ""


class Option(_Strict):
    """One key of a menu or answer: the name that records keep, its title, the prompt that offers it, where it leads."""

    name: str
    title: str = ""
    says: str
    goto: str


class Retry(_Strict):
    """Words after silence or a wrong key; with `options` the node's options are said again after them."""

    says: tuple[str, ...] = Field(min_length=1)
    options: bool = False


class Retries(_Strict):
    """What follows silence and wrong keys, each worded three times, then the node that ends it."""

    silence: tuple[Retry, ...] = Field(min_length=TRIES, max_length=TRIES)
    wrong: tuple[Retry, ...] = Field(min_length=TRIES, max_length=TRIES)
    give_up: str


class Reply(_Strict):
    """One key of the survey: its name in records, the prompt that offers it, and what is said once it was pressed."""

    name: Literal["helped", "not_helped"]
    says: str
    thanks: tuple[str, ...] = Field(min_length=1)


class Survey(_Strict):
    """Whether an answer helped, asked of a caller who heard it and then pressed nothing for `wait` seconds."""

    wait: int = Field(ge=2, le=10)
    says: tuple[str, ...] = Field(min_length=1)
    options: dict[OptionKey, Reply]

    @field_validator("options")
    @classmethod
    def _both(cls, options: dict[str, Reply]) -> dict[str, Reply]:
        if sorted(reply.name for reply in options.values()) != sorted(REPLIES):
            raise BadValueError(
                "two keys are needed, one named helped and one named not_helped",
                "ボタンは二つで、名前の一つが helped、もう一つが not_helped でなければなりません",
            )
        return options


class HoursOf(_Strict):
    """Whose counter hours are spoken before the rest of an answer."""

    procedure: str
    who: Who


class _Place(_Named):
    """What waits for a key; `give_up` is where silence and wrong keys end if it is not where those of its kind do."""

    says: tuple[str, ...] = ()
    options: dict[OptionKey, Option] = Field(default_factory=dict)
    then: tuple[str, ...] = ()
    retries: Retries | None = None
    give_up: str = ""


class Menu(_Place):
    """Options to choose from."""

    kind: Literal["menu"]


class Answer(_Place):
    """What the caller came for; `hours` puts today's truth first, `office` says when someone answers the telephone.

    Where `survey` is no, nobody is asked whether it helped.
    """

    kind: Literal["answer"]
    hours: HoursOf | None = None
    office: bool = False
    survey: bool = True


class Transfer(_Named):
    """Dial a number: `to` is `office` or the id of a telephone fact. Each outcome of Twilio's has its node."""

    kind: Literal["transfer"]
    to: str
    says: tuple[str, ...] = Field(min_length=1)
    completed: str
    busy: str
    no_answer: str
    failed: str
    canceled: str
    other: str

    def outcome(self, status: str) -> str:
        """Give the node for a DialCallStatus; a word that Twilio never sent before is `other`."""
        node: str = getattr(self, OUTCOMES.get(status, "other"))
        return node

    def edges(self) -> Iterator[tuple[str, str]]:
        """List each outcome with its node."""
        yield from ((field, getattr(self, field)) for field in dict.fromkeys((*OUTCOMES.values(), "other")))


class Office(_Named):
    """A fork that nobody hears: by whether the office answers its telephone now, or is not set at all."""

    kind: Literal["office"]
    open: str
    closed: str
    unset: str

    def edges(self) -> Iterator[tuple[str, str]]:
        """List each state with its node."""
        yield from (("open", self.open), ("closed", self.closed), ("unset", self.unset))


class Farewell(_Named):
    """Last words, then the service hangs up."""

    kind: Literal["farewell"]
    says: tuple[str, ...] = Field(min_length=1)


Node = Annotated[Menu | Answer | Transfer | Office | Farewell, Field(discriminator="kind")]
_NODE: TypeAdapter[Node] = TypeAdapter(Node)


class _Top(_Strict):
    start: str
    person: str
    limit: str
    menu_wait: int = Field(ge=3, le=30)
    answer_wait: int = Field(ge=3, le=60)
    dial_timeout: int = Field(ge=20, le=25)
    dial_limit: int = Field(ge=60, le=14400)
    apology: str
    common_keys: tuple[str, ...]
    announcements: tuple[str, ...] = ()
    survey: Survey | None = None
    menu: Retries
    answer: Retries
    nodes: dict[str, Any]


@dataclass(frozen=True)
class Flow:
    """A whole flow that has passed every check of `load`.

    `menu_wait` and `answer_wait` are seconds of silence that a caller is given after the last word; `dial_timeout`
    and `dial_limit` are seconds of ringing and of talk.
    """

    top: _Top
    nodes: Mapping[str, Node]
    document: Document

    def retries(self, node: Menu | Answer) -> Retries:
        """Give the node's own words for silence and wrong keys, else those of its kind."""
        return node.retries or (self.top.answer if isinstance(node, Answer) else self.top.menu)

    def give_up(self, node: Menu | Answer) -> str:
        """Name the node to which silence and wrong keys lead when every rewording was in vain."""
        return node.give_up or self.retries(node).give_up

    def wait(self, node: Menu | Answer) -> int:
        """Give the seconds that a caller has after the last word."""
        return self.top.answer_wait if isinstance(node, Answer) else self.top.menu_wait

    def survey(self, node: Node) -> Survey | None:
        """Give the survey where a node may be followed by it."""
        return self.top.survey if isinstance(node, Answer) and node.survey else None

    def prompts(self) -> Iterator[tuple[str, Where]]:
        """List every prompt that the flow names, with its place in the file."""
        top = self.top
        yield top.apology, ("apology",)
        yield from ((name, ("common_keys",)) for name in top.common_keys)
        yield from ((name, ("announcements", index)) for index, name in enumerate(top.announcements))
        if top.survey:
            yield from _survey_prompts(top.survey)
        for kind, retries in (("menu", top.menu), ("answer", top.answer)):
            yield from _retry_prompts(retries, (kind,))
        for name, node in self.nodes.items():
            yield from _node_prompts(node, ("nodes", name))

    def edges(self, name: str) -> Iterator[tuple[str, str]]:
        """List where a node leads as (edge, node); the edge is a key, an outcome, or `give_up`."""
        node = self.nodes[name]
        if isinstance(node, Menu | Answer):
            yield from ((key, option.goto) for key, option in node.options.items())
            yield PERSON, self.top.person
        yield from self.automatic(name)

    def automatic(self, name: str) -> Iterator[tuple[str, str]]:
        """List the edges that are taken without any key: forks, outcomes of a transfer, silence to its end."""
        node = self.nodes[name]
        if isinstance(node, Menu | Answer):
            yield "give_up", self.give_up(node)
        elif isinstance(node, Transfer | Office):
            yield from node.edges()


def load(root: Path) -> Flow:
    """Read and check `flows/helpline.yaml` under root; raises FindingsError with all that is wrong."""
    document = read(root / FILE, root)
    nodes, findings = _nodes(document)
    try:
        top = parse(document, _Top)
    except FindingsError as error:
        raise FindingsError([*findings, *error.findings]) from error
    findings += list(_targets(document, top, nodes))
    if findings:
        raise FindingsError(findings)
    flow = Flow(top, nodes, document)
    findings = [*_limit(flow), *_endless(flow), *_keys(flow), *_repeated_names(flow), *_survey_keys(flow)]
    findings += _unreachable(flow) if not findings else ()  # an option that is lacking leaves nodes behind
    if findings:
        raise FindingsError(findings)
    return flow


def _nodes(document: Document) -> tuple[dict[str, Node], list[Finding]]:
    nodes: dict[str, Node] = {}
    findings: list[Finding] = []
    given = document.data.get("nodes") if isinstance(document.data, dict) else None
    for name, value in given.items() if isinstance(given, dict) else ():
        if not _NAME.fullmatch(name):
            findings.append(_bad_name(document, name))
        try:
            nodes[name] = _NODE.validate_python(value)
        except ValidationError as error:
            findings += refused(document, error, Node, "nodes", name, node=name)
    return nodes, findings


def _bad_name(document: Document, name: str) -> Finding:
    return document.finding(
        f"node name {name!r}: only small letters, digits and _ are allowed, at most 64",
        f"ノード名「{name}」には、英小文字、数字、_ だけを、64字まで使えます",
        *("nodes", name),
        node=name,
    )


def _targets(document: Document, top: _Top, nodes: Mapping[str, Node]) -> Iterator[Finding]:
    named: list[tuple[str, tuple[str, ...]]] = [
        (top.start, ("start",)),
        (top.person, ("person",)),
        (top.limit, ("limit",)),
        (top.menu.give_up, ("menu", "give_up")),
        (top.answer.give_up, ("answer", "give_up")),
    ]
    for name, node in nodes.items():
        named += [(target, ("nodes", name, *where)) for target, where in _node_targets(node)]
    asked = Asked(Said("node", "ノード"))
    for target, where in named:
        asked.ask(target, _at(document, *where))
    whole = nodes.keys() == top.nodes.keys()  # what a node leads to that could not be read is not known
    yield from asked.findings(top.nodes, {name: _at(document, "nodes", name) for name in nodes} if whole else None)


def _at(document: Document, *where: str | int) -> Place:
    return Place(document.file, document.line(*where), node=str(where[1]) if where[0] == "nodes" else "")


def _node_targets(node: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(node, Menu | Answer):
        yield from ((option.goto, ("options", key, "goto")) for key, option in node.options.items())
        if node.retries:
            yield node.retries.give_up, ("retries", "give_up")
        if node.give_up:
            yield node.give_up, ("give_up",)
    elif isinstance(node, Transfer | Office):
        yield from ((target, (field,)) for field, target in node.edges())


def _retry_prompts(retries: Retries, where: Where) -> Iterator[tuple[str, Where]]:
    for kind, tries in (("silence", retries.silence), ("wrong", retries.wrong)):
        for index, retry in enumerate(tries):
            yield from ((name, (*where, kind, index)) for name in retry.says)


def _survey_prompts(survey: Survey) -> Iterator[tuple[str, Where]]:
    yield from ((name, ("survey", "says", index)) for index, name in enumerate(survey.says))
    for key, reply in survey.options.items():
        yield reply.says, ("survey", "options", key, "says")
        yield from ((name, ("survey", "options", key, "thanks", index)) for index, name in enumerate(reply.thanks))


def _node_prompts(node: Node, where: Where) -> Iterator[tuple[str, Where]]:
    if isinstance(node, Office):
        return
    yield from ((name, (*where, "says", index)) for index, name in enumerate(node.says))
    if isinstance(node, Menu | Answer):
        yield from ((option.says, (*where, "options", key, "says")) for key, option in node.options.items())
        yield from ((name, (*where, "then", index)) for index, name in enumerate(node.then))
        if node.retries:
            yield from _retry_prompts(node.retries, (*where, "retries"))


def reachable(start: str | tuple[str, ...], edges: Callable[[str], Iterator[tuple[str, str]]]) -> dict[str, str]:
    """Walk a graph breadth first; give each node reached with the shortest chain of edges to it, blanks between."""
    starts = (start,) if isinstance(start, str) else start
    found = dict.fromkeys(starts, "")
    queue = deque(starts)
    while queue:
        name = queue.popleft()
        for edge, target in edges(name):
            if target not in found:
                found[target] = f"{found[name]} {edge}".strip()
                queue.append(target)
    return found


def _unreachable(flow: Flow) -> Iterator[Finding]:
    """Find what no caller can come to; what hangs on a node that is found already is not told once more."""
    top = flow.top
    found = set(reachable((top.start, top.person, top.limit), flow.edges))
    lost = [name for name in flow.nodes if name not in found]
    led_to = {target for name in lost for _, target in flow.edges(name) if target != name}
    first = []
    for name in sorted(lost, key=lambda name: name in led_to):  # rings of lost nodes last
        if name not in found:
            first.append(name)
            found |= set(reachable(name, flow.edges))
    for name in sorted(first, key=lost.index):
        yield flow.document.finding(
            f"node {name} cannot be reached from the opening",
            f"ノード「{name}」へは、どこからも行けません",
            *("nodes", name),
            node=name,
        )


def _limit(flow: Flow) -> Iterator[Finding]:
    """Find what waits for a key behind the limit: the next input would meet the limit again."""
    behind = reachable(flow.top.limit, flow.automatic)
    waiting = next((name for name in behind if isinstance(flow.nodes[name], Menu | Answer)), None)
    if waiting:
        yield flow.document.finding(
            f"`limit` ends a call that became too long: {waiting} waits for a key there; let it be a farewell",
            f"limit は長すぎる電話を終えます。その先の「{waiting}」はボタンを待つので、farewell にしてください",
            "limit",
            node=waiting,
        )


def _endless(flow: Flow) -> Iterator[Finding]:
    """Find rings of automatic edges: a caller who presses nothing must come to a farewell."""
    for name in flow.nodes:
        following = tuple(target for _, target in flow.automatic(name))
        if name in reachable(following, flow.automatic):
            yield flow.document.finding(
                f"node {name}: a caller who presses nothing would go round for ever; let one edge end in a farewell",
                f"ノード「{name}」から、何も押さない人が終わりなく回り続けます。どこかを farewell で終わらせてください",
                *("nodes", name),
                node=name,
            )


def _keys(flow: Flow) -> Iterator[Finding]:
    for name, node in flow.nodes.items():
        if not isinstance(node, Menu | Answer):
            continue
        if isinstance(node, Answer) and not (node.says or node.hours or node.office):
            yield flow.document.finding(
                f"answer {name}: says has no prompt, and neither hours nor office speak",
                f"答え「{name}」に話す言葉がありません",
                *("nodes", name, "says"),
                node=name,
            )
        if isinstance(node, Menu) and not node.options:
            yield flow.document.finding(
                f"menu {name} has no options: a dead end",
                f"メニュー「{name}」に選択肢がありません",
                *("nodes", name),
                node=name,
            )
        if _shared(flow, name):
            continue
        if "9" in node.options and list(node.options)[-1] != "9":
            yield flow.document.finding(
                f"{name}: key 9 must be the last option",
                f"「{name}」の 9 は、最後の選択肢にしてください",
                *("nodes", name, "options", "9"),
                node=name,
            )
        numbers = [key for key in node.options if key != "9"]
        expected = list(OPTION_KEYS[: len(numbers)])
        if numbers != expected:
            yield flow.document.finding(
                f"{name}: the keys are {' '.join(numbers)}, expected {' '.join(expected)} in this order, 9 last",
                f"「{name}」のキーが {' '.join(numbers)} です。{' '.join(expected)} の順に並べ、9 は最後にしてください",
                *("nodes", name, "options"),
                node=name,
            )


def _shared(flow: Flow, name: str) -> bool:
    """Tell a node whose options are those of an earlier one (`*name`): what is wrong with them is told there."""
    where = ("nodes", name, "options")
    return flow.document.first(*where) != where


def _survey_keys(flow: Flow) -> Iterator[Finding]:
    """Find keys of the survey that mean something else where it may be asked."""
    for name, node in flow.nodes.items():
        survey = flow.survey(node)
        for key in getattr(node, "options", {}):
            if survey and key in survey.options:
                yield flow.document.finding(
                    f"{name}: key {key} replies to the survey; take another key, or set survey: no here",
                    f"「{name}」の {key} は「お役に立てましたか」の返事です。ほかのボタンか、survey: no に",
                    *("nodes", name, "options", key),
                    node=name,
                )


def _repeated_names(flow: Flow) -> Iterator[Finding]:
    for name, node in flow.nodes.items():
        if not isinstance(node, Menu | Answer) or _shared(flow, name):
            continue
        names = [option.name for option in node.options.values()]
        for key, option in node.options.items():
            if option.name in KEPT:
                yield flow.document.finding(
                    f"{name}: records call something else {option.name!r}; take another name for this option",
                    f"「{name}」の「{option.name}」は、記録の中で別の意味に使う名前です。ほかの名前にしてください",
                    *("nodes", name, "options", key, "name"),
                    node=name,
                )
            if names.count(option.name) > 1 or not _NAME.fullmatch(option.name):
                yield flow.document.finding(
                    f"{name}: the option name {option.name!r} stands twice or is not a plain name",
                    f"「{name}」の選択肢の名前「{option.name}」が重なっているか、正しい名前ではありません",
                    *("nodes", name, "options", key, "name"),
                    node=name,
                )
