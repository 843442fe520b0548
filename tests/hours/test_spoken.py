"""What callers hear about today: cases, lengths, readings, and that it agrees with `ivr hours` at any moment."""
# ruff: noqa: E501  (one case is one line: what is heard stands beside its moment)

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.facts import Words, clock_words, day_words
from ivr.hours import (
    PROCEDURES,
    TOKYO,
    WHO,
    Answer,
    Closing,
    Hours,
    all_spoken_hours,
    answer,
    changes,
    closed_today,
    every_way,
    spoken_hours,
    spoken_ways,
    statuses,
)
from ivr.speech import lexicon
from ivr.speech.frontend import FrontEnd
from ivr.speech.morae import count

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr.hours import ProcedureId, Who

    Moment = Callable[[str], datetime]

SECONDS, MORAE_A_SECOND = 13.5, 6.5
SENTENCES = 500
HALF_HOURS = [time(hour, minute) for hour in range(24) for minute in (0, 30)]
FIRST, LAST = datetime(2024, 1, 1), datetime(2060, 12, 31)  # noqa: DTZ001  (made aware where it is used)

moments = st.datetimes(FIRST, LAST, timezones=st.just(TOKYO))
edges = st.builds(
    lambda day, moment, minutes: datetime.combine(day, moment, TOKYO) + timedelta(minutes=minutes),
    st.dates(FIRST.date(), LAST.date()),
    st.sampled_from([time(8, 30), time(10), time(15), time(16), time(17), time(19), time()]),
    st.sampled_from([-6, -5, -1, 0, 1]),
)
year_ends = st.builds(
    lambda year, days, seconds: datetime(year, 12, 24, tzinfo=TOKYO) + timedelta(days=days, seconds=seconds),
    st.integers(2024, 2059),
    st.integers(0, 16),
    st.integers(0, 86_399),
)
any_moment = moments | edges | year_ends
any_visit = st.tuples(st.sampled_from(PROCEDURES), st.sampled_from(WHO))

