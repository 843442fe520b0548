"""Whatever Twilio, or whoever holds the test token, sends: it is answered, recorded, stored, counted and told again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import zlib
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from ivr.app import create_app
from ivr.records import export
from ivr.records.counts import Days
from ivr.records.events import KINDS
from ivr.records.report import Period, report
from ivr.records.retention import Periods, purge
from ivr.records.store import Store
from ivr.records.summaries import Summaries
from ivr.records.verify import verify
from ivr.sets.explained import explain
from ivr.sets.known import KnownFlows
from ivr.settings import Settings
from ivr.work import Mover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask import Flask
    from werkzeug.test import TestResponse

PUBLIC = "https://helpline.example.jp"
TOKENS = {False: "5c0ffee5c0ffee5c0ffee5c0ffee5c0f", True: "7e577e577e577e577e577e577e577e57"}
ACCOUNTS = {False: "AC" + "1" * 32, True: "AC" + "0" * 28 + "7e57"}
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
EVER = Period(date(1970, 1, 1), date(2199, 12, 31))
NODES = ["opening", "lost", "papers", "cost", "person", "shut", "bye", "too_long", "nowhere", "x" * 64, "Y", ""]
CALLS = [f"CA{number:032x}" for number in range(4)]

NUMBERS = ["0", "-1", "0.0", "1e3", "61", "061", "+61", " 61", "61\n", "1_000", "²", "٣", "\uff16\uff11", "Ⅻ", "NaN",
           "2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "9" * 5000]  # fmt: skip
WORDS = ["completed", "busy", "no-answer", "failed", "canceled", "answered", "in-progress", "ringing", "queued",
         "COMPLETED", "lost", "unfit", "'; drop table calls; --", "\0", "a\0b", "\ud800", "\ufffe", "e\u0301" * 9, "%s",
         "anonymous", "client:anna", "sip:anna@example.jp", "+819012345678", "+25241874120", "+1" + "0" * 30, "11200",
         "*", "#", "1", "2", "5", "6", "12", ""]  # fmt: skip
MOMENTS = ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1970-12-31T23:59:59Z", "2026-W48-2",
           "1971-01-01T00:00:00+23:59", "2090-12-31T23:59:59-23:59", "2090-12-31T23:59:59.999999+09:00", "2026-11-24",
           "2026-11-24T24:00:00+09:00", "2026-11-24T10:00:00+00:00:01.5", "2038-01-19T03:14:08Z"]  # fmt: skip
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)
VALUES = st.sampled_from([*NUMBERS, *WORDS, *MOMENTS]) | ANY_TEXT | st.integers().map(str) | st.datetimes().map(str)
PARAMETERS = ["CallSid", "From", "To", "CallStatus", "CallDuration", "Digits", "FinishedOnKey", "DialCallStatus",
              "DialCallDuration", "ErrorCode", "ErrorUrl", "TestTime", "Direction", "SpeechResult"]  # fmt: skip
NAMES = st.sampled_from(PARAMETERS) | ANY_TEXT
COUNTS = st.sampled_from(["0", "1", "2", "3", "999999999", "9999999999", "-1", "zz", "٣", "²", ""])
POSITIONS = st.tuples(
    st.just("1"),
    st.sampled_from(NODES),
    st.lists(st.sampled_from(NODES), max_size=14).map("-".join),
    *[COUNTS] * 4,
    st.just("ja"),
    st.just("n"),
    st.sampled_from(["00000000", "1a2b3c4d", "x"]),
    st.just("00000000"),
    st.sampled_from(["0", "tr9c00", "zzzzzzzzz", "zzzzzzzzzz", "-1"]),
).map(".".join) | ANY_TEXT.filter(lambda text: text.strip("./"))
ROUTES = st.sampled_from(["", "/status", "/fallback"]) | st.builds(
    "/at/{}{}".format,
    POSITIONS.map(lambda text: quote(text.replace("/", "_").encode("utf-8", "surrogatepass"), safe="")),
    st.sampled_from(["", "/silence", "/dialled"]),
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | VALUES | st.just(10**400),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(VALUES, inner, max_size=2),
    max_leaves=3,
)
FIELDS = ["v", "call", "turn", "kind", "at", "node", "option", "flow", "voice", "test", "detail"]
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def sign(token: str, url: str, form: MultiDict[str, str]) -> str:
    text = url + "".join(name + value for name in sorted(form) for value in sorted(set(form.getlist(name))))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@dataclass
class Line:
    """A helpline with its way into a store."""

    app: Flask
    settings: Settings
    store: Store
    mover: Mover
    folder: Path

    def post(self, path: str, form: dict[str, str], *, test: bool) -> TestResponse:
        """Send a form as Twilio does; what is no text comes through the wire as it can."""
        pairs = [
            (name.encode("utf-8", "surrogatepass"), value.encode("utf-8", "surrogatepass"))
            for name, value in form.items()
        ]
        body = urlencode([*pairs, (b"AccountSid", ACCOUNTS[test].encode())])
        arrives = parse_qsl(body, keep_blank_values=True, errors="werkzeug.url_quote")
        signature = sign(TOKENS[test], f"{PUBLIC}/voice{path}", MultiDict(arrives))
        return self.app.test_client().post(
            f"/voice{path}",
            data=body,
            content_type="application/x-www-form-urlencoded",
            headers={"X-Twilio-Signature": signature},
        )

    def aside(self) -> list[str]:
        """Name the files of what could not be stored."""
        return sorted(path.name for path in self.folder.glob("*.bad"))

    def is_told_again(self) -> None:
        """Count, report, explain, export and forget what the store holds: nothing in it may stop any of that."""
        flows, later = KnownFlows(self.settings), datetime(2200, 1, 2, tzinfo=UTC)
        summaries = Summaries(self.store)
        while summaries.count(later, flows):
            pass
        assert (summaries.uncounted(), summaries.passed_over()) == (0, 0)
        while Days(self.store).add_up(later.date()):
            pass
        total = report(self.store, EVER).total.calls
        assert len(list(export.rows(self.store, EVER, flows.titles))) == total
        found = self.store.latest(100_000)
        assert sum(not call.test for call in found) == total
        for call in found:
            record = self.store.call(call.call, test=call.test)
            assert record
            assert len(explain(record, self.store, flows).steps) == call.turns
        gone = purge(self.store, Periods(callers=1, calls=1, tests=1, audit=1), later)
        assert gone.calls + gone.tests == len(found)


@pytest.fixture
def line(small_helpline: Callable[[Path], Path], tmp_path: Path, store_url: str, busy_seconds: float) -> Iterator[Line]:
    environ = {
        "IVR_ROOT": str(small_helpline(tmp_path / "root")),
        "IVR_DATA": str(tmp_path / "data"),
        "IVR_STORE_URL": store_url,
        "IVR_PUBLIC_URL": PUBLIC,
        "IVR_TEST_TOKEN": TOKENS[True],
        "IVR_SURVEY_PERCENT": "50",
        "TWILIO_AUTH_TOKEN": TOKENS[False],
    }
    read = Settings.from_env(environ)
    app = create_app(read, lambda: NOW)
    folder = tmp_path / "data/spool"
    with Store(store_url, busy_seconds=busy_seconds) as store, closing(Mover(folder, store)) as mover:
        mover.move()
        yield Line(app, read, store, mover, folder)
        app.extensions["ivr"].spool.close()


def test_whatever_a_webhook_is_sent_becomes_one_record_that_arrives(line: Line) -> None:
    spool = line.app.extensions["ivr"].spool

    @SLOW
    @given(
        path=ROUTES,
        call=st.sampled_from(CALLS),
        form=st.dictionaries(NAMES, VALUES, max_size=4),
        test=st.booleans(),
    )
    def sends(path: str, call: str, form: dict[str, str], *, test: bool) -> None:
        form.pop("AccountSid", None)
        before = spool.written
        answer = line.post(path, {"CallSid": call, **form}, test=test)
        assert answer.status_code == (204 if path == "/status" else 200)
        assert path == "/fallback" or answer.text != line.app.extensions["ivr"].last_resort
        assert (spool.written - before, spool.lost, line.mover.move(), line.aside()) == (1, 0, 1, [])

    sends()
    found = verify(line.folder, line.store)
    assert (found.agrees, found.agreed, found.waiting, found.unreadable) == (True, spool.written, 0, 0)
    line.is_told_again()


POSITION = "1.lost.opening.0.0.1.1.ja.n.00000000.00000000.tr9c00"
READ = {
    "": ["From", "To"],
    f"/at/{POSITION}": ["Digits"],
    f"/at/{POSITION}/silence": ["Digits"],
    f"/at/{POSITION}/dialled": ["DialCallStatus", "DialCallDuration", "CallStatus"],
    "/status": ["CallStatus", "CallDuration"],
    "/fallback": ["ErrorCode"],
}
"""The parameters that each webhook reads, beside the id of the call and the moment, which all do."""


def test_each_parameter_of_each_webhook_takes_each_strange_value(line: Line) -> None:
    spool, sent = line.app.extensions["ivr"].spool, 0
    for path, read in READ.items():
        for name in (*read, "CallSid", "TestTime"):
            for value in (*NUMBERS, *WORDS, *MOMENTS):
                form = {"CallSid": CALLS[sent % 4], "CallStatus": "completed", name: value}
                assert line.post(path, form, test=name == "TestTime").status_code in {200, 204}
                sent += 1
    assert (spool.written, spool.lost, line.mover.move(), line.aside()) == (sent, 0, sent, [])
    line.is_told_again()


UNREADABLE = {
    "a word": "garbage",
    "nothing but dots": "...........",
    "too few fields": "1.lost.opening.0.0.1.1.ja.n.00000000.00000000",
    "too many fields": f"{POSITION}.0",
    "another form": POSITION.replace("1.lost", "2.lost"),
    "no node": POSITION.replace("1.lost", "1."),
    "a node that is no name": POSITION.replace("1.lost", "1.Lost"),
    "digits for a node": POSITION.replace("1.lost", "1.0901"),
    "no number": POSITION.replace(".0.0.1.", ".0.0.x."),
    "a negative number": POSITION.replace(".0.0.1.", ".-1.0.1."),
    "a number with a nought before it": POSITION.replace(".0.0.1.", ".00.0.1."),
    "digits of another script": quote(POSITION.replace(".0.0.1.", ".0.0.\u0663.")),
    "a turn that is too long": POSITION.replace(".0.0.1.", ".0.0.12345678901."),
    "a survey that there is not": POSITION.replace(".1.1.ja", ".1.99.ja"),
    "another language": POSITION.replace(".ja.", ".en."),
    "another speed": POSITION.replace(".n.", ".s."),
    "a version that is none": POSITION.replace("00000000", "0000000g"),
    "a trail that is too long": POSITION.replace("opening", "-".join(["opening"] * 13)),
    "a trail with a hole": POSITION.replace("opening", "opening--lost"),
    "very much of it": POSITION.replace("opening", "opening" * 200),
    "a moment that is none": POSITION.replace("tr9c00", "TR9C00"),
    "a blank": quote(POSITION + " "),
    "a NUL": quote(POSITION + "\0"),
    "what is no text": "%ff%fe",
    "a node that is gone": POSITION.replace("1.lost", "1.of_last_year"),
}
HEARD = {"": {"Digits": "1"}, "/silence": {}, "/dialled": {"DialCallStatus": "completed", "DialCallDuration": "9"}}


@pytest.mark.parametrize("after", HEARD)
def test_a_position_that_cannot_be_read_is_no_subject_of_a_call(line: Line, after: str) -> None:
    posts, calls = [], [f"CA{number:032x}" for number in range(len(UNREADABLE))]
    for call, position in zip(calls, UNREADABLE.values(), strict=True):
        posts.append(line.post("", {"CallSid": call}, test=False))
        posts.append(line.post(f"/at/{position}{after}", {"CallSid": call, **HEARD[after]}, test=False))
        assert "失礼しました" in posts[-1].text
        posts.append(line.post("/status", {"CallSid": call, "CallStatus": "completed"}, test=False))
    assert {post.status_code for post in posts} == {200, 204}
    assert line.mover.move() == len(posts)
    flows, later = KnownFlows(line.settings), NOW + timedelta(days=1)
    assert Summaries(line.store).count(later, flows) == len(calls)
    kind = "transfer" if after == "/dialled" else "turn"
    for call in calls:
        record = line.store.call(call)
        assert record
        assert [(turn.kind, turn.option, turn.came_from, turn.node) for turn in record.turns] == [
            ("answer", "answer", "", "opening"),
            (kind, "position_lost", "", "opening"),
        ]
        step = explain(record, line.store, flows).steps[1]
        assert (step.agrees, step.said[0].text) == (True, "失礼しました。")
    for _ in range(2):
        found = report(line.store, EVER)
        assert {name: group.calls for name, group in found.subjects.items()} == {"none": len(calls)}
        assert {name: (place.keys, place.left) for name, place in found.places.items()} == {"opening": (0, len(calls))}
        Days(line.store).add_up(later.date())


def test_after_a_position_that_cannot_be_read_the_key_that_is_pressed_is_the_subject(line: Line) -> None:
    for call, key in zip(CALLS, ("1", "2", "*", ""), strict=True):
        line.post("", {"CallSid": call}, test=False)
        lost = line.post("/at/garbage", {"CallSid": call, "Digits": "1"}, test=False)
        action = ET.fromstring(lost.text)[0].attrib["action"].removeprefix(f"{PUBLIC}/voice")  # noqa: S314
        line.post(f"{action}{'' if key else '/silence'}", {"CallSid": call, "Digits": key}, test=False)
        line.post("/status", {"CallSid": call, "CallStatus": "completed"}, test=False)
    line.mover.move()
    assert Summaries(line.store).count(NOW + timedelta(days=1), KnownFlows(line.settings)) == 4
    subjects = {name: group.calls for name, group in report(line.store, EVER).subjects.items()}
    assert subjects == {"lost": 1, "papers": 1, "none": 2}


def spoilt(values: dict[str, object]) -> bytes:
    """Write a line with these values, checksum and all."""
    body = json.dumps(values).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def test_whatever_a_line_holds_those_behind_it_arrive(line: Line) -> None:
    good: dict[str, object] = {
        "v": 1,
        "call": CALLS[0],
        "turn": 1,
        "kind": "turn",
        "at": "2026-11-24T09:30:15.000000+00:00",
        "node": "lost",
        "option": "papers",
        "flow": "",
        "voice": "",
        "test": False,
        "detail": {"came_from": "opening"},
    }
    path = line.folder / "1-a-000001.spool"
    written = 0

    @SLOW
    @given(
        changes=st.dictionaries(st.sampled_from(FIELDS) | ANY_TEXT, JUNK, max_size=2),
        detail=st.dictionaries(st.sampled_from(["seconds", "code", "status", "to", "caller_hash"]), JUNK, max_size=2),
        kind=st.sampled_from(KINDS),
    )
    def holds(changes: dict[str, object], detail: dict[str, object], kind: str) -> None:
        nonlocal written
        written += 1
        behind = {**good, "call": CALLS[1], "turn": written}
        path.write_bytes(spoilt({**good, "kind": kind, "detail": detail, **changes}) + spoilt(behind))
        assert line.mover.move() in {1, 2}
        assert list(line.folder.glob("*.spool")) == []

    holds()
    record = line.store.call(CALLS[1])
    assert record
    assert {turn.turn for turn in record.turns} >= set(range(1, written + 1))
    line.is_told_again()


def test_moments_at_the_edges_are_told_again(line: Line) -> None:
    for number, moment in enumerate([datetime(1971, 1, 1, tzinfo=UTC), datetime(2090, 12, 30, tzinfo=UTC)]):
        for hours in range(24):
            at = (moment + timedelta(hours=hours)).isoformat()
            assert (
                line.post(f"/at/{POSITION}", {"CallSid": CALLS[number], "TestTime": at}, test=True).status_code == 200
            )
    assert line.mover.move() == 48
    line.is_told_again()
