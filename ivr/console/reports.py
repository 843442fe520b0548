"""`/console/reports`: what callers needed in a period, in pictures and tables, for the screen and for paper."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, current_app, render_template, request

from ivr import graph, typed
from ivr.console import charts
from ivr.console.here import store
from ivr.content import TODAY
from ivr.findings import FindingsError
from ivr.hours import TOKYO
from ivr.records.export import COLUMNS_AND_TITLES, rows
from ivr.records.report import WEEKDAYS, Period, report, versions
from ivr.records.summaries import Summaries
from ivr.records.summary import DEFINITIONS_JA
from ivr.titles import DIALLED, OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ivr.content import Content
    from ivr.records.report import Report
    from ivr.sets.known import KnownFlows
    from ivr.titles import Titles

PICTURES = ("subjects", "hour", "weekday", "day", "flow")
WEEK = 7
LONGEST = 3660
"""Days of a period."""
WEEKDAYS_JA = dict(zip(WEEKDAYS, "月火水木金土日", strict=True))
TODAY_JA = "(今日の受付時間)"
KEY = "*"
"""Stands for the key of an option, which depends on the place that offers it."""
LONGEST_WORDS = 40
SURVEY_JA = ["たずねた", "役に立った", "役に立たなかった"]
MOST_CUT = 40
"""Prompts that the page lists."""
_SHADES = ("#ffffff", "#fdeae6", "#f8c9bf", "#f09c8b", "#e36a55")
"""From nobody to the most that left at one place."""
_PLAIN = " /:;,()-.?!*'"
"""What needs no escape in the address of an image, so that it can be read and searched as text."""
pages = Blueprint("reports", __name__)


@dataclass(frozen=True)
class Asked:
    """What was asked for: a period, perhaps another to compare with, and words where it cannot be."""

    period: Period
    other: Period | None
    how: str
    error: str = ""

    @property
    def query(self) -> str:
        """Write it as an address has it: what was understood, and nothing else of what stood there."""
        asked = {"from": str(self.period.first), "to": str(self.period.last), "flow": self.period.flow_version}
        asked["compare"] = self.how
        if self.how == "period" and self.other:
            asked |= {"from2": str(self.other.first), "to2": str(self.other.last)}
        return urlencode({name: value for name, value in asked.items() if value})


@pages.get("/reports")
def show() -> str | tuple[str, int]:
    """Show the report of a period: `?from=2026-11-01&to=2026-11-30&flow=1a2b3c4d&compare=previous`."""
    asked = _asked()
    found = report(store(), asked.period)
    against = report(store(), asked.other) if asked.other else None
    content = _content(asked.period.flow_version or next(iter(found.heard_most), ""))
    titles = _flows().titles(*found.heard_most)
    page = render_template(
        "reports.html",
        asked=asked,
        quick=_quick(_today()),
        found=found,
        against=against,
        uncounted=Summaries(store()).uncounted(),
        definitions=DEFINITIONS_JA,
        outcomes=OUTCOMES,
        colours=charts.COLOURS,
        weekdays=WEEKDAYS_JA,
        titles=titles,
        dialled=DIALLED,
        subjects={name: _offer(content, name) for name in found.subjects},
        pictures={
            name: _picture(name, found, against, content, titles) for name in PICTURES if found.total.calls or against
        },
        survey=SURVEY_JA,
        prompts=[(name, words, _words(content, name)) for name, words in list(found.prompts.items())[:MOST_CUT]],
        places=sorted(found.places.items(), key=lambda item: -item[1].left),
    )
    return (page, 400) if asked.error else page


@pages.get("/reports/calls.csv")
def export() -> Response:
    """Give the counted calls of the period as CSV, without anything about who called."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    asked = _asked()
    if asked.error:
        return Response(f"{asked.error}\n", 400, content_type="text/plain; charset=utf-8")
    writer.writerow(COLUMNS_AND_TITLES)
    writer.writerows(rows(store(), asked.period, _flows().titles))
    name = f"calls-{asked.period.first}-{asked.period.last}.csv"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8", headers=disposition)


def _quick(today: date) -> dict[str, dict[str, str]]:
    """Give the periods that are asked for most often, as an address has them."""
    yesterday, month = today - timedelta(days=1), today.replace(day=1)
    periods = {
        "きのう": (yesterday, yesterday),
        "この七日": (today - timedelta(days=WEEK), yesterday),
        "今月": (month, today),
        "先月": ((month - timedelta(days=1)).replace(day=1), month - timedelta(days=1)),
    }
    return {name: {"from": f"{first}", "to": f"{last}"} for name, (first, last) in periods.items()}


def _picture(name: str, found: Report, against: Report | None, content: Content | None, titles: Titles) -> str:
    """Draw a picture into the address of an image: the report is counted once for a page, not once for each."""
    if name == "flow" and content is None:
        return ""
    drawn = _drawn(name, found, against, titles) if content is None or name != "flow" else _flow(content, found)
    return f"data:image/svg+xml,{quote(drawn, safe=_PLAIN)}"


