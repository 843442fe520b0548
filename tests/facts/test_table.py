"""The table: what is loaded, and what is refused with its line."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import pytest

from ivr.facts import REASONS, Fact, Facts, Phone, Text, Uncovered, Words, as_json, line_hash

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = """\
checked: 2026-11-24
facts:
  page_date: {type: date, value: 2024-09-01, section: contents, lines: {2: 0123456789abcdef}}
"""
ROW = "  a: {type: yen, value: 1000, section: 2, lines: {40: 0123456789abcdef}}\n"


def test_the_two_numbers_that_callers_need(shipped: Facts) -> None:
    assert shipped.phone("suspension_phone") == Phone("0120-95-0178", "+81120950178")
    assert shipped.phone("ward_phone") == Phone("03-5742-6660", "+81357426660")
    assert shipped.speak("ward_fax") == ("03-5709-7625", "ゼロサン、ゴーナナゼロキュウ、ナナロクニーゴー")


def test_rules_that_look_alike_are_facts_of_their_own(shipped: Facts) -> None:
    said = {
        name: shipped.speak(name).text
        for name in ("address_since_living", "address_since_planned", "address_since_notice", "pin_agent_deadline")
    }
    assert said == {
        "address_since_living": "十四日",
        "address_since_planned": "三十日",
        "address_since_notice": "九十日",
        "pin_agent_deadline": "三十日",
    }


def test_the_date_of_the_page(shipped: Facts) -> None:
    assert shipped.page_date == date(2024, 9, 1)
    assert shipped.speak("page_date", "western").text == "二千二十四年九月一日"


def test_every_fact_of_the_page_has_lines_and_every_other_a_source(shipped: Facts) -> None:
    assert {bool(fact.lines) != bool(fact.source) for fact in shipped} == {True}
    assert {fact.id for fact in shipped if fact.source} == {
        "national_year_end",
        "national_signature_certificate",
        "national_user_certificate",
    }


def test_every_open_place_is_explained_once_in_both_languages(shipped: Facts) -> None:
    assert len({place.id for place in shipped.unsettled}) == len(shipped.unsettled)
    assert all(place.lines and place.ja.endswith("。") and place.en.endswith(".") for place in shipped.unsettled)
    assert set(Counter(place.section for place in shipped.unsettled)) == {*map(str, range(1, 12)), "contact"}


def test_one_line_of_the_page_has_one_hash(shipped: Facts) -> None:
    hashes = {}
    for row in (*shipped, *shipped.unsettled):
        for number, digest in row.lines.items():
            assert hashes.setdefault(number, digest) == digest
    assert len(set(hashes.values())) > len(hashes) // 2


def test_a_line_is_known_by_its_words_without_the_blanks_around_them() -> None:
    assert line_hash(" 電話:03-5742-6660\n") == line_hash("電話:03-5742-6660") == "a2bb3fb0029646e3"


def test_unknown_facts_and_forms(shipped: Facts) -> None:
    with pytest.raises(KeyError):
        shipped.speak("nothing")
    with pytest.raises(ValueError, match="reissue_fee cannot be said as 'slow': it has no form but the plain one"):
        shipped.speak("reissue_fee", "slow")
    with pytest.raises(ValueError, match="reissue_fee is not a telephone number"):
        shipped.phone("reissue_fee")
    assert "reissue_fee" in shipped
    assert "nothing" not in shipped


def test_joined_tables_speak_the_facts_of_both(shipped: Facts) -> None:
    more = Fact(
        "counter_x", "text", Text(Words("窓口", "まどぐち")), "窓口", "3", {100: "0" * 16}, "", date(2026, 1, 1)
    )
    assert shipped.joined([more]).speak("counter_x") == ("窓口", "まどぐち")
    with pytest.raises(ValueError, match="the fact counter_x stands twice"):
        shipped.joined([more]).joined([more])


def test_a_fact_as_json(root: Callable[..., Path]) -> None:
    table = Facts.load(root(ROW))
    assert as_json(table["a"], table) == {
        "id": "a",
        "type": "yen",
        "value": "1000",
        "text": "千円",
        "spoken": "千円",
        "section": "2",
        "lines": [40],
        "page_date": "2024-09-01",
        "source": None,
        "checked": "2026-11-24",
        "review": "2027-05-23",
        "from": None,
        "quiet": None,
        "file": "flows/facts.yaml",
        "line": 4,
    }


def test_what_a_row_may_say_besides(root: Callable[..., Path]) -> None:
    table = Facts.load(
        root("""\
  a: {type: duration, value: 14 days, from: 届出日, section: 5, lines: {40: 0123456789abcdef}, review: 2027-03-31}
  b: {type: yen, value: 200, section: 2, lines: {41: 0123456789abcdef}, checked: 2026-12-01, quiet: 話さない}
