"""What a counter's day looks like: the rules that turn the page's words into open, closed and undecided."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import holidays

from ivr.hours.table import (
    HOLIDAY,
    LATE_TUESDAY,
    UNNAMED,
    WEEKDAY,
    WEEKDAYS,
    YEAR_END,
    Basis,
    Closing,
    Hours,
    Offer,
    Pattern,
    Span,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime, time

TOKYO = ZoneInfo("Asia/Tokyo")
FIRST_YEAR, LAST_YEAR = 1949, 2098
"""The years whose national holidays are known (the year after the last is needed to look ahead)."""
_TUESDAY, _SATURDAY = 1, 5
_WEEKDAYS_JA = "月火水木金土日"

State = Literal["open", "closed", "undecided", "elsewhere"]


@dataclass(frozen=True)
class Kind:
    """What a date is: its weekday (0 is Monday), a national holiday, in the turn of the year."""

    weekday: int
    holiday: bool
    year_end: bool


@dataclass(frozen=True)
class Day:
    """One counter on one day.

    Within `spans` the state holds, outside them the counter is closed. `elsewhere` means that the hours belong to
    other procedures: then `other` is the day that they describe, and from `shut_from` on it is closed all the same.
    """

    state: State
    spans: tuple[Span, ...]
    basis: Basis
    why: str
    other: Day | None = None
    shut_from: time | None = None


def tokyo(moment: datetime) -> datetime:
    """Bring an aware moment to Tokyo; raises ValueError for a naive one and for years without known holidays."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its offset from UTC")
    if not FIRST_YEAR < moment.year <= LAST_YEAR:
        raise ValueError(f"national holidays are known from {FIRST_YEAR + 1} to {LAST_YEAR}, not for {moment.year}")
    return moment.astimezone(TOKYO)


@lru_cache(maxsize=8192)
def holiday(day: date) -> str:
    """Name a national holiday of Japan (振替休日 and 国民の休日 included); empty on any other day."""
    return _holidays().get(day) or ""


@lru_cache(maxsize=1)
def _holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("JP", language="ja")


def kind_of(hours: Hours, day: date) -> Kind:
    """Tell what a date is."""
    return Kind(day.weekday(), bool(holiday(day)), day in hours.year_end)


def day_of(hours: Hours, offer: Offer, day: date, closings: Sequence[Closing]) -> Day:
    """Describe one counter's day. `closings` are those that concern the procedure on that day."""
    usual = usual_day(offer, kind_of(hours, day))
    if offer.offered is False or not closings:
        return usual
    parents = {counter.id for counter in hours.counters.values() if offer.counter in counter.halls}
    for closing in closings:
        if any(closing.shuts(counter) for counter in (offer.counter, *parents)):
            return Day("closed", (), "stated", closing.says.text)
    shut = [closing for hall in offer.halls for closing in closings if closing.shuts(hall)]
    return _without_halls(offer, usual, shut) if shut else usual


def usual_day(offer: Offer, kind: Kind) -> Day:
    """Describe a counter's day without closings: by the page's words alone."""
    if offer.offered is False:
        return Day("closed", (), offer.basis, offer.why)
    if offer.pattern is None:
        return Day("elsewhere", (), "none", offer.why)
    if offer.own:
        return _by_pattern(offer.pattern, kind)
    if WEEKDAYS[kind.weekday] in offer.never:
        weekday = _WEEKDAYS_JA[kind.weekday]
        return Day("closed", (), "stated", f"{weekday}曜日に開くのはほかの窓口だけと書かれている")
    sections = "、".join(offer.other_sections)
    why = f"受付時間はこの手続きの節(第{offer.section}節)になく、ほかの手続きの節(第{sections}節)にだけある"
    shut = None
    if kind.weekday == _TUESDAY and LATE_TUESDAY in offer.never:
        shut = offer.pattern.spans(_TUESDAY)[-1][1]
    return Day("elsewhere", (), "other-section", why, _by_pattern(offer.pattern, kind), shut)


def _without_halls(offer: Offer, usual: Day, shut: Sequence[Closing]) -> Day:
    """Describe the ward office on a day on which halls are shut: closed with all of them, else as the page tells."""
    says = shut[0].says.text
    if len(shut) >= len(offer.halls):
        return Day("closed", (), "stated", says)
    if offer.halls_named or usual.state != "open":
        return usual
    why = f"どの庁舎で受け付けるかが書かれておらず、一方が閉まっている({says})"
    return Day("undecided", usual.spans, "none", why)


def _by_pattern(pattern: Pattern, kind: Kind) -> Day:
    stated = _stated_closing(pattern, kind)
    if stated:
        return Day("closed", (), "stated", stated)
    spans = pattern.spans(kind.weekday)
    if not spans:
        return Day("closed", (), "word", f"開く曜日が書かれていて、{_WEEKDAYS_JA[kind.weekday]}曜日はその中にない")
    if kind.holiday and kind.weekday < _SATURDAY and WEEKDAY in pattern.days:
        return Day("closed", (), "word", "祝日は平日ではない")
    silent = _silence(pattern, kind)
    if silent:
        return Day("undecided", spans, "none", f"{silent}のことが書かれていない")
    return Day("open", spans, "stated", "受付時間がこの手続きの節に書かれている")


def _silence(pattern: Pattern, kind: Kind) -> str:
    """Name what the page is silent about on a day that has hours by its weekday."""
    if kind.holiday:
        return "祝日に当たるとき"
    if kind.year_end:
        return "年末年始"
    if kind.weekday >= _SATURDAY and WEEKDAYS[kind.weekday] not in pattern.days and UNNAMED in pattern.days:
        return f"受付時間に曜日がなく、{_WEEKDAYS_JA[kind.weekday]}曜日"
    return ""


def _stated_closing(pattern: Pattern, kind: Kind) -> str:
    if WEEKDAYS[kind.weekday] in pattern.closed:
        return f"{_WEEKDAYS_JA[kind.weekday]}曜日は休みと書かれている"
    if kind.holiday and HOLIDAY in pattern.closed:
        return "祝日は休みと書かれている"
    if kind.year_end and YEAR_END in pattern.closed:
        return "年末年始は休みと書かれている(日にちは書かれていないので、国の機関の休みによる)"
    return ""
