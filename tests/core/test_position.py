"""Where a call stands: written into an address and read back, and nothing else is ever accepted."""

from __future__ import annotations

import string
from dataclasses import fields, replace
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ivr.position import TRAIL, Position, Survey, decode

WRITTEN = "1.pin_which.opening-lost.1.2.3.1.ja.n.1a2b3c4d.5e6f7a8b.sx1k2j"
MEANT = Position(
    node="pin_which",
    answered=1748552923,
    trail=("opening", "lost"),
    silences=1,
    wrongs=2,
    turn=3,
    told=True,
    flow_version="1a2b3c4d",
    voice_version="5e6f7a8b",
)

names = st.from_regex(r"[a-z][a-z0-9_]{0,63}", fullmatch=True)
versions = st.from_regex(r"[0-9a-f]{8}", fullmatch=True)
counts = st.integers(0, 10**6)
positions = st.builds(
    Position,
    node=names,
    answered=st.integers(0, 2**40),
    trail=st.lists(names, max_size=TRAIL).map(tuple),
    silences=counts,
    wrongs=counts,
    turn=st.integers(0, 10**8),
    told=st.booleans(),
    survey=st.sampled_from(Survey),
    language=st.just("ja"),
    speed=st.just("n"),
    flow_version=versions,
    voice_version=versions,
)


@given(positions)
def test_what_is_written_is_read_back(position: Position) -> None:
    assert decode(position.encode()) == position


@given(positions)
def test_what_is_written_needs_no_escaping_in_a_path(position: Position) -> None:
    written = position.encode()
    assert set(written) <= set(string.ascii_letters + string.digits + "_-.")
    assert quote(written, safe="") == written


def test_the_form_is_the_one_that_running_calls_carry() -> None:
    assert (MEANT.encode(), decode(WRITTEN)) == (WRITTEN, MEANT)


def test_the_longest_possible_position_is_still_read() -> None:
    longest = replace(MEANT, node="n" * 64, trail=("t" * 64,) * TRAIL, turn=10**8, answered=2**40)
    assert decode(longest.encode()) == longest


@given(st.text(max_size=200))
@example("")
@example(".")
@example("." * 11)
@example("." * 2000)
@example("../../etc/passwd")
@example(WRITTEN.upper())
@example(WRITTEN + ".")
@example(WRITTEN + "\n")
@example(" " + WRITTEN)
@example("\uff11" + WRITTEN[1:])
def test_garbage_is_no_position(garbage: str) -> None:
    found = decode(garbage)
    assert found is None or found.encode() == garbage


