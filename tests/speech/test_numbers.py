"""Numbers as the voice reads them, against kana made by hand-written rules: times, dates, money, counts, ordinals."""

from __future__ import annotations

import random
import re
from datetime import date, time, timedelta
from typing import TYPE_CHECKING

import pytest
import spoken_numbers as said

from ivr import content
from ivr.facts import Facts, clock_words, day_words, kanji
from ivr.facts.values import _COUNTERS as WRITABLE
from ivr.facts.values import _UNITS as LENGTHS
from ivr.facts.values import Day, YearDays
from ivr.hours import load as load_hours
from ivr.speech.frontend import FrontEnd
from ivr.speech.numbers import COUNTERS, unread
from ivr.speech.reading import normalise, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ivr.speech.lexicon import Lexicon

    Wrong = Callable[[Iterable[tuple[str, str]]], list[tuple[str, str, str]]]

CHUNK = 40
TAILS = {"です。": "デス", "から、": "カラ", "まで。": "マデ", "に、": "ニ", "。": "", "、": ""}
HOURS = range(24)
MINUTES = range(60)
YEAR = [date(2024, 1, 1) + timedelta(days) for days in range(366)]
NUMERALS = "〇零一二三四五六七八九十百千万"
WORDS = ("覧", "定", "時停", "潮", "方", "緒", "だけ", "地域", "セン", "庁舎", "時")
"""What follows a numeral and counts nothing: 一覧, 一定, 一時停止, 一方, 一緒, 八潮, 第一だけ, 第一センター, 八時."""


@pytest.fixture
def wrong(words: Lexicon, tmp_path: Path) -> Wrong:
    """Give a function that reads texts and lists those whose kana is not the wanted one, with both."""
    front = FrontEnd(words, tmp_path)

    def read(rows: Iterable[tuple[str, str]]) -> list[tuple[str, str, str]]:
        todo, found = list(rows), []
        for start in range(0, len(todo), CHUNK):
            part = todo[start : start + CHUNK]
            texts = [normalise(text, words) for text, _ in part]
            assert [text.lost for text in texts] == [()] * len(part)
            whole = "。".join(text.text.strip("、。") for text in texts) + "。"
            kana = front.kana(whole).split("、")
            if len(kana) != len(part):
                kana = [front.kana(text.text).replace("、", "") for text in texts]
            found += [(text, got, want) for (text, want), got in zip(part, kana, strict=True) if got != want]
        return found

    return read


def half(hour: int) -> str:
    return "ゴゼン" if hour < 12 else "ゴゴ"


def spoken_clock(hour: int, minute: int) -> str:
    if (hour, minute) == (12, 0):
        return "ショーゴ"
    return half(hour) + said.clock(hour % 12, minute, half=True)


def of_a_day(form: str, hour: int, minute: int) -> str:
    """Write a time of day in one of the forms that editors and tables write."""
    kanji_minute = f"{kanji(minute)}分" if minute else ""
    return {
        "8時5分": f"{hour}時{minute}分" if minute else f"{hour}時",
        "08時05分": f"{hour:02}時{minute:02}分",
        "8:05": f"{hour}:{minute:02}",
        "08:05": f"{hour:02}:{minute:02}",
        "８：０５": f"{hour}:{minute:02}".translate({ord(a): ord(a) + 0xFEE0 for a in "0123456789:"}),
        "八時五分": f"{kanji(hour)}時{kanji_minute}",
    }[form]


@pytest.mark.parametrize("tail", TAILS)
def test_every_time_of_a_day_is_read_as_tables_write_it(tail: str, wrong: Wrong) -> None:
    rows = [
        (clock_words(time(hour, minute)) + tail, spoken_clock(hour, minute) + TAILS[tail])
        for hour in HOURS
        for minute in MINUTES
    ]
    assert wrong(rows) == []


@pytest.mark.parametrize("form", ["8時5分", "08時05分", "8:05", "08:05", "８：０５", "八時五分"])
def test_every_time_of_a_day_is_read_in_each_form_of_writing(form: str, wrong: Wrong) -> None:
    tails = list(TAILS.items())
    rows = [
        (of_a_day(form, hour, minute) + tail, said.clock(hour, minute) + kana)
        for hour in HOURS
        for minute in MINUTES
        for tail, kana in (tails[(hour * 60 + minute) % 6], tails[(hour * 60 + minute + hour % 5 + 1) % 6])
    ]
    assert wrong(rows) == []


