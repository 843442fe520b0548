"""What people type is read as they mean it: every form of a day and of a moment, codes, names."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ivr import typed
from ivr.console import dates

DAY = date(2026, 1, 4)
WIDE = {ord(narrow): ord(narrow) + 0xFEE0 for narrow in "0123456789-/.:()TR"}
DAYS = (
    *("2026-01-04", "2026-1-4", "2026/01/04", "2026/1/4", "2026.1.4", "20260104", "2026 - 01 - 04"),
    *("2026年1月4日", "2026年01月04日", "2026年1月4日(日)", "2026年1月4日 (日)", "2026年 1月 4日", "2026年1月4"),
    *("令和8年1月4日", "令和 8年1月4日(日)", "R8.1.4", "r8/1/4", "R8-01-04"),
)
MOMENTS = (
    *("2026-01-04T09:05", "2026-01-04 09:05", "2026/1/4 9:05", "2026年1月4日 9時5分", "2026年1月4日(日) 09:05"),
    *("2026年1月4日9時05分", "令和8年1月4日(日)9時5分", "R8.1.4 9:05"),
)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("blanks", ["{}", " {} ", "\u3000{}\u3000", "{}\n"])
@pytest.mark.parametrize("given", DAYS)
def test_a_day_is_read_in_every_form(given: str, blanks: str, wide: bool) -> None:  # noqa: FBT001
    assert typed.day(blanks.format(given.translate(WIDE) if wide else given)) == DAY


def test_the_first_year_of_the_era_has_a_name() -> None:
    assert typed.day("令和元年5月1日") == date(2019, 5, 1)


@pytest.mark.parametrize(
    "given",
    ["", "yesterday", "2026", "2026-13-01", "2026-02-30", "26-01-04", "01/04/2026", "2026-01-041", "2026-W01-4",
     "2026-01-04T09:05", "2026-01-04 x", "令和8年1月"],
)  # fmt: skip
def test_what_is_no_day_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"is not a day|must be in|out of range"):
        typed.day(given)


def test_every_day_that_a_page_writes_can_be_typed() -> None:
    for number in range(20 * 366):
        each = date(2016, 1, 1) + timedelta(days=number)
        assert typed.day(dates.day(each)) == each
        assert typed.day(each.isoformat()) == each


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("given", MOMENTS)
def test_a_moment_is_read_in_every_form(given: str, wide: bool) -> None:  # noqa: FBT001
    assert typed.moment(given.translate(WIDE) if wide else given) == "2026-01-04T09:05"


@pytest.mark.parametrize("given", DAYS)
def test_a_moment_may_be_a_day(given: str) -> None:
    assert typed.moment(given) in {"2026-01-04", given if given == "20260104" else ""}


@pytest.mark.parametrize(
    "given",
    ["2026-01-04T09:05:30", "2026-01-04T09:05+09:00", "2026-01-04T09:05:30.250+09:00", "2026-01-04", "tomorrow"],
)
def test_what_a_machine_wrote_stays_as_it_is(given: str) -> None:
    assert typed.moment(given) == given


@pytest.mark.parametrize(
    "given", ["123456", "１２３４５６", "123 456", "１２３　４５６", "123-456", "123ー456", "123−456"]
)
def test_a_code_is_its_digits(given: str) -> None:
    assert typed.code(given) == "123456"


@pytest.mark.parametrize("given", ["hanako", "Hanako", " HANAKO\u3000", "ｈａｎａｋｏ", "Ｈａｎａｋｏ "])
def test_a_name_is_kept_in_small_letters(given: str) -> None:
    assert typed.name(given) == "hanako"
