"""The board in memory and the thread that renews it: nothing that fails there reaches a call."""

from __future__ import annotations

import os
import threading

import pytest
from patience import PATIENCE

from ivr.board import Board, BoardWatch, Ticker


class Counter:
    """Counts calls, and lets a test wait for a number of them."""

    def __init__(self, fails: int = 0) -> None:
        """Fail at the first so many calls."""
        self.calls = 0
        self.fails = fails
        self.threads: set[int] = set()
        self._changed = threading.Condition()

    def __call__(self) -> None:
        """Count, and fail if that is due."""
        with self._changed:
            self.calls += 1
            self.threads.add(threading.get_ident())
            self._changed.notify_all()
        if self.calls <= self.fails:
            raise ValueError("not now")

    def reached(self, calls: int) -> bool:
        """Wait until there were so many calls; False if it never comes to that."""
        with self._changed:
            return self._changed.wait_for(lambda: self.calls >= calls, timeout=PATIENCE)


def test_a_new_board_has_nothing_switched() -> None:
    assert BoardWatch(Board).current() == Board(version=0)


def test_the_last_board_stays_when_it_cannot_be_read() -> None:
    answers = iter([Board(3), None, Board(4)])

    def read() -> Board:
        answer = next(answers)
        if answer is None:
            raise OSError("away")
        return answer

    watch = BoardWatch(read)
    watch.refresh()
    first = watch.current()
    with pytest.raises(OSError, match="away"):
        watch.refresh()
    second = watch.current()
    watch.refresh()
    assert (first, second, watch.current()) == (Board(3), Board(3), Board(4))


def test_tasks_are_called_again_and_again_on_one_thread() -> None:
    one, other = Counter(), Counter()
    ticker = Ticker([one, other], interval=0.001)
    ticker.start()
    ticker.start()
    assert (one.reached(5), other.reached(5)) == (True, True)
    ticker.stop()
    assert one.threads == other.threads
    assert len(one.threads) == 1
    assert threading.get_ident() not in one.threads


def test_a_task_that_fails_stops_nothing() -> None:
    failing, other = Counter(fails=130), Counter()
    ticker = Ticker([failing, other], interval=0.001)
    ticker.start()
    assert (failing.reached(140), other.reached(140)) == (True, True)
    ticker.stop()


def test_after_stop_nothing_is_called_and_start_begins_anew() -> None:
    counter = Counter()
    ticker = Ticker([counter], interval=0.001)
    ticker.stop()
    ticker.start()
    counter.reached(1)
    ticker.stop()
    calls = counter.calls
    ticker.start()
    assert counter.reached(calls + 1)
    ticker.stop()
    assert len(counter.threads) in {1, 2}


def test_a_fork_has_no_thread_until_it_starts_one() -> None:
    counter = Counter()
    ticker = Ticker([counter], interval=0.001)
    ticker.start()
    counter.reached(1)
    child = os.fork()
    if not child:
        fresh = Counter()
        own = Ticker([fresh], interval=0.001)
        before = threading.active_count()
        ticker.start()
        own.start()
        os._exit(0 if (before, threading.active_count()) == (1, 3) and fresh.reached(2) else 1)
    assert os.waitpid(child, 0)[1] == 0
    ticker.stop()
