"""Is this counter open for this, now? What `ivr hours` answers, from the same days that callers hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ivr.hours.day import TOKYO, Day, day_of, kind_of, tokyo, usual_day
from ivr.hours.spans import holds
from ivr.hours.table import PROCEDURES, Basis, Closing, Counter, Hours, Offer, ProcedureId, Who

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LOOK_AHEAD = 400
"""Days within which the next opening is looked for."""
SOON = timedelta(minutes=5)
"""So long before closing callers hear that it closes soon."""


@dataclass(frozen=True)
class Answer:
    """What the page lets us say about a counter at a moment; fields as in `ivr hours --json`.

    `open` and `offered` are None where the page leaves it open. `today` are the hours of the day, `next` the next
    moment (Tokyo) at which `open` becomes true.
    """

    counter: str
    procedure: ProcedureId
    who: Who
    offered: bool | None
    open: bool | None
    today: tuple[tuple[time, time], ...]
    next: datetime | None
    basis: Basis
    why: str
    section: str

    def as_json(self) -> dict[str, Any]:
        """Give the entry of the JSON list; times are Tokyo's, without offset."""
        spans = (f"{begin:%H:%M}-{end:%H:%M}" for begin, end in self.today)
        return {
            "counter": self.counter,
            "procedure": self.procedure,
            "who": self.who,
            "offered": self.offered,
            "open": self.open,
            "today": ", ".join(spans) or None,
            "next": f"{self.next:%Y-%m-%dT%H:%M}" if self.next else None,
            "basis": self.basis,
            "why": self.why,
            "section": self.section,
        }


def closings_on(hours: Hours, procedure: ProcedureId, day: date, more: Iterable[Closing]) -> tuple[Closing, ...]:
    """Give the closings that concern a procedure on a day: those of the table and `more` (switched by people)."""
    return tuple(closing for closing in (*more, *hours.closings) if closing.on(day, procedure))


def answer(
    hours: Hours, counter: Counter, procedure: ProcedureId, who: Who, now: datetime, closings: Sequence[Closing] = ()
) -> Answer:
    """Answer one question. Opening minute open, closing minute closed; raises ValueError for a moment out of range."""
    local = tokyo(now)
    offer = hours.offer(counter.id, procedure, who)
    today = day_of(hours, offer, local.date(), closings_on(hours, procedure, local.date(), closings))
    is_open, basis, why = _open(offer, today, local.time())
    return Answer(
        counter=counter.name,
        procedure=procedure,
        who=who,
        offered=offer.offered,
        open=is_open,
        today=today.spans if offer.offered else (),
        next=_next(hours, offer, procedure, local, closings),
        basis=basis,
        why=why,
        section=offer.section,
    )


def answers(
    hours: Hours,
    counters: Iterable[Counter],
    procedure: ProcedureId | None,
    who: Who,
    now: datetime,
    closings: Sequence[Closing] = (),
) -> Iterator[Answer]:
    """Answer for each counter and the procedure, or every procedure."""
    for counter in counters:
        for one in [procedure] if procedure else PROCEDURES:
            yield answer(hours, counter, one, who, now, closings)


def openings(
    hours: Hours, offer: Offer, procedure: ProcedureId, now: datetime, closings: Sequence[Closing]
) -> Openings:
    """Look for the next opening of a counter that the page lets us be sure of, whether or not it is open now."""
    day = now.date()
    plan = day_of(hours, offer, day, closings_on(hours, procedure, day, closings))
    found = [moment for begin, _ in plan.spans if (moment := datetime.combine(day, begin, TOKYO)) > now]
    doubtful = [begin for begin, end in plan.maybe if datetime.combine(day, end, TOKYO) > now]
    if found:
        return Openings(found[0], not any(begin < found[0].time() for begin in doubtful))
    later = _after(hours, offer, procedure, day, tuple(closings))
    return Openings(later.next, later.sure and not doubtful)


@lru_cache(maxsize=4096)
def _after(hours: Hours, offer: Offer, procedure: ProcedureId, day: date, closings: tuple[Closing, ...]) -> Openings:
    """Look for the first opening on a day after this one, which is the same for every moment of the day."""
    sure = True
    for ahead in range(1, LOOK_AHEAD):
        later = day + timedelta(days=ahead)
        plan = day_of(hours, offer, later, closings_on(hours, procedure, later, closings))
        if plan.spans:
            begin = plan.spans[0][0]
            sure = sure and not any(doubtful < begin for doubtful, _ in plan.maybe)
            return Openings(datetime.combine(later, begin, TOKYO), sure)
        sure = sure and not plan.maybe
    return Openings(None, sure)


@dataclass(frozen=True)
class Openings:
    """The next opening, and whether the page leaves no day before it undecided."""

    next: datetime | None
    sure: bool


def _next(
    hours: Hours, offer: Offer, procedure: ProcedureId, now: datetime, closings: Sequence[Closing]
) -> datetime | None:
    if not offer.offered or not offer.own or not offer.pattern:
        return None
    return openings(hours, offer, procedure, now, closings).next


def _open(offer: Offer, today: Day, now: time) -> tuple[bool | None, Basis, str]:
    is_open, basis, why = today.at(now)
    if offer.offered is not None:
        return is_open, basis, why
    shut = any(holds((each.span,), now) for each in today.shut)
    if shut or not (today.elsewhere or today.spans or today.maybe):
        return False, basis, why
    inside = today.elsewhere or holds((*today.spans, *today.maybe), now)
    return (None if inside else False), "none", offer.why


def changes(hours: Hours, first: datetime, last: datetime, closings: Sequence[Closing] = ()) -> tuple[datetime, ...]:
    """Give the moments after `first` up to `last` at which an answer or a spoken sentence may change (Tokyo).

    Midnights, every opening and closing of that day with and without closings, and five minutes before each closing:
    a few more than needed, never one too few.
    """
    begin, end = tokyo(first), tokyo(last)
    found: set[datetime] = set()
    day = begin.date()
    while day <= end.date():
        found.add(datetime.combine(day, time(), TOKYO))
        for offer, procedure in _all_offers(hours):
            found |= moments(hours, offer, day, closings_on(hours, procedure, day, closings))
        day += timedelta(days=1)
    return tuple(sorted(moment for moment in found if begin < moment <= end))


def moments(hours: Hours, offer: Offer, day: date, closings: Sequence[Closing]) -> set[datetime]:
    """Give the moments of a day at which something about one counter may change, those by its usual hours included."""
    plan = day_of(hours, offer, day, closings)
    edges = plan.edges() | usual_day(offer, kind_of(hours, day)).edges()
    ends = {datetime.combine(day, end, TOKYO) - SOON for _, end in plan.spans}
    return ends | {datetime.combine(day, edge, TOKYO) for edge in edges if edge != time.max}


def _all_offers(hours: Hours) -> Iterator[tuple[Offer, ProcedureId]]:
    for procedure in hours.procedures.values():
        for offers in procedure.offers.values():
            for offer in offers.values():
                yield offer, procedure.id
