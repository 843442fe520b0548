"""The shipped scenarios, played on the helpline itself, and that one which is not true is found there too."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.cli import group
from ivr.phone import scenario

SCENARIOS = Path(__file__).parent / "scenarios"


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner(mix_stderr=False).invoke(group, ["test", *arguments])
    return done.exit_code, done.stdout


def test_every_shipped_scenario_passes() -> None:
    exit_code, told = run()
    assert (exit_code, told.splitlines()[-1].endswith(" passed, 0 failed, 0 skipped")) == (0, True), told


def test_every_fault_is_asked_for_by_a_scenario() -> None:
    """A full queue is not: the helpline has none yet, and it is played on another service."""
    asked = set()
    for path in scenario.found([SCENARIOS]):
        asked |= scenario.load(path).scenario.faults.model_dump(exclude_none=True).keys()
    assert asked == scenario.Faults.model_fields.keys() - {"full_queue"}


@pytest.mark.parametrize(
    ("office", "words"),
    [
        ("mon-sun 00:00-24:00", "係の者に、おつなぎします"),
        ("sun 09:00-12:00", "日曜日の、午前九時から"),
        ("none", "転送は、行っていません"),
    ],
)
def test_the_office_is_as_the_scenario_says(tmp_path: Path, office: str, words: str) -> None:
    path = tmp_path / "office.yaml"
    steps = f"steps:\n  - press: 0\nexpect:\n  heard: {words}\n"
    path.write_text(f"title: 係の者\nat: 2026-11-24T03:00\noffice: {office}\n{steps}", "utf-8")
    assert run(str(path))[0] == 0


def test_nothing_comes_near_the_records_of_real_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_DATA", str(tmp_path))
    assert run(str(SCENARIOS / "lost-at-night.yaml"))[0] == 0
    assert not list(tmp_path.glob("spool*")) + list(tmp_path.glob("store*"))


@pytest.mark.parametrize("part", ["heard: [こんにちは]", "recorded: [nothing]", "ended: transfer", "within: 3"])
def test_what_is_not_true_fails(tmp_path: Path, part: str) -> None:
    path = tmp_path / "false.yaml"
    path.write_text(f"title: 偽\nat: 2026-11-24T03:00\nsteps:\n  - press: 1\nexpect:\n  {part}\n", "utf-8")
    exit_code, told = run(str(path))
    assert exit_code == 1
    assert "false.yaml:6: " in told
