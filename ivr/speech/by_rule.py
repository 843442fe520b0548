"""How times and dates are read, made by rule as they are pronounced: what a made sentence is compared with.

A sentence about hours that a setting brings forth (`水曜日の、午前九時十二分からです`) cannot be approved by a person
before somebody sets it. What surrounds the time is approved once; the time itself must be read as this says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import time

_ONES = ("", "イチ", "ニ", "サン", "ヨン", "ゴ", "ロク", "ナナ", "ハチ", "キュー")
_HOURS = ("レー", "イチ", "ニ", "サン", "ヨ", "ゴ", "ロク", "シチ", "ハチ", "ク", "ジュー", "ジューイチ")
_MINUTES = (
    *("ジュップン", "イップン", "ニフン", "サンプン", "ヨンプン"),
    *("ゴフン", "ロップン", "ナナフン", "ハップン", "キューフン"),
)
_MONTHS = (*("イチ", "ニ", "サン", "シ", "ゴ", "ロク", "シチ", "ハチ", "ク", "ジュー"), "ジューイチ", "ジューニ")
_FIRST = ("ツイタチ", "フツカ", "ミッカ", "ヨッカ", "イツカ", "ムイカ", "ナノカ", "ヨーカ", "ココノカ", "トーカ")
_DAYS = {
    **dict(enumerate(_FIRST, 1)),
    14: "ジューヨッカ",
    19: "ジュークニチ",
    20: "ハツカ",
    24: "ニジューヨッカ",
    29: "ニジュークニチ",
}
_NOON, _HALF = 12, 30


def time_kana(moment: time) -> tuple[str, ...]:
    """Read a time of day as 午前八時半, 午後五時 or 正午 are read, in each way that is right; seconds do not count."""
    if (moment.hour, moment.minute) == (_NOON, 0):
        return ("ショーゴ",)
    half_day = "ゴゼン" if moment.hour < _NOON else "ゴゴ"
    said = f"{half_day}{_HOURS[moment.hour % _NOON]}ジ{_minutes(moment.minute)}"
    return tuple(dict.fromkeys((said, said.replace("ハップン", "ハチフン"))))


def date_kana(month: int, day: int) -> str:
    """Read a day of the year as 十二月二十日 is read."""
    return f"{_MONTHS[month - 1]}ガツ{_DAYS.get(day) or f'{_tens(day)}{_as_day(day % 10)}ニチ'}"


def _minutes(minute: int) -> str:
    if minute in (0, _HALF):
        return "ハン" if minute else ""
    if minute % 10 == 0:
        return _tens(minute).removesuffix("ジュー") + _MINUTES[0]
    return _tens(minute) + _MINUTES[minute % 10]


def _tens(number: int) -> str:
    tens = number // 10
    return f"{_ONES[tens] if tens > 1 else ''}ジュー" if tens else ""


def _as_day(ones: int) -> str:
    return _ONES[ones].replace("ナナ", "シチ")
