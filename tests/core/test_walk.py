"""Every key at every place of the real helpline: nothing breaks, nothing is silent, everything can be reached."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from ivr import twiml
from ivr.board import Board
from ivr.call import MAX_SECONDS, Dial, Dialled, HangUp, Heard, Key, Silence, Start, Turn, Wait, advance
from ivr.flow import Farewell, Office, Transfer
from ivr.position import Position, decode
from ivr.speech import lexicon
from ivr.speech.reading import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr.content import Content

TOKYO = ZoneInfo("Asia/Tokyo")
MOMENTS = {
    "a weekday": "2026-11-25T10:00",
    "late on Tuesday": "2026-11-24T18:30",
    "the minute of closing": "2026-11-25T17:00",
    "a Sunday": "2026-11-29T10:00",
    "a national holiday": "2026-11-23T10:00",
    "the turn of the year": "2026-12-31T23:59",
}
KEYS = [*"0123456789*#", "12"]
OUTCOMES = ["completed", "answered", "busy", "no-answer", "failed", "canceled", "a word of next year", ""]
NAME = re.compile(r"[a-z][a-z0-9_-]*")


@pytest.fixture(params=MOMENTS)
def now(request: pytest.FixtureRequest) -> datetime:
    return datetime.fromisoformat(MOMENTS[request.param]).replace(tzinfo=TOKYO)


def inputs(turn: Turn) -> Iterator[Heard]:
    if isinstance(turn.then, Wait):
        yield from map(Key, KEYS)
        yield Silence()
    elif isinstance(turn.then, Dial):
        yield from map(Dialled, OUTCOMES)


def state(turn: Turn) -> tuple[object, ...]:
    position = turn.position
    return (position.node, position.silences, position.wrongs, position.told)


def turns(content: Content, now: datetime) -> Iterator[Turn]:
    """Go everywhere that keys lead to, once; silences and wrong keys are not mixed with each other.

    Also behind a key that is pressed when the call has become too long.
    """
    start = Position(content.flow.top.start, int(now.timestamp()), turn=-1)
    first = advance(content, start, Start(), now, Board())
    late = advance(content, replace(start, answered=start.answered - MAX_SECONDS - 1), Key("1"), now, Board())
    seen, waiting = {state(first), state(late)}, deque([first, late])
    while waiting:
        turn = waiting.popleft()
        yield turn
        position = decode(replace(turn.position, turn=5).encode())
        assert position is not None, turn.position.encode()
        for heard in inputs(turn):
            after = advance(content, position, heard, now, Board())
            if state(after) not in seen and not (after.position.silences and after.position.wrongs):
                seen.add(state(after))
                waiting.append(after)


def test_every_turn_anywhere_is_one_that_a_caller_can_use(real: Content, now: datetime) -> None:
    dialled = {real.facts.phone("suspension_phone").e164, real.office.number} - {""}
    for turn in turns(real, now):
        here = turn.position.encode()
        node = real.flow.nodes[turn.position.node]
        assert 1 <= len(turn.passages) <= 4, here
        assert all(passage.sentences for passage in turn.passages), here
        assert all(s.text and s.spoken for passage in turn.passages for s in passage.sentences), here
        assert NAME.fullmatch(turn.chosen), here
        assert not isinstance(node, Office), here
        assert isinstance(turn.then, Dial) == isinstance(node, Transfer), here
        assert isinstance(turn.then, HangUp) == isinstance(node, Farewell), here
        assert not isinstance(turn.then, Dial) or turn.then.number in dialled, here


def test_every_passage_that_is_heard_was_made_ready_before(real: Content, now: datetime) -> None:
    ready = {passage.key for passage in real.passages}
    heard = {passage.key for turn in turns(real, now) for passage in turn.passages}
    assert heard - ready == set()


def test_every_option_says_its_key_and_nothing_else_does(real: Content, now: datetime) -> None:
    for turn in turns(real, now):
        node = real.flow.nodes[turn.position.node]
        offered = [s.option for passage in turn.passages for s in passage.sentences if s.option]
        assert offered == list(getattr(node, "options", {})) or turn.chosen in {"silence", "wrong"}
        assert len(offered) <= 7


def reached(content: Content, moments: list[str]) -> set[str]:
    times = [datetime.fromisoformat(moment).replace(tzinfo=TOKYO) for moment in moments]
    return {turn.position.node for now in times for turn in turns(content, now)}


def test_every_node_is_reached_at_some_moment(real: Content) -> None:
    found = reached(real, ["2026-11-25T10:00", "2026-11-28T22:00"])
    heard = {name for name, node in real.flow.nodes.items() if not isinstance(node, Office)}
    only_with_an_office = {"person_line", "person_busy", "person_no_answer", "person_failed", "person_closed"}
    only_with_an_office |= {"after_talk", "limit_line", "goodbye_failed"}
    assert heard - found == ({"person_unknown"} if real.office.number else only_with_an_office)


def test_whoever_presses_nothing_is_led_to_an_end(real: Content, now: datetime) -> None:
    for begun in turns(real, now):
        turn, steps = begun, 0
        while not isinstance(turn.then, HangUp):
            heard = Dialled("no-answer") if isinstance(turn.then, Dial) else Silence()
            turn = advance(real, replace(turn.position, turn=5), heard, now, Board())
            steps += 1
            assert steps <= 12, begun.position.encode()
        assert turn.passages


def test_no_words_are_longer_than_what_twilio_says(real: Content) -> None:
    words = partial(plain, lexicon=lexicon.load(real.root))
    for passage in real.passages:
        written = twiml.last_resort(passage, words)
        parts = re.findall(r"<Say[^>]*>([^<]*)</Say>", written)
        assert parts
        assert all(0 < len(part) <= twiml.SAY_LIMIT for part in parts), passage


def test_the_opening_has_at_most_six_subjects_the_lost_card_first_and_nine_last(real: Content) -> None:
    opening = real.flow.nodes[real.flow.top.start]
    keys = list(getattr(opening, "options", {}))
    assert keys == [*["1", "2", "3", "4", "5", "6", "9"][: len(keys) - 1], "9"]
    assert opening.options["1"].goto == "lost"  # type: ignore[union-attr]
    sentences = [s.text for passage in real.body(real.flow.top.start) for s in passage.sentences]
    assert "うかがう" in sentences[-1]


def test_the_first_thing_after_a_lost_card_is_the_number_and_then_the_number_slowly(real: Content) -> None:
    (passage,) = real.body("lost")
    numbers = [s for s in passage.sentences if real.facts.speak("suspension_phone")[0] in s.text]
    assert passage.sentences[0] == numbers[0]
    assert [s.pace for s in numbers] == ["normal", "slow"]
