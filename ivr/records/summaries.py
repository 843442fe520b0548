"""Counting calls that are over, in the store: done by the background process, again whenever a late event comes."""

from __future__ import annotations

import traceback
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog

from ivr.findings import FindingsError
from ivr.records.counts import counted
from ivr.records.store import BLAMELESS
from ivr.records.summary import listened, summarise
from ivr.records.switches import History, Switchboard
from ivr.records.tables import calls, said, turns

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from ivr.records.store import CallRecord, Store
    from ivr.records.summary import Known

REPEAT = timedelta(hours=24)
"""A call is a repeat if the same caller had called so shortly before."""
SILENT = timedelta(hours=1)
"""A call of which so long nothing came is over, whether or not Twilio said so: a status callback may not be set."""
BATCH = 500
log = structlog.get_logger(__name__)
_UNTOLD = {"cut": None, "reached": None, "midway": False}
"""Of a turn of which nobody can tell how far the caller had listened; perhaps it could be told before a late event."""


class Summaries:
    """The counted calls of a store. Every method raises StoreError."""

    def __init__(self, store: Store) -> None:
        """Touch nothing yet."""
        self._store = store

    def due(self, now: datetime, without: Collection[str] = ()) -> list[tuple[str, bool, str]]:
        """List calls that are over and not counted, each with the version of its flow, oldest first, at most `BATCH`.

        Simulated calls never are, nor those that heard a version of `without`.
        """
        over = sa.or_(calls.c.ended.is_not(None), calls.c.began <= now - SILENT)
        query = sa.select(calls.c.call, calls.c.test, calls.c.flow_version).where(
            calls.c.summed.is_(False), calls.c.test.is_(False), over, calls.c.flow_version.not_in(without)
        )
        with self._store.transaction() as connection:
            return [tuple(row) for row in connection.execute(query.order_by(calls.c.began).limit(BATCH))]

    def count(self, now: datetime, known: Callable[[str], Known]) -> int:
        """Count what is due; `known` tells of the flow of a version. Gives how many calls were counted.

        A call that cannot be counted is passed over, and the log says so; calls of a flow that cannot be read now wait
        for the next time: what is wrong with it is raised after the others were counted.
        """
        flows: dict[str, Known] = {}
        unreadable: dict[str, FindingsError] = {}
        due = self.due(now)
        while new := {version for _, _, version in due} - flows.keys():
            for version in sorted(new):
                try:
                    flows[version] = known(version)
                except FindingsError as error:
                    unreadable[version] = error
            if not unreadable.keys() & new:
                break
            due = self.due(now, unreadable.keys())
        done = self._count(due, flows)
        if unreadable:
            raise next(iter(unreadable.values()))
        return done

    def try_again(self) -> None:
        """Let the calls that were passed over be counted: by a program that may know better."""
        over = sa.update(calls).where(calls.c.summed.is_(True), calls.c.test.is_(False), calls.c.day == "")
        with self._store.transaction(writes=True) as connection:
            connection.execute(over.values(summed=False))

    def passed_over(self) -> int:
        """Count the real calls that could not be counted."""
        query = sa.select(sa.func.count()).where(calls.c.summed.is_(True), calls.c.test.is_(False), calls.c.day == "")
        with self._store.transaction() as connection:
            return connection.scalar(query) or 0

    def uncounted(self) -> int:
        """Count the real calls that reports do not hold yet."""
        query = sa.select(sa.func.count()).where(calls.c.summed.is_(False), calls.c.test.is_(False))
        with self._store.transaction() as connection:
            return connection.scalar(query) or 0

    def _count(self, due: Sequence[tuple[str, bool, str]], flows: Mapping[str, Known]) -> int:
        """Count these calls together; if that fails and the store is there, each by itself."""
        if not due:
            return 0
        try:
            found = [self._store.call(call, test=test) for call, test, _ in due]
            records = [record for record in found if record and record.call.flow_version in flows]
            self._write(records, [flows[record.call.flow_version] for record in records])
        except BLAMELESS:
            raise
        except Exception as error:  # noqa: BLE001  (which call it is, and why, is found out below)
            if len(due) > 1:
                return sum(self._count([each], flows) for each in due)
            place = traceback.extract_tb(error.__traceback__)[-1]
            reason = f"{type(error).__name__} in {place.name}, line {place.lineno}"
            log.error("call_not_counted", call=due[0][0], reason=reason, remedy="reports lack it")  # noqa: TRY400
            self._pass_over(*due[0][:2])
            return 0
        return len(records)

    def _pass_over(self, call: str, test: bool) -> None:  # noqa: FBT001  (together they are the call's key)
        """Let a call that cannot be counted stand in no report until `try_again`, or another event of it."""
        this = sa.update(calls).where(calls.c.call == call, calls.c.test.is_(test))
        with self._store.transaction(writes=True) as connection:
            connection.execute(this.values(summed=True, day=""))

    def _write(self, records: Sequence[CallRecord], flows: Sequence[Known]) -> None:
        if not records:
            return
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
