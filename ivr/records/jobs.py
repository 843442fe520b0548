"""Jobs of the background process: rows that are claimed with a lease, so that two workers do each job once.

A worker that dies lets its lease run out, and another one takes the job over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ivr.records.tables import jobs

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from ivr.records.store import Store

_LONGEST_OUTCOME = 200


@dataclass(frozen=True)
class Job:
    """Something to do once: unique by kind and name, not before `due`; `tries` counts how often it was begun."""

    kind: str
    name: str
    due: datetime
    tries: int


class Jobs:
    """The jobs of a store. Every method raises StoreError where the store cannot be used."""

    def __init__(self, store: Store) -> None:
        """Touch nothing yet."""
        self._store = store

    def plan(self, kind: str, name: str, due: datetime) -> None:
        """Note a job; one that is noted already, done or not, stays as it is."""
        row = {"kind": kind, "name": name, "due": due, "tries": 0}
        with self._store.transaction(writes=True) as connection:
            connection.execute(self._store.insert(jobs), [row])

    def claim(self, kinds: tuple[str, ...], now: datetime, lease: timedelta) -> Job | None:
        """Take the job that has been due longest, for as long as the lease; None if none is due."""
        free = sa.or_(jobs.c.leased_until.is_(None), jobs.c.leased_until <= now)
        waiting = sa.and_(jobs.c.kind.in_(kinds), jobs.c.done.is_(None), jobs.c.due <= now, free)
        columns = [jobs.c[name] for name in Job.__dataclass_fields__]
        query = sa.select(*columns).where(waiting).order_by(jobs.c.due, jobs.c.kind, jobs.c.name).limit(1)
        with self._store.transaction(writes=True) as connection:
            row = connection.execute(query.with_for_update(skip_locked=True)).mappings().first()
            if row is None:
                return None
            job = Job(**{**row, "tries": row["tries"] + 1})
            connection.execute(_this(job).values(leased_until=now + lease, tries=job.tries))
        return job

    def finish(self, job: Job, now: datetime, outcome: str) -> None:
        """Note that a job is done, and in a few words what came of it."""
        with self._store.transaction(writes=True) as connection:
            connection.execute(_this(job).values(done=now, outcome=outcome[:_LONGEST_OUTCOME]))

    def put_off(self, job: Job, due: datetime, outcome: str) -> None:
        """Let a job that could not be done be tried again at another moment."""
        with self._store.transaction(writes=True) as connection:
            connection.execute(_this(job).values(due=due, leased_until=None, outcome=outcome[:_LONGEST_OUTCOME]))


def _this(job: Job) -> sa.Update:
    """Update a job unless another worker has taken it over meanwhile: each one that begins it counts a try."""
    mine = sa.or_(jobs.c.tries == job.tries, jobs.c.tries == job.tries - 1)
    return sa.update(jobs).where(jobs.c.kind == job.kind, jobs.c.name == job.name, jobs.c.done.is_(None), mine)
