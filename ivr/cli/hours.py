"""`ivr hours`: which counter is open for what, for whom, at a moment; the same rows that callers hear."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from ivr import cli
from ivr.cli.columns import columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ivr.hours import Answer, Counter, Hours, ProcedureId, Who

_HELP = """Tell which counter is open for what, when. COUNTER accepts the names that the ward's page uses.

\b
PROCEDURE is one of: suspension, cancellation, found, reissue, pin, name,
address, move-certificate, certificate, residence-period,
special-extension, former-name, returned-notice.
"""
_WHO = {"self": "本人", "legal": "法定代理人", "agent": "任意代理人", "household": "同じ世帯の人"}
_WEEKDAYS = "月火水木金土日"
_YES_NO = {True: "はい", False: "いいえ", None: "不明"}
_OPEN = {True: "開いている", False: "閉まっている", None: "不明"}
_BASIS = {"stated": "記載", "word": "文言", "other-section": "ほかの節", "none": "記載なし"}
_HEAD = ("窓口", "手続き", "できる", "いま", "今日", "次に開く", "根拠", "節", "わけ")


@click.command(help=_HELP, context_settings=cli.HELP)
@click.argument("counters", nargs=-1, metavar="[COUNTER]...")
@click.option("--for", "procedure", metavar="PROCEDURE", help="One procedure; without it every procedure.")
@click.option(
    "--who", default="self", metavar="WHO", show_default=True, help="Who comes: self, legal, agent or household."
)
@click.option("--at", metavar="TIME", help="ISO 8601; without an offset it is Tokyo's time. Default: now.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
@click.option(
    "--root", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Holds flows/ and prompts/."
)
def hours(
    counters: tuple[str, ...], procedure: str | None, who: str, at: str | None, root: Path | None, *, as_json: bool
) -> None:
    """Answer for each counter and procedure that was asked for."""
    from ivr import hours as counter_hours  # noqa: PLC0415  (help does not need the libraries behind it)
    from ivr.facts import Facts  # noqa: PLC0415

    what = cast("ProcedureId | None", _one_of(procedure, counter_hours.PROCEDURES, "--for"))
    visitor = cast("Who", _one_of(who, counter_hours.WHO, "--who"))
    folder = root or cli.settings().root
    table = counter_hours.load(folder, Facts.load(folder))
    cli.print_findings(counter_hours.warnings(table, datetime.now(counter_hours.TOKYO).date()))
    asked = list(_named(table, counters)) if counters else list(table.counters.values())
    try:
        now = counter_hours.tokyo(_moment(at))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from error
    found = list(counter_hours.answers(table, asked, what, visitor, now))
    if as_json:
        click.echo(json.dumps([one.as_json() for one in found], ensure_ascii=False, indent=1))
        return
    click.echo(f"{_day(now)} {now:%H:%M}  {_WHO[who]}({who})  {counter_hours.holiday(now.date())}".rstrip())
    for line in columns([_HEAD, *_rows(table, found)]):
        click.echo(line)


def _one_of(given: str | None, known: Iterable[str], option: str) -> str | None:
    if given is not None and given not in known:
        raise click.BadParameter(f"there is no {given!r}; there are: {', '.join(known)}", param_hint=option)
    return given


def _named(table: Hours, names: Iterable[str]) -> Iterator[Counter]:
    for name in names:
        try:
            yield table.named(name)
        except KeyError as error:
            known = "、".join(counter.name for counter in table.counters.values())
            raise click.BadParameter(f"there is no {name!r}; there are: {known}", param_hint="COUNTER") from error


def _moment(given: str | None) -> datetime:
    from ivr.hours import TOKYO  # noqa: PLC0415

    if given is None:
        return datetime.now(TOKYO)
    try:
        if not re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", given):
            raise ValueError(given)  # noqa: TRY301  (one error for every form)
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise click.BadParameter(
            f"{given!r} is not a moment like 2026-11-24T18:30 or 2026-11-24T18:30+09:00", param_hint="--at"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=TOKYO)


def _rows(table: Hours, found: Iterable[Answer]) -> Iterator[tuple[str, ...]]:
    for one in found:
        yield (
            one.counter,
            f"{table.procedures[one.procedure].name} {one.procedure}",
            _YES_NO[one.offered],
            _OPEN[one.open],
            one.as_json()["today"] or "-",
            f"{_day(one.next)} {one.next:%H:%M}" if one.next else "-",
            _BASIS[one.basis],
            one.section,
            one.why,
        )


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}({_WEEKDAYS[moment.weekday()]})"
