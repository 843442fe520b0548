"""`ivr walk`: every key at every place, through the real webhooks, and what is wrong with what callers then hear."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr import cli

if TYPE_CHECKING:
    from ivr.content import Content
    from ivr.phone.walk.moments import Moments
    from ivr.phone.walk.report import Report
    from ivr.settings import Settings

SECONDS_A_MOMENT = 150
"""What one moment in full took on one core of an ordinary machine: for the estimate only."""


@click.command(context_settings=cli.HELP)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a report to look at and listen to."
)
@click.option("--at", "times", multiple=True, metavar="TIME", help="Walk at this moment; may be given several times.")
@click.option("--language", default="ja", show_default=True, help="Language to walk in.")
@click.option("--from-node", "node", default="", metavar="NODE", help="Begin at a node and keep below it.")
@click.option("--full", is_flag=True, help="Every key at every moment at which anything sounds different.")
@click.option("--jobs", type=click.IntRange(1, 64), default=None, help="Processes. Default: one a core.")
@click.option("--compare", metavar="GITREF", help="List what callers hear differently since that version.")
def walk(  # noqa: PLR0913  (one parameter an option)
    *,
    as_json: bool,
    html: Path | None,
    times: tuple[str, ...],
    language: str,
    node: str,
    full: bool,
    jobs: int | None,
    compare: str | None,
) -> None:
    r"""Press every key at every place of the helpline.

    \b
    Exit code 0: nothing wrong; 1: an error was found; 2: bad arguments.
    """
    from ivr.cli.service import quiet_settings  # noqa: PLC0415  (help does not need them)
    from ivr.findings import errors  # noqa: PLC0415

    settings = quiet_settings()
    workers = jobs or os.cpu_count() or 1
    if html and not html.parent.is_dir():
        raise click.BadParameter(f"there is no folder {html.parent}", param_hint="--html")
    if compare is not None:
        from ivr.cli.walk_compare import compared  # noqa: PLC0415

        compared(settings, compare, workers, _moments_given(times), as_json=as_json)
        return
    content = _content(settings, language, node)
    moments = _moments(content, times)
    report = _walked(settings, content, moments, workers, node=node, full=full)
    if html:
        from ivr.cli.walk_page import page  # noqa: PLC0415

        html.write_text(page(report, settings), "utf-8")
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=1))
    else:
        cli.print_findings(report.findings)
        click.echo("\n".join(report.summary()))
    if errors(report.findings):
        raise SystemExit(1)


def _walked(settings: Settings, content: Content, moments: Moments, jobs: int, *, node: str, full: bool) -> Report:
    from ivr.cli.walkers import Pool  # noqa: PLC0415
    from ivr.phone.walk import run  # noqa: PLC0415
    from ivr.phone.walk.report import Report  # noqa: PLC0415

    if full:
        minutes = len(moments.answers) * SECONDS_A_MOMENT / jobs / 60
        click.echo(f"{len(moments.answers)} moments in full: about {minutes:.0f} minutes on {jobs} processes", err=True)
    with Pool(settings, jobs) as pool:
        try:
            walked = run.walk(content, run.Order(moments, full=full, node=node), pool, Progress())
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--from-node") from error
    return Report(content, walked, part=bool(node))


class Progress:
    """Lines on standard error: in a terminal one that grows, elsewhere one every ten seconds."""

    def __init__(self) -> None:
        """Begin to count."""
        self._began = self._told = time.monotonic()

    def __call__(self, what: str, done: int, of: int | None) -> None:
        """Tell how far it is."""
        now = time.monotonic()
        if now - self._told < (0.5 if sys.stderr.isatty() else 10):
            return
        self._told = now
        text = f"{now - self._began:4.0f} s  {what}: {done}" + (f" of {of}" if of else "")
        click.echo(f"\r\033[K{text}" if sys.stderr.isatty() else text, err=True, nl=not sys.stderr.isatty())


def _content(settings: Settings, language: str, node: str) -> Content:
    from ivr.content import LANGUAGE, load  # noqa: PLC0415

    if language != LANGUAGE:
        raise click.BadParameter(f"the helpline does not speak {language!r}, only {LANGUAGE}", param_hint="--language")
    content = load(settings.root, settings)
    if node and node not in content.flow.nodes:
        raise click.BadParameter(f"there is no node {node!r}", param_hint="--from-node")
    return content


def _moments_given(times: tuple[str, ...]) -> list[datetime]:
    from ivr.phone import place  # noqa: PLC0415

    try:
        return [place.moment(text) for text in times]
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from error


def _moments(content: Content, times: tuple[str, ...]) -> Moments:
    from ivr.phone.place import TOKYO  # noqa: PLC0415
    from ivr.phone.walk.moments import Moments, classes  # noqa: PLC0415

    given = _moments_given(times)
    if given:
        return Moments(tuple(given), tuple(given))
    return classes(content, datetime.now(TOKYO).replace(second=0, microsecond=0))
