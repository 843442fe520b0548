"""Twilio's requests over real HTTP: good, forged, cut off, too long, too late, and twice."""

from __future__ import annotations

import http.client
import json
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

import pytest
from patience import PATIENCE

from ivr.position import Position, decode

if TYPE_CHECKING:
    from conftest import Answer, Served

FORM = "application/x-www-form-urlencoded"
WEEKDAY = "2026-11-25T10:00:00+09:00"
ROUTES = ["/voice", "/voice/at/x", "/voice/at/x/silence", "/voice/at/x/dialled", "/voice/status", "/voice/fallback"]


def opened(helpline: Served, **more: str) -> Answer:
    return helpline.post("/voice", test=True, TestTime=WEEKDAY, CallStatus="ringing", **more)


def pressed(helpline: Served, answer: Answer, key: str) -> Answer:
    return helpline.post(answer.action, test=True, TestTime=WEEKDAY, Digits=key, FinishedOnKey="", msg="Gather End")


def where(answer: Answer) -> Position:
    found = decode(urlsplit(answer.action).path.split("/")[3])
    assert found is not None
    return found


def test_a_call_is_opened_with_one_gather_and_a_way_for_silence(helpline: Served) -> None:
    answer = opened(helpline)
    assert (answer.status, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (
        200,
        "text/xml; charset=utf-8",
        "no-store",
    )
    assert answer.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?><Response>')
    assert answer.verbs == ["Gather", "Redirect"]
    gather = answer.document[0]
    assert {name: value for name, value in gather.attrib.items() if name != "action"} == {
        "input": "dtmf",
        "numDigits": "1",
        "finishOnKey": "",
        "timeout": "6",
        "method": "POST",
    }
    assert answer.redirect == answer.action + "/silence"
    assert where(answer).node == "opening"


def test_every_address_in_a_document_is_absolute_and_public(helpline: Served) -> None:
    for answer in (opened(helpline), pressed(helpline, opened(helpline), "1")):
        addresses = [verb.attrib["action"] for verb in answer.document.iter() if "action" in verb.attrib]
        addresses += [verb.text or "" for verb in answer.document.iter() if verb.tag in {"Redirect", "Play"}]
        assert addresses
        assert all(address.startswith(helpline.public + "/") for address in addresses)


def test_a_lost_card_is_one_key_from_the_number_and_two_from_the_line(helpline: Served) -> None:
    lost = pressed(helpline, opened(helpline), "1")
    assert lost.said.index("ゼロイチニーゼロ") < 40
    line = pressed(helpline, lost, "1")
    assert line.verbs == ["Say", "Dial"]
    dial = line.document[1]
    assert {name: value for name, value in dial.attrib.items() if name != "action"} == {
        "callerId": "+815012345678",
        "timeout": "22",
        "timeLimit": "3600",
        "method": "POST",
    }
    assert [(noun.tag, noun.text) for noun in dial] == [("Number", "+81120950178")]


@pytest.mark.parametrize(
    "status", ["completed", "busy", "no-answer", "failed", "canceled", "zombie", "", "123456789012"]
)
def test_after_every_outcome_of_the_line_help_goes_on(status: str, helpline: Served) -> None:
    line = pressed(helpline, pressed(helpline, opened(helpline), "1"), "1")
    answer = helpline.post(line.action, test=True, DialCallStatus=status, DialCallSid="CA" + "f" * 32)
    assert (answer.status, answer.verbs) == (200, ["Gather", "Redirect"])
    assert ("ゼロイチニーゼロ" in answer.said) == (status != "completed")


def test_an_outcome_without_a_status_is_one_that_is_unknown(helpline: Served) -> None:
    line = pressed(helpline, pressed(helpline, opened(helpline), "1"), "1")
    assert helpline.post(line.action, test=True).verbs == ["Gather", "Redirect"]


def test_a_caller_who_hung_up_during_the_transfer_is_let_go(helpline: Served) -> None:
    line = pressed(helpline, pressed(helpline, opened(helpline), "1"), "1")
    answer = helpline.post(line.action, test=True, DialCallStatus="completed", CallStatus="completed")
    assert answer.verbs == ["Hangup"]


def test_silence_has_an_address_of_its_own_whatever_the_form_says(helpline: Served) -> None:
    first, then = opened(helpline), {"test": True, "TestTime": WEEKDAY}
    silent = helpline.post(first.redirect, **then)
    assert where(silent).silences == 1
    with_digits = helpline.post(first.redirect, **then, Digits="1")
    assert with_digits.body == silent.body
    no_digits, blank = helpline.post(first.action, **then), helpline.post(first.action, **then, Digits="")
    assert no_digits.body == blank.body == silent.body


@pytest.mark.parametrize("digits", ["7", "8", "11", "123456789012", "1#", "abc", "１"])
def test_keys_that_choose_nothing_are_wrong_keys(digits: str, helpline: Served) -> None:
    answer = pressed(helpline, opened(helpline), digits)
    assert (where(answer).wrongs, where(answer).node) == (1, "opening")
    assert len(digits) < 12 or digits not in answer.body.decode()


def test_a_repeated_request_gets_the_same_bytes_from_every_process(helpline: Served) -> None:
    first = opened(helpline)
    lost = pressed(helpline, first, "1")
    assert {opened(helpline).body for _ in range(8)} == {first.body}
    assert {pressed(helpline, first, "1").body for _ in range(8)} == {lost.body}
    assert {helpline.post(first.redirect, test=True).body for _ in range(8)} == {
        helpline.post(first.redirect, test=True).body
    }


def test_who_calls_and_which_call_it_is_change_no_word(helpline: Served) -> None:
    plain = opened(helpline).body
    for more in (
        {"From": "anonymous"},
        {"From": ""},
        {"CallSid": ""},
        {"CallSid": "nonsense"},
        {"StirVerstat": "TN-Validation-Passed-A", "CallToken": '{"a":"b c+d%20="}'},
        {"ForwardedFrom": "+815012345678"},
        {"SipDomain": "x.sip.twilio.com", "From": "sip:anna@example.jp"},
        {"Unheard": "of"},
    ):
        assert opened(helpline, **more).body == plain


@pytest.mark.parametrize(
    "position",
    [
        "x",
        "0",
        "1.opening",
        "1.opening..0.0.0.0.ja.n.00000000.00000000.-5",
        "1.opening..0.0.0.0.en.n.00000000.00000000.5",
        "1.opening..0.0.0.0.ja.n.00000000.00000000." + "z" * 700,
        "..%5C..%5Cetc",
        "%E6%9D%B1%E4%BA%AC",
        "%00",
        "%0A",
        "%0d%0aX-Evil:%201",
        "%FF%FE",
        "a" * 3000,
        "<Response>",
        "%25s%25n",
    ],
)
def test_a_position_that_cannot_be_read_is_an_apology_and_the_opening(position: str, helpline: Served) -> None:
    for after in ("", "/silence", "/dialled"):
        answer = helpline.post(
            f"/voice/at/{quote(position, safe='%/')}{after}", test=True, TestTime=WEEKDAY, Digits="1"
        )
        assert (answer.status, answer.verbs) == (200, ["Gather", "Redirect"])
        assert answer.said.startswith("申し訳ありません。はじめから、")
        assert where(answer).node == "opening"
        assert pressed(helpline, answer, "1").said.count("ゼロイチニーゼロ") == 2


def test_a_node_that_is_gone_is_an_apology_and_the_opening(helpline: Served) -> None:
    stale = Position("node_of_last_year", where(opened(helpline)).answered, ("gone",), turn=3).encode()
    answer = helpline.post(f"/voice/at/{stale}", test=True, TestTime=WEEKDAY, Digits="1")
    assert answer.said.startswith("申し訳ありません。")
    assert where(answer).node == "opening"


def test_a_way_back_that_is_gone_leads_somewhere(helpline: Served) -> None:
    stale = Position("lost", where(opened(helpline)).answered, ("gone",), turn=3).encode()
    answer = helpline.post(f"/voice/at/{stale}", test=True, TestTime=WEEKDAY, Digits="*")
    assert answer.verbs == ["Gather", "Redirect"]


def test_a_position_of_an_older_version_goes_on(helpline: Served) -> None:
    here = where(opened(helpline))
    old = Position("opening", here.answered, turn=3, flow_version="f" * 8, voice_version="e" * 8)
    answer = helpline.post(f"/voice/at/{old.encode()}", test=True, TestTime=WEEKDAY, Digits="1")
    assert (where(answer).node, where(answer).flow_version) == ("lost", here.flow_version)


# ---- forged --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("signature", [None, "", "AAAA", "L/OH5YylLD5NRKLltdqwSvS0BnU="])
def test_what_twilio_did_not_sign_is_refused(route: str, signature: str | None, helpline: Served) -> None:
    headers = {"Content-Type": FORM} | ({} if signature is None else {"X-Twilio-Signature": signature})
    body = urlencode(helpline.form(Digits="1")).encode()
    answer = helpline.send("POST", route, body, headers)
    assert answer.status == 403
    assert b"<Response" not in answer.body


def test_a_refusal_tells_whoever_runs_the_service_what_to_look_at(helpline: Served) -> None:
    path, name = "/voice/at/1.refused_with_a_remedy.x", "refused_with_a_remedy"
    helpline.send("POST", path, b"Digits=1", {"Content-Type": FORM})
    helpline.send("POST", path, b"Digits=1", {"Content-Type": FORM, "X-Twilio-Signature": "AAAA"})
    helpline.waits_for(lambda: len(helpline.lines("signature_refused", name)) == 2)
    for line, reason in zip(
        helpline.lines("signature_refused", name),
        ("no X-Twilio-Signature header", "signature does not fit"),
        strict=True,
    ):
        assert reason in line
        assert f"{helpline.public}/voice/at/" in line
        assert "IVR_PUBLIC_URL" in line
        assert "TWILIO_AUTH_TOKEN" in line
        assert "warning" in line


def test_each_token_opens_its_own_door_only(helpline: Served) -> None:
    assert helpline.post("/voice").status == 200
    assert helpline.post("/voice", test=True).status == 200
    doors = {
        (test, token): _signed(helpline, helpline.form(test=test), token)
        for test in (False, True)
        for token in ("local-token", "test-token")
    }
    assert doors == {
        (False, "local-token"): 200,
        (False, "test-token"): 403,
        (True, "local-token"): 403,
        (True, "test-token"): 200,
    }


def _signed(helpline: Served, form: dict[str, str], kept: str = "local-token", **changed: str) -> int:
    headers = {"Content-Type": FORM, "X-Twilio-Signature": helpline.signature("/voice", form, kept)}
    return helpline.send("POST", "/voice", urlencode({**form, **changed}).encode(), headers).status


def test_a_form_that_was_changed_on_the_way_is_refused(helpline: Served) -> None:
    form = helpline.form(Digits="1")
    assert _signed(helpline, form) == 200
    assert _signed(helpline, form, Digits="2") == 403
    assert _signed(helpline, form, TestTime=WEEKDAY) == 403
    assert _signed(helpline, form, From="+819012345679") == 403


def test_a_form_that_was_cut_off_is_refused(helpline: Served) -> None:
    form = helpline.form(Digits="1")
    body = urlencode(form).encode()
    headers = {"Content-Type": FORM, "X-Twilio-Signature": helpline.signature("/voice", form)}
    statuses = {length: helpline.send("POST", "/voice", body[:length], headers).status for length in range(len(body))}
    assert {length for length, status in statuses.items() if status != 403} == set()
    assert helpline.send("POST", "/voice", body, headers).status == 200


def test_headers_that_a_proxy_or_anyone_may_send_change_nothing(helpline: Served) -> None:
    spoofed = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Port": "444",
        "X-Forwarded-Prefix": "/evil",
        "X-Forwarded-For": "203.0.113.9",
        "Forwarded": "host=evil.example;proto=https",
        "X-Original-URL": "/voice/status",
        "X-Rewrite-URL": "/voice/status",
        "Host": "evil.example",
    }
    plain = opened(helpline)
    answer = helpline.post("/voice", test=True, TestTime=WEEKDAY, CallStatus="ringing", headers=spoofed)
    assert (answer.status, answer.body) == (200, plain.body)


