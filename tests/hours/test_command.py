"""`ivr hours`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ivr.cli.hours import hours as command
from ivr.hours import PROCEDURES, WHO

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result
    from conftest import Tables

    Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.setenv("IVR_DATA", str(tmp_path / "data"))
    return lambda *arguments: CliRunner(mix_stderr=False).invoke(command, arguments, catch_exceptions=False)


def test_json_is_one_list_of_answers(run: Run) -> None:
    result = run("目黒行政サービスコーナー", "--for", "pin", "--who", "agent", "--at", "2026-11-29T14:59", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == [
        {
            "counter": "目黒行政サービスコーナー",
            "procedure": "pin",
            "who": "agent",
            "offered": True,
            "open": True,
            "today": "10:00-15:00",
            "next": "2026-11-30T08:30",
            "basis": "stated",
            "why": "受付時間がこの手続きの節に書かれている",
            "section": "3",
        }
    ]


def test_all_counters_and_all_procedures(run: Run) -> None:
    found = json.loads(run("--at", "2026-11-25T12:00", "--json").stdout)
    assert len(found) == 11 * len(PROCEDURES)
    assert {one["who"] for one in found} == {"self"}
    assert [one["counter"] for one in json.loads(run("--for", "pin", "--json").stdout)] == [
        *("品川区役所", "品川区役所本庁舎3階 戸籍住民課", "品川区役所第二庁舎3階 交付特設会場"),
        *("品川第一地域センター", "大崎第一地域センター", "大井第一地域センター"),
        *("荏原第一地域センター", "荏原第四地域センター", "八潮地域センター"),
        *("目黒行政サービスコーナー", "荏原郵便局"),
    ]


def test_an_offset_is_kept(run: Run) -> None:
    found = json.loads(run("区役所", "--for", "reissue", "--at", "2026-11-24T09:59:59+00:00", "--json").stdout)
    assert [(one["open"], one["today"]) for one in found] == [(True, "08:30-19:00")]


def test_a_person_reads_a_table(run: Run) -> None:
    lines = run("荏原郵便局", "--for", "pin", "--at", "2026-11-24 18:30").stdout.splitlines()
    assert [line.split() for line in lines] == [
        ["2026-11-24(火)", "18:30", "本人(self)"],
        ["窓口", "手続き", "できる", "いま", "今日", "次に開く", "根拠", "節", "わけ"],
        [
            *("荏原郵便局", "暗証番号の再設定・ロック解除", "pin", "はい", "閉まっている", "10:00-16:00"),
            *("2026-11-25(水)", "10:00", "記載", "3", "受付時間がこの手続きの節に書かれている"),
        ],
    ]


def test_a_person_sees_which_holiday_it_is(run: Run) -> None:
    result = run("区役所", "八潮", "--for", "reissue", "--who", "agent", "--at", "2026-11-22T20:00+00:00")
    assert result.stdout == (
        "2026-11-23(月) 05:00  任意代理人(agent)  勤労感謝の日\n"
        "窓口              手続き          できる  いま          今日  次に開く              根拠  節  わけ\n"
        "品川区役所        再交付 reissue  はい    閉まっている  -     2026-11-24(火) 08:30  記載  2   "
        "祝日は休みと書かれている\n"
        "八潮地域センター  再交付 reissue  いいえ  閉まっている  -     -                     文言  2   "
        "受付窓口は第二庁舎三階の会場と書かれている\n"
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["役場"], "there is no '役場'; there are: 品川区役所、"),
        (["--for", "pins"], "there is no 'pins'; there are: suspension, cancellation, "),
        (["--for", ""], "there is no ''; there are: suspension, cancellation, "),
        (["--who", "family"], "there is no 'family'; there are: self, legal, agent, household"),
        (["--at", "18:30"], "'18:30' is not a moment like 2026-11-24T18:30"),
        (["--at", "2026-02-30T18:30"], "'2026-02-30T18:30' is not a moment like 2026-11-24T18:30"),
        (["--at", "2150-01-01T00:00"], "national holidays are known from 1950 to 2098, not for 2150"),
        (["--at", "2098-12-31T20:00+00:00"], "national holidays are known from 1950 to 2098, not for 2099"),
        (["--at", "9999-12-31T23:59+00:00"], "national holidays are known from 1950 to 2098, not for 9999"),
        (["--at", "2026-11-24"], "'2026-11-24' is not a moment like 2026-11-24T18:30"),
        (["--at", "2026-11-24T25:00"], "'2026-11-24T25:00' is not a moment like 2026-11-24T18:30"),
    ],
)
def test_bad_arguments_end_with_2(run: Run, arguments: list[str], complaint: str) -> None:
    result = run("--json", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert complaint in result.stderr


def test_the_help_names_every_procedure_and_visitor(run: Run) -> None:
    words = run("--help").stdout.replace(",", " ").replace(".", " ").split()
    assert {*PROCEDURES, *WHO} - set(words) == set()


def test_old_closed_days_are_a_warning_beside_the_answer(run: Run, tables: Tables) -> None:
    tables.close("{day: 2020-01-06, says: 今日はお休みです。}")
    result = run("区役所", "--for", "pin", "--at", "2026-11-25T12:00", "--json", "--root", str(tables.root))
    assert (result.exit_code, len(json.loads(result.stdout))) == (0, 1)
    assert result.stderr.startswith("flows/closed_days.yaml:2: warning: ")


def test_a_part_of_a_day_that_is_closed(run: Run, tables: Tables) -> None:
    tables.close("{day: 2026-11-24, hours: 17:00-19:00, says: 今日は、延長はありません。}")
    result = run("区役所", "--for", "pin", "--at", "2026-11-24T18:00", "--json", "--root", str(tables.root))
    assert json.loads(result.stdout) == [
        {
            "counter": "品川区役所",
            "procedure": "pin",
            "who": "self",
            "offered": True,
            "open": False,
            "today": "08:30-17:00",
            "next": "2026-11-25T08:30",
            "basis": "stated",
            "why": "今日は、延長はありません。",
            "section": "3",
        }
    ]


def test_a_spoiled_table_ends_with_1_and_its_place(tables: Tables, tmp_path: Path) -> None:
    line = tables.spoil("weekday: 10:00-16:00", "weekday: 16:00-10:00")
    done = subprocess.run(
        [sys.executable, "-m", "ivr.cli", "hours", "--json", "--root", str(tables.root)],
        capture_output=True,
        text=True,
        check=False,
        env={"IVR_DATA": str(tmp_path / "data"), "LANG": "C.UTF-8", "PATH": ""},
    )
    wrong = "error: hours.post_office.weekday: 16:00-10:00 ends before it begins"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"flows/counters.yaml:{line}: {wrong}\n"
