"""`ivr facts`: every fact that callers hear, where it comes from, when it was checked, and which nodes speak it."""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from ivr import cli
from ivr.cli.columns import columns
from ivr.cli.page import PAGE, ROOT, diff, read_page, renumber, verify
from ivr.cli.page_report import nodes, section_name, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ivr.facts import Facts


@click.group(invoke_without_command=True, context_settings=cli.HELP)
@cli.LANGUAGE
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
@ROOT
@click.pass_context
def facts(context: click.Context, root: Path | None, *, as_json: bool) -> None:
    """List every fact with its value, its lines of the ward's page and the date it was checked.

    With one of the commands below: hold the tables against a copy of the page.
    """
    if context.invoked_subcommand:
        return
    from ivr.content import load  # noqa: PLC0415  (help does not need the libraries behind it)

    content = load(root or cli.settings().root)
    found = list(rows(content.facts, content.speakers()))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for line in (*_table(found), "", *_unsettled(content.facts, content.askers())):
        click.echo(line)


@facts.command(context_settings=cli.HELP)
@PAGE
@click.argument("numbers", nargs=-1, metavar="[LINE]...")
def lines(page: Path, numbers: tuple[str, ...]) -> None:
    """Print lines of a page with their hashes, ready for the tables. LINE is a number or a span like 43-47."""
    copy = read_page(page)
    wanted = [number for written in numbers for number in _span(written, len(copy.lines))] or list(copy.hashes)
    for line in columns([(f"{number}: {copy.hashes.get(number, '-')}", copy.text(number)) for number in wanted]):
        click.echo(line)
    if numbers:
        click.echo("lines: {" + ", ".join(f"{n}: {copy.hashes[n]}" for n in wanted if n in copy.hashes) + "}")


for command in (verify, diff, renumber):
    facts.add_command(command)


def _span(written: str, last: int) -> range:
    match = re.fullmatch(r"([0-9]{1,9})(?:-([0-9]{1,9}))?", written)
    first, end = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= end <= last:
        raise click.BadParameter(
            f"{written!r} is not a line, or a span like 43-47, from 1 to {last}", param_hint="LINE"
        )
    return range(first, end + 1)


def rows(table: Facts, spoken: Mapping[str, Sequence[Mapping[str, str]]]) -> Iterator[dict[str, Any]]:
    """Give each fact as JSON. `spoken` maps a fact's id to where it is heard: `node`, `title`, `keys`, `prompt`."""
    from ivr.facts import as_json  # noqa: PLC0415

    for fact in table:
        yield {**as_json(fact, table), "nodes": [dict(each) for each in spoken.get(fact.id, ())]}


def _table(found: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for section, of_section in groupby(found, lambda row: row["section"] or ""):
        yield f"■ {section_name(section)}"
        for row in of_section:
            start = f"({row['from']}から)" if row["from"] else ""
            yield f"{row['id']}  {row['text']}{start}"
            where = "、".join(map(str, row["lines"])) + "行" if row["lines"] else row["source"] or "-"
            yield from wrapped(f"{where}。確かめた日 {row['checked']}。", "    ")
            yield from wrapped(f"話す所 {nodes(row['nodes'])}" if row["nodes"] else _unspoken(row["quiet"]), "    ")


def _unspoken(quiet: str | None) -> str:
    return f"話さない: {quiet}" if quiet else "話す所なし"


def _unsettled(table: Facts, asked: Mapping[str, Sequence[Mapping[str, str]]]) -> Iterator[str]:
    yield "ページが書いていないこと、食いちがっていること:"
    for place in table.unsettled:
        numbers = "、".join(map(str, sorted(place.lines)))
        yield f"  {place.id}({section_name(place.section)} {numbers}行): {place.ja}"
        entries = asked.get(place.id, ())
        yield from wrapped(f"話す所 {nodes(entries)}" if entries else _unspoken(place.quiet), "    ")
