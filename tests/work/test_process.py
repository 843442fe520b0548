"""The background process as a process: it stops when asked, and killing anything loses nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from patience import PATIENCE, until

from ivr.records.events import Event
from ivr.records.store import Store
from ivr.work import Mover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ivr.records.spool import Spool

WRITER = textwrap.dedent("""
    import os, sys
    from datetime import UTC, datetime
    from pathlib import Path
    from ivr.records.events import Event
    from ivr.records.spool import Spool

    spool = Spool(Path(sys.argv[1]) / "spool", rotate_at=20_000)
    for turn in range(int(sys.argv[3])):
        if spool.append(Event(sys.argv[2], turn, "turn", datetime.now(UTC), node="opening")):
            os.write(1, b"%d\\n" % turn)
        if turn % 100 == 0:
            spool.sync()
""")


@pytest.fixture
def event() -> Callable[..., Event]:
    """Make an event of this moment: the processes here forget what is old by the clock of the machine."""
    return lambda turn: Event("CA1", turn, "turn", datetime.now(UTC), node="opening")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def ivr(data: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `ivr` commands on one data folder, with nothing to publish; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("IVR_", "TWILIO_"))}
    environ = {**kept, "IVR_DATA": str(data), "IVR_ROOT": str(data / "nothing"), "IVR_LOG_FORMAT": "json"}

    def start(*arguments: str, **more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "ivr.cli", *arguments]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, env={**environ, **more}, stdout=pipe, stderr=pipe, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def writer(data: Path, call: str, turns: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WRITER, str(data), call, str(turns)], stdout=subprocess.PIPE)


def acknowledged(process: subprocess.Popen[bytes], first: bytes = b"") -> list[int]:
    lines = (first + process.communicate()[0]).splitlines(keepends=True)
    return [int(line) for line in lines if line.endswith(b"\n")]


def stored(data: Path, call: str) -> list[int]:
    with Store(f"sqlite:///{data / 'store.db'}") as store:
        record = store.call(call) if (data / "store.db").exists() else None
        return [turn.turn for turn in record.turns] if record else []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_moves_records_until_it_is_asked_to_stop(
    ivr: Callable[..., subprocess.Popen[str]], data: Path, spool: Spool, event: Callable[..., Event], number: int
) -> None:
    spool.append(event(1))
    work = ivr("work")
    until(lambda: (data / "store.db").exists() and _readable(data) == [1])
    spool.append(event(2))
    until(lambda: _readable(data) == [1, 2])
    work.send_signal(number)
    assert work.wait(PATIENCE) == 0


def _readable(data: Path) -> list[int]:
    try:
        return stored(data, "CA1")
    except Exception:  # noqa: BLE001  (the tables are being made)
        return []


def test_it_waits_for_a_store_that_is_away(
    ivr: Callable[..., subprocess.Popen[str]], data: Path, spool: Spool, event: Callable[..., Event]
) -> None:
    (data / "store.db").mkdir()
    spool.append(event(1))
    work = ivr("work")
    assert work.stderr is not None
    said = work.stderr.readline()
    (data / "store.db").rmdir()
    until(lambda: _readable(data) == [1])
    work.send_signal(signal.SIGTERM)
    assert work.wait(PATIENCE) == 0
    assert '"event": "task_failed"' in said
    assert '"task": "Mover.move"' in said
    assert '"event": "task_works_again"' in work.stderr.read()


def test_a_second_one_is_harmless_and_takes_over(
    ivr: Callable[..., subprocess.Popen[str]], data: Path, spool: Spool, event: Callable[..., Event]
) -> None:
    first = ivr("work")
    until((data / "spool" / "mover.lock").exists)
    second = ivr("work")
    assert second.stderr is not None
    assert '"event": "mover_waits"' in second.stderr.readline()
    first.kill()
    first.wait()
    spool.append(event(1))
    until(lambda: _readable(data) == [1])
    second.send_signal(signal.SIGTERM)
    assert second.wait(PATIENCE) == 0


def test_killing_everything_again_and_again_loses_no_turn(
    ivr: Callable[..., subprocess.Popen[str]], data: Path
) -> None:
    chance = random.Random(7)
    promised: dict[str, list[int]] = {}
    for round_ in range(4):
        calls = [f"CA{round_}a", f"CA{round_}b"]
        writers = [writer(data, calls[0], 3000), writer(data, calls[1], 10**9)]
        work = ivr("work")
        first = [process.stdout.readline() for process in writers if process.stdout]
        time.sleep(chance.uniform(0.5, 1.5))
        writers[1].kill()
        work.kill()
        promised |= {call: acknowledged(*began) for call, *began in zip(calls, writers, first, strict=True)}
    last = ivr("work", "--once")
    assert (last.wait(PATIENCE), sorted(path.name for path in (data / "spool").iterdir())) == (0, ["mover.lock"])
    for call, turns in promised.items():
        found = stored(data, call)
        assert found[: len(turns)] == turns
        assert found == list(range(len(found)))
        assert len(found) - len(turns) <= 1
    assert sum(map(len, promised.values())) > 12_000


def test_once_moves_what_is_there_and_ends(
    ivr: Callable[..., subprocess.Popen[str]], data: Path, spool: Spool, event: Callable[..., Event]
) -> None:
    spool.append(event(1))
    spool.append(event(2))
    out, said = (work := ivr("work", "--once")).communicate(timeout=PATIENCE)
    assert (work.returncode, out, said.splitlines()[-1]) == (0, "", f"2 events moved into {data / 'store.db'}")
    assert stored(data, "CA1") == [1, 2]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "Error: IVR_STORE_URL is no database address"),
        ("sqlite:////proc/none/store.db", "Error: /proc/none/store.db cannot be created: "),
    ],
)
def test_once_says_what_is_wrong_with_the_store(
    ivr: Callable[..., subprocess.Popen[str]], url: str, words: str
) -> None:
    out, said = (work := ivr("work", "--once", IVR_STORE_URL=url)).communicate(timeout=PATIENCE)
    assert (work.returncode, out, said[: len(words)]) == (1, "", words)


def test_once_says_that_a_spool_could_not_be_read(ivr: Callable[..., subprocess.Popen[str]], data: Path) -> None:
    (data / "spool" / "0-a-000001.spool").mkdir(parents=True)
    out, said = (work := ivr("work", "--once")).communicate(timeout=PATIENCE)
    assert (work.returncode, out) == (1, "")
    assert said.splitlines()[-1] == "Error: not everything could be moved: [Errno 21] Is a directory: " + repr(
        str(data / "spool" / "0-a-000001.spool")
    )


def test_a_second_once_beside_a_running_one_moves_nothing(
    ivr: Callable[..., subprocess.Popen[str]], data: Path, spool: Spool, event: Callable[..., Event]
) -> None:
    with Store(f"sqlite:///{data / 'store.db'}") as store:
        mover = Mover(data / "spool", store)
        mover.move()
        spool.append(event(1))
        work = ivr("work", "--once")
        assert (work.communicate(timeout=PATIENCE)[0], work.returncode) == ("", 0)
        assert store.call("CA1") is None
        mover.close()
