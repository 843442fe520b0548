"""When the office answers its telephone, and what callers hear while it does not."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr import office

TOKYO = ZoneInfo("Asia/Tokyo")
HOLIDAY = date(2026, 11, 23)  # a Monday
WEEK = "mon-fri 08:30-17:00, sun 09:00-12:00"
CLOSED = "ただいま、係の者は、電話に出られません。"


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=TOKYO)


def made(written: str = WEEK, number: str = "+81357426660") -> office.Office:
    return office.parse(number, written, lambda day: day == HOLIDAY)


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
    ],
)
def test_the_office_is_open_from_its_first_minute_until_its_last_and_never_on_holidays(moment: str, state: str) -> None:
    assert made().state(at(moment)) == state


def test_without_a_number_nobody_is_ever_reached() -> None:
    nobody = office.parse("", "", lambda _: False)
    assert nobody.state(at("2026-11-24T10:00")) == "unset"
    assert list(nobody.all_says()) == []


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
    assert [broken.state(at(f"2026-11-24T{time}")) for time in ("08:30", "12:00", "12:59", "13:00", "17:00")] == [
        "open",
        "closed",
        "closed",
        "open",
        "closed",
    ]
    assert broken.says(at("2026-11-24T12:30")).text == f"{CLOSED}次の受付は、今日の、午後一時からです。"


def test_an_office_open_day_and_night_never_closes() -> None:
    always = made("mon-sun 00:00-24:00")
    assert always.state(at("2026-11-24T23:59:59")) == "open"
    assert always.state(at("2026-11-25T00:00")) == "open"


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-24T07:00", "今日の、午前八時半から"),
        ("2026-11-24T17:00", "明日の、午前八時半から"),
        ("2026-11-24T08:30", "明日の、午前八時半から"),
        ("2026-11-27T18:00", "日曜日の、午前九時から"),
        ("2026-11-29T13:00", "明日の、午前八時半から"),
        ("2026-11-22T13:00", "火曜日の、午前八時半から"),
        ("2026-11-23T10:00", "明日の、午前八時半から"),
    ],
)
def test_the_next_moment_at_which_somebody_answers_is_said(moment: str, words: str) -> None:
    said = made().says(at(moment))
    assert (said.text, said.spoken) == (f"{CLOSED}次の受付は、{words}です。",) * 2


def test_an_office_that_answers_once_a_week_names_its_day_again() -> None:
    said = made("tue 09:00-12:00").says(at("2026-11-24T13:00")).text
    assert "火曜日" in said
    assert said != office.LATER.text


def test_when_nobody_answers_for_long_no_day_is_invented() -> None:
    never = office.parse("+81357426660", WEEK, lambda _: True)
    assert never.says(at("2026-11-24T13:00")) == office.LATER


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda when: when.replace(tzinfo=TOKYO))  # noqa: DTZ001
weeks = st.lists(
    st.tuples(
        st.sampled_from(office.WEEKDAYS), st.sampled_from(office.WEEKDAYS), st.integers(0, 46), st.integers(1, 47)
    ),
    min_size=1,
    max_size=3,
)


@given(moments, weeks)
def test_whatever_is_said_was_made_ready_before(when: datetime, rows: list[tuple[str, str, int, int]]) -> None:
    written = ", ".join(
        f"{first}-{last} {begin // 2:02}:{begin % 2 * 30:02}-{end // 2:02}:{end % 2 * 30:02}"
        for first, last, begin, end in ((a, b, min(x, y), max(x, y) + (x == y)) for a, b, x, y in rows)
    )
    found = made(written)
    assert found.says(when) in set(found.all_says())
    assert found.state(when) in {"open", "closed"}
