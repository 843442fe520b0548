"""Callers go on while processes are killed and disks and stores fail: what they were answered is what is recorded.

Each caller notes which turn was answered. At the end the store must hold every one of them; missing may be only those
that were answered while the disk of the spool itself refused to write, and just as many must be counted in the log.
`pytest tests/service/test_faults.py --faults 300` goes on for five minutes each.
"""

from __future__ import annotations

import http.client
import os
import random
import resource
import signal
import threading
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from ivr.position import decode
from ivr.records.store import Store
from ivr.records.tables import turns
from ivr.records.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from conftest import Served
    from postgres import Server

    Key = tuple[str, int, str]

CALLERS = 3
TURNS = 12
BREAK = 1.5
"""Seconds that a fault lasts."""
REST = CALLERS * TURNS // 4
"""Turns that are answered between two faults: callers go on however slow the machine is."""
KEYS = ["1", "2", "0", "9", "*", "#", "silence", "5"]


@dataclass
class Callers:
    """Callers who press keys at random; `answered` is what they heard an answer to, and the moments around it."""

    served: Served
    random: random.Random
    answered: dict[Key, tuple[float, float]] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)

    def call(self, number: int, chance: random.Random) -> None:
        """Place calls, one after the other, until it is over."""
        made = 0
        while not self.over.is_set():
            made += 1
            sid = f"CA{number:04x}{made:028x}"
            path, key = "/voice", ""
            for _ in range(TURNS):
                path = self.step(sid, path, key)
                if not path:
                    break
                key = chance.choice(KEYS)
                path += "/silence" if key == "silence" else ""

    def step(self, sid: str, path: str, key: str) -> str:
        """Send what Twilio would send, and note what was answered; gives where the next key goes, if anywhere."""
        more = {"Digits": key} if key not in {"", "silence"} else {}
        asked = time.monotonic()
        try:
            answer = self.served.post(path, CallSid=sid, **more)
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
            return ""
        if answer.status != 200:
            return ""
        self.answered[sid, *turn_of(path)] = (asked, time.monotonic())
        with suppress(StopIteration):
            return urlsplit(answer.action).path
        return ""


def turn_of(path: str) -> tuple[int, str]:
    """Tell from an address which turn its answer is."""
    if path == "/voice":
        return 0, "answer"
    position = decode(path.split("/")[3])
    assert position is not None
    return position.turn + 1, "turn" if not path.endswith("/dialled") else "transfer"


def processes(served: Served, name: str) -> list[int]:
    """List the processes below the first that run a sub-command, parents first."""
    found = []
    for pid in served.children():
        with suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            found += [pid] if words[3:4] == [name] else []
    return found


def web_processes(served: Served) -> list[int]:
    """List the web processes without the one that rules them."""
    return processes(served, "serve")[1:]


