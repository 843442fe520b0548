"""One row of the store that something is wrong with costs that row: what is counted of all others stays right."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from ivr.cli.records import records
from ivr.findings import Finding, FindingsError
from ivr.records import tables
from ivr.records.counts import Days
from ivr.records.events import Event
from ivr.records.report import Period, report
from ivr.records.store import StoreAwayError
from ivr.records.summaries import Summaries
from ivr.work import Counting, Daily

if TYPE_CHECKING:
    import io
    from collections.abc import Sequence

    from conftest import Calls

    from ivr.board import Board
    from ivr.records.store import Store, Turn
    from ivr.records.summary import Known, Word

DAY = date(2026, 11, 24)
LATER = datetime(2026, 11, 26, 10, tzinfo=UTC)


def knowing(known: Known, error: Exception | None) -> Known:
    """Know the same flow, but raise where somebody asks for the words of one node."""

    def words(turn: Turn, board: Board) -> Sequence[Word]:
        if turn.node == "poison" and error:
            raise error
        return known.words(turn, board)

    return replace(known, words=words)


def total(store: Store, day: date = DAY) -> int:
    return report(store, Period(day, day)).total.calls


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), OverflowError(), TypeError("x")], ids=repr)
def test_a_call_that_cannot_be_counted_is_passed_over(
    store: Store, calls: Calls, error: Exception, logged: io.StringIO
) -> None:
    for option in ("lost", "poison", "pin", "poison", "lost"):
        calls.add((5, option, option))
    good, calls.known = calls.known, knowing(calls.known, error)
    summaries = Summaries(store)
    assert (calls.counted(), calls.counted(), summaries.uncounted(), summaries.passed_over()) == (3, 0, 0, 2)
    assert logged.getvalue().count("call_not_counted") == 2
    assert total(store) == 3
    assert Days(store).add_up(LATER.date()) == 1
    assert total(store) == 3
    calls.known = good
    summaries.try_again()
    assert (summaries.uncounted(), calls.counted(), summaries.passed_over(), total(store)) == (2, 2, 0, 5)


def test_another_event_of_a_call_has_it_tried_again(store: Store, calls: Calls, opened: datetime) -> None:
    call = calls.add((5, "poison", "poison"))
    good, calls.known = calls.known, knowing(calls.known, ValueError())
    assert calls.counted() == 0
    store.write([Event(call, 2, "turn", opened + timedelta(seconds=9), "lost", "lost", detail={"came_from": "poison"})])
    calls.known = good
    assert (calls.counted(), total(store)) == (1, 1)


def test_a_store_that_is_away_passes_nothing_over(store: Store, calls: Calls) -> None:
    calls.add((5, "poison", "poison"))
    calls.known = knowing(calls.known, StoreAwayError("away"))
    with pytest.raises(StoreAwayError):
        calls.counted()
    assert (Summaries(store).uncounted(), Summaries(store).passed_over()) == (1, 0)


def test_calls_of_a_flow_that_cannot_be_read_hold_up_no_other(store: Store, calls: Calls, opened: datetime) -> None:
    for number, version in enumerate(["bad", "0a1b2c3d", "bad", "0b", "bad"]):
        calls.add((5, "lost", "lost"), flow=version, at=opened + timedelta(seconds=number))

    def known(version: str) -> Known:
        if version == "bad":
            raise FindingsError([Finding("flows/helpline.yaml", 1, "error", "no", "no")])
        return calls.known

    summaries = Summaries(store)
    for _ in range(2):
        with pytest.raises(FindingsError):
            summaries.count(LATER, known)
        assert (summaries.uncounted(), summaries.passed_over(), total(store)) == (3, 0, 2)
    assert (summaries.count(LATER, lambda _version: calls.known), total(store)) == (3, 5)


def test_what_the_store_does_not_take_of_one_call_costs_no_other(store: Store, calls: Calls) -> None:
    calls.add((5, "lost", "lost"))
    calls.add((200 * 365 * 86400.0, "lost", "lost"), at=datetime(1971, 1, 1, tzinfo=UTC))
    calls.add((5, "lost", "lost"))
    done = calls.counted()
    assert done + Summaries(store).passed_over() == 3
    assert total(store) == 2


def test_a_day_that_cannot_be_added_up_costs_no_other(store: Store, calls: Calls) -> None:
    calls.add((5, "lost", "lost"))
    spoilt = calls.add((5, "lost", "lost"), at=datetime(2026, 11, 25, 3, tzinfo=UTC))
    assert calls.counted() == 2
    with store.transaction(writes=True) as connection:
        connection.execute(sa.update(tables.calls).where(tables.calls.c.call == spoilt).values(hour=None))
    days = Days(store)
    for _ in range(2):
        with pytest.raises(Exception, match="does not take"):
            days.add_up(LATER.date())
        with store.transaction() as connection:
            fresh = connection.execute(sa.select(tables.days.c.day).where(tables.days.c.fresh)).scalars().all()
        assert fresh == [DAY.isoformat()]
    assert total(store) == 1


def test_days_are_added_up_though_a_flow_cannot_be_read(store: Store, calls: Calls) -> None:
    calls.add((5, "lost", "lost"))
    assert calls.counted() == 1
    calls.add((5, "lost", "lost"), flow="bad")

    def known(_version: str) -> Known:
        raise FindingsError([Finding("flows/helpline.yaml", 1, "error", "no", "no")])

    with pytest.raises(FindingsError):
        Counting(store, lambda: True, lambda: LATER, known).count()
    with store.transaction() as connection:
        assert connection.scalar(sa.select(tables.days.c.fresh)) is True


def test_a_job_that_something_happens_to_is_put_off_and_the_next_one_done(store: Store) -> None:
    done = []

    def fails() -> str:
        raise KeyError("x")

    tasks = {"a": fails, "b": lambda: str(done.append("b"))}
    daily = Daily(store, tasks, lambda: True, lambda: LATER)
    daily.run()
    daily.run()
    assert done == ["b"]


def test_the_report_says_how_many_calls_it_lacks(
    store: Store, calls: Calls, store_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    calls.add((5, "poison", "poison"))
    calls.known = knowing(calls.known, ValueError())
    assert calls.counted() == 0
    assert Summaries(store).passed_over() == 1
    monkeypatch.setenv("IVR_DATA", str(tmp_path))
    monkeypatch.setenv("IVR_STORE_URL", store_url)
    told = CliRunner().invoke(records, ["report", "--period", "2026-11-24"])
    assert (told.exit_code, "1 calls cannot be counted" in told.output) == (0, True)