unsettled:
  c: {section: 2, lines: {42: 0123456789abcdef}, en: why, ja: なぜ, quiet: 題だけ, review: 2027-01-01}
uncovered:
  1: {hash: 0123456789abcdef, reason: title}
  43: {hash: fedcba9876543210, reason: link, note: 外へ}
""")
    )
    assert (table["a"].start, table["a"].quiet, table["a"].review) == ("届出日", "", date(2027, 3, 31))
    assert (table["b"].start, table["b"].quiet, table["b"].review) == ("", "話さない", date(2027, 5, 30))
    assert (table["page_date"].review, table.due(table["page_date"].checked)) == (None, date(2027, 5, 23))
    (place,) = table.unsettled
    assert (place.quiet, place.review, place.line) == ("題だけ", date(2027, 1, 1), 7)
    assert table.uncovered == (
        Uncovered(1, "0123456789abcdef", "title", "", 9),
        Uncovered(43, "fedcba9876543210", "link", "外へ", 10),
    )
    found = {name: as_json(table[name], table) for name in table.table}
    assert (found["a"]["from"], found["b"]["quiet"], found["a"]["review"]) == ("届出日", "話さない", "2027-03-31")


OLD = """\
  a: {type: yen, value: 100, section: 2, lines: {40: 0123456789abcdef}, review: 2026-12-24}
  b: {type: yen, value: 200, section: 2, lines: {41: 0123456789abcdef}, checked: 2026-12-01}
  c: {type: yen, value: 300, section: 2, lines: {42: 0123456789abcdef}}
unsettled:
  d: {section: 2, lines: {42: 0123456789abcdef}, en: why, ja: なぜ, review: 2026-12-25}
  e: {section: 2, lines: {42: 0123456789abcdef}, en: why, ja: なぜ}
