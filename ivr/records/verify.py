"""Whether spools and store agree: every event that the store says it has read must be in it.

A file is compared up to where the store says it has got; what comes after is on its way. Events are looked for by
their key (call, turn, kind): a webhook that Twilio repeated has one row for both its events.
"""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

import sqlalchemy as sa

from ivr.records.events import CorruptLineError, decode
from ivr.records.progress import aside
from ivr.records.retention import ERASE
from ivr.records.spool import ASIDE, SUFFIX
from ivr.records.store import UNFINISHED
from ivr.records.tables import audit, calls, faults, transfers, turns

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from ivr.records.events import Event
    from ivr.records.store import Store

BATCH = 500
"""Events that are looked for at once."""


@dataclass
class Verified:
    """What was found; `missing` holds the events that the store says it has read and does not have.

    `agreed`, `waiting` and `erased` count events: in both places, not read by the store yet, and read but erased on
    request since. `aside` counts lines that could not be stored and are kept in files of their own, `unreadable` those
    that are kept nowhere else; `shorter` names files that end before the place up to which the store has read them,
    `standing` those of which nothing gets on into the store.
    """

    files: int = 0
    agreed: int = 0
    waiting: int = 0
    erased: int = 0
    aside: int = 0
    unreadable: int = 0
    shorter: list[str] = field(default_factory=list)
    missing: list[Event] = field(default_factory=list)
    standing: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Tell whether nothing that was recorded is lacking in the store, and what is not there yet gets on."""
        return not self.missing and not self.shorter and not self.standing


def verify(folder: Path, store: Store) -> Verified:
    """Compare every spool file of a folder with the store, while both are in use. Raises StoreError and OSError."""
    found = Verified(aside=aside(folder))
    erased = _last_erasure(store)
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            with path.open("rb") as file:
                _verify_file(path, file, store, erased, found)
        except FileNotFoundError:  # moved and removed meanwhile
            continue
    return found


def unread(folder: Path, store: Store) -> Iterator[Event]:
    """Give the events that were recorded and that the store has not read yet. Raises StoreError and OSError."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            file.seek(store.offset(path.name))
            for line in file:
                with contextlib.suppress(CorruptLineError):
                    yield decode(line)


def repair(store: Store, found: Verified) -> int:
    """Store the events that are missing, as if they had just come; gives how many. Raises StoreError."""
    store.write(found.missing)
    return len(found.missing)


def _verify_file(path: Path, file: BinaryIO, store: Store, erased: datetime | None, found: Verified) -> None:
    read = store.offset(path.name)
    found.files += 1
    if read > file.seek(0, 2):
        found.shorter.append(path.name)
    file.seek(0)
    kept = path.parent.glob(f"{path.name}.*{ASIDE}")
    spoilt = {line for each in kept for line in io.BytesIO(each.read_bytes())}
    for events in _batches(file, read, spoilt, found):
        known = _Known(store, events)
        for event in events:
            if known.has(event):
                found.agreed += 1
            elif erased is not None and event.at <= erased and not known.has_call(event):
                found.erased += 1
            else:
                found.missing.append(event)


def _batches(file: BinaryIO, read: int, spoilt: Container[bytes], found: Verified) -> Iterator[list[Event]]:
    """Read the events before byte `read`, some at a time, without those kept aside; count what else there is."""
    batch: list[Event] = []
    while line := file.readline():
        if file.tell() > read:
            found.waiting += line.endswith(b"\n")
            continue
        if line in spoilt:
            continue
        try:
            batch.append(decode(line))
        except CorruptLineError:
            found.unreadable += 1
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


class _Known:
    """What the store has of the calls of some events."""

    def __init__(self, store: Store, events: Sequence[Event]) -> None:
        keys = sorted({(event.call, event.test) for event in events})

        def of(table: sa.Table, *columns: sa.ColumnElement[Any]) -> set[tuple[Any, ...]]:
            these = sa.tuple_(table.c.call, table.c.test).in_(keys)
            query = sa.select(table.c.call, table.c.test, *columns).where(these)
            return {tuple(row) for row in connection.execute(query)}

        with store.transaction() as connection:
            moments = of(calls, calls.c.answered.is_not(None), calls.c.ended.is_not(None))
            self._calls = {(call, test): (answered, ended) for call, test, answered, ended in moments}
            self._turns = of(turns, turns.c.turn, turns.c.kind)
            self._transfers = of(transfers, transfers.c.turn)
            self._faults = of(faults, faults.c.turn)

    def has_call(self, event: Event) -> bool:
        return (event.call, event.test) in self._calls

    def has(self, event: Event) -> bool:
        """Tell whether everything that the event says of its call is there, from it or from one that came before."""
        call = (event.call, event.test)
        if call not in self._calls:
            return False
        answered, ended = self._calls[call]
        turn = (*call, event.turn)
        match event.kind:
            case "answer":
                return bool(answered) and (*turn, event.kind) in self._turns
            case "transfer":
                return turn in self._transfers and (*turn, event.kind) in self._turns
            case "fault":
                return turn in self._faults
            case "status":
                return bool(ended) or event.detail.get("status", "") in {"", *UNFINISHED}
            case _:
                return (*turn, event.kind) in self._turns


def _last_erasure(store: Store) -> datetime | None:
    query = sa.select(sa.func.max(audit.c.at)).where(audit.c.what == ERASE)
    with store.transaction() as connection:
        found: datetime | None = connection.scalar(query)
        return found
