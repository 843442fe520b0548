"""Counters, their hours and who is served where: the values that `flows/counters.yaml` becomes. No files here."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args

from ivr.facts import Clock, Fact, Text
from ivr.hours.spans import ALL_DAY, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, time

    from ivr.facts import Lines, Words, YearDays

FILE = "flows/counters.yaml"
CLOSED_FILE = "flows/closed_days.yaml"
TELEPHONE = "office"
"""The office's telephone among what can be closed for a day, beside the counters."""
TELEPHONE_NAME = "係の電話"

ProcedureId = Literal[
    "suspension",
    "cancellation",
    "found",
    "reissue",
    "pin",
    "name",
    "address",
    "move-certificate",
    "certificate",
    "residence-period",
    "special-extension",
    "former-name",
    "returned-notice",
]
Who = Literal["self", "legal", "agent", "household"]
Basis = Literal["stated", "word", "other-section", "none"]
PROCEDURES: tuple[ProcedureId, ...] = get_args(ProcedureId)
WHO: tuple[Who, ...] = get_args(Who)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAY = "weekday"
"""Day name of a pattern: 平日, Monday to Friday unless it is a national holiday."""
UNNAMED = "unnamed"
"""Day name of a pattern whose hours name no days at all."""
HOLIDAY = "holiday"
YEAR_END = "year-end"
LATE_TUESDAY = "late-tuesday"


def normal(name: str) -> str:
    """Bring a counter's name into one form: width, blanks, 第2庁舎 or 第二庁舎, 3階 or 三階 make no difference."""
    plain = "".join(unicodedata.normalize("NFKC", name).split())
    return plain.replace("第2庁舎", "第二庁舎").replace("三階", "3階").casefold()


TELEPHONE_NAMES = frozenset(map(normal, (TELEPHONE, TELEPHONE_NAME)))


@dataclass(frozen=True)
class Counter:
    """A place that serves people. `halls` are the counters inside it, which are counters of their own."""

    id: str
    name: str
    also: tuple[str, ...]
    spoken: Words
    short: Words
    place: Words | None
    halls: tuple[str, ...]
    line: int

    @property
    def fact(self) -> str:
        """The id of the fact that is its name: `counter_ebara_1`."""
        return f"counter_{self.id.replace('-', '_')}"


@dataclass(frozen=True)
class Group:
    """Counters that have one name together."""

    spoken: Words
    counters: tuple[str, ...]


@dataclass(frozen=True)
class Pattern:
    """One set of hours as the page words it: spans by day name, and the days on which it says it is closed."""

    name: str
    days: Mapping[str, tuple[Span, ...]]
    closed: frozenset[str]
    line: int

    def spans(self, weekday: int) -> tuple[Span, ...]:
        """Give the hours of a weekday (0 is Monday) that is no holiday; none where the day is not named."""
        for name in (WEEKDAYS[weekday], *([WEEKDAY] if weekday < 5 else []), UNNAMED):  # noqa: PLR2004  (Saturday)
            if name in self.days:
                return self.days[name]
        return ()

    def facts(self) -> Iterator[tuple[str, time]]:
        """Give the name of the fact and the time for each opening and closing."""
        for day, spans in self.days.items():
            yield f"hours_{self.name}_{day}_opens", spans[0][0]
            yield f"hours_{self.name}_{day}_closes", spans[-1][1]


@dataclass(frozen=True, eq=False)
class Offer:
    """What the page says about one counter, one procedure and one kind of visitor; each is its own, as its table is.

    `own` tells hours given for this very procedure from hours that the counter keeps for other things; `never`
    are the days on which the section says that this counter is not open; `halls` are the halls meant by the ward
    office, which the page names (`halls_named`) or leaves open. `named` tells that the lines name this very counter.
    """

    counter: str
    offered: bool | None
    section: str
    lines: Lines
    why: str
    basis: Basis = "stated"
    pattern: Pattern | None = None
    own: bool = True
    other_sections: tuple[str, ...] = ()
    never: frozenset[str] = frozenset()
    halls: tuple[str, ...] = ()
    halls_named: bool = True
    named: bool = False


@dataclass(frozen=True)
class Procedure:
    """One of the page's procedures: who is served where. `says` replaces the hours where no counter does it."""

    id: ProcedureId
    name: str
    section: str
    offers: Mapping[Who, Mapping[str, Offer]]
    says: Words | None