CASES = [
    ("pin", "self", "2026-11-25T07:00", "いまは、まだ開いていません。このあと、区役所、決まった地域センター、目黒コーナーが午前八時半に、荏原郵便局が午前十時に開きます。"),
    ("pin", "self", "2026-11-25T08:30", "いま、区役所、決まった地域センター、目黒コーナーが午後五時まで開いています。荏原郵便局は、午前十時からです。"),
    ("pin", "self", "2026-11-25T12:00", "いま、区役所、決まった地域センター、目黒コーナーが午後五時まで、荏原郵便局が午後四時まで開いています。"),
    ("pin", "self", "2026-11-25T15:55", "いま、区役所、決まった地域センター、目黒コーナーが午後五時まで開いています。午後四時までの窓口は、まもなく閉まります。"),
    ("pin", "self", "2026-11-25T16:30", "いま、区役所、決まった地域センター、目黒コーナーが午後五時まで開いています。荏原郵便局は、次は明日、木曜日です。"),
    ("pin", "self", "2026-11-25T16:54", "いま、区役所、決まった地域センター、目黒コーナーが午後五時まで開いています。荏原郵便局は、次は明日、木曜日です。"),
    ("pin", "self", "2026-11-25T16:55", "窓口は、まもなく、午後五時に閉まります。次に開くのは、明日、木曜日の午前八時半、荏原郵便局は午前十時です。"),
    ("pin", "self", "2026-11-25T17:00", "今日は、もう終わりました。次に開くのは、明日、木曜日の午前八時半、荏原郵便局は午前十時です。"),
    ("pin", "self", "2026-11-24T12:00", "いま、区役所、荏原第一センター、目黒コーナーが午後七時まで、ほかの決まった地域センターが午後五時まで、荏原郵便局が午後四時まで開いています。"),
    ("pin", "self", "2026-11-24T16:58", "いま、区役所、荏原第一センター、目黒コーナーが午後七時まで開いています。午後五時までの窓口は、まもなく閉まります。"),
    ("pin", "self", "2026-11-24T18:00", "いま、区役所、荏原第一センター、目黒コーナーが午後七時まで開いています。ほかの窓口は、次は明日、水曜日です。"),
    ("pin", "self", "2026-11-21T12:00", "今日は、お休みです。次に開くのは、明日、日曜日で、区役所と荏原第一センターが午前八時半、目黒コーナーが午前十時です。"),
    ("pin", "self", "2026-11-22T11:00", "いま、区役所と荏原第一センターが午後五時まで、目黒コーナーが午後三時まで開いています。ほかの窓口は、次は火曜日です。"),
    ("pin", "self", "2026-11-29T15:30", "いま、品川区役所と荏原第一地域センターが午後五時まで開いています。ほかの窓口は、次は明日、月曜日です。"),
    ("pin", "self", "2026-11-23T12:00", "今日は祝日で、お休みです。次に開くのは、明日、火曜日の午前八時半、荏原郵便局は午前十時です。"),
    ("pin", "self", "2026-05-03T12:00", "今日開いているかは区のページにないので、お確かめください。次に確かに開くのは、五月七日、木曜日の午前八時半、荏原郵便局は午前十時です。"),
    ("pin", "self", "2026-12-31T12:00", "今日開いているかは区のページにないので、お確かめください。次に確かに開くのは、一月四日、月曜日の午前八時半、荏原郵便局は午前十時です。"),
    ("pin", "self", "2026-12-31T18:00", "いまは、閉まっています。次に確かに開くのは、一月四日、月曜日の午前八時半、荏原郵便局は午前十時です。"),
    ("pin", "self", "2026-11-24T16:55", "いま、区役所、荏原第一センター、目黒コーナーが午後七時まで開いています。午後五時までの窓口は、まもなく閉まります。"),
    ("pin", "self", "2026-11-25T03:00", "いまは、まだ開いていません。このあと、区役所、決まった地域センター、目黒コーナーが午前八時半に、荏原郵便局が午前十時に開きます。"),
    ("pin", "self", "2026-11-29T09:00", "いま、品川区役所と荏原第一地域センターが午後五時まで開いています。目黒行政サービスコーナーは、午前十時からです。"),
    ("pin", "self", "2026-11-29T14:55", "いま、品川区役所と荏原第一地域センターが午後五時まで開いています。午後三時までの窓口は、まもなく閉まります。"),
    ("pin", "self", "2026-05-03T18:00", "いまは、閉まっています。次に開くのは、五月七日、木曜日の午前八時半、荏原郵便局は午前十時です。"),
    ("pin", "self", "2026-11-20T18:00", "今日は、もう終わりました。次に開くのは、日曜日で、区役所と荏原第一センターが午前八時半、目黒コーナーが午前十時です。"),
    ("pin", "self", "2027-01-01T12:00", "今日は祝日で、お休みです。次に確かに開くのは、月曜日の午前八時半、荏原郵便局は午前十時です。"),
    ("pin", "legal", "2026-11-21T12:00", "今日は、お休みです。次に開くのは、明日、日曜日の午前八時半、目黒行政サービスコーナーは午前十時です。"),
    ("pin", "agent", "2026-11-24T18:00", "いま、どちらの窓口も、午後七時まで開いています。"),
    ("pin", "agent", "2026-11-29T08:30", "いま、品川区役所が午後五時まで開いています。目黒行政サービスコーナーは、午前十時からです。"),
    ("pin", "agent", "2026-11-29T14:55", "いま、品川区役所が午後五時まで開いています。午後三時までの窓口は、まもなく閉まります。"),
    ("pin", "household", "2026-11-25T12:00", "この場合に来てよいかは区のページにないので、来る前にお確かめください。"),
    ("suspension", "self", "2026-11-25T03:00", "一時停止の電話は、一日中、毎日、受け付けています。"),
    ("cancellation", "self", "2026-11-25T12:00", "この手続きの場所と時間は区のページにないので、来る前にお確かめください。"),
    ("found", "self", "2026-12-29T12:00", "受付時間は区のページにないので、来る前にお確かめください。ほかの手続きも、今日開いているかは、区のページにありません。"),
    ("found", "self", "2026-11-25T03:00", "受付時間は区のページにないので、来る前にお確かめください。ほかの手続きなら、このあと、午前八時半からです。"),
    ("found", "agent", "2026-11-25T12:00", "この場合に来てよいかは区のページにないので、来る前にお確かめください。"),
    ("reissue", "self", "2026-11-24T18:00", "窓口は、いま、午後七時まで開いています。"),
    ("reissue", "self", "2026-11-24T18:55", "窓口は、まもなく、午後七時に閉まります。次に開くのは、明日、水曜日の午前八時半です。"),
    ("reissue", "self", "2026-12-30T11:00", "今日は、年末年始のお休みです。次に開くのは、一月四日、月曜日の午前八時半です。"),
    ("reissue", "self", "2024-12-28T11:00", "今日は、お休みです。次に確かに開くのは、一月六日、月曜日の午前八時半です。"),
    ("reissue", "self", "2026-11-20T17:00", "今日は、もう終わりました。次に確かに開くのは、十一月二十四日、火曜日の午前八時半です。"),
    ("reissue", "self", "2026-05-03T12:00", "今日は祝日で、お休みです。次に開くのは、五月七日、木曜日の午前八時半です。"),
    ("reissue", "self", "2026-11-29T18:00", "いまは、閉まっています。次に開くのは、明日、月曜日の午前八時半です。"),
    ("reissue", "self", "2027-01-01T12:00", "今日は、年末年始のお休みです。次に開くのは、月曜日の午前八時半です。"),
    ("reissue", "legal", "2026-11-29T11:00", "今日開いているかは区のページにないので、お確かめください。次に確かに開くのは、明日、月曜日の午前八時半です。"),
    ("reissue", "household", "2026-11-25T12:00", "この場合に来てよいかは区のページにないので、来る前にお確かめください。"),
    ("address", "self", "2026-11-24T12:00", "受付時間は区のページにないので、来る前にお確かめください。ほかの手続きなら、いま、区役所と荏原第一センターが午後七時、ほかが午後五時までです。"),
    ("address", "self", "2026-11-24T18:00", "受付時間は区のページにないので、来る前にお確かめください。いまの時間は、区役所と荏原第一センターだけで、ほかの手続きなら、午後七時までです。"),
    ("address", "self", "2026-11-25T12:00", "受付時間は区のページにないので、来る前にお確かめください。ほかの手続きなら、いま、午後五時まで開いています。"),
    ("address", "self", "2026-11-21T12:00", "受付時間は区のページにないので、来る前にお確かめください。ほかの手続きなら、明日、日曜日の午前八時半、区役所と荏原第一センターです。"),
    ("address", "self", "2026-11-24T16:55", "受付時間は区のページにないので、来る前にお確かめください。ほかの手続きなら、区役所と荏原第一センターが午後七時、ほかはまもなく午後五時までです。"),
    ("address", "self", "2026-11-29T09:00", "受付時間は区のページにないので、来る前にお確かめください。いまの時間は、区役所と荏原第一センターだけで、ほかの手続きなら、午後五時までです。"),
    ("move-certificate", "self", "2026-11-25T12:00", ""),
    ("move-certificate", "household", "2026-11-29T14:55", "受付時間は区のページにないので、来る前にお確かめください。ほかの手続きなら、いま、午後五時まで開いています。"),
    ("certificate", "agent", "2026-12-31T03:00", "今日開いているかは区のページにないので、お確かめください。次に確かに開くのは、一月四日、月曜日の午前八時半です。"),
    ("certificate", "household", "2026-11-25T12:00", "この場合に来てよいかは区のページにないので、来る前にお確かめください。"),
    ("residence-period", "agent", "2026-12-31T18:00", "受付時間は区のページにないので、来る前にお確かめください。ほかの手続きなら一月四日、月曜日の午前八時半からは確かです。"),
    ("special-extension", "legal", "2026-11-23T12:00", "受付時間は区のページにないので、来る前にお確かめください。ほかの手続きなら、明日、火曜日の午前八時半からです。"),
    ("former-name", "self", "2026-05-02T12:00", "受付時間は区のページにないので、来る前にお確かめください。ほかの手続きなら五月七日、木曜日の午前八時半からは確かです。"),
    ("returned-notice", "self", "2026-11-25T16:57", "受付時間は区のページにないので、来る前にお確かめください。ほかの手続きなら、まもなく、午後五時に終わります。"),
]  # fmt: skip


