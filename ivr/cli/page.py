"""`ivr facts verify`, `diff` and `renumber`: the tables beside copies of the ward's page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr import cli
from ivr.cli import page_report as report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr.facts import Facts
    from ivr.facts.page import Page, Row
    from ivr.hours import Hours

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True, readable=True)
PAGE = click.argument("page", type=_FILE)
ROOT = click.option(
    "--root", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Holds flows/ and prompts/."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.command(context_settings=cli.HELP)
@cli.LANGUAGE
@PAGE
@_JSON
@ROOT
@click.pass_context
def verify(context: click.Context, page: Path, root: Path | None, *, as_json: bool) -> None:
    """Prove that PAGE still has every line of the tables, and that nothing on it is left unexplained."""
    from ivr.facts import page as pages  # noqa: PLC0415  (help does not need the libraries behind it)

    copy = read_page(page)
    rows = _rows(_root(context, root))
    found = pages.verify(copy, rows)
    findings = sorted(set(report.findings(str(page), copy, found)))
    if _wants_json(context, as_json=as_json):
        proof = report.proof(copy, rows, found) | {"findings": [finding.as_json() for finding in findings]}
        click.echo(json.dumps(proof, ensure_ascii=False, indent=1))
    else:
        for line in report.proof_lines(copy, rows, found):
            click.echo(line)
        cli.print_findings(findings)
    if not found.proved:
        raise SystemExit(1)


@click.command(context_settings=cli.HELP)
@cli.LANGUAGE
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@_JSON
@ROOT
@click.pass_context
def diff(context: click.Context, old: Path, new: Path, root: Path | None, *, as_json: bool) -> None:
    """Name the facts, offers, open places and prompts that the changes from page OLD to page NEW touch.

    Exit 1 if there are any, or a new line that nothing explains. Lines that only moved touch nothing.
    """
    from ivr.content import load  # noqa: PLC0415  (help does not need the libraries behind it)
    from ivr.facts import page as pages  # noqa: PLC0415

    before, after = read_page(old), read_page(new)
    folder = _root(context, root)
    content = load(folder)
    found = pages.compare(before, after, [*pages.rows(content.facts), *_offers(folder, content.hours)])
    heard = report.Heard(content)
    stale = sorted(set(report.stale(str(old), found)))
    if _wants_json(context, as_json=as_json):
        difference = report.difference(before, after, found, heard)
        difference["findings"] = [finding.as_json() for finding in stale]
        click.echo(json.dumps(difference, ensure_ascii=False, indent=1))
    else:
        for line in report.difference_lines(before, after, found, heard):
            click.echo(line)
        cli.print_findings(stale)
    if found.affected:
        raise SystemExit(1)


@click.command(context_settings=cli.HELP)
@cli.LANGUAGE
@PAGE
@ROOT
@click.pass_context
def renumber(context: click.Context, page: Path, root: Path | None) -> None:
    """Write into the tables the new numbers of lines that only moved on PAGE; nothing else is changed."""
    from ivr.facts import FILE  # noqa: PLC0415  (help does not need the libraries behind it)
    from ivr.facts import page as pages  # noqa: PLC0415
    from ivr.hours import FILE as COUNTERS  # noqa: PLC0415

    copy = read_page(page)
    folder = _root(context, root)
    cited = pages.known(_rows(folder))
    moved = pages.align(cited, copy.hashes).moved
    for file in (FILE, COUNTERS):
        text = (folder / file).read_text("utf-8")
        (folder / file).write_text(pages.renumbered(text, cited, moved), "utf-8")
    click.echo(f"{len(moved)} 行の番号を直しました。`ivr facts verify` で確かめてください。", err=True)


def read_page(path: Path) -> Page:
    """Read a copy of the page; a file that is no text in UTF-8 is a bad argument."""
    from ivr.facts.page import Page  # noqa: PLC0415

    try:
        return Page.read(path)
    except (OSError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"{path} cannot be read as text in UTF-8: {error}") from error


def _root(context: click.Context, root: Path | None) -> Path:
    given = root or (context.parent.params.get("root") if context.parent else None)
    return given or cli.settings().root


def _wants_json(context: click.Context, *, as_json: bool) -> bool:
    return as_json or bool(context.parent and context.parent.params.get("as_json"))


def _rows(root: Path) -> list[Row]:
    """Load the tables that rest on the page, without flow and prompts: the page can be watched while those change."""
    from ivr import hours  # noqa: PLC0415
    from ivr.facts import Facts  # noqa: PLC0415
    from ivr.facts.page import rows  # noqa: PLC0415

    facts: Facts = Facts.load(root)
    return [*rows(facts), *_offers(root, hours.load(root, facts))]


def _offers(root: Path, hours: Hours) -> Iterator[Row]:
    """Give, for each procedure and visitor, the lines that the table of counters names for them."""
    from ivr.facts.page import Row  # noqa: PLC0415
    from ivr.hours import FILE  # noqa: PLC0415
    from ivr.yamlfile import read  # noqa: PLC0415

    document = read(root / FILE, root)
    for procedure in hours.procedures.values():
        for who, offers in procedure.offers.items():
            here = ("procedures", procedure.id, "who", who)
            written = document.data["procedures"][procedure.id]["who"][who]
            lines = dict(_below(written))
            for offer in offers.values():
                lines.update(offer.lines)
            name, line = f"{procedure.id}/{who}", document.line(*here)
            if lines:
                yield Row("offer", name, procedure.section, dict(sorted(lines.items())), FILE, line)


def _below(data: object) -> Iterator[tuple[int, str]]:
    """Find every `lines` in a part of the table; a row may name lines that no single counter rests on."""
    if isinstance(data, list):
        for item in data:
            yield from _below(item)
    if isinstance(data, dict):
        for key, value in data.items():
            if key == "lines":
                yield from ((int(number), digest) for number, digest in value.items())
            else:
                yield from _below(value)
