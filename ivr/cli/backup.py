"""`ivr records backup`, `restore`, `verify`: a copy of the store, and proof that nothing recorded is lacking in it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from ivr import cli
from ivr.cli.records import open_store, to_json

if TYPE_CHECKING:
    from ivr.records.verify import Verified

TOKYO = ZoneInfo("Asia/Tokyo")
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(context_settings=cli.HELP)
@click.argument("file", type=_FILE)
def backup(*, file: Path) -> None:
    """Copy the store into a new FILE. It holds what the store holds: keep it as safe, and no longer."""
    from ivr.records.backup import backup  # noqa: PLC0415  (the database library takes a while)

    with open_store(cli.settings()) as store:
        size = backup(store, file)
        click.echo(f"{store.name} copied into {file}, {size} bytes", err=True)


@click.command(context_settings=cli.HELP)
@click.argument("file", type=_FILE)
@click.option("--yes", is_flag=True, help="Do not ask again.")
def restore(*, file: Path, yes: bool) -> None:
    """Put the copy in FILE in place of what the store holds; that is copied beside it first."""
    from ivr.records import audit  # noqa: PLC0415
    from ivr.records.backup import restore  # noqa: PLC0415

    now = datetime.now(TOKYO)
    with open_store(cli.settings()) as store:
        if not yes:
            click.confirm(f"What {store.name} holds will be replaced by {file}. Go on?", abort=True, err=True)
        aside = Path(f"{store.file}.before-{now:%Y%m%d-%H%M%S}")
        restore(store, file, aside)
        audit.add(store, audit.Entry(now, cli.who(), "records restore", "store", aside.name, file.name[:200]))
        kept = f"; what it held before: {aside}" if aside.exists() else ""
        click.echo(f"{store.name} holds what {file} holds{kept}", err=True)


@click.command(context_settings=cli.HELP)
@click.option("--repair", is_flag=True, help="Store what is lacking again.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verify(*, repair: bool, as_json: bool) -> None:
    """Compare the spools that are still there with the store.

    Exit 1 if the store lacks something that it has read, or if what it has not read yet does not get on.
    """
    from ivr.records import audit  # noqa: PLC0415
    from ivr.records.progress import standing_still  # noqa: PLC0415
    from ivr.records.verify import repair as store_again  # noqa: PLC0415
    from ivr.records.verify import verify  # noqa: PLC0415

    settings = cli.settings()
    with open_store(settings) as store:
        store.check()
        try:
            found = verify(settings.data / "spool", store)
            found.standing = standing_still(settings.data / "spool", store)
        except OSError as error:
            raise click.ClickException(f"the spools cannot be read: {error}") from error
        again = store_again(store, found) if repair else 0
        if again:
            done = f"{again} events stored again"
            audit.add(store, audit.Entry(datetime.now(TOKYO), cli.who(), "records verify", "spools", "", done))
    click.echo(to_json(asdict(found)) if as_json else "\n".join(_verified(found, store.name)), err=not as_json)
    if again:
        click.echo(f"{again} events stored again; a second `ivr records verify` looks whether they are there", err=True)
    if found.standing or (not again and not found.agrees):
        raise SystemExit(1)


def _verified(found: Verified, store: str) -> list[str]:
    counted = f"{found.agreed} events are in {store}, {found.waiting} on their way, {len(found.missing)} lacking"
    lines = [f"{found.files} spools: {counted}"]
    if found.erased:
        lines.append(f"{found.erased} events of calls that were erased on request")
    if found.aside:
        lines.append(f"{found.aside} lines could not be stored and are kept aside, in the files *.bad of that folder")
    if found.unreadable:
        lines.append(f"{found.unreadable} lines cannot be read and are kept nowhere else: was a file *.bad removed?")
    lines += [f"{name} is shorter than what was read of it: was it written to by hand?" for name in found.shorter]
    lines += [
        f"{name} does not get on into the store: see in the log why, or start `ivr work`" for name in found.standing
    ]
    for event in found.missing:
        at = event.at.astimezone(TOKYO).strftime("%Y-%m-%d %H:%M:%S")
        lines.append(f"lacking: {at} {event.call} {event.kind} {event.turn}")
    if found.missing:
        lines.append("`ivr records verify --repair` stores them again")
    return lines
