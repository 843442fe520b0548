"""The background process: everything that is not answering a webhook.

It moves records into the store, lets changed flows and prompts be published, and clears away what nobody needs. It may
be killed at any moment and started again: what is in the store and how far each spool has been read are written in one
transaction, and a set takes over in one step. A second one on the same folder does nothing but wait for the first.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, BinaryIO

import structlog

from ivr.board import Ticker
from ivr.records.counts import Days
from ivr.records.events import CorruptLineError, decode
from ivr.records.jobs import Jobs
from ivr.records.spool import ASIDE, HEARTBEAT, SUFFIX
from ivr.records.store import BLAMELESS, StoreError, StoreRefusedError
from ivr.records.summaries import Summaries
from ivr.sets.clear import clear
from ivr.sets.kept import LATER, Sets, stamp
from ivr.speech.disk import BuildError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from ivr.records.events import Event
    from ivr.records.jobs import Job
    from ivr.records.store import Store
    from ivr.records.summary import Known

    KnownFlow = Callable[[str], Known]

BATCH = 256 * 1024
"""Bytes of a spool that go into the store in one transaction, about a thousand events."""
RETRY_SECONDS = 60.0
"""Rest after a publication that failed for a reason outside the files: a full disk, an engine that is away."""
NIGHT = timedelta(hours=3, minutes=30)
"""When the day's jobs are due, after midnight in Tokyo."""
LEASE = timedelta(minutes=30)
"""A job that takes longer, because its worker is gone, is begun anew."""
PUT_OFF = timedelta(minutes=10)
CLEAR_SECONDS = 3600.0
"""Rest between two looks for what nobody needs any more."""

log = structlog.get_logger(__name__)


