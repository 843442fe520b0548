"""What a call does next, on the small invented helpline: every key, silence, outcome and limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from werkzeug.datastructures import MultiDict

from ivr import twilio
from ivr.board import Board
from ivr.call import MAX_SECONDS, MAX_TURNS, TURN_BASE, Dial, Dialled, HangUp, Key, Silence, Start, Wait, advance
from ivr.position import Position

if TYPE_CHECKING:
    from conftest import Caller

    from ivr.content import Content

OPENING = "試験の案内です。紛失は、1。持ち物は、2。窓口は、3。ほかは、9。番号はうかがいません。"
KEYS = "繰り返しはシャープです。"
LOST = "止める電話は、0120-95-0178。すぐにおかけください。おつなぎするには、1。"


def press(caller: Caller, keys: str) -> Caller:
    for key in keys.split():
        caller.hears(Silence() if key == "silence" else Key(key))
    return caller


def test_a_call_opens_with_greeting_options_and_the_last_sentence(caller: Caller) -> None:
    assert caller.turn is not None
    assert (caller.said, caller.turn.then, caller.turn.chosen) == (OPENING, Wait(6), "answer")
    assert caller.position == Position("opening", int(caller.now.timestamp()))


def test_an_option_leads_where_the_flow_says_and_is_recorded_by_its_name(caller: Caller) -> None:
    turn = caller.hears(Key("1"))
    assert (caller.node, turn.chosen, turn.then) == ("lost", "lost", Wait(10))
    assert (turn.position.trail, turn.position.turn) == (("opening",), 1)


def test_the_common_keys_are_explained_at_the_end_of_the_first_answer_only(caller: Caller) -> None:
    assert KEYS not in caller.said
    assert press(caller, "1").said == LOST + KEYS
    assert press(caller, "#").said == LOST
    assert KEYS not in press(caller, "* 2").said
    assert KEYS not in press(caller, "* 9 1").said


def test_menus_alone_do_not_explain_the_common_keys(caller: Caller) -> None:
    assert KEYS not in press(caller, "9").said
    assert KEYS not in press(caller, "1").said
    assert KEYS in press(caller, "* * 2").said


def test_sharp_repeats_all_of_it_and_forgets_what_went_wrong(caller: Caller) -> None:
    press(caller, "silence 7 silence")
    assert (caller.position.silences, caller.position.wrongs) == (2, 1)
    turn = caller.hears(Key("#"))
    assert (caller.said, turn.chosen, caller.position.silences, caller.position.wrongs) == (OPENING, "repeat", 0, 0)


def test_star_goes_back_step_by_step(caller: Caller) -> None:
    press(caller, "9 1 1 1")
    assert [caller.node, *(press(caller, "*").node for _ in range(5))] == [
        "deep",
        "other",
        "deep",
        "other",
        "opening",
        "opening",
    ]
    assert caller.turn is not None
    assert caller.turn.chosen == "back"


def test_star_after_a_wrong_key_still_goes_back_to_where_the_caller_came_from(caller: Caller) -> None:
    assert press(caller, "9 1 7 silence *").node == "other"


def test_star_in_the_opening_repeats_it(caller: Caller) -> None:
    assert press(caller, "*").said == OPENING


def test_star_after_a_transfer_does_not_dial_again(caller: Caller) -> None:
    press(caller, "1 1")
    caller.hears(Dialled("busy"))
    assert press(caller, "*").node == "lost"


def test_twelve_steps_back_are_remembered(caller: Caller) -> None:
    press(caller, "9" + " 1" * 14)
    seen = [press(caller, "*").node for _ in range(12)]
    assert seen == ["deep", "other"] * 6 if seen[0] == "deep" else ["other", "deep"] * 6
    last = caller.node
    assert press(caller, "*").node == last


@pytest.mark.parametrize("key", ["4", "5", "6", "7", "8", "12", "A", "1#", "**", "１", " ", "一", "123456789012"])
def test_a_key_that_chooses_nothing_is_wrong_and_never_recorded(key: str, caller: Caller) -> None:
    turn = caller.hears(Key(key))
    assert (caller.node, turn.chosen, turn.then) == ("opening", "wrong", Wait(6))
    assert caller.said == "そのボタンはありません。" + "紛失は、1。持ち物は、2。窓口は、3。ほかは、9。"
    assert key not in turn.position.encode().split(".")


def test_seven_and_eight_are_wrong_in_answers_too(caller: Caller) -> None:
    press(caller, "1")
    for key in ("7", "8"):
        assert caller.hears(Key(key)).chosen == "wrong"


def test_wrong_keys_have_three_wordings_and_then_an_end(caller: Caller) -> None:
    heard = [press(caller, "7").said for _ in range(3)]
    assert heard == [
        "そのボタンはありません。紛失は、1。持ち物は、2。窓口は、3。ほかは、9。",
        "もう一度お願いします。",
        "ゼロを押してください。",
    ]
    turn = caller.hears(Key("7"))
    assert (caller.node, turn.chosen) == ("office_line", "wrong_end")


def test_silence_has_three_wordings_of_its_own_and_then_an_end(caller: Caller) -> None:
    heard = [press(caller, "silence").said for _ in range(3)]
    assert heard == [
        "番号は0120-95-0178。",
        "お選びください。紛失は、1。持ち物は、2。窓口は、3。ほかは、9。",
        "お困りですか。",
    ]
    turn = caller.hears(Silence())
    assert (caller.node, turn.chosen) == ("office_line", "silence_end")


def test_silence_and_wrong_keys_are_counted_apart(caller: Caller) -> None:
    press(caller, "silence 7 silence 8 silence 4")
    assert (caller.position.silences, caller.position.wrongs, caller.node) == (3, 3, "opening")
    assert press(caller, "silence").node == "office_line"


def test_a_node_may_have_words_and_an_end_of_its_own(caller: Caller) -> None:
    heard = [press(caller, key).said for key in ("2", "silence", "silence", "silence")]
    assert heard[1:] == ["持ち物の質問ですか。", "聞き直せます。", "切ってかまいません。"]
    assert press(caller, "silence").node == "office_line"


def test_when_nobody_is_there_too_much_silence_ends_in_a_farewell(without_office: Content, caller: Caller) -> None:
    caller.content = without_office
    press(caller, "silence silence silence silence")
    assert caller.turn is not None
    assert (caller.said, caller.turn.then, caller.turn.chosen) == ("失礼します。", HangUp(), "silence_end")


def test_a_choice_forgets_what_went_wrong_before(caller: Caller) -> None:
    press(caller, "silence silence silence 9 silence")
    assert (caller.node, caller.position.silences) == ("other", 1)


def test_zero_is_a_person_everywhere(caller: Caller) -> None:
    turn = press(caller, "9 1").hears(Key("0"))
    assert (caller.node, turn.chosen, caller.said) == ("office_line", "person", "おつなぎします。")
    assert turn.then == Dial("+81312345678", "office", 22, 3600)


@pytest.mark.parametrize(("moment", "node"), [("open", "office_line"), ("shut", "shut"), ("unset", "nobody_known")])
def test_zero_knows_whether_somebody_answers(moment: str, node: str, without_office: Content, caller: Caller) -> None:
    if moment == "unset":
        caller.content = without_office
    if moment == "shut":
        caller.now += timedelta(hours=10)
        caller.turn = None
        caller.hears(Start())
    press(caller, "0")
    assert caller.node == node
    said = {
        "office_line": "おつなぎします。",
        "shut": "係の者が出られるのは、明日、水曜日の、午前八時半からです。時間外です。",
        "nobody_known": "担当は、03-5742-6660。" + KEYS,
    }
    assert caller.said == said[node]


def test_while_no_number_is_set_nobody_is_dialled(without_office: Content, caller: Caller) -> None:
    caller.content = without_office
    for keys in ("0", "0", "* silence silence silence silence"):
        press(caller, keys)
        assert caller.turn is not None
        assert not isinstance(caller.turn.then, Dial)


OUTCOMES = [
    ("completed", "talked", "completed"),
    ("answered", "talked", "answered"),
    ("busy", "was_busy", "busy"),
    ("no-answer", "was_silent", "no-answer"),
    ("failed", "was_broken", "failed"),
    ("canceled", "was_taken_back", "canceled"),
    ("a word of next year", "was_strange", "unknown"),
    ("COMPLETED", "was_strange", "unknown"),
    ("123456789012", "was_strange", "unknown"),
    ("", "was_strange", "unknown"),
]


@pytest.mark.parametrize("way", ["1 1", "0"], ids=["the suspension line", "a person"])
@pytest.mark.parametrize(("status", "node", "chosen"), OUTCOMES)
def test_every_outcome_of_a_transfer_goes_on(way: str, status: str, node: str, chosen: str, caller: Caller) -> None:
    press(caller, way)
    turn = caller.hears(Dialled(status))
    assert (caller.node, turn.chosen) == (node, chosen)
    assert isinstance(turn.then, Wait)
    assert caller.said


def test_the_transfer_says_so_first_and_dials_the_number_of_the_facts(caller: Caller) -> None:
    turn = press(caller, "1").hears(Key("1"))
    assert (caller.said, turn.then) == ("おつなぎします。", Dial("+81120950178", "suspension_phone", 22, 3600))


@pytest.mark.parametrize(
    ("status", "chosen"),
    [("completed", "talked"), ("answered", "talked"), ("no-answer", "gone"), ("canceled", "gone"), ("new", "gone")],
)
def test_a_caller_who_hung_up_hears_nothing_and_records_tell_a_talk_from_a_wait(
    status: str, chosen: str, caller: Caller
) -> None:
    turn = press(caller, "1 1") and caller.hears(Dialled(status, gone=True))
    assert (turn.passages, turn.then, turn.chosen) == ((), HangUp(), chosen)


@pytest.mark.parametrize("heard", [Key("1"), Silence()])
def test_an_input_that_belongs_to_no_transfer_goes_on_as_an_unknown_outcome(
    heard: Key | Silence, caller: Caller
) -> None:
    turn = press(caller, "1 1").hears(heard)
    assert (caller.node, turn.chosen) == ("was_strange", "unknown")


def test_an_outcome_where_nobody_was_dialled_counts_against_nobody(caller: Caller) -> None:
    turn = caller.hears(Dialled("busy"))
    assert (caller.node, caller.said, turn.position.wrongs) == ("opening", OPENING, 0)


def test_after_a_long_talk_the_helpline_still_helps(caller: Caller) -> None:
    press(caller, "0")
    caller.now += timedelta(seconds=3600)
    caller.hears(twilio.heard_dial(MultiDict({"DialCallStatus": "completed", "DialCallDuration": "3590"})))
    assert caller.said.startswith("終わりました。")
    assert caller.hears(Key("*")).chosen == "back"
    assert caller.said == OPENING


def test_a_call_has_a_limit_in_turns(caller: Caller) -> None:
    assert [caller.hears(Key("#")).chosen for _ in range(MAX_TURNS)] == ["repeat"] * MAX_TURNS
    turn = caller.hears(Key("#"))
    assert (turn.chosen, caller.node) == ("limit", "too_long")
    assert (caller.said, turn.then) == ("長くなりました。失礼します。", HangUp())


def test_a_call_has_a_limit_in_time(caller: Caller) -> None:
    caller.now += timedelta(seconds=MAX_SECONDS)
    assert caller.hears(Key("#")).chosen == "repeat"
    caller.now += timedelta(seconds=1)
    turn = caller.hears(Key("1"))
    assert (turn.chosen, caller.said, turn.then) == ("limit", "長くなりました。失礼します。", HangUp())


def test_whatever_a_caller_does_a_call_ends(caller: Caller) -> None:
    for _ in range(MAX_TURNS + 2):
        turn = caller.hears(Key("9"))
        if isinstance(turn.then, HangUp):
            break
        if isinstance(turn.then, Dial):
            caller.hears(Dialled("busy"))
    assert isinstance(turn.then, HangUp)
    assert caller.said


def test_a_lost_position_is_an_apology_and_the_opening(invented: Content, caller: Caller) -> None:
    begun = Position("opening", int(caller.now.timestamp()))
    turn = advance(invented, begun, Start(lost=True), caller.now, Board())
    assert ["".join(sentence.text for sentence in passage.sentences) for passage in turn.passages] == [
        "失礼しました。",
        OPENING,
    ]
    assert (turn.then, turn.chosen, turn.position.node) == (Wait(6), "position_lost", "opening")
    assert turn.position.turn >= TURN_BASE


def test_a_call_that_was_lost_has_its_whole_length_again(invented: Content, caller: Caller) -> None:
    begun = Position("opening", int(caller.now.timestamp()))
    caller.turn = advance(invented, begun, Start(lost=True), caller.now, Board())
    assert [caller.hears(Key("#")).chosen for _ in range(MAX_TURNS)] == ["repeat"] * MAX_TURNS
    assert caller.hears(Key("#")).chosen == "limit"


@pytest.mark.parametrize("heard", [Key("1"), Silence(), Dialled("completed")])
def test_a_node_that_no_longer_exists_is_an_apology_and_the_opening(
    heard: Key | Silence | Dialled, invented: Content, caller: Caller
) -> None:
    stale = Position("of_last_year", int(caller.now.timestamp()), ("lost", "gone"), silences=2, wrongs=1, turn=7)
    turn = advance(invented, stale, heard, caller.now, Board())
    caller.turn = turn
    assert (caller.said, turn.chosen) == ("失礼しました。" + OPENING, "position_lost")
    assert turn.position == replace(stale, node="opening", trail=(), silences=0, wrongs=0, turn=8)


def test_a_way_back_to_nodes_that_no_longer_exist_is_no_error(invented: Content, caller: Caller) -> None:
    stale = Position("deep", int(caller.now.timestamp()), ("opening", "of_last_year", "of_yesterday"), turn=4)
    caller.turn = advance(invented, stale, Key("*"), caller.now, Board())
    assert (caller.node, caller.position.trail) == ("opening", ())


def test_a_node_that_still_exists_goes_on_in_the_new_version(invented: Content, caller: Caller) -> None:
    old = Position("lost", int(caller.now.timestamp()), ("opening",), turn=4, flow_version="0" * 7 + "1")
    caller.turn = advance(invented, old, Key("1"), caller.now, Board())
    assert caller.node == "line"


@pytest.mark.parametrize("node", ["bye", "person"])
def test_a_node_that_became_something_else_goes_on(node: str, invented: Content, caller: Caller) -> None:
    old = Position(node, int(caller.now.timestamp()), ("opening",), turn=4)
    turn = advance(invented, old, Key("1"), caller.now, Board())
    assert turn.passages


def test_words_of_today_come_first_and_once(caller: Caller) -> None:
    turn = press(caller, "3") and caller.turn
    assert turn is not None
    assert 2 <= len(turn.passages) <= 4
    assert "".join(s.text for s in turn.passages[-1].sentences) == KEYS


def test_the_same_input_at_the_same_place_is_the_same_turn_for_everybody(invented: Content, caller: Caller) -> None:
    here = press(caller, "1").position
    first = advance(invented, here, Key("1"), caller.now, Board())
    again = advance(invented, here, Key("1"), caller.now + timedelta(seconds=30), Board())
    assert first == again
