"""What is counted of calls: from events in the store to the report, on both kinds of store."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from ivr.board import Board
from ivr.cli.records import records
from ivr.records.events import Event
from ivr.records.export import COLUMNS, COLUMNS_AND_TITLES
from ivr.records.report import Group, Period, report
from ivr.records.summaries import BATCH, Summaries
from ivr.records.summary import DEFINITIONS, OUTCOMES, listened, summarise

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Calls

    from ivr.records.store import Store

TOKYO = ZoneInfo("Asia/Tokyo")
TUESDAY = datetime(2026, 11, 24, 18, 30, tzinfo=TOKYO)
DAY = Period(date(2026, 11, 24), date(2026, 11, 24))
VERSION = "0a1b2c3d"


PIN = ((10, "pin", "pin"), (5, "store", "store"))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((), ("none", "", None, None, "given_up", "opening")),
        (((30, "silence", "opening"), (9, "silence_end", "busy")), ("none", "", None, None, "given_up", "busy")),
        (PIN, ("pin", "store", 2, 15, "menu", "store")),
        (((3, "wrong", "opening"), *PIN), ("pin", "store", 3, 18, "menu", "store")),
        ((*PIN, (9, "back", "pin")), ("pin", "store", 2, 15, "menu", "pin")),
        ((*PIN, (9, "repeat", "store"), (9, "silence", "store")), ("pin", "store", 2, 15, "menu", "store")),
        (((2, "pin", "pin"),), ("pin", "", None, None, "given_up", "pin")),
        (((2, "person", "line"), (30, "completed", "busy")), ("person", "", None, None, "person", "busy")),
        (((2, "person", "line"), (30, "talked", "line")), ("person", "", None, None, "person", "line")),
        (((2, "person", "line"), (30, "gone", "line")), ("person", "", None, None, "given_up", "line")),
        (((2, "person", "busy"),), ("person", "", None, None, "given_up", "busy")),
        ((*PIN, (9, "person", "line"), (20, "busy", "busy")), ("pin", "store", 2, 15, "given_up", "busy")),
        ((*PIN, (9, "person", "line"), (20, "completed", "busy")), ("pin", "store", 2, 15, "person", "busy")),
        (((1, "person", "busy"), (5, "back", "opening"), *PIN), ("person", "store", 4, 21, "menu", "store")),
        (((4, "lost", "lost"),), ("lost", "lost", 1, 4, "menu", "lost")),
    ],
)
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_call_is_counted_as_the_definitions_say(
    calls: Calls, steps: tuple[tuple[float, str, str], ...], expected: tuple[object, ...]
) -> None:
    found = summarise(calls.record(*steps), calls.known, lambda _at: Board())
    assert (found.day, found.hour) == ("2026-11-24", 18)
    told = (found.subject, found.answer, found.answer_keys, found.answer_seconds, found.outcome, found.left)
    assert told == expected


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_key_cuts_words_short_where_they_were_not_over(calls: Calls) -> None:
    steps = ((10, "pin", "pin"), (7, "store", "store"), (4, "repeat", "store"), (25, "silence", "store"))
    record = calls.record(*steps, (2, "back", "pin"), (1, "unknown", "gone"), (1, "back", "pin"))
    found = [(turn.came_from, turn.option, how.cut) for turn, how in listened(record, calls.known, lambda _at: Board())]
    assert found == [
        ("opening", "pin", True),
        ("pin", "store", False),
        ("store", "repeat", True),
        ("store", "silence", False),
        ("pin", "unknown", True),
    ]


def test_a_report_counts_real_calls_of_its_days_only(calls: Calls, store: Store) -> None:
    calls.add(*PIN)
    calls.add((4, "lost", "lost"), at=TUESDAY + timedelta(hours=1))
    calls.add(at=TUESDAY - timedelta(days=1))
    calls.add(*PIN, test=True)
    calls.add(*PIN, ended=False)  # nobody said that it is over, but nothing has come for long
    calls.add(*PIN, at=TUESDAY + timedelta(hours=1, minutes=50), ended=False)  # still going on
    assert calls.counted() == 4
    found = report(store, DAY)
    assert found.total == Group(3, Counter(menu=3))
    assert {hour: number for hour, number in found.by_hour.items() if number} == {18: 2, 19: 1}
    assert found.by_day == {date(2026, 11, 24): 3}
    assert found.by_weekday["tue"] == 3
    assert list(found.subjects) == ["pin", "lost"]
    assert (found.answer_seconds, found.answer_keys) == (15, 2)
    week = report(store, Period(date(2026, 11, 18), date(2026, 11, 24)))
    assert (week.total.calls, len(week.by_day), week.by_day[date(2026, 11, 23)]) == (4, 7, 1)
    assert Summaries(store).uncounted() == 1


def test_midnight_is_tokyos(calls: Calls, store: Store) -> None:
    calls.add(*PIN, at=TUESDAY.replace(hour=0, minute=0))
    calls.add(*PIN, at=TUESDAY.replace(hour=23, minute=59) - timedelta(days=1))
    calls.counted()
    found = report(store, DAY)
    assert (found.total.calls, found.by_hour[0], found.places["pin"].keys) == (1, 1, 1)


def test_places_tell_of_keys_silence_wrong_keys_and_who_left_there(calls: Calls, store: Store) -> None:
    calls.add((10, "pin", "pin"), (9, "silence", "pin"), (9, "wrong", "pin"), (1, "store", "store"))
    calls.add((30, "silence", "opening"))
    calls.add((30, "pin", "pin"))
    calls.counted()
    places = report(store, DAY).places
    assert vars(places["opening"]) == {
        "keys": 2, "silence": 1, "wrong": 0, "told": 2, "cut": 1, "left": 1, "given_up": 1
    }  # fmt: skip
    assert vars(places["pin"]) == {"keys": 2, "silence": 1, "wrong": 1, "told": 0, "cut": 0, "left": 1, "given_up": 1}
    assert (places["store"].left, places["store"].given_up) == (1, 0)


def test_transfers_faults_and_versions_are_counted(calls: Calls, store: Store) -> None:
    calls.add((2, "person", "line"), (20, "busy", "busy"))
    call = calls.add((2, "person", "line"), (20, "completed", "busy"), flow="9e9e9e9e")
    store.write([Event(call, 9, "fault", TUESDAY, detail={"code": "11200"})])
    calls.counted()
    found = report(store, DAY)
    assert found.transfers == {"office": {"busy": 1, "completed": 1}}
    assert found.faults == {"11200": 1}
    assert found.versions == {VERSION: 1, "9e9e9e9e": 1}
    one = report(store, replace(DAY, flow_version="9e9e9e9e"))
    assert (one.total.calls, one.transfers, one.faults) == (1, {"office": {"completed": 1}}, {"11200": 1})


def test_repeats_are_told_within_a_day_and_never_of_withheld_numbers(calls: Calls, store: Store) -> None:
    calls.add(*PIN, caller="a", at=TUESDAY - timedelta(hours=25))
    calls.add(*PIN, caller="a", at=TUESDAY - timedelta(hours=2))
    calls.add(*PIN, caller="a")
    calls.add(*PIN, caller="b")
    calls.add(*PIN)
    calls.add(*PIN)
    calls.counted()
    assert report(store, Period(date(2026, 11, 23), date(2026, 11, 24))).total.repeats == 2


def test_a_late_event_has_the_call_counted_again(calls: Calls, store: Store) -> None:
    call = calls.add(*PIN)
    assert (calls.counted(), calls.counted()) == (1, 0)
    store.write([Event(call, 3, "turn", TUESDAY, "line", "person", VERSION, detail={"came_from": "store"})])
    store.write([Event(call, 4, "transfer", TUESDAY, "busy", "completed", VERSION, detail={"to": "office"})])
    assert calls.counted() == 1
    assert report(store, DAY).total.outcomes == {"person": 1}


def test_many_calls_are_counted_a_batch_at_a_time(calls: Calls, store: Store) -> None:
    for _ in range(BATCH + 1):
        calls.add()
    assert (calls.counted(), calls.counted(), calls.counted()) == (BATCH, 1, 0)
    assert report(store, DAY).total.calls == BATCH + 1


def test_every_outcome_and_word_has_its_definition() -> None:
    assert set(OUTCOMES) <= set(DEFINITIONS)
    with pytest.raises(ValueError, match="before"):
        Period(date(2026, 11, 24), date(2026, 11, 23))
    assert Period(date(2026, 11, 8), date(2026, 11, 14)).before == Period(date(2026, 11, 1), date(2026, 11, 7))


@pytest.fixture
def ivr_records(store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `ivr records` on the store of the test."""
    monkeypatch.setenv("IVR_STORE_URL", store_url)
    store.check()
    return lambda *arguments: CliRunner(mix_stderr=False).invoke(records, arguments)


