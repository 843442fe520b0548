"""Twilio's side of the wire: whose signature it is, which address was signed, what the form says."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from ivr import twilio
from ivr.call import Dialled, Key, Silence
from ivr.settings import TEST_ACCOUNT_SID

ACCOUNT = "12345"
TEST = "a token for test calls"
TOKENS = twilio.Tokens(ACCOUNT, TEST)
URL = "https://helpline.example.jp/voice"
FORM = {"CallSid": "CA" + "0" * 32, "AccountSid": "AC" + "1" * 32, "From": "+819012345678", "Digits": "1"}


def sign(token: str, url: str, form: dict[str, str]) -> str:
    """Sign as Twilio's page says, with nothing of its library."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def checked(url: str, form: dict[str, str], signature: str, tokens: twilio.Tokens = TOKENS) -> str | None:
    return twilio.signer(tokens, url, MultiDict(form), signature)


def test_twilios_own_example_is_accepted() -> None:
    form = {
        "Digits": "1234",
        "To": "+18005551212",
        "From": "+14158675310",
        "Caller": "+14158675310",
        "CallSid": "CA1234567890ABCDE",
    }
    url = "https://example.com/myapp.php?foo=1&bar=2"
    assert sign("12345", url, form) == "L/OH5YylLD5NRKLltdqwSvS0BnU="
    assert checked(url, form, "L/OH5YylLD5NRKLltdqwSvS0BnU=") == "account"
    assert checked(url, {**form, "Digits": "1235"}, "L/OH5YylLD5NRKLltdqwSvS0BnU=") is None


def test_a_request_of_each_account_is_accepted_with_its_own_token() -> None:
    assert checked(URL, FORM, sign(ACCOUNT, URL, FORM)) == "account"
    test = {**FORM, "AccountSid": TEST_ACCOUNT_SID}
    assert checked(URL, test, sign(TEST, URL, test)) == "test"


def test_neither_token_opens_the_others_door() -> None:
    test = {**FORM, "AccountSid": TEST_ACCOUNT_SID}
    assert checked(URL, test, sign(ACCOUNT, URL, test)) is None
    assert checked(URL, FORM, sign(TEST, URL, FORM)) is None
    nobody = {name: value for name, value in FORM.items() if name != "AccountSid"}
    assert checked(URL, nobody, sign(TEST, URL, nobody)) is None
    assert checked(URL, nobody, sign(ACCOUNT, URL, nobody)) == "account"


@pytest.mark.parametrize("order", [[TEST_ACCOUNT_SID, FORM["AccountSid"]], [FORM["AccountSid"], TEST_ACCOUNT_SID]])
def test_an_account_named_twice_is_one_call_of_one_account(order: list[str]) -> None:
    form = MultiDict([("AccountSid", order[0]), ("AccountSid", order[1]), ("CallSid", FORM["CallSid"])])
    text = URL + "".join(f"AccountSid{sid}" for sid in sorted(order)) + "CallSid" + FORM["CallSid"]
    signatures = {
        name: base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()
        for name, token in (("account", ACCOUNT), ("test", TEST))
    }
    accepted = {name for name, signature in signatures.items() if twilio.signer(TOKENS, URL, form, signature) == name}
    assert accepted == {"test" if order[0] == TEST_ACCOUNT_SID else "account"}


@pytest.mark.parametrize("signature", ["", "x", "=", "L/OH5YylLD5NRKLltdqwSvS0BnU=", "\uff11", "a" * 10_000])
def test_a_missing_or_foreign_signature_is_refused(signature: str) -> None:
    assert checked(URL, FORM, signature) is None


def test_without_a_token_everything_is_refused() -> None:
    test = {**FORM, "AccountSid": TEST_ACCOUNT_SID}
    assert checked(URL, FORM, sign("", URL, FORM), twilio.Tokens("", TEST)) is None
    assert checked(URL, test, sign("", URL, test), twilio.Tokens(ACCOUNT, "")) is None


TAMPERED = {
    "a key changed": {**FORM, "Digits": "2"},
    "a parameter added": {**FORM, "TestTime": "2026-11-24T10:00:00+09:00"},
    "a parameter gone": {name: value for name, value in FORM.items() if name != "From"},
    "a name changed": {"digits" if name == "Digits" else name: value for name, value in FORM.items()},
    "a blank added": {**FORM, "CallerName": " "},
    "a value stripped": {**FORM, "Digits": ""},
    "nothing left": {},
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_changed_form_is_refused(what: str) -> None:
    assert checked(URL, TAMPERED[what], sign(ACCOUNT, URL, FORM)) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://helpline.example.jp/voice",
        "https://helpline.example.jp:8443/voice",
        "https://helpline.example.jp/voice/",
        "https://helpline.example.jp/voice?",
        "https://helpline.example.jp/voice?a=1",
        "https://helpline.example.jp/Voice",
        "https://HELPLINE.example.jp/voice",
        "https://evil.example.jp/voice",
        "https://helpline.example.jp/voice/status",
    ],
)
def test_a_signature_for_another_address_is_refused(url: str) -> None:
    assert checked(URL, FORM, sign(ACCOUNT, url, FORM)) is None


