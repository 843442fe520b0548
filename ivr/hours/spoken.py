"""Today's truth in whole sentences: what is open now and until when, else the next opening.

Their wording stands in `flows/counters.yaml`; which of them can ever be needed is listed by `every`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from ivr.facts import Words, clock_words, day_words
from ivr.hours.answer import SOON, Openings, closings_on, openings
from ivr.hours.day import TOKYO, Day, day_of, kind_of, tokyo
from ivr.hours.table import WEEKDAYS, YEAR_END, Closing, Counter, Hours, Offer, ProcedureId, Who
from ivr.hours.wording import fill

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FULL_NAMES = 2
"""So many names in one sentence are said in full; more are said short, or the sentence would be too long.
Where the page is silent about something they are always short: that has to be said too."""
_THIS_WEEK, _NEXT_WEEK = 6, 7


@dataclass(frozen=True)
class Status:
    """One counter at one moment, as callers need it.

    For a procedure without hours of its own (`elsewhere`) everything describes the hours that the counter keeps for
    other things. `until` is set while it is open, `later` if it opens again today, `been` if it was open earlier
    today; `unknown` if the page leaves the rest of today undecided. `next` is its next sure opening.
    """

    counter: Counter
    offer: Offer
    until: time | None
    later: time | None
    been: bool
    unknown: bool
    elsewhere: bool
    day: Day
    openings: Openings

    @property
    def next(self) -> datetime | None:
        """The next moment at which it opens (Tokyo), as far as the page lets us be sure."""
        return self.openings.next


def statuses(
    hours: Hours, procedure: ProcedureId, who: Who, now: datetime, closings: Sequence[Closing] = ()
) -> tuple[Status, ...]:
    """Describe each counter that serves; the halls of the ward office are spoken of as the office."""
    local = tokyo(now)
    today = closings_on(hours, procedure, local.date(), closings)
    return tuple(
        _status(hours, offer, procedure, local, day_of(hours, offer, local.date(), today), closings)
        for offer in spoken_offers(hours, procedure, who)
    )


def spoken_hours(
    hours: Hours, procedure: ProcedureId, who: Who, now: datetime, closings: Sequence[Closing] = ()
) -> tuple[Words, ...]:
    """Say what holds now, in one or two sentences; before them the words of closings that concern today.

    Empty where the page serves this visitor nowhere. Raises ValueError for a moment out of range.
    """
    local = tokyo(now)
    found = statuses(hours, procedure, who, local, closings)
    if not found:
        return _nowhere(hours, procedure, who)
    speaker = _Speaker(hours, found, local)
    said = speaker.elsewhere() if speaker.other_things else speaker.own()
    notices = _notices(hours, procedure, who, local.date(), closings)
    if not notices:
        return said
    return (*notices, said[0] if any(status.until for status in found) else said[-1])


class _Speaker:
    """Words for one set of statuses."""

    def __init__(self, hours: Hours, found: Sequence[Status], now: datetime) -> None:
        self.hours = hours
        self.all = found
        self.now = now
        self.other_things = any(status.elsewhere for status in found)
        self.brief = self.other_things or not all(status.openings.sure for status in found)
        self.open = [status for status in found if status.until]
        self.others = [status for status in found if not status.until]

    def own(self) -> tuple[Words, ...]:
        if not self.open:
            return (self._closed(), *self._next())
        soon = [end for end, _ in self._by_end() if self._is_soon(end)]
        if soon and len(soon) == len(self._by_end()):
            return (self._fill("soon", time=_clock(soon[0])), *self._next())
        if soon:
            return (self._now(), self._fill("soon_some", time=_clock(soon[-1])))
        return (self._now(), *self._rest())

    def elsewhere(self) -> tuple[Words, ...]:
        return (self._fill("elsewhere"), self._other_things())

    def _now(self) -> Words:
        """Say what is open and until when; what closes soon is left to the next sentence."""
        ends = [(end, open_) for end, open_ in self._by_end() if not self._is_soon(end)]
        if self.others or len(self._by_end()) > 1:
            return self._fill("now_some", places=self._places("place_until", ends))
        name = {1: "now_one", 2: "now_both"}.get(len(self.all), "now_all")
        return self._fill(name, time=_clock(ends[0][0]))

    def _is_soon(self, end: time) -> bool:
        return datetime.combine(self.now, end, TOKYO) - self.now <= SOON

    def _by_end(self) -> list[tuple[time, list[Status]]]:
        return _grouped(((status.until, status) for status in self.open if status.until), latest_first=True)

    def _rest(self) -> tuple[Words, ...]:
        if not self.others:
            return ()
        later = _grouped((status.later, status) for status in self.others if status.later)
        if later:
            return (self._fill("later", places=self._places("place_from", later)),)
        names = self._names([self.others])[0]
        said = names[0] if len(names) == 1 else self._fill("rest")
        if any(status.unknown for status in self.others):
            return (self._fill("rest_unknown", names=said),)
        days = {status.next.date() if status.next else None for status in self.others}
        day = days.pop()
        if days or day is None or not all(status.openings.sure for status in self.others):
            return (self._fill("rest_over", names=said),)
        return (self._fill("rest_day", names=said, day=self._day(day)),)

    def _closed(self) -> Words:
        if any(status.unknown for status in self.all):
            return self._fill("unknown")
        if any(status.later for status in self.all):
            return self._fill("before")
        if any(status.been for status in self.all):
            return self._fill("after")
        if any(status.day.state == "undecided" for status in self.all):
            return self._fill("shut")
        return self._fill(self._day_off())

    def _day_off(self) -> str:
        kind = kind_of(self.hours, self.now.date())
        if kind.holiday:
            return "off_holiday"
        stated = all(s.offer.pattern and YEAR_END in s.offer.pattern.closed for s in self.all)
        return "off_year_end" if kind.year_end and stated else "off"

    def _next(self) -> tuple[Words, ...]:
        opening = [status for status in self.all if status.next]
        if not opening:
            return ()
        day = min(status.next.date() for status in opening if status.next)
        first = [status for status in opening if status.next and status.next.date() == day]
        times = _grouped((status.next.time(), status) for status in first if status.next)
        everyone = len(first) == len(self.all)
        if day > self.now.date():
            return (self._next_day(day, times, everyone=everyone),)
        if everyone and len(times) == 1:
            return (self._fill("today_all", time=_clock(times[0][0])),)
        return (self._fill("today_some", places=self._places("place_at", times)),)

    def _next_day(self, day: date, times: Sequence[tuple[time, list[Status]]], *, everyone: bool) -> Words:
        said = self._day(day)
        begin, first = times[0]
        sure = all(status.openings.sure for _, members in times for status in members)
        if not everyone and sure:
            return self._fill("next_some", day=said, places=self._places("place_is", times))
        if not everyone:  # the earliest only: that today is not on the page has to be said as well
            names = self._joined(self._names([first])[0])
            return self._fill("decided_some", day=said, names=names, time=_clock(begin))
        name = "next" if sure else "decided"
        if len(times) == 1:
            return self._fill(name, day=said, time=_clock(begin))
        return self._fill(f"{name}_late", day=said, time=_clock(begin), places=self._places("place_but", times[1:]))

    def _other_things(self) -> Words:
        parts = self._by_end()
        if not parts:
            return self._other_things_later()
        last, _ = parts[-1]
        if len(parts) == 1 and self._is_soon(last):
            return self._fill("elsewhere_soon", time=_clock(last))
        if len(parts) == 1 and not self.others:
            return self._fill("elsewhere_now", time=_clock(last))
        if not self.others:
            return self._fill("elsewhere_all", places=self._places("place_is", parts[:-1]), time=_clock(last))
        if len(parts) == 1:
            names = self._joined(self._names([self.open])[0])
            return self._fill("elsewhere_only", names=names, time=_clock(last))
        return self._fill("elsewhere_some", places=self._places("place_until", parts))

    def _other_things_later(self) -> Words:
        opening = [status for status in self.all if status.next]
        if any(status.unknown for status in self.all) or not opening:
            return self._fill("elsewhere_unknown")
        moment = min(status.next for status in opening if status.next)
        first = [status for status in opening if status.next == moment]
        time_, day = _clock(moment.time()), self._day(moment.date())
        everyone = len(first) == len(self.all)
        if everyone and moment.date() == self.now.date():
            return self._fill("elsewhere_today", time=time_)
        if not everyone:
            names = self._joined(self._names([first])[0])
            return self._fill("elsewhere_next_some", day=day, names=names, time=time_)
        name = "elsewhere_next" if all(status.openings.sure for status in first) else "elsewhere_decided"
        return self._fill(name, day=day, time=time_)

    def _places(self, part: str, groups: Sequence[tuple[time, list[Status]]]) -> Words:
        names = self._names([members for _, members in groups])
        said = [
            self._fill(part, names=self._joined(name), time=_clock(moment))
            for name, (moment, _) in zip(names, groups, strict=True)
        ]
        return _join(said, self._fill("comma"))

    def _joined(self, names: Sequence[Words]) -> Words:
        return _join(names, self._fill("and" if len(names) == 2 else "comma"))  # noqa: PLR2004  (a pair)

    def _names(self, groups: Sequence[Sequence[Status]]) -> list[list[Words]]:
        """Name the counters of each group: in full where few names are said, by their group where it fits."""
        full = self._items(groups, short=False)
        long = self.brief or sum(map(len, full)) > _FULL_NAMES
        return self._items(groups, short=True) if long else full

    def _items(self, groups: Sequence[Sequence[Status]], *, short: bool) -> list[list[Words]]:
        said: set[str] = set()
        found = []
        for group in groups:
            ids = [status.counter.id for status in group]
            found.append(self._named(ids, said, short=short))
            said.update(ids)
        return found

    def _named(self, ids: Sequence[str], said: set[str], *, short: bool) -> list[Words]:
        together: dict[str, Words | None] = {}
        everyone = {status.counter.id for status in self.all}
        for group in self.hours.groups:
            members = set(group.counters) & everyone
            mine = members & set(ids)
            missing = members - said - mine
            if len(mine) < 2 or len(missing) > 1:  # noqa: PLR2004  (one counter has its own name)
                continue
            words = self._fill("rest_of_group", group=group.spoken) if members & said else group.spoken
            for counter in missing:
                words = self._fill("group_without", counter=self.hours.counters[counter].short, group=words)
            first, *more = (each for each in ids if each in mine)
            together |= {first: words, **dict.fromkeys(more)}
        names = []
        for each in ids:
            one = self.hours.counters[each]
            name = together.get(each, one.short if short else one.spoken)
            names += [name] if name else []
        return names

    def _day(self, day: date) -> Words:
        ahead = (day - self.now.date()).days
        weekday = self._fill(WEEKDAYS[day.weekday()])
        if ahead == 0:
            return self._fill("today")
        if ahead == 1:
            return self._fill("tomorrow", weekday=weekday)
        if ahead <= _THIS_WEEK:
            return self._fill("this_week", weekday=weekday)
        if ahead == _NEXT_WEEK:
            return self._fill("next_week", weekday=weekday)
        said = day_words(day.month, day.day)
        return self._fill("on_date", date=Words(said, said))

    def _fill(self, name: str, **blanks: Words) -> Words:
        return fill(self.hours.sentences, name, **blanks)


def spoken_offers(hours: Hours, procedure: ProcedureId, who: Who) -> tuple[Offer, ...]:
    """Give the counters that are spoken of: those that serve, without the halls inside another one."""
    halls = {hall for counter in hours.counters.values() for hall in counter.halls}
    offers = hours.procedures[procedure].offers[who].values()
    order = list(hours.counters)
    serving = (offer for offer in offers if offer.offered and offer.counter not in halls)
    return tuple(sorted(serving, key=lambda offer: order.index(offer.counter)))


def _status(
    hours: Hours, offer: Offer, procedure: ProcedureId, now: datetime, today: Day, closings: Sequence[Closing]
) -> Status:
    day = today.other or today
    spans = day.spans if day.state == "open" else ()
    shut = today.shut_from is not None and now.time() >= today.shut_from
    until = next((end for begin, end in spans if begin <= now.time() < end and not shut), None)
    return Status(
        counter=hours.counters[offer.counter],
        offer=offer,
        until=until,
        later=next((begin for begin, _ in spans if begin > now.time() and not shut), None),
        been=any(end <= now.time() for _, end in spans),
        unknown=day.state == "undecided" and any(now.time() < end for _, end in day.spans),
        elsewhere=not offer.own or offer.pattern is None,
        day=day,
        openings=openings(hours, offer, procedure, now, closings),
    )


def _nowhere(hours: Hours, procedure: ProcedureId, who: Who) -> tuple[Words, ...]:
    row = hours.procedures[procedure]
    if row.says:
        return (row.says,)
    unknown = any(offer.offered is None for offer in row.offers[who].values())
    return (hours.sentences["no_place"],) if unknown else ()


def _notices(
    hours: Hours, procedure: ProcedureId, who: Who, day: date, closings: Sequence[Closing]
) -> tuple[Words, ...]:
    concerned = {each for offer in spoken_offers(hours, procedure, who) for each in (offer.counter, *offer.halls)}
    today = closings_on(hours, procedure, day, closings)
    return tuple(dict.fromkeys(closing.says for closing in today if any(map(closing.shuts, concerned))))


def _grouped(moments: Iterable[tuple[time, Status]], *, latest_first: bool = False) -> list[tuple[time, list[Status]]]:
    groups: dict[time, list[Status]] = {}
    for moment, status in moments:
        groups.setdefault(moment, []).append(status)
    return sorted(groups.items(), key=lambda group: group[0], reverse=latest_first)


def _join(parts: Sequence[Words], between: Words) -> Words:
    return Words(between.text.join(part.text for part in parts), between.spoken.join(part.spoken for part in parts))


def _clock(moment: time) -> Words:
    said = clock_words(moment)
    return Words(said, said)
