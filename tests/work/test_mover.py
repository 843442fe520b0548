"""Records on their way into the store: none lost, none twice, and nothing that holds up the rest."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.records.events import Event, encode
from ivr.records.spool import Spool
from ivr.records.store import Store, StoreAwayError, StoreError
from ivr.work import BATCH, Mover

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from postgres import Server


in_a_file = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
"""What is done to the store's file, or beside it."""


def stored(store: Store, call: str = "CA1") -> list[int]:
    record = store.call(call)
    return [turn.turn for turn in record.turns] if record else []


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "mover.lock")


def test_without_spools_there_is_nothing_to_do(mover: Mover, store: Store, folder: Path) -> None:
    assert mover.move() == 0
    assert store.latest(5) == []
    assert folder.stat().st_mode & 0o777 == 0o700


def test_events_are_moved_once(mover: Mover, store: Store, spool: Spool, event: Callable[..., Event]) -> None:
    counts = []
    for turn in (0, 1, 2):
        spool.append(event(turn))
        counts += [mover.move(), mover.move()]
    assert (counts, stored(store)) == ([1, 0, 1, 0, 1, 0], [0, 1, 2])


def test_the_file_of_a_living_process_stays(
    mover: Mover, store: Store, spool: Spool, folder: Path, event: Callable[..., Event]
) -> None:
    spool.append(event())
    mover.move()
    (name,) = names(folder)
    assert store.offset(name) == (folder / name).stat().st_size


def test_the_file_of_a_process_that_is_gone_is_adopted_and_removed(
    mover: Mover, store: Store, spool: Spool, folder: Path, event: Callable[..., Event]
) -> None:
    spool.append(event(1))
    mover.move()
    spool.append(event(2))
    (name,) = names(folder)
    spool.close()
    assert (mover.move(), stored(store), names(folder), store.offset(name)) == (1, [1, 2], [], 0)


@in_a_file
@pytest.mark.parametrize("busy_seconds", [0.2])
def test_where_nothing_is_new_the_store_is_not_asked(
    mover: Mover, store: Store, spool: Spool, event: Callable[..., Event], tmp_path: Path
) -> None:
    spool.append(event(1))
    mover.move()
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other:
        other.execute("begin exclusive")
        assert mover.move() == 0
        spool.append(event(2))
        with pytest.raises(StoreAwayError):
            mover.move()
    assert (mover.move(), stored(store)) == (1, [1, 2])


def test_many_events_are_moved_in_batches_and_in_order(
    mover: Mover, store: Store, spool: Spool, folder: Path, event: Callable[..., Event]
) -> None:
    turns = 3 * BATCH // len(encode(event(1000)))
    assert all(spool.append(event(turn)) for turn in range(turns))
    assert (mover.move(), stored(store)) == (turns, list(range(turns)))
    spool.close()
    mover.move()
    assert names(folder) == []


def test_a_file_is_never_removed_between_its_making_and_its_first_line(
    mover: Mover, store: Store, folder: Path, event: Callable[..., Event]
) -> None:
    over = threading.Event()

    def move() -> None:
        while not over.is_set():
            mover.move()

    mover.move()
    thread = threading.Thread(target=move)
    thread.start()
    for turn in range(300):
        short = Spool(folder)
        assert short.append(event(turn))
        short.close()
    over.set()
    thread.join()
    mover.move()
    assert (stored(store), names(folder)) == (list(range(300)), [])


@in_a_file
def test_a_store_that_is_away_costs_nothing(
    mover: Mover, store: Store, spool: Spool, folder: Path, event: Callable[..., Event], tmp_path: Path
) -> None:
    obstacle = tmp_path / "store.db"
    obstacle.mkdir()
    for turn in range(3):
        spool.append(event(turn))
        with pytest.raises(StoreAwayError):
            mover.move()
    spool.close()
    with pytest.raises(StoreAwayError):
        mover.move()
    assert len(names(folder)) == 1
    obstacle.rmdir()
    assert (mover.move(), stored(store), names(folder)) == (3, [0, 1, 2], [])


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_a_server_that_stops_and_starts_costs_nothing(
    mover: Mover, store: Store, spool: Spool, event: Callable[..., Event], postgres: Server
) -> None:
    spool.append(event(0))
    assert mover.move() == 1
    postgres.stop()
    try:
        spool.append(event(1))
        for _ in range(2):
            with pytest.raises(StoreAwayError, match="cannot be used now"):
                mover.move()
    finally:
        postgres.start()
    spool.append(event(2))
    assert (mover.move(), stored(store)) == (2, [0, 1, 2])


