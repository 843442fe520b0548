"""Who can call: a telephone, a SIP phone, an app of the account (Twilio's pages "SIP and TwiML Interaction", "Dial").

| From | To | further parameters | caller ID of a <Dial> to a number without callerId |
|---|---|---|---|
| +81… | the number | countries and places | the caller's number |
| sip:user@host | sip:…@the account's domain | SipDomain, SipUsername, SipCallId, SipSourceIp, SipHeader_X-… | the user, if a number; else 13214 |
| client:identity | what the app says | none | 13214: callerId is needed |
"""  # noqa: E501

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr.simulator import Person, is_caller

if TYPE_CHECKING:
    from ivr.simulator import Call
    from tests.simulator.conftest import Codes, Service

TO = "+81312345678"
STANDARD = {
    "CallSid",
    "AccountSid",
    "From",
    "To",
    "Caller",
    "Called",
    "CallStatus",
    "ApiVersion",
    "Direction",
    "CallToken",
}


def test_a_sip_call_has_its_address_and_no_place(service: Service) -> None:
    call = service.dial("<Pause/>", caller="sip:anna@example.jp?X-Room=3%20A&x-floor=2&Subject=no")
    form = service.received[0].form
    assert form.keys() - STANDARD == {
        *("SipDomain", "SipUsername", "SipCallId", "SipSourceIp"),
        *("SipHeader_X-Room", "SipHeader_x-floor"),
    }
    assert {name: form[name] for name in ("From", "Caller", "To", "Called", "SipDomain", "SipUsername")} == {
        "From": "sip:anna@example.jp",
        "Caller": "sip:anna@example.jp",
        "To": "sip:+815000000000@example.sip.twilio.com",
        "Called": "sip:+815000000000@example.sip.twilio.com",
        "SipDomain": "example.sip.twilio.com",
        "SipUsername": "anna",
    }
    assert (form["SipHeader_X-Room"], form["SipHeader_x-floor"]) == ("3 A", "2")
    assert form["SipCallId"] == f"{call.sid[2:]}@{form['SipSourceIp']}"


def test_every_request_of_a_sip_call_says_so(service: Service) -> None:
    service.documents["/next"] = "<Hangup/>"
    service.dial(
        "<Redirect>/next</Redirect>", caller="sip:anna@example.jp", line={"sip": "sip:help@ward.sip.twilio.com"}
    )
    assert [(request.path, request.form["To"], request.form["SipDomain"]) for request in service.received] == [
        ("/voice", "sip:help@ward.sip.twilio.com", "ward.sip.twilio.com"),
        ("/next", "sip:help@ward.sip.twilio.com", "ward.sip.twilio.com"),
    ]


@pytest.mark.parametrize("to", ["", "+815000000000", "helpline"])
def test_a_call_of_an_app_has_what_the_app_says_and_no_place(to: str, service: Service) -> None:
    service.dial("<Hangup/>", caller="client:anna", line={"client_to": to})
    form = service.received[0].form
    assert form.keys() == STANDARD
    assert (form["From"], form["Caller"], form["To"], form["Called"]) == ("client:anna", "client:anna", to, to)


DIALS = [
    # caller, callerId, whether it is dialled, what is shown
    ("+819000000000", "", True, "+819000000000"),
    ("anonymous", "", True, "anonymous"),
    ("client:anna", "", False, ""),
    ("client:anna", "+815000000000", True, "+815000000000"),
    ("client:anna", "+815000009999", True, "+815000009999"),
    ("client:anna", "client:anna", False, ""),
    ("client:anna", "+81399999999", False, ""),
    ("sip:anna@example.jp", "", False, ""),
    ("sip:anna@example.jp", "sip:anna@example.jp", False, ""),
    ("sip:anna@example.jp", "+815000000000", True, "+815000000000"),
    ("sip:+819011112222@example.jp", "", True, "+819011112222"),
    ("sip:+819011112222@example.jp", "+815000009999", True, "+815000009999"),
    ("sip:+819011112222@example.jp", "+81399999999", False, ""),
]


@pytest.mark.parametrize(("caller", "given", "good", "shown"), DIALS)
def test_a_telephone_is_shown_a_number_or_it_does_not_ring(
    caller: str,
    given: str,
    good: bool,  # noqa: FBT001  (a table)
    shown: str,
    service: Service,
    codes: Codes,
) -> None:
    service.documents["/after"] = "<Hangup/>"
    attribute = f'callerId="{given}" ' if given else ""
    call = service.dial(
        f'<Dial {attribute}action="/after">{TO}</Dial>',
        caller=caller,
        numbers=frozenset({"+815000009999"}),
        people=lambda _number: Person(),
    )
    call.listen()
    assert codes(call) == ([] if good else [13214])
    assert [child.caller for child in call.children] == ([shown] if good else [])
    assert service.received[-1].form["DialCallStatus"] == ("completed" if good else "failed")


@pytest.mark.parametrize("noun", ["<Client>desk</Client>", "<Sip>sip:desk@office.example</Sip>"])
def test_an_app_or_a_sip_phone_needs_no_number_to_ring_another(noun: str, service: Service, codes: Codes) -> None:
    for caller in ("client:anna", "sip:anna@example.jp"):
        call: Call = service.dial(f"<Dial>{noun}</Dial>", caller=caller, people=lambda _address: Person())
        call.listen()
        assert (codes(call), [child.caller for child in call.children]) == ([], [caller])


@pytest.mark.parametrize(
    ("caller", "good"),
    [
        ("+819012345678", True),
        ("anonymous", True),
        ("sip:anna@example.jp", True),
        ("sips:anna@192.0.2.1:5061;transport=tls", True),
        ("client:anna", True),
        ("sip:anna", False),
        ("sip:anna@exa mple.jp", False),
        (f"sip:{'a' * 250}@example.jp", False),
        ("client:", False),
        ("anna", False),
        ("", False),
    ],
)
def test_nobody_else_can_call(caller: str, good: bool) -> None:  # noqa: FBT001  (a table)
    assert is_caller(caller) is good
