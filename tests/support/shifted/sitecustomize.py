"""Lets Python sleep under a shifted clock: `clocks.py` puts this folder on PYTHONPATH, for nothing else.

Python sleeps until a moment of the monotonic clock. libfaketime 0.9.10 (Debian 12) shifts that moment although it was
told to leave the monotonic clock alone, and the kernel refuses the result. `select` waits for a span instead.
"""

from __future__ import annotations

import select
import time


def _sleep(seconds: float, /) -> None:
    select.select((), (), (), seconds)


time.sleep = _sleep
