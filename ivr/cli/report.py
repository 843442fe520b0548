"""`ivr records report` and `export`: what callers needed in a period, for people and for spreadsheets."""

from __future__ import annotations

import csv
import io
import sys
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from ivr import cli
from ivr.cli.columns import columns
from ivr.cli.records import open_store, to_json
from ivr.titles import DIALLED, Titles, named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ivr.records.report import Group, Period, Report
    from ivr.records.store import Store
    from ivr.settings import Settings

TOKYO = ZoneInfo("Asia/Tokyo")
WEEK = timedelta(days=7)
_PERIOD = "FROM..TO, both days included; Asia/Tokyo"
_BAR = 40
MOST_CUT = 30
"""Prompts that the text lists; the other forms have all."""


@click.command(context_settings=cli.HELP)
@click.option("--period", metavar="FROM..TO", help="Days such as 2026-11-01..2026-11-30. Default: the last seven.")
@click.option(
    "--flow", "version", metavar="VERSION", default="", help="Only calls that heard this version of the flow."
)
@click.option("--compare", metavar="WITH", help="previous, another FROM..TO, or flow:VERSION: both, side by side.")
@click.option("--format", "form", type=click.Choice(("text", "csv", "json")), default="text", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def report(*, period: str | None, version: str, compare: str | None, form: str, as_json: bool) -> None:
    """Count what callers needed: subjects, how calls ended, where people left, silence and wrong keys."""
    from ivr.records.report import report as count  # noqa: PLC0415  (the database library takes a while)
    from ivr.records.summaries import Summaries  # noqa: PLC0415
    from ivr.sets.known import KnownFlows  # noqa: PLC0415

    wanted = _period(period, version)
    other = _other(compare, wanted) if compare else None
    settings = cli.settings()
    with open_store(settings) as store:
        store.check()
        _known(store, settings, wanted, "--flow")
        _known(store, settings, other, "--compare")
        found = count(store, wanted)
        against = count(store, other) if other else None
        uncounted, passed_over = Summaries(store).uncounted(), Summaries(store).passed_over()
    if passed_over:
        click.echo(
            f"{passed_over} calls cannot be counted: the log of `ivr work` says why (call_not_counted)", err=True
        )
    titles = KnownFlows(settings).titles(*found.heard_most, *(against.heard_most if against else ()))
    if uncounted:
        click.echo(f"{uncounted} calls are not counted yet: they are not over, or `ivr work` does not run", err=True)
    if as_json or form == "json":
        whole = found.as_json(titles)
        click.echo(to_json({**whole, "compared_with": against.as_json(titles)} if against else whole))
    elif form == "csv":
        click.echo(_csv(found, against, titles), nl=False)
    else:
        click.echo("\n".join(_compared(found, against, titles) if against else _text(found, titles)))


class _Explained(click.Command):
    """A command whose help ends with what each column means."""

    def format_epilog(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from ivr.records.export import COLUMNS_AND_TITLES  # noqa: PLC0415

        with formatter.section("Columns"):
            formatter.write_dl(list(COLUMNS_AND_TITLES.items()))


@click.command(cls=_Explained, context_settings=cli.HELP)
@click.option("--period", metavar="FROM..TO", help="Days such as 2026-11-01..2026-11-30. Default: the last seven.")
def export(*, period: str | None) -> None:
    """Write the counted calls of a period as CSV (UTF-8, a head, commas), one a line, nothing about the caller."""
    from ivr.records.export import COLUMNS_AND_TITLES, rows  # noqa: PLC0415
    from ivr.sets.known import KnownFlows  # noqa: PLC0415

    wanted, settings = _period(period, ""), cli.settings()
    with open_store(settings) as store:
        store.check()
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(COLUMNS_AND_TITLES)
        writer.writerows(rows(store, wanted, KnownFlows(settings).titles))


def _period(text: str | None, version: str, option: str = "--period", else_: str = "") -> Period:
    from ivr.records.report import Period  # noqa: PLC0415

    if text is None:
        yesterday = datetime.now(TOKYO).date() - timedelta(days=1)
        return Period(yesterday - WEEK + timedelta(days=1), yesterday, version)
    first, dots, last = text.partition("..")
    try:
        begin = date.fromisoformat(first.strip())
        return Period(begin, date.fromisoformat(last.strip()) if dots else begin, version)
    except ValueError as error:
        message = f"{text!r} is no period: write {else_}{_PERIOD}, such as 2026-11-01..2026-11-30 ({error})"
        raise click.BadParameter(message, param_hint=option) from error


def _other(text: str, wanted: Period) -> Period:
    from ivr.records.report import Period  # noqa: PLC0415

    if text == "previous":
        try:
            return wanted.before
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--compare") from error
    if text.startswith("flow:"):
        version = text.removeprefix("flow:").strip()
        if not version:
            raise click.BadParameter("write the version after 'flow:'", param_hint="--compare")
        return Period(wanted.first, wanted.last, version)
    return _period(text, wanted.flow_version, "--compare", "previous, flow:VERSION or ")


def _known(store: Store, settings: Settings, period: Period | None, option: str) -> None:
    """Refuse a version of the flow that nobody heard and that is not kept."""
    from ivr.records.report import versions  # noqa: PLC0415
    from ivr.sets.kept import Sets  # noqa: PLC0415

    if period is None or not period.flow_version:
        return
    calls = versions(store)
    known = sorted({*calls, *(kept.version for kept in Sets(settings.data).kept())})
    if period.flow_version not in known:
        there = ", ".join(f"{version} ({calls.get(version, 0)} calls)" for version in known)
        said = f"there are {there}" if known else "no call has been recorded yet"
        message = f"no version {period.flow_version!r} of the flow is known: {said}"
        raise click.BadParameter(message, param_hint=option)


def _text(found: Report, titles: Titles) -> Iterator[str]:
    total = found.total
    yield f"{found.period}: {total.calls} calls, {total.repeats} of them repeats within 24 hours"
    yield from (f"  {line}" for line in _outcomes(total))
    if found.answer_seconds is not None:
        yield f"  the answer began after {found.answer_seconds} s and {found.answer_keys} keys (median)"
    if total.asked:
        yield f"  asked whether it helped: {total.asked}; yes: {total.helped}, no: {total.not_helped}"
    survey = ("asked", "helped", "not") if total.asked else ()
    yield from _table(
        "subjects", ("", "calls", "menu", "person", "given up", "repeats", *survey), _subjects(found, titles)
    )
    yield from _bars("hours", {f"{hour:02}": number for hour, number in found.by_hour.items()})
    yield from _bars("weekdays", found.by_weekday)
    yield from _bars("days", {day.isoformat(): number for day, number in found.by_day.items()})
    yield from _table(
        "where", ("", "keys", "silence", "wrong", "cut short", "left", "got nothing"), _places(found, titles)
    )
    yield from _table("prompts", ("", "heard", "cut short", "hung up", "", *survey), _prompts(found))
    if len(found.prompts) > MOST_CUT:
        yield f"... and {len(found.prompts) - MOST_CUT} prompts that are cut short less often: --format csv"
    yield from _table("transfers", ("", "outcome", "times"), _transfers(found, titles))
    yield from _bars("faults by Twilio's code", found.faults)
    yield from _bars("versions of the flow", found.versions)


def _outcomes(group: Group) -> Iterator[str]:
    said = {"menu": "finished in the menu", "person": "spoke with a person", "given_up": "given up"}
    for name, words in said.items():
        yield f"{words}: {group.outcomes[name]} ({_share(group.outcomes[name], group.calls)})"


def _subjects(found: Report, titles: Titles) -> Iterator[tuple[str, ...]]:
    for name, group in found.subjects.items():
        left_out = set() if found.total.asked else {"asked", "helped", "not_helped"}
        yield (
            named(titles.subject(name), name),
            *(str(number) for what, number in group.as_json().items() if what not in left_out),
        )


def _places(found: Report, titles: Titles) -> Iterator[tuple[str, ...]]:
    for name, place in sorted(found.places.items(), key=lambda item: -item[1].left):
        cut = _share(place.cut, place.told) if place.told else "-"
        counts = (place.keys, place.silence, place.wrong, cut, place.left, place.given_up)
        yield named(titles.node(name), name), *map(str, counts)


def _prompts(found: Report) -> Iterator[tuple[str, ...]]:
    for name, words in list(found.prompts.items())[:MOST_CUT]:
        short = (words.heard, words.cut, words.hung_up)
        survey = (words.asked, words.helped, words.not_helped) if found.total.asked else ()
        yield name, *map(str, short), _share(words.cut + words.hung_up, words.heard), *map(str, survey)


def _transfers(found: Report, titles: Titles) -> Iterator[tuple[str, ...]]:
    for to, outcomes in found.transfers.items():
        for outcome, times in outcomes.items():
            yield named(titles.dialled(to), to or "-"), named(DIALLED.get(outcome, ""), outcome), str(times)


def _table(title: str, head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    found = list(rows)
    if found:
        yield ""
        yield from columns([(title, *head[1:]), *found])


def _bars(title: str, numbers: Mapping[str, int]) -> Iterator[str]:
    most = max(numbers.values(), default=0)
    if most:
        yield ""
        yield from columns(
            [(title, "calls"), *((name, f"{n:6d} {'#' * _bar(n, most)}") for name, n in numbers.items())]
        )


def _bar(number: int, most: int) -> int:
    return -(-number * _BAR // most)


def _compared(found: Report, against: Report, titles: Titles) -> Iterator[str]:
    yield f"{found.period}  against  {against.period}"
    ours, theirs = _measures(found), _measures(against)
    rows = [
        (
            name,
            *(str(side.get(name, 0)) for side in (ours, theirs)),
            f"{ours.get(name, 0) - theirs.get(name, 0):+d}",
            _title(name, titles),
        )
        for name in dict.fromkeys((*ours, *theirs))
    ]
    yield from columns([("", "this", "other", "change", "title"), *rows])


def _csv(found: Report, against: Report | None, titles: Titles) -> str:
    """Write a line for each number: what it measures, its value, of both periods where two are compared, its title."""
    sides = [_measures(side) for side in (found, against) if side]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("measure", *(str(side.period) for side in (found, against) if side), "title"))
    for name in dict.fromkeys(name for side in sides for name in side):
        writer.writerow((name, *(side.get(name, 0) for side in sides), _title(name, titles)))
    return text.getvalue()


def _title(measure: str, titles: Titles) -> str:
    """Give the title of what a number is counted of; the numbers of whole reports have none."""
    kind, _, rest = measure.partition(".")
    name, _, what = rest.partition(".")
    if kind == "transfers":
        return f"{titles.dialled(name)} {DIALLED.get(what, '')}".strip()
    return {"subjects": titles.subject, "places": titles.node}.get(kind, lambda _name: "")(name)


def _measures(found: Report) -> dict[str, int]:
    """Flatten a report: `subjects.lost.calls` and the like, each with its number."""

    def flat(value: object, name: str) -> Iterator[tuple[str, int]]:
        if isinstance(value, dict):
            for key, part in value.items():
                yield from flat(part, f"{name}.{key}" if name else key)
        elif isinstance(value, int):
            yield name, value

    return dict(flat(found.as_json(Titles()), ""))


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"
