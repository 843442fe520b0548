"""Files that changed are published by a process of its own: when it is started, tried again, and ended."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from patience import PATIENCE, until

from ivr.sets.kept import LATER
from ivr.work import RETRY_SECONDS, RootWatch

if TYPE_CHECKING:
    from collections.abc import Iterator

PUBLISH = """
import os, subprocess, sys, time
from pathlib import Path
here = Path(sys.argv[1])
seconds, code = (here / "orders").read_text().split()
with (here / "started").open("a") as file:
    file.write(f"{os.getpid()}\\n")
if float(seconds) > 1:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
time.sleep(float(seconds))
if int(code) < 0:
    os.kill(os.getpid(), -int(code))
sys.exit(int(code))
"""


@dataclass
class Bench:
    """A root that changes, a command that counts its runs, a clock that stands still unless it is set."""

    folder: Path
    leads: bool = True
    clock: float = 1000.0
    watch: RootWatch = field(init=False)

    def __post_init__(self) -> None:
        """Begin with one file, and with a command that succeeds at once."""
        (self.folder / "root/flows").mkdir(parents=True)
        self.save("one")
        self.orders(0, 0)
        command = [sys.executable, "-c", PUBLISH, str(self.folder)]
        self.watch = RootWatch(self.folder / "root", command, lambda: self.leads, lambda: self.clock)

    def save(self, text: str) -> None:
        """Change the file."""
        (self.folder / "root/flows/helpline.yaml").write_text(text)

    def orders(self, seconds: float, code: int) -> None:
        """Say how long the next runs take and how they end."""
        (self.folder / "orders").write_text(f"{seconds} {code}")

    @property
    def started(self) -> list[int]:
        """List the processes that were started."""
        file = self.folder / "started"
        return list(map(int, file.read_text().split())) if file.exists() else []

    def looks(self, times: int = 3) -> int:
        """Look some times and wait for each run to end; gives how many were started so far."""
        for _ in range(times):
            self.watch.look()
            self.ends()
        return len(self.started)

    def ends(self) -> None:
        """Wait for a run that was started to end."""
        process = self.watch._process  # noqa: SLF001  (a run has no other mark than its end)
        if process:
            process.wait(PATIENCE)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.watch.close()


def until_started(bench: Bench, number: int) -> None:
    until(lambda: len(bench.started) >= number)


def test_files_are_published_once_and_again_when_they_change(bench: Bench) -> None:
    assert bench.looks(1) == 0
    assert bench.looks(5) == 1
    bench.save("two")
    assert bench.looks(5) == 2
    (bench.folder / "root/flows/more.yaml").write_text("three")
    assert bench.looks(5) == 3


def test_while_an_editor_saves_file_after_file_nothing_is_published(bench: Bench) -> None:
    for number in range(5):
        bench.save("x" * number)
        assert bench.looks(1) == 0
    assert bench.looks(2) == 1


def test_the_background_process_that_waits_publishes_nothing(bench: Bench) -> None:
    bench.leads = False
    assert bench.looks(5) == 0
    bench.leads = True
    assert bench.looks(2) == 1


def test_what_was_refused_is_not_tried_again_until_it_changes(bench: Bench) -> None:
    bench.orders(0, 1)
    assert bench.looks(5) == 1
    bench.clock += 100 * RETRY_SECONDS
    assert bench.looks(5) == 1
    bench.save("mended")
    assert bench.looks(5) == 2


@pytest.mark.parametrize("code", [LATER, -signal.SIGKILL, -signal.SIGTERM])
def test_what_failed_for_another_reason_is_tried_again_after_a_rest(code: int, bench: Bench) -> None:
    bench.orders(0, code)
    assert bench.looks(5) == 1
    bench.clock += RETRY_SECONDS - 1
    assert bench.looks(5) == 1
    bench.orders(0, 0)
    bench.clock += 1
    assert bench.looks(5) == 2
    bench.clock += 100 * RETRY_SECONDS
    assert bench.looks(5) == 2


def test_a_change_during_a_publication_is_published_after_it(bench: Bench) -> None:
    bench.orders(0.5, 0)
    bench.watch.look()
    bench.watch.look()
    until_started(bench, 1)
    bench.save("two")
    for _ in range(5):
        bench.watch.look()
    assert len(bench.started) == 1
    bench.ends()
    assert bench.looks(4) == 2


def test_a_publication_ends_with_the_background_process_and_with_all_that_it_started(bench: Bench) -> None:
    bench.orders(60, 0)
    bench.watch.look()
    bench.watch.look()
    until_started(bench, 1)
    (leader,) = bench.started
    until(lambda: len(group(leader)) >= 2)
    bench.watch.close()
    until(lambda: not group(leader))
    bench.watch.close()


def group(leader: int) -> list[int]:
    """List the processes of a group that are alive."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(of) == leader and state != "Z":
            found.append(int(path.parent.name))
    return found


def test_without_a_publication_there_is_nothing_to_end(bench: Bench) -> None:
    bench.watch.close()
    assert os.getpid()
