"""`ivr records` as people and scripts use it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from ivr.cli.records import records
from ivr.records.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ivr.records.events import Event

CALL = "CA0123456789abcdef0123456789abcdef"


@pytest.fixture
def ivr_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Callable[..., Result]:
    """Run `ivr records` on a data folder of its own, and on the store of the test if there is one."""
    for name in ("IVR_STORE_URL", "TWILIO_AUTH_TOKEN", "IVR_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IVR_DATA", str(tmp_path))
    if "store_url" in request.fixturenames:
        monkeypatch.setenv("IVR_STORE_URL", request.getfixturevalue("store_url"))
    return lambda *arguments: CliRunner(mix_stderr=False).invoke(records, arguments)


@pytest.fixture
def filled(store: Store, event: Callable[..., Event]) -> Store:
    """Keep one test call that asks for a person and ends, and the beginning of a withheld one."""
    caller = {"caller_hash": "ab" * 16, "caller_tail": "78"}
    versions = {"flow_version": "0a1b2c3d", "voice_version": "4e5f6a7b", "test": True}
    store.write(
        [
            event(0, "answer", node="opening", option="answer", detail=caller, **versions),
            event(1, node="to_office", option="person", detail={"came_from": "opening"}, **versions),
            event(2, "transfer", node="busy", option="busy", detail={"came_from": "to_office"}, **versions),
            event(3, "fault", detail={"code": "11200"}, test=True),
            event(0, "status", at=event(4).at, detail={"status": "completed", "seconds": "20"}, test=True),
            event(0, "answer", call="CA1", at=event(9).at, node="opening", option="answer"),
        ]
    )
    return store


def test_migrate_makes_the_store_and_is_harmless_again(ivr_records: Callable[..., Result], tmp_path: Path) -> None:
    for _ in range(2):
        done = ivr_records("migrate")
        assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"{tmp_path / 'store.db'} is ready\n")
    with Store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        store.check()


@pytest.mark.parametrize("command", [("list",), ("list", "--json"), ("show", CALL)])
def test_without_a_store(ivr_records: Callable[..., Result], tmp_path: Path, command: tuple[str, ...]) -> None:
    done = ivr_records(*command)
    words = f"Error: there is no store at {tmp_path / 'store.db'} yet: run `ivr records migrate`, or start `ivr work`\n"
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", words)


@pytest.mark.usefixtures("filled")
def test_list(ivr_records: Callable[..., Result]) -> None:
    done = ivr_records("list")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "2026-11-24 18:30:45 CA1    - s   1 turns  not ended  はじめの案内 (opening)",
        f"2026-11-24 18:30:00 {CALL}   20 s   3 turns  completed  busy test",
    ]


@pytest.mark.usefixtures("filled")
def test_list_as_json(ivr_records: Callable[..., Result]) -> None:
    done = ivr_records("list", "--json", "--limit", "1")
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(done.stdout) == [
        {
            "call": "CA1",
            "test": False,
            "began": "2026-11-24T18:30:45+09:00",
            "answered": "2026-11-24T18:30:45+09:00",
            "caller_hash": "",
            "caller_tail": "",
            "flow_version": "",
            "voice_version": "",
            "ended": None,
            "status": "",
            "seconds": None,
            "turns": 1,
            "node": "opening",
            "title": "はじめの案内",
        }
    ]


@pytest.mark.usefixtures("store")
def test_an_empty_store(ivr_records: Callable[..., Result]) -> None:
    assert (ivr_records("list").stdout, ivr_records("list", "--json").stdout) == ("", "[]\n")


@pytest.mark.usefixtures("filled")
def test_show(ivr_records: Callable[..., Result]) -> None:
    done = ivr_records("show", CALL)
    assert (done.exit_code, done.stderr) == (0, "")
    other = "            done over it leads elsewhere: a setting was another then"
    lines = [line for line in done.stdout.splitlines() if not line.startswith(" " * 12) or line == other]
    assert lines == [
        f"2026-11-24 18:30:00 {CALL}   20 s   3 turns  completed  busy test",
        "caller …78  flow 0a1b2c3d  voice 4e5f6a7b",
        "the version that answered is kept no longer, or cannot be read: the words are those of now",
        "     0.0 s  電話に出た (answer) -> はじめの案内 (opening)",
        "     5.0 s  はじめの案内 (opening): 係の者を呼ぶ (person) -> to_office",
        other,
        "    10.0 s  to_office: 話し中 (busy) -> busy",
        other,
        "    10.0 s  transfer to to_office: 話し中 (busy)",
        "    15.0 s  fault 11200: look it up in Twilio's error dictionary",
    ]
    assert "カードをなくした方は1。" in done.stdout
    assert (
        ivr_records("show", "CA1").stdout.splitlines()[1]
        == "caller without a number (withheld, SIP or an app)  flow -  voice -"
    )


@pytest.mark.usefixtures("filled")
def test_show_as_json(ivr_records: Callable[..., Result]) -> None:
    done = ivr_records("show", CALL, "--json")
    record = json.loads(done.stdout)
    moments = [f"2026-11-24T18:30:{second:02d}+09:00" for second in (0, 5, 10, 15)]
    assert (done.exit_code, done.stderr, record["call"], record["ended"]) == (0, "", CALL, "2026-11-24T18:30:20+09:00")
    version = {"flow_version": "0a1b2c3d", "voice_version": "4e5f6a7b"}
    assert record["turns"] == [
        {"turn": 0, "kind": "answer", "at": moments[0], "came_from": "", "option": "answer", "node": "opening"}
        | version,
        {"turn": 1, "kind": "turn", "at": moments[1], "came_from": "opening", "option": "person", "node": "to_office"}
        | version,
        {"turn": 2, "kind": "transfer", "at": moments[2], "came_from": "to_office", "option": "busy", "node": "busy"}
        | version,
    ]
    assert record["transfers"] == [{"turn": 2, "at": moments[2], "node": "to_office", "to": "", "outcome": "busy"}]
    assert [step["agrees"] for step in record["steps"]] == [True, False, False]
    assert [(step["came_from_title"], step["option_title"], step["node_title"]) for step in record["steps"]] == [
        ("", "電話に出た", "はじめの案内"),
        ("はじめの案内", "係の者を呼ぶ", ""),
        ("", "話し中", ""),
    ]
    assert (record["node"], record["title"]) == ("busy", "")
    assert record["steps"][0]["said"][1]["option"] == "1"
    assert record["faults"] == [{"at": moments[3], "code": "11200"}]


def test_a_call_that_is_not_there(ivr_records: Callable[..., Result], store: Store) -> None:
    done = ivr_records("show", "CA9")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        f"Error: {store.name} holds no call CA9: `ivr records list` shows those that are there; "
        "a new one arrives within seconds while `ivr work` runs\n"
    )


@pytest.mark.parametrize("arguments", [("list", "--limit", "0"), ("list", "--limit", "x"), ("show",), ("burn",)])
def test_bad_arguments(ivr_records: Callable[..., Result], arguments: tuple[str, ...]) -> None:
    assert (ivr_records(*arguments).exit_code, ivr_records(*arguments).stdout) == (2, "")
