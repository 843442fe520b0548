"""Calls added up by day: a report of a year adds days, not calls.

A day that is over is added up once by the background process. Whatever changes a counted call (a late event, an
erasure) says so in the same transaction; until the day is added up anew, reports count its calls one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ivr.chosen import MISTAKEN, REPLIES, SILENT, Chosen
from ivr.records.tables import calls, counts, days, faults, transfers, turns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ivr.records.report import Period
    from ivr.records.store import Store

MANY = 31
"""So many days are added up before the background process looks at its other work."""
_BY = ("flow_version", "kind", "a", "b", "c")
_COUNTED = (calls.c.summed.is_(True), calls.c.test.is_(False), calls.c.day != "")
_FRESH = sa.select(days.c.day).where(days.c.fresh.is_(True))
_CHANGED = sa.select(days.c.day).where(days.c.fresh.is_(False))


@dataclass(frozen=True)
class Count:
    """So many of one kind on one day, or in one period, of calls that heard one version of the flow."""

    flow_version: str
    kind: str
    a: str
    b: str
    c: str
    number: int


def read(connection: sa.Connection, period: Period) -> Iterator[Count]:
    """Give what is counted of a period, in any order; of what is the same there may be several."""
    by = [counts.c[name] for name in _BY]
    added = sa.select(*by, sa.func.sum(counts.c.number).label("number")).where(*_added(period)).group_by(*by)
    for query in (added, *(_counted(kind, *_one_by_one(period)) for kind in KINDS)):
        yield from (Count(**row) for row in connection.execute(query).mappings())


def by_day(connection: sa.Connection, period: Period) -> dict[str, int]:
    """Count the calls of each day (2026-11-27) that had any."""
    added = sa.select(counts.c.day, sa.func.sum(counts.c.number)).where(*_added(period), counts.c.kind == "hour")
    other = sa.select(calls.c.day, sa.func.count()).where(*_one_by_one(period))
    rows = [*connection.execute(added.group_by(counts.c.day)), *connection.execute(other.group_by(calls.c.day))]
    return {day: int(number) for day, number in rows}


def changed(store: Store, which: sa.ColumnElement[bool]) -> sa.Executable:
    """Write that days are no longer what was added up: those of the counted calls that `which` chooses."""
    theirs = sa.select(calls.c.day, sa.false(), sa.literal(1)).where(*_COUNTED, which).distinct()
    return _once_more(store.upsert(days).from_select(["day", "fresh", "changes"], theirs))


def counted(store: Store, which: set[str]) -> sa.Executable:
    """Write that calls of these days are about to be counted.

    As everywhere, the days are written before the calls: two that waited for each other would wait in vain.
    """
    return _once_more(store.upsert(days).values([{"day": day, "fresh": False, "changes": 1} for day in sorted(which)]))


def _once_more(insert: Any) -> sa.Executable:  # noqa: ANN401  (each dialect has its own Insert)
    statement: sa.Executable = insert.on_conflict_do_update(
        index_elements=["day"], set_={"fresh": False, "changes": days.c.changes + 1}
    )
    return statement


class Days:
    """The days of a store. Every method raises StoreError."""

    def __init__(self, store: Store) -> None:
        """Touch nothing yet."""
        self._store = store

    def add_up(self, today: date) -> int:
        """Add up days before today that are not, latest first, at most `MANY`; gives how many were.

        What is wrong with one of them is raised after the others.
        """
        from ivr.records.store import BLAMELESS  # noqa: PLC0415  (the store imports this file)

        query = sa.select(days.c.day, days.c.changes).where(days.c.fresh.is_(False), days.c.day < today.isoformat())
        with self._store.transaction() as connection:
            due = connection.execute(query.order_by(days.c.day.desc()).limit(MANY)).all()
        done = 0
        problem: Exception | None = None
        for day, changes in due:
            try:
                done += self._add_up(day, changes)
            except BLAMELESS:
                raise
            except Exception as error:  # noqa: BLE001  (a day that cannot be added up costs no other)
                problem = error
        if problem:
            raise problem
        return done

    def _add_up(self, day: str, changes: int) -> bool:
        """Add one day up; one of which a call has changed meanwhile is left for the next time.

        The row of the day is taken first: whoever changes a call of it waits, and marks it after us.
        """
        still = sa.update(days).where(days.c.day == day, days.c.changes == changes)
        with self._store.transaction(writes=True) as connection:
            if connection.execute(still.values(fresh=True)).rowcount == 0:
                return False
            connection.execute(sa.delete(counts).where(counts.c.day == day))
            for kind in KINDS:
                found = _counted(kind, *_COUNTED, calls.c.day == day).subquery()
                rows = sa.select(sa.literal(day), found)
                connection.execute(sa.insert(counts).from_select(["day", *_BY, "number"], rows))
        return True


def _added(period: Period) -> list[sa.ColumnElement[bool]]:
    """Choose the counts of the days that are added up."""
    these: list[sa.ColumnElement[bool]] = [counts.c.day.between(*_ends(period)), counts.c.day.in_(_FRESH)]
    if period.flow_version:
        these.append(counts.c.flow_version == period.flow_version)
    return these


def _one_by_one(period: Period) -> list[sa.ColumnElement[bool]]:
    """Choose the calls of the other days."""
    these: list[sa.ColumnElement[bool]] = [*_COUNTED, calls.c.day.between(*_ends(period)), calls.c.day.in_(_CHANGED)]
    if period.flow_version:
        these.append(calls.c.flow_version == period.flow_version)
    return these


def _ends(period: Period) -> tuple[str, str]:
    return period.first.isoformat(), period.last.isoformat()


def _counted(kind: str, *which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Count one kind; the columns are named inside, since PostgreSQL takes no values to group by."""
    source, *columns = KINDS[kind]
    named = [column.label(name) for column, name in zip(columns, ("a", "b", "c"), strict=True)]
    only = [_ONLY[kind]] if kind in _ONLY else []
    each = sa.select(calls.c.flow_version, sa.literal(kind).label("kind"), *named).select_from(source)
    inner = each.where(*which, *only).subquery()
    by = [inner.c[name] for name in _BY]
    return sa.select(*by, sa.func.count().label("number")).group_by(*by)


