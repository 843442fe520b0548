"""Tables that must be refused: every finding with its file and line, all at once."""
# ruff: noqa: E501  (one case is one line)

from __future__ import annotations

import re
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ivr import hours as counter_hours
from ivr.hours.wording import SENTENCES

if TYPE_CHECKING:
    from conftest import Tables

    from ivr.hours import Hours

ROOT = Path(__file__).resolve().parents[2]
COUNTERS, CLOSED = "flows/counters.yaml", "flows/closed_days.yaml"

SPOILED = [
    ("  meguro:\n    weekday: 08:30-17:00", "  meguro:\n    weekday: 17:00-08:30", 1, "hours.meguro.weekday: 17:00-08:30 ends before it begins"),
    ("weekday: 10:00-16:00", "weekday: 10:00-13:00, 12:00-16:00", 0, "hours.post_office.weekday: the hours overlap or touch at 12:00"),
    ("weekday: 10:00-16:00", "weekday: 10:00-13:00, 13:00-16:00", 0, "hours.post_office.weekday: the hours overlap or touch at 13:00"),
    ("weekday: 10:00-16:00", "weekday: 10:00-10:00", 0, "hours.post_office.weekday: 10:00-10:00 ends when it begins"),
    ("weekday: 10:00-16:00", "weekday: 10:00", 0, "hours.post_office.weekday: '10:00' are not hours like 08:30-17:00"),
    ("weekday: 10:00-16:00", "weekday: 10-16", 0, "hours.post_office.weekday: '10' is not a time like 08:30"),
    ("    unnamed: 08:30-17:00\n", "    unnamed: 08:30-17:00\n    weekday: 08:30-17:00\n", -1, "hours.reissue: hours either name days (weekday) or none (unnamed)"),
    ("closed: [saturday, holiday, year-end]", "closed: [saturday, holidays, year-end]", 0, "hours.reissue.closed.1: there is no day 'holidays'; did you mean 'holiday'? There are: monday, tuesday, wednesday, thursday, friday, saturday, sunday, holiday, year-end"),
    ("closed: [saturday, holiday, year-end]", "closed: saturday", 0, "hours.reissue.closed: must be a list like [sunday]"),
    ("          - counters: [post-office]\n            hours: post_office\n            lines: {97", "          - counters: [postoffice]\n            hours: post_office\n            lines: {97", 0, "procedures.pin.who.self.places.3.counters.0: there is no counter 'postoffice'; did you mean 'post-office'? There are: ward-office, main-hall, second-hall, shinagawa-1, osaki-1, oi-1, ebara-1, ebara-4, yashio, meguro, post-office"),
    ("            hours: post_office\n            lines: {97", "            hours: postoffice\n            lines: {97", 0, "procedures.pin.who.self.places.3.hours: there is no set of hours 'postoffice'; did you mean 'post_office'? There are: late, weekdays, meguro, post_office, reissue"),
    ("            hours: post_office\n            lines: {97", "            hours: post_office\n            other_hours: late\n            lines: {97", -1, "procedures.pin.who.self.places.3: has hours of its own and hours of other procedures: keep one"),
    ("          - counters: [second-hall]\n            hours: reissue", "          - counters: [second-hall]\n            other_hours: meguro", 1, "procedures.reissue.who.self.places.0.other_hours: no procedure gives second-hall the hours meguro"),
    ("          - counters: [second-hall]", "          - counters: [second-hall, ward-office]", -2, "procedures.reissue.who.self: names ward-office and one of its halls: name either"),
    ("          - counters: [second-hall]", "          - counters: [second-hall, second-hall]", 0, "procedures.reissue.who.self.places.0.counters.1: second-hall stands twice"),
    ("    place: 本庁舎三階の戸籍住民課", "    place: '{本庁舎}三階'", 0, "counters.main-hall.place: '{本庁舎}三階': a reading is written {漢字|かんじ}, in kana"),
    ("    also: [目黒サービスコーナー]", "    also: [区役所]", -2, "counters.meguro: '区役所' also names ward-office"),
    ("    halls: [main-hall, second-hall]", "    halls: [main-hall, third-hall]", 0, "counters.ward-office.halls.1: there is no counter 'third-hall'; there are: ward-office, main-hall, second-hall, shinagawa-1, osaki-1, oi-1, ebara-1, ebara-4, yashio, meguro, post-office"),
    ("year_end: national_year_end", "year_end: reissue_fee", 0, "year_end: 'reissue_fee' is not a fact of type year_days"),
    ("  now_one: 窓口は、いま、{time}まで", "  now_one: 窓口は、いま、{tome}まで", 0, "sentences.now_one: needs exactly these blanks: {time}"),
    ("  today: 今日\n", "  todai: 今日\n", 0, f"sentences.todai: there is no sentence 'todai'; did you mean 'today'? There are: {', '.join(SENTENCES)}"),
    ("    says: 一時停止の電話は", "    say: 一時停止の電話は", 0, "procedures.suspension.say: is not known here; did you mean 'says'? Fields here: name, section, says, who"),
    ("      household: {like: agent, why: 世帯の人が来るときのことが書かれていない}\n  pin:", "      household: {like: household, why: それ自身}\n  pin:", 0, "procedures.reissue.who.household.like: like: household must itself say its places"),
    ("      household: {like: agent, why: 世帯の人が来るときのことが書かれていない}\n  pin:", "      family: {like: agent, why: 世帯の人}\n  pin:", 0, "procedures.reissue.who.family: there is no kind of visitor 'family'; there are: self, legal, agent, household"),
    ("  found:\n    name: 一時停止のあとに見つかったとき", "  finding:\n    name: 一時停止のあとに見つかったとき", 0, "procedures.finding: there is no procedure 'finding'; there are: suspension, cancellation, found, reissue, pin, name, address, move-certificate, certificate, residence-period, special-extension, former-name, returned-notice"),
    ("  yashio:\n    name: 八潮地域センター", "  yashio:\n    nam: 八潮地域センター", 1, "counters.yashio.nam: is not known here; did you mean 'name', which is missing? Fields here: name, also, spoken, short, place, halls"),
    ("  meguro:\n    name:", "  Meguro:\n    name:", 0, "counters.Meguro: use small letters, digits and hyphens"),
    ("    counters: [shinagawa-1, osaki-1, oi-1, ebara-1, ebara-4, yashio]\n\n", "    counter: [shinagawa-1]\n\n", 0, "groups.centres.counter: is not known here; did you mean 'counters', which is missing? Fields here: spoken, counters"),
    ("  post_office:\n    weekday:", "  post-office:\n    weekday:", 0, "hours.post-office: use small letters, digits and underscores"),
    ("    weekday: 10:00-16:00", "    workday: 10:00-16:00", 0, "hours.post_office.workday: there is no day 'workday'; there are: monday, tuesday, wednesday, thursday, friday, saturday, sunday, weekday, unnamed"),
    ("    weekday: 10:00-16:00", "    weekday: 10:00-16:00\n    saturday: ''", 1, "hours.post_office.saturday: '' are not hours like 08:30-17:00"),
    ('        others: {offered: "no", basis: word, why: 場所は区役所と書かれている}\n', "", -5, "procedures.found.who.self: needs places and others, or like"),
    ('        others: {offered: "no", basis: word, why: 場所は区役所と書かれている}\n', "        other: {}\n", 0, "procedures.found.who.self.other: is not known here; did you mean 'others'? Fields here: like, why, places, others, lines"),
    ("      household: {like: agent, why: 世帯の人が来るときのことが書かれていない}\n  pin:", "      household: {like: agent}\n  pin:", 0, "procedures.reissue.who.household: like stands alone, with a why"),
    ("          - counters: [second-hall]\n", "          - {counters: [main-hall], other_hours: late, lines: {49: 0000000000000000}}\n          - counters: [second-hall]\n", -2, "procedures.reissue.who.self: the halls differ in their hours"),
    ("  now_all: いま、どの窓口も、{time}", "  now_all: いま、どの窓口も、{time", 0, "sentences.now_all: needs exactly these blanks: {time}"),
    ('  tomorrow: "{明日|あした}、{weekday}"', '  tomorrow: "{明日}、{weekday}"', 0, "sentences.tomorrow: needs exactly these blanks: {weekday}"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "offset", "text"), SPOILED)
