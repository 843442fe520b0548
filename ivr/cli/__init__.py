"""The `ivr` command: one sub-command a file, each imported only when it is asked for, so that help is quick.

Exit codes of all: 0 done, 1 an error was found or a run failed, 2 bad arguments.
"""

from __future__ import annotations

import getpass
import importlib
import os
from typing import TYPE_CHECKING

import click

from ivr import __version__
from ivr.findings import FindingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ivr.findings import Finding
    from ivr.settings import Settings

COMMANDS = {
    "bench": ("ivr.cli.bench", "bench", "Print figures: how soon callers hear what they need."),
    "board": ("ivr.cli.board", "board", "Switch an announcement, or close a counter for today."),
    "call": ("ivr.cli.call", "call", "Place one simulated call through the real webhooks."),
    "check": ("ivr.cli.check", "check", "Check flows, facts and prompts; say where anything is wrong."),
    "facts": ("ivr.cli.facts", "facts", "List the facts, where they come from and who speaks them."),
    "flows": ("ivr.cli.flows", "flows", "List the sets that callers heard; publish, go back."),
    "graph": ("ivr.cli.graph", "graph", "Draw the flow as a picture."),
    "hours": ("ivr.cli.hours", "hours", "Tell which counter is open for what, when."),
    "prompts": ("ivr.cli.prompts", "prompts", "Make and examine the spoken prompts."),
    "records": ("ivr.cli.records", "records", "Look at and look after the records of calls."),
    "serve": ("ivr.cli.serve", "serve", "Answer Twilio's webhooks."),
    "settings": ("ivr.cli.explain", "settings", "Explain every setting."),
    "simulator": ("ivr.cli.simulator", "simulator", "Run the local Twilio, with its REST side."),
    "test": ("ivr.cli.test", "test", "Play scenarios; say which came otherwise."),
    "user": ("ivr.cli.user", "user", "Say who may sign in to /console."),
    "walk": ("ivr.cli.walk", "walk", "Press every key at every place; say where anything is wrong."),
    "work": ("ivr.cli.work", "work", "Run the background process."),
}


HELP = {"help_option_names": ["-h", "--help"]}
"""Every command carries it itself: click remembers a command's help option from its first use, whoever called it."""


_LANGUAGE = "ivr.language"


def _chosen(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value:
        context.find_root().meta[_LANGUAGE] = value


LANGUAGE = click.option(
    "--language",
    type=click.Choice(["ja", "en"]),
    expose_value=False,
    is_eager=True,
    callback=_chosen,
    help="Language of findings and messages; default: the terminal's.",
)
"""Of `ivr` itself and of every command that prints findings, but for `walk`, whose language is that of the call."""


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except FindingsError as error:  # here, where the language that was asked for is still known
            print_findings(error.findings)
            return ctx.exit(1)

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in sorted(COMMANDS.items())])


@click.group(cls=_Commands, context_settings={**HELP, "max_content_width": 100})
@click.version_option(__version__, prog_name="ivr")
@LANGUAGE
def group() -> None:
    """Telephone helpline for the My Number Card procedures of Shinagawa ward."""


def main() -> None:
    """Run the command; findings are printed with their places, never as a traceback."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    group()


def language() -> str:
    """Give the language of messages: the one asked for, else Japanese where the terminal is Japanese, else English."""
    context = click.get_current_context(silent=True)
    if context and (chosen := context.find_root().meta.get(_LANGUAGE)):
        return str(chosen)
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "ja" if locale.startswith("ja") else "en"


def print_findings(findings: Iterable[Finding]) -> None:
    """Print findings to stderr, in the language of messages."""
    for finding in findings:
        click.echo(finding.format(language()), err=True)


def tell(text: str, text_ja: str) -> None:
    """Print a message to stderr, in the language of messages."""
    click.echo(text_ja if language() == "ja" else text, err=True)


def settings() -> Settings:
    """Read the settings; what is wrong with them becomes findings and exit code 1."""
    from ivr.settings import Settings  # noqa: PLC0415  (pydantic takes a while: help does not need it)

    return Settings.from_env(os.environ)


def log_as_service(settings: Settings) -> None:
    """Log as the settings say, for a process that runs on: errors also to Sentry, where they name a project."""
    from ivr.log import setup  # noqa: PLC0415

    report = None
    if settings.sentry:
        from ivr.sentry import reporter  # noqa: PLC0415

        report = reporter(settings.sentry.get_secret_value(), f"ivr@{__version__}")
    setup(settings.log_format, report=report)


def who() -> str:
    """Name the person at this terminal, by the account of the operating system."""
    try:
        return getpass.getuser()[:64]
    except (KeyError, OSError):  # an account without a name
        return "unknown"
