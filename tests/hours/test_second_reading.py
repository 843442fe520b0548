"""The page read a second time, as plainly as possible: whatever moment is asked for, the answers must be the same.

Nothing here comes from the tables, from the code or from the holiday library: counters, hours, who is served where
and what closed days mean are written down once more by hand, minute by minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ivr.facts import Words
from ivr.hours import PROCEDURES, TOKYO, WHO, Closing, Hours, answer, holiday

if TYPE_CHECKING:
    from ivr.hours import ProcedureId, Who

OFFICE, MAIN, SECOND = "品川区役所", "品川区役所本庁舎3階 戸籍住民課", "品川区役所第二庁舎3階 交付特設会場"
EBARA_1, MEGURO, POST_OFFICE = "荏原第一地域センター", "目黒行政サービスコーナー", "荏原郵便局"
OTHER_CENTRES = ["品川第一地域センター", "大崎第一地域センター", "大井第一地域センター", "荏原第四地域センター", "八潮地域センター"]  # fmt: skip  # noqa: E501
COUNTERS = [OFFICE, MAIN, SECOND, *OTHER_CENTRES, EBARA_1, MEGURO, POST_OFFICE]
TUESDAY, SATURDAY, SUNDAY = 1, 5, 6
HALF_PAST_EIGHT, TEN, THREE, FOUR, FIVE, SEVEN = 510, 600, 900, 960, 1020, 1140


@dataclass(frozen=True)
class Shut:
    """A closing: days, counters and procedures (none: all), minutes of the day from and until (none: all day)."""

    first: date
    last: date
    counters: frozenset[str]
    procedures: frozenset[str]
    begin: int = 0
    end: int = 1440

    def product(self, hours: Hours) -> Closing:
        """Give the same as the product has it."""
        ids = frozenset(hours.named(name).id for name in self.counters)
        spans = () if (self.begin, self.end) == (0, 1440) else ((_time(self.begin), _time(self.end)),)
        return Closing(self.first, self.last, ids, self.procedures, Words("休み。", "休み。"), 0, spans)


# ---- holidays: the law of 1948, with the days of the equinoxes as they are reckoned until 2099


def named_holidays(year: int) -> set[date]:
    fixed = [(1, 1), (2, 11), (2, 23), (4, 29), (5, 3), (5, 4), (5, 5), (8, 11), (11, 3), (11, 23)]
    found = {date(year, month, day) for month, day in fixed}
    for month, number in ((1, 2), (7, 3), (9, 3), (10, 2)):
        mondays = [date(year, month, day) for day in range(1, 31) if date(year, month, day).weekday() == 0]
        found.add(mondays[number - 1])
    later = 0.242194 * (year - 1980) - (year - 1980) // 4
    return found | {date(year, 3, int(20.8431 + later)), date(year, 9, int(23.2488 + later))}


@lru_cache(maxsize=200)
def holidays_of(year: int) -> set[date]:
    found = named_holidays(year)
    for day in sorted(found):
        if day.weekday() == SUNDAY:
            instead = day + timedelta(days=1)
            while instead in found:
                instead += timedelta(days=1)
            found = found | {instead}
    named = named_holidays(year)
    between = {day + timedelta(days=1) for day in named if day + timedelta(days=2) in named}
    return found | {day for day in between if day.weekday() != SUNDAY}


def is_holiday(day: date) -> bool:
    return day in holidays_of(day.year)


def is_year_end(day: date) -> bool:
    return (day.month, day.day) in {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}


# ---- who is served where


def offered(procedure: str, who: str, counter: str) -> bool | None:  # noqa: PLR0911  (one section after the other)
    office = counter in {OFFICE, MAIN, SECOND}
    if procedure == "suspension":
        return False
    if procedure == "cancellation":
        return None
    if procedure == "reissue":
        return counter in {OFFICE, SECOND} and (None if who == "household" else True)
    if procedure in {"pin", "certificate"} and who == "self":
        return None if counter in {MAIN, SECOND} else True
    if procedure in {"pin", "certificate"}:
        return (office or counter == MEGURO) and (None if who == "household" else True)
    if procedure in {"name", "address", "former-name"}:
        listed = counter in {OFFICE, MAIN, EBARA_1, *OTHER_CENTRES}
        return listed and (None if (procedure, who) == ("former-name", "legal") else True)
    if procedure == "returned-notice":
        return counter in {OFFICE, MAIN} and (None if who == "household" else True)
    if procedure == "move-certificate" and who != "household":
        return False
    if procedure == "found" and who != "self":
        return office and None
    return office and (True if counter == OFFICE else None)


def halls(procedure: str, who: str) -> tuple[set[str], bool]:
    """Tell which halls the ward office means, and whether the page names them."""
    if procedure == "reissue":
        return {SECOND}, True
    if procedure in {"name", "address", "former-name", "returned-notice"}:
        return {MAIN}, True
    return {MAIN, SECOND}, procedure in {"pin", "certificate"} and who != "self"


def refusal(procedure: str, who: str) -> str:
    """Tell on what basis a counter is left out: only some sections say so themselves."""
    said = (procedure == "certificate" and who != "self") or (procedure == "pin" and who in {"agent", "household"})
    return "stated" if said or (procedure, who) == ("move-certificate", "household") else "word"


# ---- one day at one counter, by minutes


@dataclass
class Plan:
    """Minutes that are open, undecided and shut by a closing, and the basis of everything else."""

    open: set[int]
    maybe: set[int]
    shut: set[int]
    basis: str


def usual(counter: str, weekday: int) -> set[int]:
    """Read the table of sections 3 and 7, whatever kind of day it is."""
    if counter == POST_OFFICE:
        return set(range(TEN, FOUR)) if weekday < SATURDAY else set()
    if weekday == SUNDAY and counter == MEGURO:
        return set(range(TEN, THREE))
    if weekday == SATURDAY or (weekday == SUNDAY and counter in OTHER_CENTRES):
        return set()
    late = weekday == TUESDAY and counter not in OTHER_CENTRES
    return set(range(HALF_PAST_EIGHT, SEVEN if late else FIVE))


def by_table(counter: str, day: date) -> Plan:
    minutes = usual(counter, day.weekday())
    if not minutes or (is_holiday(day) and day.weekday() < SATURDAY):
        return Plan(set(), set(), set(), "word")
    if is_holiday(day) or is_year_end(day):
        return Plan(set(), minutes, set(), "none")
    return Plan(minutes, set(), set(), "stated")


def by_section_2(day: date) -> Plan:
    if day.weekday() == SATURDAY or is_holiday(day) or is_year_end(day):
        return Plan(set(), set(), set(), "stated")
    minutes = set(range(HALF_PAST_EIGHT, SEVEN if day.weekday() == TUESDAY else FIVE))
    if day.weekday() == SUNDAY:
        return Plan(set(), minutes, set(), "none")
    return Plan(minutes, set(), set(), "stated")


def plan_of(procedure: str, who: str, counter: str, day: date, shut: list[Shut]) -> Plan:
    if procedure == "cancellation":
        plan = Plan(set(), set(), set(), "none")
    elif procedure == "reissue":
        plan = by_section_2(day)
    else:
        plan = by_table(counter, day)
    if procedure not in {"cancellation", "reissue", "pin", "certificate"}:
        plan.basis = "other-section"
        listed = counter in OTHER_CENTRES and procedure in {"name", "address", "former-name"}
        if listed and day.weekday() == SUNDAY:
            plan = Plan(set(), set(), set(), "stated")
        if listed and day.weekday() == TUESDAY:
            plan.shut |= set(range(FIVE, 1440))
    return with_closings(plan, procedure, who, counter, [each for each in shut if each.first <= day <= each.last])


def with_closings(plan: Plan, procedure: str, who: str, counter: str, shut: list[Shut]) -> Plan:
    mine = [each for each in shut if not each.procedures or procedure in each.procedures]
    minutes = {
        name: {m for each in mine if name in each.counters for m in range(each.begin, each.end)} for name in COUNTERS
    }
    away = {m for each in mine if not each.counters for m in range(each.begin, each.end)} | minutes[counter]
    doubt: set[int] = set()
    if counter in {MAIN, SECOND}:
        away |= minutes[OFFICE]
    if counter == OFFICE:
        meant, named = halls(procedure, who)
        away |= set.intersection(*(minutes[hall] for hall in meant))
        doubt = set() if named else set.union(*(minutes[hall] for hall in meant))
    had = plan.open | plan.maybe
    if had and had <= away and plan.basis != "other-section":
        plan.basis = "stated"
    plan.shut |= away
    plan.open, plan.maybe = plan.open - away, plan.maybe - away
    if plan.basis != "other-section":
        plan.open, plan.maybe = plan.open - doubt, plan.maybe | (plan.open & doubt)
    return plan


def runs(minutes: set[int]) -> list[tuple[int, int]]:
    begins = sorted(m for m in minutes if m - 1 not in minutes)
    ends = sorted(m + 1 for m in minutes if m + 1 not in minutes)
    return list(zip(begins, ends, strict=True))


def expected(procedure: str, who: str, counter: str, moment: datetime, shut: list[Shut]) -> dict[str, object]:
    """Answer as `ivr hours` must: offered, open, today, next, basis."""
    day, minute = moment.date(), moment.hour * 60 + moment.minute
    there = offered(procedure, who, counter)
    if there is False:
        return {"offered": False, "open": False, "today": None, "next": None, "basis": refusal(procedure, who)}
    plan = plan_of(procedure, who, counter, day, shut)
    own = procedure in {"reissue", "pin", "certificate"}
    closed_by_the_page = plan.basis in {"stated", "word"}
    is_open: bool | None
    if minute in plan.shut:
        is_open, basis = False, "stated"
    elif there is None and (plan.open or plan.maybe or not closed_by_the_page):
        is_open, basis = (None if not own or minute in plan.open | plan.maybe else False), "none"
    elif not own and not closed_by_the_page:
        is_open, basis = None, plan.basis
    elif minute in plan.maybe:
        is_open, basis = None, "none"
    else:
        is_open, basis = minute in plan.open, plan.basis
    today = ", ".join(f"{_time(a):%H:%M}-{_time(b):%H:%M}" for a, b in runs(plan.open)) if there else ""
    following = _next(procedure, who, counter, moment, shut) if there and own else None
    return {"offered": there, "open": is_open, "today": today or None, "next": following, "basis": basis}


def _next(procedure: str, who: str, counter: str, moment: datetime, shut: list[Shut]) -> str | None:
    for ahead in range(60):
        day = moment.date() + timedelta(days=ahead)
        for begin, _ in runs(plan_of(procedure, who, counter, day, shut).open):
            opening = datetime.combine(day, _time(begin), TOKYO)
            if opening > moment:
                return f"{opening:%Y-%m-%dT%H:%M}"
    return None


def _time(minute: int) -> time:
    return time(*divmod(minute, 60))


# ---- the moments and closings that are tried

FIRST, LAST = datetime(2024, 1, 1), datetime(2035, 12, 31, 23, 59)  # noqa: DTZ001  (made aware below)
EDGES = [HALF_PAST_EIGHT, TEN, THREE, FOUR, FIVE, SEVEN]
any_moment = st.datetimes(FIRST, LAST, timezones=st.just(TOKYO))
working = st.builds(
    lambda day, edge, late: datetime.combine(day, _time(edge), TOKYO) + timedelta(minutes=late),
    st.dates(FIRST.date(), LAST.date()),
    st.sampled_from(EDGES),
    st.integers(-61, 61),
)
turns = st.builds(
    lambda year, days, minute: datetime(year, 12, 26, tzinfo=TOKYO) + timedelta(days=days, minutes=minute),
    st.integers(2024, 2034),
    st.integers(0, 12),
    st.integers(0, 1439),
)
holiday_days = st.builds(
    lambda day, minute: datetime.combine(day, _time(minute), TOKYO),
    st.sampled_from([day for year in range(2024, 2036) for day in sorted(holidays_of(year))]),
    st.integers(0, 1439),
)
moments = any_moment | working | turns | holiday_days
hours_of_a_closing = st.tuples(st.sampled_from([0, *EDGES]), st.sampled_from([*EDGES, 1200])).filter(
    lambda pair: pair[0] < pair[1]
)
closings = st.lists(
    st.tuples(
        st.integers(-1, 1),
        st.integers(0, 3),
        st.sets(st.sampled_from([OFFICE, MAIN, SECOND]), max_size=2) | st.sets(st.sampled_from(COUNTERS), max_size=2),
        st.just(set()) | st.sets(st.sampled_from(PROCEDURES), max_size=2),
        hours_of_a_closing | st.just((0, 1440)),
    ),
    max_size=3,
)
visits = st.tuples(st.sampled_from(PROCEDURES), st.sampled_from(WHO))


def agree(hours: Hours, moment: datetime, visit: tuple[ProcedureId, Who], shut: list[Shut]) -> None:
    procedure, who = visit
    product = [each.product(hours) for each in shut]
    for name in COUNTERS:
        entry = answer(hours, hours.named(name), procedure, who, moment, product).as_json()
        wanted = expected(procedure, who, name, moment, shut)
        assert {"counter": name, **{key: entry[key] for key in wanted}} == {"counter": name, **wanted}


@settings(max_examples=400, deadline=None)
@given(moment=moments, visit=visits)
def test_every_answer_without_closings(hours: Hours, moment: datetime, visit: tuple[ProcedureId, Who]) -> None:
    agree(hours, moment, visit, [])


@settings(max_examples=600, deadline=None)
@given(moment=working | moments, visit=visits, rows=closings)
@example(  # the page names both halls: the other one serves
    moment=datetime(2026, 11, 25, 12, tzinfo=TOKYO),
    visit=("pin", "agent"),
    rows=[(0, 0, {SECOND}, set(), (0, 1440))],
)
@example(  # the page names no hall: nobody knows
    moment=datetime(2026, 11, 25, 12, tzinfo=TOKYO),
    visit=("pin", "self"),
    rows=[(0, 0, {SECOND}, set(), (HALF_PAST_EIGHT, FIVE))],
)
@example(  # a procedure without a place: with both halls the whole office is shut
    moment=datetime(2026, 11, 25, 12, tzinfo=TOKYO),
    visit=("cancellation", "self"),
    rows=[(0, 0, {MAIN, SECOND}, set(), (0, 1440))],
)
@example(  # nothing is left of a day that was undecided: closed, in the evening too
    moment=datetime(2026, 11, 29, 18, tzinfo=TOKYO),
    visit=("reissue", "self"),
    rows=[(0, 0, {SECOND}, set(), (HALF_PAST_EIGHT, FIVE))],
)
def test_every_answer_with_closings(
    hours: Hours,
    moment: datetime,
    visit: tuple[ProcedureId, Who],
    rows: list[tuple[int, int, set[str], set[str], tuple[int, int]]],
) -> None:
    day = moment.date()
    shut = []
    for after, length, counters, procedures, (begin, end) in rows:
        first = day + timedelta(days=after)
        last = first + timedelta(days=length)
        shut.append(Shut(first, last, frozenset(counters), frozenset(procedures), begin, end))
    agree(hours, moment, visit, shut)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("procedure", PROCEDURES)
def test_the_days_that_are_told_apart(hours: Hours, procedure: ProcedureId, who: Who) -> None:
    """An ordinary week, holidays on a weekday and on a Sunday, and a turn of the year, at every edge of the hours."""
    days = [date(2026, 11, 16) + timedelta(days=number) for number in range(9)]
    days += [date(2026, 5, 1) + timedelta(days=number) for number in range(7)]
    days += [date(2026, 12, 27) + timedelta(days=number) for number in range(9)]
    for day in days:
        for minute in (180, *(edge + late for edge in EDGES for late in (-1, 0))):
            agree(hours, datetime.combine(day, _time(minute), TOKYO), (procedure, who), [])


def test_the_library_knows_the_holidays_of_the_law() -> None:
    day, wrong = date(2024, 1, 1), []
    while day.year <= 2060:
        if bool(holiday(day)) != is_holiday(day):
            wrong.append(day)
        day += timedelta(days=1)
    assert wrong == []


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2026-05-06", "振替休日"),  # the third day after the holiday on a Sunday
        ("2026-09-22", "国民の休日"),
        ("2027-03-21", "春分の日"),
        ("2027-03-22", "振替休日"),
        ("2027-05-06", ""),
        ("2028-01-10", "成人の日"),
        ("2028-09-22", "秋分の日"),
        ("2029-02-12", "振替休日"),
        ("2029-04-30", "振替休日"),
        ("2029-09-24", "振替休日"),
        ("2030-05-06", "振替休日"),
        ("2030-08-12", "振替休日"),
        ("2030-11-04", "振替休日"),
        ("2030-12-23", ""),
        ("2032-09-21", "国民の休日"),
    ],
)
def test_holidays_of_the_years_ahead(day: str, name: str) -> None:
    assert holiday(date.fromisoformat(day)) == name