@pytest.mark.parametrize("signed", ["https://helpline.example.jp:443/voice", URL])
@pytest.mark.parametrize("asked", ["https://helpline.example.jp:443/voice", URL])
def test_the_standard_port_may_be_signed_or_not(signed: str, asked: str) -> None:
    assert checked(asked, FORM, sign(ACCOUNT, signed, FORM)) == "account"


def test_another_port_may_be_dropped_as_twilio_does_for_voice_over_https() -> None:
    url = "https://helpline.example.jp:8443/voice"
    assert checked(url, FORM, sign(ACCOUNT, URL, FORM)) == "account"
    assert checked(url, FORM, sign(ACCOUNT, url, FORM)) == "account"


def test_blank_values_are_signed() -> None:
    form = {**FORM, "FromCity": "", "CallToken": '{"parentCallInfoToken":"a b+c%20=="}'}
    assert checked(URL, form, sign(ACCOUNT, URL, form)) == "account"
    assert checked(URL, form, sign(ACCOUNT, URL, {name: value for name, value in form.items() if value})) is None


def test_names_are_sorted_by_their_bytes() -> None:
    form = {"b": "1", "B": "2", "a": "3", "A": "4", "_": "5", "あ": "6"}
    assert checked(URL, form, sign(ACCOUNT, URL, form)) == "account"


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=20), max_size=8))
def test_every_form_that_twilio_signs_is_accepted(form: dict[str, str]) -> None:
    form.pop("AccountSid", None)
    try:
        signature = sign(ACCOUNT, URL, form)
    except UnicodeEncodeError:
        return  # half a surrogate cannot come out of a form
    assert checked(URL, form, signature) == "account"


PUBLIC = "https://helpline.example.jp"


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"RAW_URI": "/voice"}, PUBLIC + "/voice"),
        ({"RAW_URI": "/voice?a=1", "QUERY_STRING": "a=1"}, PUBLIC + "/voice?a=1"),
        ({"RAW_URI": "/voice?b=2&a=1", "QUERY_STRING": "b=2&a=1"}, PUBLIC + "/voice?b=2&a=1"),
        ({"RAW_URI": "/voice?a=+%20%2B", "QUERY_STRING": "a=+%20%2B"}, PUBLIC + "/voice?a=+%20%2B"),
        (
            {"RAW_URI": "/voice?a=%E6%9D%B1%27%7E", "QUERY_STRING": "a=%E6%9D%B1%27%7E"},
            PUBLIC + "/voice?a=%E6%9D%B1%27%7E",
        ),
        ({"RAW_URI": "/voice/%E6%9D%B1", "PATH_INFO": "/voice/\xe6\x9d\xb1"}, PUBLIC + "/voice/%E6%9D%B1"),
        ({"RAW_URI": "/voice/%7Ea", "PATH_INFO": "/voice/~a"}, PUBLIC + "/voice/%7Ea"),
        ({"REQUEST_URI": "/voice/%e6", "QUERY_STRING": "a=1"}, PUBLIC + "/voice/%e6?a=1"),
        ({"RAW_URI": "http://10.0.0.1:8000/voice", "PATH_INFO": "/voice"}, PUBLIC + "/voice"),
        ({"PATH_INFO": "/voice/at/1.a-b_c", "QUERY_STRING": ""}, PUBLIC + "/voice/at/1.a-b_c"),
        ({"PATH_INFO": "/voice/a b"}, PUBLIC + "/voice/a%20b"),
        ({"PATH_INFO": "/voice/\xe6\x9d\xb1"}, PUBLIC + "/voice/%E6%9D%B1"),
        (
            {
                "RAW_URI": "/voice",
                "wsgi.url_scheme": "http",
                "SERVER_NAME": "10.0.0.1",
                "SERVER_PORT": "8000",
                "HTTP_HOST": "evil.example",
                "HTTP_X_FORWARDED_HOST": "evil.example",
                "HTTP_X_FORWARDED_PROTO": "http",
                "HTTP_X_FORWARDED_PREFIX": "/evil",
                "HTTP_X_FORWARDED_PORT": "1",
                "HTTP_FORWARDED": "host=evil.example;proto=http",
                "SCRIPT_NAME": "",
            },
            PUBLIC + "/voice",
        ),
    ],
)
def test_the_address_that_was_signed_is_the_public_one_with_the_raw_path(environ: dict[str, str], url: str) -> None:
    assert twilio.requested_url(PUBLIC, environ) == url


