"""What heard words claim, read from the words alone: which keys they offer, and what they say about hours.

Nothing in here knows how the words were made: a slip there must not repeat itself here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

COMMON = {"#": "シャープ", "*": "コメジルシ", "0": "ゼロ"}
_OFFER = re.compile(r"(?:は|ば|ら)、?\s*([0-9])。")
_DIGITS = {kanji: number for number, kanji in enumerate("〇一二三四五六七八九")}
_CLOCK = re.compile(r"(午前|午後)([〇一二三四五六七八九十]{1,3})時(?:(半)|([〇一二三四五六七八九十]{1,4})分)?|(正午)")
_DAYS = "月火水木金土日"
_NEXT_DAY = re.compile(r"次に(?:確かに)?[開ひ]ら?くのは、.*?([月火水木金土日])曜日")
_OPEN = re.compile(r"まで開いて|まもなく、.*閉まり|がまもなく.*まで|までの窓口は、まもなく")
_SHUT = ("いまは、まだ開いていません", "今日は、もう終わりました", "お休みです", "いまは、閉まっています")
_UNSTATED = "受付時間は区のページにない"


def offered(text: str) -> set[str]:
    """Give the keys that a text offers."""
    keys = set(_OFFER.findall(text))
    return keys | {key for key, name in COMMON.items() if f"{name}は" in text}


@dataclass(frozen=True)
class Claim:
    """What a text says about hours; None or nothing where it says nothing.

    `open`: that something is open, or that nothing is. `until` are the times named for what is open, `next` and
    `weekday` (0 is Monday) the next opening. `unstated`: that the page gives no hours for this procedure.
    """

    open: bool | None = None
    until: tuple[time, ...] = ()
    next: time | None = None
    weekday: int | None = None
    unstated: bool = False


def claim(text: str) -> Claim | None:
    """Read what a text says about the hours of a procedure; None where it says nothing."""
    if _UNSTATED in text:
        return Claim(unstated=True)
    sentences = [f"{part}。" for part in text.split("。") if part]
    is_open: bool | None = None
    until: list[time] = []
    following: time | None = None
    weekday: int | None = None
    for sentence in sentences:
        if _OPEN.search(sentence) and "次に" not in sentence:
            is_open = True
            until += clocks(sentence)
        elif any(words in sentence for words in _SHUT):
            is_open = is_open or False
        elif sentence.startswith(("次に", "このあと")) and following is None:
            found = clocks(sentence)
            following = found[0] if found else None
            day = _NEXT_DAY.search(sentence)
            weekday = _DAYS.index(day[1]) if day else None
    if is_open is None and following is None:
        return None
    return Claim(is_open, tuple(until), following, weekday)


def clocks(text: str) -> list[time]:
    """Read every time of day in a text: 午前八時半, 午後五時, 正午."""
    found = []
    for half_day, hour, half, minute, noon in _CLOCK.findall(text):
        hours = 12 if noon else number(hour) % 12 + (12 if half_day == "午後" else 0)
        found.append(time(hours, 30 if half else number(minute) if minute else 0))
    return found


def number(kanji: str) -> int:
    """Read a number below a hundred in kanji."""
    tens, ten, ones = kanji.rpartition("十")
    if not ten:
        return int("".join(str(_DIGITS[digit]) for digit in ones) or 0)
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
