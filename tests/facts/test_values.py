"""Every type of value: what it takes, how it is written and said, and what it refuses."""

from datetime import date, time
from typing import get_args

import pyopenjtalk
import pytest

from ivr.facts import (
    BadValueError,
    Clock,
    Count,
    Day,
    Digits,
    Duration,
    FactType,
    Papers,
    Phone,
    Text,
    Value,
    Words,
    YearDays,
    Yen,
    clock_words,
    kanji,
    parse_value,
    words,
)

GOOD = [
    ("phone", "0120-95-0178", Phone("0120-95-0178", "+81120950178"), "0120-95-0178", "ゼロイチニーゼロ、キュウゴー、ゼロイチナナハチ"),  # noqa: E501
    ("phone", "03-5742-6660", Phone("03-5742-6660", "+81357426660"), "03-5742-6660", "ゼロサン、ゴーナナヨンニー、ロクロクロクゼロ"),  # noqa: E501
    ("yen", "1000", Yen(1000), "千円", "千円"),
    ("yen", "800", Yen(800), "八百円", "八百円"),
    ("yen", "12345", Yen(12345), "一万二千三百四十五円", "一万二千三百四十五円"),
    ("yen", "0", Yen(0), "無料", "無料"),
    ("count", "3つ", Count(3, "つ"), "三つ", "三つ"),
    ("duration", "14 days", Duration(14, 14, "days"), "十四日", "十四日"),
    ("duration", "1 days", Duration(1, 1, "days"), "一日", "いちにち"),
    ("duration", "24 hours", Duration(24, 24, "hours"), "二十四時間", "二十四時間"),
    ("duration", "1-2 months", Duration(1, 2, "months"), "一か月から二か月", "一か月から二か月"),
    ("duration", "about 3-4 weeks", Duration(3, 4, "weeks", about=True), "約三週間から四週間", "約三週間から四週間"),
    ("time", "08:30", Clock(time(8, 30)), "午前八時半", "午前八時半"),
    ("time", "12:00", Clock(time(12)), "正午", "正午"),
    ("time", "19:05", Clock(time(19, 5)), "午後七時五分", "午後七時五分"),
    ("date", "2024-09-01", Day(date(2024, 9, 1)), "令和六年九月一日", "令和六年九月一日"),
    ("date", "2019-05-01", Day(date(2019, 5, 1)), "令和元年五月一日", "令和元年五月一日"),
    ("date", "1999-12-31", Day(date(1999, 12, 31)), "千九百九十九年十二月三十一日", "千九百九十九年十二月三十一日"),
    ("year_days", "12-29..01-03", YearDays((12, 29), (1, 3)), "十二月二十九日から一月三日まで", "十二月二十九日から一月三日まで"),  # noqa: E501
    ("count", "2回", Count(2, "回"), "二回", "二回"),
    ("count", "15歳", Count(15, "歳"), "十五歳", "十五歳"),
    ("digits", "4", Digits(4, 4), "四桁", "四桁"),
    ("digits", "6-16", Digits(6, 16), "六桁から十六桁", "六桁から十六桁"),
    ("text", "{旧氏|きゅううじ}の併記", Text(Words("旧氏の併記", "きゅううじの併記")), "旧氏の併記", "きゅううじの併記"),  # noqa: E501
    ("rule", "元に戻せません", Text(Words("元に戻せません", "元に戻せません")), "元に戻せません", "元に戻せません"),
    ("papers", ["カード", "{委任状|いにんじょう}"], Papers((Words("カード", "カード"), Words("委任状", "いにんじょう"))), "カード、委任状", "カード、いにんじょう"),  # noqa: E501
]  # fmt: skip

