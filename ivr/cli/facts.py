"""`ivr facts`: every fact that callers hear, where it comes from, when it was checked, and which nodes speak it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ivr import cli
from ivr.cli.columns import columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ivr.facts import Facts

_HEAD = ("名前", "確かめた日", "出どころ", "話す所", "言葉")


@click.command(context_settings=cli.HELP)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
@click.option(
    "--root", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Holds flows/ and prompts/."
)
def facts(root: Path | None, *, as_json: bool) -> None:
    """List every fact with its value, its lines of the ward's page and the date it was checked."""
    from ivr.content import load  # noqa: PLC0415  (help does not need the libraries behind it)

    content = load(root or cli.settings().root)
    found = list(rows(content.facts, content.speakers()))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for line in (*columns([_HEAD, *map(_cells, found)]), "", *_unsettled(content.facts)):
        click.echo(line)


def rows(table: Facts, spoken: Mapping[str, Sequence[Mapping[str, str]]]) -> Iterator[dict[str, Any]]:
    """Give each fact as JSON. `spoken` maps a fact's id to the nodes that speak it, each as `{"node", "keys"}`."""
    from ivr.facts import as_json  # noqa: PLC0415

    for fact in table:
        yield {**as_json(fact, table), "nodes": [dict(each) for each in spoken.get(fact.id, ())]}


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    lines = "、".join(map(str, row["lines"]))
    place = f"第{row['section']}節 {lines}行" if row["section"] else row["source"] or "-"
    nodes = "、".join(f"{each['node']} ({each['keys']})" for each in row["nodes"])
    return row["id"], row["checked"], place, nodes or "-", row["text"]


def _unsettled(table: Facts) -> Iterator[str]:
    yield "ページが書いていないこと、食いちがっていること:"
    for place in table.unsettled:
        lines = "、".join(map(str, sorted(place.lines)))
        yield f"  {place.id}(第{place.section}節 {lines}行): {place.ja}"
