"""Scenarios as editors write them: what is read, what is refused with file and line, what is written."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest
import yaml

from ivr.findings import FindingsError
from ivr.phone import scenario
from ivr.phone.items import parse
from ivr.phone.place import TOKYO, Circumstances
from ivr.phone.scenario import EVERYBODY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.phone.conftest import Play

HEAD = "title: 試験\nat: 2026-11-24T18:30\n"


def load(folder: Path, text: str) -> scenario.Scenario:
    path = folder / "one.yaml"
    path.write_text(text, "utf-8")
    return scenario.load(path).scenario


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(FindingsError) as caught:
        load(folder, text)
    return [str(finding).partition("one.yaml:")[2] for finding in caught.value.findings]


def test_everything_that_can_be_written_is_read(tmp_path: Path) -> None:
    read = load(
        tmp_path,
        HEAD
        + """\
language: ja
from: anonymous
people: {"+81312345678": busy, "+81398765432": {after: 2, keys: "1", hangs_up: 9}}
eager: yes
latency: 0.5
steps:
  - hear: ようこそ
    by: 3
  - press: 1 2
  - press: "#"
    at: 1.5
  - silent
  - silent: 2
  - wait: 3
  - speak: 4
  - people: no-answer
  - hang up
expect:
  heard: [ようこそ, {text: さようなら, by: 20}]
  not_heard: だめ
  ended: caller
  within: 60
  recorded: [lost, {option: lost, node: lost, came_from: opening, kind: turn}]
  texted: {to: "+819012345678", text: 予約}
  warned: []
faults:
  late: {seconds: 3, request: 2}
  lost: {path: /voice, times: 2}
  answered: {status: 503}
  repeated: {}
  out_of_order: {}
  audio_gone: yes
  store_gone: yes
  full_queue: support
  holiday: yes
""",
    )
    assert read.people["+81398765432"].person().keys == "1"
    assert [step.silent for step in read.steps if step.silent] == [1, 2]
    assert read.steps[7].people is not None
    assert read.steps[7].people[EVERYBODY].outcome == "no-answer"
    assert read.expect.heard[1].by == 20
    assert (read.expect.not_heard, read.expect.warned) == (("だめ",), ())
    assert read.faults.late is not None
    assert read.faults.late.request == 2


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (HEAD + "stepz: []\n", 3, "stepz"),
        (HEAD + "steps:\n  - pres: 1\n", 4, "pres"),
        (HEAD + "steps:\n  - press: 1\n    wait: 3\n", 4, "press and wait"),
        (HEAD + "steps:\n  - press: x\n", 4, "'x' is not a key"),
        (HEAD + "steps:\n  - dance\n", 4, "'dance' is no step"),
        (HEAD + "steps:\n  - hear: a\n    by: soon\n", 5, "number"),
        (HEAD + "steps:\n  - wait: 3\n    by: 2\n", 4, "by goes with hear"),
        (HEAD + "steps:\n  - press: 1 2\n    at: 2\n", 4, "at goes with one key"),
        (HEAD + "steps:\n  - silent: 0\n", 4, "at least 1 is needed"),
        (HEAD + "expect: {ended: well}\n", 3, "ended"),
        (HEAD + "faults: {lightning: yes}\n", 3, "lightning"),
        (HEAD + "faults:\n  late: {}\n", 4, "seconds"),
        (HEAD + "people: asleep\n", 3, "people: 'asleep' is not allowed here"),
        (HEAD + "from: 0312345678\n", 3, "write +81312345678"),
        (HEAD + "office: mon 18:00-08:00\n", 3, "written as 'mon 18:00-24:00, tue 00:00-08:00'"),
        ("title: 試験\nat: tomorrow\n", 2, "'tomorrow' is not a moment"),
        ("at: 2026-11-24T18:30\n", 1, "title"),
        ("title: [\n", 2, "not valid YAML"),
        (HEAD + "at: 2026-11-25T18:30\n", 3, "stands twice"),
        ("", 1, "title"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    found = refused(tmp_path, text)
    assert any(each.startswith(f"{line}: error:") and words in each for each in found), found


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(FindingsError, match="there is no scenario at"):
        scenario.found([tmp_path])
    (tmp_path / "b.yaml").write_text("", "utf-8")
    (tmp_path / "a").mkdir()
    (tmp_path / "a/c.yaml").write_text("", "utf-8")
    assert scenario.found([tmp_path, tmp_path / "b.yaml"]) == [tmp_path / "a/c.yaml", tmp_path / "b.yaml"]


def test_a_call_is_written_with_everything_that_was_done(play: Play) -> None:
    keys = "wait:0.5 2@1.5 silence hangup"
    given = Circumstances(datetime(2026, 11, 24, 18, 30, tzinfo=TOKYO), "anonymous", "busy", eager=True, latency=0.5)
    read = yaml.safe_load(scenario.written(play(keys), given, parse(keys), "なまえ"))
    assert read["steps"] == [{"wait": 0.5}, {"press": "2", "at": 1.5}, "silent", "hang up"]
    assert (read["title"], read["from"], read["people"], read["eager"], read["latency"]) == (
        "なまえ",
        "anonymous",
        "busy",
        "yes",
        0.5,
    )
