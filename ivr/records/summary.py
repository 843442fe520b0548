"""What reports count of one call. Pure: the record of the call, and what is known of the flow that it heard.

Every word that a report uses is defined here; `DEFINITIONS` says the same to people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from ivr.board import Board
from ivr.chosen import MISTAKEN, NO_SUBJECT, REACHED, REPLIES, SILENT, Chosen
from ivr.hours import TOKYO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ivr.records.store import CallRecord, Turn

Outcome = Literal["menu", "person", "given_up"]
OUTCOMES: tuple[Outcome, ...] = ("menu", "person", "given_up")
DEFINITIONS = {
    "subject": "what was first chosen in the opening; `person` for key 0 there, `none` where nothing was chosen",
    "answer": "the first answer that began and was not a transfer's end or a word about who answers the telephone",
    "person": "a transfer of the call was answered",
    "menu": "an answer began, and no transfer and no wish for a person came after the last one",
    "given_up": "neither of both: the caller left without an answer, or asked for a person and reached none",
    "left": "the node at which the call stood when it ended",
    "repeat": "the same number had called within the 24 hours before; withheld numbers never count",
    "silence": "a menu or answer waited for a key in vain",
    "wrong": "a key that stands for nothing at that node, or more than one",
    "keys": "keys pressed before the answer began, those included that stand for nothing",
    "seconds": "seconds from the beginning of the call to the beginning of the answer",
    "cut": "a key was pressed before the words of the node were over; of a prompt, while it was being said",
    "heard": "how often a prompt began to be said at a node; not counted where it is not known when a key came",
    "hung_up": "the caller hung up while the prompt was being said",
    "asked": "after an answer the caller was asked whether it helped",
    "helped": "the last reply to that; of a prompt, where the answer that was asked about says it",
    "not_helped": "as above; who was asked and is in neither did not reply",
}
DEFINITIONS_JA = {
    "subject": "はじめの案内で最初に選ばれたこと。そこで0を押した電話と、何も選ばなかった電話は、別に数える",
    "answer": "最初に流れた答え。転送のあとの言葉と、電話に出られる時間の案内は、答えに数えない",
    "person": "転送した電話に、だれかが出た",
    "menu": "答えが流れ、そのあとで転送も、係の者を呼ぶこともなかった",
    "given_up": "どちらでもない:答えを聞かずに切った、または係の者を呼んで、つながらなかった",
    "left": "電話が終わったときにいた場所",
    "repeat": "24時間以内に同じ番号から電話があった。非通知の電話は数えない",
    "silence": "ボタンを待ったが、何も押されなかった回数",
    "wrong": "その場所にないボタン、または二つ以上のボタンが押された回数",
    "keys": "答えが流れるまでに押されたボタンの数(まちがいもふくむ)",
    "seconds": "電話に出てから、答えが流れはじめるまでの秒数",
    "cut": "言葉が終わる前にボタンが押された割合。言葉ごとの表では、その言葉の途中で押された回数",
    "heard": "その言葉が流れはじめた回数。いつ押されたか分からない場合は数えない",
    "hung_up": "その言葉の途中で電話が切られた回数",
    "asked": "答えのあとで「お役に立てましたか」とたずねた電話",
    "helped": "それに「役に立った」と返事があった電話。言葉ごとの表では、その言葉を話す答えについて",
    "not_helped": "同じく「役に立たなかった」。どちらにも入らない電話は、返事がなかった",
}
BoardAt = Callable[[datetime], Board]
"""Gives the board that held at a moment."""
_ELSE = frozenset({Chosen.SILENCE, Chosen.WRONG, Chosen.ASKED, Chosen.POSITION_LOST, *REPLIES})
"""After these other words are said than those of the node."""
_NO_KEY = frozenset({*SILENT, Chosen.ASKED, Chosen.POSITION_LOST})
_NO_CHOICE = frozenset(Chosen) - {Chosen.PERSON}
"""What is no subject of a call, where it was heard in the opening."""


@dataclass(frozen=True)
class Word:
    """A sentence said at a node: its prompt, and the seconds at which it begins and ends after the node was entered.

    `prompt` is empty for one that the node does not say by itself: an announcement.
    """

    prompt: str
    begin: float
    end: float


@dataclass(frozen=True)
class Known:
    """What is known of a flow: its first node, the kind of each node, its prompts, and the words after a turn.

    `prompts` has those of a node in order, each with whether it offers a key. `words` gives what a turn led to, with
    the board that held then; none for a node that is not known or says nothing.
    """

    start: str
    kinds: Mapping[str, str]
    prompts: Mapping[str, Sequence[tuple[str, bool]]]
    words: Callable[[Turn, Board], Sequence[Word]]


@dataclass(frozen=True)
class Listened:
    """How far somebody listened: not to the end of the words (`cut`), to the prompt `reached`, not to its end.

    `reached` is empty where not even the first had begun.
    """

    cut: bool
    reached: str
    midway: bool


@dataclass(frozen=True)
class Summary:
    """What is counted of a call. `day` (2026-11-27) and `hour` are Tokyo's; `answer_seconds` are whole seconds."""

    day: str
    hour: int
    subject: str
    answer: str
    answer_keys: int | None
    answer_seconds: int | None
    outcome: Outcome
    left: str
    reached: str | None
    midway: bool
    asked: str
    helped: bool | None


