"""Copies of a store in SQLite, made and put back while the service runs, by SQLite's own backup interface.

Other writers wait for it or it for them; readers see the store before or after, never in between. The spools go on
meanwhile: what a store that was put back does not hold yet, and a spool still has, is moved into it again.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from typing import TYPE_CHECKING

from ivr.records.store import Store, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT_SECONDS = 30.0


def backup(store: Store, target: Path) -> int:
    """Copy the store into a new file, readable by nobody else; gives its bytes.

    The copy appears whole or not at all. Raises StoreError with what to do.
    """
    file = _file(store)
    if not file.exists():
        raise StoreError(f"there is no store at {file} yet")
    if target.exists():
        raise StoreError(f"{target} is there already: name a new file, nothing is overwritten")
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    with _said(target):
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        try:
            _copy(file, draft)
            _sound(draft)
            target.hardlink_to(draft)
        finally:
            draft.unlink(missing_ok=True)
    return target.stat().st_size


def restore(store: Store, source: Path, aside: Path) -> None:
    """Put a copy in place of what the store holds, after a copy of that into `aside`; brings it to this version.

    A copy that is damaged, no store, or from a newer version is refused before anything is touched. Raises StoreError.
    """
    file = _file(store)
    with _said(source):
        if not source.is_file():
            raise StoreError(f"{source} is not there")
        _sound(source)
    with Store(f"sqlite:///{source}") as copy:
        if copy.state() is None:
            raise StoreError(f"{source} holds no store")
    if file.exists():
        backup(store, aside)
    else:
        store.upgrade()
    with _said(file):
        _copy(source, file)
    store.upgrade()


def _file(store: Store) -> Path:
    if store.file is None:
        raise StoreError(
            f"{store.name} is a server: copy it with `pg_dump --format=custom`, put it back with `pg_restore --clean`"
        )
    return store.file


def _copy(source: Path, target: Path) -> None:
    with _opened(source) as ours, _opened(target) as theirs:
        ours.backup(theirs)


def _sound(path: Path) -> None:
    with _opened(path) as connection:
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise StoreError(f"{path} is damaged: {found}")


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, timeout=WAIT_SECONDS)) as connection:
        yield connection


@contextlib.contextmanager
def _said(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path} cannot be used: {error}") from error
