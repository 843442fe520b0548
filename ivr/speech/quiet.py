"""Keep the standard output for results while a C library prints its progress there."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_STDOUT = 1
_STDERR = 2


@contextmanager
def quiet_stdout() -> Iterator[None]:
    """Send what is written to descriptor 1 to the bin; for command lines and worker processes, not for threads.

    C keeps what it prints for a while where nobody looks on: that goes where it was meant to go, before and after.
    """
    _flush()
    kept = os.dup(_STDOUT)
    try:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  (a device, not a path of ours)
            os.dup2(nowhere.fileno(), _STDOUT)
        yield
    finally:
        _flush()
        os.dup2(kept, _STDOUT)
        os.close(kept)


def _flush() -> None:
    sys.stdout.flush()
    ctypes.CDLL(None).fflush(None)
