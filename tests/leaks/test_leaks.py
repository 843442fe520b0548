"""Whatever callers type or call from, it is found nowhere: not in files, logs, answers or reports."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from patience import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Watched

    Look = Callable[[bytes, str], list[str]]

MY_NUMBER = "847291650384"
LONG_PIN = "QZ7391XKW4"
SHORT_PIN = "0391"
CALLER = "819087654321"
NATIONAL = "09087654321"
TOKEN = "5c0ffee5c0ffee5c0ffee5c0ffee5c0f"
TEST_TOKEN = "7e577e577e577e577e577e577e577e57"
METRICS_TOKEN = "m37r1c5m37r1c5m37r1c5"
PASSWORD = "correct horse battery staple"
SECRETS = {
    "My Number": MY_NUMBER,
    "signature PIN": LONG_PIN,
    "PIN": SHORT_PIN,
    "caller": CALLER,
    "caller as dialled": NATIONAL,
    "caller without area": "87654321",
    "auth token": TOKEN,
    "test token": TEST_TOKEN,
    "metrics token": METRICS_TOKEN,
    "password": PASSWORD,
}
TYPED = [
    MY_NUMBER,
    "8472-9165-0384",
    "8472 9165 0384",
    "\uff18\uff14\uff17\uff12\uff19\uff11\uff16\uff15\uff10\uff13\uff18\uff14",
    LONG_PIN,
    SHORT_PIN,
    f"{SHORT_PIN}#",
    f"*{SHORT_PIN}",
    f"PIN={SHORT_PIN}",
    "+" + CALLER,
    "090-8765-4321",
]
PARAMETERS = [
    "Digits",
    "FinishedOnKey",
    "SpeechResult",
    "UnstableSpeechResult",
    "Confidence",
    "From",
    "Caller",
    "CallerName",
    "FromCity",
    "Called",
    "ForwardedFrom",
    "CallToken",
    "StirVerstat",
    "SipHeader_X-PIN",
    "CallSid",
    "ParentCallSid",
    "CallStatus",
    "DialCallStatus",
    "DialCallSid",
    "RecordingUrl",
    "ErrorCode",
    "ErrorUrl",
    "TestTime",
    "Anything",
]
CALL = "CA" + "a1b2c3d4e5f60718" * 2
POSITION = "1.lost.opening.0.0.1.1.ja.n.00000000.00000000.zzzzz0"
ASKED = "1.lost.opening.0.0.1.5.ja.n.00000000.00000000.zzzzz0"
"""A position where the survey was just asked."""
PATHS = [
    "/voice",
    f"/voice/at/{POSITION}",
    f"/voice/at/{ASKED}",
    f"/voice/at/{POSITION}/silence",
    f"/voice/at/{POSITION}/dialled",
    "/voice/status",
    "/voice/fallback",
]
HEADERS = ["User-Agent", "Referer", "Cookie", "Authorization", "X-Forwarded-For", "I-Twilio-Idempotency-Token",
           "X-Request-Id", "Accept", "If-None-Match", "Range", "Origin"]  # fmt: skip


def ascii_only(value: str) -> str:
    return value if value.isascii() else quote(value)


def plant_in_forms(watched: Watched) -> None:
    for number, path in enumerate(PATHS, 1):
        sid = f"CA{number:032x}"
        watched.post(path, CallSid=sid, Digits=MY_NUMBER, From="+" + CALLER, Caller="+" + CALLER)
        for value in (*TYPED, TOKEN):
            everywhere = dict.fromkeys(PARAMETERS, value)
            watched.post(path, **{**everywhere, "CallSid": sid})
            watched.post(path, **everywhere)
            watched.post(path, test=True, **everywhere)
            watched.post(path, signed=False, **everywhere)
            watched.post(path, **{value: value, f"x{value}": "", "CallSid": sid})


def plant_in_addresses(watched: Watched) -> None:
    for value in (*(quote(typed, safe="") for typed in TYPED), "".join(f"%{ord(digit):02X}" for digit in MY_NUMBER)):
        for path in (*PATHS, "/healthz", f"/audio/{'ab' * 12}.wav", "/nowhere"):
            for method in ("GET", "POST"):
                watched.send(method, f"{path}?Digits={value}&{value}={value}&pin={value}")
            watched.post(f"{path}?Digits={value}", CallSid=CALL)
        for path in (f"/voice/at/{value}", f"/voice/at/{value}/silence", f"/voice/at/1.{value}..0", f"/{value}"):
            watched.post(path, CallSid=CALL)
            watched.post(path, CallSid=CALL, signed=False)
            watched.send("GET", path)
        watched.send("GET", f"/audio/{value}.wav")
        watched.send("DELETE", f"/voice/{value}")


def plant_in_headers(watched: Watched) -> None:
    for value in map(ascii_only, TYPED):
        headers = dict.fromkeys(HEADERS, value)
        for path in PATHS:
            watched.post(path, headers=headers, CallSid=CALL)
        watched.post("/voice", headers={**headers, "X-Twilio-Signature": value, "Host": value}, CallSid=CALL)
        watched.send("GET", "/healthz", b"", headers)
        watched.post("/voice", headers={f"X-{value}": "x"} if value.isalnum() else {}, CallSid=CALL)


def plant_in_bodies(watched: Watched) -> None:
    for value in TYPED:
        for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x", "application/xml"):
            watched.send("POST", "/voice", value.encode(), {"Content-Type": kind})
        watched.send("PUT", "/voice", value.encode())
    watched.send("POST", "/voice", f"Digits={MY_NUMBER}".encode() * 9000, {"Content-Type": "text/plain"})


def plant_in_what_is_no_request(watched: Watched) -> None:
    for plain in (typed.replace(" ", "") for typed in TYPED if typed.isascii()):
        watched.raw(f"POST /voice?Digits={plain} HTTP/9.9\r\nHost: x\r\n\r\n".encode())
        watched.raw(f"{plain} {plain} {plain}\r\n\r\n".encode())
        watched.raw(f"POST /voice HTTP/1.1\r\nHost: x\r\nX Digits {plain}\r\n\r\n".encode())
        watched.raw(f"POST /voice HTTP/1.1\r\nHost: x\r\nContent-Length: {plain}x\r\n\r\n".encode())
        watched.raw(f"POST /voice HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nDigits={plain}".encode())
        watched.raw(f"GET /voice/{'9' * 5000}?{plain} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    watched.answered.clear()  # a server may tell a broken client what it sent; nobody else hears it


PAGES = ["", "/reports", "/reports/calls.csv", "/calls", "/audit", "/account"]


def plant_in_pages(watched: Watched) -> None:
    watched.command("user", "add", "hanako", "--role", "supervisor", "--stdin", said=PASSWORD.encode() + b"\n")
    for value in TYPED:
        quoted = quote(value, safe="")
        for path in ("/console", "/phone", "/metrics", "/readyz", *(f"/console{page}" for page in PAGES)):
            watched.visit(f"{path}?from={quoted}&flow={quoted}&{quoted}={quoted}")
        watched.visit(f"/console/calls/{quoted}")
        watched.visit(f"/console/{quoted}")
        watched.send("GET", "/metrics", b"", {"Authorization": f"Bearer {ascii_only(value)}"})
        watched.send("POST", "/console/sign-out", value.encode(), {"Content-Type": "application/x-www-form-urlencoded"})
        watched.visit("/console/sign-in", {"name": value, "password": value, "code": value})
    watched.visit("/console/sign-in", {"name": "hanako", "password": PASSWORD})
    assert "hanako" in watched.visit("/console/reports")
    for value in TYPED:
        quoted = quote(value, safe="")
        for page in PAGES:
            watched.visit(f"/console{page}?from={quoted}&to={quoted}&flow={quoted}&compare=flow:{quoted}&{quoted}=1")
        watched.visit(f"/console/calls/{quoted}?test={quoted}")
        watched.visit("/console/account", {"old": value, "new": value, "again": PASSWORD})


def looked_at(watched: Watched) -> bytes:
    """Look at everything that people of the office can look at, and give all that they see."""
    told = b"".join(watched.visit(f"/console{page}?tests=1").encode() for page in PAGES)
    told += watched.visit(f"/console/calls/CA{1:032x}").encode()
    watched.send("GET", "/metrics", b"", {"Authorization": f"Bearer {METRICS_TOKEN}"})
    for command in (
        ("records", "list"),
        ("records", "list", "--json"),
        ("records", "show", f"CA{1:032x}"),
        ("records", "show", "--json", CALL),
        ("records", "report"),
        ("records", "report", "--json"),
        ("records", "export"),
        ("records", "audit", "--json"),
        ("records", "caller", "+" + CALLER),
        ("records", "verify"),
        ("board",),
        ("user", "list", "--json"),
    ):
        told += watched.command(*command)
    return told


def stored(watched: Watched, call: str) -> bool:
    path = watched.data / "store.db"
    if not path.exists():
        return False
    with closing(sqlite3.connect(path)) as store:
        tables = store.execute("select 1 from sqlite_master where name = 'calls'").fetchall()
        return bool(
            tables and store.execute("select 1 from calls where call = ? and ended is not null", [call]).fetchall()
        )


def settle(watched: Watched) -> None:
    """Send one last call and wait until it, and so everything before it, is in the store."""
    last = "CA" + "f" * 32
    watched.post("/voice", CallSid=last)
    watched.post("/voice/status", CallSid=last, CallStatus="completed", CallDuration="1")
    until(lambda: stored(watched, last), lambda: bytes(watched.said).decode())


def test_nothing_that_was_typed_or_called_from_is_found_anywhere(watched: Watched, look: Look) -> None:
    for plant in (
        plant_in_what_is_no_request,
        plant_in_forms,
        plant_in_addresses,
        plant_in_headers,
        plant_in_bodies,
        plant_in_pages,
    ):
        plant(watched)
    settle(watched)
    before = watched.places()
    reports = looked_at(watched)
    watched.stops()
    places = {
        **{f"{name}, running": content for name, content in before.items()},
        **watched.places(),
        "reports": reports,
    }
    leaks = {
        (what, name, spelling)
        for name, content in places.items()
        for what, secret in SECRETS.items()
        for spelling in look(content, secret)
        if not name.startswith(("test-token", "local-token"))
    }
    assert leaks == set()
    # The search sees these places: what may be known is found there with the same means.
    assert {name for name, content in places.items() if look(content, CALL)} >= {"store.db", "the log", "reports"}
    assert look(places["the answers"], POSITION.replace("1.1.ja", "2.1.ja")[:22])
    assert look(places["the log"], "signature_refused")
    assert look(places["the log"], "fallback_used")
    assert look(places["the log"], "position_unreadable")
    assert look(places["store.db"], "lost")
    assert look(places["the answers"], "ivr_turn_seconds_count")
    assert look(reports, "hanako")
    assert look(reports, "試験の案内です")
    assert any(name.endswith(".spool") for name in before)


def test_everything_planted_would_have_been_recorded(watched: Watched) -> None:
    plant_in_forms(watched)
    settle(watched)
    with closing(sqlite3.connect(watched.data / "store.db")) as store:
        rows = store.execute("select call, caller_hash != '', caller_tail from calls order by call").fetchall()
        options = {option for (option,) in store.execute("select distinct option from turns")}
    assert (f"CA{1:032x}", 1, "21") in rows
    assert {"answer", "wrong", "silence"} <= options


@pytest.mark.parametrize("secret", SECRETS.values())
def test_the_search_finds_every_spelling(secret: str, look: Look, spell: Callable[[str], dict[str, bytes]]) -> None:
    around = b'2026-11-24T10:00:00.123456Z [info] {"a": "%s"} 98'
    if len(secret) == 4:
        assert look(around % secret.encode(), secret) == ["plain"]
        assert look(b"1" + secret.encode() + b"2", secret) == []
        return
    for name, written in spell(secret).items():
        assert name in look(around % written, secret)
    assert look(around % b"nothing at all", secret) == []


def test_the_search_finds_what_a_store_would_hold(tmp_path: object, look: Look) -> None:
    path = f"{tmp_path}/store.db"
    with closing(sqlite3.connect(path)) as store:
        store.execute("create table turns (option text)")
        store.execute("insert into turns values (?)", [MY_NUMBER])
        store.commit()
    with open(path, "rb") as file:  # noqa: PTH123  (any file)
        assert look(file.read(), MY_NUMBER)[:1] == ["plain"]
