"""The flow as a picture."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from click.testing import CliRunner

from ivr import flow, graph
from ivr.cli import group
from ivr.titles import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable

SVG = "{http://www.w3.org/2000/svg}"
ROOT = Path(__file__).resolve().parents[2]


def test_every_node_is_drawn_once_inside_the_picture_and_none_on_another() -> None:
    loaded = flow.load(ROOT)
    drawn = ET.fromstring(graph.svg(loaded))  # noqa: S314  (our own)
    groups = drawn.findall(f"{SVG}g")
    assert sorted(group_.get("data-node", "") for group_ in groups) == sorted(loaded.nodes)
    width, height = float(drawn.get("width", "0")), float(drawn.get("height", "0"))
    places = set()
    for each in groups:
        box = each.find(f"{SVG}rect")
        assert box is not None
        x, y = float(box.get("x", "-1")), float(box.get("y", "-1"))
        assert 0 <= x <= width - graph.WIDTH
        assert 0 <= y <= height - graph.HEIGHT
        places.add((x, y))
    assert len(places) == len(groups)


def test_every_edge_of_the_flow_is_drawn() -> None:
    loaded = flow.load(ROOT)
    drawn = set(re.findall(r'data-from="(\w+)" data-to="(\w+)"', graph.svg(loaded)))
    assert {(name, target) for name in loaded.nodes for _, target in graph.edges(loaded, name)} <= drawn


def test_a_page_can_colour_nodes_and_needs_no_style() -> None:
    text = graph.svg(flow.load(ROOT), {"opening": "lit"})
    assert '<g id="node-opening" data-node="opening" class="node menu lit">' in text
    assert "style" not in text


def test_a_node_shows_its_title_and_its_id_smaller_below_and_nothing_leaves_the_box() -> None:
    loaded = flow.load(ROOT)
    for each in ET.fromstring(graph.svg(loaded)).findall(f"{SVG}g"):  # noqa: S314  (our own)
        name = each.get("data-node", "")
        title, id_ = each.findall(f"{SVG}text")
        assert (title.text, id_.text) == (loaded.nodes[name].title, name)
        assert float(title.get("font-size", "0")) > float(id_.get("font-size", "0"))
        assert (each.findtext(f"{SVG}title") or "").startswith(f"{title.text} ({name}, ")
        assert len(title.text or "") * float(title.get("font-size", "0")) <= graph.WIDTH - 14


def test_a_note_has_room_beside_a_long_id() -> None:
    loaded = flow.load(ROOT)
    longest = max(loaded.nodes, key=len)
    plain, noted = (graph.svg(loaded, notes=notes) for notes in ({}, {longest: "100 (50)"}))
    assert f">{longest}</text></g>" in plain
    assert f">{longest[:23]}…</text>" in noted
    assert ">100 (50)</text></g>" in noted


def test_edges_tell_what_they_mean() -> None:
    drawn = graph.svg(flow.load(ROOT))
    told = dict(re.findall(r'data-from="(\w+ ?)" data-to="lost"[^>]*><title>([^<]*)</title>', drawn))
    assert told == {"opening": "1 カードをなくした", "contact": "3 カードを止める電話"}
    assert '<title>話し中 (busy)</title></path><text x="' in drawn


def test_the_longest_title_fits_and_a_set_without_titles_shows_ids(
    small_helpline: Callable[[Path], Path], tmp_path: Path
) -> None:
    root = small_helpline(tmp_path / "root")
    file = root / flow.FILE
    text = file.read_text("utf-8")
    file.write_text(
        text.replace("title: 費用\n", f"title: {'題' * LONGEST}\n").replace("title: 持ち物\n", 'title: a"<持\n'),
        "utf-8",
    )
    drawn = re.search(rf'<text [^>]*font-size="([\d.]+)"[^>]*>{"題" * LONGEST}<', graph.svg(flow.load(root)))
    assert drawn
    assert float(drawn[1]) * LONGEST <= graph.WIDTH - 14
    assert '  papers("a#quot;&lt;持<br><small>papers</small>")' in graph.mermaid(flow.load(root)).splitlines()
    assert "a&quot;&lt;持" in graph.svg(flow.load(root))
    file.write_text(re.sub(r"    title: .*\n|title: [^,]*, ", "", text), "utf-8")
    groups = ET.fromstring(graph.svg(flow.load(root))).findall(f"{SVG}g")  # noqa: S314  (our own)
    assert {each.get("data-node"): [one.text for one in each.findall(f"{SVG}text")] for each in groups} == {
        name: [name] for name in flow.load(root).nodes
    }
    assert '  cost("cost")' in graph.mermaid(flow.load(root)).splitlines()


def test_command_draws_both_kinds() -> None:
    svg = CliRunner().invoke(group, ["graph"])
    mermaid = CliRunner().invoke(group, ["graph", "--format", "mermaid"])
    assert (svg.exit_code, svg.output.startswith("<svg")) == (0, True)
    lines = mermaid.output.splitlines()
    assert [line for line in lines if re.match(r"  lost(?:[^_]|_\w+[^\w ])", line)] == [
        '  lost("紛失・止める番号<br><small>lost</small>")',
        '  lost_menu["止めたあとの手続き<br><small>lost_menu</small>"]',
        '  lost_notes("紛失・ご注意<br><small>lost_notes</small>")',
        '  lost -->|"1 今つなぐ"| suspension_line',
        '  lost -->|"2 止めたあとの手続き"| lost_menu',
        '  lost -->|"選ばれず (give_up)"| nobody_chose',
    ]
    assert '  person -->|"時間外 (closed)"| person_closed' in lines
    assert CliRunner().invoke(group, ["graph", "--format", "png"]).exit_code == 2