@pytest.mark.parametrize("noon", ["午前", "午後"])
def test_times_with_morning_and_afternoon_in_digits(noon: str, wrong: Wrong) -> None:
    kana = {"午前": "ゴゼン", "午後": "ゴゴ"}[noon]
    rows = [
        (f"{noon}{hour}{form}から", f"{kana}{said.clock(hour, minute, half='半' in form)}カラ")
        for hour in range(12)
        for minute in MINUTES
        for form in (f"時{minute}分", f":{minute:02}", *(["時半"] if minute == 30 else []))
    ]
    assert wrong(rows) == []


@pytest.mark.parametrize("zero", ["0分", "00分", "零分", "〇分"])
def test_no_minutes_are_not_said(zero: str, wrong: Wrong) -> None:
    rows = [(f"{hours}時{zero}から", said.hour(value) + "カラ") for value in HOURS for hours in (kanji(value), value)]
    assert wrong(rows) == []


def test_the_hour_that_ends_a_day_is_read(wrong: Wrong) -> None:
    written = [
        (f"{form}{tail}", f"ニジューヨジ{TAILS[tail]}") for form in ("24:00", "24時", "二十四時") for tail in TAILS
    ]
    assert wrong(written) == []


@pytest.mark.parametrize("tail", TAILS)
def test_every_date_of_a_year_is_read(tail: str, wrong: Wrong) -> None:
    rows = []
    for day in YEAR:
        kana = said.month(day.month) + said.day_of_month(day.day) + TAILS[tail]
        rows += [(day_words(day.month, day.day) + tail, kana), (f"{day.month}月{day.day}日{tail}", kana)]
        rows.append((f"{day.month:02}月{day.day:02}日{tail}", kana))
    assert wrong(rows) == []


def test_years_are_read_in_both_counts(wrong: Wrong) -> None:
    rows = []
    for year in range(2019, 2060):
        era = year - 2018
        kana = "レーワ" + ("ガンネン" if era == 1 else said.counted(era, "年")) + "クガツツイタチ"
        rows += [
            (Day(date(year, 9, 1)).words("").spoken, kana),
            (Day(date(year, 9, 1)).words("western").spoken, said.counted(year, "年") + "クガツツイタチ"),
            (f"{year}年9月1日", said.counted(year, "年") + "クガツツイタチ"),
        ]
    assert wrong(rows) == []


def test_the_days_of_every_year_are_read(wrong: Wrong) -> None:
    days = YearDays((12, 29), (1, 3))
    assert wrong([(days.words("").spoken, "ジューニガツニジュークニチカライチガツミッカマデ")]) == []


@pytest.mark.parametrize("tail", TAILS)
def test_ordinals_of_weekdays_are_read(tail: str, wrong: Wrong) -> None:
    rows = [
        (
            f"第{form(number)}{day}曜{end}{tail}",
            f"ダイ{said.number(number)}{kana[: -1 if end else -2]}{last}{TAILS[tail]}",
        )
        for number in range(1, 6)
        for form in (kanji, str)
        for day, kana in said.WEEKDAYS.items()
        for end, last in (("日", "ビ"), ("", "ー"))
    ]
    assert wrong(rows) == []


@pytest.mark.parametrize("joint", ["、", "・", "と", "や", "および"])
@pytest.mark.parametrize("again", ["", "第"])
def test_ordinals_of_weekdays_are_read_where_the_day_stands_once(joint: str, again: str, wrong: Wrong) -> None:
    between = {"・": "、", "と": "ト", "や": "ヤ", "および": "オヨビ"}.get(joint, joint) + ("ダイ" if again else "")
    rows = [
        (
            f"第{form(one)}{joint}{again}{form(other)}{day}曜日です",
            f"ダイ{said.number(one)}{between}{said.number(other)}{kana}デス",
        )
        for one in range(1, 5)
        for other in range(one + 1, 6)
        for form in (kanji, str)
        for day, kana in said.WEEKDAYS.items()
    ]
    assert [
        (text, got, want) for text, got, want in wrong(rows) if got.replace("、", "") != want.replace("、", "")
    ] == []


