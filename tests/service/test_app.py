"""The application: which addresses there are, who guards them, and what callers hear when something breaks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import shutil
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from ivr import twiml, webhooks
from ivr.app import create_app
from ivr.content import load
from ivr.findings import FindingsError
from ivr.settings import TEST_ACCOUNT_SID, Settings
from ivr.speech import lexicon
from ivr.speech.reading import plain

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterator

    from flask import Flask
    from werkzeug.test import TestResponse

REPOSITORY = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 25, 10, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
TOKEN = "0123456789abcdef0123456789abcdef"
PUBLIC = "https://helpline.example.jp"
LIVE = {"TWILIO_AUTH_TOKEN": TOKEN, "IVR_PUBLIC_URL": PUBLIC}
ROUTES = {
    ("/audio/<name>.wav", "GET"),
    ("/healthz", "GET"),
    ("/metrics", "GET"),
    ("/readyz", "GET"),
    ("/voice", "POST"),
    ("/voice/at/<position>", "POST"),
    ("/voice/at/<position>/dialled", "POST"),
    ("/voice/at/<position>/silence", "POST"),
    ("/voice/fallback", "POST"),
    ("/voice/status", "POST"),
}
PHONE = {
    ("/phone", "GET"),
    ("/phone/audio/<name>.wav", "GET"),
    ("/phone/calls", "POST"),
    ("/phone/calls.<kind>", "POST"),
    ("/phone/flow.svg", "GET"),
    ("/phone/static/<path:filename>", "GET"),
}
OPEN = {"/audio/<name>.wav", "/healthz", "/metrics", "/readyz"}


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Make an application with settings; its spool is closed at the end."""
    made: list[Flask] = []

    def one(now: Callable[[], datetime] = lambda: NOW, **environ: str) -> Flask:
        settings = Settings.from_env({"IVR_DATA": str(tmp_path / "data"), **environ})
        made.append(create_app(settings, now))
        return made[-1]

    yield one
    for app in made:
        app.extensions["ivr"].spool.close()


def post(app: Flask, path: str, public: str = PUBLIC, token: str = TOKEN, **more: str) -> TestResponse:
    form = {"CallSid": "CA" + "0" * 32, "AccountSid": "AC" + "1" * 32, "To": "+815012345678", **more}
    text = public + path + "".join(name + form[name] for name in sorted(form))
    signature = base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()
    return app.test_client().post(path, data=form, headers={"X-Twilio-Signature": signature})


def filled(rule: str) -> str:
    return re.sub(r"<[^>]*>", "x", rule)


def routes(app: Flask) -> set[tuple[str, str]]:
    return {
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_these_are_all_the_addresses_there_are(make: Callable[..., Flask]) -> None:
    assert routes(make(**LIVE)) == ROUTES


def test_testers_have_their_phone_in_local_mode_otherwise_behind_the_sign_in(make: Callable[..., Flask]) -> None:
    assert routes(make()) == ROUTES | PHONE
    assert routes(make(**LIVE)) == ROUTES
    assert make(**LIVE).test_client().get("/phone").status_code == 302


def test_every_address_has_its_guard_or_is_meant_to_be_open(make: Callable[..., Flask]) -> None:
    app = make(**LIVE)
    guarded = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if app.test_client().open(filled(rule.rule), method="POST").status_code == 403
    }
    assert guarded == {rule for rule, _ in ROUTES} - OPEN
    for rule in guarded:
        assert app.test_client().options(filled(rule)).status_code == 403


def test_twilios_requests_are_answered_under_the_public_address(make: Callable[..., Flask]) -> None:
    app = make(**LIVE)
    answer = post(app, "/voice", CallStatus="ringing")
    assert answer.status_code == 200
    document = ET.fromstring(answer.data)  # noqa: S314  (our own)
    assert (document.findtext("Redirect") or "").startswith(PUBLIC + "/voice/at/1.opening.")
    assert post(app, "/voice", public="http://localhost").status_code == 403
    assert post(app, "/voice", token=app.extensions["ivr"].tokens.test).status_code == 403


def test_the_public_address_may_have_a_path_of_its_own(make: Callable[..., Flask]) -> None:
    app = make(**{**LIVE, "IVR_PUBLIC_URL": PUBLIC + "/ivr/"})
    text = PUBLIC + "/ivr/voice"
    signature = base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()
    answer = app.test_client().post("/voice", headers={"X-Twilio-Signature": signature})
    assert answer.status_code == 200
    assert f'action="{PUBLIC}/ivr/voice/at/' in answer.text


@pytest.mark.parametrize("to", ["sip:help@example.sip.twilio.com", "", "client:help"])
def test_a_call_that_came_by_no_number_dials_with_the_number_from_the_settings(
    to: str, make: Callable[..., Flask]
) -> None:
    app = make(**LIVE, TWILIO_PHONE_NUMBER="050-1234-9999")
    position = "1.lost.opening.0.0.1.1.ja.n.00000000.00000000." + _base36(int(NOW.timestamp()))
    answer = post(app, f"/voice/at/{position}", Digits="1", To=to)
    dial = ET.fromstring(answer.data).find("Dial")  # noqa: S314  (our own)
    assert dial is not None
    assert dial.attrib["callerId"] == "+815012349999"


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits


class StoppedClockError(Exception):
    """What the broken clock of the tests below raises; its words hold what must not get out."""


