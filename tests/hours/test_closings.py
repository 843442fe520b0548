"""Closed days: one line closes a counter for a day or a part of it, in what is answered and in what is said."""
# ruff: noqa: E501  (one case is one line)

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ivr.facts import Words
from ivr.hours import Closing, Hours, all_spoken_hours, answer, changes, spoken_hours, spoken_ways, usual_ways

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
        "いま、区役所と決まった地域センターが午後五時まで、荏原郵便局が午後四時まで開いています。",
    ]
    assert said(table, at("2026-11-26T12:00")) == [
        "いま、区役所、決まった地域センター、目黒コーナーが午後五時まで、荏原郵便局が午後四時まで開いています。"
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
        "いま、決まった地域センターと目黒コーナーが午後五時まで、荏原郵便局が午後四時まで開いています。",
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
        "受付時間は区のページにないので、来る前にお確かめください。",
    ]


def test_one_missing_centre_is_named(tables: Tables, at: Moment) -> None:
    table = tables.close(f"{{day: {WEDNESDAY}, counters: [八潮地域センター], says: 今日は、八潮はお休みです。}}")
    assert said(table, at(f"{WEDNESDAY}T08:45"))[1] == (
        "いま、区役所、八潮センター以外の決まった地域センター、目黒コーナーが午後五時まで開いています。"
    )


def test_other_things_with_one_centre_missing(tables: Tables, at: Moment) -> None:
    table = tables.close("{day: 2026-11-24, counters: [八潮], says: 今日は、八潮はお休みです。}")
    assert said(table, at("2026-11-24T12:00"), "name") == [
        "今日は、八潮はお休みです。",
        "受付時間は区のページにないので、来る前にお確かめください。",
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
    assert spoken_ways(hours, "reissue", "self") == usual_ways(hours, "reissue", "self")


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
        "いま、区役所、決まった地域センター、目黒コーナーが午後五時まで開いています。",
        "荏原郵便局は、午後一時からです。",
    ]
    assert set(heard) <= {words.text for words in all_spoken_hours(table)}


EVENING = "{day: 2026-11-24, hours: 17:00-19:00, says: 今日は、火曜日の延長はありません。}"
MORNING = f"{{day: {WEDNESDAY}, hours: 10:00-12:00, procedures: [pin], says: 今日は、正午まで点検です。}}"
TODAY_ONE = "今日は、火曜日の延長はありません。"
NEXT = "次に開くのは、明日、水曜日の午前八時半、荏原郵便局は午前十時です。"


@pytest.mark.parametrize(
    ("moment", "answered", "heard"),
    [
        ("03:00", False, [TODAY_ONE, "このあと、区役所、決まった地域センター、目黒コーナーが午前八時半に、荏原郵便局が午前十時に開きます。"]),
        ("12:00", True, [TODAY_ONE, "いま、区役所、決まった地域センター、目黒コーナーが午後五時まで、荏原郵便局が午後四時まで開いています。"]),
        ("15:55", True, [TODAY_ONE, "いま、区役所、決まった地域センター、目黒コーナーが午後五時まで開いています。午後四時までの窓口は、まもなく閉まります。"]),
        ("16:30", True, [TODAY_ONE, "いま、区役所、決まった地域センター、目黒コーナーが午後五時まで開いています。"]),
        ("16:55", True, [TODAY_ONE, "窓口は、まもなく、午後五時に閉まります。"]),
        ("17:00", False, [TODAY_ONE, NEXT]),
        ("18:59", False, [TODAY_ONE, NEXT]),
        ("19:00", False, ["今日は、もう終わりました。", NEXT]),
    ],
)  # fmt: skip
def test_the_tuesday_evening_that_does_not_take_place(
    tables: Tables,
    at: Moment,
    moment: str,
    answered: bool,  # noqa: FBT001
    heard: list[str],
) -> None:
    table = tables.close(EVENING)
    now = at(f"2026-11-24T{moment}")
    found = entry(table, "品川区役所", now)
    following = "2026-11-24T08:30" if moment == "03:00" else "2026-11-25T08:30"
    assert found[:4] == [answered, "08:30-17:00", following, "stated"]
    assert (found[4] == TODAY_ONE) == ("17:00" <= moment < "19:00")
    assert said(table, now) == heard


def test_the_evening_is_not_mentioned_where_there_was_none(tables: Tables, at: Moment) -> None:
    table = tables.close(EVENING.replace("2026-11-24", "2026-11-24..2026-11-25"))
    assert said(table, at(f"{WEDNESDAY}T12:00"), who="agent") == ["いま、どちらの窓口も、午後五時まで開いています。"]
    assert said(table, at("2026-11-24T12:00"), "address") == [
        TODAY_ONE,
        "受付時間は区のページにないので、来る前にお確かめください。",
    ]
    assert said(table, at(f"{WEDNESDAY}T12:00"), "address") == [
        "受付時間は区のページにないので、来る前にお確かめください。",
        "ほかの手続きなら、いま、午後五時まで開いています。",
    ]


