"""What callers needed in a period: counted in the store, never call by call, so that a million calls are no burden.

Real calls only. Periods are whole days in Tokyo; words are those of `summary.DEFINITIONS`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ivr.records.summary import OUTCOMES, SILENT, WRONG
from ivr.records.tables import calls, faults, transfers, turns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ivr.records.store import Store

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Period:
    """Days in Tokyo, both included; with `flow_version` only the calls that heard that version."""

    first: date
    last: date
    flow_version: str = ""

    def __post_init__(self) -> None:
        """Refuse a period that ends before it begins."""
        if self.last < self.first:
            raise ValueError(f"{self.last} is before {self.first}")

    @property
    def days(self) -> list[date]:
        """List the days."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    @property
    def before(self) -> Period:
        """Give the period of the same length that ends the day before."""
        length = self.last - self.first
        last = self.first - timedelta(days=1)
        return Period(last - length, last, self.flow_version)

    def __str__(self) -> str:
        """Write it as people do."""
        version = f", flow {self.flow_version}" if self.flow_version else ""
        return f"{self.first} to {self.last}{version}"


@dataclass
class Group:
    """Calls that have something in common: how many, how they ended, how many were repeats."""

    calls: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    repeats: int = 0

    def add(self, outcome: str, number: int, *, repeat: bool) -> None:
        """Count calls."""
        self.calls += number
        self.outcomes[outcome] += number
        self.repeats += number if repeat else 0

    def as_json(self) -> dict[str, Any]:
        """Give it with every outcome, also those that nobody had."""
        return {"calls": self.calls, **{name: self.outcomes[name] for name in OUTCOMES}, "repeats": self.repeats}


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
    transfers: Mapping[str, Mapping[str, int]]
    faults: Mapping[str, int]
    versions: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Give the object that `ivr records report --json` prints."""
        return {
            "from": self.period.first.isoformat(),
            "to": self.period.last.isoformat(),
            "flow_version": self.period.flow_version,
            **self.total.as_json(),
            "by_hour": {f"{hour:02}": number for hour, number in self.by_hour.items()},
            "by_day": {day.isoformat(): number for day, number in self.by_day.items()},
            "by_weekday": dict(self.by_weekday),
            "subjects": {name: group.as_json() for name, group in self.subjects.items()},
            "answer_seconds": self.answer_seconds,
            "answer_keys": self.answer_keys,
            "places": {name: vars(place) for name, place in self.places.items()},
            "transfers": {to: dict(outcomes) for to, outcomes in self.transfers.items()},
            "faults": dict(self.faults),
            "versions": dict(self.versions),
        }


def report(store: Store, period: Period) -> Report:
    """Count a period; raises StoreError."""
    with store.transaction() as connection:
        counting = _Counting(connection, period)
        cube = counting.cube()
        total, subjects = _groups(cube)
        return Report(
            period,
            total,
            by_hour=_by(cube, "hour", range(24)),
            by_day=_by_day(cube, period),
            by_weekday=_by_weekday(cube),
            subjects=subjects,
            answer_seconds=counting.median(calls.c.answer_seconds),
            answer_keys=counting.median(calls.c.answer_keys),
            places=counting.places(),
            transfers=counting.transfers(),
            faults=counting.faults(),
            versions=_by(cube, "flow_version"),
        )


class _Counting:
    def __init__(self, connection: sa.Connection, period: Period) -> None:
        self._connection = connection
        days = calls.c.day.between(period.first.isoformat(), period.last.isoformat())
        self._calls: list[sa.ColumnElement[bool]] = [days, calls.c.test.is_(False), calls.c.summed.is_(True)]
        if period.flow_version:
            self._calls.append(calls.c.flow_version == period.flow_version)

    def cube(self) -> Sequence[sa.RowMapping]:
        by = [calls.c[name] for name in ("day", "hour", "subject", "outcome", "repeat", "flow_version")]
        query = sa.select(*by, sa.func.count().label("number")).where(*self._calls).group_by(*by)
        return self._connection.execute(query).mappings().all()

    def median(self, column: sa.ColumnElement[int | None]) -> int | None:
        query = sa.select(column, sa.func.count()).where(*self._calls, column.is_not(None))
        rows = [(value or 0, number) for value, number in self._connection.execute(query.group_by(column))]
        half = (sum(number for _, number in rows) + 1) // 2
        for value, number in sorted(rows):
            half -= number
            if half <= 0:
                return value
        return None

    def places(self) -> dict[str, Place]:
        found: dict[str, Counter[str]] = {}
        node_, option_, cut_ = turns.c.came_from, turns.c.option, turns.c.cut
        query = sa.select(node_, option_, cut_, sa.func.count()).where(*self._of(turns), turns.c.kind == "turn")
        for node, option, cut, number in self._connection.execute(query.group_by(node_, option_, cut_)):
            counts = found.setdefault(node, Counter())
            counts["silence" if option in SILENT else "keys"] += number
            counts["wrong"] += number if option in WRONG else 0
            counts["told"] += number if cut is not None else 0
            counts["cut"] += number if cut else 0
        ends = sa.select(calls.c.left, calls.c.outcome, sa.func.count()).where(*self._calls)
        for node, outcome, number in self._connection.execute(ends.group_by(calls.c.left, calls.c.outcome)):
            counts = found.setdefault(node, Counter())
            counts["left"] += number
            counts["given_up"] += number if outcome == "given_up" else 0
        return {node: Place(**counts) for node, counts in sorted(found.items()) if node}

    def transfers(self) -> dict[str, dict[str, int]]:
        query = sa.select(transfers.c.to, transfers.c.outcome, sa.func.count()).where(*self._of(transfers))
        found: dict[str, dict[str, int]] = {}
        for to, outcome, number in self._connection.execute(query.group_by(transfers.c.to, transfers.c.outcome)):
            found.setdefault(to, {})[outcome] = number
        return found

    def faults(self) -> dict[str, int]:
        query = sa.select(faults.c.code, sa.func.count()).where(*self._of(faults)).group_by(faults.c.code)
        return {code or "unknown": number for code, number in self._connection.execute(query)}

    def _of(self, table: sa.Table) -> list[sa.ColumnElement[bool]]:
        """Choose what happened in the calls that are counted, and in no other: the numbers of a report fit together."""
        return [table.c.call == calls.c.call, table.c.test == calls.c.test, *self._calls]


def _groups(cube: Sequence[sa.RowMapping]) -> tuple[Group, dict[str, Group]]:
    total, subjects = Group(), dict[str, Group]()
    for row in cube:
        for group in (total, subjects.setdefault(row["subject"], Group())):
            group.add(row["outcome"], row["number"], repeat=row["repeat"])
    return total, dict(sorted(subjects.items(), key=lambda item: (-item[1].calls, item[0])))


def _by(cube: Sequence[sa.RowMapping], name: str, all_: Sequence[int] = ()) -> dict[Any, int]:
    found: Counter[Any] = Counter(dict.fromkeys(all_, 0))
    for row in cube:
        found[row[name]] += row["number"]
    return dict(sorted(found.items()))


def _by_day(cube: Sequence[sa.RowMapping], period: Period) -> dict[date, int]:
    found = _by(cube, "day")
    return {day: found.get(day.isoformat(), 0) for day in period.days}


def _by_weekday(cube: Sequence[sa.RowMapping]) -> dict[str, int]:
    found = dict.fromkeys(WEEKDAYS, 0)
    for row in cube:
        found[WEEKDAYS[date.fromisoformat(row["day"]).weekday()]] += row["number"]
    return found
