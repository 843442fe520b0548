"""Whoever gives up: in office hours with a person, else with both numbers said slowly, and never round and round."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ivr.board import Board, Shut
from ivr.call import MAX_SECONDS, MAX_TURNS, Dial, Dialled, HangUp, Heard, Key, Silence, Turn, advance
from ivr.flow import Answer, Farewell, Menu, Transfer
from ivr.hours import TELEPHONE, TOKYO
from ivr.position import Position

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr.content import Content

HOURS = "mon-fri 08:30-17:00"
TUESDAY = datetime(2026, 11, 24, tzinfo=TOKYO)
SHUT = Board(1, shut=(Shut(TELEPHONE, date(2026, 11, 24)),))
STATES = {
    "open": (HOURS, TUESDAY + timedelta(hours=10), Board()),
    "closed": (HOURS, TUESDAY + timedelta(hours=20), Board()),
    "closed on the board": (HOURS, TUESDAY + timedelta(hours=10), SHUT),
    "closed at the turn of the year": (HOURS, datetime(2026, 12, 30, 10, tzinfo=TOKYO), Board()),
    "unset": ("", TUESDAY + timedelta(hours=10), Board()),
}
WRONG = Key("7")


@pytest.fixture(params=STATES)
def state(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(params=[Silence(), WRONG], ids=["silence", "wrong keys"])
def again(request: pytest.FixtureRequest) -> Heard:
    heard: Heard = request.param
    return heard


def waiting(content: Content) -> list[str]:
    return [name for name, node in content.flow.nodes.items() if isinstance(node, Menu | Answer)]


def behind_the_office(content: Content) -> set[str]:
    """Name the nodes at which somebody stands who has been put through, in vain or not."""
    lines = [node for node in content.flow.nodes.values() if isinstance(node, Transfer) and node.to == "office"]
    return {target for line in lines for _, target in line.edges()}


def given_up(content: Content, at: Position, heard: Heard, now: datetime, board: Board) -> Turn:
    turn = advance(content, at, heard, now, board)
    for _ in range(3):
        turn = advance(content, turn.position, heard, now, board)
    return turn


def ends_with_the_numbers(content: Content, turn: Turn) -> bool:
    sentences = [sentence for passage in turn.passages for sentence in passage.sentences]
    slowly = "".join(sentence.text for sentence in sentences if sentence.pace == "slow")
    text = "".join(sentence.text for sentence in sentences)
    numbers = all(content.facts.speak(fact)[0] in slowly for fact in ("suspension_phone", "ward_phone"))
    return numbers and "二十四時間" in text and isinstance(turn.then, HangUp)


def test_every_node_ends_with_a_person_or_with_the_numbers(
    with_office: Callable[[str], Content], state: str, again: Heard
) -> None:
    hours, now, board = STATES[state]
    content = with_office(hours)
    put_through = behind_the_office(content)
    for name in waiting(content):
        if state == "open" and getattr(content.flow.nodes[name], "office", False):
            continue  # nobody is told when the office answers while it does
        turn = given_up(content, Position(name, int(now.timestamp()), told=True), again, now, board)
        if state == "open" and name not in put_through:
            assert isinstance(turn.then, Dial), name
            assert (turn.then.name, turn.position.node) == ("office", "person_line"), name
        else:
            assert ends_with_the_numbers(content, turn), name


@pytest.mark.parametrize("limit", ["turns", "seconds"])
def test_a_call_that_is_too_long_ends_with_a_person_or_with_the_numbers(
    with_office: Callable[[str], Content], state: str, again: Heard, limit: str
) -> None:
    hours, now, board = STATES[state]
    content = with_office(hours)
    answered = int(now.timestamp()) - (MAX_SECONDS + 1 if limit == "seconds" else 0)
    for name in waiting(content):
        turn = advance(content, Position(name, answered, turn=MAX_TURNS * (limit == "turns")), again, now, board)
        assert turn.chosen == "limit", name
        if state == "open":
            assert isinstance(turn.then, Dial), name
            for outcome in ("completed", "busy", "no-answer", "failed", "canceled", "a word of next year"):
                assert ends_with_the_numbers(content, advance(content, turn.position, Dialled(outcome), now, board))
        else:
            assert ends_with_the_numbers(content, turn), name


@pytest.mark.parametrize("outcome", ["completed", "busy", "no-answer", "failed", "canceled", "a word of next year"])
def test_a_caller_who_does_nothing_is_put_through_once(
    with_office: Callable[[str], Content], again: Heard, outcome: str
) -> None:
    hours, now, board = STATES["open"]
    content = with_office(hours)
    turn, dialled = given_up(content, Position("pin_self", int(now.timestamp())), again, now, board), 0
    for _ in range(20):
        if isinstance(turn.then, HangUp):
            break
        dials = isinstance(turn.then, Dial)
        dialled += dials
        turn = advance(content, turn.position, Dialled(outcome) if dials else again, now, board)
    assert (dialled, ends_with_the_numbers(content, turn)) == (1, True)


def test_no_farewell_hangs_up_without_the_numbers(with_office: Callable[[str], Content]) -> None:
    content = with_office("")
    farewells = [name for name, node in content.flow.nodes.items() if isinstance(node, Farewell)]
    for name in farewells:
        turn = Turn(Position(name, 0), content.body(name), HangUp(), "")
        assert ends_with_the_numbers(content, turn), name
    assert farewells


@pytest.mark.parametrize("key", ["#", "0"])
def test_who_hears_when_somebody_answers_gets_through_as_soon_as_somebody_does(
    with_office: Callable[[str], Content], key: str
) -> None:
    content = with_office(HOURS)
    before = TUESDAY + timedelta(hours=8, minutes=29)
    closed = advance(content, Position("opening", int(before.timestamp())), Key("0"), before, Board())
    assert closed.position.node == "person_closed"
    opened = advance(content, closed.position, Key(key), before + timedelta(minutes=1), Board())
    assert isinstance(opened.then, Dial)
    shut = advance(content, closed.position, Key(key), before + timedelta(minutes=1), SHUT)
    assert (shut.position.node, isinstance(shut.then, Dial)) == ("person_closed", False)


def test_closed_on_the_board_callers_hear_so_and_when_somebody_answers(with_office: Callable[[str], Content]) -> None:
    hours, now, board = STATES["closed on the board"]
    content = with_office(hours)
    turn = advance(content, Position("opening", int(now.timestamp())), Key("0"), now, board)
    said = [passage.sentences[0].text for passage in turn.passages]
    assert said[:2] == ["係の電話は、今日はお休みです。", "係の者が出られるのは、明日、水曜日の、午前八時半からです。"]
    assert {passage.key for passage in turn.passages} <= {passage.key for passage in content.passages}
    usual = advance(content, replace(turn.position, node="opening"), Key("0"), now, Board())
    assert isinstance(usual.then, Dial)
