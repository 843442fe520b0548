"""Every sentence about hours is found by few days: the whole calendar, the second reading, brings no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import TYPE_CHECKING

import pytest

from ivr.hours import Hours, every

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ivr.hours.table import Pattern

HALF_DAY = ((time(9), time(12)),)
TABLES: Mapping[str, Callable[[Pattern], Pattern]] = {
    "as the page says": lambda pattern: pattern,
    "Mondays but no holidays": lambda pattern: replace(
        pattern, days={"monday": HALF_DAY}, closed=frozenset({"holiday", "year-end"})
    ),
    "hours without days": lambda pattern: replace(pattern, days={"unnamed": HALF_DAY}, closed=frozenset()),
    "never": lambda pattern: replace(pattern, days={}),
}


def with_patterns(hours: Hours, changed: Callable[[Pattern], Pattern]) -> Hours:
    """Give every counter other hours."""
    made = {name: changed(pattern) for name, pattern in hours.patterns.items()}
    procedures = {
        row.id: replace(
            row,
            offers={
                who: {
                    counter: replace(offer, pattern=made[offer.pattern.name] if offer.pattern else None)
                    for counter, offer in offers.items()
                }
                for who, offers in row.offers.items()
            },
        )
        for row in hours.procedures.values()
    }
    return Hours(**{**vars(hours), "patterns": made, "procedures": procedures, "closings": ()})


@pytest.mark.parametrize("table", TABLES)
def test_days_that_are_left_out_bring_nothing_else(table: str, hours: Hours) -> None:
    made = with_patterns(hours, TABLES[table])
    calendar = every.all_ways(made, every.CALENDAR)
    assert {visit: every.usual_ways(made, *visit) for visit in calendar} == calendar


def test_few_days_are_asked(hours: Hours) -> None:
    days = every.different_days(hours)
    assert len(days) < len(every.CALENDAR) / 20
    assert {day.weekday() for day in days} == set(range(7))
