"""`ivr work`: the background process, beside the web server or on its own."""

from __future__ import annotations

import contextlib
import sys
import time
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from ivr import cli

if TYPE_CHECKING:
    from ivr.records.retention import Periods
    from ivr.records.store import Store
    from ivr.settings import Settings
    from ivr.work import Mover

TOKYO = ZoneInfo("Asia/Tokyo")
PUBLISH = (sys.executable, "-m", "ivr.cli", "flows", "publish", "--watched")


@click.command(context_settings=cli.HELP)
@cli.LANGUAGE
@click.option("--once", is_flag=True, help="Move the records that are there, then end; 1 if some could not be moved.")
def work(*, once: bool) -> None:
    """Run the background process until stopped.

    It brings the records of calls into the store and counts them, publishes flows and prompts when they change, clears
    away old sets, and forgets every night what is older than the settings say.
    """
    from ivr.cli.records import open_store  # noqa: PLC0415  (the database library takes a while)
    from ivr.work import Mover  # noqa: PLC0415

    settings = cli.settings()
    cli.log_as_service(settings)
    with open_store(settings) as store, contextlib.closing(Mover(settings.data / "spool", store)) as mover:
        if not once:
            _run(settings, store, mover)
            return
        try:
            moved = mover.move()
        except OSError as error:
            raise click.ClickException(f"not everything could be moved: {error}") from error
        click.echo(f"{moved} events moved into {store.name}", err=True)


def _run(settings: Settings, store: Store, mover: Mover) -> None:
    from ivr.records.retention import purge  # noqa: PLC0415
    from ivr.sets.known import KnownFlows  # noqa: PLC0415
    from ivr.sets.noted import Noting  # noqa: PLC0415
    from ivr.work import Clearing, Counting, Daily, RootWatch, run  # noqa: PLC0415

    def leads() -> bool:
        return mover.leads

    def now() -> datetime:
        return datetime.now(TOKYO)

    def ready() -> bool:
        return mover.ready

    clearing = Clearing(settings.data, store, leads, now, time.monotonic)
    counting = Counting(store, ready, now, KnownFlows(settings))
    noting = Noting(settings, store, ready, now(), cli.who())
    daily = Daily(store, {"purge": lambda: purge(store, periods(settings), now()).in_words}, ready, now)
    with contextlib.closing(RootWatch(settings.root, PUBLISH, leads, time.monotonic)) as watch:
        run([mover.move, watch.look, noting.note, clearing.clear, counting.count, daily.run])


def periods(settings: Settings) -> Periods:
    """Give how long the settings let records be kept."""
    from ivr.records.retention import Periods  # noqa: PLC0415

    return Periods(settings.keep_callers, settings.keep_calls, settings.keep_tests, settings.keep_audit)
