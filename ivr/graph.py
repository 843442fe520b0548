"""The flow as a picture: a tree from the opening, each node once, edges to nodes drawn elsewhere in thin lines. Pure.

A node shows its title and, small below it, its id. An SVG carries no style of its own: colours are attributes, so that
a page with a strict content security policy can show it, and a page may colour and light nodes by their `data-node`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from ivr import titles
from ivr.flow import Answer, Farewell, Menu, Office, Transfer
from ivr.keys import PERSON

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ivr.flow import Flow, Node
    from ivr.titles import Titles

COLUMN, ROW, WIDTH, HEIGHT, MARGIN = 248, 42, 196, 34, 12
TITLE, ID, EDGE = 11, 8.5, 9
"""Sizes of letters."""
_COLOURS: dict[type[Node], str] = {
    Menu: "#dbe9f6",
    Answer: "#e3f1df",
    Transfer: "#fbe5c8",
    Office: "#f1e4f4",
    Farewell: "#e6e6e6",
}
_ID_SHOWN, _ID_BESIDE_A_NOTE = 32, 24


@dataclass
class Tree:
    """Where each node stands: its column and row; `parents` tell which edge first leads to it."""

    places: dict[str, tuple[int, float]] = field(default_factory=dict)
    parents: dict[str, tuple[str, str]] = field(default_factory=dict)
    rows: int = 0

    @property
    def columns(self) -> int:
        """Count the columns."""
        return 1 + max((column for column, _ in self.places.values()), default=0)


def edges(flow: Flow, name: str) -> Iterator[tuple[str, str]]:
    """List where a node leads, but for key 0 and giving up, which every node shares."""
    for edge, target in flow.edges(name):
        if edge not in (PERSON, "give_up"):
            yield edge, target


def tree(flow: Flow) -> Tree:
    """Lay the flow out: breadth first decides the parents, depth first the rows."""
    starts = list(dict.fromkeys((flow.top.start, flow.top.person, flow.top.limit)))
    made = Tree()
    waiting, known = list(starts), set(starts)
    while waiting:
        name = waiting.pop(0)
        for edge, target in (*edges(flow, name), *flow.automatic(name)):
            if target not in known:
                known.add(target)
                made.parents[target] = (name, edge)
                waiting.append(target)
    children: dict[str, list[str]] = {}
    for target, (name, _) in made.parents.items():
        children.setdefault(name, []).append(target)
    for start in starts:
        _place(made, children, start, 0)
    return made


def svg(
    flow: Flow,
    classes: Mapping[str, str] | None = None,
    *,
    shades: Mapping[str, str] | None = None,
    notes: Mapping[str, str] | None = None,
) -> str:
    """Draw the flow as one SVG; each node is a group with `data-node`, its kind and `classes` as CSS classes.

    `shades` are colours instead of those of the kinds, `notes` a few characters at the right end of a node.
    """
    laid = tree(flow)
    width, height = laid.columns * COLUMN + MARGIN, laid.rows * ROW + 2 * MARGIN
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            ' role="img" aria-label="流れの図" font-family="sans-serif" font-size="11">'
        )
    ]
    known = titles.of(flow)
    lines += (_edge(flow, laid, name, edge, target) for name in laid.places for edge, target in edges(flow, name))
    lines += (
        _edge(flow, laid, parent, edge, name)
        for name, (parent, edge) in laid.parents.items()
        if (edge, name) not in edges(flow, parent)
    )
    for name in laid.places:
        node = flow.nodes[name]
        colour = (shades or {}).get(name, _COLOURS[type(node)])
        more, note = (classes or {}).get(name, ""), (notes or {}).get(name, "")
        lines.append(_node(laid, name, node, known, more, colour, note))
    return "\n".join([*lines, "</svg>"])


def mermaid(flow: Flow) -> str:
    """Write the flow as a Mermaid flowchart."""
    shapes: dict[type[Node], tuple[str, str]] = {
        Menu: ("[", "]"),
        Answer: ("(", ")"),
        Transfer: ("[[", "]]"),
        Office: ("{", "}"),
        Farewell: ("([", "])"),
    }
    known = titles.of(flow)
    lines = ["flowchart LR"]
    for name, node in flow.nodes.items():
        left, right = shapes[type(node)]
        title = known.node(name)
        words = f"{_quoted(title)}<br><small>{name}</small>" if title else name
        lines.append(f'  {name}{left}"{words}"{right}')
    for name in flow.nodes:
        for edge, target in flow.edges(name):
            if edge != PERSON:
                lines.append(f'  {name} -->|"{_quoted(titles.edge(flow, name, edge))}"| {target}')
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """Write a text as Mermaid reads it between quotes."""
    return escape(text, quote=False).replace('"', "#quot;")


def _place(made: Tree, children: Mapping[str, list[str]], name: str, column: int) -> float:
    """Place a node beside the middle of its children, and give its row."""
    rows = [_place(made, children, child, column + 1) for child in children.get(name, ())]
    if rows:
        row = (rows[0] + rows[-1]) / 2
    else:
        row = float(made.rows)
        made.rows += 1
    made.places[name] = (column, row)
    return row


def _at(laid: Tree, name: str) -> tuple[float, float]:
    column, row = laid.places[name]
    return MARGIN + column * COLUMN, MARGIN + row * ROW


def _edge(flow: Flow, laid: Tree, name: str, edge: str, target: str) -> str:
    (x1, y1), (x2, y2) = _at(laid, name), _at(laid, target)
    own = laid.parents.get(target) == (name, edge)
    x1, y1, y2 = x1 + WIDTH, y1 + HEIGHT / 2, y2 + HEIGHT / 2
    bend = max(20.0, abs(x2 - x1) / 2)
    look = 'stroke="#555" stroke-width="1.2"' if own else 'stroke="#bbb" stroke-width="0.6" stroke-dasharray="3 3"'
    path = f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
    told = f"<title>{escape(titles.edge(flow, name, edge))}</title>"
    drawn = f'<path class="edge" data-from="{name}" data-to="{target}" d="{path}" fill="none" {look}>{told}</path>'
    if not own:
        return drawn
    at = f'x="{x2 - 4:g}" y="{y2 - 3:g}" text-anchor="end" font-size="{EDGE}" fill="#333"'
    return f"{drawn}<text {at}>{escape(titles.EDGES.get(edge, edge))}</text>"


def _node(laid: Tree, name: str, node: Node, known: Titles, more: str, colour: str, note: str) -> str:
    x, y = _at(laid, name)
    title = known.node(name)
    below = 28 if title else 21
    room = _ID_BESIDE_A_NOTE if note else _ID_SHOWN
    shown = name if len(name) <= room else f"{name[: room - 1]}…"
    classes = f"node {node.kind} {more}".strip()
    at = f'x="{x + WIDTH - 5:g}" y="{y + 28:g}"'
    noted = f'<text {at} text-anchor="end" font-weight="bold" fill="#111">{escape(note)}</text>' if note else ""
    told = titles.named(title, f"{name}, {titles.KINDS[node.kind]}")
    return (
        f'<g id="node-{name}" data-node="{name}" class="{classes}"><title>{escape(told)}</title>'
        f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="4" fill="{colour}"'
        f' stroke="#666" stroke-width="0.8"/>{_title(x, y, title)}'
        f'<text x="{x + 7:g}" y="{y + below:g}" font-size="{ID}" fill="#555">{shown}</text>{noted}</g>'
    )


def _title(x: float, y: float, title: str) -> str:
    """Draw a title, smaller where it would not fit; nothing where a set has none."""
    if not title:
        return ""
    wide = sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in title) * TITLE / 2
    size = TITLE * min(1.0, (WIDTH - 14) / wide)
    return f'<text x="{x + 7:g}" y="{y + 14:g}" font-size="{size:g}" fill="#111">{escape(title)}</text>'