class Mover:
    """Moves events from the spools of all processes into the store, in the order in which each wrote them."""

    def __init__(self, folder: Path, store: Store) -> None:
        """Touch nothing yet; `folder` is the one that `Spool` writes to."""
        self._folder = folder
        self._store = store
        self._lock = -1
        self._ready = False
        self._waiting = False
        self._seen: dict[str, int] = {}

    def move(self) -> int:
        """Move everything that is there, and remove spools that nobody writes to any more; gives the events moved.

        Raises StoreError when the store cannot be used: then the spools keep what is not moved yet. A line that cannot
        be stored, for whatever reason, is set aside and holds up none behind it; a file that cannot be read is logged,
        raised at the end of the round, and holds up no other.
        """
        if not self._first():
            return 0
        os.utime(self._lock)
        try:
            self._prepare()
            return self._move_files()
        except StoreError:
            self._ready = False
            raise

    @property
    def leads(self) -> bool:
        """Tell whether this is the background process of the folder: known since the first `move`."""
        return self._lock >= 0

    @property
    def ready(self) -> bool:
        """Tell whether this process leads and the store is one that it knows: nothing else may be written to it."""
        return self.leads and self._ready

    def close(self) -> None:
        """Let another background process take over."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _first(self) -> bool:
        """Tell whether this is the one that moves; the lock is kept until the process ends or `close`."""
        if self._lock >= 0:
            return True
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self._folder / HEARTBEAT, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            self._wait()
            return False
        self._lock = lock
        self._seen.clear()
        return True

    def _wait(self) -> None:
        if not self._waiting:
            log.info("mover_waits", reason="another background process has this folder; this one takes over after it")
        self._waiting = True

    def _prepare(self) -> None:
        if not self._ready:
            self._store.upgrade()
            self._ready = True

    def _move_files(self) -> int:
        moved = 0
        problem: Exception | None = None
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            try:
                moved += self._move_file(path)
            except OSError as error:
                log.warning("spool_unreadable", file=path.name, reason=error.strerror, remedy="check disk and owner")
                problem = error
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001  (a file that this program does not understand holds up no other)
                problem = error
        if problem:
            raise problem
        return moved

    def _move_file(self, path: Path) -> int:
        with path.open("rb") as file:
            # Asked before reading: a writer that ends while we read has its last lines moved in the next round.
            orphan = _is_orphan(file)
            moved = sum(self._batches(path, file, orphan=orphan))
            if orphan:
                path.unlink()
                if self._seen.pop(path.name, 0):
                    self._store.forget_spool(path.name)
        return moved

    def _batches(self, path: Path, file: BinaryIO, *, orphan: bool) -> Iterator[int]:
        """Move what is new in a file; where nothing is, the store is not asked."""
        size = os.fstat(file.fileno()).st_size
        if size == (0 if orphan else self._seen.get(path.name, 0)):
            return
        # The store knows best how far it got: it may be a restored one.
        offset = self._store.offset(path.name)
        while True:
            file.seek(offset)
            lines = _whole_lines(file.read(BATCH), orphan=orphan)
            if not lines:
                self._seen[path.name] = size
                return
            read = _read(offset, lines)
            _set_aside(path, read)
            offset += sum(map(len, lines))
            self._write(path, read, offset)
            yield sum(line.event is not None for line in read)

    def _write(self, path: Path, lines: Sequence[_Line], offset: int) -> None:
        """Store a batch; if that fails and the store is there, line by line, so that one cannot hold up the rest."""
        try:
            self._store.write([line.event for line in lines if line.event], spool=path.name, offset=offset)
        except BLAMELESS:
            raise
        except Exception:  # noqa: BLE001  (which line it is, and why, is found out here)
            _set_aside(path, [replace(line, reason=self._refused(line)) for line in lines])
            self._store.write([], spool=path.name, offset=offset)

    def _refused(self, line: _Line) -> str:
        """Store a single line; if it cannot be stored, give why, without what stands in it."""
        if line.event is None:
            return ""
        try:
            self._store.write([line.event])
        except StoreRefusedError as error:
            return str(error)
        except BLAMELESS:
            raise
        except Exception as error:  # noqa: BLE001  (whatever it is, it comes from this line)
            return f"the store cannot be given its values ({type(error).__name__})"
        return ""


class RootWatch:
    """Looks at the files of a root and has them published, by a process of its own, when they have changed.

    Making speech may take minutes: in a process of its own it holds up nothing here, and ends when this one ends.
    """

    def __init__(
        self, root: Path, publish: Sequence[str], leads: Callable[[], bool], clock: Callable[[], float]
    ) -> None:
        """Start nothing yet. `publish` is the command; its exit code `LATER` asks for another try. `clock` in seconds.

        Nothing is published while `leads` says no.
        """
        self._root = root
        self._publish = publish
        self._leads = leads
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None
        self._seen: object = None
        self._tried: object = None
        self._again = float("inf")

    def look(self) -> None:
        """Look once: note how a publication ended, or begin one. Files are waited for until nobody saves any more."""
        if not self._leads() or self._runs():
            return
        before, self._seen = self._seen, stamp(self._root)
        if self._seen != before or (self._seen == self._tried and self._clock() < self._again):
            return
        self._tried, self._again = self._seen, float("inf")
        self._process = subprocess.Popen(self._publish, stdin=subprocess.DEVNULL, process_group=0)  # noqa: S603

    def close(self) -> None:
        """End a publication that runs, at once: it may be killed at any moment."""
        if self._process and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)  # with the processes that make speech for it
            self._process.wait()

    def _runs(self) -> bool:
        if self._process is None:
            return False
        code = self._process.poll()
        if code is None:
            return True
        self._process = None
        if code == LATER or code < 0:
            self._again = self._clock() + RETRY_SECONDS
        return False


class Clearing:
    """Clears away, after each publication and once an hour, the words and the sound that nobody needs any more."""

    def __init__(
        self,
        data: Path,
        store: Store,
        leads: Callable[[], bool],
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        """Touch nothing yet; nothing is cleared while `leads` says no."""
        self._data = data
        self._store = store
        self._leads = leads
        self._now = now
        self._clock = clock
        self._seen: object = None
        self._due = 0.0

    def clear(self) -> None:
        """Clear away if it is time; what stops that is logged, and it is tried again in an hour."""
        state = Sets(self._data).state()
        if not self._leads() or (state == self._seen and self._clock() < self._due):
            return
        self._seen, self._due = state, self._clock() + CLEAR_SECONDS
        try:
            clear(self._data, self._now(), self._store.versions)
        except (StoreError, BuildError, OSError, ValueError) as error:
            remedy = "nothing is lost; it is tried again in an hour"
            log.warning("sets_not_cleared", reason=str(error), remedy=remedy)


class Counting:
    """Counts the calls that are over for the reports, a batch a round, and adds up the days that are."""

    def __init__(self, store: Store, leads: Callable[[], bool], now: Callable[[], datetime], known: KnownFlow) -> None:
        """Touch nothing yet; nothing is counted while `leads` says no. `known` tells of the flow of a version."""
        self._summaries = Summaries(store)
        self._days = Days(store)
        self._leads = leads
        self._now = now
        self._known = known
        self._begun = False

    def count(self) -> None:
        """Count what is due; what is wrong with the store or the flows goes through, and it is tried again."""
        if self._leads():
            try:
                if not self._begun:
                    self._summaries.try_again()
                    self._begun = True
                self._summaries.count(self._now(), self._known)
            finally:
                self._days.add_up(self._now().date())


class Daily:
    """Does once a day what is to be done daily, in Tokyo's night, by whichever worker claims it."""

    def __init__(
        self,
        store: Store,
        tasks: Mapping[str, Callable[[], str]],
        leads: Callable[[], bool],
        now: Callable[[], datetime],
    ) -> None:
        """Touch nothing yet. Each task gives in a few words what came of it; nothing is done while `leads` says no."""
        self._jobs = Jobs(store)
        self._tasks = tasks
        self._leads = leads
        self._now = now
        self._planned: date | None = None

    def run(self) -> None:
        """Plan today's jobs if nobody has, and do one that is due."""
        now = self._now()
        if not self._leads():
            return
        if self._planned != now.date():
            for kind in self._tasks:
                self._jobs.plan(kind, now.date().isoformat(), now.replace(hour=0, minute=0, second=0) + NIGHT)
            self._planned = now.date()
        job = self._jobs.claim(tuple(self._tasks), now, LEASE)
        if job:
            self._do(job)

    def _do(self, job: Job) -> None:
        try:
            outcome = self._tasks[job.kind]()
        except Exception as error:  # noqa: BLE001  (whatever it is, the jobs after it are done)
            log.warning("job_failed", kind=job.kind, tries=job.tries, reason=str(error), remedy="it is tried again")
            self._jobs.put_off(job, self._now() + PUT_OFF, type(error).__name__)
        else:
            log.info("job_done", kind=job.kind, outcome=outcome)
            self._jobs.finish(job, self._now(), outcome)


