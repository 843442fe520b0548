"""What is known of a version when its calls are counted: words as they were said then, in the voice of then."""

from __future__ import annotations

import re
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


def test_titles_are_those_of_the_version_that_was_heard_else_of_today_else_none(
    days: Days, root: Root, flows: KnownFlows
) -> None:
    then = days.heard
    root.change(FLOW, "title: 費用\n", "title: いくらかかるか\n")
    root.change(FLOW, "title: 費用は, ", "title: お金は, ")
    days.publish()
    now = days.heard
    assert [flows.titles(version).node("cost") for version in (then, now, "", "deadbeef")] == [
        "費用", "いくらかかるか", "いくらかかるか", "いくらかかるか",
    ]  # fmt: skip
    assert flows.titles(then).option("papers", "cost") == "費用は"
    assert flows.titles(now, then).node("cost") == "いくらかかるか"
    assert flows.titles("deadbeef", then).node("cost") == "費用"
    assert flows.titles(then).node("gone") == ""
    # ---- an editor is in the middle of saving: what is kept is still known, then what the editor wrote
    text = (root.path / FLOW).read_text("utf-8")
    (root.path / FLOW).write_text(text[: len(text) // 2], "utf-8")
    assert [flows.titles(version).node("cost") for version in (then, "deadbeef")] == ["費用", ""]
    (root.path / FLOW).write_text(text.replace("いくらかかるか", "費用のこと"), "utf-8")
    assert flows.titles().node("cost") == "費用のこと"
    (root.path / FLOW).unlink()
    assert [flows.titles(version).node("cost") for version in (then, "deadbeef")] == ["費用", ""]


def test_a_kept_set_without_titles_borrows_those_of_today(
    days: Days, root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (root.path / FLOW).read_text("utf-8")
    (root.path / FLOW).write_text(re.sub(r"    title: .*\n|title: [^,]*, ", "", text), "utf-8")
    with monkeypatch.context() as earlier:
        earlier.setattr("ivr.titles.findings", lambda _flow: iter(()))
        days.publish()
    flows = KnownFlows(days.settings())
    assert flows.titles(days.heard).node("cost") == ""
    (root.path / FLOW).write_text(text, "utf-8")
    assert flows.titles(days.heard).node("cost") == "費用"
    assert flows(days.heard).kinds["cost"] == "answer"
