"""SIP phones and apps call the helpline itself: transfers show our number, and nothing of the caller is kept."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ivr.cli import group

if TYPE_CHECKING:
    from pathlib import Path

OURS = "+815012345678"
CALLERS = ("sip:anna@example.jp", "sip:+819012345678@example.jp?X-Room=3", "client:anna")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what is written in a folder of the test, and every setting of the machine out."""
    for name in list(os.environ):
        if name.startswith(("IVR_", "TWILIO_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("IVR_DATA", str(tmp_path / "var"))
    return tmp_path / "var"


def call(caller: str, keys: str) -> dict[str, Any]:
    arguments = ["call", "--from", caller, "--keys", keys, "--at", "2026-11-24T10:00", "--json"]
    done = CliRunner(mix_stderr=False).invoke(group, arguments)
    assert done.exit_code == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def events(told: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [event for event in told["events"] if event["kind"] == kind]


@pytest.mark.parametrize("caller", CALLERS)
def test_our_own_number_is_shown_to_the_suspension_line(caller: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_PHONE_NUMBER", OURS)
    told = call(caller, "1 1")
    assert (told["ended"], [event["status"] for event in events(told, "dial")]) == ("transfer", ["answered"])
    assert [event for event in events(told, "warning") if event["code"]] == []


@pytest.mark.parametrize("caller", CALLERS)
def test_our_own_number_is_shown_to_the_office(caller: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_PHONE_NUMBER", OURS)
    monkeypatch.setenv("IVR_OFFICE_PHONE", "03-1234-5678")
    monkeypatch.setenv("IVR_OFFICE_HOURS", "mon-fri 08:30-17:00")
    told = call(caller, "0")
    assert [(event["to"], event["status"]) for event in events(told, "dial")] == [("+81312345678", "answered")]
    assert told["ended"] == "transfer"


@pytest.mark.parametrize("caller", ["sip:anna@example.jp", "client:anna"])
def test_without_a_number_of_ours_the_caller_hears_the_number_instead(caller: str) -> None:
    told = call(caller, "1 1")
    assert [event["status"] for event in events(told, "dial")] == ["failed"]
    assert [event["code"] for event in events(told, "warning") if event["code"]] == [13214]
    after = "".join(event["text"] for event in events(told, "heard") if event["t"] > events(told, "dial")[0]["t"])
    assert "0120-95-0178" in after
    assert told["ended"] == "caller"


@pytest.mark.parametrize("caller", CALLERS)
def test_nothing_is_kept_of_who_called(caller: str, data: Path) -> None:
    call(caller, "1")
    written = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    for word in (b"anna", b"9012345678", b"example.jp"):
        assert word not in written
    assert b'"caller_hash": ""' in written or b'"caller_hash":""' in written


@pytest.mark.parametrize(
    ("caller", "words"),
    [
        ("sip:anna", "'sip:anna' is not a SIP address such as sip:anna@example.jp"),
        ("client:", "'client:' names no client: write client: and 1 to 256 characters"),
        ("anna", "'anna' is neither a number such as +81312345678 nor anonymous, sip:anna@example.jp or client:anna"),
    ],
)
def test_a_caller_who_cannot_be_is_a_bad_argument(caller: str, words: str) -> None:
    done = CliRunner(mix_stderr=False).invoke(group, ["call", "--from", caller, "--keys", ""])
    assert (done.exit_code, words in done.stderr) == (2, True), done.stderr
