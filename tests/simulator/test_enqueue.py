"""<Enqueue>, <Leave> and <Queue> within a Dial, by Twilio's pages on them.

| verb | attribute | values | default |
|---|---|---|---|
| Enqueue | action, method | address, GET or POST | none: the next verb follows, POST |
| Enqueue | waitUrl, waitUrlMethod | Say Play Pause Hangup Redirect Leave Gather; blank: silence | music, POST |
| Enqueue | workflowSid | TaskRouter, not simulated | none |
| Queue | url, method | Say Play Pause Redirect, for the waiting caller before they are connected | none, POST |
| Queue | reservationSid, postWorkActivitySid | TaskRouter, no effect | none |
| Leave | none | | |

The wait document is requested again each time that it ends. QueueResult: bridged, bridging-in-process, error, hangup,
leave, redirected, redirected-from-bridged, queue-full. A bridged caller's action is requested when the talk is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr.simulator import Dialled, Queued, Redirected, Rules, Target, World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr.simulator import Call
    from tests.simulator.conftest import Codes, Service

ENQUEUE = '<Enqueue action="/left" waitUrl="/wait">support</Enqueue><Say>never</Say>'
WAIT = "<Say>ああああああああああああ</Say><Pause length='8'/>"
AGENT = '<Dial action="/done" timeout="20"><Queue url="/connect">support</Queue></Dial>'


@pytest.fixture
def office(service: Service) -> Service:
    service.documents |= {"/wait": WAIT, "/left": "<Say>left</Say>", "/connect": "<Say>now</Say>", "/done": "<Hangup/>"}
    return service


def dial(service: Service, document: str, world: World, caller: str = "+819000000002") -> Call:
    path = f"/{len(world.calls)}"
    service.documents[path] = document
    return world.dial(service.line(voice_url=f"{service.base}{path}"), caller)


def last(service: Service, path: str) -> Mapping[str, str]:
    return next(request.form for request in reversed(service.received) if request.path == path)


def test_wait_document_comes_round_with_position_and_times(office: Service) -> None:
    first = office.dial(ENQUEUE)
    first.wait(3)
    second = dial(office, ENQUEUE, first.world)
    assert [event for event in second.events if isinstance(event, Queued)] == [Queued(0.0, "support", 2)]
    first.wait(9)
    forms = [request.form for request in office.received if request.path == "/wait"]
    told = ("QueuePosition", "QueueTime", "AvgQueueTime", "CurrentQueueSize", "MaxQueueSize")
    assert [[form[name] for name in told] for form in forms] == [
        ["1", "0", "0", "1", "1000"],
        ["2", "0", "2", "2", "1000"],
        ["1", "10", "8", "2", "1000"],
    ]
    assert {form["QueueSid"] for form in forms} == {first.world.queues["support"].sid}
    assert [heard.t for heard in first.heard] == [0.0, 9.85]


def test_first_come_is_first_taken_out_and_the_action_comes_after_the_talk(office: Service) -> None:
    first = office.dial(ENQUEUE)
    second = dial(office, ENQUEUE, first.world)
    first.wait(5)
    agent = dial(office, AGENT, first.world)
    assert [first.doing, second.doing, agent.doing] == ["speaking", "pausing", "ringing"]
    assert (last(office, "/connect")["DequeingCallSid"], last(office, "/connect")["QueueTime"]) == (agent.sid, "5")
    first.wait(2)
    assert [first.doing, agent.doing] == ["talking", "talking"]
    assert "/left" not in office.paths()
    agent.hang_up()
    first.wait(0)
    result = last(office, "/left")
    assert (result["CallSid"], result["QueueResult"], result["QueueTime"]) == (first.sid, "bridged", "5")
    assert (last(office, "/done")["DialCallStatus"], last(office, "/done")["DialCallSid"]) == ("completed", first.sid)
    assert first.doing == "speaking"
    assert first.world.queues["support"].members[0].call is second


def test_caller_who_hangs_up_the_talk_lets_the_agent_go_on(office: Service) -> None:
    office.documents["/done"] = "<Say>next please</Say>"
    caller = office.dial(ENQUEUE)
    agent = dial(office, AGENT, caller.world)
    caller.wait(10)
    caller.hang_up()
    agent.listen()
    assert (last(office, "/left")["QueueResult"], last(office, "/left")["CallStatus"]) == ("bridged", "completed")
    done = last(office, "/done")
    assert (done["DialCallStatus"], done["DialBridged"]) == ("completed", "true")
    assert [heard.text for heard in agent.heard] == ["next please"]


def test_caller_who_hangs_up_before_the_talk_begins(office: Service) -> None:
    office.documents["/connect"] = "<Say>ああああああああああああああああああああ</Say>"
    caller = office.dial(ENQUEUE)
    agent = dial(office, AGENT, caller.world)
    caller.wait(1)
    caller.hang_up()
    agent.listen()
    assert last(office, "/left")["QueueResult"] == "bridging-in-process"
    assert (last(office, "/done")["DialCallStatus"], last(office, "/done")["DialBridged"]) == ("no-answer", "false")


def test_agent_waits_for_somebody_until_the_timeout(office: Service) -> None:
    caller = office.dial(ENQUEUE)
    caller.hang_up()
    assert last(office, "/left")["QueueResult"] == "hangup"
    agent = dial(office, AGENT, caller.world)
    agent.wait(5)
    assert agent.doing == "ringing"
    other = dial(office, ENQUEUE, caller.world)
    agent.wait(3)
    assert (agent.doing, other.doing) == ("talking", "talking")


@pytest.mark.parametrize("status", ["no-answer", "completed"])
def test_nobody_comes_within_the_timeout(office: Service, status: str) -> None:
    caller = office.dial(ENQUEUE, rules=Rules(empty_queue=status))
    caller.hang_up()
    agent = dial(office, AGENT, caller.world)
    agent.listen()
    assert (agent.seconds, last(office, "/done")["DialCallStatus"]) == (20.0, status)
    assert [event for event in agent.events if isinstance(event, Dialled)] == [Dialled(0.0, "queue:support", status)]


def test_queue_that_never_was_is_a_failure(office: Service, codes: Codes) -> None:
    call = office.dial(AGENT)
    assert (codes(call), last(office, "/done")["DialCallStatus"]) == ([0], "failed")


def test_full_queue_goes_to_the_action_at_once(office: Service) -> None:
    first = office.dial(ENQUEUE, rules=Rules(queue_size=1))
    second = dial(office, ENQUEUE, first.world)
    second.listen()
    form = last(office, "/left")
    assert (form["CallSid"], form["QueueResult"], "QueueSid" in form) == (second.sid, "queue-full", False)
    assert [heard.text for heard in second.heard] == ["left"]


def test_leave_goes_on_after_the_enqueue(office: Service) -> None:
    office.documents["/wait"] = '<Gather numDigits="1" action="/out"><Say>One to leave.</Say></Gather>'
    office.documents["/out"] = "<Leave/>"
    call = office.dial('<Enqueue waitUrl="/wait">support</Enqueue><Say>bye</Say>')
    call.listen()
    assert (call.held, call.doing) == (True, "speaking")
    call.wait(4)
    call.press("1")
    call.listen()
    assert [heard.text for heard in call.heard] == ["One to leave.", "bye"]
    assert call.world.queues["support"].members == []
    form = last(office, "/out")
    assert (form["Digits"], form["QueuePosition"]) == ("1", "1")


def test_leave_with_an_action_tells_so(office: Service) -> None:
    office.documents["/wait"] = "<Leave/>"
    call = office.dial(ENQUEUE)
    call.listen()
    assert (last(office, "/left")["QueueResult"], last(office, "/left")["QueueTime"]) == ("leave", "0")


def test_leave_outside_a_queue_does_nothing(office: Service, codes: Codes) -> None:
    call = office.dial("<Leave/><Say>on</Say>")
    call.listen()
    assert (codes(call), [heard.text for heard in call.heard]) == ([0], ["on"])


def test_hangup_in_a_wait_document_ends_the_call(office: Service) -> None:
    office.documents["/wait"] = "<Say>closed</Say><Hangup/>"
    call = office.dial(ENQUEUE)
    call.wait(5)
    assert (call.ended, last(office, "/left")["QueueResult"]) == ("service", "hangup")


@pytest.mark.parametrize("verb", ["<Dial>+81312345678</Dial>", "<Record/>", "<Enqueue>other</Enqueue>", "<Reject/>"])
def test_other_verbs_in_a_wait_document_are_skipped(office: Service, codes: Codes, verb: str) -> None:
    office.documents["/wait"] = f"{verb}<Say>ああああああああああああああああああ</Say>"
    call = office.dial(ENQUEUE)
    call.wait(2)
    assert (codes(call), call.doing) == ([12200], "speaking")


def test_wait_document_that_fails_lets_the_caller_out(office: Service, codes: Codes) -> None:
    office.documents["/wait"] = office.documents["/wait"] = "<Broken"
    call = office.dial(ENQUEUE)
    call.listen()
    assert (codes(call), last(office, "/left")["QueueResult"]) == ([12100], "error")


def test_wait_document_that_says_nothing_is_not_asked_for_without_end(office: Service) -> None:
    office.documents["/wait"] = ""
    call = office.dial(ENQUEUE)
    call.wait(600.5)
    assert (call.doing, len(call.requests)) == ("waiting", 602)


def test_wait_document_that_redirects_to_itself_goes_in_circles(office: Service) -> None:
    office.documents["/wait"] = "<Redirect>/wait</Redirect>"
    call = office.dial(ENQUEUE)
    assert call.ended == "limit"


@pytest.mark.parametrize("wait_url", ["", ' waitUrl=""'])
def test_music_and_silence_are_waited_through(office: Service, codes: Codes, wait_url: str) -> None:
    call = office.dial(f"<Enqueue{wait_url}>support</Enqueue>")
    assert call.listen() == []
    call.press("1")
    assert (call.doing, call.held, codes(call), office.paths()) == ("waiting", True, [0], ["/voice"])
    call.hang_up()
    assert call.ended == "caller"


def test_listening_stops_where_the_caller_is_put_on_hold(office: Service) -> None:
    call = office.dial(f"<Say>please wait</Say>{ENQUEUE}")
    assert [heard.text for heard in call.listen()] == ["please wait"]
    assert call.held


def test_order_over_rest_takes_the_caller_out(office: Service) -> None:
    office.documents["/new"] = "<Say>new</Say>"
    call = office.dial(ENQUEUE)
    call.wait(3)
    call.interrupt(Redirected(Target(f"{office.base}/new")))
    call.listen()
    form = last(office, "/left")
    assert (form["QueueResult"], form["CallStatus"], form["QueueTime"]) == ("redirected", "in-progress", "3")
    assert [heard.text for heard in call.heard][-1] == "new"
    assert call.world.queues["support"].members == []


def test_order_over_rest_takes_the_caller_out_of_a_talk(office: Service) -> None:
    office.documents["/new"] = "<Say>new</Say>"
    call = office.dial(ENQUEUE)
    agent = dial(office, AGENT, call.world)
    call.wait(9)
    call.interrupt(Redirected(Target(f"{office.base}/new")))
    agent.listen()
    assert last(office, "/left")["QueueResult"] == "redirected-from-bridged"
    assert agent.over
    call.listen()
    assert call.heard[-1].text == "new"


@pytest.mark.parametrize("name", ["", "x" * 65])
def test_names_that_are_none(office: Service, codes: Codes, name: str) -> None:
    call = office.dial(f'<Enqueue action="/left">{name}</Enqueue>')
    call.listen()
    assert (codes(call), last(office, "/left")["QueueResult"]) == ([12200], "error")


def test_task_router_is_not_simulated(office: Service) -> None:
    call = office.dial('<Enqueue workflowSid="WW1"><Task>{}</Task></Enqueue>')
    call.listen()
    assert (call.ended, call.warnings[-1].text) == ("error", "this simulator cannot run <Task>")


def test_star_takes_the_agent_out_where_asked_for(office: Service) -> None:
    caller = office.dial(ENQUEUE)
    agent = dial(office, AGENT.replace("<Dial", '<Dial hangupOnStar="true"'), caller.world)
    caller.wait(5)
    agent.press("*")
    caller.wait(0)
    assert (last(office, "/left")["QueueResult"], agent.ended) == ("bridged", "service")


def test_queue_stands_alone_in_its_dial(office: Service, codes: Codes) -> None:
    caller = office.dial(ENQUEUE)
    agent = dial(office, "<Dial><Queue>support</Queue><Number>+81312345678</Number></Dial>", caller.world)
    assert (codes(agent), caller.held) == ([13000], False)
