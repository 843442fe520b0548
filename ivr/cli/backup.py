"""`ivr records backup` and `restore`: a copy of the store, made and put back while the service runs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ivr import cli
from ivr.cli.privacy import who
from ivr.cli.records import open_store

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
        with store.transaction(writes=True) as connection:
            audit.note(connection, audit.Entry(now, who(), "records restore", "store", aside.name, file.name[:200]))
        kept = f"; what it held before: {aside}" if aside.exists() else ""
        click.echo(f"{store.name} holds what {file} holds{kept}", err=True)