def test_an_address_signed_for_another_host_is_refused(helpline: Served) -> None:
    form = helpline.form()
    for host in ("https://evil.example", helpline.public.replace("http:", "https:")):
        elsewhere = replace(helpline, public=host)
        headers = {
            "Content-Type": FORM,
            "Host": urlsplit(host).netloc,
            "X-Forwarded-Proto": "https",
            "X-Twilio-Signature": elsewhere.signature("/voice", form),
        }
        assert helpline.send("POST", "/voice", urlencode(form).encode(), headers).status == 403


@pytest.mark.parametrize("query", ["a=1", "b=2&a=1", "a=+%20%2B", "a=%E6%9D%B1%27%7E", "a=", "a=%e6"])
def test_a_query_is_signed_as_it_was_sent(query: str, helpline: Served) -> None:
    assert helpline.post(f"/voice?{query}", test=True).status == 200


# ---- wrong in form -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_only_a_post_is_answered(route: str, method: str, helpline: Served) -> None:
    answer = helpline.send(method, f"{route}?Digits=1")
    assert answer.status == 405
    assert "POST" in answer.headers["Allow"]
    assert b"<Response" not in answer.body


def test_even_a_signed_get_is_refused(helpline: Served) -> None:
    path = "/voice?" + urlencode(helpline.form())
    headers = {"X-Twilio-Signature": helpline.signature(path, {})}
    assert helpline.send("GET", path, None, headers).status == 405


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", "", "nonsense"])
def test_a_body_that_is_no_form_holds_no_key(kind: str, helpline: Served) -> None:
    body = json.dumps({"Digits": "1", "AccountSid": "AC" + "1" * 32}).encode()
    path = urlsplit(helpline.post("/voice").action).path  # now: a body that is no form carries no moment
    signature = helpline.signature(path, {})
    answer = helpline.send("POST", path, body, {"Content-Type": kind, "X-Twilio-Signature": signature})
    assert answer.status in {200, 400, 415}
    if answer.status == 200:
        assert where(answer).silences == 1
    assert helpline.send("POST", path, body, {"Content-Type": kind}).status in {400, 403, 415}


