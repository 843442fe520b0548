"""Publications and settings in the log of changes: what callers began to hear, by whom, and what it was before.

A publication needs no store. What it did stands in `current`, and the background process copies it from there into the
log once the store is there: each use of a set once, however often that is tried. Of the settings those are kept that
decide what a call hears, so that a call can be explained after they have changed.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ivr.findings import FindingsError
from ivr.records import audit
from ivr.records.tables import audit as audit_log
from ivr.sets.kept import Sets, contents

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ivr.records.store import Store
    from ivr.sets.kept import Use
    from ivr.settings import Settings

SETTINGS = "settings"
PHONE, HOURS, PERCENT = "IVR_OFFICE_PHONE", "IVR_OFFICE_HOURS", "IVR_SURVEY_PERCENT"
LONGEST = 128
"""Characters of the names of files that an entry holds."""


class Noting:
    """Copies publications into the log of changes whenever another set took over."""

    def __init__(self, settings: Settings, store: Store, ready: Callable[[], bool], began: datetime, by: str) -> None:
        """Touch nothing yet; nothing is written while `ready` says no. The settings hold since `began`, by whom."""
        self._settings = settings
        self._sets = Sets(settings.data)
        self._store = store
        self._ready = ready
        self._since: tuple[datetime, str] | None = (began, by)
        self._seen: object = None

    def note(self) -> None:
        """Copy what is new; raises StoreError, and then it is tried again."""
        state = self._sets.state()
        if (state == self._seen and not self._since) or not self._ready():
            return
        if self._since:
            note_settings(self._settings, self._store, *self._since)
            self._since = None
        note(self._sets, self._store)
        self._seen = state


def note_settings(settings: Settings, store: Store, at: datetime, by: str) -> bool:
    """Note the settings that decide what a call hears, if they are others than at last; raises StoreError."""
    now = {
        PHONE: "set" if settings.office_phone else "",
        HOURS: settings.office_hours,
        PERCENT: settings.survey_percent,
    }
    before = settings_at(store, at) or {}
    if now == before:
        return False
    changed = " ".join(name for name in now if now[name] != before.get(name))
    words = [json.dumps(each, ensure_ascii=False) if each else "" for each in (before, now)]
    audit.add(store, audit.Entry(at, by, SETTINGS, changed, *words))
    return True


def settings_at(store: Store, at: datetime) -> dict[str, Any] | None:
    """Give the settings that held at a moment, by their variables; None where that is not known. Raises StoreError."""
    query = sa.select(audit_log.c.after).where(audit_log.c.what == SETTINGS, audit_log.c.at <= at)
    with store.transaction() as connection:
        found = connection.scalar(query.order_by(audit_log.c.at.desc(), audit_log.c.number.desc()).limit(1))
    with contextlib.suppress(ValueError):
        kept = json.loads(found or "")
        return kept if isinstance(kept, dict) and {PHONE, HOURS} <= kept.keys() else None
    return None


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
