"""Run the tests under other clocks and zones than those of this machine, and say which of them failed.

    python tests/support/clocks.py [--clock NAME]... [whatever pytest takes]

A clock is a moment at which the run begins, and a zone. The moment is shifted by libfaketime (Debian's package
`faketime`); where that is not installed, every zone is tried at today's date, and the table says so.

Every process that the tests start is shifted by the same span, so all agree on the time. What cannot be shifted:

- dates that the kernel gives to files: a test in which files and a clock meet dates them itself (`dated.py`);
- the monotonic clock: locks would wait for ever, and what counts seconds with it does not care for the date;
- the browser, which libfaketime makes crash, and with it what expires in it (`unshifted`);
- the database server: it has no say in any moment, since the service hands each one to it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
NOTHING_COLLECTED = 5
FAILED = 4
"""Place in a row of the table."""


@dataclass(frozen=True)
class Clock:
    """A moment to begin at, in UTC, and the zone of the machine."""

    begins: str
    zone: str


CLOCKS = {
    "february": Clock("2027-02-28T12:00:00", "UTC"),
    "leap-day": Clock("2028-02-29T12:00:00", "Pacific/Chatham"),
    "year-end": Clock("2026-12-31T12:00:00", "America/St_Johns"),
    "month-turns": Clock("2027-01-31T23:59:30", "UTC"),
    "month-turns-in-tokyo": Clock("2027-03-31T14:59:30", "Asia/Tokyo"),
}
"""By name. The last two begin half a minute before a month ends, which then turns while the tests run."""


def unshifted(environ: Mapping[str, str]) -> dict[str, str]:
    """Give an environment in which a program sees the clock of the machine, whatever clock the tests run under."""
    return {name: value for name, value in environ.items() if name != "LD_PRELOAD" and not name.startswith("FAKETIME")}


def main(arguments: list[str]) -> int:
    """Run the tests once a clock, and print a table; gives 1 if any run failed."""
    parser = ArgumentParser(prog="clocks.py", description="Run the tests under other clocks.", allow_abbrev=False)
    parser.add_argument("--clock", action="append", choices=CLOCKS, help="only this one; may be given again")
    given, tests = parser.parse_known_args(arguments)
    faketime = shutil.which("faketime")
    rows = [_run(name, faketime, tests) for name in given.clock or CLOCKS]
    _print(rows, faketime)
    return int(any(row[FAILED] != "0" for row in rows))


def _run(name: str, faketime: str | None, tests: list[str]) -> tuple[str, ...]:
    clock, began = CLOCKS[name], time.monotonic()
    paths = [str(HERE / "shifted"), os.environ.get("PYTHONPATH", "")]
    environ = {**os.environ, "TZ": clock.zone, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    with TemporaryDirectory() as folder:
        result = Path(folder) / "result.xml"
        command = [*_shift(clock, faketime), sys.executable, "-m", "pytest", "-q", f"--junit-xml={result}", *tests]
        sys.stdout.write(f"---- {name}: {clock.begins if faketime else 'today'}, {clock.zone}\n")
        sys.stdout.flush()
        code = subprocess.run(command, cwd=REPOSITORY, env=environ, check=False).returncode
        if not result.exists():
            sys.stdout.write(f"pytest came to no result: it ended with {code}\n")
        passed, failed = _counted(result, code)
    begins = clock.begins if faketime else "today"
    return name, begins, clock.zone, str(passed), str(failed), f"{time.monotonic() - began:.0f}"


def _shift(clock: Clock, faketime: str | None) -> list[str]:
    """Give the words before a command that shift the clock; a span, not a moment, so that all processes agree."""
    if not faketime:
        return []
    ahead = datetime.fromisoformat(clock.begins).replace(tzinfo=UTC) - datetime.now(UTC)
    return [faketime, "-m", "--exclude-monotonic", "-f", f"{ahead.total_seconds():+.0f}s"]


def _counted(result: Path, code: int) -> tuple[int, int]:
    """Count the tests that passed, and those that did not; a run that came to no result failed once."""
    if not result.exists():
        return 0, 1
    suite = ET.parse(result).getroot()[0].attrib  # noqa: S314  (pytest has just written it)
    failed = int(suite["failures"]) + int(suite["errors"])
    passed = int(suite["tests"]) - failed - int(suite["skipped"])
    return passed, failed or int(code not in (0, NOTHING_COLLECTED))


def _print(rows: list[tuple[str, ...]], faketime: str | None) -> None:
    head = ("clock", "begins (UTC)", "zone", "passed", "failed", "seconds")
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        line = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        sys.stdout.write(f"{line.rstrip()}\n")
    if not faketime:
        sys.stdout.write("Only the zones were tried: faketime is not installed. On Debian: apt-get install faketime\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
