"""What a fact can hold: checked, immutable values of a few types, each of which can say itself in Japanese."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, Protocol

from ivr.findings import BadValueError
from ivr.settings import e164

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FactType = Literal["phone", "yen", "duration", "time", "date", "year_days", "count", "digits", "text", "rule", "papers"]

_READING = re.compile(r"\{([^{}|]+)\|([ぁ-ゖァ-ヺー、]+)\}")
_DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_SPOKEN_DIGITS = dict(
    zip("0123456789", ("ゼロ", "イチ", "ニー", "サン", "ヨン", "ゴー", "ロク", "ナナ", "ハチ", "キュウ"), strict=True)
)
_MYRIAD = 10_000
_REIWA = date(2019, 5, 1)
_UNITS = {
    "minutes": "分間",
    "hours": "時間",
    "days": "日",
    "weeks": "週間",
    "months": "か月",
    "years": "年",
}
_COUNTERS = ("回", "点", "か所", "歳", "枚", "人", "種類", "つ")


class Words(NamedTuple):
    """Words as captions show them, and the same ready for any voice: kana where a reading is at risk."""

    text: str
    spoken: str


def words(written: str) -> Words:
    """Read `{漢字|かんじ}`: the text keeps what stands before the bar, the voice gets what stands after it."""
    return Words(_READING.sub(r"\1", written), _READING.sub(r"\2", written))


def digit_words(number: str) -> str:
    """Say a number digit by digit, each at least two morae long, so that it can be heard and written down."""
    return "".join(_SPOKEN_DIGITS[digit] for digit in number)


def kanji(number: int) -> str:
    """Write a number from 0 to 99,999,999 in kanji, as voices read it without fail: 365 is 三百六十五."""
    if not 0 <= number < _MYRIAD**2:
        raise ValueError(f"{number} has no spoken form here")
    if number == 0:
        return _DIGITS["0"]
    high, low = divmod(number, _MYRIAD)
    return (f"{_thousands(high)}万" if high else "") + _thousands(low)


def clock_words(moment: time) -> str:
    """Say a time of day: 午前八時半, 午後五時, 正午."""
    if (moment.hour, moment.minute) == (12, 0):
        return "正午"
    half = "午前" if moment.hour < 12 else "午後"  # noqa: PLR2004  (noon)
    minutes = {0: "", 30: "半"}.get(moment.minute, f"{kanji(moment.minute)}分")
    return f"{half}{kanji(moment.hour % 12)}時{minutes}"


def day_words(month: int, day: int) -> str:
    """Say a day of the year: 一月四日."""
    return f"{kanji(month)}月{kanji(day)}日"


def parse_time(written: str) -> time:
    """Read `08:30`; raises BadValueError."""
    if not re.fullmatch(r"[0-9][0-9]:[0-9][0-9]", written) or written[:2] > "23" or written[3:] > "59":
        raise BadValueError(f"{written!r} is not a time like 08:30", f"「{written}」は 08:30 の形の時刻ではありません")
    return time(int(written[:2]), int(written[3:]))


def parse_date(written: str) -> date:
    """Read `2026-11-24`; raises BadValueError, also for a day that no calendar has."""
    if re.fullmatch(r"[0-9]{4}-[0-9][0-9]-[0-9][0-9]", written):
        with suppress(ValueError):
            return date.fromisoformat(written)
    raise BadValueError(
        f"{written!r} is not a date like 2026-11-24 that the calendar has",
        f"「{written}」は暦にある日付ではありません。2026-11-24 の形で書いてください",
    )


class Value(Protocol):
    """What a fact holds: immutable, and able to say itself."""

    forms: ClassVar[tuple[str, ...]]

    def words(self, form: str) -> Words:
        """Say the value in one of its forms."""


@dataclass(frozen=True)
class Phone:
    """A telephone number that can be dialled from Japan: as the page writes it, and in E.164."""

    written: str
    e164: str
    forms: ClassVar[tuple[str, ...]] = ("",)

    def words(self, _form: str) -> Words:
        """Say the digits one by one, in the groups of the page."""
        groups = (digit_words(group) for group in self.written.split("-"))
        return Words(self.written, "、".join(groups))


@dataclass(frozen=True)
class Text:
    """Words that a prompt takes over: a name, a colour, or a rule in our words."""

    said: Words
    forms: ClassVar[tuple[str, ...]] = ("",)

    def words(self, _form: str) -> Words:
        """Give the words."""
        return self.said


@dataclass(frozen=True)
class Yen:
    """An amount of money in yen; 0 is free of charge."""

    amount: int
    forms: ClassVar[tuple[str, ...]] = ("",)

    def words(self, _form: str) -> Words:
        """Say 千円, or 無料."""
        return _plain(f"{kanji(self.amount)}円" if self.amount else "無料")


@dataclass(frozen=True)
class Duration:
    """A length of time from `low` to `high` (the same where it is no range) in `unit` (days, months, …)."""

    low: int
    high: int
    unit: str
    about: bool = False
    forms: ClassVar[tuple[str, ...]] = ("",)

    def words(self, _form: str) -> Words:
        """Say 十四日, 一か月から二か月, 約三か月."""
        said = "から".join(f"{kanji(number)}{_UNITS[self.unit]}" for number in dict.fromkeys((self.low, self.high)))
        text = ("約" if self.about else "") + said
        return Words(text, "いちにち" if text == "一日" else text)  # the voice would say ついたち


@dataclass(frozen=True)
class Count:
    """How many of something: visits, papers, places, years of age."""

    number: int
    unit: str
    forms: ClassVar[tuple[str, ...]] = ("",)

    def words(self, _form: str) -> Words:
        """Say 二回, 一点, 十五歳."""
        return _plain(f"{kanji(self.number)}{self.unit}")


@dataclass(frozen=True)
class Digits:
    """How many digits a PIN has: from `low` to `high`."""

    low: int
    high: int
    forms: ClassVar[tuple[str, ...]] = ("",)

    def words(self, _form: str) -> Words:
        """Say 四桁, 六桁から十六桁."""
        return _plain("から".join(f"{kanji(number)}桁" for number in dict.fromkeys((self.low, self.high))))


@dataclass(frozen=True)
class Clock:
    """A time of day in Tokyo."""

    time: time
    forms: ClassVar[tuple[str, ...]] = ("",)

    def words(self, _form: str) -> Words:
        """Say 午前八時半."""
        return _plain(clock_words(self.time))


@dataclass(frozen=True)
class Day:
    """A date. Form `western` says the year as 二千二十四年, otherwise it is the Japanese era."""

    date: date
    forms: ClassVar[tuple[str, ...]] = ("", "western")

    def words(self, form: str) -> Words:
        """Say 令和六年九月一日; dates before that era are said with the western year."""
        year = kanji(self.date.year)
        if form == "" and self.date >= _REIWA:
            era = self.date.year - _REIWA.year + 1
            year = "令和" + ("元" if era == 1 else kanji(era))
        return _plain(f"{year}年{day_words(self.date.month, self.date.day)}")


@dataclass(frozen=True)
class YearDays:
    """Days of every year from one (month, day) to another, possibly over the turn of the year."""

    first: tuple[int, int]
    last: tuple[int, int]
    forms: ClassVar[tuple[str, ...]] = ("",)

    def __contains__(self, day: date) -> bool:
        """Tell whether a date falls among these days, both ends included."""
        here = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last

    def words(self, _form: str) -> Words:
        """Say 十二月二十九日から一月三日まで."""
        return _plain(f"{day_words(*self.first)}から{day_words(*self.last)}まで")


@dataclass(frozen=True)
class Papers:
    """What somebody brings, item by item in our words."""

    items: tuple[Words, ...]
    forms: ClassVar[tuple[str, ...]] = ("",)

    def words(self, _form: str) -> Words:
        """Say the items one after the other."""
        return Words("、".join(i.text for i in self.items), "、".join(i.spoken for i in self.items))


def _plain(written: str) -> Words:
    return Words(written, written)


def _thousands(number: int) -> str:
    said = ""
    for place, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // place % 10
        if digit:
            said += ("" if digit == 1 and name else _DIGITS[str(digit)]) + name
    return said


def parse_value(kind: FactType, written: object) -> Value:
    """Read a value as the table writes it; raises BadValueError if it does not fit its type."""
    if kind == "papers":
        return _papers(written)
    if not isinstance(written, str) or not written.strip():
        raise BadValueError("the value must be words or a number", "値は一つの文字や数で書いてください")
    return _PARSERS[kind](written)


def _papers(written: object) -> Papers:
    if not isinstance(written, list) or not written or not all(isinstance(i, str) and i.strip() for i in written):
        raise BadValueError(
            "papers are a list: one item a line, each after a dash",
            "書類(papers)は、一行に一つずつ「- 」をつけて並べてください",
        )
    return Papers(tuple(_marked(item) for item in written))


def _marked(written: str) -> Words:
    said = words(written.strip())
    if set("{}|") & set(said.text):
        raise BadValueError(
            f"{written!r}: a reading is written {{漢字|かんじ}}, in kana",
            f"「{written}」: 読みは {{漢字|かんじ}} の形で、かなで書いてください",
        )
    return said


def _phone(written: str) -> Phone:
    if not re.fullmatch(r"[0-9]+(?:-[0-9]+){2}", written):
        raise BadValueError(
            f"{written!r} is not a telephone number in three groups like 03-1234-5678",
            f"「{written}」は 03-1234-5678 のように三つに区切った電話番号ではありません",
        )
    try:
        return Phone(written, e164(written))
    except ValueError as error:
        raise BadValueError(
            f"{written} cannot be dialled: no such number can exist in Japan",
            f"{written} は、かけられない電話番号です。桁数を確かめてください",
        ) from error


def _yen(written: str) -> Yen:
    if not re.fullmatch(r"0|[1-9][0-9]{0,7}", written):
        raise BadValueError(
            f"{written!r} is not an amount of yen: digits only, like 1000",
            f"「{written}」は金額ではありません。1000 のように数字だけで書いてください",
        )
    return Yen(int(written))


def _duration(written: str) -> Duration:
    match = re.fullmatch(rf"(about )?([1-9][0-9]{{0,3}})(?:-([1-9][0-9]{{0,3}}))? ({'|'.join(_UNITS)})", written)
    low = int(match[2]) if match else 0
    high = int(match[3] or match[2]) if match else 0
    if not match or (match[3] and low >= high):
        raise BadValueError(
            f"{written!r} is not a length of time like '14 days', '1-2 months' or 'about 3 weeks'",
            f"「{written}」は「14 days」「1-2 months」「about 3 weeks」の形の期間ではありません",
        )
    return Duration(low, high, match[4], bool(match[1]))


def _year_days(written: str) -> YearDays:
    match = re.fullmatch(r"([0-9][0-9]-[0-9][0-9])\.\.([0-9][0-9]-[0-9][0-9])", written)
    if not match:
        raise BadValueError(
            f"{written!r} is not a span of days like 12-29..01-03",
            f"「{written}」は 12-29..01-03 の形の期間ではありません",
        )
    first, last = (parse_date(f"2024-{part}") for part in match.groups())  # a leap year has every day
    return YearDays((first.month, first.day), (last.month, last.day))


def _count(written: str) -> Count:
    match = re.fullmatch(rf"([1-9][0-9]{{0,3}})({'|'.join(_COUNTERS)})", written)
    if not match:
        raise BadValueError(
            f"{written!r} is not a count like 2回 (after the number one of {'、'.join(_COUNTERS)})",
            f"「{written}」は 2回 の形の数ではありません(数のあとは {'、'.join(_COUNTERS)} のどれか)",
        )
    return Count(int(match[1]), match[2])


def _digits(written: str) -> Digits:
    match = re.fullmatch(r"([1-9][0-9]?)(?:-([1-9][0-9]?))?", written)
    if not match or int(match[1]) > int(match[2] or match[1]):
        raise BadValueError(
            f"{written!r} is not a number of digits like 4 or 6-16",
            f"「{written}」は 4 や 6-16 の形の桁数ではありません",
        )
    return Digits(int(match[1]), int(match[2] or match[1]))


_PARSERS: Mapping[FactType, Callable[[str], Value]] = {
    "phone": _phone,
    "yen": _yen,
    "duration": _duration,
    "time": lambda written: Clock(parse_time(written)),
    "date": lambda written: Day(parse_date(written)),
    "year_days": _year_days,
    "count": _count,
    "digits": _digits,
    "text": lambda written: Text(_marked(written)),
    "rule": lambda written: Text(_marked(written)),
}
