"""Every sentence about hours that can ever be needed, so that all of them have sound before anybody calls.

Found by asking `spoken_hours` itself, for one of each kind of day that the calendar of 37 years brings and for the
days around each closing: what it says is never something that was not listed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from ivr.hours.answer import LOOK_AHEAD, closings_on, moments
from ivr.hours.closings import closed_today
from ivr.hours.day import TOKYO, Day, Kind, day_of, kind_of, usual_day
from ivr.hours.spoken import FAR, spoken_hours
from ivr.hours.table import WHO, Closing, Hours, Offer, ProcedureId, Who

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ivr.facts import Words

_LEAD = timedelta(days=40)
"""Longer than any row of days without an opening: so far ahead a closing can change what is said."""
_ONE_DAY = timedelta(days=1)
_WINDOW = 5
"""Days in a row whose kinds decide what is said on the first of them while a counter is shut."""

_DayType: TypeAlias = "tuple[Kind, tuple[Closing, ...]]"
_Ahead: TypeAlias = "tuple[int, time | None, bool]"
"""Days until the next opening after today, its time (none in sight: 0 and None), and whether no day between is
undecided."""
Way: TypeAlias = "tuple[Words, ...]"
"""The sentences of one answer, in their order."""


def all_spoken_hours(hours: Hours, closings: tuple[Closing, ...] = ()) -> tuple[Words, ...]:
    """List every sentence that `spoken_hours` can ever say; sorted, a few hundred at most.

    Those for any one counter that people close for today are among them. `closings` come besides the table's own.
    """
    ways = (*every_way(hours, closings).values(), *_shut_ways(hours).values())
    return tuple(sorted({sentence for said in ways for way in said for sentence in way}))


def spoken_ways(hours: Hours, procedure: ProcedureId, who: Who, closings: tuple[Closing, ...] = ()) -> tuple[Way, ...]:
    """List what `spoken_hours` can ever say at one moment about one procedure, all its sentences together."""
    return every_way(hours, closings)[procedure, who]


def usual_ways(hours: Hours, procedure: ProcedureId, who: Who) -> tuple[Way, ...]:
    """List what can be said as long as nothing is closed against its hours: `spoken_ways` without any closing."""
    return _usual_ways(hours)[procedure, who]


def spoken_facts(hours: Hours, procedure: ProcedureId, who: Who) -> frozenset[str]:
    """Give the ids of the facts that are heard for a procedure and a visitor, leaving closings aside.

    Each counter that is ever named, by itself or by its group (the halls are spoken of as the ward office; a single
    counter is only 窓口); the hours of each counter that serves, its own or those that it keeps for other things; and
    the days of the year's end, on which they do not hold or may not hold.
    """
    heard = "".join(said.text for way in usual_ways(hours, procedure, who) for said in way)
    serving = hours.serving(procedure, who)
    patterns = {offer.pattern.name: offer.pattern for offer in serving if offer.pattern}
    found = {name for pattern in patterns.values() for name, _ in pattern.facts()}
    if patterns:
        found.add(hours.year_end_fact)
    for offer in serving:
        counter = hours.counters[offer.counter]
        groups = (group.spoken for group in hours.groups if counter.id in group.counters)
        if any(name.text in heard for name in (counter.spoken, counter.short, *groups)):
            found.add(counter.fact)
    return frozenset(found)


@lru_cache(maxsize=8)
def every_way(hours: Hours, closings: tuple[Closing, ...] = ()) -> Mapping[tuple[ProcedureId, Who], tuple[Way, ...]]:
    """List every answer for every procedure and visitor: a second or two of work, remembered for a table."""
    every = tuple(dict.fromkeys((*closings, *hours.closings)))
    usual = _usual_ways(hours)
    if not every:
        return usual
    around = sorted({day for closing in every for day in _days(closing.first - _LEAD, closing.last + _ONE_DAY)})
    found = all_ways(replace(hours, closings=every), around)
    return MappingProxyType({visit: tuple(sorted({*usual[visit], *ways})) for visit, ways in found.items()})


@lru_cache(maxsize=8)
def _usual_ways(hours: Hours) -> Mapping[tuple[ProcedureId, Who], tuple[Way, ...]]:
    return MappingProxyType(all_ways(replace(hours, closings=()), different_days(hours)))


def different_days(hours: Hours) -> list[date]:
    """Give the days of the calendar that differ in what can be said of counters that nothing closes.

    Two days are alike where the days from them on are of the same kinds, as far as any counter is looked ahead for,
    and no counter opens so late that its date is told, or each such one on the same date.
    """
    days = [*CALENDAR, *_days(CALENDAR[-1] + _ONE_DAY, CALENDAR[-1] + LOOK_AHEAD * _ONE_DAY)]
    kinds = [kind_of(hours, day) for day in days]
    ahead = [_gaps(kinds, opening) for opening in _openings(hours, frozenset(kinds))]
    longest = max((gap for gaps in ahead for gap in gaps[: len(CALENDAR)]), default=0)
    found: dict[tuple[object, ...], date] = {}
    for number, day in enumerate(CALENDAR):
        gaps = dict.fromkeys(gaps[number] for gaps in ahead)
        told = (days[number + gap].timetuple()[1:3] for gap in gaps if gap >= FAR)
        found.setdefault((*kinds[number : number + longest + 1], *told), day)
    return list(found.values())


def _openings(hours: Hours, kinds: Iterable[Kind]) -> set[frozenset[Kind]]:
    """List, for the counters that ever open, the kinds of days on which they do for sure; each once."""
    every = (offer for row in hours.procedures.values() for offers in row.offers.values() for offer in offers.values())
    return {frozenset(kind for kind in kinds if usual_day(offer, kind).spans) for offer in every} - {frozenset()}


def _gaps(kinds: Sequence[Kind], opening: frozenset[Kind]) -> list[int]:
    """Count, for each day, the days until the next one of these kinds; 0 where none is left."""
    gaps, gap = [], 0
    for kind in reversed(kinds):
        gaps.append(gap)
        gap = 1 if kind in opening else gap and gap + 1
    return gaps[::-1]


@lru_cache(maxsize=8)
def _shut_ways(hours: Hours) -> Mapping[tuple[ProcedureId, Who], tuple[Way, ...]]:
    """List what is said on a day of each kind while people keep one counter closed that serves, whichever it is.

    Whether the next opening is sure belongs to the kind.
    """
    usual = replace(hours, closings=())
    calendar = _Calendar(usual)
    kinds = [kind_of(hours, day) for day in CALENDAR]
    days = {tuple(kinds[number : number + _WINDOW]): day for number, day in enumerate(CALENDAR)}.values()
    made: dict[object, tuple[Way, ...]] = {}
    found = {}
    for procedure, who, alike in _alike(usual):
        if alike not in made:
            made[alike] = tuple(sorted(set(_shut(calendar, procedure, who, days))))
        found[procedure, who] = made[alike]
    return MappingProxyType(found)


def _shut(calendar: _Calendar, procedure: ProcedureId, who: Who, days: Iterable[date]) -> Iterator[Way]:
    """Give what is said while a counter is shut; those that would not open on that day anyway are all alike."""
    hours = calendar.hours
    serving = hours.serving(procedure, who)
    for kind, day in calendar.kinds(procedure, who, days):
        usual = [(offer, usual_day(offer, kind)) for offer in serving]
        opening = [offer for offer, plan in usual if plan.spans or plan.maybe]
        told = opening + [offer for offer in serving if offer not in opening][:1]
        for name in dict.fromkeys(name for offer in told for name in (offer.counter, *offer.halls)):
            closings = (closed_today(hours, hours.counters[name], day),)
            found = (moments(hours, offer, day, closings) for offer in serving)
            for moment in {datetime.combine(day, time(), TOKYO)}.union(*found):
                yield spoken_hours(hours, procedure, who, moment, closings)


def all_ways(hours: Hours, days: Sequence[date]) -> dict[tuple[ProcedureId, Who], tuple[Way, ...]]:
    """List every answer of these days, for every procedure and visitor."""
    calendar = _Calendar(hours)
    made: dict[object, tuple[Way, ...]] = {}
    found = {}
    for procedure, who, alike in _alike(hours):
        if alike not in made:
            made[alike] = tuple(sorted(set(calendar.ways(procedure, who, days))))
        found[procedure, who] = made[alike]
    return found


class _Calendar:
    """Remembers what each kind of day looks like at each counter; kinds of days are numbered, which is quick."""

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self.numbers: dict[_DayType, int] = {}
        self.days: dict[tuple[ProcedureId | None, date], int] = {}
        self.plans: dict[tuple[int, int], Day] = {}
        self.ahead: dict[tuple[int, date], _Ahead] = {}

    def ways(self, procedure: ProcedureId, who: Who, days: Iterable[date]) -> Iterator[Way]:
        """Give what is said at every moment of the days that differ from each other."""
        for day in self.different(procedure, who, days):
            for moment in self.moments(procedure, who, day):
                yield spoken_hours(self.hours, procedure, who, moment)

    def different(self, procedure: ProcedureId, who: Who, days: Iterable[date]) -> Iterator[date]:
        """Give one day of each kind that can be told apart by what is said on it."""
        offers = self.hours.serving(procedure, who)
        seen = set()
        for day in days:
            ahead = tuple(self._ahead(offer, procedure, day) for offer in offers)
            far = tuple((day + gap * _ONE_DAY).timetuple()[1:3] for gap, *_ in ahead if gap >= FAR)
            key = (day.weekday(), self._number(procedure, day), ahead, far)
            if key not in seen:
                seen.add(key)
                yield day

    def kinds(self, procedure: ProcedureId, who: Who, days: Iterable[date]) -> Iterator[tuple[Kind, date]]:
        """Give one day of each kind, and of each kind one from which on the next openings are sure or not."""
        offers = self.hours.serving(procedure, who)
        seen = set()
        for day in days:
            kind = kind_of(self.hours, day)
            key = (kind, *(self._ahead(offer, procedure, day)[2] for offer in offers))
            if key not in seen:
                seen.add(key)
                yield kind, day

    def moments(self, procedure: ProcedureId, who: Who, day: date) -> list[datetime]:
        """Give the moments of a day from which on something else may be said."""
        closings = closings_on(self.hours, procedure, day, ())
        offers = self.hours.serving(procedure, who)
        found = (moments(self.hours, offer, day, closings) for offer in offers)
        return sorted({datetime.combine(day, time(), TOKYO)}.union(*found))

    def _ahead(self, offer: Offer, procedure: ProcedureId, day: date) -> _Ahead:
        """Look for the next opening after a day: what is found is remembered for every day on the way."""
        way = [day]
        known = self._known(offer, procedure, day)
        while known is None:
            way.append(way[-1] + _ONE_DAY)
            known = self._known(offer, procedure, way[-1]) if len(way) < LOOK_AHEAD else (0, None, True)
        self.ahead[id(offer), way.pop()] = known
        for earlier in reversed(way):
            known = self._before(offer, procedure, earlier, known)
            self.ahead[id(offer), earlier] = known
        return known

    def _known(self, offer: Offer, procedure: ProcedureId, day: date) -> _Ahead | None:
        following = self._plan(offer, procedure, day + _ONE_DAY)
        if following.spans:
            begin = following.spans[0][0]
            return 1, begin, not any(doubtful < begin for doubtful, _ in following.maybe)
        then = self.ahead.get((id(offer), day + _ONE_DAY))
        return self._before(offer, procedure, day, then) if then else None

    def _before(self, offer: Offer, procedure: ProcedureId, day: date, then: _Ahead) -> _Ahead:
        """Give what holds on a day from what holds on the next, on which nothing opens for sure."""
        gap, begin, sure = then
        undecided = bool(self._plan(offer, procedure, day + _ONE_DAY).maybe)
        return gap + 1 if begin else 0, begin, sure and not undecided

    def _plan(self, offer: Offer, procedure: ProcedureId, day: date) -> Day:
        key = (id(offer), self._number(procedure, day))
        if key not in self.plans:
            self.plans[key] = day_of(self.hours, offer, day, closings_on(self.hours, procedure, day, ()))
        return self.plans[key]

    def _number(self, procedure: ProcedureId, day: date) -> int:
        """Give a number to a day's kind together with the closings that concern the procedure."""
        key = (procedure if self.hours.closings else None, day)
        if key not in self.days:
            type_ = (kind_of(self.hours, day), closings_on(self.hours, procedure, day, ()))
            self.days[key] = self.numbers.setdefault(type_, len(self.numbers))
        return self.days[key]


def _alike(hours: Hours) -> Iterator[tuple[ProcedureId, Who, object]]:
    """Give every procedure and visitor, with a value that is the same where the same sentences are said."""
    for procedure in hours.procedures.values():
        concerned = tuple(each for each in hours.closings if not each.procedures or procedure.id in each.procedures)
        for who in WHO:
            serving = tuple(_sound(offer) for offer in hours.serving(procedure.id, who))
            yield procedure.id, who, (serving or (procedure.id, who), concerned)


def _sound(offer: Offer) -> tuple[object, ...]:
    pattern = offer.pattern.name if offer.pattern else ""
    return offer.counter, pattern, offer.own, offer.never, offer.halls, offer.halls_named


def _days(first: date, last: date) -> list[date]:
    return [first + number * _ONE_DAY for number in range((last - first).days + 1)]


CALENDAR = _days(date(2024, 1, 1), date(2060, 12, 31))
"""Every weekday meets every date, and the days of the equinoxes, which move, fall where they can."""