@contextmanager
def refused_writes(pids: list[int]) -> Iterator[None]:
    """Let the kernel refuse every write to a file by these processes, as a full disk does."""
    for pid in pids:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    yield
    for pid in pids:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Hold the store, so that nobody else can write."""
    engine = sa.create_engine(store_url(store))
    with closing(engine.connect()) as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
        else:
            connection.exec_driver_sql("LOCK TABLE calls, turns IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()
    engine.dispose()


def store_url(store: Store) -> str:
    """Give the address of a store as SQLAlchemy wants it."""
    return f"sqlite:///{store.file}" if store.file else store.name.replace("postgresql", "postgresql+psycopg", 1)


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    """Stop the database server."""
    server.stop()
    try:
        yield
    finally:
        server.start()


@pytest.fixture
def seconds(request: pytest.FixtureRequest) -> float:
    """Give how long the faults go on."""
    return float(request.config.getoption("--faults"))


@pytest.mark.parametrize("sync", ["second", "always"])
def test_no_turn_that_was_answered_is_lost_whatever_dies(
    serve: Callable[..., AbstractContextManager[Served]],
    small_helpline: Callable[[Path], Path],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    seconds: float,
    sync: str,
    record_property: Callable[[str, object], None],
) -> None:
    kind = {"second": "postgresql", "always": "sqlite"}[sync]
    server: Server | None = request.getfixturevalue("postgres") if kind == "postgresql" else None
    url = server.database() if server else f"sqlite:///{tmp_path / 'kept' / 'store.db'}"
    settings = {"IVR_ROOT": str(small_helpline(tmp_path / "root")), "IVR_RECORD_SYNC": sync, "IVR_STORE_URL": url}
    settings |= {"WEB_CONCURRENCY": "2", "IVR_DATA": str(tmp_path / "data")}
    chance = random.Random(time.time_ns())
    answered: dict[Key, tuple[float, float]] = {}
    faults = Faults(chance, server)
    end = time.monotonic() + seconds
    with Store(url) as store:
        while time.monotonic() < end:
            with serve("--work", **settings) as served:
                served.waits_for(lambda: _is_made(store))
                callers = Callers(served, chance)
                with _calling(callers):
                    faults.happen(served, store, callers)
                    for pid in served.session():
                        os.kill(pid, signal.SIGKILL)
                answered |= callers.answered
                faults.counted += len(served.lines("turn_not_recorded"))
        served.works()
        found = verify(tmp_path / "data" / "spool", store)
        recorded = _recorded(store)
    lost = answered.keys() - recorded
    record_property(
        "turns", f"{len(answered)} turns answered, {len(recorded)} recorded, {len(lost)} refused by the disk"
    )
    assert found.agrees, found
    assert (found.waiting, found.unreadable, found.aside) == (0, 0, 0)
    assert len(answered) > CALLERS * TURNS
    assert [key for key in lost if not faults.refused(*answered[key])] == []
    assert len(lost) <= faults.counted


@dataclass
class Faults:
    """Everything that can fail, once each in any order; keeps from when to when the spool's disk refused to write."""

    random: random.Random
    server: Server | None
    counted: int = 0
    windows: list[tuple[float, float]] = field(default_factory=list)

    def happen(self, served: Served, store: Store, callers: Callers) -> None:
        """Let one thing after the other fail."""
        for fault in self.random.sample([self.web, self.work, self.lock, self.away, self.disk], 5):
            enough = len(callers.answered) + REST
            served.waits_for(lambda enough=enough: len(callers.answered) >= enough)
            fault(served, store)

    def web(self, served: Served, _store: Store) -> None:
        """Kill one of the web processes."""
        self._kill(web_processes(served))

    def work(self, served: Served, _store: Store) -> None:
        """Kill the background process."""
        self._kill(processes(served, "work"))

    def lock(self, _served: Served, store: Store) -> None:
        """Let somebody else hold the store."""
        with locked(store):
            time.sleep(BREAK)

    def away(self, served: Served, _store: Store) -> None:
        """Stop the database server; SQLite's disk is full."""
        with stopped(self.server) if self.server else refused_writes(processes(served, "work")):
            time.sleep(BREAK)

    def disk(self, served: Served, _store: Store) -> None:
        """Let the disk of the spools be full."""
        began = time.monotonic()
        with refused_writes(web_processes(served)):
            time.sleep(BREAK)
        self.windows.append((began, time.monotonic()))

    def refused(self, asked: float, answered: float) -> bool:
        """Tell whether the disk refused to write at some moment between these."""
        return any(asked <= end and begin <= answered for begin, end in self.windows)

    def _kill(self, pids: list[int]) -> None:
        with suppress(ProcessLookupError, IndexError):
            os.kill(self.random.choice(pids), signal.SIGKILL)


@contextmanager
def _calling(callers: Callers) -> Iterator[None]:
    threads = [
        threading.Thread(
            target=callers.call, args=(number + 10 * callers.random.randrange(1000), random.Random(number))
        )
        for number in range(CALLERS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        callers.over.set()
        for thread in threads:
            thread.join()


def _is_made(store: Store) -> bool:
    with suppress(Exception):
        store.check()
        return True
    return False


def _recorded(store: Store) -> set[Key]:
    with store.transaction() as connection:
        return {tuple(row) for row in connection.execute(sa.select(turns.c.call, turns.c.turn, turns.c.kind))}
