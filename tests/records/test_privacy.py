"""What is forgotten when, what is found and erased of one caller, and keys that are changed."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from ivr.board import Board
from ivr.cli.records import records
from ivr.findings import FindingsError
from ivr.records import audit
from ivr.records.callers import caller_keys, hashes, mask_caller, rotate
from ivr.records.events import Event
from ivr.records.retention import BATCH, Periods, Purged, purge
from ivr.records.spool import Spool
from ivr.records.switches import Switchboard
from ivr.records.tables import calls
from ivr.settings import Settings
from ivr.work import Mover

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ivr.records.store import Store

NOW = datetime(2026, 11, 27, 3, 30, tzinfo=ZoneInfo("Asia/Tokyo"))
PERIODS = Periods(callers=35, calls=400, tests=7, audit=1100)
NUMBER = "+819012345678"
KEY = "k" * 32


def opened(call: str, days: float, number: str = "", *, test: bool = False) -> list[Event]:
    """Make a call of two turns, begun so many days ago."""
    at = NOW - timedelta(days=days)
    digest, tail = mask_caller(number, KEY.encode())
    detail = {"caller_hash": digest, "caller_tail": tail}
    return [
        Event(call, 0, "answer", at, "opening", "answer", test=test, detail=detail),
        Event(call, 1, "turn", at + timedelta(seconds=5), "lost", "lost", test=test, detail={"came_from": "opening"}),
    ]


def kept(store: Store) -> dict[str, str]:
    """Name the calls that are there, each with the last digits of who called."""
    with store.transaction() as connection:
        return {call: tail for call, tail in connection.execute(sa.select(calls.c.call, calls.c.caller_tail))}  # noqa: C416


def test_who_called_is_forgotten_before_the_call_is(store: Store) -> None:
    store.write(
        [
            *opened("CAnew", 34, NUMBER),
            *opened("CAold", 36, NUMBER),
            *opened("CAolder", 401, NUMBER),
            *opened("CAtest", 8, NUMBER, test=True),
            *opened("CAtestnew", 6, test=True),
        ]
    )
    assert purge(store, PERIODS, NOW) == Purged(callers=1, calls=1, tests=1, audit=0)
    assert kept(store) == {"CAnew": "78", "CAold": "", "CAtestnew": ""}
    with store.transaction() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM turns WHERE call IN ('CAolder', 'CAtest')")) == 0
    assert purge(store, PERIODS, NOW) == Purged(0, 0, 0, 0)


def test_more_than_one_batch_is_forgotten(store: Store) -> None:
    store.write([event for number in range(BATCH + 1) for event in opened(f"CA{number}", 500)])
    assert purge(store, PERIODS, NOW).calls == BATCH + 1


def test_the_log_of_changes_goes_last_and_the_board_keeps_its_version(store: Store) -> None:
    long_ago = NOW - timedelta(days=1101)
    switchboard = Switchboard(store)
    for number in range(3):
        switchboard.switch("closing", f"counter_{number}", long_ago, long_ago + timedelta(hours=1), "hanako")
    assert purge(store, PERIODS, NOW).audit == 3
    assert audit.entries(store, 10) == ()
    assert switchboard.read(NOW) == Board(3)


@pytest.fixture
def ivr_records(store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `ivr records` on the store of the test, with the key that its hashes were made with."""
    for name in ("IVR_CALLER_KEYS", "TWILIO_AUTH_TOKEN", "IVR_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IVR_STORE_URL", store_url)
    monkeypatch.setenv("IVR_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("getpass.getuser", lambda: "hanako")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/caller-key").write_text(KEY)
    store.check()
    return lambda *arguments, **more: CliRunner(mix_stderr=False).invoke(records, arguments, **more)


@pytest.mark.parametrize("written", ["090-1234-5678", "+819012345678", "09012345678"])
def test_everything_about_a_number_is_shown_without_it(
    ivr_records: Callable[..., Result], store: Store, written: str
) -> None:
    store.write([*opened("CA2", 1, NUMBER), *opened("CA1", 2, NUMBER), *opened("CA3", 1, "+81312345678")])
    done = ivr_records("caller", written)
    assert [call["call"] for call in json.loads(done.stdout)] == ["CA1", "CA2"]
    assert json.loads(done.stdout)[0]["turns"][1]["option"] == "lost"
    assert "12345678" not in done.stdout + done.stderr


def test_a_number_that_is_not_given_is_asked_for(ivr_records: Callable[..., Result], store: Store) -> None:
    store.write(opened("CA1", 2, NUMBER))
    for number, found in (("090-1234-5678", 1), ("03-1234-5678", 0)):
        said = ivr_records("caller", input=f"{number}\n").stdout
        assert len(json.loads(said[said.index("[") :])) == found  # before it the runner shows what was typed


