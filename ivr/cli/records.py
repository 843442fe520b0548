"""`ivr records`: the store of what is kept of calls. Names of nodes and options, times; never keys or numbers."""

from __future__ import annotations

import contextlib
import importlib
import json
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from ivr import cli
from ivr.titles import DIALLED, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr.records.store import Call, CallRecord, Store
    from ivr.sets.explained import Explained, Step
    from ivr.settings import Settings
    from ivr.titles import Titles
TOKYO = ZoneInfo("Asia/Tokyo")
_REASONS = {
    "hours": "today's hours of {1} at {0.detail} (flows/counters.yaml)",
    "closing": "{0.subject}, closed today by {0.detail} with `ivr board`",
    "announcement": "{1}, announced by {0.detail} with `ivr board`",
    "office": "IVR_OFFICE_HOURS and IVR_OFFICE_PHONE: {1} at {0.detail}",
    "survey": "{0.subject}: this call was among those that are asked",
    "tries": "{1}, time {0.detail} in a row",
}


class _Group(click.Group):
    """The commands of this file, and those of others, imported only when one of all is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_ELSEWHERE})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in _ELSEWHERE:
            command: click.Command = getattr(importlib.import_module(_ELSEWHERE[name]), name.replace("-", "_"))
            return command
        return super().get_command(ctx, name)


_ELSEWHERE = {
    **dict.fromkeys(("report", "export"), "ivr.cli.report"),
    **dict.fromkeys(("backup", "restore", "verify"), "ivr.cli.backup"),
    **dict.fromkeys(("purge", "caller", "erase", "rotate-key"), "ivr.cli.privacy"),
}


@click.group(cls=_Group, context_settings=cli.HELP)
def records() -> None:
    """Look at and look after the records of calls."""


@records.command()
def migrate() -> None:
    """Create the store, or bring it to this version; harmless when that is done."""
    with open_store(cli.settings()) as store:
        store.upgrade()
        click.echo(f"{store.name} is ready", err=True)


@records.command("list")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many calls.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list, moments in ISO 8601.")
def list_calls(*, limit: int, as_json: bool) -> None:
    """List the latest calls, newest first; places with their titles, of the version that was heard."""
    from ivr.sets.known import KnownFlows  # noqa: PLC0415  (the flow takes a while)

    settings = cli.settings()
    titles_of = cache(KnownFlows(settings).titles)
    with open_store(settings) as store:
        store.check()
        found = [(call, titles_of(call.flow_version)) for call in store.latest(limit)]
    if as_json:
        click.echo(to_json([{**asdict(call), "title": titles.node(call.node)} for call, titles in found]))
    else:
        for call, titles in found:
            click.echo(_summary(call, titles))


@records.command()
@click.argument("call")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, moments in ISO 8601.")
def show(*, call: str, as_json: bool) -> None:
    """Explain one call, by its id (CA and 32 characters): what was said, heard, chosen and decided, and why.

    What was not heard any more before the next key stands in brackets. Keys themselves are kept nowhere.
    """
    from ivr.sets.explained import explain  # noqa: PLC0415  (the flow takes a while)
    from ivr.sets.known import KnownFlows  # noqa: PLC0415

    settings = cli.settings()
    with open_store(settings) as store:
        store.check()
        record = store.call(call)
        if record is None:
            named = call if call.isascii() else "of this id"
            raise click.ClickException(
                f"{store.name} holds no call {named}: `ivr records list` shows those that are there; "
                "a new one arrives within seconds while `ivr work` runs"
            )
        told = explain(record, store, KnownFlows(settings))
    if as_json:
        title = told.titles.node(record.call.node)
        click.echo(
            to_json(
                {**whole(record), "title": title, "exact": told.exact, "steps": [asdict(step) for step in told.steps]}
            )
        )
    else:
        click.echo("\n".join(_lines(told)))


@records.command("audit")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many changes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list, moments in ISO 8601.")
def list_changes(*, limit: int, as_json: bool) -> None:
    """List what people changed, newest first: who, when, what it was before and after."""
    from ivr.records import audit  # noqa: PLC0415  (the database library takes a while)

    with open_store(cli.settings()) as store:
        store.check()
        found = audit.entries(store, limit)
    if as_json:
        click.echo(to_json([vars(entry) for entry in found]))
        return
    for entry in found:
        at = entry.at.astimezone(TOKYO).strftime("%Y-%m-%d %H:%M:%S")
        change = f"{entry.before} -> {entry.after}" if entry.before else entry.after
        click.echo(f"{at}  {entry.who}  {entry.what} {entry.subject}  {change}")


@contextlib.contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """Open the store of the settings; what is wrong with it ends the command with words and exit code 1."""
    from ivr.records.store import Store, StoreError  # noqa: PLC0415  (the database library takes a while)

    try:
        with Store(settings.store_url) as store:
            yield store
    except StoreError as error:
        raise click.ClickException(str(error)) from error


def to_json(value: object) -> str:
    """Write a value as JSON, moments in Tokyo's time."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=_in_tokyo)