@in_a_file
def test_a_store_that_somebody_removed_is_made_again(
    mover: Mover, store: Store, spool: Spool, event: Callable[..., Event], tmp_path: Path
) -> None:
    spool.append(event(1))
    mover.move()
    for file in tmp_path.glob("store.db*"):
        file.unlink()
    spool.append(event(2))
    with pytest.raises(StoreError):
        mover.move()
    assert (mover.move(), stored(store)) == (2, [1, 2])


@in_a_file
def test_a_store_restored_from_a_backup_gets_what_it_misses(
    mover: Mover, store: Store, spool: Spool, event: Callable[..., Event], tmp_path: Path
) -> None:
    spool.append(event(1))
    mover.move()
    shutil.copy(tmp_path / "store.db", tmp_path / "backup")
    spool.append(event(2))
    mover.move()
    shutil.copy(tmp_path / "backup", tmp_path / "store.db")
    spool.close()
    assert (mover.move(), stored(store)) == (1, [1, 2])


@in_a_file
def test_a_store_from_a_newer_version_gets_nothing(
    mover: Mover, store: Store, spool: Spool, folder: Path, event: Callable[..., Event], tmp_path: Path
) -> None:
    store.upgrade()
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        connection.execute("update alembic_version set version_num = '999'")
        connection.commit()
    spool.append(event())
    spool.close()
    with pytest.raises(StoreError, match="made by a newer version"):
        mover.move()
    assert (store.latest(5), len(names(folder))) == ([], 1)
    assert (mover.leads, mover.ready) == (True, False)


def test_a_second_mover_waits_and_takes_over(
    mover: Mover, store: Store, spool: Spool, folder: Path, event: Callable[..., Event]
) -> None:
    second = Mover(folder, store)
    spool.append(event(1))
    assert mover.ready is False
    assert (mover.move(), second.move()) == (1, 0)
    assert (mover.ready, second.ready) == (True, False)
    spool.append(event(2))
    assert second.move() == 0
    mover.close()
    assert (second.move(), stored(store)) == (1, [1, 2])
    assert mover.move() == 0
    second.close()


@pytest.mark.parametrize("newline", [b"\n", b""])
def test_the_last_line_of_a_process_that_is_gone(
    mover: Mover, store: Store, folder: Path, event: Callable[..., Event], newline: bytes
) -> None:
    folder.mkdir()
    (folder / "1-a-000001.spool").write_bytes(encode(event(1)) + encode(event(2)).removesuffix(b"\n") + newline)
    assert (mover.move(), stored(store), names(folder)) == (2, [1, 2], [])


def test_half_a_line_of_a_process_that_is_gone_is_set_aside(
    mover: Mover, store: Store, folder: Path, event: Callable[..., Event]
) -> None:
    folder.mkdir()
    whole, half = encode(event(1)), encode(event(2))[:50]
    (folder / "1-a-000001.spool").write_bytes(whole + half)
    assert (mover.move(), stored(store)) == (1, [1])
    aside = folder / f"1-a-000001.spool.{len(whole)}.bad"
    assert (names(folder), aside.read_bytes(), aside.stat().st_mode & 0o777) == ([aside.name], half, 0o600)


def test_half_a_line_of_a_living_process_is_waited_for(
    mover: Mover, store: Store, spool: Spool, folder: Path, event: Callable[..., Event]
) -> None:
    spool.append(event(1))
    (name,) = names(folder)
    line = encode(event(2))
    for part, moved in ((line[:40], 1), (line[40:], 1)):
        with (folder / name).open("ab") as file:
            file.write(part)
        assert mover.move() == moved
    assert (stored(store), names(folder)) == ([1, 2], [name])


def test_corrupt_lines_are_set_aside_and_hold_up_nothing(
    mover: Mover, store: Store, spool: Spool, folder: Path, event: Callable[..., Event]
) -> None:
    lines = [encode(event(turn)) for turn in range(6)]
    spool.append(event(0))
    (name,) = names(folder)
    broken = [b"\0" * 300 + b"\n", lines[1].replace(b"opening", b"openinG"), b"\n"]
    with (folder / name).open("ab") as file:
        file.write(b"".join([*broken, lines[2], lines[3][9:], lines[4]]))
    assert (mover.move(), stored(store)) == (3, [0, 2, 4])
    first, second = len(lines[0]), len(lines[0]) + sum(map(len, broken)) + len(lines[2])
    assert names(folder) == sorted([name, f"{name}.{first}.bad", f"{name}.{second}.bad"])
    assert (folder / f"{name}.{first}.bad").read_bytes() == b"".join(broken)
    assert (folder / f"{name}.{second}.bad").read_bytes() == lines[3][9:]


