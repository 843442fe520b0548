"""`ivr facts verify`, `diff`, `renumber` and `lines` on an invented page."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ivr import hours as counter_hours
from ivr.cli.facts import facts
from ivr.cli.page import _rows
from ivr.facts import Facts, line_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Watch

ROOT = Path(__file__).resolve().parents[2]
FACTS, COUNTERS = "flows/facts.yaml", "flows/counters.yaml"
GONE = "like that any more: it changed or went"
NEW = "nothing explains this line: add it to a fact, to unsettled or to uncovered"


@pytest.fixture
def page(watch: Watch) -> Callable[..., Path]:
    """Write the page with one piece replaced that stands there once."""

    def changed(old: str, new: str) -> Path:
        text = watch.page.read_text("utf-8")
        assert text.count(old) == 1
        return watch.copy(text.replace(old, new))

    return changed


def test_the_page_that_the_tables_fit_is_proved(watch: Watch) -> None:
    result = watch.run("verify", watch.page)
    assert (result.exit_code, result.stderr) == (0, "")
    rows = "事柄 4、窓口 4、書かれていないこと 1、事柄にならない行 5"
    assert result.stdout.splitlines() == [
        f"ページの 14 行(空の行を除く)と、表の {rows} を照らし合わせました。",
        "事柄にならない行と、そのわけ:",
        "  1行   題        にわとり課の手続き",
        "  4行   見出し    1.鍵の変更",
        "  9行   表の罫線  ---|---|",
        "  11行  見出し    2.羽根の受け取り",
        "  15行  リンク    詳しくはこちらをご確認ください。 (電話では案内しない)",
        "表の行は、すべてページにあります。説明のない行はありません。",
    ]


def test_the_proof_as_json(watch: Watch) -> None:
    code, proof = watch.json("verify", watch.page)
    assert code == 0
    assert proof["uncovered"][4] == {
        "line": 15,
        "reason": "link",
        "note": "電話では案内しない",
        "text": "詳しくはこちらをご確認ください。",
    }
    assert {key: value for key, value in proof.items() if key != "uncovered"} == {
        "ok": True,
        "lines": 14,
        "gone": [],
        "moved": [],
        "unexplained": [],
        "findings": [],
    }


def test_a_changed_line_is_named_where_each_row_stands(watch: Watch, page: Callable[..., Path]) -> None:
    copy = page("平日 午前9時", "平日 午前10時")
    result = watch.run("verify", copy)
    went = f"the page has no line 10 {GONE}"
    who = {name: watch.line_of(COUNTERS, f"      {name}:") for name in ("self", "legal", "agent", "household")}
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"{copy}:10: error: {NEW}: にわとり会館 | 平日 午前10時~午後4時 |",
        *(f"{COUNTERS}:{line}: error: pin/{name} (section 3): {went}" for name, line in who.items()),
        f"{FACTS}:{watch.line_of(FACTS, '  year_end:')}: error: year_end (section 3): {went}",
    ]


def test_a_line_that_went_tells_where_the_same_words_stand(watch: Watch, page: Callable[..., Path]) -> None:
    copy = page("【持ち物】\n- 手帳\n手数料", "手数料")
    code, proof = watch.json("verify", copy)
    assert (code, proof["ok"]) == (1, False)
    line = watch.line_of(FACTS, "  feather_papers:")
    assert proof["gone"] == [
        {
            "kind": "fact",
            "id": "feather_papers",
            "section": "10",
            "file": FACTS,
            "line": line,
            "lines": [{"line": 12, "same": [5]}, {"line": 13, "same": [6]}],
        }
    ]
    assert [(entry["line"], entry["to"], [row["id"] for row in entry["rows"]]) for entry in proof["moved"]] == [
        (14, 12, ["feather_fee"]),
        (15, 13, ["15"]),
    ]
    assert [(finding["line"], finding["text"]) for finding in proof["findings"]] == [
        (
            line,
            f"feather_papers (section 10): the page has no line 12, 13 {GONE} (the same words stand on 5, 6)",
        ),
        (
            watch.line_of(FACTS, "  feather_fee:"),
            "feather_fee (section 10): moved to line 12 (from 14): `ivr facts renumber` writes it",
        ),
        (
            watch.line_of(FACTS, "  15: {hash"),
            "uncovered 15: moved to line 13 (from 15): `ivr facts renumber` writes it",
        ),
    ]
    assert all(finding["text_ja"] for finding in proof["findings"])


def test_one_line_at_the_top_is_one_finding_a_table_and_can_be_put_right(watch: Watch) -> None:
    copy = watch.copy("お知らせ\n" + watch.page.read_text("utf-8"))
    result = watch.run("verify", copy)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "行番号だけが変わった行: 1–2 → 2–3、4–15 → 5–16"
    words = "rows moved (1–2 → 2–3、4–15 → 5–16): `ivr facts renumber` writes the new numbers"
    new = f"{NEW}: お知らせ"
    assert result.stderr.splitlines() == [
        f"{copy}:1: error: {new}",
        f"{COUNTERS}:0: error: the lines of 4 {words}",
        f"{FACTS}:0: error: the lines of 10 {words}",
    ]
    done = watch.run("renumber", copy)
    assert (done.exit_code, done.stdout) == (0, "")
    after = watch.run("verify", copy)
    assert (after.exit_code, after.stderr) == (1, f"{copy}:1: error: {new}\n")
    table = Facts.load(watch.root)
    assert sorted(table["key_papers"].lines) == [6, 7, 8]
    assert [line.number for line in table.uncovered] == [2, 5, 10, 12, 16]
    assert watch.run("renumber", watch.page).exit_code == 0
    assert watch.run("verify", watch.page).exit_code == 0


def test_a_line_of_the_counters_cannot_be_uncovered_too(watch: Watch) -> None:
    path = watch.root / FACTS
    text = path.read_text("utf-8")
    cited = f", 10: {line_hash('にわとり会館 | 平日 午前9時~午後4時 |')}"
    assert text.count(cited) == 1
    path.write_text(text.replace(cited, "") + f"  10: {{hash: {cited[6:]}, reason: heading}}\n", "utf-8")
    result = watch.run("verify", watch.page)
    assert result.exit_code == 1
    assert result.stderr == (
        f"{FACTS}:{text.count(chr(10)) + 1}: error: uncovered 10: the line is also one of pin/household, "
        "which explains it: take it out of uncovered\n"
    )


def test_a_difference_names_facts_offers_open_places_and_prompts(watch: Watch, page: Callable[..., Path]) -> None:
    code, found = watch.json("diff", watch.page, page("午後4時", "午後5時"))
    assert (code, found["affected"]) == (1, True)
    assert found["changes"] == [
        {
            "section": "3",
            "old": [{"line": 10, "text": "にわとり会館 | 平日 午前9時~午後4時 |"}],
            "new": [{"line": 10, "text": "にわとり会館 | 平日 午前9時~午後5時 |"}],
            "touched": [
                "counter_hall",
                "hours_day_weekday_opens",
                "hours_day_weekday_closes",
                "year_end",
                "pin/self",
                "pin/legal",
                "pin/agent",
                "pin/household",
            ],
            "beside": [],
        }
    ]
    today = {"node": "hours", "title": "時間", "keys": "2", "prompt": "today"}
    assert [(row["id"], row["lines"], row["nodes"]) for row in found["facts"]] == [
        ("counter_hall", [10], []),
        ("hours_day_weekday_opens", [10], [today]),
        ("hours_day_weekday_closes", [10], [today]),
    ]
    assert found["unsettled"] == [
        {
            "kind": "unsettled",
            "id": "year_end",
            "section": "3",
            "file": FACTS,
            "line": watch.line_of(FACTS, "  year_end:"),
            "lines": [10],
            "nodes": [{"node": "hours", "title": "時間", "keys": "2", "prompt": "open_days"}],
        }
    ]
    assert [(row["id"], row["nodes"]) for row in found["offers"]] == [
        ("pin/self", [today]),
        ("pin/legal", []),
        ("pin/agent", []),
        ("pin/household", []),
    ]
    assert [
        (prompt["prompt"], prompt["file"], prompt["line"], prompt["nodes"], prompt["rows"])
        for prompt in found["prompts"]
    ] == [
        (
            "today",
            COUNTERS,
            0,
            [{"node": "hours", "title": "時間", "keys": "2"}],
            ["hours_day_weekday_opens", "hours_day_weekday_closes", "pin/self"],
        ),
        ("open_days", "prompts/ja/words.yaml", 6, [{"node": "hours", "title": "時間", "keys": "2"}], ["year_end"]),
    ]
    assert found["new"] == [{"line": 10, "text": "にわとり会館 | 平日 午前9時~午後5時 |"}]
    assert (found["uncovered"], found["moved"], found["findings"]) == ([], [], [])


def test_a_difference_for_editors(watch: Watch, page: Callable[..., Path]) -> None:
    result = watch.run("diff", watch.page, page("- 手帳\n- 鉛筆\n", "- 手帳\n- 消しゴム\n"))
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.splitlines() == [
        "■ 第3節 変わった行",
        "  - 7  - 鉛筆",
        "  + 7  - 消しゴム",
        "    関わる事柄: key_papers",
        "読み直す言葉:",
        "  prompts/ja/words.yaml:5  key",
        "      鍵 key (1)",
        "事柄 1、言葉 1、説明のない新しい行 1。",
    ]


def test_a_line_that_stands_twice_is_missed_where_it_went(watch: Watch, page: Callable[..., Path]) -> None:
    code, found = watch.json("diff", watch.page, page("【持ち物】\n- 手帳\n手数料", "【持ち物】\n手数料"))
    assert code == 1
    assert [(row["id"], row["lines"]) for row in found["facts"]] == [("feather_papers", [13])]
    assert [(prompt["prompt"], prompt["rows"]) for prompt in found["prompts"]] == [("feather", ["feather_papers"])]
    assert found["moved"] == [{"line": 14, "to": 13}, {"line": 15, "to": 14}]
    assert found["new"] == []


def test_a_new_line_shows_what_stands_before_it(watch: Watch, page: Callable[..., Path]) -> None:
    result = watch.run("diff", watch.page, page("- 鉛筆\n", "- 鉛筆\n- 消しゴム\n"))
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "■ 第3節 新しい行",
        "  + 8  - 消しゴム",
        "    前の行の事柄: key_papers",
        "番号だけが変わった行: 8–15 → 9–16",
        "表の項目は変わらず、言葉 0、説明のない新しい行 1。",
    ]


@pytest.mark.parametrize(("old", "new", "moved"), [
    ("2.羽根", "\n\n2.羽根", "11–15 → 13–17"),
    ("詳しくはこちらをご確認ください。\n", "", ""),
])  # fmt: skip
def test_blank_lines_and_lines_without_a_fact_affect_nothing(
    watch: Watch, page: Callable[..., Path], old: str, new: str, moved: str
) -> None:
    result = watch.run("diff", watch.page, page(old, new))
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "表に関わる変わりはありません。"
    assert (f"番号だけが変わった行: {moved}" in result.stdout.splitlines()) == bool(moved)


def test_the_same_page_twice_is_no_difference(watch: Watch) -> None:
    result = watch.run("diff", watch.page, watch.page)
    assert (result.exit_code, result.stdout) == (0, "表に関わる変わりはありません。\n")


def test_tables_that_do_not_fit_the_old_page_are_warned_of(watch: Watch, page: Callable[..., Path]) -> None:
    old = page("手数料は300円です。", "手数料は200円です。")
    code, found = watch.json("diff", old, watch.page)
    assert (code, found["affected"]) == (0, False)
    assert [(finding["level"], finding["line"], finding["text"]) for finding in found["findings"]] == [
        (
            "warning",
            watch.line_of(FACTS, "  feather_fee:"),
            f"feather_fee rests on a line that {old} does not have: what changed there cannot be seen",
        )
    ]


def test_lines_are_printed_ready_for_the_tables(watch: Watch) -> None:
    papers, notebook = line_hash("【持ち物】"), line_hash("- 手帳")
    result = watch.run_plain("lines", watch.page, "5-6", "3")
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            f"5: {papers}  【持ち物】",
            f"6: {notebook}  - 手帳",
            "3: -",
            f"lines: {{5: {papers}, 6: {notebook}}}",
        ],
    )
    assert len(watch.run_plain("lines", watch.page).stdout.splitlines()) == 14


@pytest.mark.parametrize("number", ["0", "17", "6-5", "x", "5-", "99999999999"])
def test_a_line_that_there_is_not(watch: Watch, number: str) -> None:
    result = watch.run_plain("lines", watch.page, number)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"'{number}' is not a line, or a span like 43-47, from 1 to 16" in result.stderr


@pytest.mark.parametrize("command", ["verify", "diff", "renumber", "lines"])
def test_a_page_that_is_no_text(watch: Watch, command: str) -> None:
    path = watch.root / "copy.txt"
    path.write_bytes("品川".encode("shift_jis"))
    more = [str(path)] if command == "diff" else []
    result = watch.run_plain(command, path, *more)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{path} cannot be read as text in UTF-8" in result.stderr
    assert watch.run_plain(command, watch.root / "none.txt", *more).exit_code == 2


def test_options_before_the_command_count_too(watch: Watch) -> None:
    given = ["--json", "--root", str(watch.root), "verify", str(watch.page)]
    result = CliRunner(mix_stderr=False).invoke(facts, given, catch_exceptions=False)
    assert json.loads(result.stdout)["ok"] is True


def test_tables_with_an_error_end_with_1_and_its_place(watch: Watch) -> None:
    path = watch.root / FACTS
    path.write_text(path.read_text("utf-8").replace("value: 300", "value: 三百"), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ivr.cli", "facts", "verify", str(watch.page), "--json", "--root", str(watch.root)],
        capture_output=True,
        text=True,
        check=False,
        env={"LANG": "C.UTF-8", "PATH": ""},
    )
    line = watch.line_of(FACTS, "  feather_fee:")
    wrong = "error: feather_fee: '三百' is not an amount of yen: digits only, like 1000"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{FACTS}:{line}: {wrong}\n")


def test_the_shipped_rows_hold_every_line_of_the_shipped_tables() -> None:
    table = Facts.load(ROOT)
    hours = counter_hours.load(ROOT, table)
    offers = [row for row in _rows(ROOT) if row.kind == "offer"]
    held = {number: digest for row in offers for number, digest in row.lines.items()}
    said = {
        number: digest
        for procedure in hours.procedures.values()
        for offered in procedure.offers.values()
        for offer in offered.values()
        for number, digest in offer.lines.items()
    }
    assert said.items() <= held.items()
    assert {row.id.split("/")[0] for row in offers} == set(hours.procedures)
    uncovered = {line.number for line in table.uncovered}
    assert uncovered & held.keys() == set()
    assert uncovered | held.keys() | {n for row in (*table, *table.unsettled) for n in row.lines} == set(range(1, 422))
