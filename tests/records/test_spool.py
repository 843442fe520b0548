"""The spool: whole lines or none, whatever happens to threads, forks, disks and files; and never an exception."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from patience import PATIENCE

from ivr.records.events import Event, decode
from ivr.records.spool import ROTATE_AFTER, Spool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "spool"


def turns(*files: Path) -> list[int]:
    """Read every line of spool files; one that is not whole raises."""
    return [decode(line).turn for file in files for line in file.read_bytes().splitlines(keepends=True)]


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.spool"))


def locked(file: Path) -> bool:
    with file.open("rb") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a program that has a spool in its first argument and events by `event(turn)`."""
    head = """
        import os, signal, sys, resource, time
        from datetime import UTC, datetime
        from pathlib import Path
        from ivr.log import setup
        from ivr.records.events import Event
        from ivr.records.spool import Spool

        setup("json", stream=open(os.devnull, "w"))

        def event(turn):
            return Event("CA1", turn, "turn", datetime(2026, 11, 24, tzinfo=UTC), node="opening")

        spool = Spool(Path(sys.argv[1]), sys.argv[2])
    """
    program = textwrap.dedent(head) + textwrap.dedent(code)
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_nothing_is_touched_before_the_first_event(spool: Spool, folder: Path) -> None:
    spool.sync()
    assert (spool.written, spool.lost, folder.exists()) == (0, 0, False)


def test_an_event_is_in_the_file_before_append_returns(spool: Spool, folder: Path, event: Callable[..., Event]) -> None:
    assert [spool.append(event(turn)) for turn in (1, 2, 3)] == [True, True, True]
    (file,) = files(folder)
    assert [decode(line) for line in file.read_bytes().splitlines()] == [event(1), event(2), event(3)]
    assert (spool.written, spool.lost) == (3, 0)
    assert file.name.startswith(f"{os.getpid()}-")


def test_only_we_can_read_it(spool: Spool, folder: Path, event: Callable[..., Event]) -> None:
    spool.append(event())
    (file,) = files(folder)
    assert [path.stat().st_mode & 0o777 for path in (folder, file)] == [0o700, 0o600]


def test_the_file_is_locked_until_the_spool_is_closed(spool: Spool, folder: Path, event: Callable[..., Event]) -> None:
    spool.append(event())
    (file,) = files(folder)
    held = locked(file)
    spool.sync()
    held_after_sync = locked(file)
    spool.close()
    assert (held, held_after_sync, locked(file)) == (True, True, False)


def test_a_closed_spool_goes_on_in_a_new_file(spool: Spool, folder: Path, event: Callable[..., Event]) -> None:
    spool.append(event(1))
    spool.close()
    spool.append(event(2))
    assert [turns(file) for file in files(folder)] == [[1], [2]]


@pytest.mark.parametrize("sync", ["second", "always"])
def test_threads_do_not_mix_their_lines(folder: Path, event: Callable[..., Event], sync: str) -> None:
    spool = Spool(folder, "always" if sync == "always" else "second", rotate_at=20_000)

    def write(turn: int) -> bool:
        if turn % 50 == 0:
            spool.sync()
        return spool.append(event(turn))

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(write, range(800)))
    spool.close()
    assert done == [True] * 800
    assert (spool.written, spool.lost) == (800, 0)
    assert sorted(turns(*files(folder))) == list(range(800))
    assert len(files(folder)) > 3


def test_a_full_file_is_let_go_at_the_next_sync(folder: Path, event: Callable[..., Event]) -> None:
    spool = Spool(folder, rotate_at=500)
    for turn in range(6):
        spool.append(event(turn))
    before = [locked(file) for file in files(folder)]
    spool.sync()
    after = [locked(file) for file in files(folder)]
    spool.close()
    assert turns(*files(folder)) == [0, 1, 2, 3, 4, 5]
    assert (before, after) == ([True, True], [False, True])


