"""Settings of the office's telephone: fifty that a person may write, and the shipped helpline with any of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from ivr import content
from ivr.office import parse
from ivr.office_hours import WEEKDAYS, normal

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr.content import Content

REPOSITORY = Path(__file__).resolve().parents[2]
NUMBER = "+81312345678"
DOCUMENTED_HOURS = "mon-fri 08:30-17:00, sun 09:00-12:00"


def _span(random: Random, first: int, last: int) -> tuple[int, int]:
    """Give a span of minutes between two, both at any minute or on the quarter."""
    step = random.choice((1, 1, 15))
    begin, end = sorted(random.sample(range(-(-first // step), last // step + 1), 2))
    return begin * step, end * step


def _written(random: Random, days: int, spans: int) -> str:
    rows = []
    for day in sorted(random.sample(range(7), days)):
        parts = [1440 * part // spans for part in range(spans + 1)]
        for first, last in pairwise(parts):
            begin, end = _span(random, first, last - (last < 1440))
            rows.append(f"{WEEKDAYS[day]} {begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}")
    return ", ".join(rows)


def _generated() -> list[str]:
    """Write settings: 1 to 7 days, 1 to 4 spans a day, minutes of every kind; and those at the edges of what can be."""
    random = Random(13)
    made = [_written(random, days, spans) for days in range(1, 8) for spans in (1, 1, 1, 2, 2, 3, 4)]
    edges = ["mon-sun 00:00-24:00", "wed 00:00-24:00", "sun 23:59-24:00", "thu 00:00-00:01", "tue 11:58-12:00"]
    edges += ["mon 18:00-24:00, tue 00:00-08:00", "fri-sun 00:00-24:00", "sat 11:48-12:00, tue 11:58-13:00"]
    return [DOCUMENTED_HOURS, *edges, *made]


SETTINGS = _generated()


@pytest.fixture(scope="session")
def settings() -> list[str]:
    """Give more than fifty settings, each a valid IVR_OFFICE_HOURS."""
    assert len(set(SETTINGS)) >= 50
    assert [normal(written) for written in SETTINGS] == SETTINGS
    return SETTINGS


@pytest.fixture(scope="session")
def shipped() -> Content:
    """Load the helpline of this repository, without an office."""
    return content.load(REPOSITORY)


@pytest.fixture(scope="session")
def with_office(shipped: Content) -> Callable[[str], Content]:
    """Give the same helpline with an office that answers in these hours; without hours, with none."""
    return lambda hours: replace(shipped, office=parse(NUMBER if hours else "", hours, shipped.hours))
