"""The store: repeated, late and mixed-up events make no difference, and every trouble has its words."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.records.store import (
    Call,
    CallRecord,
    Fault,
    Store,
    StoreAwayError,
    StoreError,
    StoreRefusedError,
    Transfer,
    Turn,
)
from ivr.records.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from ivr.records.events import Event

TABLES = ("calls", "turns", "transfers", "faults", "spools")


@pytest.fixture
def whole_call(event: Callable[..., Event]) -> list[Event]:
    """Make a call that asks for a person, finds the line busy, breaks once, and ends."""
    versions = {"flow_version": "0a1b2c3d", "voice_version": "4e5f6a7b"}
    return [
        event(
            0,
            "answer",
            node="opening",
            option="answer",
            detail={"caller_hash": "ab" * 16, "caller_tail": "78"},
            **versions,
        ),
        event(1, node="opening", option="wrong", detail={"came_from": "opening"}, **versions),
        event(2, node="to_office", option="person", detail={"came_from": "opening"}, **versions),
        event(3, "transfer", node="busy", option="busy", detail={"came_from": "to_office", "to": "office"}, **versions),
        event(4, "fault", detail={"code": "11200"}),
        event(0, "status", at=event(9).at, detail={"status": "completed", "seconds": "61"}),
    ]


@pytest.fixture
def expected(event: Callable[..., Event]) -> CallRecord:
    at = [event(turn).at for turn in range(10)]
    return CallRecord(
        Call(
            call=event().call,
            test=False,
            began=at[0],
            answered=at[0],
            caller_hash="ab" * 16,
            caller_tail="78",
            flow_version="0a1b2c3d",
            voice_version="4e5f6a7b",
            ended=at[9],
            status="completed",
            seconds=61,
            turns=4,
            node="busy",
        ),
        (
            Turn(0, "answer", at[0], "", "answer", "opening", "0a1b2c3d", "4e5f6a7b"),
            Turn(1, "turn", at[1], "opening", "wrong", "opening", "0a1b2c3d", "4e5f6a7b"),
            Turn(2, "turn", at[2], "opening", "person", "to_office", "0a1b2c3d", "4e5f6a7b"),
            Turn(3, "transfer", at[3], "to_office", "busy", "busy", "0a1b2c3d", "4e5f6a7b"),
        ),
        (Transfer(3, at[3], "to_office", "office", "busy"),),
        (Fault(at[4], "11200"),),
    )


def engine(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.pool.NullPool)


def dump(url: str) -> dict[str, list[tuple[object, ...]]]:
    with engine(url).connect() as connection:
        tables = {table: connection.execute(sa.text(f"select * from {table}")).fetchall() for table in TABLES}  # noqa: S608
    return {table: sorted(map(tuple, rows), key=str) for table, rows in tables.items()}


def execute(url: str, *statements: str) -> None:
    with engine(url).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def file_of(store: Store) -> Path:
    return Path(store.name)


def test_a_call_is_read_back_as_it_was(store: Store, whole_call: list[Event], expected: CallRecord) -> None:
    store.write(whole_call)
    assert store.call(expected.call.call) == expected
    assert store.latest(10) == [expected.call]


def test_moments_come_back_in_utc(store: Store, whole_call: list[Event]) -> None:
    store.write(whole_call)
    assert store.latest(1)[0].began.tzinfo == UTC


def test_any_order_and_any_repetition_make_the_same_store(
    whole_call: list[Event], store: Store, store_url: str
) -> None:
    store.write(whole_call)
    reference = dump(store_url)

    @settings(max_examples=25, deadline=None)
    @given(st.permutations([*whole_call, *whole_call]), st.integers(1, 12))
    def same(events: list[Event], size: int) -> None:
        execute(store_url, *(f"delete from {table}" for table in reversed(TABLES)))  # noqa: S608
        for begin in range(0, len(events), size):
            store.write(events[begin : begin + size])
        assert dump(store_url) == reference

    same()


def test_a_repeated_webhook_a_second_later_changes_nothing(
    store: Store, store_url: str, whole_call: list[Event]
) -> None:
    store.write(whole_call)
    before = dump(store_url)
    store.write([replace(event, at=event.at + timedelta(seconds=1), option="later") for event in whole_call])
    assert dump(store_url) == before


def test_a_status_that_does_not_end_the_call_is_no_end(store: Store, event: Callable[..., Event]) -> None:
    store.write([event(0, "status", detail={"status": "in-progress"})])
    assert (store.latest(1)[0].status, store.latest(1)[0].ended) == ("", None)
    store.write([event(0, "status", at=event(7).at, detail={"status": "no-answer"})])
    assert (store.latest(1)[0].status, store.latest(1)[0].ended, store.latest(1)[0].seconds) == (
        "no-answer",
        event(7).at,
        None,
    )


def test_a_test_call_never_meets_a_real_one(store: Store, whole_call: list[Event], expected: CallRecord) -> None:
    store.write([replace(event, test=True, option="forged", node="forged") for event in whole_call])
    forged = store.call(expected.call.call)
    store.write(whole_call)
    assert forged is not None
    assert (forged.call.test, forged.call.node) == (True, "forged")
    assert store.call(expected.call.call) == expected
    assert [call.test for call in store.latest(9)] == [False, True]


def test_the_latest_calls_come_first(store: Store, event: Callable[..., Event]) -> None:
    store.write([event(0, call=f"CA{number}", at=event(number).at) for number in (3, 1, 2)])
    assert [call.call for call in store.latest(2)] == ["CA3", "CA2"]


def test_a_call_that_is_not_there(store: Store) -> None:
    assert (store.call("CA1"), store.latest(5)) == (None, [])


def test_how_far_a_spool_got_is_stored_with_the_events(store: Store, event: Callable[..., Event]) -> None:
    store.write([event(1)], spool="a.spool", offset=100)
    store.write([event(2)], spool="a.spool", offset=200)
    store.write([], spool="b.spool", offset=5)
    assert [store.offset(name) for name in ("a.spool", "b.spool", "c.spool")] == [200, 5, 0]
    store.forget_spool("a.spool")
    assert [store.offset(name) for name in ("a.spool", "b.spool")] == [0, 5]


def test_what_the_store_refuses_leaves_nothing_of_its_batch(
    store: Store, store_url: str, event: Callable[..., Event]
) -> None:
    refuse = {
        "sqlite": "create trigger no before insert on turns when new.node = 'poison' "
        "begin select raise(abort, 'no'); end",
        "postgresql": "alter table turns add constraint no check (node <> 'poison')",
    }
    execute(store_url, refuse[store_url.partition(":")[0]])
    with pytest.raises(StoreRefusedError, match=r"does not take these values: .*no"):
        store.write([event(1), event(2, node="poison")], spool="a.spool", offset=9)
    assert (store.latest(5), store.offset("a.spool")) == ([], 0)


def test_a_moment_without_an_offset_is_refused(store: Store, event: Callable[..., Event], opened: datetime) -> None:
    with pytest.raises(StoreRefusedError, match="a moment in the store has an offset"):
        store.write([event(at=opened.replace(tzinfo=None))])
    assert store.latest(5) == []


def test_removing_a_call_removes_all_of_it(store: Store, store_url: str, whole_call: list[Event]) -> None:
    store.write(whole_call)
    switch = ["pragma foreign_keys = on"] if store_url.startswith("sqlite") else []
    execute(store_url, *switch, "delete from calls")
    assert dump(store_url) == {table: [] for table in TABLES}


def test_the_migrations_lead_to_the_tables_of_the_code(store: Store, store_url: str) -> None:
    store.check()
    with engine(store_url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_upgrading_again_changes_nothing(store: Store, store_url: str, whole_call: list[Event]) -> None:
    store.write(whole_call)
    before = dump(store_url)
    store.upgrade()
    store.check()
    assert dump(store_url) == before


def test_processes_that_upgrade_at_once_agree(store_url: str) -> None:
    url = store_url.replace("/store.db", "/new/store.db")
    code = "import sys; from ivr.records.store import Store; s = Store(sys.argv[1]); s.upgrade(); s.check(); s.close()"
    processes = [subprocess.Popen([sys.executable, "-c", code, url]) for _ in range(4)]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]


def test_only_we_can_read_it(tmp_path: Path, event: Callable[..., Event]) -> None:
    path = tmp_path / "deep" / "store.db"
    with Store(f"sqlite:///{path}") as store:
        store.upgrade()
        with closing(sqlite3.connect(path)) as reader:
            reader.execute("begin").execute("select * from calls").fetchall()
            store.write([event()])
            modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == {"store.db": 0o600, "store.db-wal": 0o600, "store.db-shm": 0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_readers_do_not_stop_the_writer(store: Store, event: Callable[..., Event]) -> None:
    with closing(sqlite3.connect(file_of(store))) as reader:
        reader.execute("begin").execute("select * from calls").fetchall()
        store.write([event()])
    assert len(store.latest(5)) == 1


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("busy_seconds", [0.2])
def test_a_locked_store_is_away_and_comes_back(store: Store, event: Callable[..., Event]) -> None:
    with closing(sqlite3.connect(file_of(store), isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(StoreAwayError, match="cannot be used now: database is locked"):
            store.write([event()])
    store.write([event()])
    assert len(store.latest(5)) == 1


def _fill(store: Store, event: Callable[..., Event], batches: Iterator[int]) -> None:
    for batch in batches:
        store.write([event(turn, call=f"CA{batch}") for turn in range(20)])


def test_a_full_disk_harms_nothing_that_is_stored(small_disk: Path, event: Callable[..., Event]) -> None:
    with Store(f"sqlite:///{small_disk / 'store.db'}") as store:
        store.upgrade()
        batches = iter(range(1000))
        with pytest.raises(StoreAwayError, match=r"cannot be used now: (database or disk is full|disk I/O error)"):
            _fill(store, event, batches)
        assert 0 < next(batches) - 1 == len(store.latest(1000))
    with closing(sqlite3.connect(small_disk / "store.db")) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]


def test_a_store_from_a_newer_version_is_left_alone(store: Store, store_url: str, event: Callable[..., Event]) -> None:
    store.write([event()])
    execute(store_url, "update alembic_version set version_num = '999'")
    before = dump(store_url)
    for use in (store.upgrade, store.check):
        with pytest.raises(StoreError) as refused:
            use()
        assert str(refused.value) == (
            f"{store.name} was made by a newer version of this program (its state 999 is unknown here): "
            "install that version, or restore a backup made with this one"
        )
    assert dump(store_url) == before


def test_a_store_without_tables(tmp_path: Path) -> None:
    (tmp_path / "store.db").touch()
    with Store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        with pytest.raises(StoreError, match="has no tables yet: run `ivr records migrate`"):
            store.check()
        with pytest.raises(StoreAwayError, match="no such table: calls"):
            store.latest(1)


def test_a_store_that_does_not_exist(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'store.db'}") as store, pytest.raises(StoreAwayError, match="there is no store"):
        store.latest(1)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_text("Dear diary, " * 100)
    with Store(f"sqlite:///{path}") as store, pytest.raises(StoreAwayError, match="file is not a database"):
        store.upgrade()
    assert path.read_text() == "Dear diary, " * 100


def test_a_store_where_no_folder_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        Store(f"sqlite:///{tmp_path / 'file' / 'store.db'}") as store,
        pytest.raises(StoreAwayError, match="cannot be created: "),
    ):
        store.upgrade()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "IVR_STORE_URL is no database address: write for example sqlite:////srv/ivr/store.db"),
        ("store.db", "IVR_STORE_URL is no database address: write for example sqlite:////srv/ivr/store.db"),
        ("sqlite://", "a store in memory keeps nothing: name a file, for example sqlite:////srv/ivr/store.db"),
        ("sqlite:///:memory:", "a store in memory keeps nothing: name a file, for example sqlite:////srv/ivr/store.db"),
        ("mysql://u:hidden@h/db", "mysql://u:***@h/db: mysql is not supported; use sqlite or postgresql"),
        (
            "postgresql+nodriver://u:hidden@h/db",
            "postgresql+nodriver://u:***@h/db needs a driver that is not installed",
        ),
    ],
)
def test_an_address_that_cannot_be_used(url: str, words: str) -> None:
    with pytest.raises(StoreError) as refused:
        Store(url)
    assert str(refused.value).startswith(words)
    assert "hidden" not in str(refused.value)


def test_moments_of_any_offset_are_the_same_moment(store: Store, event: Callable[..., Event], opened: datetime) -> None:
    store.write([event(0, at=opened.astimezone(ZoneInfo("America/New_York")))])
    assert store.latest(1)[0].began == opened