def test_a_spoiled_table_is_refused(tables: Tables, old: str, new: str, offset: int, text: str) -> None:
    line = tables.spoil(old, new)
    found = tables.findings()
    if text not in [words for _, _, words in found]:
        pytest.fail(f"{text!r} not in {found}")
    if offset > -5:
        assert (COUNTERS, line + offset, text) in found


def test_a_place_needs_lines_of_the_page(tables: Tables) -> None:
    path = tables.root / COUNTERS
    text = path.read_text("utf-8")
    path.write_text(re.sub(r"lines: \{122: \w+\}", "lines: {}", text), "utf-8")
    line = text[: re.search(r"lines: \{122: ", text).start()].count("\n") + 1  # type: ignore[union-attr]
    place = "procedures.pin.who.legal.places.0"
    assert tables.findings() == [(COUNTERS, line - 2, f"{place}: names no line of the page")]


def test_a_file_of_another_shape(tables: Tables) -> None:
    (tables.root / CLOSED).write_text("closed: 2026-12-05\n", "utf-8")
    assert tables.findings() == [(CLOSED, 1, "closed: must be a list: [one, two], or lines that begin with '- '")]


def test_no_closed_days_at_all(tables: Tables) -> None:
    (tables.root / CLOSED).write_text("# nothing\n", "utf-8")
    assert tables.load().closings == ()


