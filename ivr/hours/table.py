"""Counters, their hours and who is served where: the values that `flows/counters.yaml` becomes. No files here."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from ivr.facts import Clock, Fact, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, time

    from ivr.facts import Lines, Words, YearDays

FILE = "flows/counters.yaml"
CLOSED_FILE = "flows/closed_days.yaml"

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

Span: TypeAlias = "tuple[time, time]"
"""Open from the first time on, closed from the second on."""


def normal(name: str) -> str:
    """Bring a counter's name into one form: width, blanks, 第2庁舎 or 第二庁舎, 3階 or 三階 make no difference."""
    plain = "".join(unicodedata.normalize("NFKC", name).split())
    return plain.replace("第2庁舎", "第二庁舎").replace("三階", "3階").casefold()


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


@dataclass(frozen=True)
class Offer:
    """What the page says about one counter, one procedure and one kind of visitor.

    `own` tells hours given for this very procedure from hours that the counter keeps for other things; `never`
    are the days on which the section says that this counter is not open; `halls` are the halls meant by the ward
    office, which the page names (`halls_named`) or leaves open.
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
    """Days on which something is closed against its hours; an empty set of counters or procedures means all."""

    first: date
    last: date
    counters: frozenset[str]
    procedures: frozenset[str]
    says: Words
    line: int = 0

    def on(self, day: date, procedure: str) -> bool:
        """Tell whether it concerns a procedure on a day."""
        return self.first <= day <= self.last and (not self.procedures or procedure in self.procedures)

    def shuts(self, counter: str) -> bool:
        """Tell whether it names a counter."""
        return not self.counters or counter in self.counters


@dataclass(frozen=True, eq=False, repr=False)
class Hours:
    """Everything that is known about counters and their hours: immutable, no clock; each loaded table is its own."""

    counters: Mapping[str, Counter]
    groups: tuple[Group, ...]
    patterns: Mapping[str, Pattern]
    procedures: Mapping[ProcedureId, Procedure]
    year_end: YearDays
    sentences: Mapping[str, Words]
    checked: date
    closings: tuple[Closing, ...] = ()
    _names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def named(self, name: str) -> Counter:
        """Find a counter by its id or by a name that the page uses for it; raises KeyError."""
        return self.counters[self._names[normal(name)]]

    def offer(self, counter: str, procedure: ProcedureId, who: Who) -> Offer:
        """Give what the page says; raises KeyError for names that do not exist."""
        return self.procedures[procedure].offers[who][counter]

    def facts(self) -> Iterator[Fact]:
        """Give counters and hours as facts, so that prompts can name them.

        `counter_ebara_1`, `place_main_hall`, `hours_late_tuesday_opens`, `hours_late_tuesday_closes`.
        """
        used = self._used()
        for counter in self.counters.values():
            section, lines = used.get(counter.id, ("", {}))
            name = counter.id.replace("-", "_")
            for prefix, said in (("counter", counter.spoken), ("place", counter.place)):
                if said:
                    fact = Fact(f"{prefix}_{name}", "text", Text(said), said.text, section, lines, "", self.checked)
                    yield self._here(fact, counter.line)
        for pattern in self.patterns.values():
            section, lines = used.get(f"hours {pattern.name}", ("", {}))
            for day, spans in pattern.days.items():
                for part, moment in (("opens", spans[0][0]), ("closes", spans[-1][1])):
                    name = f"hours_{pattern.name}_{day}_{part}"
                    written = moment.isoformat("minutes")
                    fact = Fact(name, "time", Clock(moment), written, section, lines, "", self.checked)
                    yield self._here(fact, pattern.line)

    def _used(self) -> dict[str, tuple[str, Lines]]:
        """Collect by counter and by pattern the first section and all lines that speak of it."""
        found: dict[str, tuple[str, dict[int, str]]] = {}
        for procedure in self.procedures.values():
            for offer in (offer for offers in procedure.offers.values() for offer in offers.values()):
                if offer.offered is not False:
                    _, lines = found.setdefault(offer.counter, (procedure.section, {}))
                    lines.update(offer.lines)
                if offer.pattern and offer.own and offer.offered:
                    _, lines = found.setdefault(f"hours {offer.pattern.name}", (procedure.section, {}))
                    lines.update(offer.lines)
        return {name: (section, MappingProxyType(lines)) for name, (section, lines) in found.items()}

    @staticmethod
    def _here(fact: Fact, line: int) -> Fact:
        return Fact(**{**vars(fact), "file": FILE, "line": line})