@dataclass(frozen=True)
class _Line:
    """A line that begins at `offset`; with a `reason` why it cannot be stored."""

    offset: int
    raw: bytes
    event: Event | None
    reason: str = ""


def run(tasks: Sequence[Callable[[], object]], interval: float = 1.0) -> None:
    """Call the tasks once an interval (seconds) until SIGTERM or SIGINT; the present round is finished first.

    From the main thread only, since signals arrive there.
    """
    ticker = Ticker(tasks, interval)
    with _asked_to_stop() as asked:
        ticker.start()
        # A pipe, not a lock: a handler that runs while its own thread holds a lock would wait for ever.
        os.read(asked, 1)
    ticker.stop()


@contextlib.contextmanager
def _asked_to_stop() -> Iterator[int]:
    """Give the end of a pipe that can be read as soon as somebody asks this process to stop.

    The wake-up descriptor is written by whichever thread the signal came to; a handler would wait for the main thread,
    which may be reading.
    """
    read, write = os.pipe()
    os.set_blocking(write, False)
    before = {number: signal.signal(number, lambda _number, _frame: None) for number in (signal.SIGTERM, signal.SIGINT)}
    woken = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    try:
        yield read
    finally:
        signal.set_wakeup_fd(woken)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(read)
        os.close(write)


def _is_orphan(file: BinaryIO) -> bool:
    """Tell whether the writer is gone, by taking its lock; it stays taken until the file is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _whole_lines(chunk: bytes, *, orphan: bool) -> list[bytes]:
    """Split what was read at its newlines.

    A tail without one counts when nobody will finish it: its writer is gone, or it is longer than any event.
    """
    *whole, tail = chunk.split(b"\n")
    lines = [line + b"\n" for line in whole]
    full = len(chunk) == BATCH
    if tail and ((full and not lines) or (orphan and not full)):
        lines.append(tail)
    return lines


def _read(offset: int, lines: Sequence[bytes]) -> list[_Line]:
    """Read the lines that begin at `offset`."""
    found = []
    for raw in lines:
        try:
            found.append(_Line(offset, raw, decode(raw)))
        except CorruptLineError as error:
            found.append(_Line(offset, raw, None, str(error)))
        except Exception as error:  # noqa: BLE001  (whatever it is, it comes from this line)
            found.append(_Line(offset, raw, None, f"it cannot be read ({type(error).__name__})"))
        offset += len(raw)
    return found


def _set_aside(path: Path, lines: Iterable[_Line]) -> None:
    """Keep the lines that have a reason beside the spool, neighbours in one file, and say so without showing them.

    The name holds where they begin, so that a round that is repeated writes the same file again.
    """
    for bad, neighbours in groupby(lines, key=lambda line: bool(line.reason)):
        if bad:
            _keep_aside(path, list(neighbours))


def _keep_aside(path: Path, lines: Sequence[_Line]) -> None:
    first = lines[0]
    aside = path.with_name(f"{path.name}.{first.offset}{ASIDE}")
    if not aside.exists():
        remedy = f"look at {aside.name}; everything else was moved"
        told = {"offset": first.offset, "lines": len(lines), "reason": first.reason}
        log.warning("spool_line_set_aside", file=path.name, **told, remedy=remedy)
    file = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(file, b"".join(line.raw for line in lines))
        os.fsync(file)
    finally:
        os.close(file)
