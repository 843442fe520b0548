"""When the office answers its telephone. The ward's page states no such hours, so they are a setting. Pure.

The telephone rests on the days on which counters rest: national holidays, the turn of the year, the closed days of the
table that name it. What people close on the board is handed in (`shut`: days on which it stays closed).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from ivr import hours, office_hours
from ivr.facts import Words
from ivr.hours.wording import fill

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from ivr.hours import Closing, Hours, Span

_DATE, _TIME = "{date}", "{time}"


@dataclass(frozen=True)
class Said:
    """A sentence about the next opening; `form` is what is spoken, with {date} and {time} where these stand.

    `date` is month and day where the sentence names them.
    """

    words: Words
    form: str
    date: tuple[int, int] | None
    time: time


@dataclass(frozen=True)
class Office:
    """The office's number in E.164 (empty: nobody is dialled), the hours of each weekday, and the table of hours."""

    number: str
    week: Mapping[int, tuple[Span, ...]]
    table: Hours

    def state(self, now: datetime, shut: Collection[date] = ()) -> str:
        """Tell `open`, `closed` or `unset`. The minute at which it closes is closed."""
        if not self.number:
            return "unset"
        local = now.astimezone(hours.TOKYO)
        return "open" if hours.holds(self._on(local.date(), shut), local.time()) else "closed"

    def says(self, now: datetime, shut: Collection[date] = ()) -> tuple[Words, ...]:
        """Say when somebody answers next, after what keeps the telephone closed today; each is one file of sound."""
        local = now.astimezone(hours.TOKYO)
        return (*self._notice(local, shut), self._next(local, shut))

    def usual_says(self) -> tuple[Words, ...]:
        """List every sentence about the next opening that `says` can give."""
        return (*(said.words for said in self.openings), self._later) if self.number else ()

    def notices(self, *, closings: bool = True) -> tuple[Words, ...]:
        """List what can go before them: that it is closed for today on the board, and the closed days of the table."""
        if not self.number:
            return ()
        told = (closing.says for closing in self.table.telephone_closings) if closings else ()
        return tuple(dict.fromkeys((self._board_says, *told)))

    def told(self) -> tuple[Words, ...]:
        """List what is said whatever the hours are."""
        return (*self.notices(), self._later)

    def all_says(self) -> tuple[Words, ...]:
        """List every sentence that `says` can give."""
        return (*self.usual_says(), *self.notices())

    @cached_property
    def openings(self) -> tuple[Said, ...]:
        """Every sentence about a next opening, on whatever day of the calendar somebody calls; a few hundred at most.

        Closing it for today on the board brings no other: it is then as in the evening of that day.
        """
        found: dict[object, Said] = {}
        following: tuple[date, time] | None = None
        for day in reversed(hours.CALENDAR):
            spans = self._on(day)
            ahead = [(day, begin) for begin, _ in spans if begin > time.min]
            for on, begin in (*ahead, *([following] if following else ())):
                near = min((on - day).days, hours.FAR)
                far = (on.month, on.day) if near == hours.FAR else None
                key = (near, near and on.weekday(), begin, far)
                if key not in found:
                    found[key] = self._said(on, begin, day)
            following = (day, spans[0][0]) if spans else following
        return tuple(dict.fromkeys(found.values()))

    def changes(self, first: datetime, last: datetime) -> Iterator[datetime]:
        """Give the moments after `first` up to `last` at which it opens, closes, or something else may be said."""
        if not self.number:
            return
        begin, end = first.astimezone(hours.TOKYO), last.astimezone(hours.TOKYO)
        for number in range((end.date() - begin.date()).days + 1):
            day = begin.date() + timedelta(number)
            spans = (*self._on(day), *(span for closing in self._closings(day) for span in closing.spans))
            for edge in sorted({time.min, *(edge for span in spans for edge in span)} - {time.max}):
                moment = datetime.combine(day, edge, hours.TOKYO)
                if begin < moment <= end:
                    yield moment

    def _on(self, day: date, shut: Collection[date] = ()) -> tuple[Span, ...]:
        usual = self.week.get(day.weekday(), ())
        if not usual or day in shut or day in self.table.year_end or hours.holiday(day):
            return ()
        closings = self._closings(day)
        return hours.without(usual, [span for closing in closings for span in closing.spans]) if closings else usual

    def _closings(self, day: date) -> list[Closing]:
        return [closing for closing in self.table.telephone_closings if closing.first <= day <= closing.last]

    def _notice(self, now: datetime, shut: Collection[date]) -> tuple[Words, ...]:
        """Give the words of one closing that matters now; those of the table tell more than the board."""
        usual = self.week.get(now.weekday(), ())
        for closing in self._closings(now.date()):
            if not closing.hours or any(now.time() < end for _, end in hours.common(usual, closing.hours)):
                return (closing.says,)
        return (self._board_says,) if now.date() in shut else ()

    def _next(self, now: datetime, shut: Collection[date]) -> Words:
        for number in range(hours.LOOK_AHEAD):
            day = now.date() + timedelta(number)
            for begin, _ in self._on(day, shut):
                if number or begin > now.time():
                    return self._said(day, begin, now.date()).words
        return self._later

    def _said(self, day: date, begin: time, today: date) -> Said:
        far = (day - today).days >= hours.FAR
        words = self._filled(hours.spoken_day(self.table, day, today), hours.spoken_time(begin))
        blank = hours.spoken_day(self.table, day, today, Words(_DATE, _DATE))
        form = self._filled(blank, Words(_TIME, _TIME)).spoken
        return Said(words, form, (day.month, day.day) if far else None, begin)

    def _filled(self, day: Words, begin: Words) -> Words:
        return fill(self.table.sentences, "telephone_next", day=day, time=begin)

    @property
    def _board_says(self) -> Words:
        return self.table.sentences["telephone_closed"]

    @property
    def _later(self) -> Words:
        return self.table.sentences["telephone_later"]


def parse(number: str, written: str, table: Hours) -> Office:
    """Read the settings IVR_OFFICE_PHONE (already E.164) and IVR_OFFICE_HOURS; raises BadValueError."""
    return Office(number, office_hours.read(written) if written else {}, table)
