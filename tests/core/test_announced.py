"""What people have switched on the board, as a caller of the small invented helpline hears it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ivr.board import Announcement, Board, Shut
from ivr.call import Key, Start, Wait, advance
from ivr.position import Position

if TYPE_CHECKING:
    from conftest import Caller

    from ivr.content import Content

KEYS = "繰り返しはシャープです。"
HOUR = timedelta(hours=1)
REST = "持ち物は、2。窓口は、3。ほかは、9。番号はうかがいません。"


@pytest.fixture
def now(caller: Caller) -> datetime:
    return caller.now


def opened(caller: Caller, board: Board) -> Caller:
    """Call anew while this is switched on."""
    another = replace(caller, turn=None, board=board)
    another.hears(Start())
    return another


def announcing(now: datetime, *prompts: str) -> Board:
    return Board(1, tuple(Announcement(prompt, now - HOUR, now + HOUR) for prompt in prompts))


def test_an_announcement_is_heard_after_the_option_for_which_nobody_may_wait(caller: Caller, now: datetime) -> None:
    caller = opened(caller, announcing(now, "storm"))
    assert caller.said == f"試験の案内です。紛失は、1。台風です。{REST}"
    assert caller.turn is not None
    assert caller.turn.then == Wait(6)
    assert caller.hears(Key("1")).chosen == "lost"


def test_it_is_heard_once_a_call(caller: Caller, now: datetime) -> None:
    caller = opened(caller, announcing(now, "storm"))
    caller.hears(Key("#"))
    assert caller.said == f"試験の案内です。紛失は、1。{REST}"
    caller.hears(Key("9"))
    caller.hears(Key("*"))
    assert "台風" not in caller.said


def test_of_several_the_two_latest_are_heard_and_a_document_still_plays_no_more_than_four(
    caller: Caller, now: datetime
) -> None:
    caller = opened(caller, announcing(now, "news", "strike", "storm"))
    assert caller.said == f"試験の案内です。紛失は、1。電車がありません。台風です。{REST}"
    assert caller.turn is not None
    assert len(caller.turn.passages) == 4


@pytest.mark.parametrize(("minutes", "heard"), [(-2, False), (-1, True), (0, True), (59, True), (60, False)])
def test_it_holds_until_its_end_and_from_its_beginning_by_any_clock(
    caller: Caller, now: datetime, minutes: int, *, heard: bool
) -> None:
    begins = now - timedelta(minutes=minutes)
    board = Board(1, (Announcement("storm", begins, begins + HOUR),))
    assert ("台風" in opened(caller, board).said) is heard


def test_one_that_this_version_of_the_words_does_not_know_is_passed_over(caller: Caller, now: datetime) -> None:
    assert "storm" in announcing(now, "storm", "of_next_week").announced(now)
    assert opened(caller, announcing(now, "of_next_week")).said == f"試験の案内です。紛失は、1。{REST}"


def test_a_caller_whose_position_was_lost_hears_the_apology_and_no_announcement(
    invented: Content, now: datetime
) -> None:
    here = Position("opening", int(now.timestamp()))
    turn = advance(invented, here, Start(lost=True), now, announcing(now, "storm"))
    assert [passage.sentences[0].text for passage in turn.passages] == ["失礼しました。", "試験の案内です。"]


def test_a_counter_that_is_closed_for_today_is_said_before_what_is_open(caller: Caller, now: datetime) -> None:
    caller = opened(caller, Board(1, shut=(Shut("ward-office", now.date()),)))
    caller.hears(Key("3"))
    assert caller.said == f"今日は、品川区役所は、臨時にお休みです。次に開くのは、明日、水曜日の午前八時半です。{KEYS}"


def test_a_closing_of_yesterday_or_of_a_counter_that_is_gone_changes_nothing(caller: Caller, now: datetime) -> None:
    usual = opened(caller, Board())
    usual.hears(Key("3"))
    yesterday = now.date() - timedelta(days=1)
    caller = opened(caller, Board(1, shut=(Shut("meguro", yesterday), Shut("of_last_year", now.date()))))
    caller.hears(Key("3"))
    assert caller.said == usual.said


def test_every_passage_of_a_board_is_made_beforehand(invented: Content, caller: Caller, now: datetime) -> None:
    made = {passage.key for passage in invented.passages}
    for board in (announcing(now, "news"), announcing(now, "storm", "strike")):
        turn = opened(caller, board).turn
        assert turn is not None
        assert {passage.key for passage in turn.passages} <= made
