"""A copy of the store: made while others write, put back while others read, refused where it would do harm."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from ivr.cli.records import records
from ivr.records import audit
from ivr.records.backup import backup, restore
from ivr.records.store import Store, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ivr.records.events import Event

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


def dumped(path: Path) -> list[str]:
    """Write a whole database as SQL."""
    with closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())


def test_a_copy_put_back_is_the_store_again(store: Store, event: Callable[..., Event], tmp_path: Path) -> None:
    store.write([event(turn, call=f"CA{call}") for call in range(50) for turn in range(4)], spool="1.spool", offset=99)
    assert store.file
    before = dumped(store.file)
    size = backup(store, tmp_path / "copy.db")
    assert size == (tmp_path / "copy.db").stat().st_size > 0
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert dumped(tmp_path / "copy.db") == before
    store.write([event(1, call="CAlater")])
    after = dumped(store.file)
    restore(store, tmp_path / "copy.db", tmp_path / "aside.db")
    assert dumped(store.file) == before
    assert dumped(tmp_path / "aside.db") == after
    assert store.offset("1.spool") == 99
    assert list(tmp_path.glob(".*")) == []


def test_it_is_whole_while_others_write(store: Store, event: Callable[..., Event], tmp_path: Path) -> None:
    stop = threading.Event()

    def writes() -> None:
        with Store(f"sqlite:///{store.file}") as other:
            number = 0
            while not stop.is_set():
                other.write([event(turn, call=f"CA{number}") for turn in range(20)])
                number += 1

    writer = threading.Thread(target=writes)
    writer.start()
    try:
        for number in range(5):
            backup(store, tmp_path / f"{number}.db")
    finally:
        stop.set()
        writer.join()
    for number in range(5):
        with closing(sqlite3.connect(tmp_path / f"{number}.db")) as copy:
            turns, calls = (copy.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("turns", "calls"))  # noqa: S608
            assert turns == 20 * calls


@pytest.fixture
def ivr_records(store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("IVR_STORE_URL", store_url)
    monkeypatch.setattr("getpass.getuser", lambda: "hanako")
    store.check()
    return lambda *arguments, **more: CliRunner(mix_stderr=False).invoke(records, [*map(str, arguments)], **more)


def test_the_commands_say_what_they_did(
    ivr_records: Callable[..., Result], store: Store, event: Callable[..., Event], tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    assert ivr_records("backup", copy).exit_code == 0
    store.write([event(1)])
    assert ivr_records("restore", copy, input="n\n").exit_code == 1
    assert len(store.latest(9)) == 1
    done = ivr_records("restore", copy, "--yes")
    assert (done.exit_code, store.latest(9)) == (0, [])
    (aside,) = tmp_path.glob("store.db.before-*")
    assert str(aside) in done.stderr
    (entry,) = audit.entries(store, 9)
    assert (entry.who, entry.what, entry.before, entry.after) == ("hanako", "records restore", aside.name, "copy.db")
    with Store(f"sqlite:///{aside}") as held:
        assert len(held.latest(9)) == 1


def test_a_store_that_is_gone_is_made_anew(ivr_records: Callable[..., Result], store: Store, tmp_path: Path) -> None:
    ivr_records("backup", tmp_path / "copy.db")
    assert store.file
    for path in tmp_path.glob("store.db*"):
        path.unlink()
    assert ivr_records("restore", tmp_path / "copy.db", "--yes").exit_code == 0
    store.check()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "is not there"),
        (b"", "holds no store"),
        (b"not a database at all, but long enough to be looked at" * 40, "cannot be used: file is not a database"),
    ],
)
def test_what_is_no_copy_is_refused_and_nothing_is_touched(
    ivr_records: Callable[..., Result],
    store: Store,
    event: Callable[..., Event],
    tmp_path: Path,
    content: bytes | None,
    words: str,
) -> None:
    store.write([event(1)])
    if content is not None:
        (tmp_path / "copy.db").write_bytes(content)
    done = ivr_records("restore", tmp_path / "copy.db", "--yes")
    assert (done.exit_code, words in done.stderr) == (1, True), done.stderr
    assert len(store.latest(9)) == 1
    assert list(tmp_path.glob("*before*")) == []


def test_a_copy_from_a_newer_version_is_refused(
    ivr_records: Callable[..., Result], store: Store, tmp_path: Path
) -> None:
    ivr_records("backup", tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy, copy:
        copy.execute("UPDATE alembic_version SET version_num = '999'")
    done = ivr_records("restore", tmp_path / "copy.db", "--yes")
    assert (done.exit_code, "newer version" in done.stderr) == (1, True)
    store.check()


def test_nothing_is_overwritten_and_a_server_is_left_to_its_own_tools(store: Store, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("mine")
    with pytest.raises(StoreError, match="nothing is overwritten"):
        backup(store, tmp_path / "copy.db")
    with pytest.raises(StoreError, match="cannot be used"):
        backup(store, tmp_path / "no" / "copy.db")
    with Store("postgresql://nobody@nowhere/none") as server, pytest.raises(StoreError, match="pg_dump"):
        backup(server, tmp_path / "other.db")
