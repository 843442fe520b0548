"""`ivr call`: one simulated call through the real webhooks, in this process or anywhere."""

from __future__ import annotations

import json
import logging
import sys
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, TypeVar

import click

from ivr import cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ivr.content import Content
    from ivr.passage import Passage
    from ivr.phone.place import Service
    from ivr.settings import Settings
    from ivr.simulator import Call

Value = TypeVar("Value")
OUTCOMES = ("answered", "busy", "no-answer", "failed", "canceled")


@click.command(context_settings=cli.HELP)
@click.option("--keys", help='Items separated by blanks: 1, *, #, 2@4.5, silence, wait:SECONDS, hangup; "" for none.')
@click.option("--at", metavar="TIME", help="Moment of the call, ISO 8601; without an offset Asia/Tokyo. Default: now.")
@click.option("--from", "caller", metavar="NUMBER", help="Caller in E.164, or anonymous.")
@click.option("--dial", type=click.Choice(OUTCOMES), default="answered", help="What a dialled number does.")
@click.option("--eager", is_flag=True, help="Press each key at the start of a passage.")
@click.option("--latency", metavar="SECONDS", default="0", help="Virtual time that every webhook takes.")
@click.option("--url", help="Voice webhook of any running service; default: the helpline in this process.")
@click.option("--token", help="Token to sign with; default: IVR_TEST_TOKEN, else the test token under IVR_DATA.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
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
    save: Path | None,
) -> None:
    r"""Place one simulated call; without --keys you press the keys yourself.

    \b
    Exit code 0: the call took place; 1: it ended in an error or in circles; 2: bad arguments.
    """
    from ivr.phone import converse, items, place, report  # noqa: PLC0415  (help does not need them)
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
    if save and not save.parent.is_dir():
        raise click.BadParameter(f"there is no folder {save.parent}", param_hint="--save")
    address = None if url is None else _read("--url", place.voice_url, url)
    with in_process(token) if address is None else over_http(address, token) as service:
        placed = place.dial(service, given, SystemRandom())
        hand = Caller(placed, eager=eager)
        if wanted is None:
            click.echo(converse.HELP, err=True)
            wanted = converse.converse(hand, _ask, click.echo)
        else:
            hand.play(wanted)
            click.echo(_printed(placed, as_json=as_json))
    click.echo(report.summary(placed), err=as_json)
    if save:
        save.write_text(report.scenario(placed, given, wanted), "utf-8")
    if report.ended(placed) in report.FAILURES:
        raise SystemExit(1)


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


@contextmanager
def in_process(token: str | None = None) -> Iterator[Service]:
    """Make the helpline of the settings answer in this process; `token` signs, else the test token."""
    from ivr.app import create_app  # noqa: PLC0415
    from ivr.phone import captions, place  # noqa: PLC0415
    from ivr.simulator import wsgi  # noqa: PLC0415

    settings = _settings()
    app = create_app(settings)
    ours = app.extensions["ivr"]
    words = captions.captions(ours.library.index, lambda: _passages(ours.content))
    secret = settings.test_token if token is None else token
    try:
        yield place.Service(wsgi(app), f"{settings.public_url}/voice", secret, words)
    finally:
        ours.spool.close()


@contextmanager
def over_http(url: str, token: str | None = None) -> Iterator[Service]:
    """Reach a running service by its voice webhook; sounds that are ours are known by their names."""
    from ivr.phone import captions, place  # noqa: PLC0415
    from ivr.simulator import Http  # noqa: PLC0415
    from ivr.speech.store import AudioLibrary  # noqa: PLC0415

    settings = _settings()
    words = captions.captions(AudioLibrary(settings.data).index, lambda: _own_passages(settings))
    secret = settings.test_token if token is None else token
    with Http() as http:
        yield place.Service(http, url, secret, words)


def _settings() -> Settings:
    from ivr.log import setup  # noqa: PLC0415

    settings = cli.settings()
    setup(settings.log_format, level=logging.WARNING)
    return settings


def _own_passages(settings: Settings) -> Iterable[Passage]:
    """Give what our own helpline says, in case that is what runs there; nothing where it cannot be loaded."""
    from ivr.content import load  # noqa: PLC0415
    from ivr.findings import FindingsError  # noqa: PLC0415

    try:
        return _passages(load(settings.root, settings.office_phone, settings.office_hours))
    except FindingsError:
        return ()


def _passages(content: Content) -> Iterable[Passage]:
    return (*content.passages, content.last_resort())