"""


def test_what_is_past_its_review_date_is_a_warning_and_a_whole_table_is_one(root: Callable[..., Path]) -> None:
    table = Facts.load(root(OLD, HEAD.replace("facts:", "review: 30 days\nfacts:")))
    again = "was to be checked against its source again by"
    of_table = "the table was checked on 2026-11-24 and was to be checked against the page again by 2026-12-24"

    def found(day: date) -> list[tuple[int, str, str]]:
        assert all(finding.text_ja and finding.file == "flows/facts.yaml" for finding in table.warnings(day))
        return [(finding.line, finding.level, finding.text) for finding in table.warnings(day)]

    assert found(date(2026, 12, 24)) == []
    assert found(date(2026, 12, 25)) == [
        (5, "warning", f"a: {again} 2026-12-24"),
        (1, "warning", of_table),
    ]
    assert found(date(2027, 1, 1)) == [
        (5, "warning", f"a: {again} 2026-12-24"),
        (6, "warning", f"b: {again} 2026-12-31"),
        (9, "warning", f"d: {again} 2026-12-25"),
        (1, "warning", of_table),
    ]


def test_another_table_that_was_joined_grows_old_by_its_own_date(root: Callable[..., Path]) -> None:
    table = Facts.load(root(ROW))
    words = Text(Words("窓口", "まどぐち"))
    other = [
        Fact(name, "text", words, "窓口", "3", {100: "0" * 16}, "", date(2026, 1, 1), "flows/counters.yaml", 9)
        for name in ("counter_x", "counter_y")
    ]
    (warning,) = table.joined(other).warnings(date(2026, 12, 1))
    assert str(warning) == (
        "flows/counters.yaml:0: warning: the table was checked on 2026-01-01 and was to be checked against the page "
        "again by 2026-06-30"
    )


def test_the_shipped_table_is_fresh_on_the_day_it_was_checked_and_old_after_half_a_year(shipped: Facts) -> None:
    assert shipped.warnings(date(2026, 11, 24)) == []
    assert {finding.level for finding in shipped.warnings(date(2027, 12, 1))} == {"warning"}


def test_what_is_wrong_beside_the_values(findings: Callable[..., list[tuple[int, str]]]) -> None:
    rows = """\
  a: {type: yen, value: 100, section: 2, lines: {40: 0123456789abcdef}, review: 2026-11-23}
  b: {type: yen, value: 100, section: 2, lines: {40: 0123456789abcdef}, checked: 2027-01-01, review: 2026-12-31}
  c: {type: yen, value: 100, section: 2, lines: {40: 0123456789abcdef}, review: 2027-02-30}
  d: {type: yen, value: 100, from: 届出日, section: 2, lines: {40: 0123456789abcdef}}
  e: {type: yen, value: 100, section: 2, lines: {40: 0123456789abcdef}, quiet: " "}
  f: {type: yen, value: 100, section: 2, lines: {０: 0123456789abcdef}}
unsettled:
  g: {section: 2, lines: {41: 0123456789abcdef}, en: why, ja: なぜ, quiet: ""}
  h: {section: 2, lines: {41: 0123456789abcdef}, en: why, ja: なぜ, review: 2月30日}
  i: {section: 2, lines: {41: fedcba9876543210}, en: why, ja: なぜ, shout: yes}
uncovered:
  1: {hash: 0123456789abcdef, reason: because}
  02: {hash: 0123456789abcdef, reason: title}
  3: {hash: 0123456789ABCDEF, reason: title}
  4: {reason: title}
  41: {hash: fedcba9876543210, reason: heading}
"""
    assert findings(rows) == [
        (4, "a: the review date 2026-11-23 lies before the day on which it was checked, 2026-11-24"),
        (5, "b: the review date 2026-12-31 lies before the day on which it was checked, 2027-01-01"),
        (6, "c: '2027-02-30' is not a date like 2026-11-24 that the calendar has"),
        (7, "d: only a duration is counted from something: leave out `from`"),
        (8, "e: quiet is empty: give the words or leave it out"),
        (9, "０: 0123456789abcdef is not a line of the page with its hash (16 hexadecimal digits)"),
        (11, "g: quiet is empty: give the words or leave it out"),
        (12, "h: '2月30日' is not a date like 2026-11-24 that the calendar has"),
        (13, "unsettled.i.shout: is not known here; fields here: section, lines, en, ja, review, quiet"),
        (15, f"uncovered.1.reason: 'because' is not allowed here; allowed are: {', '.join(REASONS)}"),
        (
            16,
            "02: 0123456789abcdef does not belong to a line: it needs the number and the hash (16 hexadecimal digits)",
        ),
        (17, "3: 0123456789ABCDEF does not belong to a line: it needs the number and the hash (16 hexadecimal digits)"),
        (18, "uncovered.4.hash: is missing; fields here: hash, reason, note"),
        (19, "41: line 41 has another hash elsewhere in this file: one of the two is wrong"),
        (19, "41: the line is also one of g, which explains it: remove one of the two"),
    ]


@pytest.mark.parametrize(("written", "text"), [
    ("half a year", "'half a year' is not a length of time like '14 days', '1-2 months' or 'about 3 weeks'"),
    ("6 months", "'6 months' is not a number of days like '180 days'"),
    ("90-180 days", "'90-180 days' is not a number of days like '180 days'"),
])  # fmt: skip
def test_a_review_that_is_no_number_of_days(
    findings: Callable[..., list[tuple[int, str]]], written: str, text: str
) -> None:
    assert findings(ROW, HEAD.replace("facts:", f"review: {written}\nfacts:")) == [(2, f"review: {text}")]


def test_everything_wrong_is_found_at_once(findings: Callable[..., list[tuple[int, str]]]) -> None:
    rows = """\
  b: {type: yen, value: 千円, section: 2, lines: {40: 0123456789abcdef}}
  c: {type: phone, value: 0120-95-01789, section: 1, lines: {23: 0123456789abcdef}}
  d: {type: date, value: 2026-02-30, section: 1, lines: {23: 0123456789abcdef}}
  e: {type: yen, value: 200}
  f: {type: yen, value: 200, section: 2, lines: {x: 0123456789abcdef}}
  g: {type: yen, value: 200, section: 2, lines: {40: 012}}
  h: {type: money, value: 200, section: 12, lines: {40: 0123456789abcdef}}
  i: {type: yen, value: 200, source: a law}
  j: {type: yen, value: 200, source: a law, checked: 2026-11-24, section: 2, lines: {40: 0123456789abcdef}}
  k: {type: yen, value: 200, section: 2, lines: {40: fedcba9876543210}}
  L-m: {type: yen, value: 200, section: 2, lines: {40: 0123456789abcdef}, checked: 2026-13-01}
