"""What reports count of one call. Pure: the record of the call, and what is known of the flow that it heard.

Every word that a report uses is defined here; `DEFINITIONS` says the same to people.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from ivr.hours import TOKYO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from ivr.records.store import CallRecord, Turn

Outcome = Literal["menu", "person", "given_up"]
OUTCOMES: tuple[Outcome, ...] = ("menu", "person", "given_up")
NO_SUBJECT = "none"
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
    "cut": "a key was pressed before the words of the node were over",
}
OUTCOMES_JA = {"menu": "案内だけで済んだ", "person": "係の者と話した", "given_up": "あきらめた"}
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
    "cut": "言葉が終わる前にボタンが押された割合",
}
SILENT = frozenset({"silence", "silence_end"})
WRONG = frozenset({"wrong", "wrong_end"})
_RETRIES = frozenset({"silence", "wrong"})
_REACHED = frozenset({"completed", "talked"})
_PERSON = "person"


@dataclass(frozen=True)
class Known:
    """What is known of a flow: its first node, the kind of each node, and how long a node speaks at a moment.

    `seconds` gives None where that is not known.
    """

    start: str
    kinds: Mapping[str, str]
    seconds: Callable[[str, datetime], float | None]


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


def summarise(record: CallRecord, known: Known) -> Summary:
    """Count one call that is over."""
    began = (record.call.answered or record.call.began).astimezone(TOKYO)
    answers = [turn for turn in record.turns if _answers(turn, known)]
    first = answers[0] if answers else None
    return Summary(
        day=began.date().isoformat(),
        hour=began.hour,
        subject=_subject(record.turns, known),
        answer=first.node if first else "",
        answer_keys=sum(_pressed(turn) for turn in record.turns if turn.at <= first.at) if first else None,
        answer_seconds=max(0, round((first.at - began).total_seconds())) if first else None,
        outcome=_outcome(record, answers[-1] if answers else None),
        left=record.call.node,
    )


def cuts(record: CallRecord, known: Known) -> Iterator[tuple[Turn, bool]]:
    """Tell of each key whether it came before the words of its node were over, where that can be told."""
    for before, turn in pairwise(record.turns):
        if not _pressed(turn) or before.option in _RETRIES or before.node != turn.came_from:
            continue
        seconds = known.seconds(turn.came_from, before.at)
        if seconds is not None:
            yield turn, (turn.at - before.at).total_seconds() < seconds


def _pressed(turn: Turn) -> bool:
    return turn.kind == "turn" and turn.option not in SILENT


def _answers(turn: Turn, known: Known) -> bool:
    """Tell whether an answer begins here that the caller had chosen, and no retry or way to a person led to it."""
    chosen = _pressed(turn) and turn.option not in {*WRONG, _PERSON}
    return chosen and known.kinds.get(turn.node) == "answer"


def _subject(turns: tuple[Turn, ...], known: Known) -> str:
    passed_over = {*SILENT, *WRONG, "repeat", "back", "limit"}
    chosen = (turn.option for turn in turns if turn.came_from == known.start and turn.kind == "turn")
    return next((option for option in chosen if option not in passed_over), NO_SUBJECT)


def _outcome(record: CallRecord, last: Turn | None) -> Outcome:
    if any(turn.kind == "transfer" and turn.option in _REACHED for turn in record.turns):
        return "person"
    if last is None:
        return "given_up"
    after = [turn for turn in record.turns if (turn.at, turn.turn) > (last.at, last.turn)]
    return "given_up" if any(turn.kind == "transfer" or turn.option == _PERSON for turn in after) else "menu"
