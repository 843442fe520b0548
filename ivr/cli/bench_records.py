"""`ivr bench records`: what it costs to record a turn, by when it is forced to disk, and how fast turns are moved."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from ivr import cli

if TYPE_CHECKING:
    from ivr.records.spool import Spool, Sync

TOKYO = ZoneInfo("Asia/Tokyo")
THREADS = 8
"""As many as a web process has."""


@click.command(context_settings=cli.HELP)
@click.option("--turns", type=click.IntRange(THREADS), default=20_000, show_default=True, help="Turns recorded.")
def records(*, turns: int) -> None:
    """Record turns under IVR_DATA, in a folder gone afterwards, with IVR_RECORD_SYNC as second and as always."""
    from ivr.records.spool import Spool  # noqa: PLC0415  (the database library takes a while)
    from ivr.records.store import Store  # noqa: PLC0415
    from ivr.work import Mover  # noqa: PLC0415

    settings = cli.settings()
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    rates: dict[Sync, float] = {}
    for sync in ("second", "always"):
        with TemporaryDirectory(prefix="bench-", dir=settings.data) as folder:
            spool = Spool(Path(folder) / "spool", sync)
            seconds, each = _recorded(spool, turns)
            rates[sync] = turns / seconds
            late = quantiles(each, n=100)[98]
            click.echo(
                f"IVR_RECORD_SYNC={sync}: {rates[sync]:.0f} turns a second with {THREADS} threads, "
                f"{median(each) * 1000:.2f} ms in the median, {late * 1000:.2f} ms for the slowest hundredth"
            )
            if sync == "second":
                with Store(f"sqlite:///{folder}/store.db") as store:
                    mover = Mover(Path(folder) / "spool", store)
                    began = time.perf_counter()
                    moved = mover.move()
                    click.echo(f"moved into SQLite: {moved / (time.perf_counter() - began):.0f} turns a second")
                    mover.close()
    click.echo(f"always costs {rates['second'] / rates['always']:.1f} times as much as second, on this disk")


def _recorded(spool: Spool, turns: int) -> tuple[float, list[float]]:
    """Record from all threads at once; gives the seconds until all were on disk, and those that each turn waited."""
    from ivr.records.events import Event  # noqa: PLC0415

    now = datetime.now(TOKYO)
    where = {"node": "pin_which", "option": "counter", "flow_version": "0a1b2c3d", "voice_version": "4e5f6a7b8c9d"}

    def record(number: int) -> float:
        event = Event(f"CA{number // 8:032x}", number % 8, "turn", now, test=True, detail={"came_from": "pin"}, **where)
        began = time.perf_counter()
        if not spool.append(event):
            raise click.ClickException("a turn could not be recorded: is the disk of IVR_DATA full?")
        return time.perf_counter() - began

    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as threads:
        each = list(threads.map(record, range(turns)))
    spool.close()
    return time.perf_counter() - began, each