def broken() -> datetime:
    raise StoppedClockError("the clock stopped at 123456789012, Digits=9876")


PATHS = ["/voice", "/voice/at/x", "/voice/at/x/silence", "/voice/at/x/dialled", "/voice/status", "/voice/fallback"]


@pytest.mark.parametrize("path", PATHS)
def test_whatever_breaks_the_caller_hears_the_two_numbers(
    path: str, make: Callable[..., Flask], logged: io.StringIO
) -> None:
    app = make(now=broken, **LIVE)
    answer = post(app, path, Digits="4321", DialCallStatus="busy")
    assert (answer.status_code, answer.content_type) == (200, "text/xml; charset=utf-8")
    assert answer.text == app.extensions["ivr"].last_resort
    logged = logged.getvalue()
    assert "turn_failed" in logged
    assert "StoppedClockError" in logged
    assert [planted for planted in ("123456789012", "9876", "4321") if planted in logged] == []


def test_a_broken_service_still_refuses_what_twilio_did_not_sign(make: Callable[..., Flask]) -> None:
    app = make(now=broken, **LIVE)
    assert post(app, "/voice", token="another").status_code == 403
    assert app.test_client().get("/voice").status_code == 405


def test_the_log_names_the_call_only_while_it_is_answered(make: Callable[..., Flask], logged: io.StringIO) -> None:
    app = make(**LIVE)
    sid = "CA" + "0123456789abcdef" * 2
    post(app, "/voice/at/garbage", CallSid=sid)
    app.test_client().post("/voice/at/unsigned")
    events = ("position_unreadable", "signature_refused")
    about = {event: sid in line for line in logged.getvalue().splitlines() for event in events if event in line}
    assert about == {"position_unreadable": True, "signature_refused": False}


def test_the_service_says_that_it_lives(make: Callable[..., Flask]) -> None:
    answer = make().test_client().get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_a_set_that_cannot_be_used_is_refused_with_all_that_is_wrong(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for folder in ("flows", "prompts"):
        shutil.copytree(REPOSITORY / folder, root / folder)
    flow, words = root / "flows/helpline.yaml", root / "prompts/ja/opening.yaml"
    flow.write_text(flow.read_text("utf-8").replace("goto: pin_which}", "goto: pin_wich}", 1), "utf-8")
    words.write_text(words.read_text("utf-8") + "orphan: 5時までです。\n", "utf-8")
    settings = Settings.from_env({"IVR_DATA": str(tmp_path / "data"), "IVR_ROOT": str(root)})
    with pytest.raises(FindingsError) as caught:
        create_app(settings)
    places = {(item.file, item.line) for item in caught.value.findings}
    lines = flow.read_text("utf-8").splitlines()
    assert ("flows/helpline.yaml", next(n for n, line in enumerate(lines, 1) if "pin_wich" in line)) in places
    assert ("prompts/ja/opening.yaml", len(words.read_text("utf-8").splitlines())) in places


LAST_RESORT = REPOSITORY / "flows/last-resort.xml"


def test_the_committed_last_resort_is_what_the_words_and_facts_say_now() -> None:
    said = partial(plain, lexicon=lexicon.load(REPOSITORY))
    assert LAST_RESORT.read_text("utf-8") == twiml.last_resort_file(load(REPOSITORY).last_resort(), said)


def test_the_last_resort_can_be_pasted_where_nothing_of_ours_runs() -> None:
    text = LAST_RESORT.read_text("utf-8")
    document = ET.fromstring(text)  # noqa: S314  (our own)
    assert document.tag == "Response"
    assert [verb.tag for verb in document] == ["Say", "Pause", "Say", "Pause", "Hangup"]
    assert re.findall(r"https?://|action=|\{|\}", text) == []
    assert len(text.encode()) < 4000
    facts = load(REPOSITORY).facts
    for number in ("suspension_phone", "ward_phone"):
        assert text.count(facts.speak(number)[1]) == 2


def test_a_live_service_can_refuse_test_calls(make: Callable[..., Flask], logged: io.StringIO) -> None:
    test = {"AccountSid": TEST_ACCOUNT_SID, "token": "a-test-token"}
    assert post(make(**LIVE, IVR_TEST_TOKEN="a-test-token"), "/voice", **test).status_code == 200
    refusing = make(**LIVE, IVR_TEST_TOKEN="a-test-token", IVR_TEST_CALLS="refuse")
    assert post(refusing, "/voice", **test).status_code == 403
    assert post(refusing, "/voice", AccountSid=TEST_ACCOUNT_SID, token="").status_code == 403
    assert "IVR_TEST_CALLS" in logged.getvalue()
    assert post(refusing, "/voice").status_code == 200


def test_no_other_word_refuses_test_calls(make: Callable[..., Flask]) -> None:
    with pytest.raises(FindingsError, match="IVR_TEST_CALLS"):
        make(**LIVE, IVR_TEST_CALLS="no")


def test_no_document_leaves_unread_by_what_twilios_library_can_write() -> None:
    with pytest.raises(AssertionError, match="colour on <Say>"):
        webhooks.document('<Response><Say colour="red">x</Say></Response>')
    with pytest.raises(AssertionError, match="<Dial> in <Gather>"):
        webhooks.document("<Response><Gather><Dial/></Gather></Response>")