BAD = [
    ("phone", "0120950178", "'0120950178' is not a telephone number in three groups like 03-1234-5678"),
    ("phone", "0120-95-01789", "0120-95-01789 cannot be dialled: no such number can exist in Japan"),
    ("phone", "03-5742-666", "03-5742-666 cannot be dialled: no such number can exist in Japan"),
    ("yen", "千円", "'千円' is not an amount of yen: digits only, like 1000"),
    ("yen", "1０００", "'1０００' is not an amount of yen: digits only, like 1000"),
    ("yen", "1,000", "'1,000' is not an amount of yen: digits only, like 1000"),
    ("duration", "14", "'14' is not a length of time like '14 days', '1-2 months' or 'about 3 weeks'"),
    ("duration", "4-3 weeks", "'4-3 weeks' is not a length of time like '14 days', '1-2 months' or 'about 3 weeks'"),
    ("time", "24:00", "'24:00' is not a time like 08:30"),
    ("time", "8:30", "'8:30' is not a time like 08:30"),
    ("date", "2026-02-30", "'2026-02-30' is not a date like 2026-11-24 that the calendar has"),
    ("date", "2月30日", "'2月30日' is not a date like 2026-11-24 that the calendar has"),
    ("date", "20260228", "'20260228' is not a date like 2026-11-24 that the calendar has"),
    ("year_days", "02-28..02-30", "'2024-02-30' is not a date like 2026-11-24 that the calendar has"),
    ("year_days", "12-29", "'12-29' is not a span of days like 12-29..01-03"),
    ("year_days", "12-32..01-03", "'2024-12-32' is not a date like 2026-11-24 that the calendar has"),
    ("count", "2", "'2' is not a count like 2回 (after the number one of 回、点、か所、歳、枚、人、種類、つ)"),
    ("digits", "16-6", "'16-6' is not a number of digits like 4 or 6-16"),
    ("text", "{旧氏}", "'{旧氏}': a reading is written {漢字|かんじ}, in kana"),
    ("text", " ", "the value must be words or a number"),
    ("rule", ["あ"], "the value must be words or a number"),
    ("papers", "カード", "papers are a list: one item a line, each after a dash"),
    ("papers", [], "papers are a list: one item a line, each after a dash"),
]


@pytest.mark.parametrize(("kind", "written", "value", "text", "spoken"), GOOD)
def test_a_value_says_itself(kind: FactType, written: object, value: Value, text: str, spoken: str) -> None:
    parsed = parse_value(kind, written)
    assert parsed == value
    assert parsed.words("") == Words(text, spoken)


@pytest.mark.parametrize(("kind", "written", "text"), BAD)
def test_a_value_that_does_not_fit_is_refused_in_both_languages(kind: FactType, written: object, text: str) -> None:
    with pytest.raises(BadValueError) as caught:
        parse_value(kind, written)
    assert caught.value.text == text
    assert caught.value.text_ja


def test_every_type_has_a_good_and_a_bad_case() -> None:
    assert {case[0] for case in GOOD} == set(get_args(FactType)) == {case[0] for case in BAD}


def test_a_date_is_also_said_with_its_western_year() -> None:
    assert Day(date(2024, 9, 1)).words("western").text == "二千二十四年九月一日"


@pytest.mark.parametrize("digit", "0123456789")
def test_digits_are_read_out_as_they_are_spoken(digit: str) -> None:
    """A voice must read the kana of a number as they stand: no kanji, no blanks, long vowels kept."""
    spoken = Phone(f"{digit * 4}-{digit * 2}-{digit * 4}", "").words("").spoken
    assert pyopenjtalk.g2p(spoken, kana=True) == spoken


def test_days_over_the_turn_of_the_year() -> None:
    days = YearDays((12, 29), (1, 3))
    inside = [date(2026, 12, 28), date(2026, 12, 29), date(2027, 1, 3), date(2027, 1, 4)]
    assert [day in days for day in inside] == [False, True, True, False]
    assert date(2026, 5, 2) in YearDays((5, 1), (5, 3))


def test_kanji_numbers() -> None:
    numbers = {0: "零", 1: "一", 10: "十", 11: "十一", 365: "三百六十五", 1000: "千", 20_000: "二万", 99_999_999: "九千九百九十九万九千九百九十九"}  # fmt: skip  # noqa: E501
    assert {number: kanji(number) for number in numbers} == numbers
    with pytest.raises(ValueError, match="100000000 has no spoken form here"):
        kanji(100_000_000)


def test_midnight_is_said() -> None:
    assert clock_words(time()) == "午前零時"


def test_a_reading_is_for_the_voice_only() -> None:
    assert words("今日{開|あ}いています") == Words("今日開いています", "今日あいています")