@pytest.mark.parametrize(
    ("moment", "answered", "following", "heard"),
    [
        ("09:00", True, f"{WEDNESDAY}T12:00", "いま、区役所、決まった地域センター、目黒コーナーが午前十時まで開いています。"),
        ("09:55", True, f"{WEDNESDAY}T12:00", "窓口は、まもなく、午前十時に閉まります。"),
        ("10:00", False, f"{WEDNESDAY}T12:00", "このあと、正午に開きます。"),
        ("12:00", True, "2026-11-26T08:30", ""),
    ],
)  # fmt: skip
def test_a_day_with_a_hole(
    tables: Tables,
    at: Moment,
    moment: str,
    answered: bool,  # noqa: FBT001
    following: str,
    heard: str,
) -> None:
    table = tables.close(MORNING)
    now = at(f"{WEDNESDAY}T{moment}")
    assert entry(table, "品川区役所", now)[:4] == [answered, "08:30-10:00, 12:00-17:00", following, "stated"]
    assert entry(table, "荏原郵便局", now)[1] == "12:00-16:00"
    assert entry(table, "品川区役所", now, "certificate")[1] == "08:30-17:00"
    assert said(table, now) == (["今日は、正午まで点検です。", heard] if heard else said(table, now, "certificate"))


def test_a_day_of_which_nothing_is_left(tables: Tables, at: Moment) -> None:
    table = tables.close("{day: 2026-11-29, counters: [meguro], hours: 09:00-16:00, says: 今日は、目黒はお休みです。}")
    why = "今日は、目黒はお休みです。"
    for moment in ("03:00", "12:00", "20:00"):
        found = entry(table, "目黒行政サービスコーナー", at(f"2026-11-29T{moment}"))
        assert found == [False, None, "2026-11-30T08:30", "stated", why]
    assert said(table, at("2026-11-29T14:59"), who="agent")[0] == why
    assert said(table, at("2026-11-29T15:00"), who="agent") == [
        "いま、品川区役所が午後五時まで開いています。",
        "目黒行政サービスコーナーは、次は明日、月曜日です。",
    ]


def test_a_hall_that_is_shut_for_a_morning(tables: Tables, at: Moment) -> None:
    table = tables.close(
        f"{{day: {WEDNESDAY}, hours: 08:00-12:00, counters: [第二庁舎], says: 今日は、午後からです。}}"
    )
    morning, noon = at(f"{WEDNESDAY}T09:00"), at(f"{WEDNESDAY}T12:00")
    assert entry(table, "第二庁舎", morning, who="agent")[:2] == [False, "12:00-17:00"]
    assert entry(table, "品川区役所", morning, who="agent")[:2] == [True, "08:30-17:00"]
    assert entry(table, "品川区役所", morning)[:4] == [None, "12:00-17:00", f"{WEDNESDAY}T12:00", "none"]
    assert entry(table, "品川区役所", noon)[:4] == [True, "12:00-17:00", "2026-11-26T08:30", "stated"]
    assert entry(table, "品川区役所", morning, "reissue")[:3] == [False, "12:00-17:00", f"{WEDNESDAY}T12:00"]
    assert said(table, morning, "reissue") == ["今日は、午後からです。", "このあと、正午に開きます。"]


def test_halls_that_are_shut_one_after_the_other(tables: Tables, at: Moment) -> None:
    table = tables.close(
        f"{{day: {WEDNESDAY}, hours: 08:00-12:00, counters: [本庁舎], says: 今日は、本庁舎は午後からです。}}",
        f"{{day: {WEDNESDAY}, hours: 10:00-17:00, counters: [第二庁舎], says: 今日は、第二庁舎は十時までです。}}",
    )
    both = entry(table, "品川区役所", at(f"{WEDNESDAY}T11:00"), who="agent")
    assert both[:4] == [False, "08:30-10:00, 12:00-17:00", f"{WEDNESDAY}T12:00", "stated"]
    assert [entry(table, "品川区役所", at(f"{WEDNESDAY}T{hour}:00"))[0] for hour in ("09", "11", "13", "17")] == [
        *(None, False, None, False)
    ]
    heard = said(table, at(f"{WEDNESDAY}T11:00"), who="agent")
    assert heard[0] == "今日は、本庁舎は午後からです。今日は、第二庁舎は十時までです。"
    assert set(heard) <= {words.text for words in all_spoken_hours(table)}


def test_moments_of_change_of_a_shortened_day(tables: Tables, at: Moment) -> None:
    table = tables.close(MORNING)
    plain = set(changes(Hours(**{**vars(table), "closings": ()}), at(f"{WEDNESDAY}T00:00"), at("2026-11-26T00:00")))
    found = set(changes(table, at(f"{WEDNESDAY}T00:00"), at("2026-11-26T00:00")))
    assert sorted(f"{moment:%H:%M}" for moment in found - plain) == ["09:55", "12:00"]
    assert plain - found == set()


def test_three_ends_elsewhere_of_which_one_is_near(tables: Tables, at: Moment) -> None:
    """A table in which one centre ends at four, the others at six on Tuesdays."""
    path = tables.root / "flows/counters.yaml"
    text = path.read_text("utf-8").replace("ebara-4, yashio]\n            ", "ebara-4]\n            ")
    text = text.replace("- counters: [post-office]", "- counters: [post-office, yashio]")
    text = text.replace("  weekdays:\n    weekday: 08:30-17:00\n", "  weekdays:\n    weekday: 08:30-18:00\n")
    text = text.replace("            never: [sunday, late-tuesday]\n", "")
    place = "          - {counters: [yashio], other_hours: post_office, lines: {163: f044f6e21e01beb1}}\n"
    text = text.replace("      self: &name\n        places:\n", f"      self: &name\n        places:\n{place}")
    path.write_text(text, "utf-8")
    assert said(tables.load(), at("2026-11-24T17:56"), "name") == [
        "受付時間は区のページにないので、来る前にお確かめください。",
        "ほかの手続きなら、いま、区役所と荏原第一センターが午後七時まで、八潮センター以外のほかの決まった地域センターがまもなく午後六時までです。",
    ]
