"""`ivr facts`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ivr.cli.facts import facts, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from ivr.facts import Facts

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    monkeypatch.setenv("IVR_DATA", str(tmp_path / "data"))
    return lambda *arguments: CliRunner(mix_stderr=False).invoke(facts, arguments, catch_exceptions=False)


def test_json_holds_every_fact_and_nothing_else(run: Callable[..., Result], shipped: Facts) -> None:
    result = run("--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert [fact["id"] for fact in found][: len(list(shipped))] == [fact.id for fact in shipped]
    by_id = {fact["id"]: fact for fact in found}
    assert {key: by_id["suspension_phone"][key] for key in ("value", "section", "lines", "checked")} == {
        "value": "0120-95-0178",
        "section": "1",
        "lines": [23, 421],
        "checked": "2026-11-24",
    }
    where = {tuple(each.values()) for each in by_id["suspension_phone"]["nodes"]}
    assert ("lost", "紛失・止める番号", "1", "lost_number") in where
    assert {key: by_id["hours_late_tuesday_closes"][key] for key in ("value", "text", "section", "file")} == {
        "value": "19:00",
        "text": "午後七時",
        "section": "3",
        "file": "flows/counters.yaml",
    }
    assert by_id["hours_late_tuesday_closes"]["lines"] == [100, 122, 134, 267, 285, 323]


def test_a_person_reads_a_table_and_the_open_places(run: Callable[..., Result]) -> None:
    lines = run().stdout.splitlines()
    assert lines[0] == "■ 目次"
    fee = lines.index("reissue_fee  千円")
    assert lines[fee + 1] == "    40、58行。確かめた日 2026-11-24。"
    assert lines[fee + 2].startswith("    話す所 再交付(本人) reissue_self (4 1)")
    assert lines.count("pin_agent_deadline  三十日(一回目に来た日から)") == 1
    assert sum(line.startswith("  reissue_sunday(第2節 50、51行): ") for line in lines) == 1
    title = next(number for number, line in enumerate(lines) if line.startswith("  reissue_title("))
    assert lines[title + 1] == "    話さない: 題のちがいだけで、同じ節のことと明らかなため"


def test_the_nodes_that_speak_a_fact_stand_beside_it(shipped: Facts) -> None:
    spoken = {"reissue_fee": [{"node": "reissue_self", "keys": "4 1"}]}
    found = {row["id"]: row["nodes"] for row in rows(shipped, spoken)}
    assert found["reissue_fee"] == [{"node": "reissue_self", "keys": "4 1"}]
    assert found["ward_fax"] == []


def test_a_table_with_an_error_ends_with_1_and_its_place(tmp_path: Path) -> None:
    for folder in ("flows", "prompts"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    path = tmp_path / "flows" / "facts.yaml"
    path.write_text(path.read_text("utf-8").replace("value: 0120-95-0178", "value: 0120-95-01789"), "utf-8")
    line = path.read_text("utf-8").split("0120-95-01789")[0].count("\n") + 1
    done = subprocess.run(
        [sys.executable, "-m", "ivr.cli", "facts", "--json", "--root", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={"IVR_DATA": str(tmp_path / "data"), "LANG": "C.UTF-8", "PATH": ""},
    )
    wrong = "error: suspension_phone: 0120-95-01789 cannot be dialled: no such number can exist in Japan"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[0] == f"flows/facts.yaml:{line}: {wrong}"
