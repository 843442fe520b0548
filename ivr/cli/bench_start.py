"""`ivr bench start`: how much time commands take before they answer, and what a turn costs once everything is there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from ivr import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr.settings import Settings

CALL = ("call", "--keys", "1")
COMMANDS = {
    "ivr --help": ("--help",),
    "ivr hours": ("hours",),
    "ivr check": ("check",),
    "ivr call --keys 1": CALL,
}
"""What is started, with the prompts of IVR_DATA; the first call in a folder without prompts comes besides."""
FIRST_CALL, LOADING, TURN = "the same without prompts", "loading and checking a set", "a turn in this process"
TURNS = 100
"""Turns of one round."""


@dataclass
class Spent:
    """What each round took, in seconds: of the processor, and by the clock on the wall."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)


@click.command(context_settings=cli.HELP)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="How often each is started.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def start(*, rounds: int, as_json: bool) -> None:
    """Start commands one after the other, in rounds; print the seconds that each took, in the median, and the range.

    A machine that does other things too makes all of them slower: compare what one run prints.
    """
    settings = cli.settings()
    spent = {name: Spent() for name in (*COMMANDS, FIRST_CALL, LOADING, TURN)}
    for _ in range(rounds):
        for name, arguments in COMMANDS.items():
            _run(spent[name], arguments, os.environ)
        with TemporaryDirectory(prefix="ivr-") as folder:
            _run(spent[FIRST_CALL], CALL, {**os.environ, "IVR_DATA": folder})
        _here(spent, settings)
    if as_json:
        told = {name: {"cpu": median(one.cpu), "wall": median(one.wall)} for name, one in spent.items()}
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    click.echo(f"{'CPU s':>18} {'wall s':>22}   in the median of {rounds} rounds (from, to)")
    for name, one in spent.items():
        click.echo(f"{_told(one.cpu)} {_told(one.wall)}   {name}")


def _run(spent: Spent, arguments: tuple[str, ...], environ: os._Environ[str] | dict[str, str]) -> None:
    """Start a command in a process of its own, and wait for its end; what it finds is its own affair."""
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603  (our own command)
        [sys.executable, "-m", "ivr.cli", *arguments],
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, _, usage = os.wait4(process.pid, 0)
    spent.wall.append(time.perf_counter() - began)
    spent.cpu.append(usage.ru_utime + usage.ru_stime)


def _here(spent: dict[str, Spent], settings: Settings) -> None:
    """Load what callers hear as a publication does, and take turns with it."""
    from ivr.board import Board  # noqa: PLC0415  (what is measured in other processes does without)
    from ivr.check import Lengths, findings  # noqa: PLC0415
    from ivr.cli.service import apart, quiet_settings  # noqa: PLC0415
    from ivr.content import load  # noqa: PLC0415
    from ivr.phone import place  # noqa: PLC0415
    from ivr.phone.caller import Caller  # noqa: PLC0415
    from ivr.phone.items import parse  # noqa: PLC0415
    from ivr.speech.store import AudioLibrary  # noqa: PLC0415

    with _measured(spent[LOADING]):
        content = load(settings.root, settings)
        tuple(findings(content, Lengths(AudioLibrary(settings.data)), place.moment("2026-11-25T10:00"), Board()))
    with apart(quiet_settings()) as (service, _):
        given = place.Circumstances(place.moment("2026-11-25T10:00"), place.CALLER)
        with _measured(spent[TURN], TURNS):
            for number in range(TURNS // 2):  # the opening, and the answer to one key
                Caller(place.dial(service, given, Random(number))).play(parse("1"))  # noqa: S311  (ids of test calls)


@contextmanager
def _measured(spent: Spent, times: int = 1) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    spent.wall.append((time.perf_counter() - wall) / times)
    spent.cpu.append((time.process_time() - cpu) / times)


def _told(seconds: list[float]) -> str:
    return f"{median(seconds):8.3f} ({min(seconds):.3f}, {max(seconds):.3f})"
