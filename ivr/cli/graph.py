"""`ivr graph`: the flow as a picture."""

from __future__ import annotations

import click

from ivr import cli


@click.command(context_settings=cli.HELP)
@click.option("--format", "kind", type=click.Choice(["svg", "mermaid"]), default="svg", show_default=True)
def graph(kind: str) -> None:
    """Draw the flow; the picture goes to standard output."""
    from ivr import flow  # noqa: PLC0415  (help does not need it)
    from ivr import graph as drawing  # noqa: PLC0415

    loaded = flow.load(cli.settings().root)
    click.echo(drawing.svg(loaded) if kind == "svg" else drawing.mermaid(loaded))
