"""<Dial> and <Number>, by Twilio's pages on them.

| attribute | values | default |
|---|---|---|
| action | address | none: the next verb follows |
| method | GET, POST | POST |
| timeout | 5 to 600 s | 30 |
| timeLimit | positive whole seconds | 14400 |
| callerId | a number of this call or of the account | the caller's |
| hangupOnStar, sequential, answerOnBridge | true, false | false |

DialCallStatus: completed, busy, no-answer, failed, canceled; every outcome requests the action.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr.simulator import Dialled, Person

if TYPE_CHECKING:
    from ivr.simulator import Call
    from tests.simulator.conftest import Codes, Service

TO = "+81312345678"
OTHER = "+81398765432"
DIAL = f'<Dial action="/after" timeout="20">{TO}</Dial><Say>never</Say>'


def outcome(service: Service) -> dict[str, str]:
    return {name: value for name, value in service.received[-1].form.items() if name.startswith("Dial")}


def dialled(call: Call) -> list[Dialled]:
    return [event for event in call.events if isinstance(event, Dialled)]


def test_answered_talks_and_comes_back_as_completed(service: Service) -> None:
    service.documents["/after"] = "<Say>back</Say>"
    call = service.dial(DIAL, people=lambda _number: Person(after=4, talks=30))
    assert call.doing == "ringing"
    call.wait(4)
    assert call.doing == "talking"
    call.listen()
    result = outcome(service)
    assert result.pop("DialCallSid").startswith("CA")
    assert result == {"DialCallStatus": "completed", "DialBridged": "true", "DialCallDuration": "30"}
    assert service.received[-1].form["CallStatus"] == "in-progress"
    assert dialled(call) == [Dialled(0.0, TO, "answered")]
    assert [(heard.text, heard.t) for heard in call.heard] == [("back", 34.0)]


@pytest.mark.parametrize(
    ("person", "status", "seconds"),
    [
        (Person("busy", after=2), "busy", 2.0),
        (Person("failed", after=0), "failed", 0.0),
        (Person("canceled", after=7), "canceled", 7.0),
        (Person("no-answer"), "no-answer", 20.0),
        (Person("answered", after=21), "no-answer", 20.0),
        (Person("busy", after=21), "no-answer", 20.0),
    ],
)
def test_every_other_outcome_comes_back_too(service: Service, person: Person, status: str, seconds: float) -> None:
    service.documents["/after"] = "<Hangup/>"
    call = service.dial(DIAL, people=lambda _number: person)
    call.listen()
    result = outcome(service)
    del result["DialCallSid"]
    assert result == {"DialCallStatus": status, "DialBridged": "false"}
    assert (call.seconds, dialled(call)) == (seconds, [Dialled(0.0, TO, status)])


def test_without_an_action_the_next_verb_follows_even_a_good_talk(service: Service) -> None:
    call = service.dial(f"<Dial>{TO}</Dial><Dial>{OTHER}</Dial>", people=lambda _number: Person(after=1, talks=2))
    call.listen()
    assert dialled(call) == [Dialled(0.0, TO, "answered"), Dialled(3.0, OTHER, "answered")]
    assert (call.ended, call.seconds, service.paths()) == ("service", 6.0, ["/voice"])


def test_time_limit_ends_the_talk(service: Service) -> None:
    service.documents["/after"] = "<Hangup/>"
    call = service.dial(f'<Dial timeLimit="9" action="/after">{TO}</Dial>', people=lambda _number: Person(after=1))
    call.listen()
    assert outcome(service)["DialCallDuration"] == "9"


def test_action_may_be_a_get(service: Service) -> None:
    service.documents["/after"] = "<Hangup/>"
    call = service.dial(f'<Dial method="GET" action="/after">{TO}</Dial>')
    call.listen()
    assert service.received[-1].query["DialCallStatus"] == "completed"


def test_caller_who_hangs_up_while_it_rings(service: Service) -> None:
    service.documents["/after"] = "<Say>never</Say>"
    call = service.dial(DIAL)
    call.wait(2)
    call.hang_up()
    form = service.received[-1].form
    assert (form["CallStatus"], form["DialCallStatus"]) == ("completed", "canceled")
    assert (call.ended, call.heard, dialled(call)) == ("caller", [], [Dialled(0.0, TO, "canceled")])


def test_caller_who_hangs_up_after_talking(service: Service) -> None:
    service.documents["/after"] = "<Say>never</Say>"
    call = service.dial(DIAL)
    call.wait(10)
    call.hang_up()
    form = service.received[-1].form
    assert (form["CallStatus"], form["DialCallStatus"], form["DialCallDuration"]) == ("completed", "completed", "6")
    assert (call.ended, call.heard) == ("caller", [])


def test_caller_who_hangs_up_a_dial_without_action(service: Service) -> None:
    call = service.dial(f"<Dial>{TO}</Dial>")
    call.wait(2)
    call.hang_up()
    assert (service.paths(), call.ended) == (["/voice"], "caller")


def test_action_that_fails_after_the_hang_up_is_only_a_warning(service: Service, codes: Codes) -> None:
    call = service.dial(DIAL)
    call.hang_up()
    assert (codes(call), call.ended) == ([11200], "caller")


def test_star_ends_the_talk_where_asked_for(service: Service) -> None:
    service.documents["/after"] = "<Hangup/>"
    call = service.dial(f'<Dial hangupOnStar="true" action="/after">{TO}</Dial>')
    call.wait(10)
    call.press("1")
    assert call.doing == "talking"
    call.press("*")
    assert (outcome(service)["DialCallDuration"], call.ended) == ("6", "service")


def test_keys_go_to_the_person_otherwise(service: Service, codes: Codes) -> None:
    call = service.dial(DIAL)
    call.wait(10)
    call.press("*")
    assert (call.doing, codes(call)) == ("talking", [0])


@pytest.mark.parametrize("number", ["110", "119", "+81110", "0312345678", "hello", ""])
def test_numbers_that_cannot_be_reached_fail(service: Service, codes: Codes, number: str) -> None:
    service.documents["/after"] = "<Hangup/>"
    call = service.dial(f'<Dial action="/after">{number}</Dial>')
    call.listen()
    assert codes(call) == [13223]
    assert outcome(service) == {"DialCallStatus": "failed", "DialBridged": "false"}
    assert dialled(call) == [Dialled(0.0, number, "failed")]


@pytest.mark.parametrize(
    "written", ["+81 3-1234-5678", "<Number>+81312345678</Number>", "<Number> +81(3)1234.5678 </Number>"]
)
def test_separators_do_not_count(service: Service, written: str) -> None:
    call = service.dial(f"<Dial>{written}</Dial>")
    call.listen()
    assert dialled(call) == [Dialled(0.0, TO, "answered")]


def test_numbers_of_twilios_own_examples(service: Service) -> None:
    call = service.dial("<Dial>415-123-4567</Dial><Dial>1 (415) 123-4567</Dial>")
    call.listen()
    assert [event.to for event in dialled(call)] == ["+14151234567", "+14151234567"]


def test_caller_id_must_belong_to_the_call_or_the_account(service: Service, codes: Codes) -> None:
    service.documents["/after"] = "<Hangup/>"
    for allowed in ("+815000000000", "+819000000000", "+815000009999"):
        call = service.dial(
            f'<Dial callerId="{allowed}">{TO}</Dial>', numbers=frozenset({"+815000009999"}), people=lambda _n: Person()
        )
        assert codes(call) == []
    call = service.dial(f'<Dial callerId="+81399999999" action="/after">{TO}</Dial>')
    assert codes(call) == [13214]
    assert outcome(service)["DialCallStatus"] == "failed"


def test_first_of_several_to_answer_talks_and_the_rest_stops_ringing(service: Service) -> None:
    people = {TO: Person(after=6, talks=5), OTHER: Person(after=3, talks=9), "+81311111111": Person("busy", after=1)}
    call = service.dial(
        f"<Dial><Number>{TO}</Number><Number>{OTHER}</Number><Number>+81311111111</Number></Dial>",
        people=people.__getitem__,
    )
    call.listen()
    assert dialled(call) == [
        Dialled(0.0, TO, "canceled"),
        Dialled(0.0, OTHER, "answered"),
        Dialled(0.0, "+81311111111", "busy"),
    ]
    assert call.seconds == 12.0


def test_several_who_do_not_answer_ring_until_the_last_gives_up(service: Service) -> None:
    service.documents["/after"] = "<Hangup/>"
    people = {TO: Person("busy", after=2), OTHER: Person("no-answer")}
    call = service.dial(
        f'<Dial timeout="10" action="/after"><Number>{TO}</Number><Number>{OTHER}</Number></Dial>',
        people=people.__getitem__,
    )
    call.listen()
    assert (outcome(service)["DialCallStatus"], call.seconds) == ("no-answer", 10.0)


def test_two_at_the_same_second_are_not_both_answered(service: Service) -> None:
    call = service.dial(f"<Dial><Number>{OTHER}</Number><Number>{TO}</Number></Dial>")
    call.listen()
    assert [(event.to, event.status) for event in dialled(call)] == [(OTHER, "answered"), (TO, "canceled")]


def test_sequential_rings_one_after_the_other(service: Service) -> None:
    people = {TO: Person("busy", after=2), OTHER: Person(after=3, talks=4), "+81311111111": Person()}
    call = service.dial(
        f'<Dial sequential="true"><Number>{TO}</Number><Number>{OTHER}</Number><Number>+81311111111</Number></Dial>',
        people=people.__getitem__,
    )
    call.listen()
    assert dialled(call) == [Dialled(0.0, TO, "busy"), Dialled(2.0, OTHER, "answered")]


def test_at_most_ten_numbers(service: Service, codes: Codes) -> None:
    numbers = "".join(f"<Number>+8131234567{digit}</Number>" for digit in range(10))
    call = service.dial(f"<Dial>{numbers}<Number>{OTHER}</Number></Dial>")
    call.listen()
    assert codes(call) == [13250]
    assert len(dialled(call)) == 10


def test_wrong_values_are_warnings_and_defaults(service: Service, codes: Codes) -> None:
    call = service.dial(
        '<Dial method="PUT" timeout="4" timeLimit="0" hangupOnStar="1" sequential="x" answerOnBridge="y"'
        ' record="do-not-record" ringTone="jp" colour="red"><Say>no</Say>'
        f'<Number sendDigits="x" method="PUT" url="/whisper" colour="red">{TO}</Number></Dial>'
    )
    assert sorted(codes(call)) == [12200, 12200, 13210, 13212, 13213, 13215, 13216, 13218, 13219, 13221, 13222]


@pytest.mark.parametrize("noun", ["Application", "Sim", "WhatsApp"])
def test_other_nouns_end_the_call_truthfully(service: Service, noun: str) -> None:
    call = service.dial(f"<Dial><{noun}>x</{noun}></Dial>", line={"fallback_url": "https://service.example/fallback"})
    call.listen()
    assert call.ended == "error"
    assert call.warnings[-1].text == f"this simulator cannot run <{noun}>"
    assert service.paths() == ["/voice"]
