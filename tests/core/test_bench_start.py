"""`ivr bench start` starts every command and takes turns; what it prints are figures, and no time makes it fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from ivr.cli import bench_start

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_each_start_is_measured(tmp_path: Path, small_helpline: Callable[[Path], Path]) -> None:
    environ = {**os.environ, "IVR_ROOT": str(small_helpline(tmp_path / "root")), "IVR_DATA": str(tmp_path / "data")}
    command = [sys.executable, "-m", "ivr.cli", "bench", "start", "--rounds", "1", "--json"]
    told = json.loads(subprocess.run(command, env=environ, check=True, capture_output=True).stdout)
    assert list(told) == [*bench_start.COMMANDS, bench_start.FIRST_CALL, bench_start.LOADING, bench_start.TURN]
    assert all(one["cpu"] > 0 < one["wall"] for one in told.values())
    assert told[bench_start.TURN]["cpu"] < told["ivr call --keys 1"]["cpu"]
