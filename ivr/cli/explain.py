"""`ivr settings`: every setting with its default and meaning, in the language of the terminal or the one asked for."""

from __future__ import annotations

import click

from ivr import cli
from ivr.settings import describe


@click.command(context_settings=cli.HELP)
@click.option("--language", "wanted", type=click.Choice(["ja", "en"]), help="Japanese or English.")
def settings(wanted: str | None) -> None:
    """Explain every setting, read from environment variables."""
    for variable, default, text in describe(wanted or cli.language()):
        click.echo(f"{variable:<20} {text}" + (f" [{default}]" if default else ""))