@dataclass(frozen=True)
class Closing:
    """Days on which something is closed against its hours; an empty set of counters or procedures means all.

    With `hours` it is closed within them only, on each of the days; without, the whole day.
    """

    first: date
    last: date
    counters: frozenset[str]
    procedures: frozenset[str]
    says: Words
    line: int = 0
    hours: tuple[Span, ...] = ()

    @property
    def spans(self) -> tuple[Span, ...]:
        """The hours of the day within which it holds."""
        return self.hours or (ALL_DAY,)

    def on(self, day: date, procedure: str) -> bool:
        """Tell whether it concerns a procedure on a day."""
        return self.first <= day <= self.last and (not self.procedures or procedure in self.procedures)

    def shuts(self, *counters: str) -> bool:
        """Tell whether it names one of these counters."""
        return not self.counters or not self.counters.isdisjoint(counters)


@dataclass(frozen=True, eq=False, repr=False)
class Hours:
    """Everything that is known about counters and their hours: immutable, no clock; each loaded table is its own.

    `lines` are all lines of the page that the table stands on, also those that only say who is not served where.
    `closings` are those of counters, `telephone_closings` those of the office's telephone.
    """

    counters: Mapping[str, Counter]
    groups: tuple[Group, ...]
    patterns: Mapping[str, Pattern]
    procedures: Mapping[ProcedureId, Procedure]
    year_end: YearDays
    year_end_fact: str
    sentences: Mapping[str, Words]
    checked: date
    lines: Lines
    closings: tuple[Closing, ...] = ()
    telephone_closings: tuple[Closing, ...] = ()
    _names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __repr__(self) -> str:
        """Stay short: the whole table is nothing to read in a message."""
        return f"<Hours checked {self.checked}>"

    def named(self, name: str) -> Counter:
        """Find a counter by its id or by a name that the page uses for it; raises KeyError."""
        return self.counters[self._names[normal(name)]]

    def offer(self, counter: str, procedure: ProcedureId, who: Who) -> Offer:
        """Give what the page says; raises KeyError for names that do not exist."""
        return self.procedures[procedure].offers[who][counter]

    def serving(self, procedure: ProcedureId, who: Who) -> tuple[Offer, ...]:
        """Give the counters that serve, in the order of the table; the halls inside another counter are part of it."""
        halls = {hall for counter in self.counters.values() for hall in counter.halls}
        offers = self.procedures[procedure].offers[who]
        found = (offers[counter] for counter in self.counters if counter in offers and counter not in halls)
        return tuple(offer for offer in found if offer.offered)

    def facts(self) -> Iterator[Fact]:
        """Give counters and hours as facts, so that prompts can name them.

        `counter_ebara_1`, `place_main_hall`, `hours_late_tuesday_opens`, `hours_late_tuesday_closes`. The lines of a
        counter are those that name it, the lines of hours those that give them; the section is that of the first.
        """
        for counter in self.counters.values():
            section, lines = self._lines(
                offer for offer in self._offers() if offer.named and offer.counter == counter.id
            )
            place = counter.fact.replace("counter", "place", 1)
            for name, said in ((counter.fact, counter.spoken), (place, counter.place)):
                if said:
                    value, at = Text(said), counter.line
                    yield Fact(name, "text", value, said.text, section, lines, "", self.checked, FILE, at)
        for pattern in self.patterns.values():
            section, lines = self._lines(
                offer for offer in self._offers() if offer.named and offer.own and offer.pattern is pattern
            )
            for name, moment in pattern.facts():
                clock, at = Clock(moment), pattern.line
                written = moment.isoformat("minutes")
                yield Fact(name, "time", clock, written, section, lines, "", self.checked, FILE, at)

    def spoken_facts(self, procedure: ProcedureId, who: Who) -> frozenset[str]:
        """Give the ids of the facts that the sentences about today speak for a procedure and a visitor."""
        from ivr.hours.every import spoken_facts  # noqa: PLC0415  (what is said is found by asking this very table)

        return spoken_facts(self, procedure, who)

    def _offers(self) -> Iterator[Offer]:
        for procedure in self.procedures.values():
            for offers in procedure.offers.values():
                yield from offers.values()

    @staticmethod
    def _lines(offers: Iterable[Offer]) -> tuple[str, Lines]:
        """Collect lines, with the section of the first of them; nothing where there is none."""
        found = sorted((number, offer.section, digest) for offer in offers for number, digest in offer.lines.items())
        section = found[0][1] if found else ""
        return section, MappingProxyType({number: digest for number, _, digest in found})