@pytest.mark.parametrize("body", [b"%", b"%ZZ=%", b"\xff\xfe=\xff", b"&&&", b"=", b"Digits", b"a=1;b=2", b"\x00" * 50])
def test_a_body_that_is_no_text_is_refused_without_an_error(body: bytes, helpline: Served) -> None:
    answer = helpline.send("POST", "/voice", body, {"Content-Type": FORM, "X-Twilio-Signature": "AAAA"})
    assert answer.status == 403


def test_ten_megabytes_are_refused_before_they_are_read(helpline: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", helpline.port, timeout=PATIENCE)
    connection.putrequest("POST", "/voice")
    connection.putheader("Content-Type", FORM)
    connection.putheader("Content-Length", str(10 * 1024 * 1024))
    connection.putheader("X-Twilio-Signature", "AAAA")
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    assert opened(helpline).status == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_ten_megabytes_that_are_sent_all_the_same_do_no_harm(chunked: bool, helpline: Served) -> None:  # noqa: FBT001
    name = "ten_megabytes_in_chunks" if chunked else "ten_megabytes"
    path = f"/voice/at/1.{name}.x"
    length = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: 10485760"
    piece = b"Digits=" + b"1" * 65529
    with socket.create_connection(("127.0.0.1", helpline.port), timeout=PATIENCE) as line:
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nX-Twilio-Signature: A\r\n".encode()
        line.sendall(head + length + b"\r\n\r\n")
        try:
            for _ in range(160):
                line.sendall(b"10000\r\n" + piece + b"\r\n" if chunked else piece)
        except OSError:
            pass  # the service did not wait for the end
    logged = re.compile(rf"path=\S*\b{name}\b.* status=(\d+)")
    helpline.waits_for(lambda: logged.search(helpline.logged()))
    assert set(logged.findall(helpline.logged())) <= {"413", "403"}
    assert opened(helpline).status == 200


def test_a_body_shorter_than_announced_is_refused_and_holds_nobody_up(helpline: Served) -> None:
    form = helpline.form(Digits="1")
    body = urlencode(form).encode()
    with socket.create_connection(("127.0.0.1", helpline.port), timeout=PATIENCE) as line:
        head = f"POST /voice HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {len(body) + 40}\r\n\r\n"
        line.sendall(head.encode() + body)
        line.shutdown(socket.SHUT_WR)
        received = line.recv(65536)
    assert received == b"" or received.split()[1] in {b"400", b"403"}
    assert opened(helpline).status == 200


def test_an_unknown_address_is_not_found(helpline: Served) -> None:
    for path in (
        "/",
        "/voice/",
        "/voice/at/",
        "/voice/at/a/b",
        "/voices",
        "/admin",
        "/static/x",
        "/voice/at/x/silence/y",
    ):
        assert helpline.send("POST", path, b"", {"Content-Type": FORM}).status == 404


@pytest.mark.parametrize(
    ("method", "path", "logged"),
    [
        ("GET", "/healthz", "/healthz"),
        ("POST", "/voice/at/1.no_query.x", "no_query"),
        ("GET", "/voice/status", "status"),
    ],
)
def test_the_access_log_holds_no_query(method: str, path: str, logged: str, helpline: Served) -> None:
    before = len(helpline.lines("ivr.access", f"method={method}", logged))
    helpline.send(method, f"{path}?tea=pot&no-query-at-all", b"" if method == "POST" else None)
    helpline.waits_for(lambda: len(helpline.lines("ivr.access", f"method={method}", logged)) > before)
    assert helpline.lines("no-query-at-all") + helpline.lines("tea=") == []


def test_calls_at_the_same_time_do_not_meet(helpline: Served) -> None:
    first = opened(helpline)
    keys = ["1", "2", "3", "4", "5", "6", "9", "7"]
    alone = {key: pressed(helpline, first, key).body for key in keys}

    def press(number: int) -> tuple[str, bytes]:
        key, call = keys[number % len(keys)], f"CA{number:030x}ee"
        return key, helpline.post(first.action, test=True, TestTime=WEEKDAY, Digits=key, CallSid=call).body

    with ThreadPoolExecutor(16) as callers:
        together = list(callers.map(press, range(64)))
    assert [key for key, body in together if body != alone[key]] == []
    said = {key: set(re.findall(r"prompts=\[([^]]*)\]", "".join(helpline.lines("audio_missing", call))))
            for key, call in ((keys[number], f"CA{number:030x}ee") for number in range(len(keys)))}  # fmt: skip
    assert len({frozenset(prompts) for prompts in said.values()}) == len(keys)
    assert all(len(prompts) >= 1 for prompts in said.values())


# ---- the end of a call, and when nothing works ---------------------------------------------------------------------


@pytest.mark.parametrize("status", ["completed", "busy", "failed", "no-answer", "canceled", "a word of next year"])
def test_a_status_callback_is_noted_and_answered_with_nothing(status: str, helpline: Served) -> None:
    answer = helpline.post(
        "/voice/status",
        test=True,
        CallStatus=status,
        CallDuration="61",
        Timestamp="Tue, 24 Nov 2026 01:00:00 +0000",
        SequenceNumber="0",
        CallbackSource="call-progress-events",
    )
    assert (answer.status, answer.body) == (204, b"")


def test_the_fallback_is_the_last_resort_and_is_logged_with_its_code(helpline: Served) -> None:
    answer = helpline.post(
        "/voice/fallback", test=True, ErrorCode="11200", ErrorUrl="https://helpline.example.jp/voice/at/x"
    )
    assert (answer.status, answer.verbs) == (200, ["Say", "Pause", "Say", "Pause", "Hangup"])
    for number in ("ゼロイチニーゼロ、キュウゴー", "ゼロサン、ゴーナナヨンニー"):
        assert answer.said.count(number) == 2
    helpline.waits_for(lambda: helpline.lines("fallback_used", "11200"))


@pytest.mark.parametrize("code", ["", "x", "123456789012", "11200\n11200"])
def test_the_fallback_needs_nothing_to_be_right(code: str, helpline: Served) -> None:
    assert helpline.post("/voice/fallback", test=True, ErrorCode=code).verbs[0] == "Say"
    assert helpline.post("/voice/fallback", test=True, CallSid="").verbs[0] == "Say"


# ---- moments of test calls -----------------------------------------------------------------------------------------


def test_a_test_call_may_carry_its_moment_and_a_real_one_may_not(helpline: Served) -> None:
    then, now = "2001-02-03T04:05:06+09:00", helpline.post("/voice")
    answered = where(helpline.post("/voice", test=True, TestTime=then)).answered
    assert answered == 981140706
    assert where(helpline.post("/voice", TestTime=then)).answered >= where(now).answered > 1_700_000_000


def test_a_moment_without_an_offset_is_tokyos(helpline: Served) -> None:
    assert where(helpline.post("/voice", test=True, TestTime="2001-02-03T04:05:06")).answered == 981140706


@pytest.mark.parametrize(
    "moment",
    ["noon", "", "2026-02-30T00:00", "12345", "9" * 400, "1969-12-31T00:00:00+09:00", "0001-01-01T00:00:00+09:00",
     "9999-12-31T23:59:59+09:00", "9999-12-31T23:59:59-09:00"],
)  # fmt: skip
def test_a_moment_that_cannot_be_read_or_used_still_opens_the_call(moment: str, helpline: Served) -> None:
    answer = helpline.post("/voice", test=True, TestTime=moment)
    assert (answer.status, answer.verbs) == (200, ["Gather", "Redirect"])
