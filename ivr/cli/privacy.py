"""`ivr records purge`, `caller`, `erase`, `rotate-key`: what is forgotten when, and what is kept of one number."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from ivr import cli
from ivr.cli.records import open_store, to_json, whole
from ivr.number import NoNumberError, typed

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

    from ivr.records.store import Store
    from ivr.settings import Settings

TOKYO = ZoneInfo("Asia/Tokyo")
WAIT_SECONDS = 5.0
"""The background process brings what was recorded into the store every second."""
_NUMBER = "NUMBER is asked for where it is not given, so that it stays out of the shell's history."


@click.command(context_settings=cli.HELP)
def purge() -> None:
    """Forget now what is older than the settings say; the background process does it every night."""
    from ivr.cli.work import periods  # noqa: PLC0415
    from ivr.records import audit  # noqa: PLC0415
    from ivr.records.retention import purge  # noqa: PLC0415  (the database library takes a while)

    settings = cli.settings()
    with open_store(settings) as store:
        store.upgrade()
        done = purge(store, periods(settings), _now()).in_words
        audit.add(store, audit.Entry(_now(), cli.who(), "records purge", "what is too old", "", done))
    click.echo(done, err=True)


@click.command(context_settings=cli.HELP, epilog=_NUMBER)
@click.argument("number", required=False)
def caller(*, number: str | None) -> None:
    """Print everything that is kept of a number, as JSON: its calls, without the number itself."""
    from ivr.records.retention import find  # noqa: PLC0415

    settings = cli.settings()
    digests = _digests(settings, number)
    with open_store(settings) as store:
        store.check()
        found = find(store, digests)
    click.echo(to_json([whole(record) for record in found]))


@click.command(context_settings=cli.HELP, epilog=_NUMBER)
@click.argument("number", required=False)
@click.option("--yes", is_flag=True, help="Do not ask again.")
def erase(*, number: str | None, yes: bool) -> None:
    """Delete every call of a number; the log of changes keeps that it was done, not for whom.

    Calls of this machine that are still on their way into the store are waited for; exit 1 if they do not get there.
    """
    from ivr.records import retention  # noqa: PLC0415

    settings = cli.settings()
    digests = _digests(settings, number)
    with open_store(settings) as store:
        store.upgrade()
        left = _on_their_way(settings.data / "spool", store, digests)
        found = retention.find(store, digests)
        if found and not yes:
            click.confirm(f"{len(found)} calls will be deleted for good. Go on?", abort=True, err=True)
        gone = retention.erase(store, digests, _now(), cli.who())
    click.echo(f"{gone} calls deleted from {store.name}", err=True)
    if left:
        raise click.ClickException(
            f"{left} calls of this number are recorded and not in the store yet: run `ivr work --once`, or see why "
            "`ivr work` does not move them, and do it again"
        )


@click.command("rotate-key", context_settings=cli.HELP)
def rotate_key() -> None:
    """Make a new key for the hashes that stand for numbers; earlier ones go on finding what they recorded."""
    from ivr.records import audit  # noqa: PLC0415
    from ivr.records.callers import rotate  # noqa: PLC0415

    settings = cli.settings()
    if settings.caller_keys:
        raise click.ClickException("the keys stand in IVR_CALLER_KEYS: put a new one before them there")
    with open_store(settings) as store:
        store.upgrade()
        number = rotate(settings.data)
        audit.add(store, audit.Entry(_now(), cli.who(), "records rotate-key", "caller-key", "", f"{number} keys"))
    click.echo(
        f"{settings.data / 'caller-key'} holds {number} keys now. Restart the web server to use the new one. The last "
        f"may be taken out {settings.keep_callers} days later (IVR_KEEP_CALLERS): nothing recorded with it is left.",
        err=True,
    )


def _on_their_way(folder: Path, store: Store, digests: Container[str]) -> int:
    """Wait until no call of a number is recorded that the store has not got; gives how many there are at last."""
    from ivr.records.verify import unread  # noqa: PLC0415

    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            left = sum(event.detail.get("caller_hash") in digests for event in unread(folder, store))
        except OSError as error:
            raise click.ClickException(f"the spools cannot be read: {error}") from error
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.2)


def _digests(settings: Settings, number: str | None) -> tuple[str, ...]:
    from ivr.records.callers import caller_keys, hashes  # noqa: PLC0415

    given = number or click.prompt("Number", err=True)
    try:
        found = typed(given)
    except NoNumberError as error:
        raise click.BadParameter(error.text_ja if cli.language() == "ja" else str(error)) from error
    return hashes(found, caller_keys(settings.data, settings.caller_keys))


def _now() -> datetime:
    return datetime.now(TOKYO)
