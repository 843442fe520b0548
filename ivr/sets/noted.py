"""Publications in the log of changes: which set callers began to hear, by whom, and which files were others before.

A publication needs no store. What it did stands in `current`, and the background process copies it from there into the
log once the store is there: each use of a set once, however often that is tried.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ivr.findings import FindingsError
from ivr.records import audit
from ivr.records.tables import audit as audit_log
from ivr.sets.kept import Sets, contents

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ivr.records.store import Store
    from ivr.sets.kept import Use

LONGEST = 128
"""Characters of the names of files that an entry holds."""


class Noting:
    """Copies publications into the log of changes whenever another set took over."""

    def __init__(self, data: Path, store: Store, ready: Callable[[], bool]) -> None:
        """Touch nothing yet; nothing is written while `ready` says no."""
        self._sets = Sets(data)
        self._store = store
        self._ready = ready
        self._seen: object = None

    def note(self) -> None:
        """Copy what is new; raises StoreError, and then it is tried again."""
        state = self._sets.state()
        if state == self._seen or not self._ready():
            return
        note(self._sets, self._store)
        self._seen = state


def note(sets: Sets, store: Store) -> int:
    """Copy every use of a set that the log of changes lacks; gives how many. Raises StoreError."""
    try:
        uses = sets.uses().all
    except (OSError, ValueError):
        return 0
    noted = 0
    for use, before in zip(reversed(uses), (None, *reversed(uses)), strict=False):
        with store.transaction(writes=True) as connection:
            same = sa.and_(audit_log.c.at == use.since, audit_log.c.what == use.what)
            if connection.execute(sa.select(audit_log.c.number).where(same)).first() is None:
                audit.note(connection, _entry(sets, use, before))
                noted += 1
    return noted


def _entry(sets: Sets, use: Use, before: Use | None) -> audit.Entry:
    who, what = use.by or "unknown", use.what
    return audit.Entry(use.since, who, what, _changed(sets, use, before), _named(before) if before else "", _named(use))


def _named(use: Use) -> str:
    return f"set {use.version}, voice set {use.voice_set}"


def _changed(sets: Sets, use: Use, before: Use | None) -> str:
    """Name the files that differ; the voice where none does, everything where the set before is gone."""
    if before is None:
        return "everything"
    with contextlib.suppress(FindingsError):
        old, new = contents(sets.folder(before.version)), contents(sets.folder(use.version))
        names = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
        if old and new:
            return _short(names) if names else "the voice"
    return "everything"


def _short(names: list[str]) -> str:
    text = " ".join(names)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 2]} …"