unsettled:
  n: {section: 2, lines: {}, en: why, ja: なぜ}
  o: {section: 2, lines: {41: 0123456789abcdef}, en: why}
"""
    assert findings(rows) == [
        (4, "b: '千円' is not an amount of yen: digits only, like 1000"),
        (5, "c: 0120-95-01789 cannot be dialled: no such number can exist in Japan"),
        (6, "d: '2026-02-30' is not a date like 2026-11-24 that the calendar has"),
        (7, "e: has no source: give section and lines of the page or, for a national fact, source and checked"),
        (8, "x: 0123456789abcdef is not a line of the page with its hash (16 hexadecimal digits)"),
        (9, "40: 012 is not a line of the page with its hash (16 hexadecimal digits)"),
        (10, "facts.h.section: '12' is not allowed here; did you mean '2'? Allowed are: contents, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, contact"),  # noqa: E501
        (10, "facts.h.type: 'money' is not allowed here; allowed are: phone, yen, duration, time, date, year_days, count, digits, text, rule, papers"),  # noqa: E501
        (11, "i: a fact with a source of its own needs the date on which it was checked"),
        (12, "j: has both a source and a section of the page: a national fact has a source, a fact of the page lines"),
        (13, "k: line 40 has another hash elsewhere in this file: one of the two is wrong"),
        (14, "L-m: '2026-13-01' is not a date like 2026-11-24 that the calendar has"),
        (14, "L-m: 'L-m' is not a name of small letters, digits and underscores"),
        (16, "n: names no line of the page"),
        (17, "unsettled.o.ja: is missing; fields here: section, lines, en, ja, review, quiet"),
    ]  # fmt: skip


def test_the_date_of_the_page_is_needed(findings: Callable[..., list[tuple[int, str]]]) -> None:
    head = "checked: 2026-11-24\nfacts:\n"
    missing = "page_date: the fact page_date (type date: the date printed on the page) is missing"
    assert findings(ROW, head) == [(2, missing.replace("page_date: ", "facts: ", 1))]


def test_a_file_of_another_shape(findings: Callable[..., list[tuple[int, str]]]) -> None:
    assert findings("", "facts: []\n") == [
        (1, "checked: is missing; fields here: checked, review, facts, unsettled, uncovered"),
        (1, "facts: must be fields ('name: value')"),
    ]
