"""The tables of the store, as SQLAlchemy Core; `migrations` brings a database to this state and a test compares them.

Every key begins with (call, test): a simulated call can never meet a real one, whatever id it gives itself.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
)
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC to the microsecond; SQLite, which knows no offsets, keeps it bare."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into UTC; a bare one is refused, since nobody knows what it means."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("a moment in the store has an offset")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def _of_call(*columns: Column[object]) -> list[Column[object] | ForeignKeyConstraint]:
    return [
        Column("call", String(64), primary_key=True),
        Column("test", Boolean, primary_key=True),
        *columns,
        ForeignKeyConstraint(["call", "test"], ["calls.call", "calls.test"], ondelete="CASCADE"),
    ]


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

calls = Table(
    "calls",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("test", Boolean, primary_key=True),
    Column("began", Moment, nullable=False),
    Column("answered", Moment),
    Column("caller_hash", String(32), nullable=False, default="", server_default=""),
    Column("caller_tail", String(2), nullable=False, default="", server_default=""),
    Column("flow_version", String(64), nullable=False, default="", server_default=""),
    Column("voice_version", String(64), nullable=False, default="", server_default=""),
    Column("ended", Moment),
    Column("status", String(64), nullable=False, default="", server_default=""),
    Column("seconds", Integer),
    Column("summed", Boolean, nullable=False, default=False, server_default=false()),
    Column("day", String(10), nullable=False, default="", server_default=""),
    Column("hour", Integer),
    Column("subject", String(64), nullable=False, default="", server_default=""),
    Column("answer", String(64), nullable=False, default="", server_default=""),
    Column("answer_keys", Integer),
    Column("answer_seconds", Integer),
    Column("outcome", String(16), nullable=False, default="", server_default=""),
    Column("left", String(64), nullable=False, default="", server_default=""),
    Column("repeat", Boolean, nullable=False, default=False, server_default=false()),
    Column("reached", String(64)),
    Column("midway", Boolean, nullable=False, default=False, server_default=false()),
    Column("asked", String(64), nullable=False, default="", server_default=""),
    Column("helped", Boolean),
)
"""A call: `began` is the earliest event known, `answered` its opening, `ended` Twilio's status callback.

From `day` on it is what reports count, as `summary.py` defines it; right once `summed`, until another event comes.
`reached` and `midway` say of the end of the call what they say of a turn. `asked` is the node where the caller was
asked whether the answer helped, `helped` the reply.
"""

turns = Table(
    "turns",
    metadata,
    *_of_call(
        Column("turn", BigInteger, primary_key=True, autoincrement=False),
        Column("kind", String(16), primary_key=True),
        Column("at", Moment, nullable=False),
        Column("node", String(64), nullable=False),
        Column("option", String(64), nullable=False),
        Column("came_from", String(64), nullable=False),
        Column("flow_version", String(64), nullable=False),
        Column("voice_version", String(64), nullable=False),
        Column("cut", Boolean),
        Column("reached", String(64)),
        Column("midway", Boolean, nullable=False, default=False, server_default=false()),
    ),
)
"""What was heard (`option`) at `came_from`, and the node that followed; also the opening and returns of a transfer.

What came of it, from `cut` on, is counted with the call: whether it came before the words of `came_from` were over,
the last prompt that had begun by then (empty: none), and whether that one was still being said. No `cut` and no
`reached` where that cannot be told.
"""

transfers = Table(
    "transfers",
    metadata,
    *_of_call(
        Column("turn", BigInteger, primary_key=True, autoincrement=False),
        Column("at", Moment, nullable=False),
        Column("node", String(64), nullable=False),
        Column("to", String(64), nullable=False),
        Column("outcome", String(64), nullable=False),
    ),
)
"""How a transfer from `node` ended; `to` is the name of the number in the facts, never the number."""

faults = Table(
    "faults",
    metadata,
    *_of_call(
        Column("turn", BigInteger, primary_key=True, autoincrement=False),
        Column("at", Moment, nullable=False),
        Column("code", String(16), nullable=False),
    ),
)
"""A document that Twilio could not fetch or use, by the code of its error dictionary."""

said = Table(
    "said",
    metadata,
    Column("flow_version", String(64), primary_key=True),
    Column("node", String(64), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("prompt", String(64), nullable=False),
    Column("offers", Boolean, nullable=False),
)
"""What a node says in a version of the flow: its prompts in order, and whether one offers a key."""

counts = Table(
    "counts",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("flow_version", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    *(Column(name, String(64), primary_key=True) for name in ("a", "b", "c")),
    Column("number", Integer, nullable=False),
)
"""What reports count of a day, added up as `counts.py` defines it for each `kind`: right while the day is `fresh`."""

days = Table(
    "days",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("fresh", Boolean, nullable=False),
    Column("changes", Integer, nullable=False),
)
"""Days on which calls were counted, whether their `counts` are right, and how often a call of theirs changed."""

spools = Table(
    "spools",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("offset", BigInteger, nullable=False),
)
"""How many bytes of a spool file are in this store; written with the events, so that both are there or neither."""

switches = Table(
    "switches",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(64), nullable=False),
    Column("begins", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("by", String(64), nullable=False),
    Column("ended", Moment),
    Column("version", Integer, nullable=False),
)
"""What people have switched on the board, until when; `ended` if somebody ended it sooner. Each change, an end too,
takes the next `version`: the highest one is the board's."""

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("who", String(64), nullable=False),
    Column("what", String(64), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
)
"""What a person has changed: written in the transaction of the change itself, and never altered."""

jobs = Table(
    "jobs",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("due", Moment, nullable=False),
    Column("leased_until", Moment),
    Column("tries", Integer, nullable=False),
    Column("done", Moment),
    Column("outcome", String(200), nullable=False, default="", server_default=""),
)
"""Something that the background process does once, at `due` or later."""

users = Table(
    "users",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("password", String(200), nullable=False),
    Column("totp", String(64), nullable=False),
    Column("totp_used", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("locked_until", Moment),
    Column("added", Moment, nullable=False),
)
"""Who may sign in: `password` is argon2's hash, `totp` the secret of one-time codes, empty without them, `totp_used`
the last period whose code was taken; `tries` have failed since the last one that did not, from wherever."""

sessions = Table(
    "sessions",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("user", String(32), nullable=False),
    Column("began", Moment, nullable=False),
    Column("seen", Moment, nullable=False),
    ForeignKeyConstraint(["user"], ["users.name"], ondelete="CASCADE"),
)
"""Who is signed in; `token` is a hash of what the browser holds."""

attempts = Table(
    "attempts",
    metadata,
    Column("user", String(32), primary_key=True),
    Column("address", String(64), primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("locked_until", Moment),
    Column("proved", Moment),
    Column("seen", Moment, nullable=False),
    ForeignKeyConstraint(["user"], ["users.name"], ondelete="CASCADE"),
)
"""Tries to sign in under a name from an address (a keyed hash): `tries` failed in a row, the last was at `seen`;
`proved` is when somebody last got in from there."""

Index("ix_calls_began", calls.c.began)
Index("ix_calls_summed_test_began", calls.c.summed, calls.c.test, calls.c.began)
Index("ix_calls_summed_test_day", calls.c.summed, calls.c.test, calls.c.day)
Index("ix_calls_caller_hash_began", calls.c.caller_hash, calls.c.began)
Index("ix_jobs_done_due", jobs.c.done, jobs.c.due)
Index("ix_switches_version", switches.c.version)
Index("ix_audit_at", audit.c.at)
