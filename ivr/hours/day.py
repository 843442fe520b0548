"""What a counter's day looks like: the rules that turn the page's words into open, closed and undecided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import holidays

from ivr.hours.spans import ALL_DAY, Span, common, holds, without
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
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime, time

    from ivr.facts import YearDays

TOKYO = ZoneInfo("Asia/Tokyo")
FIRST_YEAR, LAST_YEAR = 1949, 2098
"""The years whose national holidays are known (the year after the last is needed to look ahead)."""
_MONDAY, _TUESDAY, _SATURDAY = 0, 1, 5
_WEEKDAYS_JA = "月火水木金土日"


@dataclass(frozen=True)
class Kind:
    """What a date is: its weekday (0 is Monday), a national holiday, in the turn of the year."""

    weekday: int
    holiday: bool
    year_end: bool


@dataclass(frozen=True)
class Shut:
    """Hours of a day within which a counter is closed, whatever else holds, and why."""

    span: Span
    why: str


@dataclass(frozen=True)
class Day:
    """One counter on one day.

    It is open within `spans`; within `maybe` the page leaves that open, for the reason `doubt`; at any other time it
    is closed. Within `shut` it is closed because the page or the table says so (they are no part of the two above).
    `elsewhere` means that the hours belong to other procedures, or that there are none: then nothing is known about
    this one outside `shut`. `basis` and `why` hold where nothing more special does.
    """

    spans: tuple[Span, ...]
    basis: Basis
    why: str
    maybe: tuple[Span, ...] = ()
    doubt: str = ""
    elsewhere: bool = False
    shut: tuple[Shut, ...] = ()

    def at(self, now: time) -> tuple[bool | None, Basis, str]:
        """Tell whether it is open at a time (None: undecided), on what basis, and why."""
        for shut in self.shut:
            if holds((shut.span,), now):
                return False, "stated", shut.why
        if self.elsewhere:
            return None, self.basis, self.why
        if holds(self.maybe, now):
            return None, "none", self.doubt
        return holds(self.spans, now), self.basis, self.why

    def edges(self) -> set[time]:
        """Give the times of the day at which something changes."""
        spans = (*self.spans, *self.maybe, *(shut.span for shut in self.shut))
        return {moment for span in spans for moment in span}


def tokyo(moment: datetime) -> datetime:
    """Bring an aware moment to Tokyo; raises ValueError for a naive one and for years without known holidays."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its offset from UTC")
    known = FIRST_YEAR <= moment.year <= LAST_YEAR + 1  # a year's end elsewhere may be the next year in Tokyo
    local = moment.astimezone(TOKYO) if known else moment
    if not FIRST_YEAR < local.year <= LAST_YEAR:
        raise ValueError(f"national holidays are known from {FIRST_YEAR + 1} to {LAST_YEAR}, not for {local.year}")
    return local


@lru_cache(maxsize=8192)
def holiday(day: date) -> str:
    """Name a national holiday of Japan (振替休日 and 国民の休日 included); empty on any other day."""
    return _holidays().get(day) or ""


@lru_cache(maxsize=1)
def _holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("JP", language="ja")


def kind_of(hours: Hours, day: date) -> Kind:
    """Tell what a date is."""
    return _kind(hours.year_end, day)


@lru_cache(maxsize=16384)
def _kind(year_end: YearDays, day: date) -> Kind:
    return Kind(day.weekday(), bool(holiday(day)), day in year_end)


def day_of(hours: Hours, offer: Offer, day: date, closings: Sequence[Closing]) -> Day:
    """Describe one counter's day. `closings` are those that concern the procedure on that day."""
    kind = kind_of(hours, day)
    if offer.offered is False or not closings:
        return usual_day(offer, kind)
    return _closed_day(hours, offer, kind, tuple(closings))


