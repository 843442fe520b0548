"""`ivr work`: the background process, beside the web server or on its own."""

from __future__ import annotations

import contextlib

import click

from ivr import cli


@click.command(context_settings=cli.HELP)
@click.option("--once", is_flag=True, help="Do what is due now, then end; 1 if something could not be done.")
def work(*, once: bool) -> None:
    """Run the background process until stopped: it brings the records of calls into the store."""
    from ivr.cli.records import open_store  # noqa: PLC0415  (the database library takes a while)
    from ivr.log import setup  # noqa: PLC0415
    from ivr.work import Mover, run  # noqa: PLC0415

    settings = cli.settings()
    setup(settings.log_format)
    with open_store(settings) as store, contextlib.closing(Mover(settings.data / "spool", store)) as mover:
        if not once:
            run([mover.move])
            return
        try:
            moved = mover.move()
        except OSError as error:
            raise click.ClickException(f"not everything could be moved: {error}") from error
        click.echo(f"{moved} events moved into {store.name}", err=True)