@pytest.mark.parametrize(
    ("text", "kana"),
    [
        ("月・水・金曜日", "ゲツヨー、スイヨー、キンヨービ"),
        ("土、日曜", "ドヨー、ニチヨー"),
        ("第一月・水曜日", "ダイイチゲツヨー、スイヨービ"),
        ("第一、第三土・日曜日", "ダイイチ、ダイサンドヨー、ニチヨービ"),
    ],
)
def test_weekdays_are_read_where_the_word_for_day_stands_once(
    text: str, kana: str, words: Lexicon, tmp_path: Path
) -> None:
    assert FrontEnd(words, tmp_path).kana(normalise(text, words).text) == kana


def test_ordinals_of_halls_and_centres_are_read(wrong: Wrong) -> None:
    places = {"庁舎": "チョーシャ", "地域センター": "チイキセンター", "センター": "センター", "号館": "ゴーカン"}
    rows = [
        (f"第{form(number)}{place}です", f"ダイ{said.number(number)}{kana}デス")
        for number in range(1, 14)
        for form in (kanji, str)
        for place, kana in places.items()
    ]
    wards = {"荏原": "エバラ", "大崎": "オーサキ", "大井": "オーイ", "品川": "シナガワ"}
    rows += [
        (f"{ward}第{kanji(number)}地域センターは", f"{kana}ダイ{said.number(number)}チイキセンターワ")
        for number in range(1, 6)
        for ward, kana in wards.items()
    ]
    assert wrong(rows) == []


RANGES = [
    ("6{}16桁", "ロクカラジューロッケタ"),
    ("1{}2か月", "イチカラニカゲツ"),
    ("10{}20日", "ジューカラハツカ"),
    ("六{}十六桁", "ロクカラジューロッケタ"),
    ("8:30{}17:00", "ハチジサンジュップンカラジューシチジ"),
    ("08:05{}12:08", "ハチジゴフンカラジューニジハップン"),
    ("午前8時半{}午後5時5分", "ゴゼンハチジハンカラゴゴゴジゴフン"),
    ("午前零時{}午後零時十二分", "ゴゼンレージカラゴゴレージジューニフン"),
    ("1月4日{}1月10日", "イチガツヨッカカライチガツトーカ"),
    ("月曜{}金曜", "ゲツヨーカラキンヨー"),
    ("月曜日{}金曜日", "ゲツヨービカラキンヨービ"),
    ("月{}金", "ゲツヨーカラキンヨー"),
    ("1,000円{}3,000円", "センエンカラサンゼンエン"),
    ("15歳{}18歳", "ジューゴサイカラジューハッサイ"),
    ("2桁{}3桁", "フタケタカラサンケタ"),
    ("二桁{}三桁", "フタケタカラサンケタ"),
    ("3センチ{}5センチ", "サンセンチカラゴセンチ"),
    ("8:00{}8:00", "ハチジカラハチジ"),
    ("二週間{}三週間", "ニシューカンカラサンシューカン"),
]


@pytest.mark.parametrize("sign", ["から", "~", "〜", "～", "-", "－", "–", "—", "―", "ー", " — "])
def test_ranges_are_read_whatever_their_sign(sign: str, wrong: Wrong) -> None:
    rows = [(text.format(sign), kana) for text, kana in RANGES if sign != "から" or text != "月{}金"]
    assert wrong(rows) == []


def test_a_long_vowel_and_a_pause_are_no_range(words: Lexicon) -> None:
    assert plain("コーナー三番、カード一枚。", words) == "コーナー三番、カード一枚。"


def test_a_hyphen_in_a_telephone_number_is_no_range(words: Lexicon) -> None:
    assert plain("03-5742-6660です。", words) == "ゼロサン、ゴーナナヨンニー、ロクロクロクゼロです。"


AMOUNTS = sorted(
    {
        *range(1, 101),
        *range(100, 10_001, 100),
        *range(1000, 100_001, 1000),
        *random.Random(20261201).sample(range(1, 100_001), 1500),
    }
)


