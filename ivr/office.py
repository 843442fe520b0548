"""When the office answers its telephone. The ward's page states no such hours, so they are a setting. Pure.

`mon-fri 08:30-17:00, sun 09:00-12:00`: national holidays are never among them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from ivr.facts import Words, clock_words
from ivr.settings import WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

WEEKDAYS_JA = "月火水木金土日"
_WEEK = 7
_MIDNIGHT = "24:00"


@dataclass(frozen=True)
class Office:
    """The office's number in E.164 (empty: nobody is dialled) and the hours in which it answers."""

    number: str
    hours: dict[int, tuple[tuple[time, time], ...]]
    is_holiday: Callable[[date], bool]

    def state(self, now: datetime) -> str:
        """Tell `open`, `closed` or `unset`. The minute at which it closes is closed."""
        if not self.number:
            return "unset"
        return "open" if any(begin <= now.time() < end for begin, end in self._on(now.date())) else "closed"

    def says(self, now: datetime) -> Words:
        """Say when somebody answers next, as one whole sentence."""
        for days in range(_WEEK + 1):
            day = now.date() + timedelta(days)
            for begin, _ in self._on(day):
                if days or begin > now.time():
                    return _sentence(days, day.weekday(), begin)
        return LATER

    def all_says(self) -> Iterator[Words]:
        """List every sentence that `says` can give."""
        if not self.number:
            return
        yield LATER
        for weekday, parts in self.hours.items():
            for begin, _ in parts:
                yield from (_sentence(days, weekday, begin) for days in (0, 1, 2, _WEEK))

    def _on(self, day: date) -> tuple[tuple[time, time], ...]:
        return () if self.is_holiday(day) else self.hours.get(day.weekday(), ())


LATER = Words(*["ただいま、係の者は、電話に出られません。次の受付は、まだ先の日です。"] * 2)


def parse(number: str, written: str, is_holiday: Callable[[date], bool]) -> Office:
    """Read the settings IVR_OFFICE_PHONE (already E.164) and IVR_OFFICE_HOURS (already checked)."""
    hours: dict[int, tuple[tuple[time, time], ...]] = {}
    for part in filter(None, (item.strip() for item in written.split(","))):
        days, _, span = part.partition(" ")
        begin, _, end = span.partition("-")
        for weekday in _days(days):
            hours[weekday] = tuple(sorted((*hours.get(weekday, ()), (time.fromisoformat(begin), _end(end)))))
    return Office(number, hours, is_holiday)


def _days(written: str) -> list[int]:
    first, _, last = written.partition("-")
    begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    return [day % _WEEK for day in range(begin, begin + (end - begin) % _WEEK + 1)]


def _end(written: str) -> time:
    return time.max if written == _MIDNIGHT else time.fromisoformat(written)


def _sentence(days: int, weekday: int, begin: time) -> Words:
    name = f"{WEEKDAYS_JA[weekday]}曜日の"
    day = {0: "今日の", 1: "明日の", _WEEK: f"来週の{name}"}.get(days, name)
    return Words(*[f"ただいま、係の者は、電話に出られません。次の受付は、{day}、{clock_words(begin)}からです。"] * 2)