@pytest.mark.parametrize(("procedure", "who", "moment", "heard"), CASES)
def test_a_caller_hears_what_holds_now(
    hours: Hours, at: Moment, procedure: ProcedureId, who: Who, moment: str, heard: str
) -> None:
    assert "".join(said.text for said in spoken_hours(hours, procedure, who, at(moment))) == heard


@pytest.fixture(scope="module")
def front_end(tmp_path_factory: pytest.TempPathFactory) -> FrontEnd:
    """Give the reader that the voices use, with the shipped lexicon."""
    root = Path(__file__).resolve().parents[2]
    return FrontEnd(lexicon.load(root), tmp_path_factory.mktemp("lexicon"))


def test_nothing_is_longer_than_a_caller_can_wait(hours: Hours, front_end: FrontEnd) -> None:
    ways = {way for said in every_way(hours).values() for way in said}
    seconds = {
        "".join(said.text for said in way): sum(count(front_end.kana(said.spoken)) for said in way) / MORAE_A_SECOND
        for way in ways
    }
    assert {words: length for words, length in seconds.items() if length > SECONDS} == {}
    assert {len(way) for way in ways} == {0, 1, 2}


def test_few_enough_sentences_to_make_beforehand(hours: Hours) -> None:
    listed = all_spoken_hours(hours)
    assert len(listed) == len({said.text for said in listed})
    assert len(listed) <= SENTENCES
    assert all(re.fullmatch(r"(?:[^。{}|0-9]+。){1,2}", part) for said in listed for part in said)