def test_nothing_is_reported_but_the_one_thing_that_is_wrong(tables: Tables) -> None:
    line = tables.spoil("weekday: 10:00-16:00", "weekday: 16:00-10:00")
    assert tables.findings() == [(COUNTERS, line, "hours.post_office.weekday: 16:00-10:00 ends before it begins")]


def test_both_files_are_reported_at_once(tables: Tables) -> None:
    line = tables.spoil("weekday: 10:00-16:00", "weekday: 16:00-10:00")
    (tables.root / CLOSED).write_text("closed:\n- {day: 2026-02-30, says: 今日はお休みです。}\n", "utf-8")
    assert tables.findings() == [
        (CLOSED, 2, "closed.0.day: '2026-02-30' is not a date like 2026-11-24 that the calendar has"),
        (COUNTERS, line, "hours.post_office.weekday: 16:00-10:00 ends before it begins"),
    ]


def test_a_line_with_another_hash_than_in_the_facts(tables: Tables) -> None:
    text = (tables.root / COUNTERS).read_text("utf-8")
    start = text.index("lines: {122: ") + len("lines: {122: ")
    (tables.root / COUNTERS).write_text(text[:start] + "0" * 16 + text[start + 16 :], "utf-8")
    line = text[:start].count("\n") + 1
    wrong = "procedures.pin.who.legal.places.0.lines.122: line 122 has another hash elsewhere: one of the two is wrong"
    assert (COUNTERS, line, wrong) in tables.findings()