@pytest.fixture
def two_weeks(calls: Calls) -> Calls:
    calls.add(*PIN)
    calls.add((2, "person", "line"), (20, "busy", "busy"), caller="a")
    calls.add(*PIN, at=TUESDAY - timedelta(days=7))
    calls.add(*PIN, at=TUESDAY + timedelta(hours=1, minutes=50), ended=False)
    calls.counted()
    return calls


@pytest.mark.usefixtures("two_weeks")
def test_the_report_as_text_csv_and_json_says_the_same(ivr_records: Callable[..., Result]) -> None:
    days = ("report", "--period", "2026-11-18..2026-11-24")
    text = ivr_records(*days)
    assert text.exit_code == 0
    assert "2026-11-18 to 2026-11-24: 2 calls, 0 of them repeats within 24 hours" in text.stdout
    assert "given up: 1 (50%)" in text.stdout
    assert "1 calls are not counted yet" in text.stderr
    assert [line.split() for line in text.stdout.splitlines() if "(office)" in line] == [
        ["係の者", "(office)", "話し中", "(busy)", "1"]
    ]
    assert [line.split()[:3] for line in text.stdout.splitlines() if "(pin)" in line] == [["暗証番号", "(pin)", "1"]]
    assert [line.split()[:3] for line in text.stdout.splitlines() if "(opening)" in line] == [
        ["はじめの案内", "(opening)", "2"]
    ]
    found = json.loads(ivr_records(*days, "--json").stdout)
    assert (found["calls"], found["subjects"]["pin"]["menu"], found["by_weekday"]["tue"]) == (2, 1, 2)
    rows = {name: row for name, *row in csv.reader(io.StringIO(ivr_records(*days, "--format", "csv").stdout))}
    assert rows["measure"] == ["2026-11-18 to 2026-11-24", "title"]
    assert (rows["calls"], rows["subjects.pin.menu"], rows["places.pin.keys"]) == (
        ["2", ""], ["1", "暗証番号"], ["1", ""],
    )  # fmt: skip
    assert (rows["places.opening.keys"], rows["transfers.office.busy"]) == (
        ["2", "はじめの案内"], ["1", "係の者 話し中"],
    )  # fmt: skip


