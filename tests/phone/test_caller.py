"""When the caller presses: every item kind, against a helpline whose options are said at known seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr.simulator import Key

if TYPE_CHECKING:
    from ivr.simulator import Call
    from tests.phone.conftest import Play


def pressed(call: Call) -> list[tuple[str, float]]:
    return [(event.key, event.t) for event in call.events if isinstance(event, Key)]


def texts(call: Call) -> list[str]:
    return [heard.text + ("!" if heard.cut else "") for heard in call.heard]


def test_without_items_the_caller_listens_until_a_key_is_waited_for_and_hangs_up(play: Play) -> None:
    call = play("")
    assert texts(call) == ["ようこそ。", "一。", "二。", "以上です。"]
    assert (call.ended, call.seconds, pressed(call)) == ("caller", 9.0, [])


def test_a_key_is_pressed_as_soon_as_its_option_was_said(play: Play) -> None:
    call = play("1")
    assert pressed(call) == [("1", 4.0)]
    assert texts(call) == ["ようこそ。", "一。", "前置き。", "答え。"]
    assert (call.ended, call.seconds) == ("caller", 8.0)


@pytest.mark.parametrize("key", ["7", "*", "#"])
def test_a_key_without_an_option_is_pressed_when_the_passage_ends(play: Play, key: str) -> None:
    assert pressed(play(key)) == [(key, 9.0)]


def test_a_passage_may_span_verbs_and_documents(play: Play) -> None:
    call = play("1 2")
    assert pressed(call) == [("1", 4.0), ("2", 8.0)]


def test_options_of_an_earlier_passage_do_not_count(play: Play) -> None:
    call = play("7 1")
    assert pressed(call) == [("7", 9.0), ("1", 13.0)]


def test_eager_presses_at_the_start_of_each_passage(play: Play) -> None:
    call = play("7 7 2", eager=True)
    assert pressed(call) == [("7", 0.0), ("7", 0.0), ("2", 0.0)]
    assert texts(call)[0] == "おつなぎします。"


def test_eager_waits_for_a_slow_webhook(play: Play) -> None:
    assert pressed(play("7 2", eager=True, latency=1.5)) == [("7", 1.5), ("2", 3.0)]


def test_a_key_at_a_second_of_its_passage(play: Play) -> None:
    call = play("7@4.5 2@1.25")
    assert pressed(call) == [("7", 4.5), ("2", 5.75)]
    assert texts(call)[:3] == ["ようこそ。", "一。", "もう一度。!"]


def test_a_second_behind_the_end_of_the_passage_is_waited_for(play: Play) -> None:
    assert pressed(play("1@14.9")) == [("1", 14.9)]


def test_a_second_behind_the_timeout_falls_into_what_comes_then(play: Play) -> None:
    call = play("2@17.5")
    assert pressed(call) == [("2", 17.5)]
    assert texts(call)[4:6] == ["もう一度。", "二。!"]


def test_a_second_that_has_passed_is_now(play: Play) -> None:
    assert pressed(play("wait:5 2@3")) == [("2", 5.0)]


def test_a_key_in_a_bare_passage_is_lost_with_a_warning(play: Play) -> None:
    call = play("1 1@0.5")
    assert pressed(call) == [("1", 4.0), ("1", 4.5)]
    assert [warning.text for warning in call.warnings] == ["key 1 is lost: nothing listens while the call is speaking"]
    assert texts(call)[-2:] == ["前置き。", "答え。"]


@pytest.mark.parametrize("silence", ["silence", "timeout"])
def test_silence_lasts_until_the_service_goes_on(play: Play, silence: str) -> None:
    call = play(f"{silence} 2")
    assert pressed(call) == [("2", 18.5)]
    assert texts(call)[4:] == ["もう一度。", "二。", "おつなぎします。", "さようなら。"]


def test_silence_until_the_service_hangs_up(play: Play) -> None:
    call = play("silence silence")
    assert (call.ended, call.seconds) == ("service", 26.0)
    assert texts(call)[-1] == "さようなら。"


def test_waiting_passes_time_and_what_was_said_meanwhile_counts(play: Play) -> None:
    assert pressed(play("wait:5 1")) == [("1", 5.0)]
    assert pressed(play("wait:3 1")) == [("1", 4.0)]


def test_waiting_beyond_the_timeout_begins_a_new_passage(play: Play) -> None:
    call = play("wait:16 2")
    assert pressed(call) == [("2", 18.5)]


def test_waiting_to_the_end_of_the_call(play: Play) -> None:
    assert play("wait:100").ended == "service"


def test_several_keys_of_one_number(play: Play) -> None:
    assert pressed(play("3 1 2 3")) == [("3", 9.0), ("1", 9.0), ("2", 9.0), ("3", 9.0)]


def test_hanging_up_in_the_middle(play: Play) -> None:
    call = play("wait:3 hangup")
    assert (call.ended, call.seconds, texts(call)) == ("caller", 3.0, ["ようこそ。", "一。!"])
    assert call.warnings == []


def test_items_that_are_left_are_named(play: Play) -> None:
    call = play("hangup 1 wait:2 silence")
    assert [warning.text for warning in call.warnings] == ["the call was over before: 1 wait:2 silence"]


@pytest.mark.parametrize("item", ["9", "9@60"])
def test_a_key_that_comes_too_late_is_left(play: Play, item: str) -> None:
    call = play(f"2 {item}")
    assert call.warnings[-1].text == f"the call was over before: {item}"
    assert pressed(call) == [("2", 6.0)]


def test_an_eager_key_for_a_call_that_fails_is_left(play: Play) -> None:
    call = play("4 1", eager=True)
    assert (call.ended, call.warnings[-1].text) == ("limit", "the call was over before: 1")