PROCEDURES = "suspension, cancellation, found, reissue, pin, name, address, move-certificate, certificate, residence-period, special-extension, former-name, returned-notice"
COUNTER_NAMES = "品川区役所, 品川区役所本庁舎3階 戸籍住民課, 品川区役所第二庁舎3階 交付特設会場, 品川第一地域センター, 大崎第一地域センター, 大井第一地域センター, 荏原第一地域センター, 荏原第四地域センター, 八潮地域センター, 目黒行政サービスコーナー, 荏原郵便局"
NO_SENTENCE = "closed.0.says: must be a whole sentence that ends with 。"
BAD_CLOSINGS = [
    ("day: 2026-02-30, says: 今日はお休みです。", "closed.0.day: '2026-02-30' is not a date like 2026-11-24 that the calendar has"),
    ("day: 2027-02-30, says: 今日はお休みです。", "closed.0.day: '2027-02-30' is not a date like 2026-11-24 that the calendar has"),
    ("day: 2027-02-28..2027-02-29, says: 今日はお休みです。", "closed.0.day: '2027-02-29' is not a date like 2026-11-24 that the calendar has"),
    ("day: 2026-12-05.., says: 今日はお休みです。", "closed.0.day: '' is not a date like 2026-11-24 that the calendar has"),
    ("day: 2026-12-05..2026-12-04, says: 今日はお休みです。", "closed.0.day: 2026-12-05..2026-12-04 ends before it begins"),
    ("day: 1026-12-05, says: 今日はお休みです。", "closed.0.day: national holidays are known from 1950 to 2098 only"),
    ("day: 2026-12-05..2036-12-06, says: 今日はお休みです。", "closed.0.day: 2026-12-05..2036-12-06 is longer than 366 days: change the hours in counters.yaml instead"),
    ("day: 2026-12-08, hours: 19:00-17:00, says: 今日はお休みです。", "closed.0.hours: 19:00-17:00 ends before it begins"),
    ("day: 2026-12-08, hours: 17:00-17:00, says: 今日はお休みです。", "closed.0.hours: 17:00-17:00 ends when it begins"),
    ("day: 2026-12-08, hours: 17:00, says: 今日はお休みです。", "closed.0.hours: '17:00' are not hours like 08:30-17:00"),
    ("day: 2026-12-08, hours: '', says: 今日はお休みです。", "closed.0.hours: '' are not hours like 08:30-17:00"),
    ("day: 2026-12-08, hours: 17:00-24:00, says: 今日はお休みです。", "closed.0.hours: '24:00' is not a time like 08:30"),
    ("day: 2026-12-08, hours: '10:00-12:00, 11:00-13:00', says: 今日はお休みです。", "closed.0.hours: the hours overlap or touch at 11:00"),
    ("day: 2026-12-08, hours: [17:00-19:00], says: 今日はお休みです。", "closed.0.hours: must be one piece of text, not a list and no fields"),
    ("day: 2026-12-05, says: 今日はお休みです", NO_SENTENCE),
    ("day: 2026-12-05, says: ''", NO_SENTENCE),
    ("day: 2026-12-05, says: 。", NO_SENTENCE),
    ("day: 2026-12-05", "closed.0.says: is missing; fields here: day, hours, counters, procedures, says"),
    ("day: 2026-12-05, time: 17:00-19:00, says: 今日はお休みです。", "closed.0.time: is not known here; fields here: day, hours, counters, procedures, says"),
    ("day: 2026-12-05, procedures: [pins], says: 今日はお休みです。", f"closed.0.procedures.0: there is no procedure 'pins'; did you mean 'pin'? There are: {PROCEDURES}"),
    ("day: 2026-12-05, counters: [地域センター], says: 今日はお休みです。", f"closed.0.counters.0: there is no counter '地域センター'; did you mean '八潮地域センター'? There are: {COUNTER_NAMES}, 係の電話"),
    ("day: 2026-12-05, counters: [係の電話], procedures: [pin], says: 今日はお休みです。", "closed.0.procedures: the telephone 係の電話 is for every procedure: write a line of its own, without procedures"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "text"), BAD_CLOSINGS)
def test_a_bad_closed_day(tables: Tables, row: str, text: str) -> None:
    (tables.root / CLOSED).write_text(f"closed:\n- {{{row}}}\n", "utf-8")
    assert tables.findings() == [(CLOSED, 2, text)]


def test_a_closing_that_stands_twice(tables: Tables) -> None:
    (tables.root / CLOSED).write_text(
        "closed:\n"
        "- {day: 2026-12-07..2026-12-09, counters: [目黒行政サービスコーナー], says: 今日はお休みです。}\n"
        "- {day: 2026-12-08, counters: [meguro], hours: 17:00-19:00, says: 今日は、延長はありません。}\n"
        "- {day: 2026-12-08, hours: 17:00-19:00, says: 今日は、延長はありません。}\n"
        "- {day: 2026-12-08, hours: 08:30-17:00, says: 今日は、夜だけです。}\n"
        "- {day: 2026-12-10, counters: [meguro], says: 今日はお休みです。}\n",
        "utf-8",
    )
    wrong = "closed.1: overlaps the closing on line 2, which names the same counters and procedures"
    assert tables.findings() == [(CLOSED, 3, wrong)]


def test_the_shipped_file_closes_nothing_but_its_examples_load(tables: Tables) -> None:
    text = (tables.root / CLOSED).read_text("utf-8")
    assert tables.load().closings == ()
    examples = [line.removeprefix("# - ") for line in text.splitlines() if line.startswith("# - ")]
    table = tables.close(*examples)
    assert [
        (closing.first, closing.last, closing.hours, sorted(closing.counters), sorted(closing.procedures))
        for closing in table.closings
    ] == [
        (date(2026, 12, 9), date(2026, 12, 9), (), ["meguro"], []),
        (date(2026, 12, 8), date(2026, 12, 8), ((time(17), time(19)),), [], []),
        (date(2027, 1, 16), date(2027, 1, 17), (), [], ["certificate", "pin", "reissue"]),
    ]
    assert counter_hours.warnings(table, date(2026, 11, 24)) == []