def test_a_caller_is_erased_and_only_that_it_was_done_is_kept(ivr_records: Callable[..., Result], store: Store) -> None:
    store.write([*opened("CA1", 2, NUMBER), *opened("CA2", 1, NUMBER), *opened("CA3", 1, "+81312345678")])
    asked = ivr_records("erase", "090-1234-5678", input="n\n")
    assert (asked.exit_code, len(kept(store))) == (1, 3)
    done = ivr_records("erase", "090-1234-5678", "--yes")
    assert done.exit_code == 0
    assert "2 calls deleted" in done.stderr
    assert list(kept(store)) == ["CA3"]
    (entry,) = audit.entries(store, 10)
    assert (entry.who, entry.what, entry.before, entry.after) == ("hanako", "records erase", "2 calls", "erased")
    assert not any("5678" in value for value in map(str, vars(entry).values()))


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_call_on_its_way_into_the_store_is_waited_for(
    ivr_records: Callable[..., Result], store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data/spool"
    with closing(Spool(folder)) as spool, closing(Mover(folder, store)) as mover:
        for number, event in enumerate([*opened("CA1", 1, NUMBER), *opened("CA2", 1, "+81312345678")]):
            assert spool.append(event), number
        monkeypatch.setattr("ivr.cli.privacy.WAIT_SECONDS", 0.5)
        early = ivr_records("erase", "090-1234-5678", "--yes")
        assert early.exit_code == 1
        assert "1 calls of this number are recorded and not in the store yet: run `ivr work --once`" in early.stderr
        monkeypatch.setattr("ivr.cli.privacy.WAIT_SECONDS", 30)
        monkeypatch.setattr("time.sleep", lambda _seconds: mover.move())
        done = ivr_records("erase", "090-1234-5678", "--yes")
        assert (done.exit_code, list(kept(store))) == (0, ["CA2"])
        assert ivr_records("erase", "03-1234-5678", "--yes").exit_code == 0


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_purge_by_hand_is_a_change(ivr_records: Callable[..., Result], store: Store) -> None:
    assert ivr_records("purge").exit_code == 0
    (entry,) = audit.entries(store, 10)
    assert (entry.who, entry.what) == ("hanako", "records purge")
    assert entry.after.startswith("forgotten: 0 callers, 0 calls")


@pytest.mark.parametrize("command", ["caller", "erase"])
@pytest.mark.parametrize(
    ("given", "words", "words_ja"),
    [
        ("09876", "write 03-1234-5678", "のように入れてください"),
        ("90-1234-5678x", "write 03-1234-5678", "のように入れてください"),
        ("12345678901234567", "write 03-1234-5678", "のように入れてください"),
        ("sip:anna@example.jp", "callers by SIP or from an app", "SIP やアプリからの電話"),
        ("anna@example.jp", "callers by SIP or from an app", "SIP やアプリからの電話"),
        ("Client: anna", "callers by SIP or from an app", "SIP やアプリからの電話"),
        ("+266696687", "a withheld one", "「非通知」を表します"),
    ],
)
def test_what_is_no_number_is_refused_and_not_repeated(
    ivr_records: Callable[..., Result],
    command: str,
    given: str,
    words: str,
    words_ja: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for locale, said in (("C.UTF-8", words), ("ja_JP.UTF-8", words_ja)):
        monkeypatch.setenv("LC_ALL", locale)
        done = ivr_records(command, given)
        assert done.exit_code == 2
        assert said in done.stderr
        assert given not in done.stderr


def test_a_new_key_is_used_and_the_old_one_still_finds(
    ivr_records: Callable[..., Result], store: Store, tmp_path: Path
) -> None:
    store.write(opened("CA1", 2, NUMBER))
    done = ivr_records("rotate-key")
    assert done.exit_code == 0
    assert "holds 2 keys now" in done.stderr
    new, old = caller_keys(tmp_path / "data")
    assert (old, len(new), new == old) == (KEY.encode(), 32, False)
    assert (tmp_path / "data/caller-key").stat().st_mode & 0o777 == 0o600
    assert not list((tmp_path / "data").glob(".caller-key*"))
    assert len(json.loads(ivr_records("caller", "090-1234-5678").stdout)) == 1
    assert audit.entries(store, 1)[0].what == "records rotate-key"
    assert new.decode() not in done.stderr


def test_keys_of_the_settings_come_first(
    ivr_records: Callable[..., Result], store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store.write(opened("CA1", 2, NUMBER))
    monkeypatch.setenv("IVR_CALLER_KEYS", f"{'n' * 32} {KEY}")
    settings = Settings.from_env({"IVR_DATA": str(tmp_path), "IVR_CALLER_KEYS": f"{'n' * 32} {KEY}"})
    assert caller_keys(tmp_path, settings.caller_keys) == (b"n" * 32, KEY.encode())
    assert len(json.loads(ivr_records("caller", "090-1234-5678").stdout)) == 1
    refused = ivr_records("rotate-key")
    assert (refused.exit_code, "IVR_CALLER_KEYS" in refused.stderr) == (1, True)
    assert KEY not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("IVR_CALLER_KEYS", "short"),
        ("IVR_CALLER_KEYS", f"{'n' * 32} short"),
        ("IVR_KEEP_CALLS", "0"),
        ("IVR_KEEP_CALLERS", "3651"),
        ("IVR_KEEP_AUDIT", "a year"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name_and_a_key_is_not_repeated(
    tmp_path: Path, variable: str, value: str
) -> None:
    with pytest.raises(FindingsError) as refused:
        Settings.from_env({"IVR_DATA": str(tmp_path), variable: value})
    (finding,) = refused.value.findings
    assert variable in finding.text
    assert "nnnn" not in finding.text


def test_a_hash_leads_back_to_no_number_without_its_key(tmp_path: Path) -> None:
    keys = caller_keys(tmp_path)
    assert rotate(tmp_path) == 2
    assert hashes([NUMBER], keys) != hashes([NUMBER], caller_keys(tmp_path)[:1])
    assert hashes(["anonymous"], keys) == ()
