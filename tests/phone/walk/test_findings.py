"""Every kind of defect, planted one at a time: the walk must name it, with the place in the flow."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ivr.phone.walk import explore
from ivr.phone.walk.findings import farthest_from_a_person, findings
from ivr.simulator import Caption, Sound

if TYPE_CHECKING:
    from ivr.findings import Finding
    from tests.phone.walk.conftest import Spoiled

HANG_UP = '<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>'


def texts(found: list[Finding]) -> list[str]:
    return [finding.text for finding in found]


def line(spoiled: Spoiled, node: str) -> int:
    return spoiled.content.flow.document.line("nodes", node)


def test_nothing_is_wrong_with_the_helpline_as_it_is(spoiled: Spoiled) -> None:
    assert texts(spoiled.found()) == []


def test_hang_up_without_a_farewell(spoiled: Spoiled) -> None:
    spoiled.document = lambda path, form, text: HANG_UP if ".papers." in path and "Digits=1" in form else text
    (found, *_) = [each for each in spoiled.found("base") if "without a farewell" in each.text]
    assert (found.text, found.node, found.line) == (
        "node papers: 1 hangs up without a farewell",
        "papers",
        line(spoiled, "papers"),
    )


def test_failing_webhook(spoiled: Spoiled) -> None:
    spoiled.document = lambda path, form, text: "<Oops" if ".lost." in path and "Digits=%23" in form else text
    assert any(text.startswith("node lost: # fails: 12100") for text in texts(spoiled.found("base")))


def test_silence_that_never_ends(spoiled: Spoiled) -> None:
    spoiled.document = lambda path, _form, text: (
        re.sub(r"(1\.papers\.[^.]*)\.\d\.", r"\1.0.", text)
        if path.endswith("/silence") and ".papers." in path
        else text
    )
    found = [each for each in spoiled.found() if "presses nothing goes round" in each.text]
    assert {each.node for each in found} == {"papers"}


def test_wrong_keys_that_never_end(spoiled: Spoiled) -> None:
    spoiled.document = lambda path, form, text: (
        re.sub(r"(1\.opening\.[^.]*\.\d)\.\d\.", r"\1.1.", text) if ".opening." in path and "Digits=5" in form else text
    )
    found = [each for each in spoiled.found() if "presses wrong keys goes round" in each.text]
    assert {each.node for each in found} == {"opening"}


def test_dead_end(spoiled: Spoiled) -> None:
    kept: dict[str, str] = {}

    def document(path: str, form: str, text: str) -> str:
        if ".cost." in text and ".cost." not in path:
            kept["cost"] = text
        return kept["cost"] if ".cost." in path and "Digits" in form else text

    spoiled.document = document
    found = [each for each in spoiled.found("base") if "dead end" in each.text]
    assert [each.node for each in found] == ["cost"]


def test_key_that_is_offered_and_does_nothing(spoiled: Spoiled) -> None:
    def sound(known: Sound) -> Sound:
        if any(caption.prompt == "papers" for caption in known.captions):
            return Sound(known.seconds, (*known.captions, Caption("費用は、5。", known.seconds - 0.1, known.seconds)))
        return known

    spoiled.sound = sound
    found = [each for each in spoiled.found("base") if "is offered but chooses nothing" in each.text]
    assert [(each.text, each.node) for each in found] == [
        ("node papers: key 5 is offered but chooses nothing", "papers")
    ]


def test_key_that_works_and_is_never_offered(spoiled: Spoiled) -> None:
    spoiled.sound = lambda known: replace(
        known, captions=tuple(caption for caption in known.captions if caption.prompt != "offer_cost")
    )
    (found,) = [each for each in spoiled.found("base") if "never offered" in each.text]
    assert (found.text, found.line) == (
        "node papers: key 1 chooses something but is never offered",
        spoiled.content.flow.document.line("nodes", "papers", "options", "1"),
    )


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("今日は、お休みです。", "is open"),
        ("窓口は、いま、午後四時まで開いています。", "nothing closes at 16:00"),
        ("窓口は、いま、午後五時まで開いています。次に開くのは、明日、木曜日の午前九時です。", "the next opening is"),
        ("受付時間は区のページにないので、来る前にお確かめください。", "the page does give hours"),
    ],
)
def test_false_hours(spoiled: Spoiled, words: str, problem: str) -> None:
    def sound(known: Sound) -> Sound:
        if [caption.prompt for caption in known.captions] != ["today"] * len(known.captions):
            return known
        return Sound(known.seconds, (Caption(words, 0.0, known.seconds, prompt="today"),))

    spoiled.sound = sound
    found = [each for each in spoiled.found("base") if "hours:" in each.text]
    assert found
    assert {each.node for each in found} == {"cost"}
    assert any(problem in each.text for each in found)


def test_hours_that_are_not_heard_at_all(spoiled: Spoiled) -> None:
    spoiled.sound = lambda known: replace(
        known, captions=tuple(caption for caption in known.captions if caption.prompt != "today")
    )
    assert any("no words about today's hours" in text for text in texts(spoiled.found("base")))


def test_what_depends_on_more_than_where_the_call_stands(spoiled: Spoiled) -> None:
    walked = spoiled.walk("base")
    states = list(walked.states.values())
    assert explore.changed(spoiled.walker, states, 1, inputs=12) == []
    spoiled.document = lambda path, _form, text: (
        text.replace("<Gather", "<Say>早い</Say><Gather", 1) if int(path.split(".")[5]) > 5 else text
    )
    walked.changed = explore.changed(spoiled.walker, states, 1, inputs=12)
    assert any(
        "depends on more than where the call stands" in text for text in texts(findings(spoiled.content, [walked]))
    )


def test_person_who_is_out_of_reach(spoiled: Spoiled) -> None:
    assert farthest_from_a_person(spoiled.content, spoiled.walk("base")) is not None
    kept: dict[str, str] = {}

    def document(path: str, form: str, text: str) -> str:
        kept.setdefault(path.rsplit("/", maxsplit=1)[-1], text)
        return kept[path.rsplit("/", maxsplit=1)[-1]] if "Digits=0" in form else text

    spoiled.document = document
    walked = spoiled.walk("base")
    walked.edges = [edge for edge in walked.edges if edge.input != "0"]
    assert farthest_from_a_person(spoiled.content, walked) is None


def test_speech_is_said_where_it_is_offered(spoiled: Spoiled) -> None:
    def document(path: str, form: str, text: str) -> str:
        if ".opening." in path and "SpeechResult" in form:
            return "<Oops" if "%E3%81%AF%E3%81%84" in form else text
        if "/at/1.opening." in text:
            return text.replace('input="dtmf"', 'input="dtmf speech" hints="はい, いいえ"')
        return text

    spoiled.document = document
    walked = spoiled.walk("base")
    said = {edge.input for edge in walked.edges if edge.source.node == "opening" and edge.input.startswith("say:")}
    assert said == {"say:もしもし", "say:はい", "say:いいえ"}
    assert not any(edge.input.startswith("say:") for edge in walked.edges if edge.source.node != "opening")
    found = texts(findings(spoiled.content, [walked]))
    assert [text.split(":")[:3] for text in found if "fails" in text] == [["node opening", " say", "はい fails"]]
