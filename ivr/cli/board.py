"""`ivr board`: what is switched on for every caller, heard within three seconds and without any publication."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from ivr import cli
from ivr.cli.records import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr.records.switches import Kind, Switch, Switchboard

TOKYO = ZoneInfo("Asia/Tokyo")
LONGEST = timedelta(days=31)
_FORMS = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")
_SAID = {"announcement": "announced", "closing": "closed today"}


@click.group(invoke_without_command=True, context_settings=cli.HELP)
@click.option("--json", "as_json", is_flag=True, help="One JSON list, moments in ISO 8601.")
@click.pass_context
def board(ctx: click.Context, *, as_json: bool) -> None:
    """Show what is switched on, or switch an announcement or a counter's closing for today."""
    if ctx.invoked_subcommand:
        return
    with _switchboard() as switchboard:
        held = switchboard.holding(_now())
    if as_json:
        click.echo(json.dumps([_entry(switch) for switch in held], ensure_ascii=False, indent=2))
        return
    for switch in held:
        click.echo(_line(switch))
    if not held:
        click.echo("nothing is switched on", err=True)


@board.command()
@click.argument("prompt")
@click.option("--until", required=True, metavar="TIME", help="17:00 today, or 2026-11-27T17:00; Asia/Tokyo.")
def announce(*, prompt: str, until: str) -> None:
    """Say a prompt to every caller, after the option for a lost card, until a time."""
    from ivr import flow, prompts  # noqa: PLC0415  (help does not need what reads flows)
    from ivr.content import LANGUAGE  # noqa: PLC0415

    root = cli.settings().root
    known = flow.load(root).top.announcements
    if prompt not in known:
        raise click.BadParameter(
            f"{prompt!r} is no announcement; there are: {', '.join(known) or 'none'} (flows/helpline.yaml)",
            param_hint="PROMPT",
        )
    text = prompts.load(root, LANGUAGE).by_name[prompt].text
    now = _now()
    _switch("announcement", prompt, now, _until(until, now), text)


@board.command()
@click.argument("counter")
def close(*, counter: str) -> None:
    """Keep a counter closed for the rest of today: callers who ask for its hours hear so, and what else is open.

    COUNTER may be the office's telephone, 係の電話: then key 0 dials nobody today.
    """
    from ivr import hours  # noqa: PLC0415
    from ivr.facts import Facts  # noqa: PLC0415

    root = cli.settings().root
    table = hours.load(root, Facts.load(root))
    now = _now()
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), TOKYO)
    if hours.normal(counter) in hours.TELEPHONE_NAMES:
        _switch("closing", hours.TELEPHONE, now, midnight, table.sentences["telephone_closed"].text)
        return
    try:
        found = table.named(counter)
    except KeyError as error:
        known = "、".join((*(each.name for each in table.counters.values()), hours.TELEPHONE_NAME))
        raise click.BadParameter(f"there is no {counter!r}; there are: {known}", param_hint="COUNTER") from error
    _switch("closing", found.id, now, midnight, hours.closed_today(table, found, now.date()).says.text)


@board.command()
@click.argument("number", type=int)
def end(*, number: int) -> None:
    """End now what is switched on, by the number that `ivr board` shows."""
    with _switchboard() as switchboard:
        ended = switchboard.end(number, _now(), cli.who())
    if ended is None:
        raise click.ClickException(f"nothing of number {number} is switched on: `ivr board` shows what is")
    click.echo(f"ended: {_line(ended)}", err=True)


def _switch(kind: Kind, name: str, now: datetime, until: datetime, text: str) -> None:
    from ivr.records.switches import AlreadyError  # noqa: PLC0415

    with _switchboard() as switchboard:
        try:
            made = switchboard.switch(kind, name, now, until, cli.who())
        except AlreadyError as error:
            raise click.ClickException(f"{error}: `ivr board end {error.switch.number}` first") from error
    click.echo(f"{_line(made)}\ncallers hear: {text}", err=True)


@contextlib.contextmanager
def _switchboard() -> Iterator[Switchboard]:
    """Open the switchboard of the settings, its tables made if nobody has yet."""
    with open_store(cli.settings()) as store:
        from ivr.records.switches import Switchboard  # noqa: PLC0415  (the database library takes a while)

        store.upgrade()
        yield Switchboard(store)


def _until(text: str, now: datetime) -> datetime:
    """Read a time of today, or a moment; both in the future, and not so far off that everybody forgets it."""
    with contextlib.suppress(ValueError):
        return _ahead(datetime.combine(now.date(), time.fromisoformat(text), TOKYO), now, text)
    for form in _FORMS:
        with contextlib.suppress(ValueError):
            return _ahead(datetime.strptime(text, form).replace(tzinfo=TOKYO), now, text)
    raise click.BadParameter(f"{text!r} is neither a time such as 17:00 nor a moment such as 2026-11-27T17:00")


def _ahead(until: datetime, now: datetime, text: str) -> datetime:
    if until <= now:
        raise click.BadParameter(f"{text} is over already", param_hint="--until")
    if until - now > LONGEST:
        raise click.BadParameter(
            f"{text} is more than {LONGEST.days} days away: what holds so long belongs into the prompts",
            param_hint="--until",
        )
    return until


def _line(switch: Switch) -> str:
    begins, until = (moment.astimezone(TOKYO) for moment in (switch.begins, switch.until))
    end = f"{until:%m-%d %H:%M}"
    return f"{switch.number:4d}  {_SAID[switch.kind]} {switch.name}  {begins:%m-%d %H:%M} to {end}  by {switch.by}"


def _entry(switch: Switch) -> dict[str, object]:
    moments = {name: getattr(switch, name).astimezone(TOKYO).isoformat() for name in ("begins", "until")}
    return {**vars(switch), **moments}


def _now() -> datetime:
    return datetime.now(TOKYO)