def test_the_turn_of_the_year_is_said_with_its_date(hours: Hours) -> None:
    listed = {said.text for said in all_spoken_hours(hours)}
    for weekday in "月火水木金":
        assert f"次に開くのは、一月四日、{weekday}曜日の午前八時半です。" in listed


def test_what_must_be_read_right_is_read_right(hours: Hours, front_end: FrontEnd) -> None:
    wanted = {
        "荏原第一": "エバラダイイチ",
        "目黒コーナー": "メグロコーナー",
        "郵便局": "ユービンキョク",
        "開いて": "アイテ",
        "開く": "ヒラク",
        "開きます": "ヒラキマス",
        "明日": "アシタ",
        "一月": "イチガツ",
        "午後七時": "ゴゴシチジ",
        "午前十時": "ゴゼンジュージ",
        "決まった": "キマッタ",
        "五月七日": "ゴガツナノカ",
        "九月二十四日": "クガツニジューヨッカ",
        "来る前に": "クルマエニ",
    }
    for said in all_spoken_hours(hours):
        kana = front_end.kana(said.spoken)
        assert {written: reading in kana for written, reading in wanted.items() if written in said.text} == {
            written: True for written in wanted if written in said.text
        }


@settings(max_examples=200, deadline=None)
@given(moment=any_moment, visit=any_visit)
def test_every_answer_was_listed_beforehand(hours: Hours, moment: datetime, visit: tuple[ProcedureId, Who]) -> None:
    assert spoken_hours(hours, *visit, moment) in spoken_ways(hours, *visit)


@settings(max_examples=300, deadline=None)
@given(moment=any_moment, visit=any_visit, data=st.data())
def test_every_answer_of_a_day_on_which_people_keep_one_counter_closed_was_listed_beforehand(
    hours: Hours, moment: datetime, visit: tuple[ProcedureId, Who], data: st.DataObject
) -> None:
    counter = hours.counters[data.draw(st.sampled_from(sorted(hours.counters)))]
    closing = closed_today(hours, counter, moment.date())
    assert set(spoken_hours(hours, *visit, moment, (closing,))) <= set(all_spoken_hours(hours))


@settings(max_examples=200, deadline=None)
@given(moment=any_moment, visit=any_visit)
def test_what_is_said_agrees_with_what_is_answered(
    hours: Hours, moment: datetime, visit: tuple[ProcedureId, Who]
) -> None:
    procedure, who = visit
    found = {
        offer.counter: answer(hours, hours.counters[offer.counter], procedure, who, moment)
        for offer in hours.serving(procedure, who)
    }
    heard = [said.text for said in spoken_hours(hours, procedure, who, moment)]
    if not found:
        assert len(heard) <= 1
    elif any(one.basis == "other-section" for one in found.values()):
        assert heard[0] == hours.sentences["elsewhere"].text
        assert {one.open for one in found.values()} <= {None, False}
        _Reading(hours, found, moment).agrees_elsewhere(heard[1])
    else:
        _Reading(hours, found, moment).agrees("".join(heard))


