"""The page read a second time, as plainly as possible: every minute of two years must give the same answer.

Nothing here comes from the tables or from the holiday library: the rules are written down once more by hand.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.hours import PROCEDURES, TOKYO, WHO, Hours, answer

if TYPE_CHECKING:
    from ivr.hours import ProcedureId, Who

HOLIDAYS = {
    *("2026-01-01", "2026-01-12", "2026-02-11", "2026-02-23", "2026-03-20", "2026-04-29", "2026-05-03", "2026-05-04"),
    *("2026-05-05", "2026-05-06", "2026-07-20", "2026-08-11", "2026-09-21", "2026-09-22", "2026-09-23", "2026-10-12"),
    *("2026-11-03", "2026-11-23", "2027-01-01", "2027-01-11", "2027-02-11", "2027-02-23", "2027-03-21", "2027-03-22"),
    *("2027-04-29", "2027-05-03", "2027-05-04", "2027-05-05", "2027-07-19", "2027-08-11", "2027-09-20", "2027-09-23"),
    *("2027-10-11", "2027-11-03", "2027-11-23"),
}
YEAR_END = {"12-29", "12-30", "12-31", "01-01", "01-02", "01-03"}
OFFICE = "品川区役所"
HALLS = {"品川区役所本庁舎3階 戸籍住民課", "品川区役所第二庁舎3階 交付特設会場"}
EBARA_1, MEGURO, POST_OFFICE = "荏原第一地域センター", "目黒行政サービスコーナー", "荏原郵便局"
OTHER_CENTRES = {"品川第一地域センター", "大崎第一地域センター", "大井第一地域センター", "荏原第四地域センター", "八潮地域センター"}  # fmt: skip  # noqa: E501
FIRST = datetime(2026, 1, 1, tzinfo=TOKYO)

moments = st.builds(lambda minutes: FIRST + timedelta(minutes=minutes), st.integers(0, 2 * 365 * 24 * 60 - 1))
working = st.builds(
    lambda days, minutes: FIRST + timedelta(days=days, minutes=minutes),
    st.integers(0, 2 * 365 - 1),
    st.integers(8 * 60, 19 * 60 + 1),
)


def table(counter: str, weekday: int, minute: int) -> bool | None:
    """Read the big table of sections 3 and 7 on a day that is neither holiday nor turn of the year."""
    morning, five, seven = 510, 1020, 1140
    if counter == POST_OFFICE:
        return weekday < 5 and 600 <= minute < 960
    if counter == MEGURO and weekday == 6:
        return 600 <= minute < 900
    late = counter not in OTHER_CENTRES and weekday == 1
    days = weekday < 5 or (weekday == 6 and counter not in OTHER_CENTRES)
    return days and morning <= minute < (seven if late else five)


def reissue(weekday: int, minute: int, *, holiday: bool, year_end: bool) -> bool | None:
    """Read section 2."""
    if holiday or year_end or weekday == 5:
        return False
    inside = 510 <= minute < (1140 if weekday == 1 else 1020)
    return (None if inside else False) if weekday == 6 else inside


def with_hours(counter: str, moment: datetime) -> bool | None:
    """Read the table on any day."""
    weekday, minute = moment.weekday(), moment.hour * 60 + moment.minute
    if f"{moment:%Y-%m-%d}" in HOLIDAYS:
        return False if weekday < 6 else table(counter, weekday, minute) and None
    inside = table(counter, weekday, minute)
    return None if inside and f"{moment:%m-%d}" in YEAR_END else inside


def served(procedure: ProcedureId, who: Who, counter: str) -> bool | None:
    """Tell who is served where."""
    if procedure == "cancellation":
        return None
    if procedure == "suspension":
        return False
    if procedure == "reissue":
        there = counter == OFFICE or "第二庁舎" in counter
        return there and (None if who == "household" else True)
    if procedure in {"pin", "certificate"} and who == "self":
        return None if counter in HALLS else True
    return counter in {OFFICE, MEGURO, *HALLS} and (None if who == "household" else True)


@settings(max_examples=500, deadline=None)
@given(
    moment=moments | working,
    procedure=st.sampled_from(
        [each for each in PROCEDURES if each in {"cancellation", "suspension", "reissue", "pin", "certificate"}]
    ),
    who=st.sampled_from(WHO),
)
def test_procedures_with_hours(hours: Hours, moment: datetime, procedure: ProcedureId, who: Who) -> None:
    holiday, year_end = f"{moment:%Y-%m-%d}" in HOLIDAYS, f"{moment:%m-%d}" in YEAR_END
    for counter in hours.counters.values():
        offered = served(procedure, who, counter.name)
        if procedure == "reissue":
            minute = moment.hour * 60 + moment.minute
            wanted = reissue(moment.weekday(), minute, holiday=holiday, year_end=year_end)
        else:
            wanted = None if procedure == "cancellation" else with_hours(counter.name, moment)
        if offered is not True:
            wanted = False if offered is False or wanted is False else None
        found = answer(hours, counter, procedure, who, moment)
        assert (found.offered, found.open) == (offered, wanted or (None if wanted is None else False))


@settings(max_examples=500, deadline=None)
@given(
    moment=moments | working,
    procedure=st.sampled_from(["name", "address", "former-name"]),
    who=st.sampled_from(["self", "agent", "household"]),
)
def test_procedures_whose_hours_are_not_given(hours: Hours, moment: datetime, procedure: ProcedureId, who: Who) -> None:
    sunday, tuesday_evening = moment.weekday() == 6, moment.weekday() == 1 and moment.hour >= 17
    for counter in hours.counters.values():
        offered = counter.name in {OFFICE, EBARA_1, *OTHER_CENTRES} or "本庁舎" in counter.name
        shut = counter.name in OTHER_CENTRES and (sunday or tuesday_evening)
        found = answer(hours, counter, procedure, who, moment)
        assert (found.offered, found.open, found.next) == (offered, None if offered and not shut else False, None)
        if offered and not shut:
            assert bool(found.today) == (with_hours(counter.name, moment.replace(hour=11, minute=0)) is True)