def _in_tokyo(value: Any) -> str:  # noqa: ANN401  (json hands on what it does not know: our moments)
    if isinstance(value, datetime):
        return value.astimezone(TOKYO).isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a record")


def whole(record: CallRecord) -> dict[str, Any]:
    """Give everything kept of a call, for JSON."""
    return {
        **asdict(record.call),
        "turns": [asdict(turn) for turn in record.turns],
        "transfers": [asdict(transfer) for transfer in record.transfers],
        "faults": [asdict(fault) for fault in record.faults],
    }


def _summary(call: Call, titles: Titles) -> str:
    began = call.began.astimezone(TOKYO).strftime("%Y-%m-%d %H:%M:%S")
    length = "   -" if call.seconds is None else f"{call.seconds:4d}"
    marks = " test" if call.test else ""
    place = named(titles.node(call.node), call.node)
    return f"{began} {call.call} {length} s {call.turns:3d} turns  {call.status or 'not ended'}  {place}{marks}"


def _lines(told: Explained) -> Iterator[str]:
    call, titles = told.record.call, told.titles
    yield _summary(call, titles)
    caller = f"…{call.caller_tail}" if call.caller_tail else "without a number (withheld, SIP or an app)"
    yield f"caller {caller}  flow {call.flow_version or '-'}  voice {call.voice_version or '-'}"
    if not told.exact:
        yield "the version that answered is kept no longer, or cannot be read: the words are those of now"
    for step in told.steps:
        yield from _step(step)
    for transfer in told.record.transfers:
        to = named(titles.dialled(transfer.to) or titles.node(transfer.node), transfer.to or transfer.node)
        outcome = named(DIALLED.get(transfer.outcome, ""), transfer.outcome)
        yield f"{_after(call, transfer.at)}  transfer to {to}: {outcome}"
    for fault in told.record.faults:
        yield f"{_after(call, fault.at)}  fault {fault.code}: look it up in Twilio's error dictionary"


def _step(step: Step) -> Iterator[str]:
    place = f"{named(step.came_from_title, step.came_from)}: " if step.came_from else ""
    chosen, node = named(step.option_title, step.option), named(step.node_title, step.node)
    yield f"{step.after:8.1f} s  {place}{chosen} -> {node}"
    for reason in step.why:
        because = _REASONS[reason.kind].format(reason, named(reason.title, reason.subject))
        yield f"{'':12}because of {because}"
    if step.said:
        heard = "".join(said.text for said in step.said if said.heard is not False)
        cut = "".join(said.text for said in step.said if said.heard is False)
        yield f"{'':12}{heard}{f' [{cut}]' if cut else ''}"
    if step.dials:
        yield f"{'':12}dials {named(step.dials_title, step.dials)}"
    if not step.agrees:
        yield f"{'':12}done over it leads elsewhere: a setting was another then"


def _after(call: Call, at: datetime) -> str:
    return f"{(at - call.began).total_seconds():8.1f} s"
