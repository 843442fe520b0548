"""What goes over the wire: parameters, redirects, cookies, passwords, time (Twilio's pages on TwiML and webhooks)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from ivr.simulator import Response, Trouble, wsgi

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr.simulator import Request
    from tests.simulator.conftest import Codes, Reply, Service, Wav

STATUS = {"status_url": "https://service.example/status"}
FALLBACK = {"fallback_url": "https://service.example/fallback"}


def test_standard_parameters_of_the_first_request(service: Service) -> None:
    call = service.dial("<Hangup/>", account="AC" + "0" * 28 + "7e57")
    form = service.received[0].form
    assert len(call.sid) == 34
    assert form.pop("CallToken").startswith('{"parentCallInfoToken":')
    assert form == {
        "CallSid": call.sid,
        "AccountSid": "AC" + "0" * 28 + "7e57",
        "From": "+819000000000",
        "To": "+815000000000",
        "Caller": "+819000000000",
        "Called": "+815000000000",
        "CallStatus": "ringing",
        "ApiVersion": "2010-04-01",
        "Direction": "inbound",
        **{f"{side}{place}": "" for side in ("From", "To", "Caller", "Called") for place in ("City", "State", "Zip")},
        **{f"{side}Country": "JP" for side in ("From", "To", "Caller", "Called")},
    }
    assert service.received[0].headers["User-Agent"] == "TwilioProxy/1.1"


@pytest.mark.parametrize("caller", ["anonymous", "Restricted", "+266696687", "+2999999999"])
def test_callers_whose_country_is_not_known(service: Service, caller: str) -> None:
    service.dial("<Hangup/>", caller=caller)
    form = service.received[0].form
    assert (form["From"], form["Caller"], form["FromCountry"], form["CallerCountry"]) == (caller, caller, "", "")


def test_status_of_the_call_is_in_progress_once_something_was_heard(service: Service) -> None:
    service.documents |= {
        "/a": "<Pause/><Redirect>/b</Redirect>",
        "/b": "<Say>はい</Say><Redirect>/c</Redirect>",
        "/c": "",
    }
    call = service.dial("<Redirect>/a</Redirect>")
    call.listen()
    assert [request.form["CallStatus"] for request in service.received] == [
        "ringing",
        "ringing",
        "ringing",
        "in-progress",
    ]


def test_ids_are_random_but_repeat_with_the_same_seed(service: Service) -> None:
    first, second = service.dial("<Hangup/>"), service.dial("<Hangup/>")
    assert first.sid == second.sid
    third = first.world.dial(service.line(), first.caller)
    assert third.sid != first.sid


def test_own_parameters_of_the_tester_go_with_every_request(service: Service) -> None:
    service.documents |= {"/next": "<Hangup/>", "/status": ""}
    call = service.dial(
        '<Pause length="2"/><Redirect>/next</Redirect>', line=STATUS, added=lambda moment: {"T": moment.isoformat()}
    )
    call.listen()
    assert [request.form["T"] for request in service.received] == [
        "2026-11-24T09:00:00+00:00",
        "2026-11-24T09:00:02+00:00",
        "2026-11-24T09:00:02+00:00",
    ]


def test_status_callback_at_the_end(service: Service) -> None:
    service.documents["/status"] = "<Say>never</Say>"
    call = service.dial('<Pause/><Play digits="W"/><Pause length="60"/>', line=STATUS)
    call.listen()
    form = service.received[-1].form
    assert (form["CallStatus"], form["CallDuration"], form["Duration"]) == ("completed", "61", "2")
    assert (form["Timestamp"], form["SequenceNumber"]) == ("Tue, 24 Nov 2026 09:01:02 GMT", "0")
    assert form["CallbackSource"] == "call-progress-events"
    assert (call.heard[0].text, len(call.heard)) == ("(tones W)", 1)


def test_status_callback_by_get_and_its_failure_changes_nothing(service: Service, codes: Codes) -> None:
    call = service.dial("<Hangup/>", line={**STATUS, **FALLBACK, "status_method": "GET"})
    assert (service.received[-1].method, service.received[-1].query["CallStatus"]) == ("GET", "completed")
    assert (codes(call), call.ended, service.paths()) == ([11200], "service", ["/voice", "/status"])


def test_caller_who_gives_up_before_the_answer(service: Service) -> None:
    service.documents["/status"] = ""
    call = service.dial("<Pause/>", line=STATUS)
    call.hang_up()
    assert (service.received[-1].form["CallStatus"], call.ended) == ("no-answer", "caller")


def test_first_request_may_be_a_get(service: Service) -> None:
    service.dial("<Hangup/>", line={"voice_method": "GET"})
    assert (service.received[0].method, service.received[0].query["Direction"]) == ("GET", "inbound")


def redirect(reply: type[Reply], to: str, status: str = "302 Found") -> Reply:
    return reply(b"", status, headers=(("Location", to),))


@pytest.mark.parametrize(
    ("status", "method"),
    [("301 Moved", "GET"), ("302 Found", "GET"), ("303 See", "GET"), ("307 Again", "POST"), ("308 Moved", "POST")],
)
def test_redirect_is_followed_without_the_digits(
    service: Service, reply: type[Reply], status: str, method: str
) -> None:
    service.documents |= {"/key": redirect(reply, "sub/next", status), "/sub/next": "<Redirect>x</Redirect>"}
    service.documents["/sub/x"] = "<Hangup/>"
    call = service.dial('<Gather action="/key" numDigits="1"/>')
    call.press("1")
    followed = service.received[2]
    params = followed.query if method == "GET" else followed.form
    assert (followed.method, params["CallSid"], "Digits" in params) == (method, call.sid, False)
    assert service.paths() == ["/voice", "/key", "/sub/next", "/sub/x"]


def test_ten_redirects_are_followed_and_no_more(service: Service, reply: type[Reply]) -> None:
    for step in range(12):
        service.documents[f"/{step}"] = redirect(reply, f"/{step + 1}")
    service.documents |= {"/10": "<Say>here</Say>", "/fallback": "<Hangup/>"}
    call = service.dial(redirect(reply, "/1"))
    call.listen()
    assert [heard.text for heard in call.heard] == ["here"]
    service.documents["/10"] = redirect(reply, "/11")
    service.dial(redirect(reply, "/1"), line=FALLBACK)
    assert service.received[-1].form["ErrorCode"] == "11215"


def test_redirect_without_a_place_is_an_error(service: Service, reply: type[Reply], codes: Codes) -> None:
    assert codes(service.dial(reply(b"", "302 Found"))) == [11200]


def cookies(*lines: object) -> tuple[tuple[str, str], ...]:
    return tuple(("Set-Cookie", line) for line in lines)


def sent(service: Service) -> list[str]:
    return [request.headers.get("Cookie", "") for request in service.received]


def test_cookies_are_kept_for_the_call(service: Service, reply: type[Reply]) -> None:
    service.documents |= {
        "/a": reply(
            b"<Response><Redirect>/b/c</Redirect></Response>",
            headers=cookies("a=1; Path=/; HttpOnly", 'b="two words"; Path=/b', "c=3; Path=/bc", "d=4"),
        ),
        "/b/c": reply(b"<Response><Redirect>/b/d</Redirect></Response>", headers=cookies("e=5", "a=6; Path=/")),
        "/b/d": "<Redirect>http://service.example/bc</Redirect>",
        "/bc": "<Hangup/>",
    }
    service.dial("<Redirect>/a</Redirect>")
    assert sent(service) == [
        "",
        "",
        'b="two words"; a=1; d=4',
        'b="two words"; e=5; a=6; d=4',
        "c=3; a=6; d=4",
    ]
    service.dial("<Hangup/>")
    assert sent(service)[-1] == ""


def test_cookies_stay_with_their_host_and_scheme(service: Service, reply: type[Reply]) -> None:
    service.documents |= {
        "/a": reply(
            b"<Response><Redirect>https://sub.service.example/b</Redirect></Response>",
            headers=cookies(
                "host=1", "wide=2; Domain=.service.example", "other=3; Domain=elsewhere.example", "safe=4; Secure"
            ),
        ),
        "/b": "<Redirect>http://service.example/c</Redirect>",
        "/c": "<Redirect>https://service.example/d</Redirect>",
        "/d": "<Hangup/>",
    }
    service.dial("<Redirect>/a</Redirect>")
    assert sent(service)[2:] == ["wide=2", "host=1; wide=2", "host=1; wide=2; safe=4"]


def test_cookies_expire_by_the_virtual_clock(service: Service, reply: type[Reply]) -> None:
    dated = (("Date", "Tue, 24 Nov 2020 09:00:00 GMT"),)
    service.documents |= {
        "/a": reply(
            b'<Response><Pause length="10"/><Redirect>/b</Redirect></Response>',
            headers=dated
            + cookies(
                "short=1; Max-Age=10",
                "long=2; Max-Age=11",
                "gone=3; Max-Age=0",
                "odd=4; Max-Age=soon",
                "past=5; Expires=Tue, 24 Nov 2020 09:00:09 GMT",
                "future=6; Expires=Tue, 24 Nov 2020 09:00:11 GMT",
                "when=7; Expires=tomorrow",
                "bad;;=\x01",
            ),
        ),
        "/b": "<Hangup/>",
    }
    call = service.dial("<Redirect>/a</Redirect>")
    call.wait(10)
    assert sent(service)[-1] == "long=2; odd=4; future=6; when=7"


def test_password_of_the_address_is_sent_when_asked_for(service: Service, reply: type[Reply]) -> None:
    service.documents["/voice"] = lambda request: (
        "<Hangup/>" if "Authorization" in request.headers else reply(b"", "401 Unauthorized")
    )
    call = service.dial(line={"voice_url": "https://us%40er:pass@service.example/voice"})
    first, second = (request.headers for request in service.received)
    assert "Authorization" not in first
    assert second["Authorization"] == f"Basic {base64.b64encode(b'us@er:pass').decode()}"
    assert first["X-Twilio-Signature"] == second["X-Twilio-Signature"]
    assert first["I-Twilio-Idempotency-Token"] == second["I-Twilio-Idempotency-Token"]
    assert (call.ended, call.requests[0].url) == ("service", "https://service.example/voice")


def test_without_a_password_401_is_an_error(service: Service, reply: type[Reply], codes: Codes) -> None:
    assert codes(service.dial(reply(b"", "401 Unauthorized"))) == [11200]


def test_latency_passes_before_the_answer_and_keys_are_lost_meanwhile(service: Service) -> None:
    service.documents["/key"] = "<Say>はい</Say>"
    call = service.dial('<Gather action="/key" numDigits="1"/>', latency=1.5)
    assert call.doing == "requesting"
    call.listen()
    assert call.seconds == 1.5
    call.press("1")
    call.press("2")
    assert call.warnings[0].text == "key 2 is lost: nothing listens while the call is requesting"
    call.listen()
    assert [heard.t for heard in call.heard] == [3.0]
    assert [request.t for request in call.requests] == [0.0, 1.5]


def test_hanging_up_during_a_webhook_executes_nothing_of_its_answer(service: Service) -> None:
    call = service.dial("<Say>never</Say>", latency=1.0)
    call.wait(0.5)
    call.hang_up()
    assert (call.heard, call.ended, call.seconds) == ([], "caller", 0.5)


def test_fifteen_seconds_are_too_long(service: Service) -> None:
    service.documents["/fallback"] = "<Hangup/>"
    call = service.dial("<Hangup/>", latency=15.1, line=FALLBACK)
    call.wait(100)
    assert service.received[1].form["ErrorCode"] == "11205"
    assert (call.ended, [request.t for request in call.requests]) == ("error", [0.0, 15.0])


def test_sounds_take_no_time_even_with_latency(service: Service, wav: Wav) -> None:
    service.documents["/a.wav"] = wav(1)
    call = service.dial("<Play>/a.wav</Play>", latency=2.0)
    call.listen()
    assert [heard.t for heard in call.heard] == [2.0]


def answers(service: Service, seconds: float) -> Callable[[Request], Response]:
    """Fetch as ever, but claim that it took so long."""
    fetch = wsgi(service)

    def slow(request: Request) -> Response:
        answer = fetch(request)
        return Response(answer.status, answer.headers, answer.body, seconds)

    return slow


def test_real_time_counts_where_asked_for(service: Service) -> None:
    call = service.dial("<Say>はい</Say>", fetch=answers(service, 0.25), latency=None)
    call.listen()
    assert ([heard.t for heard in call.heard], call.requests[0].ms) == ([0.25], 250.0)


def test_budget_holds_for_the_real_time_too(service: Service, codes: Codes) -> None:
    assert codes(service.dial("<Hangup/>", fetch=answers(service, 15.5))) == [11205]


def test_no_answer_at_all_is_noted_as_status_0_and_its_time_passes(service: Service) -> None:
    def fetch(_request: Request) -> Response:
        raise Trouble(11205, "nobody", 15.0)

    call = service.dial(fetch=fetch)
    call.listen()
    assert [(request.status, request.t) for request in call.requests] == [(0, 0.0)]
    assert [heard.t for heard in call.heard] == [15.0]


def test_addresses_go_out_as_they_were_signed(service: Service) -> None:
    service.documents |= {"/日本 語": "<Hangup/>"}
    call = service.dial("<Redirect>/日本%20語?q=「あ」&amp;r=%e3%81%82&amp;s=100%</Redirect>")
    assert call.requests[1].url == (
        "https://service.example/%E6%97%A5%E6%9C%AC%20%E8%AA%9E?q=%E3%80%8C%E3%81%82%E3%80%8D&r=%E3%81%82&s=100%25"
    )
    assert service.received[1].query == {"q": "「あ」", "r": "あ", "s": "100%"}


def test_redirect_to_what_is_no_address(service: Service, reply: type[Reply], codes: Codes) -> None:
    assert codes(service.dial(redirect(reply, "http://[oops"))) == [11100]


def test_host_in_japanese(service: Service) -> None:
    service.documents["/a"] = "<Hangup/>"
    call = service.dial("<Redirect>https://日本語.example/a</Redirect>")
    assert call.requests[1].url == "https://xn--wgv71a119e.example/a"


def test_address_without_a_path(service: Service) -> None:
    service.documents["/"] = "<Hangup/>"
    assert service.dial(line={"voice_url": "https://service.example"}).ended == "service"


def test_cookies_that_cannot_be_read_are_ignored(service: Service, reply: type[Reply]) -> None:
    service.documents |= {"/a": "<Hangup/>"}
    service.dial(reply(b"<Response><Redirect>/a</Redirect></Response>", headers=cookies("b\x00ad=1; Path=/", "a,b=2")))
    assert sent(service) == ["", ""]