def summarise(record: CallRecord, known: Known, board_at: BoardAt) -> Summary:
    """Count one call that is over."""
    began = (record.call.answered or record.call.began).astimezone(TOKYO)
    answers = [turn for turn in record.turns if _answers(turn, known)]
    first = answers[0] if answers else None
    end = _hung_up(record, known, board_at)
    asked = next((turn for turn in record.turns if turn.option == Chosen.ASKED), None)
    replies = [turn.option for turn in record.turns if turn.option in REPLIES]
    return Summary(
        day=began.date().isoformat(),
        hour=began.hour,
        subject=_subject(record.turns, known),
        answer=first.node if first else "",
        answer_keys=sum(_pressed(turn) for turn in record.turns if turn.at <= first.at) if first else None,
        answer_seconds=max(0, round((first.at - began).total_seconds())) if first else None,
        outcome=_outcome(record, answers[-1] if answers else None),
        left=record.call.node,
        reached=end.reached if end else None,
        midway=bool(end and end.midway),
        asked=asked.node if asked else "",
        helped=replies[-1] == Chosen.HELPED if replies else None,
    )


def listened(record: CallRecord, known: Known, board_at: BoardAt) -> Iterator[tuple[Turn, Listened]]:
    """Tell of each key and each silence how far the caller had listened to the node, where that can be told."""
    for before, turn in pairwise(record.turns):
        if turn.kind != "turn" or before.option in _ELSE or before.node != turn.came_from:
            continue
        words = known.words(before, board_at(before.at))
        if words:
            yield turn, _listened(words, (turn.at - before.at).total_seconds())


def _hung_up(record: CallRecord, known: Known, board_at: BoardAt) -> Listened | None:
    """Tell how far the caller had listened when the call ended, where that can be told."""
    last = record.turns[-1] if record.turns else None
    if last is None or record.call.ended is None or last.option in _ELSE:
        return None
    words = known.words(last, board_at(last.at))
    return _listened(words, (record.call.ended - last.at).total_seconds()) if words else None


def _listened(words: Sequence[Word], seconds: float) -> Listened:
    """Tell how far; a pause within a prompt belongs to it."""
    begun = [word for word in words if word.begin <= seconds]
    if not begun:
        return Listened(cut=True, reached="", midway=False)
    last, following = begun[-1], words[len(begun) : len(begun) + 1]
    reached = next((word.prompt for word in reversed(begun) if word.prompt), "")
    midway = bool(last.prompt) and (seconds < last.end or any(word.prompt == last.prompt for word in following))
    return Listened(cut=seconds < words[-1].end, reached=reached, midway=midway)


def _pressed(turn: Turn) -> bool:
    return turn.kind == "turn" and turn.option not in _NO_KEY


def _answers(turn: Turn, known: Known) -> bool:
    """Tell whether an answer begins here that the caller had chosen, and no retry or way to a person led to it."""
    chosen = _pressed(turn) and turn.option not in {*MISTAKEN, *REPLIES, Chosen.PERSON}
    return chosen and known.kinds.get(turn.node) == "answer"


def _subject(turns: tuple[Turn, ...], known: Known) -> str:
    chosen = (turn.option for turn in turns if turn.came_from == known.start and turn.kind == "turn")
    return next((option for option in chosen if option not in _NO_CHOICE), NO_SUBJECT)


def _outcome(record: CallRecord, last: Turn | None) -> Outcome:
    if any(turn.kind == "transfer" and turn.option in REACHED for turn in record.turns):
        return "person"
    if last is None:
        return "given_up"
    after = [turn for turn in record.turns if (turn.at, turn.turn) > (last.at, last.turn)]
    return "given_up" if any(turn.kind == "transfer" or turn.option == Chosen.PERSON for turn in after) else "menu"