BROKEN = {
    "an older form": "0.a..0.0.0.0.ja.n.00000000.00000000.1",
    "a later form": "2.a..0.0.0.0.ja.n.00000000.00000000.1",
    "no node": "1...0.0.0.0.ja.n.00000000.00000000.1",
    "a node in capitals": "1.A..0.0.0.0.ja.n.00000000.00000000.1",
    "a node with a newline": "1.a\n..0.0.0.0.ja.n.00000000.00000000.1",
    "a node of 65 letters": f"1.{'a' * 65}..0.0.0.0.ja.n.00000000.00000000.1",
    "a node of digits": "1.1234..0.0.0.0.ja.n.00000000.00000000.1",
    "a trail with a gap": "1.a.b--c.0.0.0.0.ja.n.00000000.00000000.1",
    "a trail with a newline": "1.a.b\n.0.0.0.0.ja.n.00000000.00000000.1",
    "a trail of thirteen": f"1.a.{'-'.join('b' * 13)}.0.0.0.0.ja.n.00000000.00000000.1",
    "negative silences": "1.a..-1.0.0.0.ja.n.00000000.00000000.1",
    "negative wrongs": "1.a..0.-1.0.0.ja.n.00000000.00000000.1",
    "a negative turn": "1.a..0.0.-1.0.ja.n.00000000.00000000.1",
    "a padded count": "1.a..00.0.0.0.ja.n.00000000.00000000.1",
    "a signed count": "1.a..+0.0.0.0.ja.n.00000000.00000000.1",
    "an underscored count": "1.a..1_0.0.0.0.ja.n.00000000.00000000.1",
    "a full-width count": "1.a..\uff11.0.0.0.ja.n.00000000.00000000.1",
    "a count that is none": "1.a..x.0.0.0.ja.n.00000000.00000000.1",
    "told and a survey that is none": "1.a..0.0.0.10.ja.n.00000000.00000000.1",
    "an unknown language": "1.a..0.0.0.0.en.n.00000000.00000000.1",
    "an unknown speed": "1.a..0.0.0.0.ja.f.00000000.00000000.1",
    "a short version": "1.a..0.0.0.0.ja.n.0000000.00000000.1",
    "a version with a newline": "1.a..0.0.0.0.ja.n.00000000.00000000\n.1",
    "a version in capitals": "1.a..0.0.0.0.ja.n.0000000A.00000000.1",
    "an answer before 1970": "1.a..0.0.0.0.ja.n.00000000.00000000.-5",
    "an answer in capitals": "1.a..0.0.0.0.ja.n.00000000.00000000.SX1K2J",
    "an answer in no time at all": "1.a..0.0.0.0.ja.n.00000000.00000000.",
    "an answer beyond all calendars": f"1.a..0.0.0.0.ja.n.00000000.00000000.{'z' * 400}",
    "a turn beyond all calls": f"1.a..0.0.{'9' * 400}.0.ja.n.00000000.00000000.1",
    "a field too few": "1.a..0.0.0.0.ja.n.00000000.1",
    "a field too many": "1.a..0.0.0.0.ja.n.00000000.00000000.1.1",
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_position_that_was_never_written_is_refused(what: str) -> None:
    assert decode(BROKEN[what]) is None


def test_the_refusals_differ_from_something_accepted() -> None:
    assert decode("1.a..0.0.0.0.ja.n.00000000.00000000.1") == Position("a", 1)


@given(positions, st.integers(0, 11), st.text(max_size=8))
def test_one_spoiled_field_gives_nothing_or_exactly_what_is_written(position: Position, field: int, spoil: str) -> None:
    parts = position.encode().split(".")
    parts[field] = spoil
    value = ".".join(parts)
    found = decode(value)
    assert found is None or found.encode() == value


@given(positions, names)
def test_going_forward_and_back_returns(position: Position, name: str) -> None:
    there = position.to(name)
    assert (there.node, there.trail[-1], there.silences, there.wrongs) == (name, position.node, 0, 0)
    assert len(there.trail) == min(len(position.trail) + 1, TRAIL)
    assert there.back().node == position.node


def test_back_without_a_way_back_stays() -> None:
    assert Position("opening", 5, silences=2, wrongs=1, turn=9).back() == Position("opening", 5, turn=9)


def test_the_survey_is_left_behind_with_the_answer_that_it_was_about() -> None:
    for stands, later in zip(Survey, (Survey.NONE, Survey.DUE, Survey.NONE, Survey.NONE, Survey.NONE), strict=True):
        position = Position("hours", 5, trail=("opening",), survey=stands)
        assert (position.to("papers").survey, position.back().survey) == (later, later)


def test_only_the_last_twelve_nodes_are_kept() -> None:
    position = Position("n0", 5)
    for number in range(1, 20):
        position = position.to(f"n{number}")
    assert position.trail == tuple(f"n{number}" for number in range(7, 19))


def test_no_field_is_left_out_of_the_address() -> None:
    changed = {
        "node": "b",
        "answered": 7,
        "trail": ("z",),
        "silences": 1,
        "wrongs": 1,
        "turn": 1,
        "told": True,
        "survey": Survey.ASKED,
        "language": "en",
        "speed": "s",
        "flow_version": "1" * 8,
        "voice_version": "1" * 8,
    }
    plain = Position("a", 1)
    assert set(changed) == {field.name for field in fields(Position)}
    written = {replace(plain, **{name: value}).encode() for name, value in changed.items()}
    assert len(written | {plain.encode()}) == len(changed) + 1
