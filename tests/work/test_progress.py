"""A mover that does not get on: everybody who looks is told, and what it cannot move holds up as little as can be."""

from __future__ import annotations

import os
import threading
import time
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from dated import dated
from patience import PATIENCE

from ivr import health
from ivr.app import create_app
from ivr.cli.records import records
from ivr.records.events import Event, encode
from ivr.records.progress import GONE, ROUNDS, Progress, aside, read_so_far
from ivr.records.store import Store, StoreAwayError
from ivr.settings import Settings
from ivr.work import Mover

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ivr.records.spool import Spool

POISON = "poison"
"""The node of an event that something is wrong with."""
ROUND = 0.05
"""Seconds between two rounds: only a pace, nothing is over by then."""


class Picky(Store):
    """A store that something happens to whenever it is given the wrong event."""

    error: Exception

    def write(self, events: Sequence[Event], *, spool: str = "", offset: int = 0) -> None:
        """Raise, or write."""
        if any(event.node == POISON for event in events):
            raise self.error
        super().write(events, spool=spool, offset=offset)


def stored(store: Store) -> list[int]:
    record = store.call("CA1")
    return [turn.turn for turn in record.turns] if record else []


ERRORS = [
    ValueError("invalid literal for int()"),
    TypeError("no"),
    OverflowError("int too large"),
    UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    KeyError("seconds"),
    RecursionError(),
    ZeroDivisionError(),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_line_that_something_happens_to_is_set_aside_alone(
    store_url: str, folder: Path, event: Callable[..., Event], error: Exception, logged: io.StringIO
) -> None:
    folder.mkdir()
    lines = [encode(event(turn, node=POISON if turn in {2, 3, 6} else "opening")) for turn in range(8)]
    (folder / "1-a-000001.spool").write_bytes(b"".join(lines))
    (folder / "2-b-000001.spool").write_bytes(encode(event(9)))
    with Picky(store_url) as store, closing(Mover(folder, store)) as mover:
        store.error = error
        mover.move()
        assert stored(store) == [0, 1, 4, 5, 7, 9]
    kept = {path.name: path.read_bytes() for path in folder.glob("*.bad")}
    begins = [len(b"".join(lines[:turn])) for turn in range(8)]
    assert kept == {
        f"1-a-000001.spool.{begins[2]}.bad": lines[2] + lines[3],
        f"1-a-000001.spool.{begins[6]}.bad": lines[6],
    }
    assert (aside(folder), aside(folder, time.time() + 60), list(folder.glob("*.spool"))) == (3, 0, [])
    said = logged.getvalue()
    assert said.count("spool_line_set_aside") == 2
    assert type(error).__name__ in said


@pytest.mark.parametrize("error", [StoreAwayError("away"), OSError("disk"), MemoryError()], ids=repr)
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_what_no_line_is_to_blame_for_is_tried_again(
    store_url: str, folder: Path, event: Callable[..., Event], error: Exception
) -> None:
    folder.mkdir()
    (folder / "1-a-000001.spool").write_bytes(encode(event(1)) + encode(event(2, node=POISON)))
    with Picky(store_url) as store, closing(Mover(folder, store)) as mover:
        store.error = error
        for _ in range(3):
            with pytest.raises(type(error)):
                mover.move()
        assert (stored(store), aside(folder)) == ([], 0)
        store.error = ValueError()
        mover.move()
        assert (stored(store), aside(folder)) == ([1], 1)


REFUSING = {
    "sqlite": [
        "create trigger no before insert on turns when new.node = 'poison' begin select raise(abort, 'no'); end"
    ],
    "postgresql": [
        "create function no() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$",
        "create trigger no before insert on turns for each row when (new.node = 'poison') execute function no()",
    ],
}


def test_what_the_store_itself_refuses_is_set_aside_in_both_kinds(
    store: Store, store_url: str, mover: Mover, folder: Path, event: Callable[..., Event]
) -> None:
    store.upgrade()
    with store.transaction(writes=True) as connection:
        for statement in REFUSING[store_url.partition(":")[0]]:
            connection.execute(sa.text(statement))
    folder.mkdir()
    lines = [encode(event(1)), encode(event(2, node=POISON)), encode(event(3))]
    (folder / "1-a-000001.spool").write_bytes(b"".join(lines))
    mover.move()
    assert (stored(store), [path.read_bytes() for path in folder.glob("*.bad")]) == ([1, 3], [lines[1]])


def test_what_stands_still_is_known_after_a_few_rounds(
    store: Store, mover: Mover, spool: Spool, folder: Path, event: Callable[..., Event]
) -> None:
    mover.move()
    progress = Progress(folder)
    (folder / "0-a-000001.spool").mkdir()
    for seconds in range(ROUNDS + 1):
        assert progress.stuck(seconds) == []
        spool.append(event(seconds))
        progress.look(read_so_far(store), seconds)
        os.utime(folder / "mover.lock", (seconds, seconds))  # a round begins
        with pytest.raises(IsADirectoryError):
            mover.move()
    progress.look(read_so_far(store), 40)
    assert (progress.stuck(40), progress.stuck(40, 41), progress.longest(45)) == (["0-a-000001.spool"], [], 45)
    (folder / "0-a-000001.spool").rmdir()
    spool.append(event(20))
    progress.look(read_so_far(store), 50)
    assert (progress.stuck(50), progress.longest(52)) == ([], 2)
    mover.move()
    progress.look(read_so_far(store), 60)
    assert (progress.behind, progress.longest(60)) == (set(), 0)


def test_without_rounds_nothing_is_said_to_be_passed_over(
    store: Store, mover: Mover, spool: Spool, folder: Path, event: Callable[..., Event]
) -> None:
    mover.move()
    progress = Progress(folder)
    spool.append(event(1))
    for seconds in range(100):
        progress.look({}, seconds)
    assert (progress.stuck(100), progress.longest(100)) == ([], 100)
    assert stored(store) == []


@contextmanager
def rounds(mover: Mover) -> Iterator[None]:
    """Let a background process do its rounds, as `ivr work` does, whatever happens in them; the first is over."""
    began, over = threading.Event(), threading.Event()

    def work() -> None:
        while not over.wait(ROUND):
            with suppress(OSError):
                mover.move()
            began.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert began.wait(PATIENCE)
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture
def verified(store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Result]:
    store.upgrade()
    monkeypatch.setenv("IVR_DATA", str(tmp_path))
    monkeypatch.setenv("IVR_STORE_URL", store_url)
    return lambda: CliRunner().invoke(records, ["verify"])


def test_the_command_waits_for_what_is_on_its_way(
    verified: Callable[[], Result], mover: Mover, spool: Spool, event: Callable[..., Event], store: Store
) -> None:
    mover.move()
    spool.append(event(1))
    with rounds(mover):
        done = verified()
    assert (done.exit_code, stored(store)) == (0, [1])


def test_the_command_names_what_does_not_get_on(
    verified: Callable[[], Result], store_url: str, spool: Spool, folder: Path, event: Callable[..., Event]
) -> None:
    folder.mkdir()
    (folder / "9-z-000001.spool").write_bytes(encode(event(1, node=POISON)))
    spool.append(event(2))
    with Picky(store_url) as store, closing(Mover(folder, store)) as mover:
        store.error = OSError("the disk")
        with rounds(mover):
            done = verified()
        assert stored(store) == [2]
    assert done.exit_code == 1
    assert "9-z-000001.spool does not get on into the store" in done.output
    assert done.output.count("does not get on") == 1


def test_the_command_says_that_nobody_moves_what_waits(
    verified: Callable[[], Result], mover: Mover, spool: Spool, folder: Path, event: Callable[..., Event]
) -> None:
    mover.move()
    spool.append(event(1))
    before = time.time() - GONE - 1
    os.utime(folder / "mover.lock", (before, before))
    done = verified()
    assert done.exit_code == 1
    assert "start `ivr work`" in done.output


@pytest.fixture
def well(
    small_helpline: Callable[[Path], Path], tmp_path: Path, store: Store, store_url: str
) -> Iterator[health.Health]:
    store.upgrade()
    root = small_helpline(tmp_path / "root")
    environ = {"IVR_ROOT": str(root), "IVR_DATA": str(tmp_path), "IVR_STORE_URL": store_url}
    app = create_app(Settings.from_env(environ))
    made: health.Health = app.extensions["health"]
    yield made
    assert made.store
    made.store.close()
    app.extensions["ivr"].spool.close()


def figure(well: health.Health, name: str) -> float:
    return next(sample.value for metric in well.collect() for sample in metric.samples if sample.name == name)


@pytest.mark.usefixtures("store")
def test_readyz_and_metrics_tell_of_a_mover_that_does_not_get_on(
    well: health.Health, mover: Mover, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mover.move()
    (folder / "0-a-000001.spool").mkdir()
    monkeypatch.setattr(health, "STANDS", 0.0)
    for number in range(ROUNDS + 2):
        os.utime(folder / "mover.lock", (number, number))
        well.look()
        assert bool(well.problems()["records"]) is (number >= ROUNDS)
    assert "0-a-000001.spool" in well.problems()["records"]
    assert figure(well, "ivr_spool_stands_seconds") > 0
    (folder / "0-a-000001.spool").rmdir()
    well.look()
    assert (well.problems()["records"], figure(well, "ivr_spool_stands_seconds")) == ("", 0)


def test_lines_set_aside_are_counted_and_many_of_them_are_not_well(
    well: health.Health, mover: Mover, folder: Path
) -> None:
    folder.mkdir()
    for number in range(1, health.SPOILT + 1):
        (folder / f"{number}-a-000001.spool").write_bytes(b"garbage\n")
        with dated(folder, datetime.now(UTC)):
            mover.move()
        well.look()
        assert figure(well, "ivr_lines_set_aside") == number
        assert bool(well.problems()["records"]) is (number == health.SPOILT)
    for path in folder.glob("*.bad"):
        os.utime(path, (0, 0))
    well.look()
    assert (well.problems()["records"], figure(well, "ivr_lines_set_aside")) == ("", health.SPOILT)
