"""When the office answers its telephone, and what callers hear while it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr import hours, office
from ivr.facts import Facts, Words
from ivr.hours import TOKYO
from ivr.office_hours import WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Collection

REPOSITORY = Path(__file__).resolve().parents[2]
NUMBER = "+81357426660"
WEEK = "mon-fri 08:30-17:00, sun 09:00-12:00"
TABLE = hours.load(REPOSITORY, Facts.load(REPOSITORY))


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=TOKYO)


def closing(first: str, last: str = "", says: str = "今日は、電話の工事です。", span: str = "") -> hours.Closing:
    spans = ((at(f"{first}T{span[:5]}").time(), at(f"{first}T{span[6:]}").time()),) if span else ()
    days = date.fromisoformat(first), date.fromisoformat(last or first)
    return hours.Closing(*days, frozenset({hours.TELEPHONE}), frozenset(), Words(says, says), 2, spans)


def made(written: str = WEEK, *closings: hours.Closing, number: str = NUMBER) -> office.Office:
    return office.parse(number, written, replace(TABLE, telephone_closings=closings))


def said(found: office.Office, moment: str, shut: Collection[date] = ()) -> str:
    return "".join(words.text for words in found.says(at(moment), shut))


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        ("2026-11-24T08:29:59.999999", "closed"),
        ("2026-11-24T08:30:00", "open"),
        ("2026-11-24T16:59:59.999999", "open"),
        ("2026-11-24T17:00:00", "closed"),
        ("2026-11-22T09:00:00", "open"),
        ("2026-11-22T12:00:00", "closed"),
        ("2026-11-28T10:00:00", "closed"),
        ("2026-11-23T10:00:00", "closed"),
        ("2026-11-24T00:00:00", "closed"),
        ("2026-12-28T16:59:00", "open"),
        *((f"{day}T10:00:00", "closed") for day in ("2026-12-29", "2026-12-30", "2026-12-31")),
        *((f"{day}T10:00:00", "closed") for day in ("2027-01-01", "2027-01-02", "2027-01-03")),
        ("2027-01-04T10:00:00", "open"),
    ],
)
def test_the_office_rests_on_holidays_and_at_the_turn_of_the_year(moment: str, state: str) -> None:
    assert made().state(at(moment)) == state


def test_a_moment_elsewhere_is_one_in_tokyo() -> None:
    assert made().state(datetime.fromisoformat("2026-11-24T00:00+00:00")) == "open"


def test_without_a_number_nobody_is_ever_reached() -> None:
    nobody = office.parse("", "", TABLE)
    assert nobody.state(at("2026-11-24T10:00")) == "unset"
    assert (nobody.all_says(), list(nobody.changes(at("2026-11-24T10:00"), at("2026-12-24T10:00")))) == ((), [])


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("mon 09:00-10:00", {0}),
        ("mon-wed 09:00-10:00", {0, 1, 2}),
        ("sat-mon 09:00-10:00", {5, 6, 0}),
        ("mon-sun 09:00-10:00", set(range(7))),
        ("tue-mon 09:00-10:00", set(range(7))),
        ("wed-wed 09:00-10:00", {2}),
    ],
)
def test_days_may_run_over_the_weekend(written: str, days: set[int]) -> None:
    monday = at("2026-11-30T09:30")
    assert {day for day in range(7) if made(written).state(monday + timedelta(day)) == "open"} == days


def test_a_day_may_have_a_break_in_any_order_of_writing() -> None:
    broken = made("mon-fri 13:00-17:00, mon-fri 08:30-12:00")
    times = ("08:30", "12:00", "12:59", "13:00", "17:00")
    assert [broken.state(at(f"2026-11-24T{time}")) for time in times] == ["open", "closed", "closed", "open", "closed"]
    assert said(broken, "2026-11-24T12:30") == "係の者が出られるのは、今日の、午後一時からです。"


def test_hours_that_touch_are_one_also_over_midnight() -> None:
    night = made("mon 18:00-24:00, tue 00:00-08:00, tue 08:00-09:00")
    moments = ("2026-11-30T23:59:59.999999", "2026-12-01T00:00", "2026-12-01T08:00", "2026-12-01T09:00")
    assert [night.state(at(moment)) for moment in moments] == ["open", "open", "open", "closed"]
    assert night.week[1] == ((at("2026-12-01T00:00").time(), at("2026-12-01T09:00").time()),)


def test_an_office_open_day_and_night_never_closes() -> None:
    always = made("mon-sun 00:00-24:00")
    assert always.state(at("2026-11-24T23:59:59.999999")) == "open"
    assert always.state(at("2026-11-25T00:00")) == "open"


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-24T07:00", "今日"),
        ("2026-11-24T17:00", "明日、水曜日"),
        ("2026-11-24T23:59", "明日、水曜日"),
        ("2026-11-24T08:30", "明日、水曜日"),
        ("2026-11-26T18:00", "明日、金曜日"),
        ("2026-11-28T18:00", "明日、日曜日"),
        ("2026-11-22T13:00", "火曜日"),
        ("2026-11-23T10:00", "明日、火曜日"),
        ("2026-12-28T18:00", "一月四日、月曜日"),
        ("2026-12-30T10:00", "一月四日、月曜日"),
        ("2027-01-01T10:00", "月曜日"),
    ],
)
def test_the_next_moment_at_which_somebody_answers_is_said(moment: str, day: str) -> None:
    begins = "九時" if day.endswith("日曜日") else "八時半"
    assert said(made(), moment) == f"係の者が出られるのは、{day}の、午前{begins}からです。"


def test_an_office_that_answers_once_a_week_names_the_date() -> None:
    weekly = made("tue 09:00-12:00")
    assert said(weekly, "2026-11-24T13:00") == "係の者が出られるのは、十二月一日、火曜日の、午前九時からです。"
    assert said(weekly, "2026-12-22T13:00") == "係の者が出られるのは、一月五日、火曜日の、午前九時からです。"


def test_a_closed_day_of_the_table_is_told_and_never_named_as_the_next() -> None:
    shut = made(WEEK, closing("2026-12-14", "2027-01-01"))
    assert [shut.state(at(f"{day}T10:00")) for day in ("2026-12-11", "2026-12-14", "2026-12-25")] == [
        "open",
        "closed",
        "closed",
    ]
    following = "係の者が出られるのは、一月四日、月曜日の、午前八時半からです。"
    assert said(shut, "2026-12-14T10:00") == f"今日は、電話の工事です。{following}"
    assert said(shut, "2026-12-13T13:00") == following
    assert set(shut.says(at("2026-12-14T10:00"))) <= set(shut.all_says())


def test_hours_of_a_day_that_are_closed_are_told_until_they_are_over() -> None:
    short = made(WEEK, closing("2026-12-08", span="10:00-12:00"))
    times = ("09:59", "10:00", "11:59", "12:00")
    assert [short.state(at(f"2026-12-08T{time}")) for time in times] == ["open", "closed", "closed", "open"]
    noon = "今日は、電話の工事です。係の者が出られるのは、今日の、正午からです。"
    assert (said(short, "2026-12-08T10:00"), said(short, "2026-12-08T07:00")[:4]) == (noon, "今日は、")
    assert said(short, "2026-12-08T18:00").startswith("係の者が")
    assert set(short.says(at("2026-12-08T10:00"))) <= set(short.all_says())


def test_closed_on_the_board_it_is_closed_for_today_only() -> None:
    today = date(2026, 11, 24)
    assert (made().state(at("2026-11-24T10:00"), {today}), made().state(at("2026-11-25T10:00"), {today})) == (
        "closed",
        "open",
    )
    following = "係の者が出られるのは、明日、水曜日の、午前八時半からです。"
    assert said(made(), "2026-11-24T07:00", {today}) == f"係の電話は、今日はお休みです。{following}"
    assert said(made(), "2026-11-25T18:00", {today}).startswith("係の者が")


def test_only_when_nobody_answers_within_reach_no_day_is_named() -> None:
    later = "係の者は、当分のあいだ、電話に出られません。"
    assert said(made(WEEK, closing("2026-12-01", "2027-12-20")), "2026-12-15T10:00") == (
        "今日は、電話の工事です。係の者が出られるのは、十二月二十一日、火曜日の、午前八時半からです。"
    )
    never = made(WEEK, closing("2026-12-01", "2028-12-20"))
    assert said(never, "2026-12-15T10:00") == f"今日は、電話の工事です。{later}"


def test_every_moment_at_which_something_changes_is_listed() -> None:
    found = made(WEEK, closing("2026-12-08", span="10:00-12:00"))
    first, last = at("2026-12-07T12:00"), at("2026-12-10T00:00")
    changes = set(found.changes(first, last))
    before = (found.state(first), found.says(first))
    moment = first
    while moment < last:
        moment += timedelta(minutes=1)
        now = (found.state(moment), found.says(moment))
        assert now == before or moment in changes, moment
        before = now


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda when: when.replace(tzinfo=TOKYO))  # noqa: DTZ001
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
spans = st.tuples(st.sampled_from(WEEKDAYS), st.integers(0, 1439), st.integers(1, 1440))
weeks = st.lists(spans, min_size=1, max_size=3, unique_by=lambda row: row[0])


@settings(deadline=None)
@given(
    when=moments,
    rows=weeks,
    shut=st.lists(st.tuples(days, st.integers(0, 21)), max_size=2),
    on_the_board=st.booleans(),
)
def test_whatever_is_said_was_made_ready_before(
    *, when: datetime, rows: list[tuple[str, int, int]], shut: list[tuple[date, int]], on_the_board: bool
) -> None:
    written = ", ".join(f"{day} {_clock(min(a, b - 1))}-{_clock(max(a + 1, b))}" for day, a, b in rows)
    closings = [closing(f"{first}", f"{first + timedelta(length)}") for first, length in shut]
    found = made(written, *closings)
    board = {when.date()} if on_the_board else set()
    assert set(found.says(when, board)) <= set(found.all_says())
    assert found.state(when, board) in ({"closed"} if on_the_board else {"open", "closed"})
    assert len(found.openings) <= 600


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
