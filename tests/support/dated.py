"""Files and clocks of one time: a test that sets the clock of the service dates the files by it too.

The kernel dates files by the clock of the machine, whatever a test hands to the service. Where both meet (sound is
cleared away by the age of its files) one of them has to follow the other.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path


@contextmanager
def dated(folder: Path, now: datetime) -> Iterator[None]:
    """Date by this clock every file below a folder that is written, replaced or touched in the block."""
    before = _stamps(folder)
    yield
    for path, stamp in _stamps(folder).items():
        if before.get(path) != stamp:
            os.utime(path, (now.timestamp(), now.timestamp()))


def _stamps(folder: Path) -> dict[Path, tuple[int, int]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}