@pytest.mark.usefixtures("two_weeks")
def test_the_report_names_what_it_counts_and_ids_stay(ivr_records: Callable[..., Result]) -> None:
    found = json.loads(ivr_records("report", "--period", "2026-11-18..2026-11-24", "--json").stdout)
    assert {name: group["title"] for name, group in found["subjects"].items()} == {
        "person": "係の者(はじめの案内で0)",
        "pin": "暗証番号",
    }
    assert (found["places"]["opening"]["title"], found["places"]["pin"]["title"]) == ("はじめの案内", "")
    assert found["transfers"] == {"office": {"busy": 1}}
    assert (found["transfer_titles"], found["outcome_titles"]) == ({"office": "係の者"}, {"busy": "話し中"})


@pytest.mark.usefixtures("two_weeks")
@pytest.mark.parametrize("other", ["previous", "2026-11-11..2026-11-17"])
def test_two_periods_side_by_side(ivr_records: Callable[..., Result], other: str) -> None:
    days = ("report", "--period", "2026-11-18..2026-11-24", "--compare", other)
    lines = ivr_records(*days).stdout.splitlines()
    assert lines[0] == "2026-11-18 to 2026-11-24  against  2026-11-11 to 2026-11-17"
    assert next(line.split() for line in lines if line.startswith("calls ")) == ["calls", "2", "1", "+1"]
    assert next(line.split() for line in lines if line.startswith("subjects.pin.calls ")) == [
        "subjects.pin.calls", "1", "1", "+0", "暗証番号",
    ]  # fmt: skip
    assert json.loads(ivr_records(*days, "--json").stdout)["compared_with"]["calls"] == 1
    assert list(csv.reader(io.StringIO(ivr_records(*days, "--format", "csv").stdout)))[1] == ["calls", "2", "1", ""]


@pytest.mark.usefixtures("two_weeks")
def test_two_versions_of_the_flow_side_by_side(ivr_records: Callable[..., Result], calls: Calls) -> None:
    calls.add((4, "lost", "lost"), flow="ffffffff")
    arguments = ("report", "--period", "2026-11-24", "--flow", VERSION, "--compare", "flow:ffffffff", "--json")
    found = json.loads(ivr_records(*arguments).stdout)
    assert (found["calls"], found["compared_with"]["calls"]) == (2, 0)


