"""The board: what people switch, as a small value that every turn reads from memory, and the thread that renews it.

An announcement is heard in the opening; a counter that is shut is told wherever its hours of today would be.

Nothing here waits inside a call: a turn reads `BoardWatch.current()`, and one thread a process does the rest.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

REMIND_EVERY = 60
"""A task that goes on failing is logged at its first failure and then at every one of so many."""

_TOLERANCE = timedelta(minutes=1)
"""So far may the clock of the machine on which somebody switched be ahead of that which answers."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Announcement:
    """A prompt that is said to every caller between two aware moments."""

    prompt: str
    begins: datetime
    until: datetime

    def holds(self, now: datetime) -> bool:
        """Tell whether it is said now."""
        return self.begins - _TOLERANCE <= now < self.until


@dataclass(frozen=True)
class Shut:
    """A counter, by its id in the table of hours, that stays closed on one day in Tokyo."""

    counter: str
    day: date


@dataclass(frozen=True)
class Board:
    """A snapshot of what people have switched; a higher `version` is a later one."""

    version: int = 0
    announcements: tuple[Announcement, ...] = ()
    shut: tuple[Shut, ...] = ()

    def announced(self, now: datetime) -> tuple[str, ...]:
        """Name the prompts that are announced now, in the order in which they were switched on, each once."""
        return tuple(dict.fromkeys(each.prompt for each in self.announcements if each.holds(now)))


class BoardWatch:
    """Holds the last board that could be read; `read` may fail, then the last one stays."""

    def __init__(self, read: Callable[[], Board], board: Board | None = None) -> None:
        """Begin with the given board, or with one on which nothing is switched."""
        self._read = read
        self._board = board or Board()

    def current(self) -> Board:
        """Give the board that holds now, at once."""
        return self._board

    def refresh(self) -> None:
        """Read the board anew: a task for a `Ticker`. What reading raises goes through, and nothing changes."""
        board = self._read()
        if board.version != self._board.version:
            log.info("board_changed", version=board.version)
        self._board = board


class Ticker:
    """Calls tasks in their order, once an interval, on one daemon thread of the process that started it.

    A task that raises is logged and called again the next time; it stops neither the thread nor the other tasks.
    A forked child has no thread until it calls `start` itself.
    """

    def __init__(self, tasks: Sequence[Callable[[], object]], interval: float = 1.0) -> None:
        """Remember the tasks; `interval` is the rest between two rounds in seconds."""
        self._tasks = tuple(tasks)
        self._interval = interval
        self._runs: dict[int, _Run] = {}

    def start(self) -> None:
        """Start the thread unless this process has it already; cheap enough for every request."""
        pid = os.getpid()
        if pid in self._runs:
            return
        run = _Run(self._tasks, self._interval)
        # setdefault is atomic, and unlike a lock nothing that a fork in the wrong moment could leave held.
        if self._runs.setdefault(pid, run) is run:
            run.thread.start()

    def stop(self) -> None:
        """Let the present round end, then the thread; without one nothing happens. `start` begins anew."""
        run = self._runs.pop(os.getpid(), None)
        if run:
            run.stopping.set()
            run.thread.join()


class _Run:
    def __init__(self, tasks: Sequence[Callable[[], object]], interval: float) -> None:
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._rounds, args=(tasks, interval), name="ticker", daemon=True)
        self._failures: dict[int, int] = {}

    def _rounds(self, tasks: Sequence[Callable[[], object]], interval: float) -> None:
        while True:
            for number, task in enumerate(tasks):
                self._guarded(number, task)
            if self.stopping.wait(interval):
                return

    def _guarded(self, number: int, task: Callable[[], object]) -> None:
        name = getattr(task, "__qualname__", type(task).__name__)
        failures = self._failures.get(number, 0)
        try:
            task()
        except Exception as error:  # a task that fails must not take the others with it
            if failures % REMIND_EVERY == 0:
                log.exception("task_failed", task=name, times=failures + 1, reason=str(error))
            self._failures[number] = failures + 1
        else:
            if failures:
                log.info("task_works_again", task=name, times=failures)
            self._failures[number] = 0
