"""Titles: every node and option has one, no two places the same, and each word that records keep has its own."""

from __future__ import annotations

import ast
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest
from click.testing import CliRunner

from ivr import content, flow, titles
from ivr.call import Dialled, Key, Silence, Start
from ivr.chosen import Chosen, Ended
from ivr.cli import group
from ivr.keys import COMMON_KEYS
from ivr.records.summary import NO_SUBJECT, OUTCOMES
from ivr.records.switches import Kind
from ivr.records.users import ROLES
from ivr.simulator import OUTCOMES as SIMULATED
from ivr.titles import Titles
from ivr.twilio import CALL_STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Caller

    from ivr.findings import Finding

FLOW = "flows/helpline.yaml"
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def helpline(tmp_path: Path, small_helpline: Callable[[Path], Path]) -> Path:
    """Write the small helpline, whose titles are in order."""
    return small_helpline(tmp_path / "root")


def checked(root: Path, old: str, new: str) -> list[Finding]:
    """Change a text of the flow that stands there once, and give what is found."""
    text = (root / FLOW).read_text("utf-8")
    assert text.count(old) == 1, text.count(old)
    (root / FLOW).write_text(text.replace(old, new), "utf-8")
    return list(titles.findings(flow.load(root)))


def line_of(root: Path, text: str, count: int = 1) -> int:
    """Give the number of the line that holds a text for the so-manieth time."""
    lines = (root / FLOW).read_text("utf-8").splitlines()
    return [number for number, line in enumerate(lines, 1) if text in line][count - 1]


