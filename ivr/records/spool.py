"""The spool: where a turn is recorded before its answer is sent. Never raises into a call.

Each process appends to a file of its own and holds a lock (flock) on it for as long as it lives; whoever can take
that lock knows that the writer is gone. Only the background process removes files. Thread-safe, and safe to fork:
a child opens a file of its own at its first event.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import threading
import time
from typing import TYPE_CHECKING, Literal

import structlog

from ivr.records.events import encode

if TYPE_CHECKING:
    from pathlib import Path

    from ivr.records.events import Event

Sync = Literal["second", "always"]
SUFFIX = ".spool"
ASIDE = ".bad"
"""Ends the names of the files beside a spool that hold what could not be stored."""
HEARTBEAT = "mover.lock"
"""The file of the folder that the background process holds, and touches in every round."""
ROTATE_AT = 8 * 1024 * 1024
"""Bytes after which a process begins its next file, so that the store can let go of the old one."""

ROTATE_AFTER = 3600.0
"""Seconds after which a file is let go of however little is in it: what was erased in the store stays in no spool."""

_ATTEMPTS = 5
log = structlog.get_logger(__name__)


class Spool:
    """The events of one process on their way to the store.

    `folder` is made with mode 0700, files have 0600. With `sync="second"` call `sync()` once a second; with
    `"always"` every event is forced to disk before `append` returns.
    """

    def __init__(self, folder: Path, sync: Sync = "second", *, rotate_at: int = ROTATE_AT) -> None:
        """Touch nothing yet: the file is opened by the process that writes the first event."""
        self.folder = folder
        self._always = sync == "always"
        self._rotate_at = rotate_at
        self._writers: dict[int, _Writer] = {}

    def append(self, event: Event) -> bool:
        """Record an event. False if it could not be written or, with `always`, not be forced to disk."""
        try:
            line = encode(event)
        except Exception as error:  # noqa: BLE001  (whatever it is, it must not reach a caller)
            log.error("event_refused", kind=event.kind, reason=str(error))  # noqa: TRY400  (no trace: it holds values)
            return self._writer().count(written=False)
        writer = self._writer()
        return writer.count(written=writer.append(line, force=self._always))

    def sync(self) -> None:
        """Force to disk what this process has written; once a second, away from the calls."""
        self._writer().sync()

    def close(self) -> None:
        """Sync, and release this process's file to the background process; a later event opens a new one."""
        self._writer().close()

    @property
    def written(self) -> int:
        """Count the events of this process that were recorded."""
        return self._writer().written

    @property
    def lost(self) -> int:
        """Count the events of this process that could not be recorded."""
        return self._writer().lost

    @property
    def failing(self) -> bool:
        """Tell whether the last event of this process could not be recorded."""
        return self._writer().failing

    def _writer(self) -> _Writer:
        found = self._writers.get(os.getpid())
        return found or self._own()

    def _own(self) -> _Writer:
        """Begin a process's own writing. Dict operations are atomic: no lock here that a fork could break."""
        mine = os.getpid()
        for pid in [pid for pid in self._writers if pid != mine]:
            parents = self._writers.pop(pid, None)
            if parents:
                parents.abandon()
        return self._writers.setdefault(mine, _Writer(self.folder, self._rotate_at))


class Nowhere(Spool):
    """A spool that keeps nothing: for calls of the tester's phone, which are done over at every key."""

    def append(self, event: Event) -> bool:
        """Look whether the event could be kept, and let it go."""
        encode(event)
        return True

    def sync(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class _Writer:
    """One process's side of the spool; every field is guarded by the lock."""

    def __init__(self, folder: Path, rotate_at: int) -> None:
        self.written = 0
        self.lost = 0
        self.failing = False
        self._folder = folder
        self._rotate_at = rotate_at
        self._lock = threading.Lock()
        self._name = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._file = -1
        self._files = 0
        self._size = 0
        self._opened = 0.0
        self._dirty = False
        self._retired: list[int] = []

    def append(self, line: bytes, *, force: bool) -> bool:
        """Write one line whole, or not at all."""
        with self._lock:
            try:
                self._write(line)
                copy = os.dup(self._file) if force else -1
            except OSError as error:
                return self._failed(error)
            self._dirty = not force
        if force and not self._force(copy):
            return False
        return self._recovered()

    def abandon(self) -> None:
        """In a forked child: let go of the parent's files, whose locks the child would otherwise keep alive."""
        for file in (self._file, *self._retired):
            if file >= 0:
                os.close(file)

    def sync(self) -> None:
        with self._lock:
            if time.monotonic() - self._opened > ROTATE_AFTER:
                self._retire()
            files, self._retired = self._retired, []
            files += self._current()
            self._dirty = False
        for file in files:
            self._force(file)

    def close(self) -> None:
        with self._lock:
            self._retire()
        self.sync()

    def count(self, *, written: bool) -> bool:
        with self._lock:
            self.written += written
            self.lost += not written
        return written

    def _write(self, line: bytes) -> None:
        if self._size >= self._rotate_at:
            self._retire()
        if self._file < 0:
            self._file, self._size, self._opened = self._open(), 0, time.monotonic()
        done = os.write(self._file, line)
        self._size += done
        if done < len(line):
            self._take_back(done)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _take_back(self, done: int) -> None:
        """Remove the half of a line that fitted on a full disk, so that the next one does not continue it."""
        try:
            os.ftruncate(self._file, self._size - done)
            self._size -= done
        except OSError:
            self._retire()

    def _open(self) -> int:
        """Create the next file and lock it. The background process may have met it in between and removed it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for _ in range(_ATTEMPTS):
            self._files += 1
            path = self._folder / f"{self._name}-{self._files:06d}{SUFFIX}"
            file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(file).st_nlink:
                    self._sync_folder()
                    return file
            os.close(file)
        raise OSError(errno.EAGAIN, f"no file could be opened in {self._folder}")

    def _sync_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _current(self) -> list[int]:
        """Duplicate the open file for a sync outside the lock; let go of one whose name somebody has removed."""
        if self._file < 0:
            return []
        if not os.fstat(self._file).st_nlink:
            log.error("spool_removed", file=self._name, remedy="leave the spool folder alone while the service runs")
            os.close(self._file)
            self._file = -1
            return []
        return [os.dup(self._file)] if self._dirty else []

    def _force(self, file: int) -> bool:
        """Sync and close. After a failure the kernel reports nothing twice, so go on in a new file."""
        try:
            os.fsync(file)
        except OSError as error:
            with self._lock:
                self._retire()
                return self._failed(error)
        finally:
            os.close(file)
        return True

    def _retire(self) -> None:
        if self._file >= 0:
            self._retired.append(self._file)
            self._file = -1

    def _failed(self, error: OSError) -> bool:
        if not self.failing:
            log.error(
                "spool_write_failed",
                reason=error.strerror,
                folder=str(self._folder),
                remedy="free space there; calls go on, their turns are not recorded until then",
            )
        self.failing = True
        return False

    def _recovered(self) -> bool:
        if self.failing:
            self.failing = False
            log.warning("spool_writes_again", lost=self.lost)
        return True
