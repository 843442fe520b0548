"""Closed days: one line closes a counter for a day, in what is answered and in what is said."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ivr.facts import Words
from ivr.hours import Closing, Hours, all_spoken_hours, answer, spoken_hours, spoken_ways

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from conftest import Tables

    from ivr.hours import ProcedureId

    Moment = Callable[[str], datetime]

WEDNESDAY = "2026-11-25"
MEGURO = f"{{day: {WEDNESDAY}, counters: [目黒行政サービスコーナー], says: 今日は、目黒は点検でお休みです。}}"
EVERYWHERE = f"{{day: {WEDNESDAY}..2026-11-26, procedures: [pin], says: 今日は、この手続きはできません。}}"
SECOND = f"{{day: {WEDNESDAY}, counters: [第二庁舎], says: 今日は、第二庁舎は工事でお休みです。}}"
OFFICE = f"{{day: {WEDNESDAY}, counters: [区役所], says: 今日は、区役所はお休みです。}}"
HALLS = f"{{day: {WEDNESDAY}, counters: [本庁舎, 第二庁舎], says: 今日は、どちらの庁舎もお休みです。}}"


def entry(
    table: Hours, counter: str, moment: datetime, procedure: ProcedureId = "pin", who: str = "self"
) -> list[object]:
    """Give open, today, next and basis."""
    found = answer(table, table.named(counter), procedure, who, moment).as_json()  # type: ignore[arg-type]
    return [found[name] for name in ("open", "today", "next", "basis", "why")]


def said(table: Hours, moment: datetime, procedure: ProcedureId = "pin", who: str = "self") -> list[str]:
    """Give what callers hear."""
    return [words.text for words in spoken_hours(table, procedure, who, moment)]  # type: ignore[arg-type]


def test_one_line_closes_one_counter_for_one_day(tables: Tables, at: Moment) -> None:
    table = tables.close(MEGURO)
    noon, before = at(f"{WEDNESDAY}T12:00"), at("2026-11-24T20:00")
    assert entry(table, "目黒行政サービスコーナー", noon) == [
        False,
        None,
        "2026-11-26T08:30",
        "stated",
        "今日は、目黒は点検でお休みです。",
    ]
    assert entry(table, "目黒行政サービスコーナー", before)[2] == "2026-11-26T08:30"
    assert entry(table, "品川区役所", noon)[:3] == [True, "08:30-17:00", "2026-11-26T08:30"]
    assert said(table, noon) == [
        "今日は、目黒は点検でお休みです。",
        "いま、区役所と地域センターが午後五時まで、荏原郵便局が午後四時まで開いています。",
    ]
    assert said(table, at("2026-11-26T12:00")) == [
        "いま、区役所、地域センター、目黒コーナーが午後五時まで、荏原郵便局が午後四時まで開いています。"
    ]


def test_a_closing_of_a_procedure_leaves_the_others_alone(tables: Tables, at: Moment) -> None:
    table = tables.close(EVERYWHERE)
    noon = at(f"{WEDNESDAY}T12:00")
    assert entry(table, "荏原第一地域センター", noon)[:4] == [False, None, "2026-11-27T08:30", "stated"]
    assert entry(table, "荏原第一地域センター", noon, "certificate")[0] is True
    assert said(table, noon) == [
        "今日は、この手続きはできません。",
        "次に開くのは、金曜日の午前八時半、荏原郵便局は午前十時です。",
    ]


def test_a_closed_hall_where_the_page_names_both_halls(tables: Tables, at: Moment) -> None:
    table = tables.close(SECOND)
    noon = at(f"{WEDNESDAY}T12:00")
    assert entry(table, "第二庁舎", noon, who="agent")[0] is False
    assert entry(table, "本庁舎", noon, who="agent")[0] is True
    assert entry(table, "品川区役所", noon, who="agent")[:2] == [True, "08:30-17:00"]
    assert said(table, noon, who="agent") == [
        "今日は、第二庁舎は工事でお休みです。",
        "いま、どちらの窓口も、午後五時まで開いています。",
    ]


def test_a_closed_hall_where_the_page_leaves_the_hall_open(tables: Tables, at: Moment) -> None:
    """The person's table says 'ward office': with one hall shut nobody knows."""
    table = tables.close(SECOND)
    assert entry(table, "品川区役所", at(f"{WEDNESDAY}T12:00"))[:4] == [None, None, "2026-11-26T08:30", "none"]
    assert entry(table, "品川区役所", at(f"{WEDNESDAY}T17:00"))[0] is False
    assert said(table, at(f"{WEDNESDAY}T12:00")) == [
        "今日は、第二庁舎は工事でお休みです。",
        "いま、地域センターと目黒コーナーが午後五時まで、荏原郵便局が午後四時まで開いています。",
    ]


@pytest.mark.parametrize("row", [OFFICE, HALLS])
@pytest.mark.parametrize("who", ["self", "agent"])
def test_the_office_is_shut_with_all_its_halls(tables: Tables, at: Moment, row: str, who: str) -> None:
    table = tables.close(row)
    found = entry(table, "品川区役所", at(f"{WEDNESDAY}T12:00"), who=who)
    assert (found[0], found[3]) == (False, "stated")


