"""No test rests on today's date, on a fast disk or on a quiet neighbour; and `clocks.py` shows what one would break.

Where a test needs the clock of the machine, or rests for a span instead of waiting for an event, it is listed here with
the reason. Everything else takes its moment from a constant, dates its files by it (`dated`), and waits (`patience`).
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from clocks import unshifted
from hypothesis import settings
from patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).resolve().parent
RUNNER = TESTS / "support" / "clocks.py"
NOW = re.compile(r"\b(?:(?:datetime|date|time)\.(?:now|utcnow|today|time|time_ns|localtime|gmtime|ctime)|monotonic)\(")
SLEEP = re.compile(r"(?<!def )\bsleep\(")

NEEDS_THE_CLOCK = {
    "service/test_board.py": "switches of the board are on and over by the clock of the processes that are tried",
    "records/test_spool.py": "sets the clock of the spool by hand, and begins where it stands",
    "service/test_faults.py": "goes on for as long as it was told, and notes in which order things happened",
    "sets/test_publish.py": "a process of its own that fails before it notes any moment",
    "work/test_progress.py": "files that are set aside bear the time of the kernel, and count for a while from then on",
    "work/test_process.py": "the background process forgets what is old by the clock of the machine",
}
RESTS = {
    "service/test_faults.py": "a fault lasts for a while; nothing is expected of that while",
    "sets/test_live.py": "kills at a moment that is chosen at random, and any moment is right",
    "work/test_process.py": "kills at a moment that is chosen at random, and any moment is right",
    "work/test_root_watch.py": "stands for a publication that takes long; its end is waited for or brought about",
}
WAITS = {"wait": 0, "join": 0, "acquire": 1, "settimeout": 0, "wait_for": 1, "communicate": 1, "WebDriverWait": 1}
"""What waits for a process, a thread, a lock or a browser, and at which place its bound may stand without a name."""
SIMULATED = {"call", "caller", "first", "agent"}
"""Names of simulated calls: they wait in seconds that take no time."""
LEAST = 60.0
"""Seconds that a bound has at least."""


def sources() -> Iterator[tuple[str, str]]:
    """Give the tests without what they share, by name."""
    for path in sorted(TESTS.rglob("*.py")):
        if path != Path(__file__) and "support" not in path.parts:
            yield path.relative_to(TESTS).as_posix(), path.read_text("utf-8")


def holding(pattern: re.Pattern[str]) -> set[str]:
    return {name for name, text in sources() if pattern.search(text)}


def bounds(text: str) -> Iterator[tuple[int, float]]:
    """Give the line and the seconds of every wait whose bound is written as a number."""
    if not re.search(r"^import (?:subprocess|threading|socket|requests)|^from selenium", text, re.MULTILINE):
        return
    for call in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)):
        of = getattr(call.func, "value", None)
        name = getattr(call.func, "attr", "") or getattr(call.func, "id", "")
        place = WAITS.get(name, len(call.args))
        given = [*call.args[place : place + 1], *(word.value for word in call.keywords if word.arg == "timeout")]
        for value in given if getattr(of, "id", "") not in SIMULATED else ():
            if isinstance(value, ast.Constant) and isinstance(value.value, (int, float)):
                yield call.lineno, value.value


def test_the_clock_of_the_machine_is_asked_only_where_there_is_a_reason() -> None:
    assert holding(NOW) == set(NEEDS_THE_CLOCK)


def test_nobody_rests_instead_of_waiting_for_an_event_without_a_reason() -> None:
    assert holding(SLEEP) == set(RESTS)


def test_no_wait_ends_before_a_slow_machine_is_through() -> None:
    short = [f"{name}:{line}" for name, text in sources() for line, seconds in bounds(text) if seconds < LEAST]
    assert short == []
    assert PATIENCE >= LEAST


def test_hypothesis_gives_examples_the_time_they_take() -> None:
    assert settings().deadline is None


@pytest.mark.parametrize(
    "line", ["process.wait(30)", "requests.get(url, timeout=5)", "thread.join(2)", "subprocess.run([], timeout=1.5)"]
)
def test_a_short_bound_is_found(line: str) -> None:
    assert [seconds < LEAST for _, seconds in bounds(f"import subprocess\n{line}\n")] == [True]


# ---- other clocks ----------------------------------------------------------------------------------------------------

ANOTHER_DAY = """
import datetime, subprocess, sys, threading, time

NOW = "import datetime, time; print(datetime.datetime.now(datetime.UTC).date(), time.tzname[0])"

def test_the_day_is_another():
    assert subprocess.check_output([sys.executable, "-c", NOW], text=True) == "2028-02-29 +1245\\n"
    assert str(datetime.datetime.now(datetime.UTC).date()) == "2028-02-29"

def test_seconds_pass_as_ever():
    began = time.monotonic()
    time.sleep(0.1)
    assert not threading.Event().wait(0.1)
    assert 0.2 <= time.monotonic() - began

def test_that_fails():
    assert datetime.date.today().year == 2026
"""
LEAP_DAY = ("--clock", "leap-day", "-p", "no:cacheprovider", "-p", "no:randomly")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(RUNNER), *LEAP_DAY, *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=unshifted(os.environ))


@pytest.fixture
def faketime() -> None:
    if not shutil.which("faketime"):
        pytest.skip("faketime is not installed; on Debian: apt-get install faketime")


@pytest.mark.usefixtures("faketime")
def test_under_another_clock_tests_and_their_processes_see_it_and_are_counted(tmp_path: Path) -> None:
    (tmp_path / "test_another_day.py").write_text(ANOTHER_DAY)
    done = run(str(tmp_path))
    row = done.stdout.splitlines()[-1].split()
    assert row[:-1] == ["leap-day", "2028-02-29T12:00:00", "Pacific/Chatham", "2", "1"], done.stdout
    assert done.returncode == 1


@pytest.mark.usefixtures("faketime")
def test_what_is_cleared_away_by_its_age_is_so_on_every_day() -> None:
    done = run(str(TESTS / "speech/test_build.py"), str(TESTS / "sets/test_clear.py"), "-k", "prun or last_three_sets")
    assert done.returncode == 0, done.stdout


def test_without_faketime_the_zones_are_tried_and_the_table_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "test_zone.py").write_text("import time\ndef test_zone(): assert time.localtime().tm_gmtoff % 3600\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    done = run(str(tmp_path))
    *_, row, note = done.stdout.splitlines()
    assert row.split()[:-1] == ["leap-day", "today", "Pacific/Chatham", "1", "0"]
    assert note == "Only the zones were tried: faketime is not installed. On Debian: apt-get install faketime"
    assert done.returncode == 0
