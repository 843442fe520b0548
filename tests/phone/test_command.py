"""`ivr call` as people and scripts run it: over HTTP to a server here, in this process, and in a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import wave
from typing import TYPE_CHECKING

import pytest
import yaml
from click.testing import CliRunner
from patience import PATIENCE

from ivr.cli import group

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from tests.phone.conftest import Helpline


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what is written in a folder of the test, and every setting of the machine out."""
    for name in list(os.environ):
        if name.startswith(("IVR_", "TWILIO_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("IVR_DATA", str(tmp_path / "var"))
    return tmp_path / "var"


def run(*arguments: str) -> Result:
    return CliRunner(mix_stderr=False).invoke(group, ["call", *arguments])


def test_json_is_one_object_and_all_else_is_on_stderr(helpline: Helpline, address: str) -> None:
    done = run("--url", address, "--keys", "1", "--at", "2026-11-24T18:30", "--from", "anonymous", "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["ended"], told["keys"]) == (0, "caller", 1)
    assert [event["kind"] for event in told["events"]][:3] == ["request", "heard", "key"]
    assert done.stderr == f"ended: caller, {told['seconds']:.1f} s, 1 key\n"
    assert helpline.forms[0]["From"] == "anonymous"
    assert helpline.forms[0]["TestTime"] == "2026-11-24T18:30:00.000+09:00"


def test_lines_for_people(address: str) -> None:
    done = run("--url", address, "--keys", "silence silence")
    assert done.exit_code == 0
    assert [line[9:] for line in done.stdout.splitlines()] == [
        "~ menu",
        "> silence, 6 s",
        "~ again",
        "> silence, 6 s",
        "~ bye",
        "= hung up by service",
        "rvice, 12.9 s, 0 keys",
    ]


@pytest.mark.parametrize("outcome", ["busy", "no-answer", "failed", "canceled", "answered"])
def test_what_a_dialled_number_does(address: str, outcome: str) -> None:
    told = json.loads(run("--url", address, "--keys", "2", "--dial", outcome, "--json").stdout)
    assert told["ended"] == ("transfer" if outcome == "answered" else "service")
    assert [event["status"] for event in told["events"] if event["kind"] == "dial"] == [outcome]


def test_token_signs_and_defaults_to_the_test_token(
    helpline: Helpline, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IVR_TEST_TOKEN", "one")
    at = ("--url", address, "--keys", "hangup", "--at", "2026-11-24T18:30")
    for token in ((), ("--token", "one"), ("--token", "two")):
        run(*at, *token)
    signed = [headers["HTTP_X_TWILIO_SIGNATURE"] for headers in helpline.headers]
    assert len(set(signed)) == 6  # every call has its own id
    assert {form["AccountSid"] for form in helpline.forms} == {"AC" + "0" * 28 + "7e57"}


def test_without_a_token_one_is_made_and_kept(address: str, data: Path) -> None:
    assert run("--url", address, "--keys", "").exit_code == 0
    assert (data / "test-token").stat().st_mode & 0o777 == 0o600


def test_eager_and_latency(address: str) -> None:
    told = json.loads(run("--url", address, "--keys", "1", "--eager", "--latency", "2.5", "--json").stdout)
    assert [event["t"] for event in told["events"] if event["kind"] == "key"] == [2.5]


def test_errors_and_circles_exit_with_1(address: str) -> None:
    for keys, ended in (("4", "limit"), ("", "error")):
        url = address if ended == "limit" else address.replace("/voice", "/nowhere")
        done = run("--url", url, "--keys", keys, "--json")
        assert (done.exit_code, json.loads(done.stdout)["ended"]) == (1, ended)


def test_requests_are_printed_with_their_twiml(address: str) -> None:
    done = run("--url", address, "--keys", "1", "--requests")
    assert f"POST {address}: 200" in done.stdout
    assert "Digits=1" in done.stdout
    assert '         <Gather numDigits="1"' in done.stdout
    told = run("--url", address, "--keys", "1", "--requests", "--json")
    assert json.loads(told.stdout)["ended"] == "caller"
    assert "<Gather" in told.stderr


def test_call_is_written_as_one_sound_file(address: str, tmp_path: Path) -> None:
    target = tmp_path / "call.wav"
    done = run("--url", address, "--keys", "1", "--json", "--audio", str(target))
    with wave.open(str(target)) as sound:
        assert sound.getnframes() / sound.getframerate() == pytest.approx(json.loads(done.stdout)["seconds"], abs=0.001)
    assert run("--url", address, "--keys", "1", "--audio", str(tmp_path)).exit_code == 2


def test_nobody_there_is_an_error_with_twilios_code() -> None:
    done = run("--url", "http://127.0.0.1:9/voice", "--keys", "", "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["ended"]) == (1, "error")
    assert [event["code"] for event in told["events"] if event["kind"] == "warning"] == [11205, 11205, 11205]


def test_save_writes_a_scenario_that_passes_again(address: str, tmp_path: Path) -> None:
    target = tmp_path / "call.yaml"
    done = run("--url", address, "--keys", "2 9", "--at", "2026-11-24T18:30", "--dial", "busy", "--save", str(target))
    saved = yaml.safe_load(target.read_text("utf-8"))
    assert done.exit_code == 0
    assert saved == {
        "title": "通話 2026-11-24 18:30",
        "at": "2026-11-24T18:30:00+09:00",
        "language": "ja",
        "from": "+815000000001",
        "people": "busy",
        "steps": [{"press": "2"}],
        "expect": {"heard": ["menu", "wait", "bye"], "ended": "service"},
    }
    again = CliRunner(mix_stderr=False).invoke(group, ["test", "--url", address, str(target)])
    assert (again.exit_code, again.stdout) == (0, "1 passed, 0 failed, 0 skipped\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--keys", "1 x"], "'x' is not a key"),
        (["--keys", "wait:-1"], "'wait:-1' is not a key"),
        (["--keys", "", "--at", "tomorrow"], "'tomorrow' is not a moment"),
        (["--keys", "", "--at", ""], "'' is not a moment"),
        (["--keys", "", "--from", "0312345678"], "write +81312345678"),
        (["--keys", "", "--from", ""], "'' is neither a number"),
        (["--keys", "", "--dial", "sleeping"], "'sleeping' is not one of"),
        (["--keys", "", "--latency", "nan"], "'nan' is not a number of seconds"),
        (["--keys", "", "--url", "localhost:8000"], "'localhost:8000' is not an address"),
        (["--keys", "", "--save", "/nowhere/at/all.yaml"], "there is no folder /nowhere/at"),
        (["--json"], "say which keys to press: --keys"),
        ([], "say which keys to press: --keys"),
        (["--keyz", "1"], "No such option"),
    ],
)
def test_bad_arguments_exit_with_2_and_say_why(arguments: list[str], words: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stdout == ""


def test_in_a_terminal_keys_are_asked_for(address: str, data: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "ivr.cli", "call", "--url", address],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "IVR_DATA": str(data)},
        text=True,
    )
    os.write(ours, b"1\nhangup\n")
    shown, said = process.communicate(timeout=PATIENCE)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0
    assert "Type keys" in said
    assert [line for line in shown.splitlines() if "answer" in line or "hung up" in line] != []
    assert shown.splitlines()[-1].startswith("ended: caller,")


def test_the_helpline_itself_answers_in_this_process(data: Path) -> None:
    done = run("--keys", "", "--at", "2026-11-24T18:30", "--json")
    told = json.loads(done.stdout)
    heard = [event for event in told["events"] if event["kind"] == "heard"]
    assert (done.exit_code, told["ended"]) == (0, "caller")
    assert {event["status"] for event in told["events"] if event["kind"] == "request"} == {200, 204}
    assert all(event["prompt"] and event["estimated"] for event in heard)
    assert len(heard) > 5
    assert (data / "test-token").exists()


def test_a_caller_who_stays_after_an_answer_is_asked_whether_it_helped(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for percent, expected in (("100", ["一つだけ", "ありがとう"]), ("0", [])):
        monkeypatch.setenv("IVR_SURVEY_PERCENT", percent)
        told = json.loads(run("--keys", "2 1 silence 5", "--at", "2026-11-24T18:30", "--json").stdout)
        heard = [event["text"] for event in told["events"] if event["kind"] == "heard"]
        silences = [event["seconds"] for event in told["events"] if event["kind"] == "silence"]
        assert [
            words for words in ("一つだけ", "ありがとう") if any(text.startswith(words) for text in heard)
        ] == expected
        assert silences == ([4] if expected else [10])
    assert data.is_dir()