def test_the_shipped_and_the_small_flow_have_titles_for_everything(helpline: Path) -> None:
    for root in (REPOSITORY, helpline):
        loaded = flow.load(root)
        assert list(titles.findings(loaded)) == []
        given = titles.of(loaded)
        assert set(given.nodes) == set(loaded.nodes)
        assert set(given.options) == {
            (name, option.name)
            for name, node in loaded.nodes.items()
            for option in getattr(node, "options", {}).values()
        }
        assert all(map(given.subject, [option.name for option in loaded.nodes[loaded.top.start].options.values()]))  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("old", "new", "at", "text", "text_ja"),
    [
        pytest.param(
            "    title: 費用\n", "", "  cost:",
            "node cost has no title: write a short Japanese one, such as title: 窓口と時間",
            "ノード「cost」に title がありません。短い日本語で書いてください(例: title: 窓口と時間)",
            id="a node without one",
        ),
        pytest.param(
            "title: 費用\n", 'title: " "\n', 'title: " "',
            "node cost has no title: write a short Japanese one, such as title: 窓口と時間",
            "ノード「cost」に title がありません。短い日本語で書いてください(例: title: 窓口と時間)",
            id="a blank one",
        ),
        pytest.param(
            "title: なくした, ", "", "{name: lost,",
            "option lost of node opening has no title: write a short Japanese one, such as title: 窓口と時間",
            "ノード「opening」の選択肢「lost」に title がありません。短い日本語で書いてください(例: title: 窓口と時間)",
            id="an option without one",
        ),
        pytest.param(
            "title: 費用\n", "title: とても長い題なので、表にも図にも入りません\n", "title: とても",
            "the title of node cost has 21 characters, at most 20 are allowed: "
            "とても長い題なので、表にも図にも入りません",
            "ノード「cost」の title は 21 文字です。20 文字までです: とても長い題なので、表にも図にも入りません",
            id="too long",
        ),
        pytest.param(
            "title: 費用は, ", "title: とても長い題なので、表にも図にも入りません, ", "title: とても",
            "the title of option cost of node papers has 21 characters, at most 20 are allowed: "
            "とても長い題なので、表にも図にも入りません",
            "ノード「papers」の選択肢「cost」の title は 21 文字です。20 文字までです: "
            "とても長い題なので、表にも図にも入りません",
            id="an option's too long",
        ),
        pytest.param(
            "title: 費用\n", "title: cost\n", "title: cost",
            "the title of node cost must be Japanese, on one line: 'cost'",
            "ノード「cost」の title は、日本語で、一行に書いてください: 'cost'",
            id="not Japanese",
        ),
        pytest.param(
            "title: 費用\n", 'title: "費用\\nは"\n', 'title: "費用',
            r"the title of node cost must be Japanese, on one line: '費用\nは'",
            r"ノード「cost」の title は、日本語で、一行に書いてください: '費用\nは'",
            id="two lines",
        ),
        pytest.param(
            "title: 費用\n", "title: 持ち 物\n", "title: 持ち 物",
            "node cost is called '持ち 物' as node papers on line 40: nobody could tell them apart",
            "ノード「cost」の title「持ち 物」は、40 行目のノード「papers」と同じです。区別できる題にしてください",
            id="two nodes of one title",
        ),
        pytest.param(
            "title: 持ち物は, ", "title: なくした, ", "{name: papers,",
            "two options of node opening are called 'なくした': keys 1 and 2",
            "ノード「opening」の 1 と 2 の title が、どちらも「なくした」です。区別できる題にしてください",
            id="two options of one title",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_title_is_found_once_where_it_stands(
    helpline: Path, old: str, new: str, at: str, text: str, text_ja: str
) -> None:
    (found,) = checked(helpline, old, new)
    assert (found.file, found.line, found.level) == (FLOW, line_of(helpline, at), "error")
    assert (found.text, found.text_ja) == (text, text_ja)


def test_an_option_that_several_nodes_share_is_found_once(helpline: Path) -> None:
    shared = "    options: &more\n      1: {name: cost, says: offer_cost, goto: cost}\n"
    text = (helpline / FLOW).read_text("utf-8")
    text = text.replace("    says: [lost_number]\n", f"    says: [lost_number]\n{shared}")
    old = text[text.index("    options:\n      1: {name: cost") : text.index("  cost:\n")]
    (helpline / FLOW).write_text(text.replace(old, "    options: *more\n"), "utf-8")
    (found,) = titles.findings(flow.load(helpline))
    assert (found.line, found.node) == (line_of(helpline, "{name: cost"), "lost")


def test_the_command_finds_a_missing_title_and_a_flow_without_any_still_loads(helpline: Path, tmp_path: Path) -> None:
    text = (helpline / FLOW).read_text("utf-8")
    (helpline / FLOW).write_text(text.replace("    title: 費用\n", ""), "utf-8")
    made = CliRunner(mix_stderr=False).invoke(
        group, ["check", "--root", str(helpline), "--json"], env={"IVR_DATA": str(tmp_path / "d")}
    )
    assert made.exit_code == 1
    found = [each for each in json.loads(made.stdout) if "title" in each["text"]]
    line = line_of(helpline, "  cost:")
    assert [(each["file"], each["line"], each["level"], each["node"]) for each in found] == [
        (FLOW, line, "error", "cost")
    ]
    assert content.load(helpline).flow.nodes["cost"].title == ""


def test_titles_of_a_version_stand_over_those_of_today() -> None:
    then = Titles({"a": "甲"}, {("a", "x"): "一"}, {"phone": "窓口"}, {"x": "一"})
    today = Titles(
        {"a": "乙", "b": "丙"}, {("a", "x"): "二", ("b", "y"): "三"}, {"phone": "係"}, {"x": "二", "y": "三"}
    )
    both = then.over(today)
    assert [both.node(name) for name in ("a", "b", "c")] == ["甲", "丙", ""]
    assert [both.option(*place) for place in (("a", "x"), ("b", "y"), ("b", "z"))] == ["一", "三", ""]
    assert [both.dialled(name) for name in ("phone", "office", "other")] == ["窓口", "係の者", ""]
    assert [both.subject(name) for name in ("x", "y", "none", "z")] == ["一", "三", "何も選ばなかった", ""]


def test_a_call_that_lost_its_position_is_not_a_lost_card() -> None:
    given = titles.of(flow.load(REPOSITORY))
    assert given.option("", "position_lost") == "位置が読めず、はじめから"
    assert given.option("", "lost") == ""
    assert given.option("opening", "lost") == "カードをなくした"
    assert Titles().option("opening", "lost") == ""
    assert given.option("suspension_line", "busy") == "話し中"


# ---- every word that occurs has a title ------------------------------------------------------------------------------


def test_every_word_that_records_keep_has_a_title() -> None:
    assert set(titles.CHOICES) == {*Chosen, *Ended}
    assert set(COMMON_KEYS.values()) <= set(titles.CHOICES)
    assert set(titles.DIALLED) == set(Ended) >= set(flow.OUTCOMES)
    assert {*flow.OUTCOMES.values(), "other", "give_up"} <= set(titles.EDGES)
    assert set(SIMULATED) <= set(titles.DIALLED)
    assert set(titles.STATUSES) == CALL_STATUSES
    assert set(titles.OUTCOMES) == set(OUTCOMES)
    assert set(titles.ROLES) == set(ROLES)
    assert {NO_SUBJECT, "person"} == set(titles.SUBJECTS)
    assert set(titles.WHO) == set(get_args(flow.Who))


def test_every_change_that_the_log_of_changes_keeps_has_a_title() -> None:
    found = {f"board {kind}" for kind in get_args(Kind)}
    for file in (REPOSITORY / "ivr").rglob("*.py"):
        constants = [each for each in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(each, ast.Constant)]
        words = {each.value for each in constants if isinstance(each.value, str)}
        found |= {word for word in words if re.fullmatch(r"(?:flows|records|user) [a-z-]+|settings|sign-in", word)}
    assert found == set(titles.CHANGES)


def test_every_kind_of_node_and_edge_has_a_title() -> None:
    kinds = {get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(get_args(flow.Node)[0])}
    assert set(titles.KINDS) == kinds
    loaded = flow.load(REPOSITORY)
    edges = {edge for name in loaded.nodes for edge, _ in loaded.edges(name)}
    assert {edge for edge in edges if len(edge) > 1} == set(titles.EDGES) - {"answered", "talked", "gone", "unknown"}


@pytest.mark.parametrize("status", [*flow.OUTCOMES, "something-new"])
@pytest.mark.parametrize("gone", [False, True])
def test_whatever_a_transfer_comes_back_with_has_a_title(caller: Caller, status: str, *, gone: bool) -> None:
    for key in ("1", "1"):
        caller.hears(Key(key))
    assert caller.hears(Dialled(status, gone=gone)).chosen in titles.CHOICES


def test_whatever_a_caller_does_has_a_title(caller: Caller, surveyed: Caller) -> None:
    wrong = [caller.hears(heard).chosen for heard in [*map(Key, "#*0"), Start(), *[Key("77")] * 4]]
    silent = [surveyed.hears(heard).chosen for heard in [Key("2"), Silence(), *map(Key, "56"), *[Silence()] * 4]][1:]
    anew = caller.hears(Start(lost=True)).chosen
    caller.now += timedelta(hours=1)
    late = caller.hears(Key("1")).chosen
    assert {*wrong, *silent, anew, late} == set(titles.CHOICES) - set(titles.DIALLED) - {Chosen.UNFIT}
