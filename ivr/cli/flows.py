"""`ivr flows`: the sets that callers heard, going back to one, publishing the files; the last resort as a file."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click
import structlog

from ivr import cli
from ivr.findings import FindingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ivr.sets.kept import Kept, Refusal, Sets, Uses
    from ivr.sets.publish import Outcome, Publisher
    from ivr.settings import Settings

TOKYO = ZoneInfo("Asia/Tokyo")
_EVERY = 10.0
"""Seconds between two lines of progress."""
_NICE = 5
_HELD = "held back since `ivr flows rollback` until the files change or `ivr flows publish` is run"
_HEADINGS = ("version", "published", "nodes", "prompts", "sound", "calls", "")
log = structlog.get_logger(__name__)


@click.group(context_settings=cli.HELP)
def flows() -> None:
    """List the sets that callers heard; publish, go back."""


@flows.command("list")
@cli.LANGUAGE
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, moments in ISO 8601.")
def list_(*, as_json: bool) -> None:
    """List the sets that are kept, the one published last first, and why the files could not be published."""
    from ivr.cli.columns import columns  # noqa: PLC0415  (help does not need them)
    from ivr.sets.kept import Sets  # noqa: PLC0415

    settings = cli.settings()
    sets = Sets(settings.data)
    uses, refusal = _uses(sets), sets.refusal()
    rows = _rows(sets, uses, settings)
    if as_json:
        refused = refusal and {"at": _iso(refusal.at), "findings": [item.as_json() for item in refusal.findings]}
        value = {"sets": rows, "held": list(uses.held), "refused": refused}
        click.echo(json.dumps(value, ensure_ascii=False, indent=1))
        return
    if rows:
        click.echo("\n".join(columns([_HEADINGS, *map(_cells, rows)])))
    else:
        click.echo("nothing was published yet: `ivr work` does it, or `ivr flows publish`", err=True)
    if uses.held:
        click.echo(f"\n{', '.join(uses.held)}: {_HELD}")
    if refusal:
        _print_refusal(refusal)


@flows.command()
@cli.LANGUAGE
@click.option("--watched", is_flag=True, hidden=True, help="For the background process: logs, and hold what is held.")
def publish(*, watched: bool) -> None:
    """Let callers hear the files of the root now, also where they are held back."""
    from ivr.sets.publish import Publisher  # noqa: PLC0415  (help does not need it)

    settings = cli.settings()
    if watched:
        sys.exit(_watched(settings))
    _quiet(settings)
    with _failures():
        outcome = Publisher(settings, _progress(), cli.who()).publish(_now(), held_too=True)
    cli.print_findings(outcome.warnings)
    state = "now" if outcome.done == "published" else "already"
    state_ja = "この版に変わりました" if outcome.done == "published" else "もうこの版です"
    cli.tell(
        f"callers {state} hear set {outcome.version}, voice set {outcome.voice_set}",
        f"電話の案内は{state_ja}: {outcome.version}、音声 {outcome.voice_set}",
    )


@flows.command()
@cli.LANGUAGE
@click.argument("version", required=False, default="")
def rollback(version: str) -> None:
    """Let callers hear an earlier set: VERSION, else the one that was published before theirs."""
    from ivr.sets.publish import Publisher, UnknownSetError  # noqa: PLC0415  (help does not need it)

    settings = cli.settings()
    _quiet(settings)
    try:
        with _failures():
            kept = Publisher(settings, _progress(), cli.who()).roll_back(_now(), version)
    except UnknownSetError as error:
        if version:
            raise click.BadParameter(str(error), param_hint="VERSION") from error
        raise click.ClickException(str(error)) from error
    except FindingsError:
        cli.tell(
            "that set can no longer be used; callers hear what they heard:",
            "この版は、もう使えません。電話の案内は今のままです:",
        )
        raise
    click.echo(f"callers now hear set {kept.version}, published {_moment(kept.published)}", err=True)
    click.echo(f"the files of {settings.root}, if they are another version: {_HELD}", err=True)


@flows.command("last-resort")
def last_resort() -> None:
    """Write flows/last-resort.xml, for Twilio's TwiML Bin, from the prompt last_resort and the facts."""
    from ivr import content, twiml  # noqa: PLC0415  (help does not need them)
    from ivr.speech import lexicon  # noqa: PLC0415
    from ivr.speech.disk import write  # noqa: PLC0415
    from ivr.speech.reading import plain  # noqa: PLC0415

    root = cli.settings().root
    path = root / twiml.LAST_RESORT_FILE
    with _failures():
        said = partial(plain, lexicon=lexicon.load(root))
        write(path, twiml.last_resort_file(content.load(root).last_resort(), said).encode())
    click.echo(f"{path} written; where it is pasted into a TwiML Bin, paste it again", err=True)


