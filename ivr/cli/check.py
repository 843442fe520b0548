"""`ivr check`: everything that is wrong with flows, facts and prompts, with file and line, all at once."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr import cli

if TYPE_CHECKING:
    from ivr.findings import Finding
    from ivr.settings import Settings


@click.command(context_settings=cli.HELP)
@cli.LANGUAGE
@click.option(
    "--root", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Holds flows/ and prompts/."
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as one JSON list.")
def check(root: Path | None, *, as_json: bool) -> None:
    """Check flows, facts and prompts; exit 1 on an error."""
    from ivr.findings import errors  # noqa: PLC0415

    settings = cli.settings()
    findings = sorted(set(_found(root or settings.root, settings)))
    if as_json:
        click.echo(json.dumps([finding.as_json() for finding in findings], ensure_ascii=False, indent=1))
    else:
        cli.print_findings(findings)
        wrong = len(errors(findings))
        warned = len(findings) - wrong
        cli.tell(f"{wrong} errors, {warned} warnings", f"エラー {wrong} 件、警告 {warned} 件")
    if errors(findings):
        raise SystemExit(1)


def _found(root: Path, settings: Settings) -> list[Finding]:
    from ivr import content  # noqa: PLC0415  (help does not need them)
    from ivr.board import Board  # noqa: PLC0415
    from ivr.check import Lengths, findings, last_resort  # noqa: PLC0415
    from ivr.findings import FindingsError  # noqa: PLC0415
    from ivr.speech.store import AudioLibrary  # noqa: PLC0415
    from ivr.webhooks import TOKYO  # noqa: PLC0415

    try:
        loaded = content.load(root, settings)
    except FindingsError as error:
        return error.findings
    changing = loaded.today_sentences
    cli.tell(f"{changing} sentences depend on the day", f"日によって変わる文: {changing} 件")
    known = Lengths(AudioLibrary(settings.data))
    return [*findings(loaded, known, datetime.now(TOKYO), Board()), *last_resort(loaded)]
