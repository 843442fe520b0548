"""<Number>, <Client> and <Sip> within a Dial, by Twilio's pages on them.

| attribute | values | default |
|---|---|---|
| url, method | the whisper: Say, Play, Gather, Hangup for the callee alone, before the two are connected | none, POST |
| statusCallback, statusCallbackMethod | address, GET or POST | none, POST |
| statusCallbackEvent | some of initiated ringing answered completed | completed |
| sendDigits | 0-9 # * w W | none |

A whisper that ends connects; <Hangup>, or a callee who hangs up, does not. <Dial> in a whisper is error 13201.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr.simulator import Dialled, Person, Rules

if TYPE_CHECKING:
    from ivr.simulator import Call
    from tests.simulator.conftest import Codes, Service

TO, OTHER = "+81312345678", "+81398765432"
ACCEPT = '<Gather numDigits="1" timeout="5" action="/accept"><Say>Press one.</Say></Gather><Hangup/>'


def whispered(service: Service, person: Person, whisper: str = ACCEPT, **world: object) -> Call:
    service.documents |= {"/whisper": whisper, "/accept": "", "/after": "<Say>back</Say>"}
    document = f'<Dial action="/after"><Number url="/whisper">{TO}</Number></Dial>'
    call = service.dial(document, people=lambda _number: person, **world)
    call.listen()
    return call


def outcome(service: Service) -> dict[str, str]:
    form = next(request.form for request in service.received if request.path == "/after")
    return {name: form[name] for name in ("DialCallStatus", "DialBridged")}


def test_accepted_whisper_connects_and_is_heard_by_the_callee_alone(service: Service) -> None:
    call = whispered(service, Person(after=2, talks=10, keys="1"))
    (child,) = call.children
    assert [heard.text for heard in child.heard] == ["Press one."]
    assert [heard.text for heard in call.heard] == ["back"]
    assert outcome(service) == {"DialCallStatus": "completed", "DialBridged": "true"}
    assert [event for event in call.events if isinstance(event, Dialled)] == [Dialled(0.0, TO, "answered")]


def test_whisper_is_requested_as_the_child_call(service: Service) -> None:
    call = whispered(service, Person(keys="1"))
    form = service.received[1].form
    assert (service.received[1].path, form["CallSid"], form["ParentCallSid"]) == (
        "/whisper",
        call.children[0].sid,
        call.sid,
    )
    assert (form["Direction"], form["To"], form["From"], form["CallStatus"]) == (
        "outbound-dial",
        TO,
        "+819000000000",
        "in-progress",
    )
    assert service.received[2].form["Digits"] == "1"


@pytest.mark.parametrize(
    "person",
    [Person(after=1), Person(after=1, hangs_up=1), Person(after=1, keys="")],
    ids=["ignores", "leaves", "mute"],
)
def test_refused_whisper_does_not_connect(service: Service, person: Person) -> None:
    call = whispered(service, person)
    assert outcome(service) == {"DialCallStatus": "completed", "DialBridged": "false"}
    assert [event.status for event in call.events if isinstance(event, Dialled)] == ["refused"]
    assert [heard.text for heard in call.heard] == ["back"]


def test_timeout_of_the_dial_no_longer_counts_once_answered(service: Service) -> None:
    service.documents |= {"/whisper": "<Say>" + "あ" * 200 + "</Say>", "/after": "<Hangup/>"}
    call = service.dial(
        f'<Dial timeout="5" action="/after"><Number url="/whisper">{TO}</Number></Dial>',
        people=lambda _number: Person(after=4, talks=3),
    )
    call.listen()
    assert outcome(service) == {"DialCallStatus": "completed", "DialBridged": "true"}
    assert call.seconds > 30


def test_dial_in_a_whisper_is_an_error_and_does_not_connect(service: Service, codes: Codes) -> None:
    call = whispered(service, Person(), f"<Dial>{OTHER}</Dial>")
    assert codes(call.children[0]) == [13201]
    assert outcome(service)["DialBridged"] == "false"


@pytest.mark.parametrize("verb", ["<Pause/>", "<Redirect>/x</Redirect>", "<Record/>"])
def test_other_verbs_in_a_whisper_are_skipped(service: Service, codes: Codes, verb: str) -> None:
    call = whispered(service, Person(), verb)
    assert codes(call.children[0]) == [12200]
    assert outcome(service)["DialBridged"] == "true"


def test_caller_who_hangs_up_during_the_whisper_takes_the_callee_along(service: Service) -> None:
    service.documents |= {"/whisper": ACCEPT, "/after": ""}
    call = service.dial(f'<Dial action="/after"><Number url="/whisper">{TO}</Number></Dial>')
    call.wait(5)
    call.hang_up()
    assert (call.ended, call.children[0].ended, call.children[0].status) == ("caller", "service", "completed")
    assert outcome(service) == {"DialCallStatus": "canceled", "DialBridged": "false"}


def test_callbacks_tell_the_life_of_the_leg_in_order(service: Service) -> None:
    service.documents["/told"] = ""
    number = f'<Number statusCallback="/told" statusCallbackEvent="initiated ringing answered completed">{TO}</Number>'
    call = service.dial(f"<Dial>{number}</Dial>", people=lambda _number: Person(after=3, talks=62))
    call.listen()
    forms = [request.form for request in service.received if request.path == "/told"]
    assert [form["CallStatus"] for form in forms] == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in forms] == ["0", "1", "2", "3"]
    assert (forms[-1]["CallDuration"], forms[-1]["Duration"], forms[-1]["ParentCallSid"]) == ("62", "2", call.sid)


@pytest.mark.parametrize(
    ("person", "status"),
    [(Person("busy"), "busy"), (Person("no-answer"), "no-answer"), (Person("failed"), "failed")],
)
def test_by_default_only_the_end_is_told(service: Service, person: Person, status: str) -> None:
    service.documents["/told"] = ""
    call = service.dial(
        f'<Dial><Number statusCallback="/told" statusCallbackMethod="GET">{TO}</Number></Dial>',
        people=lambda _number: person,
    )
    call.listen()
    (told,) = [request for request in service.received if request.path == "/told"]
    assert (told.method, told.query["CallStatus"], told.query["CallDuration"]) == ("GET", status, "0")


def test_unknown_callback_event_is_a_warning_and_the_default(service: Service, codes: Codes) -> None:
    service.documents["/told"] = ""
    number = f'<Number statusCallback="/told" statusCallbackEvent="picked">{TO}</Number>'
    call = service.dial(f"<Dial>{number}</Dial>")
    call.listen()
    assert codes(call) == [12200]
    assert service.paths() == ["/voice", "/told"]


def test_siblings_stop_at_the_first_answer_unless_the_rule_says_at_the_first_accept(service: Service) -> None:
    people = {TO: Person(after=1), OTHER: Person(after=3, talks=5, keys="1")}
    both = f'<Number url="/whisper">{TO}</Number><Number url="/whisper">{OTHER}</Number>'
    service.documents |= {"/whisper": ACCEPT, "/accept": "", "/after": ""}
    statuses = []
    for rules in (Rules(), Rules(siblings="accept")):
        call = service.dial(f'<Dial action="/after">{both}</Dial>', people=people.__getitem__, rules=rules)
        call.listen()
        statuses.append([event.status for event in call.events if isinstance(event, Dialled)])
    assert statuses == [["refused", "canceled"], ["refused", "answered"]]


def test_ring_buffer_rings_longer(service: Service) -> None:
    for rules, status in ((Rules(), "no-answer"), (Rules(ring_buffer=5.0), "answered")):
        call = service.dial(
            f'<Dial timeout="10">{TO}</Dial>', people=lambda _number: Person(after=12, talks=1), rules=rules
        )
        call.listen()
        assert [event.status for event in call.events if isinstance(event, Dialled)] == [status]


def test_answer_on_bridge_leaves_the_call_ringing_until_then(service: Service) -> None:
    service.documents["/after"] = "<Hangup/>"
    document = f'<Dial answerOnBridge="true" action="/after">{TO}</Dial>'
    call = service.dial(document, people=lambda _number: Person("busy", after=3))
    call.listen()
    assert service.received[-1].form["CallStatus"] == "ringing"
    call = service.dial(document, people=lambda _number: Person(after=3, talks=2))
    call.wait(1)
    assert not call.answered
    call.listen()
    assert service.received[-1].form["CallStatus"] == "in-progress"


@pytest.mark.parametrize(
    ("noun", "to"),
    [
        ("<Client>alice</Client>", "client:alice"),
        ("<Client><Identity>bob</Identity><Parameter name='a' value='b'/></Client>", "client:bob"),
        ("<Sip>sip:desk@office.example?X-A=1</Sip>", "sip:desk@office.example"),
        ('<Sip username="u" password="p">sips:desk@office.example</Sip>', "sips:desk@office.example"),
    ],
)
def test_clients_and_sip_addresses_are_rung_like_numbers(service: Service, codes: Codes, noun: str, to: str) -> None:
    service.documents |= {"/whisper": "<Say>for you</Say>", "/told": ""}
    noun = noun.replace(">", ' url="/whisper" statusCallback="/told">', 1)
    rung: list[str] = []

    def people(number: str) -> Person:
        rung.append(number)
        return Person(talks=2)

    call = service.dial(f"<Dial>{noun}</Dial>", people=people)
    call.listen()
    assert (rung, codes(call), service.paths()) == ([to], [], ["/voice", "/whisper", "/told"])
    assert [(event.to, event.status) for event in call.events if isinstance(event, Dialled)] == [(to, "answered")]


@pytest.mark.parametrize("noun", ["<Client></Client>", f"<Client>{'x' * 257}</Client>", "<Sip>desk</Sip>"])
def test_clients_and_sip_addresses_that_are_none_fail(service: Service, codes: Codes, noun: str) -> None:
    service.documents["/after"] = "<Hangup/>"
    call = service.dial(f'<Dial action="/after">{noun}</Dial>')
    call.listen()
    assert codes(call) == [13224]
    assert outcome(service) == {"DialCallStatus": "failed", "DialBridged": "false"}


def test_recording_of_a_talk_comes_with_the_action_and_the_callback(service: Service) -> None:
    service.documents |= {"/after": "<Hangup/>", "/recorded": ""}
    attributes = 'record="true" recordingStatusCallback="/recorded" action="/after"'
    call = service.dial(f"<Dial {attributes}>{TO}</Dial>", people=lambda _number: Person(after=4, talks=30))
    call.listen()
    told, after = service.received[1].form, service.received[2].form
    assert (told["RecordingStatus"], told["RecordingDuration"], told["RecordingSource"]) == (
        "completed",
        "30",
        "DialVerb",
    )
    assert after["RecordingUrl"] == told["RecordingUrl"] == call.world.recordings[0].url


def test_recording_from_ringing_is_longer_and_of_nothing_is_absent(service: Service) -> None:
    service.documents |= {"/after": "<Hangup/>", "/recorded": ""}
    attributes = 'recordingStatusCallback="/recorded" recordingStatusCallbackEvent="absent completed" action="/after"'
    document = f'<Dial record="record-from-ringing-dual" {attributes}>{TO}</Dial>'
    call = service.dial(document, people=lambda _number: Person(after=4, talks=30))
    call.listen()
    assert (service.received[1].form["RecordingDuration"], service.received[1].form["RecordingChannels"]) == ("34", "2")
    call = service.dial(document, people=lambda _number: Person("busy"))
    call.listen()
    assert service.received[-2].form["RecordingStatus"] == "absent"
    assert "RecordingUrl" not in service.received[-1].form


@pytest.mark.parametrize(("record", "begins"), [("true", 4), ("record-from-ringing", 0)])
def test_a_recording_is_told_of_when_it_begins(service: Service, record: str, begins: int) -> None:
    service.documents["/recorded"] = ""
    attributes = 'recordingStatusCallback="/recorded" recordingStatusCallbackEvent="in-progress completed"'
    document = f'<Dial record="{record}" {attributes}>{TO}</Dial>'
    call = service.dial(document, people=lambda _number: Person(after=4, talks=30))
    assert ("/recorded" in service.paths()) is (begins == 0)
    call.wait(begins)
    assert (service.received[-1].path, service.received[-1].form["RecordingStatus"]) == ("/recorded", "in-progress")
    call.listen()
    assert service.received[-1].form["RecordingStatus"] == "completed"
    assert service.received[-1].form["RecordingStartTime"] == service.received[-2].form["RecordingStartTime"]


def test_nobody_is_told_of_a_recording_that_never_began(service: Service) -> None:
    service.documents["/recorded"] = ""
    attributes = 'recordingStatusCallback="/recorded" recordingStatusCallbackEvent="in-progress completed"'
    service.dial(f'<Dial record="true" {attributes}>{TO}</Dial>', people=lambda _number: Person("busy")).listen()
    assert "/recorded" not in service.paths()
