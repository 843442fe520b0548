"""What callers needed in a period: counted by the store, so that a million calls are no burden.

Real calls only. Periods are whole days in Tokyo; words are those of `summary.DEFINITIONS`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from ivr.records.counts import by_day, read
from ivr.records.events import YEARS
from ivr.records.summary import OUTCOMES
from ivr.records.tables import calls, said
from ivr.titles import DIALLED, Titles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ivr.records.counts import Count
    from ivr.records.store import Store

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_YES, _NO = "1", "0"


@dataclass(frozen=True)
class Period:
    """Days in Tokyo, both included; with `flow_version` only the calls that heard that version."""

    first: date
    last: date
    flow_version: str = ""

    def __post_init__(self) -> None:
        """Refuse a period that ends before it begins, and days on which no call can have been recorded."""
        if self.last < self.first:
            raise ValueError(f"{self.last} is before {self.first}")
        if self.first.year < YEARS[0] or self.last.year > YEARS[1]:
            raise ValueError(f"days lie in the years {YEARS[0]} to {YEARS[1]}")

    @property
    def days(self) -> list[date]:
        """List the days."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    @property
    def before(self) -> Period:
        """Give the period of the same length that ends the day before; raises ValueError where there is none."""
        length = self.last - self.first
        last = self.first - timedelta(days=1)
        if length > last - date.min:
            raise ValueError(f"no period of this length lies before {self.first}")
        return Period(last - length, last, self.flow_version)

    def __str__(self) -> str:
        """Write it as people do."""
        version = f", flow {self.flow_version}" if self.flow_version else ""
        return f"{self.first} to {self.last}{version}"


@dataclass
class Group:
    """Calls that have something in common: how many, how they ended, how many were repeats, what the survey said."""

    calls: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    repeats: int = 0
    asked: int = 0
    helped: int = 0
    not_helped: int = 0

    def as_json(self) -> dict[str, Any]:
        """Give it with every outcome, also those that nobody had."""
        ended = {name: self.outcomes[name] for name in OUTCOMES}
        survey = {"asked": self.asked, "helped": self.helped, "not_helped": self.not_helped}
        return {"calls": self.calls, **ended, "repeats": self.repeats, **survey}


@dataclass(frozen=True)
class Place:
    """A node: how often a key, silence and wrong keys came there, and how many of the keys cut its words short.

    `told` counts the keys of which it is known whether they did; `left` the calls that ended there, and `given_up`
    those among them whose caller had got nothing.
    """

    keys: int = 0
    silence: int = 0
    wrong: int = 0
    told: int = 0
    cut: int = 0
    left: int = 0
    given_up: int = 0


@dataclass(frozen=True)
class Words:
    """A prompt: how often it began, was `cut` by a key or `hung_up` on; replies about the answers that say it."""

    heard: int = 0
    cut: int = 0
    hung_up: int = 0
    asked: int = 0
    helped: int = 0
    not_helped: int = 0


@dataclass(frozen=True)
class Report:
    """Everything that is counted of a period. `answer_seconds` and `answer_keys` are (lower) medians, or None."""

    period: Period
    total: Group
    by_hour: Mapping[int, int]
    by_day: Mapping[date, int]
    by_weekday: Mapping[str, int]
    subjects: Mapping[str, Group]
    answer_seconds: int | None
    answer_keys: int | None
    places: Mapping[str, Place]
    prompts: Mapping[str, Words]
    transfers: Mapping[str, Mapping[str, int]]
    faults: Mapping[str, int]
    versions: Mapping[str, int]

    @property
    def heard_most(self) -> list[str]:
        """List the versions of the flow, that of the most calls first."""
        return sorted(self.versions, key=lambda version: (-self.versions[version], version))

    def as_json(self, titles: Titles) -> dict[str, Any]:
        """Give the object that `ivr records report --json` prints, with the titles of what it names."""
        ends = dict.fromkeys(end for outcomes in self.transfers.values() for end in outcomes)
        return {
            "from": self.period.first.isoformat(),
            "to": self.period.last.isoformat(),
            "flow_version": self.period.flow_version,
            **self.total.as_json(),
            "by_hour": {f"{hour:02}": number for hour, number in self.by_hour.items()},
            "by_day": {day.isoformat(): number for day, number in self.by_day.items()},
            "by_weekday": dict(self.by_weekday),
            "subjects": {
                name: {"title": titles.subject(name), **group.as_json()} for name, group in self.subjects.items()
            },
            "answer_seconds": self.answer_seconds,
            "answer_keys": self.answer_keys,
            "places": {name: {"title": titles.node(name), **vars(place)} for name, place in self.places.items()},
            "prompts": {name: vars(words) for name, words in self.prompts.items()},
            "transfers": {to: dict(outcomes) for to, outcomes in self.transfers.items()},
            "transfer_titles": {to: titles.dialled(to) for to in self.transfers},
            "outcome_titles": {end: DIALLED.get(end, "") for end in ends},
            "faults": dict(self.faults),
            "versions": dict(self.versions),
        }


def versions(store: Store) -> dict[str, int]:
    """Count the real calls that heard each version of the flow, on any day; raises StoreError."""
    query = sa.select(calls.c.flow_version, sa.func.count()).where(calls.c.test.is_(False), calls.c.flow_version != "")
    with store.transaction() as connection:
        rows = connection.execute(query.group_by(calls.c.flow_version).order_by(calls.c.flow_version))
        return {version: number for version, number in rows}  # noqa: C416  (mypy cannot make a dict of rows)


