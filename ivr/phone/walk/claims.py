"""What each sentence about hours claims, and whether that holds by `ivr.hours`, counter by counter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from ivr import hours
from ivr.phone.walk.spoken import LITERAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ivr.hours import Hours, ProcedureId, Who
    from ivr.phone.walk.spoken import Said

_AHEAD = 40
"""Days within which hours for other things begin again; more than any row of days without them."""


@dataclass(frozen=True)
class Known:
    """What `ivr.hours` answers at a moment, by counter."""

    table: Hours
    procedure: ProcedureId
    who: Who
    at: datetime
    serving: tuple[str, ...]

    @cached_property
    def answers(self) -> Mapping[str, hours.Answer]:
        """Give the answers at this moment."""
        return self.answers_at(self.at)

    @property
    def opened(self) -> list[str]:
        """List the counters that are open for this procedure."""
        return [counter for counter, answer in self.answers.items() if answer.open]

    def ends(self, counters: Iterable[str]) -> set[time]:
        """Give when what now goes on at these counters ends, be it for this procedure or for other things."""
        now = self.at.time()
        spans = (span for each in counters if each in self.answers for span in self.answers[each].today)
        return {end for begin, end in spans if begin <= now < end}

    def nexts(self) -> dict[str, datetime]:
        """Give when each counter next opens for this procedure, as far as the page lets us be sure."""
        return {counter: answer.next for counter, answer in self.answers.items() if answer.next}

    def other_things(self) -> dict[str, datetime]:
        """Give when each counter next begins with whatever it does, this procedure or other things."""
        found: dict[str, datetime] = {}
        for ahead in range(_AHEAD):
            day = self.at.date() + timedelta(ahead)
            moment = datetime.combine(day, time(), self.at.tzinfo) if ahead else self.at
            for counter, answer in self.answers_at(moment).items():
                begins = [begin for begin, _ in answer.today if ahead or begin > self.at.time()]
                if begins:
                    found.setdefault(counter, datetime.combine(day, begins[0], self.at.tzinfo))
        return found

    def undecided(self) -> bool:
        """Tell whether at some hour of the rest of today the page leaves open whether a counter is open."""
        hours_left = (self.at.replace(hour=hour, minute=0) for hour in range(self.at.hour + 1, 24))
        answers = (answer for moment in (self.at, *hours_left) for answer in self.answers_at(moment).values())
        return any(answer.open is None for answer in answers)

    def named(self, names: str) -> set[str] | None:
        """Give the counters that a name means, of a group those that serve; None where it means all not named yet."""
        known = {said: {one.id} for one in self.table.counters.values() for said in (one.spoken.text, one.short.text)}
        known |= {group.spoken.text: set(group.counters) for group in self.table.groups}
        found: set[str] = set()
        for name in _split(names, known, [self.table.sentences[each].text for each in ("comma", "and")]) or (names,):
            if name not in known:
                return None
            found |= known[name] & set(self.serving) or known[name]
        return found

    def each(self, said: Said) -> Iterator[tuple[str, time]]:
        """Give every counter that a sentence names, with the time said of it; what it does not name is left out."""
        pairs = [(place.names, place.time) for place in said.places]
        if said.names and said.time:
            pairs.append((said.names, said.time))
        for names, moment in pairs:
            yield from ((counter, moment) for counter in sorted(self.named(names) or ()))

    def name(self, counter: str) -> str:
        """Give a counter's name."""
        return self.table.counters[counter].name

    def answers_at(self, at: datetime) -> dict[str, hours.Answer]:
        """Ask about each counter that serves."""
        counters = (self.table.counters[each] for each in self.serving)
        return {one.id: hours.answer(self.table, one, self.procedure, self.who, at) for one in counters}


def _split(names: str, known: Iterable[str], between: Sequence[str]) -> list[str] | None:
    """Take a row of names apart; None where something else stands in it."""
    if names in known:
        return [names]
    for name in known:
        for sign in between:
            if names.startswith(name + sign):
                rest = _split(names[len(name + sign) :], known, between)
                if rest:
                    return [name, *rest]
    return None


def wrong(said: Sequence[Said], known: Known) -> Iterator[str]:
    """Say what of the sentences heard at one moment does not hold."""
    for sentence in said:
        yield from CHECKS[sentence.sentence](sentence, known)
    told = {moment for sentence in said if sentence.sentence in OPEN for moment in sentence.times}
    if any(sentence.sentence in OPEN for sentence in said):
        yield from (f"something closes at {end:%H:%M}" for end in sorted(known.ends(known.opened) - told))


def _open(said: Said, known: Known) -> Iterator[str]:
    """Claim that something is open now, until the times named."""
    if not known.opened:
        yield "nothing is open"
        return
    for moment in sorted(set(said.times) - known.ends(known.opened)):
        yield f"nothing closes at {moment:%H:%M}"
    for counter, moment in known.each(said):
        if counter not in known.opened or known.ends([counter]) != {moment}:
            yield f"{known.name(counter)} does not close at {moment:%H:%M}"


def _shut(_said: Said, known: Known) -> Iterator[str]:
    """Claim that nothing is open now."""
    for counter in known.opened[:1]:
        yield f"{known.name(counter)} is open"


