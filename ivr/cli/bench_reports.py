"""`ivr bench reports`: how long a report takes on a store that holds many calls, of which none was ever made."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from ivr import cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ivr.records.store import Store

TOKYO = ZoneInfo("Asia/Tokyo")
FIRST = datetime(2026, 1, 1, tzinfo=TOKYO)
DAYS = 365
CHUNK = 20_000
MENUS, ANSWERS, PROMPTS = 12, 100, 6
SUBJECTS = ("pin", "lost", "move", "reissue", "certificate", "hours", "other", "none")


@click.command(context_settings=cli.HELP)
@click.option("--calls", type=click.IntRange(1), default=1_000_000, show_default=True, help="Calls of a year.")
def reports(*, calls: int) -> None:
    """Fill a store of its own with a year of calls, four turns each; print how long reports of it take."""
    from ivr.records.counts import Days  # noqa: PLC0415  (the database library takes a while)
    from ivr.records.store import Store  # noqa: PLC0415

    with TemporaryDirectory(prefix="ivr-bench-") as folder, Store(f"sqlite:///{folder}/store.db") as store:
        store.upgrade()
        began = time.perf_counter()
        with click.progressbar(
            _chunks(calls), length=calls, label="filling", file=click.get_text_stream("stderr")
        ) as bar:
            for numbers in bar:
                _fill(store, numbers)
                bar.update(len(numbers) - 1)
        filled = time.perf_counter() - began
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        click.echo(f"{calls} calls, {size / 1e6:.0f} MB, filled in {filled:.0f} s")
        last = FIRST.date() + timedelta(days=DAYS - 1)
        _tell(store, last, "counted one by one")
        began = time.perf_counter()
        while Days(store).add_up(last + timedelta(days=1)):
            pass
        click.echo(f"{DAYS} days added up in {time.perf_counter() - began:.1f} s")
        _tell(store, last, "of days added up")


def _tell(store: Store, last: date, how: str) -> None:
    from ivr.records.report import Period, report  # noqa: PLC0415

    for name, days in (("a day", 1), ("a week", 7), ("a month", 30), ("a year", DAYS)):
        began = time.perf_counter()
        found = report(store, Period(last - timedelta(days=days - 1), last))
        click.echo(f"report of {name}, {how}: {found.total.calls} calls, {time.perf_counter() - began:.2f} s")


def _chunks(calls: int) -> Iterator[range]:
    for first in range(0, calls, CHUNK):
        yield range(first, min(first + CHUNK, calls))


def _fill(store: Store, numbers: range) -> None:
    import sqlalchemy as sa  # noqa: PLC0415

    from ivr.records import tables  # noqa: PLC0415
    from ivr.records.counts import changed  # noqa: PLC0415
    from ivr.records.summary import OUTCOMES  # noqa: PLC0415

    random = Random(numbers.start)  # noqa: S311  (calls that nobody made)
    called, turned = [], []
    for number in numbers:
        at = FIRST + timedelta(seconds=random.randrange(DAYS * 86400))
        call = {"call": f"CA{number:032x}", "test": False}
        versions = {"flow_version": "0a1b2c3d", "voice_version": "4e5f6a7b8c9d"}
        told = {"day": at.date().isoformat(), "hour": at.hour, "subject": random.choice(SUBJECTS)}
        answer = {"answer": "pin_counter", "answer_keys": 2, "answer_seconds": random.randrange(5, 60)}
        ended = {
            "outcome": random.choice(OUTCOMES),
            "left": f"answer_{random.randrange(ANSWERS)}",
            "repeat": random.randrange(10) == 0,
        }
        survey = {"asked": "pin_counter" if number % 10 == 0 else "", "helped": random.choice((True, False, None))}
        called.append(
            {
                **call,
                **versions,
                **told,
                **answer,
                **ended,
                **survey,
                "reached": "pin_papers",
                "midway": False,
                "began": at,
                "summed": True,
            }
        )
        steps = _steps(random)
        turned += [
            {
                **call,
                **versions,
                "turn": turn,
                "kind": "turn" if turn else "answer",
                "at": at + timedelta(seconds=9 * turn),
                "came_from": here,
                "option": option,
                "node": node,
                "cut": random.random() < 0.5,  # noqa: PLR2004
                "reached": f"{here}_{random.randrange(PROMPTS)}" if here else None,
                "midway": random.random() < 0.5,  # noqa: PLR2004
            }
            for turn, (here, option, node) in enumerate(steps)
        ]
    with store.transaction(writes=True) as connection:
        connection.execute(sa.insert(tables.calls), called)
        connection.execute(sa.insert(tables.turns), turned)
        first, last = called[0]["call"], called[-1]["call"]
        connection.execute(changed(store, tables.calls.c.call.between(first, last)))


def _steps(random: Random) -> tuple[tuple[str, str, str], ...]:
    """Make the turns of a call: where a key was pressed, the option, the node that followed."""
    menu, answer = f"menu_{random.randrange(MENUS)}", f"answer_{random.randrange(ANSWERS)}"
    return ("", "answer", "opening"), ("opening", "pin", menu), (menu, "self", answer), (answer, "repeat", answer)
