"""Reading a call flow: what can run is read as it stands, and whatever cannot is found at its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr import flow
from ivr.chosen import KEPT

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Root

    from ivr.findings import Finding

    Refused = Callable[[Callable[[], object]], list[Finding]]

FLOW = "flows/helpline.yaml"
OPTION = "{name: lost, says: offer_lost, goto: lost}"


def test_a_good_flow_is_read_as_it_stands(root: Root) -> None:
    found = flow.load(root.path)
    assert list(found.nodes)[:3] == ["opening", "lost", "line"]
    opening = found.nodes["opening"]
    assert isinstance(opening, flow.Menu)
    assert {key: (option.name, option.says, option.goto) for key, option in opening.options.items()} == {
        "1": ("lost", "offer_lost", "lost"),
        "2": ("papers", "offer_papers", "papers"),
        "3": ("counter", "offer_counter", "counter"),
        "9": ("other", "offer_other", "other"),
    }
    assert (opening.says, opening.then) == (("hello",), ("never_asked",))


def test_each_kind_waits_its_own_time_and_has_its_own_words(root: Root) -> None:
    found = flow.load(root.path)
    menu, answer, own = (found.nodes[name] for name in ("opening", "lost", "papers"))
    assert isinstance(menu, flow.Menu)
    assert isinstance(answer, flow.Answer)
    assert isinstance(own, flow.Answer)
    assert (found.wait(menu), found.wait(answer)) == (6, 10)
    assert [retry.says for retry in found.retries(own).silence] == [("own_once",), ("own_twice",), ("own_thrice",)]
    assert [retry.options for retry in found.retries(menu).silence] == [False, True, False]
    assert (found.retries(menu).give_up, found.retries(answer).give_up) == ("nobody", "bye")


def test_every_edge_is_listed(root: Root) -> None:
    found = flow.load(root.path)
    assert {name: list(found.edges(name)) for name in ("opening", "papers", "line", "person", "bye")} == {
        "opening": [
            ("1", "lost"),
            ("2", "papers"),
            ("3", "counter"),
            ("9", "other"),
            ("0", "person"),
            ("give_up", "nobody"),
        ],
        "papers": [("0", "person"), ("give_up", "nobody")],
        "line": [
            ("completed", "talked"),
            ("busy", "was_busy"),
            ("no_answer", "was_silent"),
            ("failed", "was_broken"),
            ("canceled", "was_taken_back"),
            ("other", "was_strange"),
        ],
        "person": [("open", "office_line"), ("closed", "shut"), ("unset", "nobody_known")],
        "bye": [],
    }


def test_the_shortest_way_to_each_node_is_found(root: Root) -> None:
    found = flow.load(root.path)
    ways = flow.reachable("opening", found.edges)
    assert {name: ways[name] for name in ("opening", "lost", "deep", "was_strange", "shut", "bye")} == {
        "opening": "",
        "lost": "1",
        "deep": "9 1",
        "was_strange": "1 1 other",
        "shut": "0 closed",
        "bye": "1 give_up",
    }


def test_every_prompt_is_listed_with_its_place(root: Root) -> None:
    found = flow.load(root.path)
    places = {(name, found.document.line(*where)) for name, where in found.prompts()}
    assert {
        ("sorry", root.line(FLOW, "apology:")),
        ("keys", root.line(FLOW, "common_keys:")),
        ("silent_twice", root.line(FLOW, "[silent_twice]")),
        ("wrong_thrice", root.line(FLOW, "[wrong_thrice]")),
        ("hello", root.line(FLOW, "[hello]")),
        ("offer_deep", root.line(FLOW, "offer_deep")),
        ("never_asked", root.line(FLOW, "never_asked")),
        ("own_thrice", root.line(FLOW, "own_thrice")),
        ("too_long", root.line(FLOW, "[too_long, bye]")),
    } <= places
    assert "nowhere" not in {name for name, _ in places}


SPOILED = {
    "a kind with a typo": (
        "kind: office\n    open: office_line\n    closed: shut",
        "kind: offise\n    closed: shut",
        "person",
        "kind: offise",
        "offise",
    ),
    "a node without a kind": ("    kind: farewell\n    says: [bye]", "    says: [bye]", "bye", "  bye:", "kind"),
    "an unknown key of a node": ("    says: [deep]", "    sais: [deep]", "deep", "sais: [deep]", "sais"),
    "an unknown key of an option": (OPTION, "{name: lost, say: offer_lost, goto: lost}", "opening", "say: ", "say"),
    "an option without a target": (OPTION, "{name: lost, says: offer_lost}", "opening", "1: {name: lost", "goto"),
    "an option that is a word": (OPTION, "lost", "opening", "1: lost", "options.1"),
    "a missing target": ("goto: deep}", "goto: deeep}", "other", "goto: deeep", "'deeep'"),
    "a missing outcome": ("    other: was_strange\n  talked:", "  talked:", "line", "  line:", "other"),
    "an outcome that leads nowhere": (
        "    canceled: was_taken_back\n    other: was_strange\n  talked:",
        "    canceled: gone\n    other: was_strange\n  talked:",
        "line",
        "canceled: gone",
        "'gone'",
    ),
    "a fork that leads nowhere": ("    closed: shut", "    closed: closed", "person", "closed: closed", "'closed'"),
    "a fork without an edge": ("    unset: nobody_known\n", "", "person", "  person:", "unset"),
    "own retries that lead nowhere": (
        "      give_up: nobody\n  counter:",
        "      give_up: nobdy\n  counter:",
        "papers",
        "give_up: nobdy",
        "'nobdy'",
    ),
    "only two rewordings": (
        "        - says: [own_thrice]\n      wrong:",
        "      wrong:",
        "papers",
        "      silence:",
        "3",
    ),
    "a key for the slow mode": ("      2: {name: papers", "      7: {name: papers", "opening", "7: {name", "'7'"),
    "a key for languages": ("      2: {name: papers", "      8: {name: papers", "opening", "8: {name", "'8'"),
    "the key of a person": ("      2: {name: papers", "      0: {name: papers", "opening", "0: {name", "'0'"),
    "the key of repeat": ("      2: {name: papers", "      '#': {name: papers", "opening", "'#': {name", "'#'"),
    "the key of back": ("      2: {name: papers", "      '*': {name: papers", "opening", "'*': {name", "'*'"),
    "a key that no telephone has": ("      2: {name: papers", "      10: {name: papers", "opening", "10: {", "'10'"),
    "keys with a gap": ("      2: {name: papers", "      4: {name: papers", "opening", "    options:", "1 4 3"),
    "keys in disorder": (
        "      1: {name: deep, says: offer_deep, goto: deep}",
        "      2: {name: deep, says: offer_deep, goto: deep}",
        "other",
        "    options:",
        "expected 1",
    ),
    "a menu without options": (
        "    says: [deep]\n    options:\n      1: {name: other, says: offer_around, goto: other}\n",
        "    says: [deep]\n",
        "deep",
        "  deep:",
        "no options",
    ),
    "an option name twice": ("{name: papers,", "{name: lost,", "opening", "2: {name: lost", "'lost'"),
    "an option name that is none": ("{name: papers,", "{name: 持ち物,", "opening", "2: {name: 持ち物", "持ち物"),
    "an option named by digits": ("{name: papers,", "{name: 1234,", "opening", "2: {name: 1234", "1234"),
    "office that is neither yes nor no": ("    office: true", "    office: maybe", "shut", "office: maybe", "office"),
    "hours for nobody in particular": ("who: self}", "who: anybody}", "counter", "who: anybody", "who"),
    "a farewell without a word": ("    says: [bye]", "    says: []", "bye", "says: []", "says"),
    "a transfer without a word": (
        "    to: office\n    says: [connecting]",
        "    to: office\n    says: []",
        "office_line",
        "says: []",
        "says",
    ),
    "an answer without a word": ("    says: [nobody_known]", "    says: []", "nobody_known", "says: []", "says"),
    "a rewording without a word": ("        - says: [own_twice]", "        - says: []", "papers", "- says: []", "says"),
}


@pytest.mark.parametrize("what", SPOILED)
def test_a_spoiled_node_is_found_at_its_line(what: str, root: Root, refused: Refused) -> None:
    old, new, node, line, word = SPOILED[what]
    root.change(FLOW, old, new)
    findings = [item for item in refused(lambda: flow.load(root.path)) if item.node == node]
    place = root.line(FLOW, line, after=f"  {node}:" if line != f"  {node}:" else "nodes:")
    at = [item for item in findings if item.line == place]
    assert at, [str(item) for item in findings]
    assert {(item.file, item.level) for item in at} == {(FLOW, "error")}
    assert any(word in item.text for item in at), [item.text for item in at]
    assert any(node in item.text_ja or word.strip("'") in item.text_ja for item in at), [item.text_ja for item in at]


TOP = {
    "a start that is nowhere": ("start: opening", "start: openning", "openning"),
    "a person that is nowhere": ("person: person", "person: persona", "persona"),
    "a limit that is nowhere": ("limit: too_long", "limit: long", "'long'"),
    "a limit that does not say goodbye": ("limit: too_long", "limit: opening", "farewell"),
    "a wait too short to think": ("menu_wait: 6", "menu_wait: 2", "menu_wait"),
    "a wait that is a word": ("answer_wait: 10", "answer_wait: long", "answer_wait"),
    "ringing too short": ("dial_timeout: 22", "dial_timeout: 19", "dial_timeout"),
    "ringing too long": ("dial_timeout: 22", "dial_timeout: 26", "dial_timeout"),
    "talk without a limit": ("dial_limit: 3600", "dial_limit: 14401", "dial_limit"),
    "an unknown key": ("apology: sorry", "apologie: sorry", "apologie"),
}


@pytest.mark.parametrize("what", TOP)
def test_a_spoiled_head_is_found_at_its_line(what: str, root: Root, refused: Refused) -> None:
    old, new, word = TOP[what]
    root.change(FLOW, old, new)
    findings = refused(lambda: flow.load(root.path))
    assert (FLOW, root.line(FLOW, new)) in {(item.file, item.line) for item in findings if word in item.text}


@pytest.mark.parametrize("name", ["Deep", "深い", "1deep", "de-ep", "de ep", "_deep", '"deep\\n"', '"de.ep"'])
def test_a_node_has_a_plain_name(name: str, root: Root, refused: Refused) -> None:
    root.change(FLOW, "  deep:\n", f"  {name}:\n")
    findings = refused(lambda: flow.load(root.path))
    assert root.line(FLOW, f"  {name}:") in {item.line for item in findings if item.text.startswith("node name")}


def test_a_node_name_fits_into_the_position_in_the_address(root: Root, refused: Refused) -> None:
    root.change(FLOW, "  deep:\n", f"  {'d' * 65}:\n")
    root.change(FLOW, "goto: deep}", f"goto: {'d' * 65}}}")
    findings = refused(lambda: flow.load(root.path))
    assert [item.line for item in findings] == [root.line(FLOW, f"  {'d' * 65}:")]


def test_nine_stands_last(root: Root, refused: Refused) -> None:
    nine = "      9: {name: around, says: offer_around, goto: opening}\n"
    one = "      1: {name: deep, says: offer_deep, goto: deep}\n"
    root.change(FLOW, one + nine, nine + one)
    (finding,) = refused(lambda: flow.load(root.path))
    assert (finding.node, finding.line) == ("other", root.line(FLOW, "9: {name: around"))


def test_a_node_that_nothing_leads_to_is_found(root: Root, refused: Refused) -> None:
    root.add(FLOW, "  island:\n    kind: answer\n    says: [bye]\n  reef:\n    kind: farewell\n    says: [bye]\n")
    findings = refused(lambda: flow.load(root.path))
    assert [(item.node, item.line) for item in findings] == [
        ("island", root.line(FLOW, "island:")),
        ("reef", root.line(FLOW, "reef:")),
    ]
    assert [item.text for item in findings] == [
        "node island cannot be reached from the opening",
        "node reef cannot be reached from the opening",
    ]


def test_nodes_that_only_lead_to_each_other_are_unreachable(root: Root, refused: Refused) -> None:
    option = "    kind: menu\n    says: [deep]\n    options:\n      1: {name: x, says: offer_deep, goto: "
    root.add(FLOW, f"  left:\n{option}right}}\n  right:\n{option}left}}\n")
    (finding,) = refused(lambda: flow.load(root.path))  # the other one only follows
    assert (finding.node, finding.line) == ("left", root.line(FLOW, "  left:"))


@pytest.mark.parametrize(
    ("old", "new", "ring"),
    [
        ("  give_up: bye\nnodes:", "  give_up: opening\nnodes:", None),
        ("    open: office_line\n    closed: bye", "    open: nobody\n    closed: bye", {"nobody"}),
        ("    closed: shut", "    closed: person", {"person"}),
        ("    closed: bye", "    closed: opening", None),
    ],
    ids=["answers begin anew", "a fork into itself", "an unheard fork for ever", "menus begin anew"],
)
def test_a_ring_without_an_exit_is_found(
    old: str, new: str, ring: set[str] | None, root: Root, refused: Refused
) -> None:
    root.change(FLOW, old, new)
    findings = [item for item in refused(lambda: flow.load(root.path)) if "for ever" in item.text]
    nodes = {item.node for item in findings}
    assert nodes == ring if ring else "opening" in nodes
    assert all(item.line == root.line(FLOW, f"  {item.node}:", after="nodes:") for item in findings)


def test_a_ring_with_an_exit_is_none(root: Root) -> None:
    root.change(
        FLOW,
        "    completed: talked\n    busy: was_busy\n    no_answer: was_silent\n    failed: was_broken\n"
        "    canceled: was_taken_back\n    other: was_strange\n  shut:",
        "    completed: opening\n    busy: was_busy\n    no_answer: was_silent\n    failed: was_broken\n"
        "    canceled: was_taken_back\n    other: was_strange\n  shut:",
    )
    root.change(FLOW, "    open: office_line\n    closed: bye", "    open: bye\n    closed: bye")
    assert flow.load(root.path).nodes["office_line"].kind == "transfer"


def test_keys_repeated_in_the_file_are_found_with_both_lines(root: Root, refused: Refused) -> None:
    root.change(FLOW, "      2: {name: papers", "      1: {name: papers")
    (finding,) = refused(lambda: flow.load(root.path))
    assert (finding.line, finding.text) == (
        root.line(FLOW, "1: {name: papers"),
        f"the key '1' stands twice here; the first is on line {root.line(FLOW, '1: {name: lost')}",
    )


def test_everything_that_is_wrong_is_found_at_once(root: Root, refused: Refused) -> None:
    root.change(FLOW, "kind: office\n    open: office_line\n    closed: shut", "kind: offise\n    closed: shut")
    root.change(FLOW, "    says: [deep]", "    sais: [deep]")
    root.change(FLOW, "goto: papers}", "goto: paper}")
    root.change(FLOW, "limit: too_long", "limit: long")
    places = {(item.node, item.line) for item in refused(lambda: flow.load(root.path))}
    assert {node for node, _ in places} >= {"person", "deep", "opening"}
    assert root.line(FLOW, "limit: long") in {line for _, line in places}


def test_a_wrong_head_does_not_hide_wrong_nodes(root: Root, refused: Refused) -> None:
    root.change(FLOW, "menu_wait: 6", "menu_wait: 99")
    root.change(FLOW, "    says: [deep]", "    sais: [deep]")
    lines = {item.line for item in refused(lambda: flow.load(root.path))}
    assert {root.line(FLOW, "menu_wait"), root.line(FLOW, "sais:")} <= lines


def test_faults_of_shape_do_not_hide_each_other(root: Root, refused: Refused) -> None:
    root.change(FLOW, "      2: {name: papers, says: offer_papers", "      2: {name: lost, says: offer_papers")
    root.change(
        FLOW, "      1: {name: deep, says: offer_deep, goto: deep}", "      3: {name: d, says: bye, goto: deep}"
    )
    root.change(FLOW, "limit: too_long", "limit: opening")
    root.add(FLOW, "  island:\n    kind: farewell\n    says: [bye]\n")
    found = [(item.node, item.line) for item in refused(lambda: flow.load(root.path))]
    assert {node for node, _ in found} == {"opening", "other"}


def test_what_cannot_be_reached_is_told_once_nothing_else_is_wrong(root: Root, refused: Refused) -> None:
    root.change(FLOW, "      1: {name: lost, says: offer_lost, goto: lost}\n", "")
    root.add(FLOW, "  island:\n    kind: farewell\n    says: [bye]\n")
    (gap,) = refused(lambda: flow.load(root.path))
    assert (gap.node, gap.line) == ("opening", root.line(FLOW, "    options:", after="  opening:"))
    root.change(
        FLOW, "      2: {name: papers", "      1: {name: lost, says: offer_lost, goto: lost}\n      2: {name: papers"
    )
    (island,) = refused(lambda: flow.load(root.path))
    assert (island.node, island.line) == ("island", root.line(FLOW, "  island:"))


@pytest.mark.parametrize("nodes", ["nodes: []", "nodes: {}", "nodes: x", "nodes:\n  opening: menu", ""])
def test_a_flow_without_nodes_is_refused(nodes: str, root: Root, refused: Refused) -> None:
    path = root.path / FLOW
    path.write_text(path.read_text("utf-8").partition("nodes:")[0] + nodes, "utf-8")
    assert {item.file for item in refused(lambda: flow.load(root.path))} == {FLOW}


@pytest.mark.parametrize("text", ["- a\n", "words\n", "", "a: 1\n"])
def test_a_file_that_is_no_flow_is_refused(text: str, root: Root, refused: Refused) -> None:
    (root.path / FLOW).write_text(text, "utf-8")
    assert {item.file for item in refused(lambda: flow.load(root.path))} == {FLOW}


def test_a_missing_flow_is_named(root: Root, refused: Refused) -> None:
    (root.path / FLOW).unlink()
    assert [(item.file, item.line) for item in refused(lambda: flow.load(root.path))] == [(FLOW, 0)]


@pytest.mark.parametrize(
    ("status", "node"),
    [
        ("completed", "talked"),
        ("answered", "talked"),
        ("busy", "was_busy"),
        ("no-answer", "was_silent"),
        ("failed", "was_broken"),
        ("canceled", "was_taken_back"),
        ("", "was_strange"),
        ("COMPLETED", "was_strange"),
        ("voicemail", "was_strange"),
    ],
)
def test_every_outcome_of_a_transfer_has_its_node(status: str, node: str, root: Root) -> None:
    line = flow.load(root.path).nodes["line"]
    assert isinstance(line, flow.Transfer)
    assert line.outcome(status) == node


@pytest.mark.parametrize("name", sorted(name for name in KEPT if name.isidentifier()))
def test_an_option_has_no_name_that_records_use_for_something_else(root: Root, refused: Refused, name: str) -> None:
    root.change(FLOW, OPTION, OPTION.replace("name: lost", f"name: {name}"))
    (finding,) = refused(lambda: flow.load(root.path))
    assert f"opening: records call something else '{name}'" in finding.text
    assert f"「opening」の「{name}」は、記録の中で別の意味に使う名前です" in finding.text_ja
    assert finding.line == root.line(FLOW, f"1: {{name: {name},")
