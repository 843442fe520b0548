"""The store of what is kept: SQLite beside the service by default, PostgreSQL by its address.

Written by the background process alone, in batches; every write may be repeated and may come in any order. No call
ever waits for it.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from ivr.records.counts import changed
from ivr.records.events import is_call
from ivr.records.tables import calls, faults, spools, transfers, turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from ivr.records.events import Event

UNFINISHED = frozenset({"queued", "initiated", "ringing", "in-progress"})
"""Values of CallStatus that do not end a call (Twilio's "Call resource", status values)."""

_INSERT: dict[str, Callable[..., Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_SQLITE_PRAGMAS = ("foreign_keys = ON", "synchronous = FULL", "journal_mode = WAL")
_UPGRADES = 0x6976722E
"""The number of the lock that one process at a time takes in PostgreSQL to make tables."""
_AWAY = frozenset({"08", "0A", "25", "28", "3D", "3F", "40", "42", "53", "55", "57", "58", "F0", "XX"})
"""Classes of PostgreSQL's codes (its manual, "PostgreSQL Error Codes") that say nothing against the values."""
_CONNECT_SECONDS = 5
_MIGRATE = "run `ivr records migrate`"


class StoreError(Exception):
    """The store cannot be used; the text says why and what to do."""


class StoreAwayError(StoreError):
    """The store cannot be reached, is locked or full: the same may work later."""


class StoreRefusedError(StoreError):
    """The store is there but does not take these values, and never will."""


BLAMELESS = (StoreAwayError, OSError, MemoryError)
"""What can be raised while something is stored or counted, and is no fault of it: the same may work later."""


@dataclass(frozen=True)
class Turn:
    """A recorded turn: what was heard where, by its name, and the node that followed."""

    turn: int
    kind: str
    at: datetime
    came_from: str
    option: str
    node: str
    flow_version: str = ""
    voice_version: str = ""


@dataclass(frozen=True)
class Transfer:
    """A transfer: the name of the number and how it ended, in Twilio's word."""

    turn: int
    at: datetime
    node: str
    to: str
    outcome: str


@dataclass(frozen=True)
class Fault:
    """A document that Twilio could not use, by its error code."""

    at: datetime
    code: str


@dataclass(frozen=True)
class Call:
    """A call in a list; moments are aware, `seconds` is the length that Twilio reported, `node` where it stood last."""

    call: str
    test: bool
    began: datetime
    answered: datetime | None
    caller_hash: str
    caller_tail: str
    flow_version: str
    voice_version: str
    ended: datetime | None
    status: str
    seconds: int | None
    turns: int
    node: str


@dataclass(frozen=True)
class CallRecord:
    """Everything kept of one call, turns in the order in which they happened."""

    call: Call
    turns: tuple[Turn, ...]
    transfers: tuple[Transfer, ...]
    faults: tuple[Fault, ...]


class Store:
    """One database. Cheap to make: nothing is opened until the first use."""

    def __init__(self, url: str, *, busy_seconds: float = 5.0) -> None:
        """Read the address; `busy_seconds` is how long SQLite waits for another writer. Raises StoreError."""
        try:
            self._url = sa.make_url(url)
        except sa.exc.ArgumentError as error:
            raise StoreError(
                "IVR_STORE_URL is no database address: write for example sqlite:////srv/ivr/store.db"
            ) from error
        self.name = self._url.render_as_string(hide_password=True)
        self._kind = self._url.get_backend_name()
        if self._url.drivername == "postgresql":
            self._url = self._url.set(drivername="postgresql+psycopg")
        if self._kind not in _INSERT:
            raise StoreError(f"{self.name}: {self._kind} is not supported; use sqlite or postgresql")
        self._file = self._sqlite_file()
        if self._file:
            self.name = str(self._file)
        self._engine = self._make_engine(busy_seconds)

    def __enter__(self) -> Self:
        """Use the store in a `with` block, which closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self.close()

    def close(self) -> None:
        """Close all connections; a later use opens new ones."""
        self._engine.dispose()

    @property
    def made(self) -> bool:
        """Tell whether somebody has made it: of a server that is taken for granted."""
        return self._file is None or self._file.exists()

    def upgrade(self) -> None:
        """Create the tables, or bring them to this version; nothing happens when they are there.

        Raises StoreError for a store from a newer version, which is left untouched, and StoreAwayError.
        """
        self._create_file()
        with self.transaction(writes=True, alone=_UPGRADES) as connection:
            if self._revision(connection) != _steps().last():
                _steps().take(connection)

    @property
    def file(self) -> Path | None:
        """Where SQLite keeps it; None for a server."""
        return self._file

    def state(self) -> str | None:
        """Give which tables it has, by the step that made them; None without. Raises StoreError for a newer version."""
        with self.transaction() as connection:
            return self._revision(connection)

    def check(self) -> None:
        """Raise StoreError unless the store is there and has the tables of this version."""
        found = self.state()
        if found is None:
            raise StoreError(f"{self.name} has no tables yet: {_MIGRATE}")
        if found != _steps().last():
            raise StoreError(f"{self.name} is from an older version ({found}): {_MIGRATE}")

    def write(self, events: Sequence[Event], *, spool: str = "", offset: int = 0) -> None:
        """Store a batch in one transaction, and with it how many bytes of the spool file it reaches.

        What is there already stays as it is. Raises StoreAwayError, or StoreRefusedError where a value does not fit.
        """
        with self.transaction(writes=True) as connection:
            for statement, rows in self._statements(events):
                if rows:
                    connection.execute(statement, rows)
            if spool:
                insert = self.upsert(spools).values(name=spool, offset=offset)
                connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"offset": offset}))

    def offset(self, spool: str) -> int:
        """Give how many bytes of a spool file are in the store."""
        with self.transaction() as connection:
            return connection.scalar(sa.select(spools.c.offset).where(spools.c.name == spool)) or 0

    def forget_spool(self, spool: str) -> None:
        """Forget a spool file that is gone."""
        with self.transaction(writes=True) as connection:
            connection.execute(sa.delete(spools).where(spools.c.name == spool))

    def latest(self, limit: int) -> list[Call]:
        """List the latest calls, newest first, test calls among them."""
        with self.transaction() as connection:
            rows = connection.execute(_CALLS.order_by(calls.c.began.desc(), calls.c.call, calls.c.test).limit(limit))
            return [Call(**row) for row in rows.mappings()]

    def call(self, call: str, *, test: bool | None = None) -> CallRecord | None:
        """Give everything kept of a call, or None; a real call comes before a test call of the same id."""
        if not is_call(call):
            return None
        which = calls.c.call == call if test is None else sa.and_(calls.c.call == call, calls.c.test == test)
        with self.transaction() as connection:
            row = connection.execute(_CALLS.where(which).order_by(calls.c.test)).mappings().first()
            if row is None:
                return None
            found = Call(**row)
            return CallRecord(
                found,
                tuple(Turn(**item) for item in _of(connection, found, turns, " ".join(Turn.__dataclass_fields__))),
                tuple(Transfer(**item) for item in _of(connection, found, transfers, "turn at node to outcome")),
                tuple(Fault(**item) for item in _of(connection, found, faults, "at code")),
            )

    def versions(self) -> dict[str, int]:
        """Count the calls, test calls among them, that name each version of the flow in any of their turns."""
        named = sa.union(
            sa.select(calls.c.call, calls.c.test, calls.c.flow_version),
            sa.select(turns.c.call, turns.c.test, turns.c.flow_version),
        ).subquery()
        query = sa.select(named.c.flow_version, sa.func.count()).where(named.c.flow_version != "")
        with self.transaction() as connection:
            rows = connection.execute(query.group_by(named.c.flow_version))
            return {version: count for version, count in rows}  # noqa: C416  (mypy cannot make a dict of rows)

    def _sqlite_file(self) -> Path | None:
        if self._kind != "sqlite":
            return None
        if self._url.database in (None, "", ":memory:"):
            raise StoreError("a store in memory keeps nothing: name a file, for example sqlite:////srv/ivr/store.db")
        return Path(str(self._url.database))

    def _make_engine(self, busy_seconds: float) -> sa.Engine:
        # A connection of its own for each use of SQLite, so that a file restored from a backup is noticed.
        options: dict[str, Any] = (
            {"poolclass": sa.pool.NullPool, "connect_args": {"timeout": busy_seconds}}
            if self._file
            else {"pool_pre_ping": True, "connect_args": {"connect_timeout": _CONNECT_SECONDS}}
        )
        try:
            engine = sa.create_engine(self._url, hide_parameters=True, **options)
        except (ImportError, sa.exc.ArgumentError) as error:
            raise StoreError(f"{self.name} needs a driver that is not installed: {error}") from error
        if self._file:
            sa.event.listen(engine, "connect", _connected)
            sa.event.listen(engine, "begin", _begun)
        return engine

    def _create_file(self) -> None:
        """Create SQLite's file, readable by nobody else; its journal takes over the mode."""
        if not self._file:
            return
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self._file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as error:
            raise StoreAwayError(f"{self._file} cannot be created: {error.strerror}") from error

    @contextlib.contextmanager
    def transaction(self, *, writes: bool = False, alone: int = 0) -> Iterator[sa.Connection]:
        """Open a transaction, committed at the end of the block; what the database says is raised as StoreError.

        One that `writes` waits for other writers in SQLite; in PostgreSQL it waits for those that hold the same lock,
        whose number is `alone`.
        """
        if not self.made:
            raise StoreAwayError(f"there is no store at {self._file} yet: {_MIGRATE}, or start `ivr work`")
        try:
            with self._engine.execution_options(ivr_writes=writes).begin() as connection:
                if alone and self._kind == "postgresql":
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(alone)))
                yield connection
        except SQLAlchemyError as error:
            orig = getattr(error, "orig", None) or error
            if _refuses(error):
                raise StoreRefusedError(f"{self.name} does not take these values: {orig}") from error
            raise StoreAwayError(f"{self.name} cannot be used now: {orig}") from error

    def _revision(self, connection: sa.Connection) -> str | None:
        steps = _steps()
        try:
            found: str | None = steps.taken(connection)
        except steps.UnknownStepError as error:
            raise StoreError(
                f"{self.name} was made by a newer version of this program (its state {error} is unknown here): "
                "install that version, or restore a backup made with this one"
            ) from error
        return found

    def _statements(self, events: Iterable[Event]) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
        """List what one batch executes: the calls first, since everything else refers to them."""
        rows: dict[str, list[dict[str, Any]]] = {"begin": [], "answer": [], "turn": [], "transfer": [], "fault": []}
        rows["status"] = []
        for event in events:
            _sort_in(event, rows)
        yield self.insert(calls), rows["begin"]
        these = dict.fromkeys((row["call"], row["test"]) for row in rows["begin"])
        named = [{"at_call": call, "at_test": test} for call, test in these]
        yield changed(self, _this_call()), named
        yield _UNSUMMED, named
        yield _EARLIER, [_bound(row) for row in rows["begin"]]
        yield _ANSWERED, rows["answer"]
        yield _ENDED, rows["status"]
        yield self.insert(turns), rows["turn"]
        yield self.insert(transfers), rows["transfer"]
        yield self.insert(faults), rows["fault"]

    def insert(self, table: sa.Table) -> Any:  # noqa: ANN401  (each dialect has its own Insert)
        """Insert rows, and leave those alone whose key is there already."""
        return self.upsert(table).on_conflict_do_nothing()

    def upsert(self, table: sa.Table) -> Any:  # noqa: ANN401  (as above)
        """Insert rows; what is done with those whose key is there already is still to be said."""
        return _INSERT[self._kind](table)


def _refuses(error: SQLAlchemyError) -> bool:
    """Tell whether it is the values that a database does not take, now or ever."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, StatementError)
    code = getattr(error.orig, "sqlstate", None)
    return isinstance(error, IntegrityError | DataError) or (code is not None and code[:2] not in _AWAY)


def _steps() -> Any:  # noqa: ANN401  (a module)
    from ivr.records import steps  # noqa: PLC0415  (its library is slow to load, and a call does without)

    return steps


def _connected(connection: Any, _record: object) -> None:  # noqa: ANN401  (sqlite3's connection, without DBAPI types)
    # The stdlib begins no transaction before DDL and reads; with None we do that ourselves, in `_begun`.
    connection.isolation_level = None
    try:
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()
    except Exception:
        connection.close()  # SQLAlchemy forgets one that failed so early
        raise


def _begun(connection: sa.Connection) -> None:
    # IMMEDIATE: a writer that waits from the start cannot end in a deadlock of two readers that want to write.
    writes = connection.get_execution_options().get("ivr_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _bound(row: dict[str, Any]) -> dict[str, Any]:
    return {f"at_{name}": value for name, value in row.items()}


def _this_call() -> sa.ColumnElement[bool]:
    return sa.and_(calls.c.call == sa.bindparam("at_call"), calls.c.test == sa.bindparam("at_test"))


_EARLIER = (
    sa.update(calls)
    .where(_this_call(), calls.c.began > sa.bindparam("at_began"))
    .values(began=sa.bindparam("at_began"))
)
_UNSUMMED = sa.update(calls).where(_this_call(), calls.c.summed.is_(True)).values(summed=False)
_ANSWERED = sa.update(calls).where(_this_call(), calls.c.answered.is_(None))
_ENDED = sa.update(calls).where(_this_call(), calls.c.ended.is_(None))
_OWN_TURNS = sa.and_(turns.c.call == calls.c.call, turns.c.test == calls.c.test)
_CALLS = sa.select(
    *(calls.c[name] for name in Call.__dataclass_fields__ if name not in {"turns", "node"}),
    sa.select(sa.func.count()).select_from(turns).where(_OWN_TURNS).scalar_subquery().label("turns"),
    sa.func.coalesce(
        sa.select(turns.c.node)
        .where(_OWN_TURNS)
        .order_by(turns.c.at.desc(), turns.c.turn.desc())
        .limit(1)
        .scalar_subquery(),
        "",
    ).label("node"),
)


def _of(connection: sa.Connection, call: Call, table: sa.Table, columns: str) -> Iterable[Any]:
    wanted = [table.c[name] for name in columns.split()]
    query = sa.select(*wanted).where(table.c.call == call.call, table.c.test == call.test)
    return connection.execute(query.order_by(table.c.at, table.c.turn)).mappings()


def _sort_in(event: Event, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Turn an event into the rows that it makes: nothing in them depends on what came before."""
    this = {"call": event.call, "test": event.test}
    versions = {"flow_version": event.flow_version, "voice_version": event.voice_version}
    detail, step = event.detail, {**this, "turn": event.turn, "at": event.at}
    rows["begin"].append({**this, "began": event.at})
    if event.kind in {"answer", "turn", "transfer"}:
        came_from = detail.get("came_from", "")
        where = {"node": event.node, "option": event.option, "came_from": came_from}
        rows["turn"].append({**step, "kind": event.kind, **where, **versions})
    if event.kind == "answer":
        caller = {name: detail.get(name, "") for name in ("caller_hash", "caller_tail")}
        rows["answer"].append({**_bound(this), "answered": event.at, **caller, **versions})
    elif event.kind == "transfer":
        node = detail.get("came_from", "")
        rows["transfer"].append({**step, "node": node, "to": detail.get("to", ""), "outcome": event.option})
    elif event.kind == "fault":
        rows["fault"].append({**step, "code": detail.get("code", "")})
    elif event.kind == "status" and detail.get("status", "") not in UNFINISHED:
        seconds = detail.get("seconds", "")
        length = int(seconds) if seconds.isascii() and seconds.isdecimal() else None
        ended = {"ended": event.at, "status": detail.get("status", ""), "seconds": length}
        rows["status"].append({**_bound(this), **ended})
