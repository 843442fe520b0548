"""Counting calls that are over, in the store: done by the background process, again whenever a late event comes."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ivr.records.counts import counted
from ivr.records.summary import listened, summarise
from ivr.records.switches import History, Switchboard
from ivr.records.tables import calls, said, turns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from ivr.records.store import CallRecord, Store
    from ivr.records.summary import Known

REPEAT = timedelta(hours=24)
"""A call is a repeat if the same caller had called so shortly before."""
SILENT = timedelta(hours=1)
"""A call of which so long nothing came is over, whether or not Twilio said so: a status callback may not be set."""
BATCH = 500
_UNTOLD = {"cut": None, "reached": None, "midway": False}
"""Of a turn of which nobody can tell how far the caller had listened; perhaps it could be told before a late event."""


class Summaries:
    """The counted calls of a store. Every method raises StoreError."""

    def __init__(self, store: Store) -> None:
        """Touch nothing yet."""
        self._store = store

    def due(self, now: datetime) -> list[tuple[str, bool]]:
        """List calls that are over and not counted, oldest first, at most `BATCH`; simulated calls never are."""
        over = sa.or_(calls.c.ended.is_not(None), calls.c.began <= now - SILENT)
        query = sa.select(calls.c.call, calls.c.test).where(calls.c.summed.is_(False), calls.c.test.is_(False), over)
        with self._store.transaction() as connection:
            return [(call, test) for call, test in connection.execute(query.order_by(calls.c.began).limit(BATCH))]

    def count(self, now: datetime, known: Callable[[str], Known]) -> int:
        """Count what is due; `known` tells of the flow of a version. Gives how many calls were counted."""
        due = self.due(now)
        found = (self._store.call(call, test=test) for call, test in due)
        records = [record for record in found if record]
        if not records:
            return 0
        flows = {version: known(version) for version in {record.call.flow_version for record in records}}
        self._write(records, [flows[record.call.flow_version] for record in records])
        return len(records)

    def uncounted(self) -> int:
        """Count the real calls that reports do not hold yet."""
        query = sa.select(sa.func.count()).where(calls.c.summed.is_(False), calls.c.test.is_(False))
        with self._store.transaction() as connection:
            return connection.scalar(query) or 0

    def _write(self, records: Sequence[CallRecord], flows: Sequence[Known]) -> None:
        board_at = self._history(records).board_at
        marks = []
        for record, known in zip(records, flows, strict=True):
            key = {"at_call": record.call.call, "at_test": record.call.test}
            told = {turn: asdict(how) for turn, how in listened(record, known, board_at)}
            marks += [
                {**key, "at_turn": turn.turn, "at_kind": turn.kind, **told.get(turn, _UNTOLD)} for turn in record.turns
            ]
        said_by = {record.call.flow_version: known for record, known in zip(records, flows, strict=True)}
        found = [summarise(record, known, board_at) for record, known in zip(records, flows, strict=True)]
        with self._store.transaction(writes=True) as connection:
            connection.execute(counted(self._store, {summary.day for summary in found}))
            for version, known in said_by.items():
                self._keep_prompts(connection, version, known)
            if marks:
                connection.execute(_LISTENED, marks)
            for record, summary in zip(records, found, strict=True):
                values = asdict(summary) | {"repeat": _repeats(connection, record)}
                # an event that came since the record was read makes it uncounted again, in a transaction of its own
                connection.execute(_this(record).values(**values, summed=True))

    def _history(self, records: Sequence[CallRecord]) -> History:
        """Give what was switched on while these calls went on."""
        moments = [turn.at for record in records for turn in record.turns]
        return Switchboard(self._store).history(min(moments), max(moments)) if moments else History()

    def _keep_prompts(self, connection: sa.Connection, version: str, known: Known) -> None:
        """Keep what each node says in a version: reports name prompts long after its words are gone."""
        kept = sa.select(said.c.node).where(said.c.flow_version == version).limit(1)
        if connection.execute(kept).first() is not None:
            return
        rows = [
            {"flow_version": version, "node": node, "place": place, "prompt": prompt, "offers": offers}
            for node, prompts in known.prompts.items()
            for place, (prompt, offers) in enumerate(prompts)
        ]
        if rows:
            connection.execute(self._store.insert(said), rows)


def _this(record: CallRecord) -> sa.Update:
    call = record.call
    same = sa.select(sa.func.count()).select_from(turns).where(turns.c.call == call.call, turns.c.test == call.test)
    return sa.update(calls).where(
        calls.c.call == call.call, calls.c.test == call.test, same.scalar_subquery() == len(record.turns)
    )


def _repeats(connection: sa.Connection, record: CallRecord) -> bool:
    call = record.call
    if not call.caller_hash:
        return False
    earlier = sa.select(calls.c.call).where(
        calls.c.caller_hash == call.caller_hash,
        calls.c.test == call.test,
        calls.c.began < call.began,
        calls.c.began >= call.began - REPEAT,
    )
    return connection.execute(earlier.limit(1)).first() is not None


_LISTENED = (
    sa.update(turns)
    .where(
        turns.c.call == sa.bindparam("at_call"),
        turns.c.test == sa.bindparam("at_test"),
        turns.c.turn == sa.bindparam("at_turn"),
        turns.c.kind == sa.bindparam("at_kind"),
    )
    .values(cut=sa.bindparam("cut"), reached=sa.bindparam("reached"), midway=sa.bindparam("midway"))
)
