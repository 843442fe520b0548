"""A real clock for a world: one thread lets its time pass as time passes, and does everything that happens in it.

Whoever wants something of the world from another thread hands it in with `do`: it is done as soon as no call is in the
middle of a step. So a service may give orders over REST while the simulator waits for that same service to answer.
"""

from __future__ import annotations

import threading
import time
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr.simulator.world import World

LONGEST_REST = 0.5
"""Seconds after which the clock looks again, though nothing is due."""


class RealTime:
    """Lets the time of a world pass. Start it once; what is done after `stop` is not done."""

    def __init__(self, world: World) -> None:
        """Take a world; its second 0 is now."""
        self.world = world
        self._began = time.monotonic() - world.now
        self._news = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._pass, name="clock", daemon=True)

    def start(self) -> None:
        """Let time pass from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Let time stand still, once the present step is over."""
        self._stopping = True
        self._news.set()
        self._thread.join()

    def do(self, action: Callable[[], None]) -> None:
        """Do something in the world soon; safe to call from any thread."""
        self.world.soon(action)
        self._news.set()

    @property
    def now(self) -> float:
        """The second of the world's clock that it ought to be."""
        return time.monotonic() - self._began

    def _pass(self) -> None:
        while not self._stopping:
            self._news.clear()
            self.world.run(self.now)
            wakes = self.world.wakes
            self._news.wait(LONGEST_REST if wakes == inf else max(0.0, min(wakes - self.now, LONGEST_REST)))
