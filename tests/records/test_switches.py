"""What people switch, in both kinds of store, and what a process that answers makes of a store that comes and goes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from ivr.board import Announcement, Board, Shut
from ivr.records import audit
from ivr.records.store import Store, StoreAwayError, StoreError
from ivr.records.switches import AlreadyError, BoardReader, Switchboard

if TYPE_CHECKING:
    from datetime import datetime

HOUR = timedelta(hours=1)


@pytest.fixture
def switchboard(store: Store) -> Switchboard:
    return Switchboard(store)


def test_nothing_is_switched_on_at_first(switchboard: Switchboard, opened: datetime) -> None:
    assert switchboard.read(opened) == Board()
    assert switchboard.holding(opened) == ()


def test_what_is_switched_on_is_on_the_board_until_its_time_is_over(switchboard: Switchboard, opened: datetime) -> None:
    switchboard.switch("announcement", "announce_system", opened, opened + HOUR, "hanako")
    switchboard.switch("closing", "meguro", opened, opened + 5 * HOUR, "taro")
    expected = Board(
        2, (Announcement("announce_system", opened, opened + HOUR),), (Shut("meguro", date(2026, 11, 24)),)
    )
    assert switchboard.read(opened) == expected
    assert switchboard.read(opened + HOUR) == Board(2, (), expected.shut)
    assert [switch.by for switch in switchboard.holding(opened)] == ["hanako", "taro"]


def test_a_closing_is_for_the_day_in_tokyo(switchboard: Switchboard, opened: datetime) -> None:
    early = opened.replace(hour=8)  # still the day before in Greenwich
    switchboard.switch("closing", "meguro", early, early + HOUR, "taro")
    assert switchboard.read(early).shut == (Shut("meguro", date(2026, 11, 24)),)


def test_what_is_ended_is_gone_and_the_version_says_that_something_changed(
    switchboard: Switchboard, opened: datetime
) -> None:
    made = switchboard.switch("announcement", "announce_system", opened, opened + HOUR, "hanako")
    assert switchboard.end(made.number, opened + HOUR / 2, "taro") == made
    assert switchboard.read(opened + HOUR / 2) == Board(2)
    assert switchboard.end(made.number, opened + HOUR / 2, "taro") is None
    assert switchboard.end(999, opened, "taro") is None


def test_what_was_switched_on_at_a_moment_can_be_told_later(switchboard: Switchboard, opened: datetime) -> None:
    first = switchboard.switch("announcement", "announce_system", opened, opened + 4 * HOUR, "hanako")
    second = switchboard.switch("closing", "meguro", opened + HOUR, opened + 3 * HOUR, "taro")
    switchboard.end(first.number, opened + 2 * HOUR, "taro")
    history = switchboard.history(opened, opened + 9 * HOUR)
    held = [(), (first,), (first, second), (second,), ()]
    assert [history.held_at(opened + hours * HOUR) for hours in (-0.1, 0, 1, 2, 3)] == held
    assert history.board_at(opened).announced(opened) == ("announce_system",)
    assert history.board_at(opened + HOUR).shut == (Shut("meguro", date(2026, 11, 24)),)
    assert switchboard.history(opened + 2 * HOUR, opened + 2 * HOUR).held_at(opened + 2 * HOUR) == (second,)
    assert switchboard.history(opened + 3 * HOUR, opened + 9 * HOUR).all == ()
    assert switchboard.history(opened - HOUR, opened - HOUR / 2).all == ()


def test_the_same_is_not_switched_on_twice(switchboard: Switchboard, opened: datetime) -> None:
    made = switchboard.switch("announcement", "announce_system", opened, opened + HOUR, "hanako")
    with pytest.raises(AlreadyError, match=f"as number {made.number}") as caught:
        switchboard.switch("announcement", "announce_system", opened, opened + HOUR, "taro")
    assert caught.value.switch == made
    switchboard.switch("announcement", "announce_system", opened + HOUR, opened + 2 * HOUR, "taro")


@pytest.mark.parametrize("busy_seconds", [120.0])  # what is tried is the order, not how soon a busy disk is through
def test_people_who_switch_at_the_same_time_get_versions_of_their_own(
    store: Store, switchboard: Switchboard, opened: datetime
) -> None:
    def switch(number: int) -> None:
        switchboard.switch("announcement", f"announce_{number}", opened, opened + HOUR, "hanako")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(switch, range(24)))
    read = Switchboard(store).read(opened)
    assert (read.version, len(read.announcements)) == (24, 24)


def test_every_change_stands_in_the_audit_log(store: Store, switchboard: Switchboard, opened: datetime) -> None:
    made = switchboard.switch("closing", "meguro", opened, opened + HOUR, "hanako")
    switchboard.end(made.number, opened + HOUR / 2, "taro")
    switchboard.switch("closing", "oi-1", opened + HOUR / 2, opened + HOUR, "taro")
    with pytest.raises(AlreadyError):
        switchboard.switch("closing", "oi-1", opened + HOUR / 2, opened + HOUR, "jiro")
    begun, ended, another = reversed(audit.entries(store, 10))
    until = "2026-11-24T19:30:00+09:00"
    assert begun == audit.Entry(opened, "hanako", "board closing", "meguro", "", until)
    assert ended == audit.Entry(opened + HOUR / 2, "taro", "board closing", "meguro", until, "ended")
    assert (another.subject, another.who) == ("oi-1", "taro")


def test_a_change_that_fails_leaves_no_entry(store: Store, opened: datetime) -> None:
    with pytest.raises(StoreError), store.transaction(writes=True) as connection:  # noqa: PT012
        audit.note(connection, audit.Entry(opened, "hanako", "board closing", "meguro", "", "x"))
        connection.execute(sa.text("SELECT nonsense"))
    assert audit.entries(store, 10) == ()


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_store_that_nobody_has_made_yet_is_an_empty_board_and_no_trouble(store_url: str, opened: datetime) -> None:
    with Store(store_url) as store, capture_logs() as logs:
        assert BoardReader(store).read(opened) == Board()
    assert logs == []


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_while_the_store_is_away_the_last_board_stays_and_that_is_said_once(store: Store, opened: datetime) -> None:
    reader = BoardReader(store)
    Switchboard(store).switch("announcement", "announce_system", opened, opened + HOUR, "hanako")
    known = reader.read(opened)
    file = store.file
    assert file is not None
    away = file.with_name("away.db")
    store.close()
    file.rename(away)
    with capture_logs() as logs:
        assert [reader.read(opened) for _ in range(3)] == [known] * 3
        away.rename(file)
        Switchboard(store).switch("closing", "meguro", opened, opened + HOUR, "hanako")
        assert reader.read(opened).version == known.version + 1
    assert [line["event"] for line in logs] == ["board_away", "board_back"]


def test_a_board_cannot_be_read_from_a_store_without_tables(store_url: str, opened: datetime) -> None:
    with Store(store_url) as store, pytest.raises(StoreAwayError):
        Switchboard(store).read(opened)
