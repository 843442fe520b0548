"""Documents, by Twilio's page on TwiML and its error dictionary: what stops one, and what is only a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import Codes, Reply, Service, Wav

FALLBACK = {"fallback_url": "https://service.example/fallback"}


def fails_with(service: Service, document: object) -> int:
    """Give the code that the fallback address is told."""
    service.documents["/fallback"] = "<Say>sorry</Say>"
    call = service.dial(document, line=FALLBACK)
    call.listen()
    assert [heard.text for heard in call.heard] == ["sorry"]
    assert call.ended == "service"
    assert service.received[-1].form["ErrorUrl"] == "https://service.example/voice"
    return int(service.received[-1].form["ErrorCode"])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<Response>", 12100),
        (b"<Response><Say>a & b</Say></Response>", 12100),
        (b'\n<?xml version="1.0" encoding="UTF-8"?><Response/>', 12100),
        (b"<Response/><Response/>", 12100),
        (b"only words", 12100),
        (b"<response/>", 12102),
        (b"<html><body/></html>", 12102),
        (b"", 11770),
        (b"<Response><!--" + b"x" * 65536 + b"--></Response>", 11750),
        (b'<!DOCTYPE Response [<!ENTITY a "aaaa">]><Response><Say>&a;</Say></Response>', 12100),
        (b"<Response><Say>\xff\xfe</Say></Response>", 12100),
    ],
)
def test_what_stops_a_document(service: Service, reply: type[Reply], body: bytes, code: int) -> None:
    assert fails_with(service, reply(body)) == code


@pytest.mark.parametrize("status", ["400 Bad Request", "403 Forbidden", "404 Not Found", "500 Oops", "503 Later"])
def test_http_errors_stop_it(service: Service, reply: type[Reply], status: str) -> None:
    assert fails_with(service, reply(b"<Response><Say>never</Say></Response>", status)) == 11200


@pytest.mark.parametrize("kind", ["", "application/json", "image/png"])
def test_wrong_content_types_stop_it(service: Service, reply: type[Reply], kind: str) -> None:
    assert fails_with(service, reply(b"<Response/>", kind=kind)) == 12300


@pytest.mark.parametrize("kind", ["text/xml", "application/xml", "text/html", "TEXT/XML; charset=utf-8", "text/plain"])
def test_right_content_types(service: Service, reply: type[Reply], kind: str) -> None:
    call = service.dial(reply(b"<Response><Say>yes</Say></Response>", kind=kind))
    call.listen()
    assert [heard.text for heard in call.heard] == ["yes"]


def test_plain_text_is_spoken_and_the_call_ends(service: Service, reply: type[Reply]) -> None:
    call = service.dial(reply("ただのことば".encode(), kind="text/plain"))
    call.listen()
    assert ([heard.text for heard in call.heard], call.ended) == (["ただのことば"], "service")


def test_sound_is_played_and_the_call_ends(service: Service, wav: Wav) -> None:
    call = service.dial(wav(2))
    call.listen()
    assert [(heard.text, heard.seconds) for heard in call.heard] == [("https://service.example/voice", 2.0)]
    assert (call.ended, service.paths()) == ("service", ["/voice"])


def test_sound_that_cannot_be_played_stops_it(service: Service, reply: type[Reply]) -> None:
    assert fails_with(service, reply(b"?", kind="audio/midi")) == 13420


def test_largest_document_is_read(service: Service, reply: type[Reply]) -> None:
    body = b"<Response><!--" + b"x" * (65536 - 28) + b"--></Response>"
    call = service.dial(reply(body))
    assert (len(body), call.ended) == (65536, "service")


def test_declaration_comments_and_namespaces_are_no_trouble(service: Service, reply: type[Reply], codes: Codes) -> None:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!-- comment -->\n'
        '<Response xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="x">'
        "<Say>一<!-- within -->二</Say></Response>"
    )
    call = service.dial(reply(body.encode()))
    call.listen()
    assert [heard.text for heard in call.heard] == ["一二"]
    assert codes(call) == []


def test_schema_violations_are_warnings_and_the_call_goes_on(
    service: Service, reply: type[Reply], codes: Codes
) -> None:
    body = b'<Response colour="red">words\n<say>no</say><Number>1</Number>\n<Say Voice="man">yes</Say></Response>'
    call = service.dial(reply(body))
    call.listen()
    assert codes(call) == [12200, 12200, 12200, 12200, 12200]
    assert call.warnings[1].text == "line 2, <say>: has no place in <Response> and is skipped"
    assert call.warnings[3].text == "line 3, <Say>: there is no attribute Voice"
    assert [heard.text for heard in call.heard] == ["yes"]


@pytest.mark.parametrize("verb", ["Sms", "Connect", "Start"])
def test_verbs_that_are_not_simulated_end_the_call_truthfully(service: Service, verb: str) -> None:
    call = service.dial(f'<Say>first</Say><{verb} action="/x">a<Inner/></{verb}>', line=FALLBACK)
    call.listen()
    assert call.ended == "error"
    assert call.warnings[-1].text == f"this simulator cannot run <{verb}>"
    assert [heard.text for heard in call.heard][:1] == ["first"]


def test_without_fallback_the_caller_hears_an_application_error(
    service: Service, reply: type[Reply], codes: Codes
) -> None:
    call = service.dial(reply(b"", "500 Oops"))
    call.listen()
    assert (codes(call), call.ended) == ([11200], "error")
    assert [heard.text for heard in call.heard] == ["We are sorry, an application error has occurred. Goodbye."]


def test_hanging_up_in_the_application_error(service: Service, reply: type[Reply]) -> None:
    call = service.dial(reply(b"", "500 Oops"))
    call.wait(1)
    call.hang_up()
    assert (call.ended, call.heard[0].seconds, call.heard[0].cut) == ("error", 1.0, True)


def test_fallback_that_fails_too_ends_the_call(service: Service, reply: type[Reply], codes: Codes) -> None:
    call = service.dial(reply(b"", "500 Oops"), line=FALLBACK)
    call.listen()
    assert (codes(call), call.ended) == ([11200, 11200], "error")
    assert service.paths() == ["/voice", "/fallback"]


def test_fallback_is_asked_in_the_same_state_of_the_call(service: Service, reply: type[Reply]) -> None:
    service.documents |= {"/next": reply(b"", "500 Oops"), "/fallback": "<Redirect>/further</Redirect>"}
    service.documents["/further"] = "<Hangup/>"
    call = service.dial("<Say>はい</Say><Redirect>/next</Redirect>", line={**FALLBACK, "fallback_method": "GET"})
    call.listen()
    fallback = service.received[2]
    assert (fallback.method, fallback.path, fallback.query["CallStatus"]) == ("GET", "/fallback", "in-progress")
    assert fallback.query["ErrorUrl"] == "https://service.example/next"
    assert service.paths()[3] == "/further"
    assert "ErrorCode" not in service.received[3].form


@pytest.mark.parametrize(
    "url", ["ftp://x/y", "http://", "http://[oops", "http://x:99999/", "http://x:0/", "mailto:a@b"]
)
def test_addresses_that_cannot_be_requested(service: Service, url: str) -> None:
    service.documents["/fallback"] = "<Hangup/>"
    service.dial(f"<Redirect>{url}</Redirect>", line=FALLBACK)
    assert service.received[-1].form["ErrorCode"] == "11100"
    assert service.received[-1].form["ErrorUrl"] == url