@in_a_file
@pytest.mark.parametrize("busy_seconds", [0.2])
def test_a_corrupt_line_is_set_aside_once_however_long_the_store_is_away(
    mover: Mover, store: Store, folder: Path, event: Callable[..., Event], tmp_path: Path
) -> None:
    folder.mkdir()
    (folder / "1-a-000001.spool").write_bytes(b"garbage\n" + encode(event(1)))
    mover.move()
    (folder / "1-a-000001.spool").write_bytes(b"garbage\n" + encode(event(1)))
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other:
        other.execute("begin immediate")
        for _ in range(2):
            with pytest.raises(StoreAwayError):
                mover.move()
    mover.move()
    aside = folder / "1-a-000001.spool.0.bad"
    assert (names(folder), aside.read_bytes(), stored(store)) == ([aside.name], b"garbage\n", [1])


def test_garbage_without_an_end_does_not_stop_a_living_process(
    mover: Mover, store: Store, spool: Spool, folder: Path, event: Callable[..., Event]
) -> None:
    spool.append(event(1))
    (name,) = names(folder)
    with (folder / name).open("ab") as file:
        file.write(b"\xff" * (2 * BATCH) + b"\n" + encode(event(2)))
    assert (mover.move(), stored(store)) == (2, [1, 2])
    asides = list(folder.glob("*.bad"))
    assert sum(path.stat().st_size for path in asides) == 2 * BATCH + 1


@in_a_file
def test_what_the_store_refuses_is_set_aside_alone(
    mover: Mover, store: Store, folder: Path, event: Callable[..., Event], tmp_path: Path
) -> None:
    store.upgrade()
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        connection.execute(
            "create trigger no before insert on turns when new.node = 'poison' begin select raise(abort, 'no'); end"
        )
    folder.mkdir()
    lines = [encode(event(1)), encode(event(2, node="poison")), encode(event(3))]
    (folder / "1-a-000001.spool").write_bytes(b"".join(lines))
    mover.move()
    aside = folder / f"1-a-000001.spool.{len(lines[0])}.bad"
    assert (stored(store), names(folder), aside.read_bytes()) == ([1, 3], [aside.name], lines[1])


def test_a_spool_that_cannot_be_read_holds_up_no_other(
    mover: Mover, store: Store, spool: Spool, folder: Path, event: Callable[..., Event]
) -> None:
    (folder / "0-a-000001.spool").mkdir(parents=True)
    spool.append(event(1))
    with pytest.raises(IsADirectoryError):
        mover.move()
    assert stored(store) == [1]


def test_a_disk_that_is_full_keeps_the_spool(
    mover: Mover, store: Store, folder: Path, event: Callable[..., Event]
) -> None:
    folder.mkdir()
    content = b"garbage\n" + encode(event(1))
    (folder / "1-a-000001.spool").write_bytes(content)
    (folder / "1-a-000001.spool.0.bad").mkdir()
    with pytest.raises(IsADirectoryError):
        mover.move()
    assert ((folder / "1-a-000001.spool").read_bytes(), stored(store)) == (content, [])
    (folder / "1-a-000001.spool.0.bad").rmdir()
    assert (mover.move(), stored(store)) == (1, [1])


DAMAGE = st.tuples(st.sampled_from(["flip", "cut", "insert"]), st.floats(0, 1), st.binary(min_size=1, max_size=40))


def damaged(content: bytes, kind: str, where: float, what: bytes) -> tuple[bytes, range]:
    """Damage a file at one place; also gives the bytes of the original that it touches."""
    place = int(where * (len(content) - 1))
    if kind == "insert":
        return content[:place] + what + content[place:], range(place - 1, place + 1)
    end = min(len(content), place + len(what))
    if kind == "cut":
        return content[:place] + content[end:], range(place - 1, end + 1)
    flipped = bytes(a ^ (b or 1) for a, b in zip(content[place:end], what, strict=False))
    return content[:place] + flipped + content[end:], range(place - 1, end + 1)


@settings(max_examples=60, deadline=None)
@given(DAMAGE)
def test_wherever_a_spool_is_damaged_all_other_lines_arrive(
    tmp_path_factory: pytest.TempPathFactory, damage: tuple[str, float, bytes]
) -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    lines = [encode(Event("CA1", turn, "turn", at, node="opening")) for turn in range(20)]
    content, touched = damaged(b"".join(lines), *damage)
    begins = [sum(map(len, lines[:turn])) for turn in range(20)]
    whole = [t for t, begin in enumerate(begins) if not set(touched) & set(range(begin, begin + len(lines[t])))]
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "1-a-000001.spool").write_bytes(content)
    with Store(f"sqlite:///{folder / 'store.db'}") as store, closing(Mover(folder, store)) as mover:
        mover.move()
        arrived = stored(store)
    assert [turn for turn in whole if turn not in arrived] == []
    assert set(arrived) <= set(range(20))
    assert list(folder.glob("*.spool")) == []