def _drawn(name: str, found: Report, against: Report | None, titles: Titles) -> str:
    if name == "subjects":
        groups = {subject: group.outcomes for subject, group in found.subjects.items()}
        return charts.stacks(groups, {subject: titles.subject(subject) for subject in groups})
    ours: Mapping[object, int] = getattr(found, f"by_{name}")
    theirs = list(getattr(against, f"by_{name}").values()) if against else None
    numbers = list(ours.values())
    if theirs is not None and len(theirs) != len(numbers):  # periods of different length: day by day from their first
        theirs = (theirs + [0] * len(numbers))[: len(numbers)]
    below = {"hour": "時", "weekday": "曜日"}.get(name, "")
    return charts.bars([_short(key, found) for key in ours], numbers, theirs, below=below)


def _short(key: object, found: Report) -> str:
    """Write an hour, a weekday or a day below its bar; of a day the year too where there are several."""
    if not isinstance(key, date):
        return WEEKDAYS_JA.get(str(key), str(key))
    year = "" if found.period.first.year == found.period.last.year else f"{key.year}年"
    return f"{year}{key.month}月{key.day}日"


def _flow(content: Content, found: Report) -> str:
    most = max((place.left for place in found.places.values()), default=0) or 1
    notes, shades = {}, {}
    for name, place in found.places.items():
        if place.left:
            notes[name] = f"{place.left}" + (f" ({place.given_up})" if place.given_up else "")
            shades[name] = _SHADES[-(-place.left * (len(_SHADES) - 1) // most)]
    return graph.svg(content.flow, shades={**dict.fromkeys(content.flow.nodes, _SHADES[0]), **shades}, notes=notes)


def _asked() -> Asked:
    """Read what was asked for; the last seven days, and why, where that cannot be."""
    given, today = request.args, _today()
    usual = Period(today - timedelta(days=WEEK), today - timedelta(days=1))
    try:
        usual = replace(usual, flow_version=_version(given.get("flow", "")))
        period = _period(given.get("from", ""), given.get("to", ""), usual)
        other = _other(given.get("compare", ""), period)
    except _UnknownError as error:
        return Asked(replace(usual, flow_version=""), None, "", str(error))
    except ValueError:
        return Asked(usual, None, "", "期間が正しくありません。はじめの日とおわりの日(十年以内)を入れてください。")
    return Asked(period, other, given.get("compare", "") if other else "")


class _UnknownError(ValueError):
    """Something that there is not was asked for; says so in Japanese."""


def _other(how: str, period: Period) -> Period | None:
    """Give what to compare with; raises ValueError."""
    first, last = request.args.get("from2", ""), request.args.get("to2", "")
    if not how:
        return None
    if how == "previous":
        return period.before
    if how == "period":
        return _period(first, last, period if first and last else period.before)
    if how.startswith("flow:"):
        return replace(period, flow_version=_version(how.removeprefix("flow:") or "-"))
    raise _UnknownError("くらべる相手が正しくありません。一覧から選んでください。")


def _today() -> date:
    now: datetime = current_app.extensions["now"]()
    return now.astimezone(TOKYO).date()


def _version(text: str) -> str:
    """Read the version of a flow that somebody heard; raises ValueError for another."""
    if not text:
        return ""
    known = versions(store())
    if text not in known:
        there = "、".join(f"{version}({number}件)" for version, number in known.items())
        raise _UnknownError(
            f"その版の電話はありません。{f'ある版:{there}' if there else 'まだ電話の記録がありません。'}"
        )
    return text


def _period(first: str, last: str, usual: Period) -> Period:
    begins = typed.day(first) if first else usual.first
    ends = typed.day(last) if last else usual.last
    if (ends - begins).days > LONGEST:
        raise ValueError("a period this long")
    return Period(begins, ends, usual.flow_version)


def _flows() -> KnownFlows:
    found: KnownFlows = current_app.extensions["flows"]
    return found


def _content(version: str) -> Content | None:
    try:
        return _flows().content(version)
    except FindingsError:
        return None


def _words(content: Content | None, prompt: str) -> str:
    """Give how a prompt begins, as callers hear it: one of today's hours differs from call to call."""
    if content is None or prompt not in content.prompts.by_name:
        return TODAY_JA if prompt == TODAY else ""
    text = "".join(sentence.text for sentence in content.prompts.sentences(prompt, content.facts, KEY))
    return text if len(text) <= LONGEST_WORDS else f"{text[:LONGEST_WORDS]}…"


def _offer(content: Content | None, option: str) -> str:
    """Give the words that offer an option in the opening, as callers hear them."""
    if content is None:
        return ""
    options = getattr(content.flow.nodes[content.flow.top.start], "options", {})
    says = next((each.says for each in options.values() if each.name == option), "")
    key = next((key for key, each in options.items() if each.name == option), "")
    return "".join(sentence.text for sentence in content.prompts.sentences(says, content.facts, key)) if says else ""
