"""Numbers as voices read them without fail: rules of the normaliser, and the numbers that no rule reads.

Dictionaries hold words such as 五分 (ごぶ) and 二日 (in 第二日曜日) that are no times and no dates. Where they would
take a number for one, it is written otherwise: in digits where these are read rightly, in kana where they are not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Rule = tuple[str, "str | Callable[[re.Match[str]], str]"]

_KANJI = r"\u3400-\u9fff々"
_ONES = "〇一二三四五六七八九"
_PLACES = {"十": 10, "百": 100, "千": 1000}
NUMERALS = f"零{_ONES}十百千万"
_BEGIN = rf"(?<![0-9{NUMERALS}.])"
_NUMBER = rf"[{_ONES}十百千]+"
_HALVED = "(?:する|しま|し[、てな]|した(?!ら)|され)"
_MINUTES = rf"分(?=[前後以過])|分(?![{_KANJI}]|の[0-9{NUMERALS}]|(?<=二分){_HALVED})"
"""分 of minutes: not of 分割, 五分五分, 三分の一, 二分する."""
_SEVERAL = rf"第{_NUMBER}(?:(?:[、とや]|および)第?{_NUMBER})+(?=[月火水木金土日](?:曜|、))"
"""第一、三日曜日: the days of a list stand once, behind its last number."""
_CLOCK_ZERO = r"(?<![0-9])0時(?!間)|零時(?!間)"
COUNTERS = (
    "円",
    "点",
    "回",
    "か月",
    "カ月",
    "ヶ月",
    "か所",
    "カ所",
    "週",
    "日",
    "年",
    "月",
    "歳",
    "階",
    "人",
    "名",
    "時",
    "分",
    "秒",
    "本",
    "枚",
    "通",
    "部",
    "件",
    "個",
    "台",
    "つ",
    "桁",
    "文字",
    "種類",
    "号",
    "番",
    "度",
    "倍",
    "センチ",
    "パーセント",
)
"""What may follow a number in digits: each is read rightly after every number to a hundred."""
COUNTER = f"(?:{'|'.join(COUNTERS)})"
_UNREAD = re.compile(
    rf"(?<![0-9.第])[0-9]{{2,}}(?![0-9]|\.[0-9]|{COUNTER}|から[0-9]+{COUNTER})"
    rf"|(?<![{NUMERALS}])[{_ONES}零]{{2,}}(?![{NUMERALS}])"
    rf"|[0-9{NUMERALS}]+割(?!合)(?:[0-9{NUMERALS}]+分)?|[0-9{NUMERALS}]+厘"
)
"""Bare digits may be a count, a code or a telephone number; 割 and 厘 are fractions that other words say better."""


def unread(text: str) -> list[str]:
    """List the numbers of a normalised text that no rule reads: digits that count nothing, fractions in tenths."""
    return [match.group() for match in _UNREAD.finditer(text)]


def _value(written: str) -> int:
    """Read 四十九 as 49; what has no place, such as 二六, is read digit by digit."""
    if not set(written) & set(_PLACES):
        return int("".join(str(_ONES.index(mark)) for mark in written))
    total = digit = 0
    for mark in written:
        if mark in _PLACES:
            total, digit = total + (digit or 1) * _PLACES[mark], 0
        else:
            digit = _ONES.index(mark)
    return total + digit


def _in_digits(match: re.Match[str]) -> str:
    return f"{_value(match.group(1))}{match.group(2)}"


def _all_in_digits(match: re.Match[str]) -> str:
    return re.sub(_NUMBER, lambda number: str(_value(number.group())), match.group())


def _round(number: str) -> str:
    """Give the number without its last digit: 十八 is ten and eight."""
    return f"{number}0" if number else ""


RULES: tuple[Rule, ...] = (
    (rf"(?<=時)({_NUMBER})({_MINUTES})", _in_digits),
    (rf"{_BEGIN}(?<![割分])(?!十分)({_NUMBER})({_MINUTES})", _in_digits),  # 十分 alone may be じゅうぶん
    (rf"{_BEGIN}(十)(分(?=[前後以過]))", _in_digits),
    (rf"(?<![0-9])([0-9]*)8(?:{_MINUTES})", lambda match: f"{_round(match.group(1))}ハップン"),
    (_CLOCK_ZERO, "レージ"),
    (_SEVERAL, _all_in_digits),
    (rf"(?<=第)({_NUMBER})(?=[月火水木金土日]曜)()", _in_digits),
    (rf"{_BEGIN}(四十九|二百二?十|(?!十四日|二十四日)[{_ONES}十百千]+四)(日(?!曜))", _in_digits),
    (r"(?<![0-9])([0-9]*[3-9]|[0-9]+[012])4日(?!曜)", r"\g<1>0よっか"),
    (rf"{_BEGIN}([{_ONES}十百千]*[一七])(時間)", _in_digits),
    (rf"{_BEGIN}({_NUMBER})([名部](?![{_KANJI}])|[名部](?=[様以])|号|文字|分割)", _in_digits),
    (rf"{_BEGIN}(四)(万)", _in_digits),
    (r"(?<![0-9])1文字", "ひと文字"),
    (r"(?<=[8八])[カヵヶ](?=[月所])", "か"),
    (r"(?<![0-9])20歳", "二十歳"),
)
