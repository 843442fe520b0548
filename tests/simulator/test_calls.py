"""Calls that the account places, and what happens to calls from outside (Twilio's page on the call resource).

| CallStatus | when |
|---|---|
| queued, ringing, in-progress | not placed yet; ringing; answered |
| completed, busy, no-answer, failed, canceled | after the end |

statusCallbackEvent: initiated ringing answered completed, by default completed alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ivr.simulator import Callbacks, HungUp, Key, Leg, Person, Redirected, Rules, Target

if TYPE_CHECKING:
    from ivr.simulator import Call
    from tests.simulator.conftest import Codes, Service

TO = "+81312345678"
ALL = frozenset({"initiated", "ringing", "answered", "completed"})


def leg(service: Service, person: Person, **changes: Any) -> Leg:  # noqa: ANN401  (any field of a leg)
    service.documents.setdefault("/told", "")
    made = Leg(
        caller="+815000000000",
        called=TO,
        first=Target(f"{service.base}/out"),
        direction="outbound-api",
        callbacks=Callbacks(f"{service.base}/told", events=ALL),
        person=person,
    )
    return replace(made, **changes)


def place(service: Service, person: Person, document: object = "<Say>hello</Say>", **changes: Any) -> Call:  # noqa: ANN401
    service.documents["/out"] = document
    return service.dial("<Pause length='600'/>").world.place(leg(service, person, **changes))


def told(service: Service) -> list[str]:
    return [request.form["CallStatus"] for request in service.received if request.path == "/told"]


def test_answered_call_runs_its_document_and_ends_with_it(service: Service) -> None:
    call = place(service, Person(after=3))
    assert (call.status, call.answered) == ("ringing", False)
    call.listen()
    form = next(request.form for request in service.received if request.path == "/out")
    assert (form["Direction"], form["From"], form["To"], form["CallStatus"]) == (
        "outbound-api",
        "+815000000000",
        TO,
        "in-progress",
    )
    assert "CallToken" not in form
    assert (call.status, call.ended, call.heard[0].t) == ("completed", "service", 3.0)
    assert told(service) == ["initiated", "ringing", "in-progress", "completed"]


@pytest.mark.parametrize("how", ["busy", "no-answer", "failed"])
def test_calls_that_nobody_answers_run_nothing(service: Service, how: Any) -> None:  # noqa: ANN401
    call = place(service, Person(how), timeout=30.0)
    call.listen()
    assert (call.status, told(service), "/out" in service.paths()) == (how, ["initiated", "ringing", how], False)


def test_ringing_is_given_up_after_the_timeout(service: Service) -> None:
    call = place(service, Person(after=50), timeout=20.0)
    call.listen()
    assert (call.status, call.seconds) == ("no-answer", 20.0)


def test_scripted_keys_are_pressed_one_each_time_that_it_listens(service: Service) -> None:
    document = '<Gather numDigits="1" action="/out"><Say>key</Say></Gather><Hangup/>'
    call = place(service, Person(keys="42"), [document, document, document])
    call.listen()
    assert [event.key for event in call.events if isinstance(event, Key)] == ["4", "2"]
    assert [r.form["Digits"] for r in service.received if r.path == "/out" and "Digits" in r.form] == ["4", "2"]


def test_scripted_person_hangs_up_in_the_middle(service: Service) -> None:
    call = place(service, Person(after=2, hangs_up=1), "<Pause length='60'/>")
    call.listen()
    assert (call.ended, call.seconds, call.status) == ("person", 3.0, "completed")


def test_queued_call_is_canceled_without_a_word(service: Service) -> None:
    world = service.dial("<Pause length='600'/>").world
    call = world.queued(leg(service, Person()))
    assert (call.status, call.doing) == ("queued", "queued")
    call.interrupt(HungUp("service"))
    assert (call.status, told(service)) == ("canceled", [])


def test_order_to_end_a_call_ends_it(service: Service) -> None:
    call = service.dial("<Pause length='60'/>")
    call.answer()
    call.interrupt(HungUp("service", "completed"))
    assert (call.ended, call.status) == ("service", "completed")
    call.interrupt(HungUp("service", "completed"))


def test_order_to_go_elsewhere_ends_the_talk_of_a_dial(service: Service) -> None:
    service.documents["/new"] = "<Say>new</Say>"
    call = service.dial(f'<Dial action="/after">{TO}</Dial>')
    call.wait(10)
    call.interrupt(Redirected(Target(f"{service.base}/new")))
    call.listen()
    assert (service.paths(), [heard.text for heard in call.heard]) == (["/voice", "/new"], ["new"])
    assert call.children[0].over


def test_callee_who_is_sent_elsewhere_leaves_the_caller_to_the_action(service: Service) -> None:
    service.documents |= {"/new": "<Say>only you</Say>", "/after": "<Say>alone</Say>"}
    call = service.dial(f'<Dial action="/after">{TO}</Dial>', people=lambda _number: Person(after=1, talks=600))
    call.wait(10)
    child = call.children[0]
    child.interrupt(Redirected(Target(f"{service.base}/new")))
    call.listen()
    child.listen()
    after = next(request.form for request in service.received if request.path == "/after")
    assert (after["DialCallStatus"], "DialCallDuration" in after) == ("completed", False)
    assert ([h.text for h in call.heard], [h.text for h in child.heard]) == (["alone"], ["only you"])


def test_order_given_by_the_webhook_itself_waits_for_the_step_to_end(service: Service) -> None:
    calls: list[Call] = []

    def answer(_request: object) -> str:
        calls[0].interrupt(Redirected(Target(f"{service.base}/new")))
        return "<Say>never</Say>"

    service.documents |= {"/new": "<Say>new</Say>", "/next": answer}
    call = service.dial("<Pause/><Redirect>/next</Redirect>")
    calls.append(call)
    call.listen()
    assert [heard.text for heard in call.heard] == ["new"]


def test_inline_document_has_no_address_of_its_own(service: Service, codes: Codes) -> None:
    text = '<Response><Gather numDigits="1" action="/next"><Say>key</Say></Gather></Response>'
    call = place(service, Person(keys="1"), first=Target("", twiml=text))
    call.listen()
    assert (codes(call)[0], call.ended) == (11100, "error")
    service.documents["/next"] = "<Hangup/>"
    call = place(service, Person(keys="1"), first=Target("", twiml=text.replace("/next", f"{service.base}/next")))
    call.listen()
    assert (codes(call), call.status) == ([], "completed")


def test_rules_about_callers_who_are_gone(service: Service) -> None:
    service.documents |= {"/digits": "", "/after": ""}
    paths = []
    for rules in (Rules(), Rules(gather_gone="action", dial_gone="nothing")):
        service.received.clear()
        call = service.dial('<Gather action="/digits"/>', rules=rules)
        call.press("1")
        call.hang_up()
        call = service.dial(f'<Dial action="/after">{TO}</Dial>', rules=rules)
        call.hang_up()
        paths.append([path for path in service.paths() if path != "/voice"])
    assert paths == [["/after"], ["/digits"]]


def test_rule_about_an_empty_result(service: Service) -> None:
    service.documents["/digits"] = "<Hangup/>"
    for rules, sent in ((Rules(), True), (Rules(empty_digits="absent"), False)):
        service.dial('<Gather action="/digits" actionOnEmptyResult="true" timeout="1"/>', rules=rules).wait(2)
        assert ("Digits" in service.received[-1].form) is sent


def test_rule_about_the_order_of_a_get(service: Service) -> None:
    for rules in (Rules(), Rules(get_order="other")):
        service.dial("<Hangup/>", rules=rules, line={"voice_method": "GET"})
    assert list(service.received[0].query) == list(reversed(service.received[1].query))
    signatures = {request.headers["X-Twilio-Signature"] for request in service.received}
    assert len(signatures) == 1


def test_timers_of_the_world_keep_their_order(service: Service) -> None:
    world = service.dial("<Pause length='60'/>").world
    done: list[str] = []
    world.later(5, lambda: done.append("b"))
    world.later(5, lambda: done.append("c"))
    world.later(2, lambda: done.append("a"))
    world.run(3)
    assert done == ["a"]
    world.run(10)
    assert done == ["a", "b", "c"]
