"""A call by hand: what is shown, what is asked, what is done."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import TYPE_CHECKING

from ivr.phone.caller import Caller
from ivr.phone.converse import converse
from ivr.phone.items import FORMS
from ivr.phone.place import TOKYO, Circumstances, Service, dial
from ivr.simulator import wsgi

if TYPE_CHECKING:
    from ivr.phone.items import Item
    from ivr.simulator import Call
    from tests.phone.conftest import Helpline


def by_hand(helpline: Helpline, *typed: str) -> tuple[Call, list[Item], list[str]]:
    """Call and type these lines, then walk away."""
    lines, shown = iter(typed), []
    service = Service(wsgi(helpline), "https://helpline.example/voice", "t", lambda _source: None)
    given = Circumstances(datetime(2026, 11, 24, 18, 30, tzinfo=TOKYO))
    call = dial(service, given, Random(1))
    done = converse(Caller(call), lambda: next(lines, None), shown.append)
    return call, done, shown


def test_passages_are_shown_and_keys_done(helpline: Helpline) -> None:
    call, done, shown = by_hand(helpline, "1", "7 2")
    assert [line[9:].lstrip("~ ") for line in shown] == [
        "menu",
        "> key 1",
        "first",
        "answer",
        "> key 7",
        "again",
        "> key 2",
        "wait",
        "= dialled +81312345678: answered",
        "bye",
        "= hung up by service",
    ]
    assert " ".join(map(str, done)) == "1 7 2"
    assert call.ended == "service"


def test_an_empty_line_is_silence(helpline: Helpline) -> None:
    call, done, _ = by_hand(helpline, "", "silence")
    assert " ".join(map(str, done)) == "silence silence"
    assert call.ended == "service"


def test_walking_away_hangs_up(helpline: Helpline) -> None:
    call, done, shown = by_hand(helpline)
    assert (call.ended, done) == ("caller", [])
    assert shown[-1].endswith("= hung up by caller")


def test_a_slip_is_explained_and_asked_again(helpline: Helpline) -> None:
    call, done, shown = by_hand(helpline, "x", "hangup 1")
    assert [line for line in shown if "is not a key" in line] == [f"'x' is not {FORMS}"]
    assert " ".join(map(str, done)) == "hangup"
    assert call.ended == "caller"
