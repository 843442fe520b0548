"""`ivr bench`: figures, printed; nothing here passes or fails by a time."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from random import Random
from statistics import median
from typing import TYPE_CHECKING

import click

from ivr import cli
from ivr.cli.bench_records import records
from ivr.cli.bench_reports import reports
from ivr.cli.bench_start import start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr.phone.reasons import Told

CALLS = Path("tests/calls")


@click.group(context_settings=cli.HELP)
def bench() -> None:
    """Print figures: how soon callers hear what they need and commands start, what it costs to record and to report."""


bench.add_command(records)
bench.add_command(reports)
bench.add_command(start)


@bench.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True), default=CALLS)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def callers(folder: Path, *, as_json: bool) -> None:
    """Place the calls of a folder; print keys and seconds until each caller heard what they needed."""
    from ivr.cli.service import in_process  # noqa: PLC0415  (help does not need them)
    from ivr.phone import reasons  # noqa: PLC0415

    with in_process() as service:
        told = [reasons.tell(reasons.load(path), service, Random(0)) for path in sorted(folder.glob("*.yaml"))]  # noqa: S311  (ids of test calls)
    if as_json:
        click.echo(json.dumps([_as_json(item) for item in told], ensure_ascii=False, indent=1))
        return
    click.echo(f"{'begins':>8} {'helps':>8} {'limit':>6} {'keys':>5}  who and why (* one of the most common reasons)")
    for item in sorted(told, key=lambda item: not item.reason.common):
        star = "*" if item.reason.common else " "
        times = f"{_seconds(item.begins):>8} {_seconds(item.seconds):>8} {item.reason.within:>6.0f}"
        click.echo(f"{times} {item.keys:>5} {star}{item.reason.reason}")
        for problem in item.problems:
            click.echo(f"{'':>31}! {problem}")
    _summary(told)


def _summary(told: Sequence[Told]) -> None:
    from ivr.phone import reasons  # noqa: PLC0415

    common = [item for item in told if item.reason.common and item.begins is not None and item.seconds is not None]
    if not common:
        return
    begins, helps = [item.begins or 0.0 for item in common], [item.seconds or 0.0 for item in common]
    click.echo(
        f"the {len(common)} most common reasons: the answer begins after {median(begins):.1f} s in the median "
        f"(at most {reasons.COMMON_BEGINS:g}); what lets people act was heard after {median(helps):.1f} s in the "
        f"median, {max(helps):.1f} s at the latest (at most {reasons.COMMON_HELPS:g})"
    )
    for problem in reasons.too_slow(told):
        click.echo(f"! {problem}")


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f}"


def _as_json(told: Told) -> dict[str, object]:
    return {**asdict(told), "reason": told.reason.reason, "within": told.reason.within}
