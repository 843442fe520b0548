"""Settings: every variable, every wrong value by its name, nothing secret in what is printed."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from ivr.settings import ROOT, Settings, describe, e164, kept_token, variables

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr.findings import Finding

    Refused = Callable[[Callable[[], object]], list[Finding]]

TOKEN = "0123456789abcdef0123456789abcdef"
LIVE = {"TWILIO_AUTH_TOKEN": TOKEN, "IVR_PUBLIC_URL": "https://helpline.example.jp"}
OFFICE = {"IVR_OFFICE_PHONE": "03-1234-5678", "IVR_OFFICE_HOURS": "mon-fri 08:30-17:00"}


def read(data: Path, **environ: str) -> Settings:
    return Settings.from_env({"IVR_DATA": str(data), **environ})


def texts(findings: list[Finding]) -> list[str]:
    return [finding.text for finding in findings]


def test_nothing_set_gives_local_mode_with_every_default(tmp_path: Path) -> None:
    found = read(tmp_path / "new")
    assert {name: getattr(found, name) for name in Settings.model_fields if name not in {"test_secret", "store"}} == {
        "root": ROOT,
        "data": tmp_path / "new",
        "auth_token": None,
        "public_url": "http://127.0.0.1:8000",
        "own_number": "",
        "office_phone": "",
        "office_hours": "",
        "survey_percent": 0,
        "engine": "quick",
        "record_sync": "second",
        "caller_secrets": None,
        "keep_callers": 35,
        "keep_calls": 400,
        "keep_tests": 7,
        "keep_audit": 1100,
        "console_secret": None,
        "trusted_proxies": 0,
        "metrics_secret": None,
        "sentry": None,
        "log_format": "text",
        "port": 8000,
        "web_workers": 2,
        "test_calls": "accept",
    }
    assert found.store_url == f"sqlite:///{tmp_path / 'new'}/store.db"
    assert found.local


VALUES: dict[str, tuple[str, Any]] = {
    "IVR_ROOT": ("/", Path("/")),
    "TWILIO_AUTH_TOKEN": (TOKEN, TOKEN),
    "IVR_PUBLIC_URL": ("https://other.example.jp/", "https://other.example.jp"),
    "TWILIO_PHONE_NUMBER": ("+815012345678", "+815012345678"),
    "IVR_OFFICE_PHONE": ("03 5742 6660", "+81357426660"),
    "IVR_OFFICE_HOURS": ("sat-mon 00:00-24:00, wed 09:00-12:00", "sat-mon 00:00-24:00, wed 09:00-12:00"),
    "IVR_SURVEY_PERCENT": ("100", 100),
    "IVR_SPEECH_ENGINE": ("gtts", "gtts"),
    "IVR_STORE_URL": ("sqlite:////tmp/elsewhere.db", "sqlite:////tmp/elsewhere.db"),
    "IVR_RECORD_SYNC": ("always", "always"),
    "IVR_CALLER_KEYS": ("k" * 32, "k" * 32),
    "IVR_KEEP_CALLERS": ("1", 1),
    "IVR_KEEP_CALLS": ("3650", 3650),
    "IVR_KEEP_TESTS": ("30", 30),
    "IVR_KEEP_AUDIT": ("400", 400),
    "IVR_CONSOLE_KEY": ("c" * 32, "c" * 32),
    "IVR_METRICS_TOKEN": ("m" * 16, "m" * 16),
    "SENTRY_DSN": ("https://key@sentry.example/7", "https://key@sentry.example/7"),
    "IVR_LOG_FORMAT": ("json", "json"),
    "IVR_TRUSTED_PROXIES": ("2", 2),
    "PORT": ("65535", 65535),
    "WEB_CONCURRENCY": ("1", 1),
    "IVR_TEST_TOKEN": ("a test token of our own", "a test token of our own"),
    "IVR_TEST_CALLS": ("refuse", "refuse"),
}


@pytest.mark.parametrize("variable", sorted(set(variables()) - {"IVR_DATA"}))
def test_every_variable_reaches_its_field(variable: str, tmp_path: Path) -> None:
    written, expected = VALUES[variable]
    found = read(tmp_path, **LIVE, **OFFICE, **{variable: written} if variable not in {*LIVE, *OFFICE} else {})
    if variable in {*LIVE, *OFFICE}:
        found = read(tmp_path, **{**LIVE, **OFFICE, variable: written})
    value = getattr(found, variables()[variable])
    assert (value.get_secret_value() if hasattr(value, "get_secret_value") else value) == expected


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        read(tmp_path).port = 1


def test_an_empty_value_is_no_value(tmp_path: Path) -> None:
    assert read(tmp_path, **dict.fromkeys(set(variables()) - {"IVR_DATA"}, "")).local


def test_foreign_variables_are_none_of_our_business(tmp_path: Path) -> None:
    assert read(tmp_path, PATH="/bin", TWILIO_ACCOUNT_SID="AC1", IVRY="1", HOME="/").local


@pytest.mark.parametrize(
    ("variable", "written"),
    [
        ("IVR_METRICS_TOKEN", "short"),
        ("IVR_METRICS_TOKEN", "with a blank in it all"),
        ("SENTRY_DSN", "sentry.example/7"),
    ],
)
def test_a_token_or_an_address_that_cannot_be_one_is_refused(
    variable: str, written: str, tmp_path: Path, refused: Refused
) -> None:
    (finding,) = refused(lambda: read(tmp_path, **{variable: written}))
    assert variable in finding.text
    assert written not in finding.text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("IVR_PUBLIC_ULR", "IVR_PUBLIC_URL"),
        ("IVR_OFFICE_HOUR", "IVR_OFFICE_HOURS"),
        ("IVR_DATAS", "IVR_DATA"),
        ("IVR_SPEECH_ENGIN", "IVR_SPEECH_ENGINE"),
    ],
)
def test_an_unknown_setting_is_refused_with_the_one_that_was_meant(
    typed: str, meant: str, tmp_path: Path, refused: Refused
) -> None:
    (finding,) = refused(lambda: read(tmp_path, **{typed: "x"}))
    assert (finding.text, finding.text_ja) == (
        f"there is no setting {typed}; did you mean {meant}?",
        f"{typed} という設定はありません。{meant} ではありませんか",
    )


def test_an_unknown_setting_that_resembles_nothing_gets_no_guess(tmp_path: Path, refused: Refused) -> None:
    assert texts(refused(lambda: read(tmp_path, IVR_QXZ="x"))) == ["there is no setting IVR_QXZ"]


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        ("TWILIO_AUTH_TOKEN", "IVR_PUBLIC_URL"),
        ("IVR_PUBLIC_URL", "TWILIO_AUTH_TOKEN"),
        ("IVR_OFFICE_PHONE", "IVR_OFFICE_HOURS"),
        ("IVR_OFFICE_HOURS", "IVR_OFFICE_PHONE"),
    ],
)
def test_one_of_a_pair_alone_is_refused_and_the_missing_one_named(
    there: str, missing: str, tmp_path: Path, refused: Refused
) -> None:
    findings = refused(lambda: read(tmp_path, **{there: {**LIVE, **OFFICE}[there]}))
    assert texts(findings) == [f"{there} is set but {missing} is missing: set both, or neither"]
    assert f"{missing} がありません" in findings[0].text_ja


def test_both_pairs_torn_are_reported_together(tmp_path: Path, refused: Refused) -> None:
    findings = refused(lambda: read(tmp_path, TWILIO_AUTH_TOKEN=TOKEN, IVR_OFFICE_PHONE="03-1234-5678"))
    assert [text.split()[4] for text in texts(findings)] == ["IVR_OFFICE_HOURS", "IVR_PUBLIC_URL"]


BAD = [
    ("PORT", "0"),
    ("PORT", "65536"),
    ("PORT", "-1"),
    ("PORT", "http"),
    ("PORT", "80.5"),
    ("WEB_CONCURRENCY", "0"),
    ("WEB_CONCURRENCY", "two"),
    ("IVR_TRUSTED_PROXIES", "-1"),
    ("IVR_TRUSTED_PROXIES", "11"),
    ("IVR_TRUSTED_PROXIES", "10.0.0.1"),
    ("IVR_SPEECH_ENGINE", "Quick"),
    ("IVR_RECORD_SYNC", "never"),
    ("IVR_LOG_FORMAT", "xml"),
    ("IVR_PUBLIC_URL", "http://helpline.example.jp"),
    ("IVR_PUBLIC_URL", "helpline.example.jp"),
    ("IVR_PUBLIC_URL", "https://"),
    ("IVR_PUBLIC_URL", "https://helpline.example.jp/?x=1"),
    ("IVR_PUBLIC_URL", "https://helpline.example.jp/#x"),
    ("IVR_PUBLIC_URL", "https://helpline.example.jp:https"),
    ("IVR_PUBLIC_URL", "https://user:word@helpline.example.jp"),
    ("IVR_PUBLIC_URL", "https://helpline.example.jp/voice"),
    ("IVR_PUBLIC_URL", "https://[::1"),
    ("IVR_PUBLIC_URL", "https://help line.example.jp"),
    ("TWILIO_AUTH_TOKEN", "   "),
    ("IVR_OFFICE_PHONE", "110"),
    ("IVR_OFFICE_PHONE", "1"),
    ("IVR_OFFICE_PHONE", "office"),
    ("IVR_OFFICE_PHONE", "03-1234-567"),
    ("TWILIO_PHONE_NUMBER", "12345"),
    ("IVR_OFFICE_HOURS", "mon-fri"),
    ("IVR_OFFICE_HOURS", "08:30-17:00"),
    ("IVR_OFFICE_HOURS", "mon-fri 17:00-08:30"),
    ("IVR_OFFICE_HOURS", "mon-fri 08:30-08:30"),
    ("IVR_OFFICE_HOURS", "mon-fri 08:30-24:01"),
    ("IVR_OFFICE_HOURS", "mon-fri 08:61-17:00"),
    ("IVR_OFFICE_HOURS", "mon-fri 08:30-17:60"),
    ("IVR_OFFICE_HOURS", "mon-fri 08:30-17:00; sat 09:00-12:00"),
    ("IVR_OFFICE_HOURS", "mon-fri 08:30-17:00, holidays 09:00-12:00"),
    ("IVR_OFFICE_HOURS", ","),
    ("IVR_OFFICE_HOURS", " "),
]


@pytest.mark.parametrize(("variable", "value"), BAD)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(
    variable: str, value: str, tmp_path: Path, refused: Refused
) -> None:
    findings = refused(lambda: read(tmp_path, **{**LIVE, **OFFICE, variable: value}))
    assert len(findings) == 1
    assert findings[0].text.startswith(f"{variable}: ")
    assert findings[0].text_ja.startswith(f"{variable}: ")


WHY = {
    " ": ("no hours are given", "時間が書かれていません"),
    "mon 09:00-10:00,": ("nothing stands beside a comma", "何も書かれていません"),
    "mon-fri": ("'mon-fri' names no hours", "「mon-fri」に、時間がありません"),
    "08:30-17:00": ("'08:30-17:00' names no day", "「08:30-17:00」に、曜日がありません"),
    "mon 08:30": ("must be days and then from when until when", "いつからいつまでか"),
    "mon-holiday 08:30-17:00": ("there is no weekday 'holiday'", "「holiday」という曜日はありません"),
    "mon 08:61-17:00": ("08:61: an hour has minutes 00 to 59", "08:61: 分は 00 から 59 まで"),
    "mon 08:30-24:01": ("24:01: a day ends at 24:00", "24:01: 一日は 24:00 まで"),
    "mon 08:30-08:30": ("ends when it begins: a whole day is 00:00-24:00", "始まりと終わりが同じ"),
    "mon 18:00-08:00": (
        "ends before it begins: hours over midnight are written as 'mon 18:00-24:00, tue 00:00-08:00'",
        "夜中をまたぐ時間は「mon 18:00-24:00, tue 00:00-08:00」と書きます",
    ),
    "fri-sun 18:00-08:00": (
        "'fri-sun 18:00-24:00, sat-mon 00:00-08:00'",
        "「fri-sun 18:00-24:00, sat-mon",
    ),
    "mon 18:00-00:00": ("are written as 'mon 18:00-24:00'", "「mon 18:00-24:00」と書きます"),
    "mon-wed 08:30-12:00, tue 08:30-12:00": (
        "tue 08:30-12:00 stands twice: take one out",
        "「tue 08:30-12:00」が二つあります",
    ),
    "mon-fri 08:30-17:00, wed 16:00-19:00": (
        "08:30-17:00 and 16:00-19:00 overlap on wed: write them as one, wed 08:30-19:00",
        "wed の 08:30-17:00 と 16:00-19:00 が重なっています。「wed 08:30-19:00」と",
    ),
}


@pytest.mark.parametrize("hours", WHY)
def test_hours_that_cannot_be_are_refused_with_the_reason(hours: str, tmp_path: Path, refused: Refused) -> None:
    (finding,) = refused(lambda: read(tmp_path, **{**OFFICE, "IVR_OFFICE_HOURS": hours}))
    english, japanese = WHY[hours]
    assert (english in finding.text, japanese in finding.text_ja) == (True, True), f"{finding.text}\n{finding.text_ja}"
    assert "must look like" not in finding.text


def test_of_several_wrong_spans_each_has_its_reason(tmp_path: Path, refused: Refused) -> None:
    (finding,) = refused(lambda: read(tmp_path, **{**OFFICE, "IVR_OFFICE_HOURS": "man 09:00-10:00, tue 17:00-09:00"}))
    assert ("no weekday 'man'" in finding.text, "ends before it begins" in finding.text) == (True, True)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("mon-fri 8:30-17:00", "mon-fri 08:30-17:00"),
        ("Mon-Fri 08:30-17:00", "mon-fri 08:30-17:00"),
        ("\uff4d\uff4f\uff4e\uff0d\uff46\uff52\uff49 \uff10\uff18\uff1a\uff13\uff10\uff0d17:00", "mon-fri 08:30-17:00"),
        ("月〜金 8:30〜17:00、日曜日 9:00-12:00", "mon-fri 08:30-17:00, sun 09:00-12:00"),
        ("wed-wed  00:00 - 24:00", "wed 00:00-24:00"),
        ("mon 08:30-12:00, mon 12:00-17:00", "mon 08:30-12:00, mon 12:00-17:00"),
    ],
)
def test_hours_are_taken_as_people_type_them(typed: str, meant: str, tmp_path: Path) -> None:
    assert read(tmp_path, **{**OFFICE, "IVR_OFFICE_HOURS": typed}).office_hours == meant


@pytest.mark.parametrize(
    ("number", "english", "japanese"),
    [
        ("110", "is an emergency number", "緊急通報の番号です"),
        ("\uff11\uff11\uff19", "is an emergency number", "緊急通報の番号です"),
        ("+81118", "is an emergency number", "緊急通報の番号です"),
        ("0990-512-345", "is a premium number", "情報料のかかる番号です"),
        ("03-1234-567", "is not a number that can be dialled", "けた数を確かめてください"),
        ("office", "is not a telephone number", "電話番号として読めません"),
    ],
)
def test_a_number_to_which_nobody_may_be_put_through_is_refused_with_the_reason(
    number: str, english: str, japanese: str, tmp_path: Path, refused: Refused
) -> None:
    (finding,) = refused(lambda: read(tmp_path, **{**OFFICE, "IVR_OFFICE_PHONE": number}))
    assert (english in finding.text, japanese in finding.text_ja) == (True, True), f"{finding.text}\n{finding.text_ja}"


def test_an_office_that_is_this_helpline_itself_is_refused(tmp_path: Path, refused: Refused) -> None:
    (finding,) = refused(lambda: read(tmp_path, **OFFICE, TWILIO_PHONE_NUMBER="0312345678"))
    assert ("own number" in finding.text, "またここにつながってしまいます" in finding.text_ja) == (True, True)


@pytest.mark.parametrize(("variable", "value"), BAD)
def test_every_refusal_has_its_reason_in_japanese(variable: str, value: str, tmp_path: Path, refused: Refused) -> None:
    (finding,) = refused(lambda: read(tmp_path, **{**LIVE, **OFFICE, variable: value}))
    assert "値が正しくありません" not in finding.text_ja
    assert finding.text_ja != f"{variable}: "


def test_everything_that_is_wrong_is_reported_at_once(tmp_path: Path, refused: Refused) -> None:
    findings = refused(
        lambda: read(
            tmp_path, PORT="x", TWILIO_PHONE_NUMBER="1", IVR_QXZ="1", TWILIO_AUTH_TOKEN=TOKEN, IVR_LOG_FORMAT="yaml"
        )
    )
    named = {text.partition(":")[0] for text in texts(findings)}
    assert named == {
        "PORT",
        "TWILIO_PHONE_NUMBER",
        "IVR_LOG_FORMAT",
        "there is no setting IVR_QXZ",
        "TWILIO_AUTH_TOKEN is set but IVR_PUBLIC_URL is missing",
    }


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("03-1234-5678", "+81312345678"),
        ("(03)1234-5678", "+81312345678"),
        ("0120-95-0178", "+81120950178"),
        ("050-1234-5678", "+815012345678"),
        ("+81 90 1234 5678", "+819012345678"),
        ("+8103-1234-5678", "+81312345678"),
        ("\uff10\uff13-1234-5678", "+81312345678"),
    ],
)
def test_a_number_as_people_write_it_becomes_e164(written: str, expected: str) -> None:
    assert e164(written) == expected


SECRET = "s3cret-that-nobody-may-read"


def test_what_is_printed_of_the_settings_holds_no_secret(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        **{**LIVE, "TWILIO_AUTH_TOKEN": SECRET + "1"},
        IVR_TEST_TOKEN=SECRET + "2",
        IVR_STORE_URL=f"postgresql://ivr:{SECRET}@db.example.jp/ivr",
    )
    for shown in (repr(found), str(found), repr(found.model_dump()), f"{found.model_dump_json()}"):
        assert SECRET not in shown
    assert found.signing_token() == SECRET + "1"


@pytest.mark.parametrize("variable", ["TWILIO_AUTH_TOKEN", "IVR_TEST_TOKEN", "IVR_STORE_URL"])
def test_what_is_said_about_wrong_settings_holds_no_secret(variable: str, tmp_path: Path, refused: Refused) -> None:
    environ = {"TWILIO_AUTH_TOKEN": TOKEN, variable: SECRET, "PORT": "x", "IVR_TYPO": SECRET}
    for finding in refused(lambda: read(tmp_path, **environ)):
        assert SECRET not in f"{finding.text}{finding.text_ja}{finding!r}"
        assert TOKEN not in f"{finding.text}{finding.text_ja}{finding!r}"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_local_mode_keeps_its_tokens_for_its_owner_alone(tmp_path: Path) -> None:
    data = tmp_path / "deep/data"
    first = read(data)
    assert {path.name: mode(path) for path in [data, data / "test-token"]} == {"data": 0o700, "test-token": 0o600}
    token = first.signing_token()
    assert mode(data / "local-token") == 0o600
    assert sorted(path.name for path in data.iterdir()) == ["local-token", "test-token"]
    assert (len(token), len(first.test_token), token != first.test_token) == (32, 32, True)


def test_the_kept_tokens_are_the_same_at_the_second_start(tmp_path: Path) -> None:
    first, second = read(tmp_path), read(tmp_path)
    assert (second.test_token, second.signing_token()) == (first.test_token, first.signing_token())


def test_two_data_folders_have_two_tokens(tmp_path: Path) -> None:
    assert read(tmp_path / "a").signing_token() != read(tmp_path / "b").signing_token()


def test_with_a_twilio_token_no_local_one_is_made(tmp_path: Path) -> None:
    assert read(tmp_path, **LIVE).signing_token() == TOKEN
    assert not (tmp_path / "local-token").exists()


def test_processes_that_start_together_agree_on_a_token(tmp_path: Path) -> None:
    program = "import sys, pathlib, ivr.settings as s; sys.stdin.read(); print(s.kept_token(pathlib.Path(sys.argv[1])))"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "token")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    tokens = {process.communicate()[0].decode() for process in started}
    assert len(tokens) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["token"]


def test_a_token_that_is_there_is_kept_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("mine\n")
    assert kept_token(tmp_path / "token") == "mine"


def test_every_setting_is_explained_in_two_languages() -> None:
    english, japanese = describe("en"), describe("ja")
    names = [name for name, _, _ in english]
    assert names == [name for name, _, _ in japanese] == list(variables())
    assert all(text.isascii() for _, _, text in english)
    assert all(any("ぁ" <= char <= "ヿ" for char in text) for _, _, text in japanese)
    shown = json.dumps([english, japanese])
    assert str(ROOT) not in shown
