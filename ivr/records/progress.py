"""Whether what was recorded gets on into the store, judged from outside: by the spools and how far each has been read.

The background process may fail in every round and not know it, or not be able to say so. Whoever looks sees it all the
same: its rounds go on (it touches its lock at the beginning of each), and what a spool holds is not moved.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ivr.records.spool import ASIDE, HEARTBEAT, SUFFIX
from ivr.records.tables import spools

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ivr.records.store import Store

ROUNDS = 3
"""So many rounds that pass a spool over are no chance."""
GONE = 15.0
"""Seconds without a round after which the background process counts as gone."""
REST = 0.3


def read_so_far(store: Store) -> dict[str, int]:
    """Give how many bytes of each spool file are in the store; raises StoreError."""
    with store.transaction() as connection:
        rows = connection.execute(sa.select(spools.c.name, spools.c.offset))
        return {name: offset for name, offset in rows}  # noqa: C416  (mypy cannot make a dict of rows)


def beat(folder: Path) -> float | None:
    """Give the seconds since the background process last began a round; None if there was never one."""
    try:
        return max(0.0, time.time() - (folder / HEARTBEAT).stat().st_mtime)
    except OSError:
        return None


def unread(folder: Path, read: Mapping[str, int]) -> dict[str, int]:
    """Give the bytes of each spool that are not in the store yet, of those that have some."""
    found = {}
    for path in folder.glob(f"*{SUFFIX}"):
        try:
            left = path.stat().st_size - read.get(path.name, 0)
        except FileNotFoundError:  # moved and removed meanwhile
            continue
        if left > 0:
            found[path.name] = left
    return found


def aside(folder: Path, newer: float = 0.0) -> int:
    """Count the lines that were set aside, or those of files written since a moment (seconds since 1970)."""
    lines = 0
    for path in folder.glob(f"*{SUFFIX}.*{ASIDE}"):
        try:
            state = path.stat()
            if path.is_file() and state.st_mtime >= newer:
                lines += _lines(path, state.st_size, state.st_mtime)
        except FileNotFoundError:
            continue
    return lines


@lru_cache(1000)
def _lines(path: Path, _size: int, _written: float) -> int:
    """Count the lines of a file; again only once it has changed."""
    content = path.read_bytes()
    return content.count(b"\n") + (not content.endswith(b"\n"))


@dataclass(frozen=True)
class _Behind:
    offset: int
    since: float
    round: float
    rounds: int = 0


class Progress:
    """What is behind, and since when; `look` now and then."""

    def __init__(self, folder: Path) -> None:
        """Touch nothing yet."""
        self._folder = folder
        self._behind: dict[str, _Behind] = {}

    def look(self, read: Mapping[str, int], now: float) -> None:
        """See which spools hold something that the store has not read; `now` is in steady seconds."""
        try:
            began = (self._folder / HEARTBEAT).stat().st_mtime
        except OSError:
            began = 0.0
        found = {}
        for name in unread(self._folder, read):
            before, offset = self._behind.get(name), read.get(name, 0)
            if before and before.offset == offset:
                found[name] = replace(before, round=began, rounds=before.rounds + (began != before.round))
            else:
                found[name] = _Behind(offset, now, began)
        self._behind = found

    def longest(self, now: float) -> float:
        """Give the seconds since when the spool that waits longest has not been moved; 0 if none waits."""
        return max((now - each.since for each in self._behind.values()), default=0.0)

    def stuck(self, now: float, patience: float = 0.0) -> list[str]:
        """Name the spools that stood still for `patience` seconds and were passed over by several rounds."""
        rows = self._behind.items()
        return sorted(name for name, each in rows if each.rounds >= ROUNDS and now - each.since >= patience)

    @property
    def behind(self) -> set[str]:
        """Name the spools that hold something that the store has not read."""
        return set(self._behind)


def standing_still(folder: Path, store: Store) -> list[str]:
    """Wait until everything that was recorded gets on; name the spools that do not. Raises StoreError.

    That is known after a few rounds of the background process, or once it counts as gone.
    """
    progress, first = Progress(folder), read_so_far(store)
    waiting = set(unread(folder, first))
    while waiting:
        read = read_so_far(store)
        progress.look(read, time.monotonic())
        waiting = {name for name in waiting & progress.behind if read.get(name, 0) == first.get(name, 0)}
        last = beat(folder)
        if last is None or last > GONE:
            return sorted(waiting)
        if waiting and waiting == waiting & set(progress.stuck(time.monotonic())):
            return sorted(waiting)
        time.sleep(REST if waiting else 0)
    return []
