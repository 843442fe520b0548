"""`ivr simulator serve`: the local Twilio as a server, for the helpline or for any other service."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime
from random import SystemRandom
from typing import TYPE_CHECKING

import click

from ivr import cli

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr.simulator import Line, Person

OUTCOMES = ("answered", "busy", "no-answer", "failed", "canceled")


@click.group(context_settings=cli.HELP)
def simulator() -> None:
    """Run the local Twilio."""


@simulator.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8100, show_default=True)
@click.option("--number", "numbers", multiple=True, metavar="NUMBER=URL", help="A number and its voice webhook.")
@click.option("--person", "persons", multiple=True, metavar="NUMBER=OUTCOME", help="What a dialled number does.")
@click.option("--account", help="AccountSid. Default: that of test calls.")
@click.option("--token", help="Auth token. Default: IVR_TEST_TOKEN, else the test token under IVR_DATA.")
def serve(
    *, port: int, numbers: tuple[str, ...], persons: tuple[str, ...], account: str | None, token: str | None
) -> None:
    """Serve calls, texts, queues and Twilio's REST on this machine, with a page that shows them."""
    from werkzeug.serving import make_server  # noqa: PLC0415  (help does not need them)

    from ivr.cli.service import own_words, quiet_settings  # noqa: PLC0415
    from ivr.phone import place  # noqa: PLC0415
    from ivr.simulator import Http, World, signer  # noqa: PLC0415
    from ivr.simulator.clock import RealTime  # noqa: PLC0415
    from ivr.simulator.rest import Rest  # noqa: PLC0415
    from ivr.simulator.server import Exchange, create_server  # noqa: PLC0415

    lines, people = _lines(numbers), _people(persons)
    settings = quiet_settings()
    secret = token or settings.test_token
    with Http() as http:
        world = World(
            fetch=http,
            sign=signer(secret),
            start=datetime.now(UTC),
            random=SystemRandom(),
            account=account or place.TEST_ACCOUNT_SID,
            people=people,
            captions=own_words(settings),
        )
        clock = RealTime(world)
        rest = Rest(world, secret, clock.do)
        try:
            server = make_server("127.0.0.1", port, create_server(Exchange(rest, clock, lines)), threaded=True)
        except (OSError, SystemExit) as error:
            raise click.ClickException(f"port {port} cannot be used: choose another with --port") from error
        clock.start()
        _tell(port, world.account, lines)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
        server.serve_forever(0.1)
        clock.stop()


def _lines(numbers: Sequence[str]) -> dict[str, Line]:
    from ivr.phone import place  # noqa: PLC0415
    from ivr.simulator import Line, is_number  # noqa: PLC0415

    found = {}
    for text in numbers:
        number, _, url = text.partition("=")
        if not is_number(number):
            words = f"{number!r} is not a number such as +815000000000; write NUMBER=URL"
            raise click.BadParameter(words, param_hint="--number")
        try:
            base = place.line(place.voice_url(url))
        except ValueError as error:
            raise click.BadParameter(f"{error}; write NUMBER=URL", param_hint="--number") from error
        found[number] = Line(number, url, fallback_url=base.fallback_url, status_url=base.status_url)
    return found


def _people(persons: Sequence[str]) -> _People:
    from ivr.simulator import Person  # noqa: PLC0415

    found = {}
    for text in persons:
        number, _, outcome = text.partition("=")
        if outcome not in OUTCOMES:
            words = f"{text!r}: write NUMBER=OUTCOME, one of {', '.join(OUTCOMES)}"
            raise click.BadParameter(words, param_hint="--person")
        found[number] = Person(outcome)  # type: ignore[arg-type]  # checked above
    return _People(found)


class _People:
    """Who is at the other end: those who were named, and everybody else answers."""

    def __init__(self, known: dict[str, Person]) -> None:
        self._known = known

    def __call__(self, number: str) -> Person:
        from ivr.simulator import Person  # noqa: PLC0415

        return self._known.get(number) or Person()


def _tell(port: int, account: str, lines: dict[str, Line]) -> None:
    base = f"http://127.0.0.1:{port}"
    click.echo(f"The local Twilio is at {base} (page and REST), account {account}.", err=True)
    for number, line in lines.items():
        click.echo(f"  {number} -> {line.voice_url}", err=True)
    click.echo(
        "With the twilio library:\n"
        "  from ivr.simulator.rest import RemoteTwilio\n"
        f'  Client("{account}", TOKEN, http_client=RemoteTwilio("{base}"))',
        err=True,
    )
