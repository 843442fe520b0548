"""`ivr board` as people and scripts use it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from ivr.cli.board import board
from ivr.cli.records import records

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
TOMORROW = "2026-11-25T10:00"


@pytest.fixture
def ivr_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `ivr board` on a store of its own, with the words and counters of the repository."""
    for name in ("IVR_STORE_URL", "IVR_ROOT", "TWILIO_AUTH_TOKEN", "IVR_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IVR_DATA", str(tmp_path))
    monkeypatch.setattr("getpass.getuser", lambda: "hanako")
    monkeypatch.setattr("ivr.cli.board._now", lambda: NOW)
    return lambda *arguments: CliRunner(mix_stderr=False).invoke(board, arguments)


def test_an_announcement_is_switched_shown_and_ended(ivr_board: Callable[..., Result]) -> None:
    empty = ivr_board()
    assert (empty.exit_code, empty.stdout, empty.stderr) == (0, "", "nothing is switched on\n")
    done = ivr_board("announce", "announce_system", "--until", TOMORROW)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "callers hear: システムの不具合で" in done.stderr
    (entry,) = json.loads(ivr_board("--json").stdout)
    assert (entry["kind"], entry["name"], entry["by"]) == ("announcement", "announce_system", "hanako")
    assert entry["until"] == f"{TOMORROW}:00+09:00"
    assert "announced announce_system" in ivr_board().stdout
    assert ivr_board("end", str(entry["number"])).exit_code == 0
    assert json.loads(ivr_board("--json").stdout) == []
    log = json.loads(CliRunner(mix_stderr=False).invoke(records, ["audit", "--json"]).stdout)
    assert [(line["who"], line["what"], line["after"]) for line in log] == [
        ("hanako", "board announcement", "ended"),
        ("hanako", "board announcement", f"{TOMORROW}:00+09:00"),
    ]
    assert "hanako  board announcement announce_system" in CliRunner().invoke(records, ["audit"]).stdout


def test_a_counter_is_closed_for_the_rest_of_today(ivr_board: Callable[..., Result]) -> None:
    done = ivr_board("close", "目黒行政サービスコーナー")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "callers hear: 今日は、目黒行政サービスコーナーは、臨時にお休みです。" in done.stderr
    (entry,) = json.loads(ivr_board("--json").stdout)
    assert (entry["name"], entry["until"]) == ("meguro", "2026-11-25T00:00:00+09:00")
    again = ivr_board("close", "meguro")
    assert (again.exit_code, again.stderr) == (
        1,
        f"Error: meguro is switched on already, as number {entry['number']}: `ivr board end {entry['number']}` first\n",
    )


@pytest.mark.parametrize("name", ["係の電話", "office"])
def test_the_telephone_of_the_office_is_closed_for_the_rest_of_today(
    name: str, ivr_board: Callable[..., Result]
) -> None:
    done = ivr_board("close", name)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "closed today office" in done.stderr
    assert "callers hear: 係の電話は、今日はお休みです。" in done.stderr
    (entry,) = json.loads(ivr_board("--json").stdout)
    assert (entry["kind"], entry["name"], entry["by"]) == ("closing", "office", "hanako")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("announce", "announce_sistem", "--until", "23:59"), 2, "there are: announce_crowded, announce_system,"),
        (("announce", "greeting", "--until", "23:59"), 2, "'greeting' is no announcement"),
        (("announce", "announce_system"), 2, "Missing option '--until'"),
        (("announce", "announce_system", "--until", "00:00"), 2, "00:00 is over already"),
        (("announce", "announce_system", "--until", "2030-01-01T00:00"), 2, "more than 31 days away"),
        (("announce", "announce_system", "--until", "tomorrow"), 2, "neither a time such as 17:00 nor a moment"),
        (("close", "目黒"), 2, "there are: 品川区役所、"),
        (("end", "7"), 1, "nothing of number 7 is switched on"),
        (("end", "x"), 2, "'x' is not a valid integer"),
    ],
)
def test_what_cannot_be_switched_is_refused_with_what_can(
    ivr_board: Callable[..., Result], arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = ivr_board(*arguments)
    assert done.exit_code == code
    assert words in done.stderr
    assert ivr_board("--json").stdout == "[]\n"


def test_a_store_that_cannot_be_used_is_said_in_words(
    ivr_board: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IVR_STORE_URL", "sqlite:////proc/none/store.db")
    done = ivr_board("close", "meguro")
    assert (done.exit_code, done.stderr[:45]) == (1, "Error: /proc/none/store.db cannot be created:")
