"""How long records are kept, and what is found or erased of one caller on request.

What makes a call a person's, hash and last two digits, goes first: whether the same caller had called within a day
stands in the call's summary by then. The call without it goes much later, then the log of changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ivr.records import audit
from ivr.records.counts import changed
from ivr.records.tables import audit as audit_log
from ivr.records.tables import calls, jobs, said, switches
from ivr.records.users import forget_sessions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ivr.records.store import CallRecord, Store

BATCH = 500
"""Calls that one transaction changes."""
ERASE = "records erase"
"""The name under which the log of changes keeps that calls were erased on request."""


@dataclass(frozen=True)
class Periods:
    """Days after which is forgotten: who called, the calls, simulated calls, and the log of changes."""

    callers: int
    calls: int
    tests: int
    audit: int


@dataclass(frozen=True)
class Purged:
    """How many were forgotten: callers of calls that stay, calls, simulated calls, entries of the log of changes."""

    callers: int
    calls: int
    tests: int
    audit: int

    @property
    def in_words(self) -> str:
        """Say it in one line."""
        return (
            f"forgotten: {self.callers} callers, {self.calls} calls, {self.tests} simulated calls, "
            f"{self.audit} entries of the log of changes"
        )


def purge(store: Store, periods: Periods, now: datetime) -> Purged:
    """Forget what is older than its period; raises StoreError. What was done until then stays done."""
    old = {name: now - timedelta(days=getattr(periods, name)) for name in Periods.__dataclass_fields__}
    tests = _all(store, _DELETE, calls.c.test.is_(True), calls.c.began < old["tests"])
    whole = _all(store, _DELETE, calls.c.test.is_(False), calls.c.began < old["calls"])
    callers = _all(store, _FORGET, calls.c.caller_hash != "", calls.c.began < old["callers"])
    with store.transaction(writes=True) as connection:
        entries = connection.execute(sa.delete(audit_log).where(audit_log.c.at < old["audit"])).rowcount
        connection.execute(sa.delete(switches).where(switches.c.until < old["audit"], ~_LATEST))
        forget_sessions(connection, now)
        connection.execute(sa.delete(said).where(said.c.flow_version.not_in(sa.select(calls.c.flow_version))))
        connection.execute(sa.delete(jobs).where(jobs.c.done < old["audit"]))
    return Purged(callers, whole, tests, entries)


def find(store: Store, digests: Sequence[str]) -> tuple[CallRecord, ...]:
    """Give everything that is kept of the calls of a caller, oldest first; raises StoreError."""
    query = sa.select(calls.c.call, calls.c.test).where(calls.c.caller_hash.in_(digests)).order_by(calls.c.began)
    with store.transaction() as connection:
        found = connection.execute(query).all()
    records = (store.call(call, test=test) for call, test in found)
    return tuple(record for record in records if record)


def erase(store: Store, digests: Sequence[str], at: datetime, by: str) -> int:
    """Delete every call of a caller; the log of changes keeps that it was done, not for whom. Raises StoreError."""
    with store.transaction(writes=True) as connection:
        theirs = calls.c.caller_hash.in_(digests)
        connection.execute(changed(store, theirs))
        gone = connection.execute(_DELETE.where(theirs)).rowcount
        audit.note(connection, audit.Entry(at, by, ERASE, "a caller", f"{gone} calls", "erased"))
    return gone


def _all(store: Store, change: sa.Update | sa.Delete, *which: sa.ColumnElement[bool]) -> int:
    """Change every call that fits, some at a time, so that the mover never waits long for its turn."""
    done = 0
    while True:
        some = sa.select(calls.c.call, calls.c.test).where(*which).limit(BATCH)
        with store.transaction(writes=True) as connection:
            keys = [tuple(row) for row in connection.execute(some)]
            if not keys:
                return done
            these = sa.tuple_(calls.c.call, calls.c.test).in_(keys)
            if change is _DELETE:
                connection.execute(changed(store, these))
            connection.execute(change.where(these))
        done += len(keys)


_DELETE = sa.delete(calls)
_FORGET = sa.update(calls).values(caller_hash="", caller_tail="")
_LATEST = switches.c.version == sa.select(sa.func.max(switches.c.version)).scalar_subquery()
"""The row that holds the version of the board, which only ever rises."""
