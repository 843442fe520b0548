"""Whoever called by a number is found and erased by it: from the webhook to the command line."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from ivr.app import create_app
from ivr.cli.records import records
from ivr.settings import Settings
from ivr.work import Mover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ivr.records.store import Store

TOKEN = "5c0ffee5c0ffee5c0ffee5c0ffee5c0f"
URL = "https://helpline.example.jp/voice"
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
CALLED = {
    "+25241874120": ["+25241874120", "+252 4187 4120", "010-252-4187-4120", "0025241874120", "+25241874120"],
    "+819012345678": ["090-1234-5678", "09012345678", "090-1234-5678", "+81 (0)90 1234 5678"],
    "+810312345678": ["+810312345678", "+81 (0)3-1234-5678", "0081 03 1234 5678"],
    "+12025550123": ["1 (202) 555-0123", "+1 202.555.0123", "0101 202 555 0123"],
    "+999999999999999": ["999999999999999", "+999 999 999 999 999"],
    "+81110": [],
}
"""Numbers as they are sent, and as people type them; the last is too short to be one."""


@pytest.fixture
def run(
    small_helpline: Callable[[Path], Path],
    tmp_path: Path,
    store: Store,
    store_url: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Result]]:
    """Let everybody call, each once, and one by SIP; give the commands of the store."""
    root = small_helpline(tmp_path / "root")
    environ = {
        "IVR_ROOT": str(root),
        "IVR_DATA": str(tmp_path),
        "IVR_STORE_URL": store_url,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "IVR_PUBLIC_URL": "https://helpline.example.jp",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    app = create_app(Settings.from_env(environ), lambda: NOW)
    for turn, sent in enumerate([*CALLED, "sip:anna@example.jp", "client:anna"]):
        form = {"AccountSid": "AC" + "1" * 32, "CallSid": f"CA{turn:032x}", "From": sent}
        text = URL + "".join(name + form[name] for name in sorted(form))
        signed = base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()
        answer = app.test_client().post("/voice", data=form, headers={"X-Twilio-Signature": signed})
        assert answer.status_code == 200
    with closing(Mover(folder, store)) as mover:
        assert mover.move() == len(CALLED) + 2
    yield lambda *arguments: CliRunner(mix_stderr=False).invoke(records, arguments)
    app.extensions["ivr"].spool.close()


def test_everybody_is_found_however_the_number_is_typed(run: Callable[..., Result]) -> None:
    for call, (sent, forms) in enumerate(CALLED.items()):
        for form in forms:
            found = [each["call"] for each in json.loads(run("caller", form).stdout)]
            assert found == [f"CA{call:032x}"], (sent, form)


def test_everybody_is_erased_however_the_number_is_typed(run: Callable[..., Result], store: Store) -> None:
    left = len(CALLED) + 2
    for forms in CALLED.values():
        for form in forms[-1:]:
            assert run("erase", "--yes", form).exit_code == 0
            left -= 1
            assert len(store.latest(100)) == left
    assert left == 3


def test_who_has_no_number_is_kept_without_a_caller(run: Callable[..., Result], store: Store) -> None:
    assert run("caller", "client:anna").exit_code == 2
    nameless = {call.call for call in store.latest(100) if not call.caller_hash}
    assert nameless == {f"CA{call:032x}" for call in (5, 6, 7)}
