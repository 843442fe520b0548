"""Did it help? Asked after an answer, of some, once a call, and never in anybody's way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ivr import content, flow
from ivr.call import Dialled, Key, Silence, Start, Wait, advance
from ivr.position import Survey

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Caller, Root

    from ivr.content import Content
    from ivr.findings import Finding

    Refused = Callable[[Callable[[], object]], list[Finding]]

FLOW = "flows/helpline.yaml"
QUESTION = "お役に立てましたか。役に立った方は、5。そうでない方は、6。"


def press(caller: Caller, keys: str) -> list[str]:
    """Press keys, or nothing; give what records keep of each."""
    return [caller.hears(Silence() if key == "silence" else Key(key)).chosen for key in keys.split()]


def test_it_is_asked_after_an_answer_of_whoever_stays(surveyed: Caller) -> None:
    turn = surveyed.hears(Key("1"))
    assert QUESTION not in surveyed.said
    assert turn.then == Wait(3)
    asked = surveyed.hears(Silence())
    assert (surveyed.said, asked.chosen, asked.then) == (QUESTION, "asked", Wait(10))
    assert (surveyed.node, surveyed.position.silences) == ("lost", 0)


@pytest.mark.parametrize(
    ("key", "words", "name"), [("5", "ありがとうございます。", "helped"), ("6", "申し訳ありません。", "not_helped")]
)
def test_one_key_replies_and_the_caller_stays_at_the_answer(surveyed: Caller, key: str, words: str, name: str) -> None:
    press(surveyed, "1 silence")
    assert (surveyed.hears(Key(key)).chosen, surveyed.said, surveyed.node) == (name, words, "lost")
    assert press(surveyed, "silence silence") == ["silence", "silence"]
    assert press(surveyed, "1") == ["connect"]


def test_another_mind_is_a_reply_too(surveyed: Caller) -> None:
    assert press(surveyed, "1 silence 6 6 5") == ["lost", "asked", "not_helped", "not_helped", "helped"]


def test_whoever_says_nothing_hears_the_usual_words(surveyed: Caller) -> None:
    heard = press(surveyed, "2 silence silence silence silence silence")
    assert heard == ["papers", "asked", "silence", "silence", "silence", "silence_end"]


def test_it_is_asked_once_a_call_and_its_keys_mean_nothing_elsewhere(surveyed: Caller) -> None:
    assert press(surveyed, "5 1 5 silence * 2 silence 5") == [
        "wrong", "lost", "wrong", "asked", "back", "papers", "silence", "wrong"
    ]  # fmt: skip


def test_it_waits_for_an_answer_where_the_caller_stays(surveyed: Caller) -> None:
    assert press(surveyed, "9 1 silence * * 1 * 2 # silence #") == [
        "other", "deep", "silence", "back", "back", "lost", "back", "papers", "repeat", "asked", "repeat"
    ]  # fmt: skip
    assert surveyed.turn is not None
    assert surveyed.turn.then == Wait(10)
    assert press(surveyed, "5") == ["helped"]


def test_where_the_flow_says_so_nobody_is_asked(surveyed: Caller) -> None:
    press(surveyed, "1 1")
    surveyed.hears(Dialled("busy"))
    assert press(surveyed, "silence silence") == ["silence", "silence"]


def test_nobody_is_asked_unless_it_is_set_or_after_an_error(caller: Caller, surveyed: Caller) -> None:
    assert press(caller, "1 silence") == ["lost", "silence"]
    begun = replace(surveyed.position, node="opening", turn=-1)
    surveyed.turn = advance(surveyed.content, begun, Start(lost=True), surveyed.now, surveyed.board)
    assert press(surveyed, "1 silence") == ["lost", "silence"]


@pytest.mark.parametrize("percent", [0, 1, 10, 50, 100])
def test_about_so_many_calls_are_asked_and_each_for_certain(invented: Content, percent: int) -> None:
    some = replace(invented, survey_percent=percent)
    seconds = range(1_790_000_000, 1_790_020_000)
    chosen = sum(map(some.surveyed, seconds))
    assert abs(chosen - len(seconds) * percent / 100) <= len(seconds) / 100
    assert [some.surveyed(second) for second in seconds[:50]] == [some.surveyed(second) for second in seconds[:50]]


def test_whether_it_is_asked_travels_with_the_call(surveyed: Caller) -> None:
    assert surveyed.position.survey is Survey.DUE
    press(surveyed, "1")
    surveyed.content = replace(surveyed.content, survey_percent=0)
    surveyed.now += timedelta(minutes=5)
    assert press(surveyed, "silence 5") == ["asked", "helped"]


def test_its_words_are_made_beforehand_whether_or_not_it_is_set(invented: Content) -> None:
    assert {invented.survey().key, invented.thanks("5").key, invented.thanks("6").key} <= {
        passage.key for passage in invented.passages
    }


def test_a_flow_may_go_without(root: Root) -> None:
    text = (root.path / FLOW).read_text("utf-8")
    begin, end = text.index("survey:"), text.index("menu:\n  silence")
    (root.path / FLOW).write_text(text[:begin] + text[end:], "utf-8")
    words = root.path / "prompts/ja/words.yaml"
    kept = [line for line in words.read_text("utf-8").splitlines(keepends=True) if "立" not in line]
    names = ("offer_no", "thanks", "regrets")
    words.write_text("".join(line for line in kept if not line.startswith(names)), "utf-8")
    found = replace(content.load(root.path), survey_percent=100)
    assert not found.surveyed(0)
    with pytest.raises(TypeError, match="asks nobody"):
        found.survey()


@pytest.mark.parametrize(
    ("old", "new", "text", "at"),
    [
        ("wait: 3", "wait: 1", "survey.wait: '1' is too small: at least 2 is needed", "wait: 1"),
        (
            "5: {name: helped,",
            "5: {name: glad,",
            "'glad' is not allowed here; allowed are: helped, not_helped",
            "name: glad",
        ),
        ("6: {name: not_helped,", "6: {name: helped,", "one named helped and one named not_helped", "options:"),
        ("5: {name: helped,", "0: {name: helped,", "key '0' always means 'person'", "0: {name"),
        ("thanks: [thanks]", "thanks: []", "has 0 entries, at least 1 are needed", "thanks: []"),
    ],
)
def test_a_survey_that_cannot_be_is_found_at_its_line(
    root: Root, refused: Refused, old: str, new: str, text: str, at: str
) -> None:
    root.change(FLOW, old, new)
    (finding,) = refused(lambda: flow.load(root.path))
    assert text in finding.text
    assert finding.line == root.line(FLOW, at, after="announcements")


def test_a_key_with_two_meanings_is_found_where_it_is_an_option(root: Root, refused: Refused) -> None:
    options = "".join(f"      {key}: {{name: n{key}, says: offer_connect, goto: line}}\n" for key in range(2, 6))
    first = "      1: {name: connect, says: offer_connect, goto: line}\n"
    root.change(FLOW, first, first + options)
    (finding,) = refused(lambda: flow.load(root.path))
    assert "lost: key 5 replies to the survey" in finding.text
    assert finding.line == root.line(FLOW, "5: {name: n5")
    root.change(FLOW, "  lost:\n    kind: answer\n", "  lost:\n    kind: answer\n    survey: no\n")
    assert "5" in getattr(flow.load(root.path).nodes["lost"], "options", {})


def test_its_prompts_are_looked_for(root: Root, refused: Refused) -> None:
    root.change("prompts/ja/words.yaml", "regrets: 申し訳ありません。\n", "")
    (finding,) = refused(lambda: content.load(root.path))
    assert "no prompt 'regrets'" in finding.text
    assert finding.line == root.line(FLOW, "regrets")
