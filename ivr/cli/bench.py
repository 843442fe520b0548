"""`ivr bench`: figures, printed; nothing here passes or fails by a time."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import click

from ivr import cli

if TYPE_CHECKING:
    from ivr.phone.reasons import Told

CALLS = Path("tests/calls")


@click.group(context_settings=cli.HELP)
def bench() -> None:
    """Print figures: how soon callers hear what they need."""


@bench.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True), default=CALLS)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def callers(folder: Path, *, as_json: bool) -> None:
    """Place the calls of a folder; print keys and seconds until each caller heard what they needed."""
    from ivr.cli.call import in_process  # noqa: PLC0415  (help does not need them)
    from ivr.phone import reasons  # noqa: PLC0415

    with in_process() as service:
        told = [reasons.tell(reasons.load(path), service, Random(0)) for path in sorted(folder.glob("*.yaml"))]  # noqa: S311  (ids of test calls)
    if as_json:
        click.echo(json.dumps([_as_json(item) for item in told], ensure_ascii=False, indent=1))
        return
    click.echo(f"{'seconds':>8} {'limit':>6} {'keys':>5}  who and why")
    for item in told:
        seconds = "never" if item.seconds is None else f"{item.seconds:.1f}"
        click.echo(f"{seconds:>8} {item.reason.within:>6.0f} {item.keys:>5}  {item.reason.reason}")
        for problem in item.problems:
            click.echo(f"{'':>22}! {problem}")


def _as_json(told: Told) -> dict[str, object]:
    return {**asdict(told), "reason": told.reason.reason, "within": told.reason.within}
