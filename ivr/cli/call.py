"""`ivr call`: one simulated call through the real webhooks, in this process or anywhere."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, TypeVar

import click

from ivr import cli

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr.phone.place import Service
    from ivr.simulator import Call

Value = TypeVar("Value")
OUTCOMES = ("answered", "busy", "no-answer", "failed", "canceled")


@click.command(context_settings=cli.HELP)
@click.option(
    "--keys", help='Items separated by blanks: 1, *, #, 2@4.5, silence, wait:SECONDS, say:WORDS, hangup; "" for none.'
)
@click.option("--at", metavar="TIME", help="Moment of the call, ISO 8601; without an offset Asia/Tokyo. Default: now.")
@click.option("--from", "caller", metavar="CALLER", help="E.164, anonymous, sip:anna@example.jp or client:anna.")
@click.option("--dial", type=click.Choice(OUTCOMES), default="answered", help="What a dialled number does.")
@click.option("--eager", is_flag=True, help="Press each key at the start of a passage.")
@click.option("--latency", metavar="SECONDS", default="0", help="Virtual time that every webhook takes.")
@click.option("--url", help="Voice webhook of any running service; default: the helpline in this process.")
@click.option("--token", help="Token to sign with; default: IVR_TEST_TOKEN, else the test token under IVR_DATA.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--requests", is_flag=True, help="Print every webhook with its parameters and TwiML afterwards.")
@click.option("--audio", type=click.Path(path_type=Path, dir_okay=False), help="Write the call as one WAV file.")
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="Write what was done as a scenario.")
def call(  # noqa: PLR0913  (one parameter an option)
    *,
    keys: str | None,
    at: str | None,
    caller: str | None,
    dial: str,
    eager: bool,
    latency: str,
    url: str | None,
    token: str | None,
    as_json: bool,
    requests: bool,
    audio: Path | None,
    save: Path | None,
) -> None:
    r"""Place one simulated call; without --keys you press the keys yourself.

    \b
    Exit code 0: the call took place; 1: it ended in an error or in circles; 2: bad arguments.
    """
    from ivr.cli import service  # noqa: PLC0415  (help does not need them)
    from ivr.phone import converse, items, place, report, scenario  # noqa: PLC0415
    from ivr.phone.caller import Caller  # noqa: PLC0415

    if keys is None and (as_json or not sys.stdin.isatty()):
        raise click.UsageError("without a terminal, or with --json, say which keys to press: --keys")
    given = place.Circumstances(
        at=_now() if at is None else _read("--at", place.moment, at),
        caller=place.CALLER if caller is None else _read("--from", place.caller, caller),
        dial=dial,  # type: ignore[arg-type]  # click.Choice has checked it
        eager=eager,
        latency=_read("--latency", items.seconds, latency),
    )
    wanted = None if keys is None else _read("--keys", items.parse, keys)
    for option, target in (("--save", save), ("--audio", audio)):
        if target and not target.parent.is_dir():
            raise click.BadParameter(f"there is no folder {target.parent}", param_hint=option)
    address = None if url is None else _read("--url", place.voice_url, url)
    with service.in_process(token) if address is None else service.over_http(address, token) as called:
        placed = place.dial(called, given, SystemRandom())
        hand = Caller(placed, eager=eager)
        if wanted is None:
            click.echo(converse.HELP, err=True)
            wanted = converse.converse(hand, _ask, click.echo)
        else:
            hand.play(wanted)
            click.echo(_printed(placed, as_json=as_json))
        if requests:
            click.echo("\n".join(report.exchanges(placed)), err=as_json)
        if audio:
            _heard(placed, called, audio)
    click.echo(report.summary(placed), err=as_json)
    if save:
        save.write_text(scenario.written(placed, given, hand.done), "utf-8")
    if report.ended(placed) in report.FAILURES:
        raise SystemExit(1)


def _heard(placed: Call, called: Service, path: Path) -> None:
    from ivr.phone import audio  # noqa: PLC0415

    try:
        seconds = audio.write(placed, called.fetch, path)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from error
    click.echo(f"{path}: {seconds:.1f} s", err=True)


def _printed(placed: Call, *, as_json: bool) -> str:
    from ivr.phone import report  # noqa: PLC0415

    if as_json:
        return json.dumps(report.as_json(placed), ensure_ascii=False, indent=1)
    return "\n".join(report.lines(report.in_order(placed)))


def _read(option: str, read: Callable[[str], Value], text: str) -> Value:
    """Read the value of an option; what is wrong with it is a usage error, exit code 2."""
    try:
        return read(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from error


def _now() -> datetime:
    from ivr.phone.place import TOKYO  # noqa: PLC0415

    return datetime.now(TOKYO)


def _ask() -> str | None:
    try:
        typed: str = click.prompt("", prompt_suffix="> ", default="", show_default=False)
    except click.Abort:
        return None
    return typed