def test_a_closed_day_that_has_passed_is_a_warning(tables: Tables) -> None:
    table = tables.close(
        "{day: 2026-12-05, says: 今日はお休みです。}", "{day: 2026-12-06..2026-12-08, says: 今日はお休みです。}"
    )
    assert [str(finding) for finding in counter_hours.warnings(table, date(2026, 12, 8))] == [
        "flows/closed_days.yaml:2: warning: this closing ended on 2026-12-05: the line can go"
    ]


@pytest.mark.parametrize(
    ("row", "useless"),
    [
        ("day: 2026-12-05, counters: [meguro]", True),  # a Saturday
        ("day: 2026-12-05..2026-12-06, counters: [meguro]", False),
        ("day: 2026-12-09, hours: 17:00-19:00", True),  # no Tuesday
        ("day: 2026-12-08, hours: 17:00-19:00", False),
        ("day: 2026-12-08, hours: 17:00-19:00, counters: [八潮地域センター]", True),
        ("day: 2026-12-31, procedures: [reissue]", True),
        ("day: 2026-12-31, procedures: [pin]", False),  # the page leaves it open
        ("day: 2026-12-09, procedures: [cancellation]", True),
        ("day: 2026-12-09, procedures: [name]", False),  # it is open for other things
        ("day: 2026-12-09, counters: [第二庁舎], procedures: [pin]", False),
    ],
)
def test_a_closing_that_changes_nothing_is_a_warning(tables: Tables, row: str, useless: bool) -> None:  # noqa: FBT001
    table = tables.close(f"{{{row}, says: 今日はお休みです。}}")
    found = [str(finding) for finding in counter_hours.warnings(table, date(2026, 11, 24))]
    wrong = "this closing changes nothing: what it names is not open then anyway; is the day right?"
    assert found == ([f"flows/closed_days.yaml:2: warning: {wrong}"] if useless else [])


def test_counters_and_hours_are_facts_of_their_own(hours: Hours) -> None:
    found = {fact.id: fact for fact in hours.facts()}
    assert {name: found[name].value.words("") for name in ("counter_meguro", "place_main_hall")} == {
        "counter_meguro": ("目黒行政サービスコーナー", "目黒行政サービスコーナー"),
        "place_main_hall": ("本庁舎三階の戸籍住民課", "本庁舎三階の戸籍住民課"),
    }
    assert {name: found[name].value.words("").text for name in found if name.startswith("hours_meguro")} == {
        "hours_meguro_weekday_opens": "午前八時半",
        "hours_meguro_weekday_closes": "午後五時",
        "hours_meguro_tuesday_opens": "午前八時半",
        "hours_meguro_tuesday_closes": "午後七時",
        "hours_meguro_sunday_opens": "午前十時",
        "hours_meguro_sunday_closes": "午後三時",
    }
    assert sorted(found["hours_reissue_unnamed_opens"].lines) == [49, 50, 51]
    assert all(fact.section and fact.lines for fact in found.values())


def test_a_fact_of_the_tables_has_the_section_that_names_it_first(hours: Hours) -> None:
    found = {fact.id: (fact.section, min(fact.lines)) for fact in hours.facts()}
    centres = ("shinagawa_1", "osaki_1", "oi_1", "ebara_4", "yashio")
    assert {name: place for name, place in found.items() if not name.startswith("hours_")} == {
        "counter_ward_office": ("1", 27),
        **dict.fromkeys(("counter_main_hall", "place_main_hall"), ("3", 122)),
        **dict.fromkeys(("counter_second_hall", "place_second_hall"), ("2", 49)),
        **{f"counter_{centre}": ("3", 101) for centre in centres},
        "counter_ebara_1": ("3", 100),
        "counter_meguro": ("3", 103),
        "counter_post_office": ("3", 97),
    }
    assert {name.split("_")[1]: place for name, place in found.items() if name.startswith("hours_")} == {
        "late": ("3", 100),
        "weekdays": ("3", 101),
        "meguro": ("3", 103),
        "post": ("3", 97),
        "reissue": ("2", 49),
    }


def test_every_line_that_the_table_stands_on(hours: Hours) -> None:
    written = re.findall(r"(\d+): ([0-9a-f]{16})", (ROOT / COUNTERS).read_text("utf-8"))
    assert {(str(number), digest) for number, digest in hours.lines.items()} == set(written)
