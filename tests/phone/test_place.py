"""Placing test calls: account, token, moment, caller, addresses."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from twilio.request_validator import RequestValidator

from ivr import settings
from ivr.phone import place

if TYPE_CHECKING:
    from tests.phone.conftest import Helpline, Play

TOKEN = "test-token"


def test_account_is_the_one_that_the_service_takes_for_test_calls() -> None:
    assert place.TEST_ACCOUNT_SID == settings.TEST_ACCOUNT_SID == "AC00000000000000000000000000007e57"


def test_moment_travels_with_every_request_signed_and_moved_on(helpline: Helpline, play: Play) -> None:
    play("1", caller="anonymous")
    assert [form["TestTime"] for form in helpline.forms] == [
        "2026-11-24T18:30:00.000+09:00",
        "2026-11-24T18:30:04.000+09:00",
        "2026-11-24T18:30:08.000+09:00",
    ]
    assert {form["AccountSid"] for form in helpline.forms} == {place.TEST_ACCOUNT_SID}
    assert {(form["From"], form["To"]) for form in helpline.forms} == {("anonymous", "+815000000000")}
    validator = RequestValidator(TOKEN)
    for path, form, headers in zip(("/voice", "/key", "/voice/status"), helpline.forms, helpline.headers, strict=True):
        assert validator.validate(f"https://helpline.example{path}", form, headers["HTTP_X_TWILIO_SIGNATURE"])


def test_fallback_below_our_own_webhook_is_used(play: Play) -> None:
    call = play("5")
    assert call.heard[-1].text == "すみません。"
    assert call.ended == "service"


@pytest.mark.parametrize(
    ("url", "below"),
    [
        ("https://a.example/voice", "https://a.example/voice"),
        ("http://127.0.0.1:8000/ivr/voice", "http://127.0.0.1:8000/ivr/voice"),
        ("https://a.example/answer", ""),
        ("https://a.example/voice?x=1", ""),
    ],
)
def test_callbacks_of_a_webhook_that_is_like_ours(url: str, below: str) -> None:
    line = place.line(url)
    expected = (f"{below}/fallback", f"{below}/status") if below else ("", "")
    assert (line.voice_url, line.fallback_url, line.status_url) == (url, *expected)


def test_moments() -> None:
    assert place.moment("2026-11-24T18:30").isoformat() == "2026-11-24T18:30:00+09:00"
    assert place.moment("2026-11-24T09:30:15Z").utcoffset() == timedelta(0)
    assert place.moment("2026-11-24 18:30+02:00").isoformat() == "2026-11-24T18:30:00+02:00"
    for text in ("", "now", "18:30", "2026-02-30T12:00", "2026-11-24T25:00", "9999-12-31T23:30"):
        with pytest.raises(ValueError, match="is not a moment such as"):
            place.moment(text)


def test_callers() -> None:
    for text in ("+819012345678", "anonymous", "Restricted", "+266696687", "7378742833"):
        assert place.caller(text) == text
    for text in (
        "sip:anna@example.jp",
        "sip:anna@example.jp:5060;transport=tcp?X-Room=3",
        "sips:%2B81312345678@[2001:db8::1]",
        "client:anna",
        "client:窓口1",
        f"client:{'a' * 256}",
    ):
        assert place.caller(text) == text
    for text in (
        "sip:",
        "sip:anna",
        "sip:@example.jp",
        "sip:an na@example.jp",
        "sip:anna@-a.jp",
        "SIP:a@b",
        "sip:a@b c",
    ):
        with pytest.raises(ValueError, match="is not a SIP address such as sip:anna"):
            place.caller(text)
    for text in ("client:", "client:a b", "CLIENT:anna", f"client:{'a' * 257}"):
        with pytest.raises(ValueError, match="names no client: write client:"):
            place.caller(text)
    for text in ("", "+0312345678", "12345", "me", "+81 3 1234 5678", "０３１２３４５６７８"):
        with pytest.raises(ValueError, match="is neither a number such as"):
            place.caller(text)
    with pytest.raises(ValueError, match=r"write \+81312345678"):
        place.caller("0312345678")


def test_addresses() -> None:
    assert place.voice_url("http://127.0.0.1:8000/voice") == "http://127.0.0.1:8000/voice"
    for text in ("", "voice", "ftp://a.example/voice", "http://", "http://[oops", "http://a:99999/"):
        with pytest.raises(ValueError, match="is not an address such as"):
            place.voice_url(text)
