"""What people have switched, in the store: written by `ivr board`, read once a second by every process that answers.

Nothing is ever removed here: who switched what, and until when, can be told later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
import structlog

from ivr.board import Announcement, Board, Shut
from ivr.hours import TOKYO
from ivr.records import audit
from ivr.records.store import StoreError
from ivr.records.tables import switches

if TYPE_CHECKING:
    from datetime import datetime

    from ivr.records.store import Store

Kind = Literal["announcement", "closing"]
_BOARD = 0x6976722F
"""The number of the lock that one process at a time takes in PostgreSQL to switch something."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Switch:
    """Something that is switched on: a prompt that is announced, or a counter that stays closed on a day.

    `begins` and `until` are aware moments, `by` is who switched it.
    """

    number: int
    kind: Kind
    name: str
    begins: datetime
    until: datetime
    by: str


@dataclass(frozen=True)
class History:
    """What was switched on during some time, each with the moment at which it ended."""

    all: tuple[tuple[datetime, Switch], ...] = ()

    def held_at(self, at: datetime) -> tuple[Switch, ...]:
        """List what was switched on at a moment."""
        return tuple(switch for end, switch in self.all if switch.begins <= at < end)

    def board_at(self, at: datetime) -> Board:
        """Give the board that held at a moment."""
        return board(self.held_at(at), 1)


class AlreadyError(ValueError):
    """The same thing is switched on already; holds that switch."""

    def __init__(self, switch: Switch) -> None:
        """Remember the switch that is there."""
        super().__init__(f"{switch.name} is switched on already, as number {switch.number}")
        self.switch = switch


class Switchboard:
    """The switches of a store."""

    def __init__(self, store: Store) -> None:
        """Touch nothing yet."""
        self._store = store

    def switch(self, kind: Kind, name: str, begins: datetime, until: datetime, by: str) -> Switch:
        """Switch something on, with an entry in the audit log. Raises AlreadyError for what is on, and StoreError."""
        with self._store.transaction(writes=True, alone=_BOARD) as connection:
            for held in _holding(connection, begins):
                if (held.kind, held.name) == (kind, name):
                    raise AlreadyError(held)
            row: dict[str, Any] = {"kind": kind, "name": name, "begins": begins, "until": until, "by": by}
            insert = sa.insert(switches).values(**row, version=_version(connection) + 1)
            switch = Switch(connection.execute(insert.returning(switches.c.number)).scalar_one(), **row)
            after = until.astimezone(TOKYO).isoformat(timespec="seconds")
            audit.note(connection, audit.Entry(begins, by, f"board {kind}", name, "", after))
        return switch

    def end(self, number: int, at: datetime, by: str) -> Switch | None:
        """End a switch now, with an entry in the audit log; None if there is none of that number that holds."""
        with self._store.transaction(writes=True, alone=_BOARD) as connection:
            held = next((switch for switch in _holding(connection, at) if switch.number == number), None)
            if held:
                ended = sa.update(switches).where(switches.c.number == number)
                connection.execute(ended.values(ended=at, version=_version(connection) + 1))
                before = held.until.astimezone(TOKYO).isoformat(timespec="seconds")
                audit.note(connection, audit.Entry(at, by, f"board {held.kind}", held.name, before, "ended"))
        return held

    def holding(self, now: datetime) -> tuple[Switch, ...]:
        """List what is switched on, in the order in which it was; raises StoreError."""
        with self._store.transaction() as connection:
            return tuple(_holding(connection, now))

    def history(self, first: datetime, last: datetime) -> History:
        """Give what was switched on at any moment of a time, also what has ended since; raises StoreError."""
        ended = sa.or_(switches.c.ended.is_(None), switches.c.ended > first)
        which = (switches.c.begins <= last, switches.c.until > first, ended)
        ends = sa.case((switches.c.ended < switches.c.until, switches.c.ended), else_=switches.c.until)
        query = sa.select(ends.label("end"), *_SWITCH).where(*which).order_by(switches.c.number)
        with self._store.transaction() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        return History(tuple((row.pop("end"), Switch(**row)) for row in rows))

    def read(self, now: datetime) -> Board:
        """Give the board that holds now; raises StoreError."""
        with self._store.transaction() as connection:
            held = tuple(_holding(connection, now))
            version = _version(connection)
        return board(held, version)


class BoardReader:
    """Reads the board for a process that answers calls, and keeps the last one while the store is away."""

    def __init__(self, store: Store) -> None:
        """Open nothing yet: each process that answers opens the store for itself."""
        self._store = store
        self._last = Board()
        self._away = False

    def read(self, now: datetime) -> Board:
        """Give the board, or the last one that could be read. Never raises StoreError.

        A store that nobody has made yet is an empty board: nothing can have been switched.
        """
        if not self._last.version and not self._store.made:
            return self._last
        try:
            self._last = Switchboard(self._store).read(now)
        except StoreError as error:
            if not self._away:
                remedy = "the last board stays in force; nothing can be switched until the store is back"
                log.warning("board_away", reason=str(error), remedy=remedy)
            self._away = True
        else:
            if self._away:
                log.info("board_back", version=self._last.version)
            self._away = False
        return self._last


def board(held: tuple[Switch, ...], version: int) -> Board:
    """Make the board of what is switched on."""
    return Board(
        version,
        tuple(Announcement(each.name, each.begins, each.until) for each in held if each.kind == "announcement"),
        tuple(Shut(each.name, each.begins.astimezone(TOKYO).date()) for each in held if each.kind == "closing"),
    )


def _holding(connection: sa.Connection, now: datetime) -> list[Switch]:
    return _found(connection, switches.c.ended.is_(None), switches.c.until > now)


def _found(connection: sa.Connection, *which: sa.ColumnElement[bool]) -> list[Switch]:
    query = sa.select(*_SWITCH).where(*which)
    return [Switch(**row) for row in connection.execute(query.order_by(switches.c.number)).mappings()]


def _version(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.max(switches.c.version))) or 0


_SWITCH = [switches.c[name] for name in Switch.__dataclass_fields__]
