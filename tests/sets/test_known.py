"""What is known of a version when its calls are counted: words as they were said then, in the voice of then."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ivr.board import Announcement, Board, Shut
from ivr.records.store import Turn
from ivr.sets.known import KnownFlows

if TYPE_CHECKING:
    from conftest import Days, Root

FLOW = "flows/helpline.yaml"
WORDS = "prompts/ja/words.yaml"


@pytest.fixture
def flows(days: Days, root: Root) -> KnownFlows:
    """Publish a flow with an announcement."""
    root.change(FLOW, "common_keys: [keys]\n", "common_keys: [keys]\nannouncements: [news]\n")
    root.change(WORDS, "hello: ", "news: 混みあっています。\nhello: ")
    days.publish()
    return KnownFlows(days.settings())


def test_an_announcement_is_counted_as_none_of_the_prompts_of_the_opening(days: Days, flows: KnownFlows) -> None:
    known = flows(days.heard)
    board = Board(1, (Announcement("news", days.now, days.now + timedelta(hours=1)),))
    opens = Turn(0, "answer", days.now, "", "answer", "opening")
    plain, announced = known.words(opens, Board()), known.words(opens, board)
    assert [word.prompt for word in plain] == [prompt for prompt, _ in known.prompts["opening"]]
    assert [word.prompt for word in announced] == ["hello", "offer_lost", "", "offer_papers"]
    assert announced[-1].end > plain[-1].end + 1
    again = Turn(1, "turn", days.now, "opening", "repeat", "opening")
    assert known.words(again, board) == plain


def test_a_closing_of_that_day_is_among_the_words(days: Days, flows: KnownFlows) -> None:
    known = flows(days.heard)
    cost = Turn(1, "turn", days.now, "papers", "cost", "cost")
    usual, shut = known.words(cost, Board()), known.words(cost, Board(1, (), (Shut("hall", days.now.date()),)))
    assert known.prompts["cost"] == [("today", False), ("cost", False)]
    assert {word.prompt for word in usual} == {word.prompt for word in shut} == {"today", "cost"}
    assert [word.end for word in usual] != [word.end for word in shut]
    assert known.words(Turn(1, "turn", days.now, "papers", "gone", "gone"), Board()) == []


def test_words_are_as_long_as_the_voice_of_then_said_them(days: Days, root: Root, flows: KnownFlows) -> None:
    use = days.sets.uses().all[0]
    opens = flows.content(use.version).body("opening")
    root.change(WORDS, "hello: 試験の案内です。", "hello: こちらは、とても長い、試験の案内です。")
    days.publish()
    assert not flows.lengths().measured(opens)
    assert flows.lengths(use.voice_set[:8]).measured(opens)
    assert not flows.lengths("0" * 8).measured(opens)
    assert not flows.lengths("../../*").measured(opens)