def report(store: Store, period: Period) -> Report:
    """Count a period; raises StoreError."""
    with store.transaction() as connection:
        found = _Found(read(connection, period))
        by_day_ = by_day(connection, period)
        known = _prompts(connection, found)
    days = {day: by_day_.get(day.isoformat(), 0) for day in period.days}
    hours = found.sums("hour")
    total, subjects = found.groups()
    return Report(
        period,
        total,
        by_hour={hour: hours[str(hour)] for hour in range(24)},
        by_day=days,
        by_weekday=_by_weekday(days),
        subjects=subjects,
        answer_seconds=found.median("seconds"),
        answer_keys=found.median("keys"),
        places=found.places(),
        prompts=found.prompts(known),
        transfers=found.transfers(),
        faults={code or "unknown": number for code, number in found.sums("fault").items()},
        versions=found.versions(),
    )


class _Found:
    """What was counted of a period, sorted by kind."""

    def __init__(self, found: Iterable[Count]) -> None:
        self._kinds: dict[str, list[Count]] = {}
        for each in found:
            self._kinds.setdefault(each.kind, []).append(each)

    def of(self, kind: str) -> Sequence[Count]:
        return self._kinds.get(kind, ())

    def sums(self, kind: str, by: Literal["a", "flow_version"] = "a") -> Counter[str]:
        found: Counter[str] = Counter()
        for each in self.of(kind):
            found[getattr(each, by)] += each.number
        return found

    def versions(self) -> dict[str, int]:
        return dict(sorted(self.sums("hour", "flow_version").items()))

    def groups(self) -> tuple[Group, dict[str, Group]]:
        total, subjects = Group(), dict[str, Group]()
        for each in self.of("subject"):
            for group in (total, subjects.setdefault(each.a, Group())):
                group.calls += each.number
                group.outcomes[each.b] += each.number
                group.repeats += each.number if each.c == _YES else 0
        for each in self.of("survey"):
            for group in (total, subjects.setdefault(each.a, Group())):
                group.asked += each.number
                group.helped += each.number if each.c == _YES else 0
                group.not_helped += each.number if each.c == _NO else 0
        return total, dict(sorted(subjects.items(), key=lambda item: (-item[1].calls, item[0])))

    def median(self, kind: str) -> int | None:
        rows = sorted((int(each.a), each.number) for each in self.of(kind))
        half = (sum(number for _, number in rows) + 1) // 2
        for value, number in rows:
            half -= number
            if half <= 0:
                return value
        return None

    def places(self) -> dict[str, Place]:
        found: dict[str, Counter[str]] = {}
        for each in self.of("input"):
            counts = found.setdefault(each.a, Counter())
            counts["keys" if each.b in {"key", "wrong"} else each.b] += each.number
            counts["wrong"] += each.number if each.b == "wrong" else 0
            if each.b in {"key", "wrong"} and each.c:
                counts["told"] += each.number
                counts["cut"] += each.number if each.c == _YES else 0
        for each in self.of("left"):
            counts = found.setdefault(each.a, Counter())
            counts["left"] += each.number
            counts["given_up"] += each.number if each.b == "given_up" else 0
        names = Place.__dataclass_fields__
        return {node: Place(**{name: counts[name] for name in names}) for node, counts in sorted(found.items()) if node}

    def prompts(self, known: Mapping[tuple[str, str], Sequence[tuple[str, bool]]]) -> dict[str, Words]:
        """Count prompts; `known` gives what a node says in a version, in order, and whether that offers a key."""
        found: dict[str, Counter[str]] = {}
        for each in (*self.of("heard"), *self.of("ended")):
            said = [prompt for prompt, _ in known.get((each.flow_version, each.a), ())]
            begun = said[: said.index(each.b) + 1] if each.b in said else [each.b] if each.b else []
            for prompt in begun:
                found.setdefault(prompt, Counter())["heard"] += each.number
            if begun and each.c == _YES:
                found[each.b]["cut" if each.kind == "heard" else "hung_up"] += each.number
        for each in self.of("survey"):
            for prompt, offers in known.get((each.flow_version, each.b), ()):
                if not offers:
                    counts = found.setdefault(prompt, Counter())
                    counts["asked"] += each.number
                    counts["helped"] += each.number if each.c == _YES else 0
                    counts["not_helped"] += each.number if each.c == _NO else 0
        ordered = sorted(found.items(), key=lambda item: (-item[1]["cut"] - item[1]["hung_up"], item[0]))
        return {prompt: Words(**counts) for prompt, counts in ordered}

    def transfers(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for each in self.of("transfer"):
            outcomes = found.setdefault(each.a, {})
            outcomes[each.b] = outcomes.get(each.b, 0) + each.number
        return found


def _prompts(connection: sa.Connection, found: _Found) -> dict[tuple[str, str], list[tuple[str, bool]]]:
    """Give what each node says, in order, in the versions that were heard."""
    query = sa.select(said).where(said.c.flow_version.in_(list(found.versions())))
    known: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    for row in connection.execute(query.order_by(said.c.flow_version, said.c.node, said.c.place)):
        known.setdefault((row.flow_version, row.node), []).append((row.prompt, row.offers))
    return known


def _by_weekday(days: Mapping[date, int]) -> dict[str, int]:
    found = dict.fromkeys(WEEKDAYS, 0)
    for day, number in days.items():
        found[WEEKDAYS[day.weekday()]] += number
    return found
