"""A call written down: JSON, lines, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ivr.phone import report

if TYPE_CHECKING:
    from ivr.simulator import Call
    from tests.phone.conftest import Play

BASE = "https://helpline.example"


def as_json(call: Call) -> dict[str, Any]:
    """Give the JSON object without the real times, which differ from run to run."""
    written = report.as_json(call)
    for event in written["events"]:
        if event["kind"] == "request":
            assert event.pop("ms") >= 0
    return written


def test_json_of_a_call(play: Play) -> None:
    assert as_json(play("1@3 wait:1")) == {
        "ended": "caller",
        "seconds": 7.0,
        "keys": 1,
        "events": [
            {"t": 0.0, "kind": "request", "url": f"{BASE}/voice", "status": 200},
            {"t": 0.5, "kind": "heard", "prompt": "greeting", "text": "ようこそ。", "seconds": 1.5},
            {"t": 2.5, "kind": "heard", "prompt": "first", "text": "一。", "seconds": 0.5, "cut": True},
            {"t": 3.0, "kind": "key", "key": "1"},
            {"t": 3.0, "kind": "request", "url": f"{BASE}/key", "status": 200},
            {"t": 3.0, "kind": "heard", "prompt": "", "text": "前置き。", "seconds": 1.0},
            {"t": 4.0, "kind": "heard", "prompt": "", "text": "答え。", "seconds": 3.0},
            {"t": 7.0, "kind": "hangup", "by": "caller"},
            {"t": 7.0, "kind": "request", "url": f"{BASE}/voice/status", "status": 200},
        ],
    }


def test_json_of_silence_a_transfer_and_a_warning(play: Play) -> None:
    written = as_json(play("silence 2 9"))
    events = [event for event in written["events"] if event["kind"] not in ("request", "heard")]
    assert events == [
        {"t": 9.0, "kind": "silence", "seconds": 6.0},
        {"t": 18.5, "kind": "key", "key": "2"},
        {"t": 20.5, "kind": "dial", "to": "+81312345678", "status": "answered"},
        {"t": 55.5, "kind": "hangup", "by": "service"},
        {"t": 55.5, "kind": "warning", "code": 0, "text": "the call was over before: 9"},
    ]
    assert (written["ended"], written["keys"]) == ("transfer", 1)


@pytest.mark.parametrize("outcome", ["busy", "no-answer", "failed", "canceled"])
def test_a_transfer_that_fails_is_none(play: Play, outcome: str) -> None:
    written = as_json(play("2", dial=outcome))
    assert written["ended"] == "service"
    assert [event["status"] for event in written["events"] if event["kind"] == "dial"] == [outcome]


def test_hanging_up_on_the_person_is_a_transfer_too(play: Play) -> None:
    assert as_json(play("2 wait:10 hangup"))["ended"] == "transfer"
    assert as_json(play("2 wait:3 hangup"))["ended"] == "caller"


def test_a_key_after_the_transfer_makes_it_a_call_like_others(play: Play) -> None:
    assert as_json(play("2 wait:36.5 9@36.5"))["ended"] == "service"


def test_estimated_lengths_are_marked(play: Play) -> None:
    call = play("", latency=20)
    written = as_json(call)
    assert written["ended"] == "error"
    assert [event for event in written["events"] if event["kind"] == "heard"] == [
        {
            "t": 30.0,
            "kind": "heard",
            "prompt": "",
            "text": "We are sorry, an application error has occurred. Goodbye.",
            "seconds": 4.54,
            "estimated": True,
        }
    ]
    assert [event for event in written["events"] if event["kind"] == "hangup"] == [
        {"t": 34.54, "kind": "hangup", "by": "twilio"}
    ]


def test_lines_for_people(play: Play) -> None:
    call = play("1@3 7 silence")
    assert report.lines(report.in_order(call)) == [
        "    0.5    ようこそ。",
        "    2.5    一。 …(cut)",
        "    3.0  > key 1",
        "    3.0    前置き。",
        "    4.0    答え。",
        "    7.0  > key 7",
        "    7.0    もう一度。",
        "    9.0    二。",
        "   11.0  > silence, 6 s",
        "   17.0    さようなら。",
        "   18.0  = hung up by service",
    ]
    assert report.summary(call) == "ended: service, 18.0 s, 2 keys"
    assert report.summary(play("1")) == "ended: caller, 8.0 s, 1 key"


def test_lines_of_what_goes_wrong(play: Play) -> None:
    wrong = report.lines(report.in_order(play("5 9")))
    assert wrong[5:] == [
        f"    9.0  ! request {BASE}/key: 404",
        f"    9.0  ! warning 11200: {BASE}/key answered 404",
        "    9.0    すみません。",
        "   10.0  = hung up by service",
        "   10.0  ! warning: the call was over before: 9",
    ]