@pytest.mark.usefixtures("two_weeks")
@pytest.mark.parametrize("arguments", [("--flow", "typo"), ("--compare", "flow:typo"), ("--compare", "flow:0A1B2C3D")])
def test_a_version_that_nobody_heard_is_refused_with_those_that_are_known(
    ivr_records: Callable[..., Result], arguments: tuple[str, str]
) -> None:
    done = ivr_records("report", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"no version '{arguments[1].removeprefix('flow:')}' of the flow is known" in done.stderr
    assert f"there are {VERSION} (4 calls)" in done.stderr
    assert arguments[0] in done.stderr


def test_where_nothing_is_recorded_no_version_is_known(ivr_records: Callable[..., Result]) -> None:
    done = ivr_records("report", "--flow", VERSION)
    assert done.exit_code == 2
    assert "no call has been recorded yet" in done.stderr


NO_PERIODS = ["2026-11-31", "2026-11-24..2026-11-23", "yesterday", "2026-11-24..", "..", "", " ", "typo", "-1", "2026",
              "0001-01-01..0001-01-02", "0001-01-01", "1969-12-31", "2200-01-01", "9999-12-31..9999-12-31", "²",
              "0001-01-01..9999-12-31", "2026-11-24..9999-12-31", "10000-01-01", "2026-11-24\ud800"]  # fmt: skip


@pytest.mark.parametrize("compare", ["previous", "1970-01-01..1970-01-02"])
@pytest.mark.parametrize("period", ["1970-01-01", "1970-01-05..1970-02-01", "1970-01-01..2199-12-31", "2199-12-31"])
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_the_first_and_the_last_days_are_reported_or_refused_in_words(
    ivr_records: Callable[..., Result], period: str, compare: str
) -> None:
    assert ivr_records("report", "--period", period, "--json").exit_code == 0
    assert ivr_records("export", "--period", period).exit_code == 0
    done = ivr_records("report", "--period", period, "--compare", compare, "--json")
    earliest = compare == "previous" and period.startswith("1970")
    assert done.exit_code == (2 if earliest else 0)
    assert ("--compare" in done.stderr) is earliest


@pytest.mark.parametrize("compare", [*NO_PERIODS, "prevous", "flow:", "flow", "PREVIOUS"])
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_what_nothing_can_be_compared_with_is_refused(ivr_records: Callable[..., Result], compare: str) -> None:
    done = ivr_records("report", "--compare", compare)
    assert (done.exit_code, done.stdout) == (2, "") if compare else (0, done.stdout)
    assert ("--compare" in done.stderr) is bool(compare)


@pytest.mark.parametrize("call", ["CA1", "", "\ud800", "a\0b", "x" * 5000, "%", "' or 1=1 --", "ＣＡ"])
def test_a_call_that_cannot_be_is_not_there(ivr_records: Callable[..., Result], call: str) -> None:
    done = ivr_records("show", call)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "holds no call" in done.stderr


@pytest.mark.parametrize("period", NO_PERIODS)
@pytest.mark.parametrize("command", ["report", "export"])
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_period_that_is_none_is_refused(ivr_records: Callable[..., Result], command: str, period: str) -> None:
    done = ivr_records(command, "--period", period)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "such as 2026-11-01..2026-11-30" in done.stderr


@pytest.mark.usefixtures("two_weeks")
def test_calls_are_exported_without_anything_about_the_caller(ivr_records: Callable[..., Result]) -> None:
    done = ivr_records("export", "--period", "2026-11-24")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(rows[0]) == [*COLUMNS, "subject_title", "answer_title", "left_title", "asked_title"]
    assert [(row["subject"], row["subject_title"], row["left"], row["left_title"]) for row in rows] == [
        ("pin", "暗証番号", "store", ""), ("person", "係の者(はじめの案内で0)", "busy", ""),
    ]  # fmt: skip
    assert [row["outcome"] for row in rows] == ["menu", "given_up"]
    assert rows[0]["began"] == "2026-11-24T18:30:00+09:00"
    assert (rows[1]["answer"], rows[1]["answer_keys"], rows[1]["repeat"]) == ("", "", "0")
    assert all(f"{name}  " in ivr_records("export", "--help").stdout for name in COLUMNS_AND_TITLES)
    assert "CA0" not in done.stdout
    assert "a" * 32 not in done.stdout


def test_a_period_without_calls_is_an_empty_report(ivr_records: Callable[..., Result]) -> None:
    assert "0 calls" in ivr_records("report").stdout
    assert ivr_records("export").stdout == ",".join(COLUMNS_AND_TITLES) + "\n"
