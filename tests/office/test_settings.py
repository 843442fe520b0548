"""Whatever valid hours a person sets for the office, the shipped files keep every limit and every reading."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from ivr.board import Board
from ivr.check import PASSAGE_SECONDS, Lengths, findings, longest
from ivr.findings import errors
from ivr.hours import TOKYO
from ivr.speech import approved, lexicon, openings
from ivr.speech.by_rule import time_kana
from ivr.speech.frontend import FrontEnd
from ivr.speech.store import AudioLibrary, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ivr.content import Content
    from ivr.findings import Finding

MONDAY = datetime(2026, 11, 30, tzinfo=TOKYO)


def read(found: Content, front: FrontEnd, *, dates: bool = True) -> list[Finding]:
    """Check the readings of a helpline as `ivr prompts check` does, but for what does not depend on the office."""
    words = lexicon.load(found.root)
    said = (each for each in found.office.openings if dates or not each.date)
    heard, wrong = openings.hear_openings(said, front, words)
    return [*wrong, *approved.check(heard, approved.load(found.root, "ja"), found.place)]


@pytest.fixture(scope="module")
def front(shipped: Content, tmp_path_factory: pytest.TempPathFactory) -> FrontEnd:
    return FrontEnd(lexicon.load(shipped.root), Shelf(tmp_path_factory.mktemp("words")).lexicon)


def test_every_limit_is_kept_unset_and_with_the_hours_of_the_readme(
    with_office: Callable[[str], Content], settings: list[str], tmp_path: Path
) -> None:
    for written in ("", settings[0]):
        for hour in (3, 10):
            now = MONDAY + timedelta(hours=hour)
            found = findings(with_office(written), Lengths(AudioLibrary(tmp_path)), now, Board())
            assert errors(found) == [], written


def test_no_hours_make_anything_too_long(
    with_office: Callable[[str], Content], settings: list[str], tmp_path: Path
) -> None:
    known = Lengths(AudioLibrary(tmp_path))
    for written in settings:
        found = with_office(written)
        assert longest(found, known, "person_closed") <= PASSAGE_SECONDS, written
        assert len(found.office.all_says()) <= 600, written


def test_the_longest_opening_that_can_be_said_is_short_enough(
    with_office: Callable[[str], Content], tmp_path: Path
) -> None:
    """Every minute of a day as the only opening of a week, said with a date of two numbers: nothing is longer."""
    known = Lengths(AudioLibrary(tmp_path))
    friday = datetime(2026, 12, 18, 10, tzinfo=TOKYO)
    for minute in range(1440):
        found = with_office(f"thu {minute // 60:02}:{minute % 60:02}-24:00")
        (said,) = found.office.says(friday)
        assert "十二月二十四日、木曜日の" in said.text
        board, *_ = found.office.notices()
        rest = (*found.body("person_closed"), found.whole(board))
        assert sum(map(known.seconds, (*rest, found.whole(said)))) <= PASSAGE_SECONDS, said.text


def test_every_reading_is_approved_or_as_the_rule_says(
    with_office: Callable[[str], Content], settings: list[str], front: FrontEnd
) -> None:
    """Sentences with a date, some hundred of each setting, are read for a few: of a date only the time differs."""
    for number, written in enumerate(settings):
        assert read(with_office(written), front, dates=number < 5) == [], written


def test_what_is_said_of_any_office_is_approved_where_none_is_set(
    with_office: Callable[[str], Content], front: FrontEnd
) -> None:
    found = with_office("")
    words, known = lexicon.load(found.root), approved.load(found.root, "ja")
    heard, wrong = openings.hear((), found.office, front, words)
    assert [*wrong, *approved.check(heard, known, found.place)] == []
    parts = {part for sentence in heard for part, _ in sentence.parts}
    assert {"{date}", "{time}からです", "今日の", "あした", *(f"{day}曜日の" for day in "月火水木金土日")} <= parts


def test_a_reading_that_nobody_approved_is_found_around_a_time(
    with_office: Callable[[str], Content], front: FrontEnd
) -> None:
    found = with_office("mon-fri 09:00-10:00")
    heard, _ = openings.hear_openings(found.office.openings, front, lexicon.load(found.root))
    known = approved.load(found.root, "ja")
    without = {part: kana for part, kana in known.items() if part != "{time}からです"}
    (finding,) = approved.check(heard, without, found.place)
    assert "「{time}からです」 is not approved yet: {time}カラデス" in finding.text


@pytest.mark.parametrize("begin", ["09:05", "09:08", "09:12", "00:30"])
def test_a_time_that_the_dictionary_does_not_know_is_read_as_people_say_it(
    with_office: Callable[[str], Content], front: FrontEnd, begin: str
) -> None:
    assert read(with_office(f"mon-fri {begin}-17:00"), front) == []


@pytest.mark.parametrize(
    ("begin", "kana"),
    [
        ("00:30", ("ゴゼンレージハン",)),
        ("08:30", ("ゴゼンハチジハン",)),
        ("09:05", ("ゴゼンクジゴフン",)),
        ("11:58", ("ゴゼンジューイチジゴジューハップン", "ゴゼンジューイチジゴジューハチフン")),
        ("12:00", ("ショーゴ",)),
        ("12:01", ("ゴゴレージイップン",)),
        ("16:50", ("ゴゴヨジゴジュップン",)),
        ("19:40", ("ゴゴシチジヨンジュップン",)),
    ],
)
def test_times_are_read_by_the_rule(begin: str, kana: tuple[str, ...]) -> None:
    assert time_kana(time.fromisoformat(begin)) == kana