def _unstated(_said: Said, known: Known) -> Iterator[str]:
    """Deny that the page gives hours for this procedure."""
    for counter in known.opened[:1]:
        yield f"the page does give hours: {known.name(counter)} is open"


def _unknown(said: Said, known: Known) -> Iterator[str]:
    """Claim that the page leaves the rest of today undecided; alone, that nothing is open."""
    if said.sentence == "unknown":
        yield from _shut(said, known)
    if not known.undecided():
        yield "the page does say whether it is open"


def _next(said: Said, known: Known) -> Iterator[str]:
    """Claim that the next opening is on the day named (else today), at the first of the times named."""
    nexts = known.nexts()
    if not nexts:
        yield "no opening is in sight"
        return
    first, day = min(nexts.values()), said.day or known.at.date()
    if (first.date(), first.time()) != (day, min(said.times)):
        yield f"the next opening is {first:%Y-%m-%dT%H:%M}"
    yield from _at_places(said, day, nexts, known)


def _later(said: Said, known: Known) -> Iterator[str]:
    """Claim that what is not open now opens later today, at the times named."""
    nexts = {counter: moment for counter, moment in known.nexts().items() if counter not in known.opened}
    times = {moment.time() for moment in nexts.values() if moment.date() == known.at.date()}
    for moment in sorted(set(said.times) ^ times):
        yield f"{'something' if moment in times else 'nothing'} opens at {moment:%H:%M}"
    yield from _at_places(said, known.at.date(), nexts, known)


def _at_places(said: Said, day: date, nexts: Mapping[str, datetime], known: Known) -> Iterator[str]:
    for counter, moment in known.each(said):
        found = nexts.get(counter)
        if found is None or (found.date(), found.time()) != (day, moment):
            yield f"{known.name(counter)} does not open at {moment:%H:%M} on {day}"


def _rest_day(said: Said, known: Known) -> Iterator[str]:
    """Claim that what is not open now opens next on the day named."""
    days = {moment.date() for counter, moment in known.nexts().items() if counter not in known.opened}
    if days != {said.day}:
        yield f"the others open on {', '.join(map(str, sorted(days))) or 'no day in sight'}"


def _rest_over(_said: Said, known: Known) -> Iterator[str]:
    """Claim that what is not open now does not open today any more."""
    for counter, moment in known.nexts().items():
        if counter not in known.opened and moment.date() == known.at.date():
            yield f"{known.name(counter)} opens at {moment:%H:%M}"


def _other_things(said: Said, known: Known) -> Iterator[str]:
    """Claim that other things go on now, until the times named."""
    times = known.ends(known.serving)
    for moment in sorted(set(said.times) - times):
        yield f"nothing ends at {moment:%H:%M}"
    for moment in sorted(times - set(said.times)):
        yield f"something goes on until {moment:%H:%M}"
    for counter, moment in known.each(said):
        if known.ends([counter]) != {moment}:
            yield f"nothing ends at {moment:%H:%M} at {known.name(counter)}"


def _other_things_next(said: Said, known: Known) -> Iterator[str]:
    """Claim that other things begin next on the day named (else today)."""
    moments = known.other_things()
    begins = min(moments.values(), default=None)
    day = said.day or known.at.date()
    if begins is None or (begins.date(), begins.time()) != (day, said.time):
        yield f"other things begin at {begins:%Y-%m-%dT%H:%M}" if begins else "nothing is in sight"
    yield from _at_places(said, day, moments, known)


def _nothing(_said: Said, _known: Known) -> Iterator[str]:
    """Make no claim about a counter: an announcement, what the page leaves open, or the office's telephone."""
    yield from ()


OPEN = frozenset({"now_one", "now_both", "now_all", "now_some", "soon", "soon_some"})
CHECKS: Mapping[str, Callable[[Said, Known], Iterator[str]]] = {
    **dict.fromkeys(OPEN, _open),
    **dict.fromkeys(("before", "after", "off", "off_holiday", "off_year_end", "shut"), _shut),
    **dict.fromkeys(("today_all", "today_some", "next", "next_late", "next_some"), _next),
    **dict.fromkeys(("decided", "decided_late", "decided_some"), _next),
    "later": _later,
    "rest_day": _rest_day,
    "rest_over": _rest_over,
    "rest_unknown": _unknown,
    "unknown": _unknown,
    **dict.fromkeys(("elsewhere", "no_place", "no_visitor"), _unstated),
    **dict.fromkeys(("elsewhere_now", "elsewhere_all", "elsewhere_only", "elsewhere_some"), _other_things),
    **dict.fromkeys(("elsewhere_soon", "elsewhere_soon_rest"), _other_things),
    **dict.fromkeys(("elsewhere_today", "elsewhere_next", "elsewhere_next_some"), _other_things_next),
    "elsewhere_decided": _other_things_next,
    **dict.fromkeys(("elsewhere_unknown", "closed_today", LITERAL), _nothing),
    **dict.fromkeys(("telephone_closed", "telephone_next", "telephone_later"), _nothing),
}
"""What each sentence of the table claims, by its name."""
