"""How long a test waits for what another process, thread or browser does: until it is so, however slow the machine.

What is waited for is an event (a line of a log, a file, an answer). The bound is only there so that a test ends at all;
nothing that works comes near it, on a slow disk or beside busy neighbours.
"""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
TOKYO = ZoneInfo("Asia/Tokyo")
PATIENCE = 180.0
"""Seconds."""
_LOOK = 0.05


def until(what: Callable[[], T], said: Callable[[], object] = lambda: "it never came to that") -> T:
    """Wait until something is so, and give it; `said` gives what to show if it never is."""
    end = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < end, said()
        time.sleep(_LOOK)
    return found


def today() -> date:
    """Give Tokyo's day by the clock of the machine, for tests of whole processes: near its end, the next one.

    So the day is still the same when a test that asked for it has waited for whatever it waits for.
    """
    now = datetime.now(TOKYO)
    later = now + timedelta(seconds=PATIENCE)
    if later.date() != now.date():
        midnight = datetime.combine(later.date(), datetime.min.time(), TOKYO)
        time.sleep((midnight - now).total_seconds())
    return later.date()
