"""The world and its calls, as a tester uses them; and that the simulator is a witness of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ivr.simulator import CallOverError, Ended, Key, Line, Requested, Target

if TYPE_CHECKING:
    from tests.simulator.conftest import Service


def test_simulator_imports_nothing_of_the_service_and_no_flask() -> None:
    script = (
        "import sys, ivr.simulator, ivr.simulator.clock, ivr.simulator.faults, ivr.simulator.rest\n"
        "loaded = {n.partition('.')[0] for n in sys.modules} & {'flask', 'werkzeug', 'twilio', 'pydantic'}\n"
        "ours = {n for n in sys.modules if n.startswith('ivr.') and not n.startswith('ivr.simulator')}\n"
        "print(sorted(loaded | ours))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_nothing_happens_after_the_end(service: Service) -> None:
    call = service.dial("<Hangup/>")
    assert (call.over, call.doing, call.wakes) == (True, "over", float("inf"))
    with pytest.raises(CallOverError, match="the call is over: ended by service"):
        call.press("1")
    with pytest.raises(CallOverError):
        call.hang_up()
    call.wait(5)
    call.step()
    assert (call.seconds, call.listen(), call.world.now) == (0.0, [], 5.0)


@pytest.mark.parametrize("key", ["", "12", "A", "x", "１"])
def test_keys_that_no_telephone_has(service: Service, key: str) -> None:
    call = service.dial("<Gather/>")
    with pytest.raises(ValueError, match="is not one of the keys"):
        call.press(key)


def test_listen_gives_what_was_heard_meanwhile(service: Service) -> None:
    service.documents["/key"] = "<Say>二</Say><Gather><Say>三</Say></Gather>"
    call = service.dial('<Say>一</Say><Gather numDigits="1" action="/key"/>')
    assert [heard.text for heard in call.listen()] == ["一"]
    call.press("1")
    assert [heard.text for heard in call.listen()] == ["二", "三"]
    assert [heard.text for heard in call.heard] == ["一", "二", "三"]


def test_events_tell_the_whole_call(service: Service) -> None:
    service.documents["/key"] = "<Hangup/>"
    call = service.dial('<Gather numDigits="1" action="/key"><Pause length="2"/></Gather>')
    call.wait(1)
    call.press("1")
    assert [type(event) for event in call.events] == [Requested, Key, Requested, Ended]
    assert call.events[1] == Key(1.0, "1")
    assert call.events[-1] == Ended(1.0, "service")
    assert call.events[0].answer.startswith(b"<Response><Gather")


def test_calls_share_one_clock_and_each_counts_its_own_seconds(service: Service) -> None:
    first = service.dial("<Say>あああああああああああああ</Say>")
    first.wait(0.5)
    second = first.world.dial(service.line(), "anonymous")
    assert first.world.calls == [first, second]
    second.listen()
    first.wait(1)
    assert [heard.t for heard in second.heard] == [0.0]
    assert (first.seconds, second.seconds, first.world.now) == (2.0, 2.0, 3.5)


def test_a_world_without_calls_only_passes_time(service: Service) -> None:
    world = service.dial("<Hangup/>").world
    world.calls.clear()
    world.run(3)
    assert (world.now, world.wakes, world.moment.isoformat()) == (3, float("inf"), "2026-11-24T09:00:03+00:00")


def test_lines_are_called_by_their_own_addresses(service: Service) -> None:
    service.documents["/other"] = "<Hangup/>"
    call = service.dial("<Hangup/>")
    call.world.dial(Line("+815000000002", "https://service.example/other"), "+819000000000")
    assert (service.received[-1].path, service.received[-1].form["To"]) == ("/other", "+815000000002")


def test_a_call_can_begin_in_the_middle_with_a_document_of_its_own(service: Service) -> None:
    service.documents["/later"] = "<Say>in the middle</Say>"
    world = service.dial("<Hangup/>").world
    call = world.dial(service.line(), "+819000000001", Target(f"{service.base}/later", params={"Digits": "3"}))
    call.listen()
    assert [heard.text for heard in call.heard] == ["in the middle"]
    assert service.received[-1].form["Digits"] == "3"
    assert service.received[-1].form["CallStatus"] == "in-progress"