def test_a_file_is_let_go_after_an_hour_however_little_is_in_it(
    spool: Spool, folder: Path, event: Callable[..., Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.append(event(1))
    now = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: now + ROTATE_AFTER - 60)
    spool.sync()
    assert [locked(file) for file in files(folder)] == [True]
    monkeypatch.setattr("time.monotonic", lambda: now + ROTATE_AFTER + 60)
    spool.sync()
    spool.sync()
    assert [locked(file) for file in files(folder)] == [False]
    spool.append(event(2))
    spool.close()
    assert turns(*files(folder)) == [1, 2]


def test_a_fork_writes_to_its_own_file_and_holds_no_lock_of_its_parent(folder: Path) -> None:
    program = python(
        """
        spool.append(event(1))
        if os.fork():
            signal.pause()
        else:
            spool.append(event(2))
            print(os.getpid(), flush=True)
            signal.pause()
        """,
        folder,
        "second",
    )
    assert program.stdout is not None
    child = int(program.stdout.readline())
    program.kill()
    program.wait()
    found = {turns(file)[0]: locked(file) for file in files(folder)}
    os.kill(child, signal.SIGKILL)
    program.stdout.close()
    assert found == {1: False, 2: True}


def test_forks_while_other_threads_write_never_hang(folder: Path) -> None:
    program = python(
        """
        import threading
        def write():
            for turn in range(2000):
                spool.append(event(turn))
        threads = [threading.Thread(target=write) for _ in range(3)]
        [thread.start() for thread in threads]
        children = []
        for turn in range(20):
            child = os.fork()
            if not child:
                os._exit(0 if spool.append(event(10_000 + turn)) else 1)
            children.append(child)
        results = [os.waitpid(child, 0)[1] for child in children]
        [thread.join() for thread in threads]
        print(sum(results))
        """,
        folder,
        "second",
    )
    assert program.communicate(timeout=PATIENCE)[0] == "0\n"
    found = turns(*files(folder))
    assert sorted(turn for turn in found if turn >= 10_000) == list(range(10_000, 10_020))
    assert len(found) == 6020


@pytest.mark.parametrize("sync", ["second", "always"])
def test_what_was_acknowledged_survives_kill_9(folder: Path, sync: str) -> None:
    program = python(
        """
        for turn in range(10**9):
            if spool.append(event(turn)):
                os.write(1, b"%d\\n" % turn)
        """,
        folder,
        sync,
    )
    assert program.stdout is not None
    acknowledged = [int(program.stdout.readline()) for _ in range(200)]
    program.kill()
    acknowledged += [int(line) for line in program.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    program.stdout.close()
    program.wait()
    found = turns(*files(folder))
    assert found[: len(acknowledged)] == acknowledged
    assert len(found) - len(acknowledged) <= 1


def test_a_full_disk_costs_the_record_and_leaves_no_half_line(small_disk: Path, event: Callable[..., Event]) -> None:
    spool = Spool(small_disk / "spool")
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 452_000)
    answers = [spool.append(event(turn)) for turn in range(1000)]
    kept = answers.index(False)
    (file,) = files(small_disk / "spool")
    assert 100 < kept < 900
    assert turns(file) == [turn for turn, answer in enumerate(answers) if answer]
    assert (spool.written, spool.lost) == (sum(answers), 1000 - sum(answers))
    ballast.unlink()
    assert [spool.append(event(turn)) for turn in (2001, 2002)] == [True, True]
    spool.close()
    assert turns(file)[-2:] == [2001, 2002]


def test_a_disk_that_is_full_from_the_start(small_disk: Path, event: Callable[..., Event]) -> None:
    spool = Spool(small_disk / "spool")
    ballast = small_disk / "ballast"
    with pytest.raises(OSError, match="No space left"), ballast.open("wb") as file:
        file.write(b"x" * 600_000)
    assert [spool.append(event(turn)) for turn in range(3)] == [False, False, False]
    ballast.unlink()
    assert spool.append(event(3))
    spool.close()
    assert turns(*files(small_disk / "spool")) == [3]


def test_a_limit_on_file_size_costs_the_record_and_leaves_no_half_line(folder: Path) -> None:
    program = python(
        """
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
        answers = [spool.append(event(turn)) for turn in range(100)]
        spool.close()
        print(sum(answers), spool.written, spool.lost)
        """,
        folder,
        "second",
    )
    said = program.communicate(timeout=PATIENCE)[0]
    written = turns(*files(folder))
    assert said == f"{len(written)} {len(written)} {100 - len(written)}\n"
    assert written == list(range(len(written)))
    assert 10 < len(written) < 50


@pytest.mark.parametrize("sync", ["second", "always"])
def test_a_folder_that_cannot_be_made(tmp_path: Path, event: Callable[..., Event], sync: str) -> None:
    (tmp_path / "file").write_text("no folder")
    spool = Spool(tmp_path / "file" / "spool", "always" if sync == "always" else "second")
    assert spool.append(event()) is False
    spool.sync()
    spool.close()
    assert (spool.written, spool.lost) == (0, 1)


def test_a_file_that_somebody_removed_is_noticed(spool: Spool, folder: Path, event: Callable[..., Event]) -> None:
    spool.append(event(1))
    files(folder)[0].unlink()
    spool.sync()
    spool.append(event(2))
    assert turns(*files(folder)) == [2]


def test_an_event_that_can_never_be_stored_is_counted_and_writes_nothing(
    spool: Spool, folder: Path, event: Callable[..., Event]
) -> None:
    assert spool.append(event(at=datetime(2026, 11, 24))) is False  # noqa: DTZ001  (that is what is wrong with it)
    assert spool.append(event(1))
    assert (turns(*files(folder)), spool.written, spool.lost) == ([1], 1, 1)


def test_no_planted_value_reaches_the_disk(spool: Spool, folder: Path, event: Callable[..., Event]) -> None:
    planted = "987654321098"
    spool.append(event(node=planted, option=planted, detail={planted: planted, "seconds": planted, "to": planted}))
    (file,) = files(folder)
    assert (planted in file.read_text(), len(turns(file))) == (False, 1)