def test_a_public_url_may_have_a_path_of_its_own() -> None:
    assert twilio.requested_url(PUBLIC + "/ivr", {"RAW_URI": "/voice"}) == PUBLIC + "/ivr/voice"


WITHHELD = [
    *("anonymous", "restricted", "unknown", "unavailable", "private", "blocked"),
    *("Anonymous", "Restricted", "UNKNOWN", "Unavailable", "ANONYMOUS", "Private"),
    *("+266696687", "+86282452253", "+8656696", "+2562533", "+7378742833"),
    *("266696687", "86282452253", "8656696", "2562533", "7378742833"),
]  # fmt: skip


@pytest.mark.parametrize("written", WITHHELD)
def test_a_withheld_number_is_none_in_each_of_its_spellings(written: str) -> None:
    assert twilio.caller(MultiDict({"From": written})) == ""


@pytest.mark.parametrize(
    "written",
    ["", "+", "+0312345678", "09012345678", "+81-90-1234-5678", "client:anna", "sip:anna@example.jp", "+819012345678x",
     "+123456", "+1234567890123456", "++819012345678", "+８１９０１２３４５６７８", "tel:+819012345678"],
)  # fmt: skip
def test_what_is_no_number_is_no_caller(written: str) -> None:
    assert twilio.caller(MultiDict({"From": written})) == ""
    assert twilio.called(MultiDict({"To": written})) == ""


def test_a_number_is_a_caller() -> None:
    assert twilio.caller(MultiDict({"From": "+819012345678"})) == "+819012345678"
    assert twilio.called(MultiDict({"To": "+815012345678"})) == "+815012345678"
    assert (twilio.caller(MultiDict({})), twilio.called(MultiDict({}))) == ("", "")


@pytest.mark.parametrize(
    ("form", "heard"),
    [
        ({"Digits": "1"}, Key("1")),
        ({"Digits": "#"}, Key("#")),
        ({"Digits": "*", "FinishedOnKey": "", "msg": "Gather End"}, Key("*")),
        ({"Digits": "0"}, Key("0")),
        ({"Digits": "123456789012"}, Key("123456789012")),
        ({"Digits": " "}, Key(" ")),
        ({"Digits": ""}, Silence()),
        ({}, Silence()),
        ({"SpeechResult": "一番", "Confidence": "0.9"}, Silence()),
    ],
)
def test_a_key_is_a_key_and_nothing_is_silence(form: dict[str, str], heard: object) -> None:
    assert twilio.heard_key(MultiDict(form)) == heard


@pytest.mark.parametrize(
    ("form", "heard"),
    [
        ({"DialCallStatus": "busy", "CallStatus": "in-progress"}, Dialled("busy")),
        ({"DialCallStatus": "completed", "DialCallDuration": "61"}, Dialled("completed")),
        ({"DialCallStatus": "completed", "CallStatus": "completed"}, Dialled("completed", gone=True)),
        ({"DialCallStatus": "canceled", "CallStatus": "completed"}, Dialled("canceled", gone=True)),
        ({"DialCallStatus": "a word of next year"}, Dialled("a word of next year")),
        ({}, Dialled("")),
    ],
)
def test_the_outcome_of_a_transfer_is_read_as_twilio_words_it(form: dict[str, str], heard: Dialled) -> None:
    found = twilio.heard_dial(MultiDict(form))
    assert (found.status, found.gone) == (heard.status, heard.gone)


@pytest.mark.parametrize(
    ("written", "sid"),
    [
        ("CA" + "0" * 32, "CA" + "0" * 32),
        ("CA" + "0123456789abcdef" * 2, "CA" + "0123456789abcdef" * 2),
        ("CA" + "A" * 32, None),
        ("CA" + "0" * 31, None),
        ("CA" + "0" * 33, None),
        ("CA" + "0" * 32 + "\n", None),
        ("AC" + "0" * 32, None),
        ("123456789012", None),
        ("", None),
    ],
)
def test_what_cannot_be_a_calls_id_is_none(written: str, sid: str | None) -> None:
    assert twilio.call_sid(MultiDict({"CallSid": written})) == sid


def test_the_form_is_read_as_the_web_framework_reads_it() -> None:
    form = MultiDict(parse_qsl("CallSid=CA1&From=%2B819012345678&FromCity=&Digits=%23", keep_blank_values=True))
    assert (twilio.caller(form), twilio.heard_key(form)) == ("+819012345678", Key("#"))