@lru_cache(maxsize=4096)
def _closed_day(hours: Hours, offer: Offer, kind: Kind, closings: tuple[Closing, ...]) -> Day:
    usual = usual_day(offer, kind)
    parents = [counter.id for counter in hours.counters.values() if offer.counter in counter.halls]
    whole = [closing for closing in closings if closing.shuts(offer.counter, *parents)]
    shut = [Shut(span, closing.says.text) for closing in whole for span in closing.spans]
    halls = offer.halls or hours.counters[offer.counter].halls
    parts = [closing for closing in closings if closing not in whole and closing.shuts(*halls)]
    return _with_halls_shut(_shortened(usual, shut), halls, parts, named=offer.halls_named)


@lru_cache(maxsize=8192)
def usual_day(offer: Offer, kind: Kind) -> Day:
    """Describe a counter's day without closings: by the page's words alone. Remembered: there are 28 kinds at most."""
    if offer.offered is False:
        return Day((), offer.basis, offer.why)
    if offer.pattern is None:
        return Day((), "none", offer.why, elsewhere=True)
    if offer.own:
        return _by_pattern(offer.pattern, kind)
    if WEEKDAYS[kind.weekday] in offer.never:
        return Day((), "stated", f"{_WEEKDAYS_JA[kind.weekday]}曜日に開くのはほかの窓口だけと書かれている")
    sections = "、".join(offer.other_sections)
    why = f"受付時間はこの手続きの節(第{offer.section}節)になく、ほかの手続きの節(第{sections}節)にだけある"
    other = replace(_by_pattern(offer.pattern, kind), basis="other-section", why=why, elsewhere=True)
    ends = [end for _, end in offer.pattern.spans(_MONDAY)]
    if kind.weekday == _TUESDAY and LATE_TUESDAY in offer.never and ends:
        evening = (max(ends), ALL_DAY[1])
        return _shortened(other, [Shut(evening, "火曜日の延長があるのはほかの窓口だけと書かれている")])
    return other


def _shortened(day: Day, shut: Sequence[Shut]) -> Day:
    """Take hours out of a day; a day of which nothing is left is closed for the first reason given."""
    taken = [each.span for each in shut]
    spans, maybe = without(day.spans, taken), without(day.maybe, taken)
    left = replace(day, spans=spans, maybe=maybe, shut=(*day.shut, *shut))
    if day.elsewhere or spans or maybe or not (day.spans or day.maybe):
        return left
    return replace(left, basis="stated", why=shut[0].why)


def _with_halls_shut(day: Day, halls: Sequence[str], closings: Sequence[Closing], *, named: bool) -> Day:
    """Shorten the ward office's day where halls are shut: while all of them are, or where the page names none."""
    if not closings:
        return day
    says = closings[0].says.text
    taken = [[span for each in closings if each.shuts(hall) for span in each.spans] for hall in halls]
    every: tuple[Span, ...] = (ALL_DAY,)
    for spans in taken:
        every = common(every, spans)
    day = _shortened(day, [Shut(span, says) for span in every])
    if named or day.elsewhere:
        return day
    sure = without(day.spans, [span for spans in taken for span in spans])
    if sure == day.spans:
        return day
    doubt = f"どの庁舎で受け付けるかが書かれておらず、一方が閉まっている({says})"
    return replace(day, spans=sure, maybe=without(day.spans, sure), doubt=doubt)


def _by_pattern(pattern: Pattern, kind: Kind) -> Day:
    stated = _stated_closing(pattern, kind)
    if stated:
        return Day((), "stated", stated)
    spans = pattern.spans(kind.weekday)
    if not spans:
        return Day((), "word", f"開く曜日が書かれていて、{_WEEKDAYS_JA[kind.weekday]}曜日はその中にない")
    if kind.holiday and kind.weekday < _SATURDAY and WEEKDAY in pattern.days:
        return Day((), "word", "祝日は平日ではない")
    silent = _silence(pattern, kind)
    if silent:
        why = f"{silent}のことが書かれていない"
        return Day((), "none", why, spans, why)
    return Day(spans, "stated", "受付時間がこの手続きの節に書かれている")


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