hours_of_a_day = st.sampled_from([time(8, 30), time(10), time(11, 30), time(15), time(16), time(17), time(19)])
some_closings = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sets(
            st.sampled_from(["ward-office", "main-hall", "second-hall", "yashio", "ebara-1", "meguro"]), max_size=2
        ),
        st.lists(hours_of_a_day, min_size=2, max_size=2, unique=True) | st.just([]),
    ),
    min_size=1,
    max_size=2,
)


@settings(max_examples=60, deadline=None)
@given(
    days=st.integers(0, 13),
    minutes=st.integers(0, 1439),
    visit=any_visit,
    rows=some_closings,
)
def test_with_closings_too_what_is_said_was_listed_and_agrees(
    hours: Hours,
    days: int,
    minutes: int,
    visit: tuple[ProcedureId, Who],
    rows: list[tuple[int, set[str], list[time]]],
) -> None:
    """Two weeks, of which closings shut parts: halls, centres, everything, whole days or hours of them."""
    moment = datetime(2026, 11, 16, tzinfo=TOKYO) + timedelta(days=days, minutes=minutes)
    says = Words("休みの知らせです。", "休みの知らせです。")
    closings = tuple(
        Closing(day, day, frozenset(counters), frozenset(), says, 0, ((min(span), max(span)),) if span else ())
        for ahead, counters, span in rows
        for day in (moment.date() + timedelta(days=ahead),)
    )
    heard = spoken_hours(hours, *visit, moment, closings)
    assert heard in spoken_ways(hours, *visit, closings)
    found = {
        offer.counter: answer(hours, hours.counters[offer.counter], *visit, moment, closings)
        for offer in hours.serving(*visit)
    }
    plain = [said.text for said in heard if said != says]
    if found and not any(not offer.own for offer in hours.serving(*visit)):
        _Reading(hours, found, moment).agrees("".join(plain))
    elif found:
        assert plain[0] == hours.sentences["elsewhere"].text
        for said in plain[1:]:
            _Reading(hours, found, moment).agrees_elsewhere(said)


@settings(max_examples=50, deadline=None)
@given(moment=any_moment, part=st.integers(0, 99), visit=any_visit)
def test_nothing_changes_between_the_moments_of_change(
    hours: Hours, moment: datetime, part: int, visit: tuple[ProcedureId, Who]
) -> None:
    following = changes(hours, moment, moment + timedelta(days=1))[0]
    later = moment + (following - moment) * part / 100
    assert moment <= later < following
    assert spoken_hours(hours, *visit, later) == spoken_hours(hours, *visit, moment)
    for counter in hours.counters.values():
        assert answer(hours, counter, *visit, later) == answer(hours, counter, *visit, moment)


def test_the_moments_of_change_of_a_tuesday(hours: Hours, at: Moment) -> None:
    found = changes(hours, at("2026-11-24T00:00"), at("2026-11-25T00:00"))
    assert [f"{moment:%d %H:%M}" for moment in found] == [
        *(f"24 {written}" for written in ("08:30", "10:00", "15:55", "16:00", "16:55", "17:00", "18:55", "19:00")),
        "25 00:00",
    ]


def test_statuses_for_whoever_needs_more_than_words(hours: Hours, at: Moment) -> None:
    found = {each.counter.id: each for each in statuses(hours, "pin", "self", at("2026-11-24T18:00"))}
    assert {name: (each.until, each.next and f"{each.next:%d %H:%M}") for name, each in found.items()} == {
        "ward-office": (time(19), "25 08:30"),
        "shinagawa-1": (None, "25 08:30"),
        "osaki-1": (None, "25 08:30"),
        "oi-1": (None, "25 08:30"),
        "ebara-1": (time(19), "25 08:30"),
        "ebara-4": (None, "25 08:30"),
        "yashio": (None, "25 08:30"),
        "meguro": (time(19), "25 08:30"),
        "post-office": (None, "25 10:00"),
    }