@pytest.mark.parametrize("form", ["{kanji}円", "{amount}円", "{amount:,}円", "¥{amount:,}"])
def test_money_is_read(form: str, wrong: Wrong) -> None:
    rows = [(form.format(kanji=kanji(amount), amount=amount) + "です", said.yen(amount) + "デス") for amount in AMOUNTS]
    assert wrong(rows) == []


@pytest.mark.parametrize("counter", said.counters())
def test_counts_to_a_hundred_are_read(counter: str, wrong: Wrong) -> None:
    top = 9 if counter == "つ" else 100
    rows = [
        (f"{form(number)}{counter}{tail}", said.counted(number, counter) + kana)
        for number in range(1, top + 1)
        for form in (kanji, str)
        for tail, kana in (("です。", "デス"), ("から、", "カラ"), ("以内に。", "イナイニ"))
        if (form(number), counter, tail == "以内に。") != ("十", "分", False)  # which is also じゅうぶん
    ]
    assert wrong(rows) == []


def test_days_of_a_year_are_counted(wrong: Wrong) -> None:
    rows = [
        (f"{form(number)}日間かかります", said.days(number) + "カンカカリマス")
        for number in range(2, 367)
        for form in (kanji, str)
    ]
    assert wrong(rows) == []


def spoken_everywhere(root: Path) -> set[str]:
    """List all that callers hear, and every fact, also those that are told in other words."""
    loaded = content.load(root)
    heard = {s.spoken for passage in loaded.everything for s in passage.sentences}
    facts = Facts.load(root)
    joined = facts.joined(load_hours(root, facts).facts())
    return heard | {joined.speak(fact.id)[1] for fact in joined}


def test_every_counter_word_that_occurs_has_a_rule_here(root: Path) -> None:
    known = "|".join((*said.counters(), *WORDS, "月(?=[一二三四五六七八九十])"))
    unknown = set()
    for text in spoken_everywhere(root):
        for match in re.finditer(rf"[0-9{NUMERALS}]+(?![0-9{NUMERALS}、。・からと]|$)(?!{known})(.{{1,4}})", text):
            unknown.add(match.group())
    assert unknown == set()


def test_every_counter_that_a_fact_or_a_rule_may_have_has_a_rule_here() -> None:
    with_clock = {"時", "月"}
    assert {*WRITABLE, *LENGTHS.values(), *COUNTERS} - {*said.counters(), *with_clock} == set()


@pytest.mark.parametrize(
    ("text", "kana"),
    [
        ("五分五分です。", "ゴブゴブデス"),
        ("三分の一です。", "サンブンノイチデス"),
        ("十分に確かめて。", "ジューブンニタシカメテ"),
        ("八分割です。", "ハチブンカツデス"),
        ("十二月二十四日。", "ジューニガツニジューヨッカ"),
        ("一日中です。", "イチニチジューデス"),
        ("第一子です。", "ダイイッシデス"),
        ("名前です。", "ナマエデス"),
        ("百名様です。", "ヒャクメーサマデス"),
        ("零時間です。", "レージカンデス"),
        ("二分します。", "ニブンシマス"),
        ("二分されます。", "ニブンサレマス"),
        ("二分したらかけます。", "ニフンシタラカケマス"),
    ],
)
def test_words_that_only_look_like_counts_stay_as_they_are(text: str, kana: str, wrong: Wrong) -> None:
    assert wrong([(text, kana)]) == []


def test_voices_without_our_dictionary_get_the_same_numbers(words: Lexicon) -> None:
    assert plain("午前零時五分から、午後零時八分まで。", words) == "午前レージ5分から、午後レージハップンまで。"
    assert plain("第二日曜日の三十四日間。", words) == "第2日曜日の30よっか間。"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("七一一九です", ["七一一九"]),
        ("7119です", ["7119"]),
        ("九割です", ["九割"]),
        ("九割五分です", ["九割五分"]),
        ("3割引", ["3割"]),
        ("二厘です", ["二厘"]),
        ("割合は、二十四時間、三百六十五日", []),
        ("6から16桁、第12庁舎、1.5センチ、2027年", []),
    ],
)
def test_numbers_that_no_rule_reads_are_listed(text: str, found: list[str]) -> None:
    assert unread(text) == found