def _of(table: sa.Table) -> sa.Join:
    return table.join(calls, sa.and_(table.c.call == calls.c.call, table.c.test == calls.c.test))


def _flag(column: sa.ColumnElement[bool | None]) -> sa.ColumnElement[str]:
    return sa.case((column.is_(None), ""), (column.is_(True), "1"), else_="0")


_NOTHING: sa.ColumnElement[str] = sa.literal("", sa.String)
_INPUT = sa.case(
    (turns.c.option.in_(sorted(SILENT)), "silence"),
    (turns.c.option.in_(sorted(MISTAKEN)), "wrong"),
    (turns.c.option.in_(sorted({Chosen.ASKED, *REPLIES})), "survey"),
    (turns.c.option == Chosen.POSITION_LOST, "nothing"),
    else_="key",
)
KINDS: dict[str, tuple[sa.FromClause, sa.ColumnElement[str], sa.ColumnElement[str], sa.ColumnElement[str]]] = {
    "hour": (calls, sa.cast(calls.c.hour, sa.String), _NOTHING, _NOTHING),
    "subject": (calls, calls.c.subject, calls.c.outcome, _flag(calls.c.repeat)),
    "seconds": (calls, sa.cast(calls.c.answer_seconds, sa.String), _NOTHING, _NOTHING),
    "keys": (calls, sa.cast(calls.c.answer_keys, sa.String), _NOTHING, _NOTHING),
    "left": (calls, calls.c.left, calls.c.outcome, _NOTHING),
    "survey": (calls, calls.c.subject, calls.c.asked, _flag(calls.c.helped)),
    "ended": (calls, calls.c.left, calls.c.reached, _flag(calls.c.midway)),
    "input": (_of(turns), turns.c.came_from, _INPUT, _flag(turns.c.cut)),
    "heard": (_of(turns), turns.c.came_from, turns.c.reached, _flag(turns.c.midway)),
    "transfer": (_of(transfers), transfers.c.to, transfers.c.outcome, _NOTHING),
    "fault": (_of(faults), faults.c.code, _NOTHING, _NOTHING),
}
"""What is counted by what: of each kind the table, and what tells one count from another."""
_ONLY: dict[str, sa.ColumnElement[bool]] = {
    "seconds": calls.c.answer_seconds.is_not(None),
    "keys": calls.c.answer_keys.is_not(None),
    "survey": calls.c.asked != "",
    "ended": calls.c.reached.is_not(None),
    "input": turns.c.kind == "turn",
    "heard": turns.c.reached.is_not(None),
}
