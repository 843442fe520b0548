"""<Redirect>, by Twilio's page on it.

| attribute | values | default |
|---|---|---|
| method | GET, POST | POST |

Text: an address, relative to the present document; blank is that document. Verbs below are not reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr.simulator import Rules

if TYPE_CHECKING:
    from tests.simulator.conftest import Codes, Service


def test_goes_on_with_another_document_and_reaches_nothing_below(service: Service) -> None:
    service.documents["/next"] = "<Say>here</Say>"
    call = service.dial("<Redirect>/next</Redirect><Say>never</Say>")
    call.listen()
    assert [heard.text for heard in call.heard] == ["here"]
    assert [(request.method, request.path) for request in service.received] == [("POST", "/voice"), ("POST", "/next")]


@pytest.mark.parametrize(
    ("base", "reference", "path"),
    [
        ("/menu/top", "sub", "/menu/sub"),
        ("/menu/top", "../other", "/other"),
        ("/menu/top", "/abs", "/abs"),
        ("/menu/top", "https://elsewhere.example/x", "/x"),
        ("/menu/top", " \n /abs \n ", "/abs"),
        ("/menu/top", "", "/menu/top"),
    ],
)
def test_address_is_relative_to_the_present_document(service: Service, base: str, reference: str, path: str) -> None:
    service.documents |= {base: [f"<Redirect>{reference}</Redirect>", "<Hangup/>"], path: "<Hangup/>"}
    if base == path:
        service.documents[base] = [f"<Redirect>{reference}</Redirect>", "<Hangup/>"]
    service.dial(f"<Redirect>{base}</Redirect>")
    assert service.paths() == ["/voice", base, path]


def test_get_carries_the_parameters_behind_the_own_query(service: Service) -> None:
    service.documents["/next"] = "<Hangup/>"
    call = service.dial('<Redirect method="GET">/next?b=2&amp;a=1#part</Redirect>')
    request = service.received[1]
    assert (request.method, request.form) == ("GET", {})
    assert list(request.query)[:3] == ["b", "a", "CallSid"]
    assert request.query["CallSid"] == call.sid
    assert call.requests[1].url.startswith("https://service.example/next?b=2&a=1&CallSid=CA")


def test_wrong_method_is_a_warning_and_post(service: Service, codes: Codes) -> None:
    service.documents["/next"] = "<Hangup/>"
    call = service.dial('<Redirect method="PATCH">/next</Redirect>')
    assert codes(call) == [13710]
    assert service.received[1].method == "POST"


def test_going_in_circles_is_a_limit_of_the_simulator(service: Service) -> None:
    call = service.dial("<Redirect/>")
    call.listen()
    assert call.ended == "limit"
    assert call.seconds == 0.0
    assert len(service.received) == 250
    assert "going in circles" in call.warnings[-1].text


def test_a_key_shows_that_it_is_no_circle(service: Service) -> None:
    call = service.dial('<Gather numDigits="1" timeout="1"/><Redirect/>')
    for _ in range(150):
        call.wait(1)
        call.press("1")
    call.wait(200)
    assert not call.over


def test_twilio_ends_every_call_after_four_hours(service: Service) -> None:
    call = service.dial('<Say loop="0">ああああああああああああああああああああ</Say><Pause length="20000"/>')
    call.wait(20000)
    assert (call.ended, call.seconds) == ("limit", 14400.0)
    assert call.warnings[-1].text == "Twilio ends a call after 14400 s"


def test_relative_address_is_remarked_where_the_rule_says_so(service: Service, codes: Codes) -> None:
    service.documents["/next"] = "<Hangup/>"
    for address, found in (("/next", [0]), (f"{service.base}/next", [])):
        rules = Rules(relative_redirect="remarked")
        assert codes(service.dial(f"<Redirect>{address}</Redirect>", rules=rules)) == found
