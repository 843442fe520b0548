"""The audit log: who changed what, when, what it was before and after. Entries are only ever added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ivr.records.tables import audit

if TYPE_CHECKING:
    from datetime import datetime

    from ivr.records.store import Store


@dataclass(frozen=True)
class Entry:
    """One change: `what` is a verb with its object (`board announce`), `subject` the name of what was changed."""

    at: datetime
    who: str
    what: str
    subject: str
    before: str
    after: str


def note(connection: sa.Connection, entry: Entry) -> None:
    """Add an entry in the transaction of the change: both are kept, or neither."""
    connection.execute(sa.insert(audit).values(**vars(entry)))


def add(store: Store, entry: Entry) -> None:
    """Add an entry of a change that was made outside the store, or before this; raises StoreError."""
    with store.transaction(writes=True) as connection:
        note(connection, entry)


def entries(store: Store, limit: int) -> tuple[Entry, ...]:
    """List the latest changes, newest first; raises StoreError."""
    columns = [column for column in audit.c if column is not audit.c.number]
    query = sa.select(*columns).order_by(audit.c.at.desc(), audit.c.number.desc()).limit(limit)
    with store.transaction() as connection:
        return tuple(Entry(**row) for row in connection.execute(query).mappings())
