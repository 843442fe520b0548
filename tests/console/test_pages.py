"""What the office sees: reports with their pictures, calls explained word by word, changes."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr import titles
from ivr.console import charts
from ivr.records.events import Event
from ivr.records.report import WEEKDAYS
from ivr.records.summaries import Summaries
from ivr.records.summary import DEFINITIONS, DEFINITIONS_JA, OUTCOMES
from ivr.records.switches import Switchboard
from ivr.sets.explained import explain
from ivr.sets.noted import note_settings
from ivr.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from ivr.records.store import Store
    from tests.console.conftest import Visitor

TOKYO = ZoneInfo("Asia/Tokyo")
BEGAN = datetime(2026, 11, 24, 10, 0, tzinfo=TOKYO)
CALL = "CA" + "0123456789abcdef" * 2
MONTH = "?from=2026-11-01&to=2026-11-30"

Turns = list[tuple[float, str, str, str, str]]


@pytest.fixture
def called(app: Flask, store: Store) -> Callable[..., None]:
    """Record a call from its turns: seconds, kind, place, option, node; counted like those of the service."""
    flows = app.extensions["console"].extensions["flows"]
    version = app.extensions["ivr"].content.version

    def record(turns: Turns, call: str = CALL, began: datetime = BEGAN, seconds: int = 60) -> None:
        events = [
            Event(
                call, number, kind, began + timedelta(seconds=after), node, option, version, detail={"came_from": place}
            )
            for number, (after, kind, place, option, node) in enumerate(turns)
        ]
        ended = began + timedelta(seconds=seconds)
        detail = {"status": "completed", "seconds": str(seconds)}
        store.write([*events, Event(call, 0, "status", ended, detail=detail)])
        Summaries(store).count(ended + timedelta(hours=1), flows)

    return record


PAPERS: Turns = [
    (0, "answer", "", "answer", "opening"),
    (9.5, "turn", "opening", "silence", "opening"),
    (20, "turn", "opening", "wrong", "opening"),
    (25, "turn", "opening", "papers", "papers"),
    (40, "turn", "papers", "cost", "cost"),
    (50, "turn", "cost", "back", "papers"),
]


def cells(text: str) -> list[list[str]]:
    """Read every row of every table of a page as words."""
    rows = re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[re.sub(r"(?:<[^>]*>|\s)+", " ", cell).strip() for cell in row] for row in found]


def test_the_report_shows_what_was_counted(visitor: Visitor, called: Callable[..., None]) -> None:
    called(PAPERS)
    called(PAPERS[:2], "CA2", BEGAN + timedelta(hours=3))
    visitor.signs_in()
    text = visitor.get(f"/console/reports{MONTH}").text
    rows = cells(text)
    assert ["持ち物は papers", "持ち物は、2。", "1", "1", "0", "0", "0"] in rows
    assert ["何も選ばなかった none", "", "1", "0", "0", "1", "0"] in rows
    assert ["はじめの案内 opening", "2", "2", "1", "1", "1"] in [[*row[:4], *row[5:]] for row in rows]
    assert '持ち物は <small class="id">papers</small>' in text
    assert "電話<b>2</b>" in text
    assert "25秒" in text
    assert all(meaning in text for meaning in DEFINITIONS_JA.values())
    assert 'value="2026年11月1日(日)"' in text


def test_the_words_of_both_languages_define_the_same() -> None:
    assert DEFINITIONS.keys() == DEFINITIONS_JA.keys()
    assert tuple(titles.OUTCOMES) == OUTCOMES


def pictures(text: str) -> list[str]:
    """Read the pictures out of a page."""
    found = re.findall(r'<img src="data:image/svg\+xml,([^"]+)"', text)
    return [unquote(html.unescape(each)) for each in found]


@pytest.mark.parametrize("compare", ["", "&compare=previous", "&compare=period&from2=2026-01-01&to2=2026-01-03"])
def test_every_picture_is_drawn(visitor: Visitor, called: Callable[..., None], compare: str) -> None:
    called(PAPERS)
    visitor.signs_in()
    drawn = pictures(visitor.get(f"/console/reports{MONTH}{compare}").text)
    assert len(drawn) == 5
    for picture in drawn:
        assert ET.fromstring(picture.encode()).tag.endswith("svg")  # noqa: S314  (our own)
        assert "script" not in picture
    assert '>持ち物は <tspan font-size="0.75em" fill="#59626f">papers</tspan></text>' in drawn[0]
    assert all(words in drawn[-1] for words in (">持ち物</text>", ">papers</text>"))
    assert ">1</text>" in drawn[-1]


def test_an_empty_period_is_a_report_too(visitor: Visitor) -> None:
    visitor.signs_in()
    answer = visitor.get("/console/reports?from=2020-01-01&to=2020-01-31&compare=previous")
    assert answer.status_code == 200
    assert answer.text.count("この期間に電話はありません。") == 1
    assert pictures(answer.text) == []


def test_two_periods_stand_side_by_side(visitor: Visitor, called: Callable[..., None]) -> None:
    called(PAPERS)
    called(PAPERS, "CA2", BEGAN - timedelta(days=30))
    called(PAPERS, "CA3", BEGAN - timedelta(days=31))
    visitor.signs_in()
    text = visitor.get(f"/console/reports{MONTH}&compare=previous").text
    assert re.search(r"電話<b>1</b><span[^>]*>\(2\)", text)
    assert "2026年10月2日(金)から2026年10月31日(土)まで" in text
    version = re.search(r'<option value="flow:(\w+)"', text)
    assert version
    same = visitor.get(f"/console/reports{MONTH}&compare=flow:{version[1]}").text
    assert re.search(r"電話<b>1</b><span[^>]*>\(1\)", same)


@pytest.mark.parametrize(
    "query",
    ["?from=2026-11-30&to=2026-11-01", "?from=yesterday", "?from=1900-01-01&to=2026-01-01", "?to=2026-02-30",
     "?from=2026-11-01&to=2026-11-30&compare=period&from2=x", "?from=9999-12-31&to=0001-01-01"],
)  # fmt: skip
def test_a_period_that_cannot_be_is_told_and_the_last_week_shown(visitor: Visitor, query: str) -> None:
    visitor.signs_in()
    answer = visitor.get(f"/console/reports{query}")
    assert answer.status_code == 400
    assert "期間が正しくありません" in answer.text
    assert "2026年11月18日(水)から2026年11月24日(火)まで" in answer.text


def test_the_calls_of_a_period_can_be_kept_as_a_table(visitor: Visitor, called: Callable[..., None]) -> None:
    called(PAPERS)
    visitor.signs_in()
    answer = visitor.get(f"/console/reports/calls.csv{MONTH}")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["subject"] for row in rows] == ["papers"]
    assert CALL not in answer.text
    assert answer.headers["Content-Disposition"] == 'attachment; filename="calls-2026-11-01-2026-11-30.csv"'


def test_one_call_is_explained_word_by_word(visitor: Visitor, called: Callable[..., None], store: Store) -> None:
    Switchboard(store).switch("closing", "hall", BEGAN - timedelta(hours=1), BEGAN + timedelta(hours=9), "taro")
    called(PAPERS)
    visitor.signs_in("operator")
    text = visitor.get(f"/console/calls/{CALL}").text
    plain = re.sub(r"<[^>]*>", "", text)
    for words in (
        "試験の案内です。",
        "番号は、0120-95-0178。",
        "そのボタンはありません。",
        "持ち物は、免許証です。",
        "費用は、窓口でお聞きください。",
    ):
        assert words in plain
    assert "無言 silence:続けて1回目" in plain
    assert "まちがったボタン wrong:続けて1回目" in plain
    assert "9.5秒 はじめの案内 opening で 無言 silence → はじめの案内 opening" in plain
    assert "40.0秒 持ち物 papers で 費用は cost → 費用 cost" in plain
    assert "50.0秒 費用 cost で 戻る back → 持ち物 papers" in plain
    assert "終わった completed" in plain
    assert "今日の時間:reissue、本人 reissue self(2026年11月24日(火) 10:00 の時点" in plain
    assert "臨時の休み:窓口(taro が ivr board で)" in plain
    assert "窓口は、臨時にお休みです" in plain
    assert 'class="odd"' not in text
    assert visitor.get("/console/calls/CA404").status_code == 404
    assert visitor.get(f"/console/calls/{CALL}?test=1").status_code == 404


SURVEY: Turns = [
    PAPERS[0],
    (10, "turn", "opening", "papers", "papers"),
    (30, "turn", "papers", "asked", "papers"),
    (35, "turn", "papers", "not_helped", "papers"),
]


def test_why_somebody_was_asked_is_told_whatever_is_set_now(visitor: Visitor, called: Callable[..., None]) -> None:
    called(SURVEY)
    visitor.signs_in()
    text = visitor.get(f"/console/calls/{CALL}").text
    plain = re.sub(r"<[^>]*>", "", text)
    assert "たずねる電話に当たったため(IVR_SURVEY_PERCENT)お役に立てましたか。" in plain.replace("\n", "")
    assert "申し訳ありません。" in plain
    assert 'class="odd"' not in text


def test_whether_it_helped_stands_by_subject_and_by_prompt(visitor: Visitor, called: Callable[..., None]) -> None:
    called(PAPERS)
    visitor.signs_in()
    assert "立たなかった" not in visitor.get(f"/console/reports{MONTH}").text.partition("言葉の意味")[0]
    called(SURVEY, "CA2")
    text = visitor.get(f"/console/reports{MONTH}").text
    rows = cells(text)
    assert ["持ち物は papers", "持ち物は、2。", "2", "2", "0", "0", "0", "1", "0", "1"] in rows
    prompts = {row[0]: row[1:] for row in rows[rows.index(next(row for row in rows if row[0] == "言葉")) :]}
    assert prompts["持ち物は、免許証です。 papers"][-3:] == ["1", "0", "1"]
    assert {"持ち物は、*。 offer_papers", "(今日の受付時間) today"} <= set(prompts)
    assert "立たなかった 1、返事なし 0" in text


def test_what_came_after_the_key_was_not_heard(app: Flask, called: Callable[..., None], store: Store) -> None:
    called([PAPERS[0], (1.2, "turn", "opening", "lost", "lost")], seconds=30)
    record = store.call(CALL)
    assert record
    told = explain(record, store, app.extensions["console"].extensions["flows"])
    assert told.exact
    first, last = told.steps
    assert [said.heard for said in first.said] == [True, False, False]
    assert all(said.heard for said in last.said)
    assert "0120-95-0178" in last.said[0].text
    assert all(step.agrees for step in told.steps)


def test_a_setting_that_was_another_then_is_told(visitor: Visitor, called: Callable[..., None]) -> None:
    called([PAPERS[0], (3, "turn", "opening", "person", "shut")])
    visitor.signs_in()
    text = visitor.get(f"/console/calls/{CALL}").text
    assert "やり直すと、別の場所に進みます" in text
    assert '係の者:設定なし <small class="id">unset</small>(' in text


def test_a_setting_of_then_explains_a_call_of_then(
    app: Flask, visitor: Visitor, called: Callable[..., None], store: Store
) -> None:
    office = {"IVR_OFFICE_PHONE": "03-1234-5678", "IVR_OFFICE_HOURS": "mon-fri 13:00-17:00"}
    settings = Settings.from_env({"IVR_DATA": str(app.extensions["ivr"].library.shelf.data), **office})
    note_settings(settings, store, BEGAN - timedelta(days=3), "hanako")
    called([PAPERS[0], (3, "turn", "opening", "person", "shut")])
    visitor.signs_in()
    text = visitor.get(f"/console/calls/{CALL}").text
    assert "やり直すと、別の場所に進みます" not in text
    assert "時間外です。" in text
    assert "午後一時" in text
    assert '係の者:時間外 <small class="id">closed</small>(' in text


def test_a_telephone_that_was_closed_on_the_board_explains_why_nobody_was_reached(
    app: Flask, visitor: Visitor, called: Callable[..., None], store: Store
) -> None:
    office = {"IVR_OFFICE_PHONE": "03-1234-5678", "IVR_OFFICE_HOURS": "mon-sun 00:00-24:00"}
    settings = Settings.from_env({"IVR_DATA": str(app.extensions["ivr"].library.shelf.data), **office})
    note_settings(settings, store, BEGAN - timedelta(days=3), "hanako")
    Switchboard(store).switch("closing", "office", BEGAN - timedelta(minutes=5), BEGAN + timedelta(hours=1), "taro")
    called([PAPERS[0], (3, "turn", "opening", "person", "shut")])
    visitor.signs_in()
    text = visitor.get(f"/console/calls/{CALL}").text
    assert "やり直すと、別の場所に進みます" not in text
    assert "係の電話は、今日はお休みです。" in text
    assert "臨時の休み:係の電話(taro が ivr board で)" in text


def test_a_version_that_is_gone_is_told(visitor: Visitor, store: Store) -> None:
    store.write([Event(CALL, 0, "answer", BEGAN, "opening", "answer", "deadbeef")])
    visitor.signs_in()
    assert "もう残っていない" in visitor.get(f"/console/calls/{CALL}").text


def test_the_latest_calls_are_listed_simulated_ones_on_request(visitor: Visitor, store: Store) -> None:
    store.write([Event("CA1", 0, "answer", BEGAN, "opening"), Event("CA2", 0, "answer", BEGAN, "opening", test=True)])
    visitor.signs_in()
    assert len(cells(visitor.get("/console/calls").text)) == 2
    assert len(cells(visitor.get("/console/calls?tests=1").text)) == 3


def test_changes_are_listed(visitor: Visitor) -> None:
    visitor.signs_in()
    rows = cells(visitor.get("/console/audit").text)
    assert ["supervisor", "サインイン sign-in", "supervisor", "", "signed in"] in [row[1:] for row in rows]
    assert ["root", "人を加える user add", "auditor", "", "auditor"] in [row[1:] for row in rows]


def test_what_was_switched_is_called_as_callers_hear_it(visitor: Visitor, store: Store) -> None:
    for name in ("hall", "gone"):
        Switchboard(store).switch("closing", name, BEGAN, BEGAN + timedelta(hours=9), "taro")
    visitor.signs_in()
    rows = [row[2:4] for row in cells(visitor.get("/console/audit").text)]
    assert ["窓口の臨時の休み board closing", "窓口 hall"] in rows
    assert ["窓口の臨時の休み board closing", "gone"] in rows


@pytest.mark.parametrize(("role", "called"), titles.ROLES.items())
def test_roles_have_japanese_names(visitor: Visitor, role: str, called: str) -> None:
    visitor.signs_in(role)
    assert f">{role}({called})</a>" in visitor.get("/console/reports").text


def test_charts_have_a_bar_for_each_number() -> None:
    drawn = charts.bars(WEEKDAYS, [1, 2, 3, 4, 5, 6, 7], below="曜日")
    assert all(f">{word}</text>" in drawn for word in (*WEEKDAYS, "曜日", charts.UNIT))
    assert charts.bars([], []).startswith("<?xml")
    assert charts.stacks({}, {}).startswith("<?xml")


def test_the_subjects_of_a_picture_are_in_words_and_have_the_room_they_take() -> None:
    groups = {"lost": {"menu": 3}, "pin_of_old": {"menu": 1}, "other<": {"given_up": 2}}
    longest = "題" * titles.LONGEST
    drawn = charts.stacks(groups, {"lost": longest, "other<": 'その"ほか'})
    words = re.findall(r'<text [^>]*text-anchor: end[^>]*x="([\d.]+)"[^>]*>([^0-9].*?)</text>', drawn)
    said = [re.sub(r"<[^>]*>", "", each) for _, each in words]
    assert said == ["その&quot;ほか other&lt;", "pin_of_old", f"{longest} lost"]
    assert all(float(x) >= 10 * titles.LONGEST for x, _ in words)
    assert "nnn" not in drawn


@pytest.mark.parametrize(("days", "written"), [(7, 7), (11, 6), (14, 7), (31, 8), (365, 10), (731, 10)])
def test_days_below_a_chart_have_room(days: int, written: int) -> None:
    names = [f"11月{day % 28 + 1}日" for day in range(days)]
    drawn = charts.bars(names, [1] * days, [2] * days)
    found = re.findall(r">(\d+月\d+日)</text>", drawn)
    assert (len(found), found) == (written, names[:: -(-days // written)][:written])


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (0, [0, 1]), (1, [0, 1]), (2, [0, 1, 2]), (5, [0, 1, 2, 3, 4, 5]), (6, [0, 2, 4, 6]), (7, [0, 2, 4, 6, 8]),
        (11, [0, 5, 10, 15]), (99, [0, 20, 40, 60, 80, 100]), (101, [0, 50, 100, 150]),
    ],
)  # fmt: skip
def test_an_axis_counts_whole_calls_from_0(most: int, expected: list[int]) -> None:
    assert charts.ticks(most) == expected


@given(st.integers(0, 10**9))
def test_an_axis_reaches_every_number_in_few_equal_steps(most: int) -> None:
    found = charts.ticks(most)
    assert found == list(range(0, found[-1] + 1, found[1]))
    assert (found[-2] < most or most <= 1, most <= found[-1], len(found) <= 7) == (True, True, True)