def test_the_facts_that_today_speaks(hours: Hours) -> None:
    late = {f"hours_late_{day}_{part}" for day in ("weekday", "tuesday", "sunday") for part in ("opens", "closes")}
    meguro = {name.replace("late", "meguro") for name in late}
    weekdays = {"hours_weekdays_weekday_opens", "hours_weekdays_weekday_closes"}
    post_office = {"hours_post_office_weekday_opens", "hours_post_office_weekday_closes"}
    reissue = {f"hours_reissue_{day}_{part}" for day in ("unnamed", "tuesday") for part in ("opens", "closes")}
    centres = {f"counter_{name}" for name in ("shinagawa_1", "osaki_1", "oi_1", "ebara_1", "ebara_4", "yashio")}
    office, year_end = "counter_ward_office", "national_year_end"
    full = {
        *late,
        *meguro,
        *weekdays,
        *post_office,
        *centres,
        office,
        "counter_meguro",
        "counter_post_office",
        year_end,
    }
    two = {*late, *meguro, office, "counter_meguro", year_end}
    register = {*late, *weekdays, office, "counter_ebara_1", year_end}  # the other centres are only ほか
    wanted: dict[str, list[set[str]]] = {
        "suspension": [set()] * 4,
        "cancellation": [set()] * 4,
        "found": [{*late, year_end}, set(), set(), set()],
        "reissue": [{*reissue, year_end}] * 3 + [set()],
        "pin": [full, two, two, set()],
        "name": [register] * 4,
        "address": [register] * 4,
        "move-certificate": [set(), set(), set(), {*late, year_end}],
        "certificate": [full, two, two, set()],
        "residence-period": [{*late, year_end}] * 4,
        "special-extension": [{*late, year_end}] * 4,
        "former-name": [register, set(), register, register],
        "returned-notice": [{*late, year_end}] * 3 + [set()],
    }
    assert {name: [set(hours.spoken_facts(name, who)) for who in WHO] for name in PROCEDURES} == wanted


def test_what_is_said_to_be_spoken_is_spoken(hours: Hours) -> None:
    """Each fact is heard in some answer; centres may be heard as the group that they belong to."""
    facts = {fact.id: fact.value.words("").text for fact in hours.facts()}
    group = hours.groups[0]
    others = {counter.spoken.text: {counter.short.text} for counter in hours.counters.values()}
    for counter in group.counters:
        others[hours.counters[counter].spoken.text].add(group.spoken.text)
    for procedure in PROCEDURES:
        for who in WHO:
            heard = "".join(said.text for way in spoken_ways(hours, procedure, who) for said in way)
            for fact in hours.spoken_facts(procedure, who) - {"national_year_end"}:
                assert any(words in heard for words in {facts[fact], *others.get(facts[fact], ())}), (procedure, fact)


