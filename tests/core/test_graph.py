"""The flow as a picture."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from click.testing import CliRunner

from ivr import flow, graph
from ivr.cli import group

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


def test_command_draws_both_kinds() -> None:
    svg = CliRunner().invoke(group, ["graph"])
    mermaid = CliRunner().invoke(group, ["graph", "--format", "mermaid"])
    assert (svg.exit_code, svg.output.startswith("<svg")) == (0, True)
    assert '  opening -->|"1"| lost' in mermaid.output.splitlines()
    assert CliRunner().invoke(group, ["graph", "--format", "png"]).exit_code == 2
