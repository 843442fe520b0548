"""<Conference> within a Dial, by Twilio's page on it.

| attribute | values | default |
|---|---|---|
| startConferenceOnEnter, endConferenceOnExit, muted | true, false | true, false, false |
| beep | true false onEnter onExit | true |
| waitUrl, waitMethod | Say Play Pause Redirect, else error 13238; blank is silence | Twilio's music, POST |
| maxParticipants | 2 to 250; one too many is error 16020 | 250 |
| statusCallback, statusCallbackMethod | of the first participant, GET or POST | none, POST |
| statusCallbackEvent | some of start end join leave mute hold modify speaker announcement | none |

It begins with the second participant, if one of those present may start it. A wait document that ends falls silent.
Afterwards DialCallStatus is answered, without DialCallSid and DialCallDuration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr.simulator import Joined, Leg, Person, Target

if TYPE_CHECKING:
    from ivr.simulator import Call, World
    from tests.simulator.conftest import Codes, Service

EVENTS = 'statusCallback="/told" statusCallbackEvent="start end join leave"'


def conference(attributes: str = "", dial: str = "") -> str:
    return f'<Dial action="/after" {dial}><Conference {attributes}>room</Conference></Dial>'


@pytest.fixture
def hall(service: Service) -> Service:
    service.documents |= {"/wait": "<Say>please wait</Say>", "/after": "<Say>back</Say>", "/told": ""}
    return service


def join(service: Service, world: World, document: str) -> Call:
    path = f"/{len(world.calls)}"
    service.documents[path] = document
    return world.dial(service.line(voice_url=f"{service.base}{path}"), "+819000000002")


def told(service: Service) -> list[str]:
    return [request.form["StatusCallbackEvent"] for request in service.received if request.path == "/told"]


def test_first_waits_hears_the_document_once_and_talks_when_the_second_comes(hall: Service) -> None:
    first = hall.dial(conference('waitUrl="/wait"'))
    assert first.listen() == []
    assert first.held
    first.wait(30)
    assert ([heard.text for heard in first.heard], first.doing) == (["please wait"], "waiting")
    second = join(hall, first.world, conference())
    first.wait(0)
    assert (first.doing, second.doing, first.held) == ("talking", "talking", False)
    assert [event for event in second.events if isinstance(event, Joined)] == [Joined(0.0, "room")]


def test_who_arrives_cuts_the_wait_document_short(hall: Service) -> None:
    first = hall.dial(conference('waitUrl="/wait"'))
    first.wait(0.5)
    join(hall, first.world, conference())
    assert (first.doing, first.heard[0].cut, first.heard[0].seconds) == ("talking", True, 0.5)


def test_callbacks_of_the_first_tell_of_everybody(hall: Service) -> None:
    first = hall.dial(conference(EVENTS))
    second = join(hall, first.world, conference("endConferenceOnExit='true'"))
    first.wait(5)
    second.hang_up()
    first.wait(0)
    assert told(hall) == [
        "participant-join",
        "participant-join",
        "conference-start",
        "participant-leave",
        "participant-leave",
        "conference-end",
    ]
    forms = [request.form for request in hall.received if request.path == "/told"]
    assert (forms[0]["FriendlyName"], forms[0]["CallSid"], forms[1]["EndConferenceOnExit"]) == (
        "room",
        first.sid,
        "true",
    )
    assert [form["SequenceNumber"] for form in forms] == ["1", "2", "3", "4", "5", "6"]
    assert len({form["ConferenceSid"] for form in forms}) == 1
    assert first.doing == "speaking"
    after = [request.form for request in hall.received if request.path == "/after"]
    assert [form["DialCallStatus"] for form in after] == ["answered", "answered"]
    assert all("DialCallSid" not in form and "DialCallDuration" not in form for form in after)


def test_nothing_is_told_unless_asked_for(hall: Service) -> None:
    hall.dial(conference('statusCallback="/told"'))
    assert told(hall) == []


def test_one_who_must_not_start_it_waits_for_one_who_may(hall: Service) -> None:
    silent = conference('startConferenceOnEnter="false"')
    first = hall.dial(silent)
    second = join(hall, first.world, silent)
    first.wait(5)
    assert (first.doing, second.doing) == ("waiting", "waiting")
    third = join(hall, first.world, conference())
    first.wait(0)
    assert [call.doing for call in (first, second, third)] == ["talking"] * 3


def test_others_go_on_when_one_leaves_and_it_ends_with_the_last(hall: Service) -> None:
    first = hall.dial(conference(EVENTS))
    second, third = (join(hall, first.world, conference()) for _ in range(2))
    second.hang_up()
    first.wait(5)
    assert (first.doing, third.doing) == ("talking", "talking")
    third.hang_up()
    assert first.doing == "talking"
    first.hang_up()
    assert told(hall)[-1] == "conference-end"
    fourth = join(hall, first.world, conference())
    assert [room.over for room in first.world.conferences] == [True, False]
    assert fourth.held


def test_star_leaves_where_asked_for(hall: Service, codes: Codes) -> None:
    first = hall.dial(conference(dial='hangupOnStar="true"'))
    second = join(hall, first.world, conference())
    first.wait(3)
    second.press("*")
    assert (codes(second), second.doing) == ([0], "talking")
    first.press("1")
    first.press("*")
    assert [heard.text for heard in first.listen()] == ["back"]


def test_time_limit_leaves(hall: Service) -> None:
    first = hall.dial(conference(dial='timeLimit="60"'))
    first.wait(61)
    assert [heard.text for heard in first.heard][:1] in ([], ["back"])
    first.listen()
    assert (first.over, first.heard[0].t) == (True, 60.0)


def test_full_conference_is_an_error(hall: Service, codes: Codes) -> None:
    first = hall.dial(conference('maxParticipants="2"'))
    join(hall, first.world, conference())
    third = join(hall, first.world, conference())
    third.listen()
    assert (codes(third), third.ended) == ([16020], "error")


def test_wait_document_must_not_hold_other_verbs(hall: Service, codes: Codes) -> None:
    hall.documents["/wait"] = '<Gather numDigits="1"><Say>no</Say></Gather>'
    call = hall.dial(conference('waitUrl="/wait"'))
    call.wait(5)
    assert (codes(call), call.heard, call.doing) == ([13238], [], "waiting")


def test_wait_document_may_redirect_to_itself(hall: Service) -> None:
    hall.documents["/wait"] = "<Say>ああああああああああああああああああああ</Say><Redirect>/wait</Redirect>"
    call = hall.dial(conference('waitUrl="/wait" waitMethod="GET"'))
    call.wait(10)
    assert len(call.heard) == 3
    assert hall.received[1].method == "GET"


def test_wrong_values_are_warnings(hall: Service, codes: Codes) -> None:
    attributes = (
        'beep="loud" muted="x" maxParticipants="1" startConferenceOnEnter="2" endConferenceOnExit="" coach="CA1"'
    )
    call = hall.dial(conference(f'{attributes} record="record-from-start" statusCallbackEvent="all" colour="red"'))
    assert sorted(codes(call)) == [0, 0, 12200, 12200, 12200, 12200, 12200, 12200, 12200]


def test_scripted_people_join_over_calls_of_the_account_and_leave_when_they_have_talked(hall: Service) -> None:
    first = hall.dial(conference())
    person = Person(after=2, talks=20)
    hall.documents["/agent"] = conference("endConferenceOnExit='true'")
    agent = first.world.place(
        Leg(
            caller="+815000000000",
            called="+81312345678",
            first=Target(f"{hall.base}/agent"),
            direction="outbound-api",
            person=person,
        )
    )
    assert agent.status == "ringing"
    first.wait(3)
    assert (first.doing, agent.status) == ("talking", "in-progress")
    first.wait(20)
    assert (agent.ended, agent.status) == ("person", "completed")
    assert [heard.text for heard in first.heard] == ["back"]