class _Reading:
    """Reads the sentences back, by their words alone, and holds them against the answers."""

    def __init__(self, hours: Hours, found: dict[str, Answer], moment: datetime) -> None:
        self.found = found
        self.now = moment.astimezone(TOKYO)
        self.open = {name: end for name, one in found.items() if one.open is not False and (end := _end(one, self.now))}
        self.names = {
            said.text: {counter.id} for counter in hours.counters.values() for said in (counter.spoken, counter.short)
        }
        self.group = hours.groups[0].spoken.text
        self.centres = set(hours.groups[0].counters) & set(found)

    @property
    def soon(self) -> set[str]:
        return {name for name, end in self.open.items() if end - self.now <= timedelta(minutes=5)}

    def agrees_elsewhere(self, heard: str) -> None:
        """Check the hours that the counters keep for other things."""
        if not self.open:
            assert "いま、" not in heard
            return
        assert ("まもなく" in heard) == bool(self.soon)
        ends = {name: end.time() for name, end in self.open.items()}
        if match := re.match(r"いまの時間は、(.+)だけで、ほかの手続きなら、(.+)までです。", heard):
            assert dict.fromkeys(self._named(match[1], set()), _clock(match[2])) == ends
            assert set(ends) < set(self.found)
        elif match := re.match(r"ほかの手続きなら、(?:いま、)?(.+)、ほか(?:が|はまもなく)(.+)までです。", heard):
            said = self._times(match[1], "が", "")
            assert {**dict.fromkeys(self.found, _clock(match[2])), **said} == ends
        elif match := re.match(r"ほかの手続きなら、(?:いま|まもなく)、(.+)(?:まで開いています|に終わります)。", heard):
            assert set(ends.values()) == {_clock(match[1])}
            assert "まもなく" in heard or set(ends) == set(self.found)
        else:
            pytest.fail(heard)

    def agrees(self, heard: str) -> None:
        soon = self.soon
        if match := re.match(r"いま、(?!ど)(.+?)開いています。", heard):
            said = self._times(match[1], "が", "まで")
            assert said == {name: end.time() for name, end in self.open.items() if name not in soon}
            assert ("まもなく閉まります" in heard) == bool(soon)
        elif match := re.match(r"(?:いま、ど(?:ちら|)の窓口も|窓口は、いま)、(.+?)まで開いています。$", heard):
            assert self.open == {name: _on(self.now, _clock(match[1])) for name in self.found}
            assert not soon
        elif match := re.match(r"窓口は、まもなく、(.+?)に閉まります。", heard):
            assert soon == set(self.open)
            assert {end.time() for end in self.open.values()} == {_clock(match[1])}
        else:
            assert self.open == {}
            assert heard.startswith("今日開いているか") <= any(one.basis == "none" for one in self.found.values())
        self._following(heard)

    def _following(self, heard: str) -> None:
        nexts = {name: one.next for name, one in self.found.items() if one.next}
        if match := re.search(r"次に(?:確かに)?開くのは、(.+?)(?:で、|の午)", heard):
            day = self._day(match[1])
            assert day == min(nexts.values()).date()
            wanted = {name: moment.time() for name, moment in nexts.items() if moment.date() == day}
            rest = heard[match.end(1) :]
            listed = self._next_times(rest, set(wanted))
            assert listed.items() <= wanted.items()
            assert min(wanted.values()) in listed.values()
        elif match := re.search(r"このあと、(.+)開きます。", heard):
            today = {name: moment.time() for name, moment in nexts.items() if moment.date() == self.now.date()}
            whole = dict.fromkeys(self.found, _clock(match[1][:-1])) if "が" not in match[1] else None
            assert (whole or self._times(match[1], "が", "に")) == today
        elif match := re.search(r"。(.+)は、次は(.+?曜日)です。$", heard):
            names = set(self.found) - set(self.open) if match[1] == "ほかの窓口" else self._named(match[1], set())
            assert {nexts[name].date() for name in names} == {self._day(match[2])}

    def _next_times(self, rest: str, everyone: set[str]) -> dict[str, time]:
        if rest.startswith("で、"):
            return self._times(rest.removeprefix("で、").removesuffix("です。"), "が", "")
        first, _, late = rest.removeprefix("の").removesuffix("です。").partition("、")
        if late and "は午" not in late:
            return dict.fromkeys(self._named(late, set()), _clock(first))
        later = self._times(late, "は", "") if late else {}
        return {**dict.fromkeys(everyone, _clock(first)), **later}

    def _times(self, said: str, particle: str, after: str) -> dict[str, time]:
        found: dict[str, time] = {}
        for names, clock in re.findall(rf"(.+?){particle}((?:午|正).+?(?:時|半|分|正午)(?!半)){after}(?:、|$)", said):
            for name in self._named(names, set(found)):
                found[name] = _clock(clock)
        return found

    def _named(self, said: str, before: set[str]) -> set[str]:
        names: set[str] = set()
        for part in re.split(r"、|と", said):
            counter, without, group = part.rpartition("以外の")
            if part in self.names:
                names |= self.names[part]
            elif without:
                assert group in {self.group, f"ほかの{self.group}"}
                names |= self.centres - before - names - self.names[counter]
            else:
                assert part in {self.group, f"ほかの{self.group}"}
                assert part.startswith("ほかの") == bool(self.centres & (before | names))
                names |= self.centres - before - names
        return names

    def _day(self, said: str) -> date:
        ahead = {}
        for gap in range(1, 15):
            day = self.now.date() + timedelta(days=gap)
            weekday = "月火水木金土日"[day.weekday()] + "曜日"
            far = f"{day_words(day.month, day.day)}、{weekday}"
            ahead[f"明日、{weekday}" if gap == 1 else weekday if gap < 4 else far] = day
        return ahead[said]


def _clock(said: str) -> time:
    return next(moment for moment in HALF_HOURS if clock_words(moment) == said)


def _on(now: datetime, moment: time) -> datetime:
    return datetime.combine(now.date(), moment, TOKYO)


def _end(one: Answer, now: datetime) -> datetime | None:
    return next((_on(now, end) for begin, end in one.today if begin <= now.time() < end), None)