def _watched(settings: Settings) -> int:
    """Publish for the background process; calls come first."""
    from ivr.log import setup  # noqa: PLC0415
    from ivr.sets.current import tell_refused  # noqa: PLC0415
    from ivr.sets.kept import LATER, BusyError  # noqa: PLC0415
    from ivr.sets.publish import Publisher  # noqa: PLC0415
    from ivr.speech.disk import BuildError  # noqa: PLC0415

    setup(settings.log_format)
    os.nice(_NICE)
    publisher = Publisher(settings)
    try:
        _tell(publisher.publish(_now()))
    except FindingsError as error:
        tell_refused(error.findings, _stays(publisher))
        return 1
    except BuildError as error:
        remedy = "callers hear what they heard; it is tried again every minute"
        log.error("set_not_published", reason=error.text, stays=_stays(publisher), remedy=remedy)  # noqa: TRY400  (the reason says it)
        return LATER
    except BusyError as error:
        log.info("set_waits", reason=str(error))
        return LATER
    return 0


def _tell(outcome: Outcome) -> None:
    if outcome.done == "held":
        log.info("set_held", stays=outcome.version, reason=f"the files of the root are {_HELD}")
    if outcome.done == "published":
        for finding in outcome.warnings:
            log.warning("set_warning", file=f"{finding.file}:{finding.line}", reason=finding.text)
        log.info("set_published", version=outcome.version, voice_set=outcome.voice_set)


def _stays(publisher: Publisher) -> str:
    use = _uses(publisher.sets).now
    return use.version if use else "nothing"


def _quiet(settings: Settings) -> None:
    """Let only what is wrong be logged: the command prints what it does."""
    import logging  # noqa: PLC0415

    from ivr.log import setup  # noqa: PLC0415

    setup(settings.log_format, level=logging.WARNING)


@contextmanager
def _failures() -> Iterator[None]:
    """Print why nothing could be published, in the language of the terminal, and exit with 1."""
    from ivr.sets.kept import BusyError  # noqa: PLC0415
    from ivr.speech.disk import BuildError  # noqa: PLC0415

    try:
        yield
    except BuildError as error:
        raise click.ClickException(error.text_ja if cli.language() == "ja" else error.text) from error
    except BusyError as error:
        raise click.ClickException(str(error)) from error


def _progress() -> Callable[[str, int, int], None]:
    """Give a function that prints how speech is made, a line now and then."""
    last = {"": 0.0}

    def show(stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - last.get(stage, float("-inf")) >= _EVERY:
            last[stage] = now
            click.echo(f"{stage}: {done} of {total}", err=True)

    return show


def _uses(sets: Sets) -> Uses:
    try:
        return sets.uses()
    except (OSError, ValueError) as error:
        click.echo(f"warning: {error}; what callers hear is told from the sets themselves", err=True)
        return sets.recovered()


def _rows(sets: Sets, uses: Uses, settings: Settings) -> list[dict[str, Any]]:
    kept = sets.kept()
    calls = _calls(settings) if kept else None
    return [_row(one, uses, settings, calls) for one in kept]


def _row(kept: Kept, uses: Uses, settings: Settings, calls: Mapping[str, int] | None) -> dict[str, Any]:
    from ivr.speech.store import Shelf, whole  # noqa: PLC0415

    return {
        "version": kept.version,
        "published": _iso(kept.published),
        "current": bool(uses.now and uses.now.version == kept.version),
        "held": kept.version in uses.held,
        "nodes": kept.nodes,
        "prompts": kept.prompts,
        "voice_set": kept.voice_set,
        "sound": whole(Shelf(settings.data), kept.voice_set),
        "calls": None if calls is None else calls.get(kept.version, 0),
    }


def _calls(settings: Settings) -> dict[str, int] | None:
    """Count the recorded calls that name each version; None where the store cannot tell."""
    from ivr.records.store import Store, StoreError  # noqa: PLC0415

    try:
        with Store(settings.store_url) as store:
            return store.versions()
    except StoreError as error:
        click.echo(f"warning: calls cannot be counted: {error}", err=True)
        return None


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    marks = [mark for mark in ("current", "held") if row[mark]]
    return (
        str(row["version"]),
        _moment(datetime.fromisoformat(row["published"])),
        str(row["nodes"]),
        str(row["prompts"]),
        "kept" if row["sound"] else "-",
        "?" if row["calls"] is None else str(row["calls"]),
        ", ".join(marks),
    )


def _print_refusal(refusal: Refusal) -> None:
    at = _moment(refusal.at)
    japanese = cli.language() == "ja"
    click.echo(f"\n{at} 公開できませんでした:" if japanese else f"\nnot published at {at}:")
    for finding in refusal.findings:
        click.echo(finding.format(cli.language()))


def _now() -> datetime:
    return datetime.now(TOKYO)


def _iso(moment: datetime) -> str:
    return moment.astimezone(TOKYO).isoformat(timespec="seconds")


def _moment(moment: datetime) -> str:
    return moment.astimezone(TOKYO).strftime("%Y-%m-%d %H:%M:%S")
