"""Today's truth in whole sentences: what is open now and until when, else the next opening.

Their wording stands in `flows/counters.yaml`; which of them can ever be needed is listed by `every`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from ivr.facts import Words, clock_words, day_words
from ivr.hours.answer import SOON, Openings, closings_on, openings
from ivr.hours.day import TOKYO, Day, day_of, kind_of, tokyo, usual_day
from ivr.hours.spans import common
from ivr.hours.table import WEEKDAYS, YEAR_END, Closing, Counter, Hours, Offer, ProcedureId, Who
from ivr.hours.wording import fill

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FULL_NAMES = 2
"""So many names in one sentence are said in full; more are said short, or the sentence would be too long.
Where the page is silent about something they are always short: that has to be said too."""
FAR = 4
"""From so many days ahead on the next opening is said with its date: a weekday alone may be mistaken."""


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
        for offer in hours.serving(procedure, who)
    )


def spoken_hours(
    hours: Hours, procedure: ProcedureId, who: Who, now: datetime, closings: Sequence[Closing] = ()
) -> tuple[Words, ...]:
    """Say what holds now, in at most two pieces of one or two sentences; each piece is one file of sound.

    Where closings concern the rest of today their words come first, and what matters less is left out: nobody can
    listen to more. Empty where the page serves this visitor nowhere. Raises ValueError for a moment out of range.
    """
    local = tokyo(now)
    found = statuses(hours, procedure, who, local, closings)
    if not found:
        return _nowhere(hours, procedure, who)
    speaker = _Speaker(hours, found, local)
    notices = _notices(hours, found, procedure, local, closings)
    if notices:
        return _together(notices), _together(speaker.briefly())
    return speaker.elsewhere() if speaker.other_things else speaker.own()


class _Speaker:
    """Words for one set of statuses."""

    def __init__(self, hours: Hours, found: Sequence[Status], now: datetime) -> None:
        self.hours = hours
        self.all = found
        self.now = now
        self.other_things = any(status.elsewhere for status in found)
        self.short = self.other_things or not all(status.openings.sure for status in found)
        self.open = [status for status in found if status.until]
        self.others = [status for status in found if not status.until]

    def own(self) -> tuple[Words, ...]:
        if not self.open:
            return (self._closed(), *self._next())
        soon = self._soon()
        if soon and len(soon) == len(self._by_end()):
            return (self._fill("soon", time=_clock(soon[0])), *self._next())
        if soon:
            return (self._now(), self._fill("soon_some", time=_clock(soon[-1])))
        return (self._now(), *self._rest())

    def briefly(self) -> tuple[Words, ...]:
        """Say what must be heard beside the words of a closing: they are long enough together."""
        if self.other_things:
            return self.elsewhere()[:1]
        if not self.open:
            return self._next() or (self._closed(),)
        said = self.own()
        return said if 0 < len(self._soon()) < len(self._by_end()) else said[:1]

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

    def _soon(self) -> list[time]:
        return [end for end, _ in self._by_end() if self._is_soon(end)]

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
        later, been = any(status.later for status in self.all), any(status.been for status in self.all)
        if later and not been:
            return self._fill("before")
        if been and not later:
            return self._fill("after")
        if been or any(status.day.maybe for status in self.all):
            return self._fill("shut")
        return self._fill(self._day_off())

    def _day_off(self) -> str:
        kind = kind_of(self.hours, self.now.date())
        if kind.year_end and all(s.offer.pattern and YEAR_END in s.offer.pattern.closed for s in self.all):
            return "off_year_end"
        return "off_holiday" if kind.holiday else "off"

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
        soon = self._is_soon(last)
        if len(parts) == 1 and (soon or not self.others):
            return self._fill("elsewhere_soon" if soon else "elsewhere_now", time=_clock(last))
        if not self.others:
            name = "elsewhere_soon_rest" if soon else "elsewhere_all"
            return self._fill(name, places=self._places("place_is", parts[:-1]), time=_clock(last))
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
            self._fill(self._part(part, moment), names=self._joined(name), time=_clock(moment))
            for name, (moment, _) in zip(names, groups, strict=True)
        ]
        return _join(said, self._fill("comma"))

    def _part(self, part: str, moment: time) -> str:
        return "place_soon" if part == "place_until" and self._is_soon(moment) else part

    def _joined(self, names: Sequence[Words]) -> Words:
        return _join(names, self._fill("and" if len(names) == 2 else "comma"))  # noqa: PLR2004  (a pair)

    def _names(self, groups: Sequence[Sequence[Status]]) -> list[list[Words]]:
        """Name the counters of each group: in full where few names are said, by their group where it fits."""
        full = self._items(groups, short=False)
        long = self.short or sum(map(len, full)) > _FULL_NAMES
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
        return spoken_day(self.hours, day, self.now.date())

    def _fill(self, name: str, **blanks: Words) -> Words:
        return fill(self.hours.sentences, name, **blanks)


def spoken_day(hours: Hours, day: date, today: date, date_said: Words | None = None) -> Words:
    """Name a day as callers hear it today: 今日, 明日 with its weekday, a weekday, or from `FAR` days on the date.

    `date_said` stands where the date would.
    """
    ahead = (day - today).days
    weekday = hours.sentences[WEEKDAYS[day.weekday()]]
    if ahead == 0:
        return hours.sentences["today"]
    if ahead == 1:
        return fill(hours.sentences, "tomorrow", weekday=weekday)
    if ahead < FAR:
        return fill(hours.sentences, "this_week", weekday=weekday)
    said = day_words(day.month, day.day)
    return fill(hours.sentences, "on_date", date=date_said or Words(said, said), weekday=weekday)


def spoken_time(moment: time) -> Words:
    """Say a time of day as callers hear it."""
    return _clock(moment)


def _status(
    hours: Hours, offer: Offer, procedure: ProcedureId, now: datetime, today: Day, closings: Sequence[Closing]
) -> Status:
    return Status(
        counter=hours.counters[offer.counter],
        offer=offer,
        until=next((end for begin, end in today.spans if begin <= now.time() < end), None),
        later=next((begin for begin, _ in today.spans if begin > now.time()), None),
        been=any(end <= now.time() for _, end in today.spans),
        unknown=any(now.time() < end for _, end in today.maybe),
        elsewhere=not offer.own or offer.pattern is None,
        day=today,
        openings=openings(hours, offer, procedure, now, closings),
    )


def _nowhere(hours: Hours, procedure: ProcedureId, who: Who) -> tuple[Words, ...]:
    row = hours.procedures[procedure]
    if row.says:
        return (row.says,)
    silent = [offer for offer in row.offers[who].values() if offer.offered is None]
    if not silent:
        return ()
    return (hours.sentences["no_visitor" if any(offer.pattern for offer in silent) else "no_place"],)


def _notices(
    hours: Hours, found: Sequence[Status], procedure: ProcedureId, now: datetime, closings: Sequence[Closing]
) -> tuple[Words, ...]:
    """Give the words of today's closings that a caller needs now.

    One that closes a part of the day is told until that part is over, and only where something would be open then.
    """
    kind = kind_of(hours, now.date())
    said = []
    for closing in closings_on(hours, procedure, now.date(), closings):
        concerned = [s.offer for s in found if closing.shuts(s.counter.id, *s.offer.halls)]
        usual = [usual_day(offer, kind) for offer in concerned]
        taken = [span for day in usual for span in common((*day.spans, *day.maybe), closing.hours)]
        if any(now.time() < end for _, end in taken) or (concerned and not closing.hours):
            said.append(closing.says)
    return tuple(dict.fromkeys(said))


def _grouped(moments: Iterable[tuple[time, Status]], *, latest_first: bool = False) -> list[tuple[time, list[Status]]]:
    groups: dict[time, list[Status]] = {}
    for moment, status in moments:
        groups.setdefault(moment, []).append(status)
    return sorted(groups.items(), key=lambda group: group[0], reverse=latest_first)


def _together(said: Sequence[Words]) -> Words:
    """Make one piece of sentences that are always heard together."""
    return _join(said, Words("", ""))


def _join(parts: Sequence[Words], between: Words) -> Words:
    return Words(between.text.join(part.text for part in parts), between.spoken.join(part.spoken for part in parts))


def _clock(moment: time) -> Words:
    said = clock_words(moment)
    return Words(said, said)
