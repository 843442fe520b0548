"""Whether what is said about hours is true, for the whole table: what is said is, and no slip goes unnoticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from ivr import content as contents
from ivr import hours as counter_hours
from ivr.facts import words
from ivr.phone.walk.truth import Truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr.hours import Hours, ProcedureId, Who

    Heard = tuple[ProcedureId, Who, datetime, str]

FIRST = datetime(2026, 12, 20, tzinfo=counter_hours.TOKYO)
"""From here on: ordinary days, the year's end, a national holiday, all within a month."""
SLIPS = [
    ("午後五時", "午後六時"),
    ("午前八時半", "午前九時"),
    ("明日", "今日"),
    ("お休みです", "臨時にお休みします"),
    ("品川区役所", "荏原郵便局"),
]


@pytest.fixture(scope="module")
def hours() -> Hours:
    return contents.load(Path(__file__).parents[3]).hours


def reworded(hours: Hours) -> Hours:
    """Put every sentence in other words: a word before it, the times between brackets, other signs."""
    said = {
        name: words(written.text.replace("{time}", "「{time}」").replace("区のページ", "区の案内"))
        for name, written in hours.sentences.items()
    }
    said |= {name: words(f"ええ、{said[name].text}") for name in said if said[name].text.endswith("。")}
    return replace(hours, sentences=MappingProxyType(said))


def heard(hours: Hours, days: int = 40) -> Iterator[Heard]:
    """Give what is said about everything at each moment at which that may change."""
    for moment in counter_hours.changes(hours, FIRST, FIRST + timedelta(days=days)):
        for procedure in counter_hours.PROCEDURES:
            for who in counter_hours.WHO:
                said = counter_hours.spoken_hours(hours, procedure, who, moment)
                if said:
                    yield procedure, who, moment, "".join(each.text for each in said)


@pytest.mark.parametrize("reword", [False, True])
def test_everything_that_is_said_is_true(hours: Hours, reword: bool) -> None:  # noqa: FBT001
    table = reworded(hours) if reword else hours
    truth = Truth(table)
    distinct = {(procedure, who, text): at for procedure, who, at, text in heard(table)}
    assert len(distinct) > 300
    wrong = [
        (at, text, found)
        for (procedure, who, text), at in distinct.items()
        if (found := truth.problems(procedure, who, at, text))
    ]
    assert wrong == []


@pytest.mark.parametrize(("right", "slip"), SLIPS)
@pytest.mark.parametrize("reword", [False, True])
def test_no_slip_goes_unnoticed(hours: Hours, reword: bool, right: str, slip: str) -> None:  # noqa: FBT001
    table = reworded(hours) if reword else hours
    truth = Truth(table)
    said = {(each[0], each[1], each[3]): each for each in heard(table, days=15) if right in each[3]}.values()
    assert len(said) >= 5
    missed = [
        (at, text)
        for procedure, who, at, text in said
        if not truth.problems(procedure, who, at, text.replace(right, slip, 1))
    ]
    assert missed == []


def test_words_of_another_moment_are_noticed(hours: Hours) -> None:
    evening = FIRST.replace(day=22, hour=17, minute=30)  # a Tuesday, when two counters are open for longer
    said = "今日は、もう終わりました。次に開くのは、明日、水曜日の午前八時半です。"
    assert Truth(hours).problems("pin", "self", evening, said)[0] == "品川区役所 is open"