def test_reissue_is_shut_with_its_one_hall(tables: Tables, at: Moment) -> None:
    table = tables.close(SECOND)
    assert said(table, at(f"{WEDNESDAY}T12:00"), "reissue") == [
        "今日は、第二庁舎は工事でお休みです。",
        "次に開くのは、明日、木曜日の午前八時半です。",
    ]
    assert entry(table, "品川区役所", at("2026-11-24T19:30"), "reissue")[2] == "2026-11-26T08:30"


def test_a_closing_stands_above_other_sections_hours(tables: Tables, at: Moment) -> None:
    table = tables.close(OFFICE)
    assert entry(table, "品川区役所", at(f"{WEDNESDAY}T12:00"), "found") == [
        False,
        None,
        None,
        "stated",
        "今日は、区役所はお休みです。",
    ]
    assert said(table, at(f"{WEDNESDAY}T12:00"), "found") == [
        "今日は、区役所はお休みです。",
        "ほかの手続きなら、明日、木曜日の午前八時半からです。",
    ]


def test_one_missing_centre_is_named(tables: Tables, at: Moment) -> None:
    table = tables.close(f"{{day: {WEDNESDAY}, counters: [八潮地域センター], says: 今日は、八潮はお休みです。}}")
    assert said(table, at(f"{WEDNESDAY}T08:45"))[1] == (
        "いま、区役所、八潮センター以外の地域センター、目黒コーナーが午後五時まで開いています。"
    )


def test_other_things_with_one_centre_missing(tables: Tables, at: Moment) -> None:
    table = tables.close("{day: 2026-11-24, counters: [八潮], says: 今日は、八潮はお休みです。}")
    assert said(table, at("2026-11-24T12:00"), "name") == [
        "今日は、八潮はお休みです。",
        "この手続きの時間は区のページにないので、お確かめください。",
    ]
    listed = {words.text for words in all_spoken_hours(table)}
    assert "今日は、八潮はお休みです。" in listed


def test_the_words_of_closings_are_listed_too(tables: Tables, at: Moment) -> None:
    table = tables.close(MEGURO, EVERYWHERE, SECOND)
    listed = {words.text for words in all_spoken_hours(table)}
    for moment in (f"{WEDNESDAY}T{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 15, 30, 45, 57)):
        for procedure in ("pin", "certificate", "reissue", "name"):
            assert set(said(table, at(moment), procedure)) <= listed
            assert set(said(table, at(moment), procedure, "agent")) <= listed


def test_closings_that_people_switch_on_count_like_the_tables(hours: Hours, at: Moment) -> None:
    noon = at(f"{WEDNESDAY}T12:00")
    words = Words("今日は、停電のため、窓口を閉めています。", "きょうは、停電のため、窓口を閉めています。")
    closing = Closing(noon.date(), noon.date(), frozenset({"ward-office"}), frozenset(), words)
    found = answer(hours, hours.named("品川区役所"), "reissue", "self", noon, (closing,))
    assert (found.open, found.why) == (False, words.text)
    heard = spoken_hours(hours, "reissue", "self", noon, (closing,))
    assert heard == (words, Words(
        "次に開くのは、明日、木曜日の午前八時半です。", "次にひらくのは、あした、木曜日の午前八時半です。"
    ))  # fmt: skip
    assert heard in spoken_ways(hours, "reissue", "self", (closing,))
    assert heard not in spoken_ways(hours, "reissue", "self")


def test_a_year_without_openings_has_no_next(hours: Hours, at: Moment) -> None:
    now = at("2026-11-25T12:00")
    closing = Closing(now.date(), now.date() + timedelta(days=402), frozenset(), frozenset(), Words("休み。", "休み。"))
    found = answer(hours, hours.named("品川区役所"), "pin", "self", now, (closing,))
    assert (found.open, found.next) == (False, None)
    heard = spoken_hours(hours, "pin", "self", now, (closing,))
    assert heard == (Words("休み。", "休み。"), hours.sentences["off"])
    assert heard in spoken_ways(hours, "pin", "self", (closing,))


def test_a_break_at_noon(tables: Tables, at: Moment) -> None:
    tables.spoil("weekday: 10:00-16:00", "weekday: 10:00-12:00, 13:00-16:00")
    table = tables.load()
    assert entry(table, "荏原郵便局", at(f"{WEDNESDAY}T12:30"))[:3] == [
        False,
        "10:00-12:00, 13:00-16:00",
        f"{WEDNESDAY}T13:00",
    ]
    heard = said(table, at(f"{WEDNESDAY}T12:30"))
    assert heard == [
        "いま、区役所、地域センター、目黒コーナーが午後五時まで開いています。",
        "荏原郵便局は、午後一時からです。",
    ]
    assert set(heard) <= {words.text for words in all_spoken_hours(table)}
