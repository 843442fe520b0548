"""Reading the setting IVR_OFFICE_HOURS: the hours of each weekday, and why a span cannot be read. Pure.

`mon-fri 08:30-17:00, sun 09:00-12:00`. What people type is taken as they mean it: full-width characters, capitals,
`8:30`, 月-金. What stays in doubt is refused with its reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from datetime import time
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ivr.findings import BadValueError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Span: TypeAlias = "tuple[time, time]"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAYS_JA = "月火水木金土日"
_WEEK = 7
_MIDNIGHT = 24 * 60
_MARKS = str.maketrans({"、": ",", **dict.fromkeys("〜~‐‑‒–—―−ー", "-")})
_ITEM = re.compile(r"(?P<days>[^\d]*?) *(?P<begin>\d{1,2}:\d\d) *- *(?P<end>\d{1,2}:\d\d)")
_DAYS = re.compile(r"(?P<first>[^\s-]+) *(?:- *(?P<last>[^\s-]+))?")
_JAPANESE = re.compile(rf"([{_WEEKDAYS_JA}])(?:曜日?)?(?=[\s-]|$)")


class _Item(NamedTuple):
    """Some weekdays (0 is Monday) in a row, with the minutes of the day at which a span begins and ends."""

    first: int
    last: int
    begin: int
    end: int

    @property
    def days(self) -> list[int]:
        return [day % _WEEK for day in range(self.first, self.first + (self.last - self.first) % _WEEK + 1)]

    @property
    def written(self) -> str:
        return f"{_named(self.first, self.last)} {_span(self.begin, self.end)}"


def read(written: str) -> Mapping[int, tuple[Span, ...]]:
    """Give the spans of each weekday (0 is Monday), sorted; `time.max` stands for 24:00. Raises BadValueError.

    Spans that touch are one: nothing closes between them.
    """
    week: dict[int, list[Span]] = defaultdict(list)
    for day, spans in _by_day(_items(written)).items():
        for begin, end in spans:
            if week[day] and week[day][-1][1] == _time(begin):
                begin_of_last, _ = week[day].pop()
                week[day].append((begin_of_last, _time(end)))
            else:
                week[day].append((_time(begin), _time(end)))
    return {day: tuple(week[day]) for day in sorted(week)}


def normal(written: str) -> str:
    """Write hours as the setting is documented: `mon-fri 08:30-17:00, sun 09:00-12:00`. Raises BadValueError."""
    return ", ".join(item.written for item in _items(written))


def _items(written: str) -> list[_Item]:
    text = unicodedata.normalize("NFKC", written).lower().translate(_MARKS).strip()
    if not text.strip(" ,"):
        raise BadValueError("no hours are given", "時間が書かれていません")
    items, wrong = [], []
    for part in text.split(","):
        try:
            items.append(_item(part.strip()))
        except BadValueError as error:
            wrong.append(error)
    wrong += [] if wrong else list(_overlaps(items))
    if wrong:
        raise BadValueError("; ".join(each.text for each in wrong), "。".join(each.text_ja for each in wrong))
    return items


def _item(part: str) -> _Item:
    if not part:
        raise BadValueError("nothing stands beside a comma", "読点(コンマ)のとなりに、何も書かれていません")
    found = _ITEM.fullmatch(part)
    if not found:
        raise _shapeless(part)
    first, last = _days(found["days"], part)
    begin, end = _minutes(found["begin"]), _minutes(found["end"])
    if begin == end:
        raise BadValueError(
            f"{part!r} ends when it begins: a whole day is 00:00-24:00",
            f"「{part}」は、始まりと終わりが同じです。一日中なら 00:00-24:00 です",
        )
    if begin > end:
        raise _backwards(part, first, last, begin, end)
    return _Item(first, last, begin, end)


def _shapeless(part: str) -> BadValueError:
    if not re.search(r"\d", part):
        return BadValueError(
            f"{part!r} names no hours: write them like 'mon-fri 08:30-17:00'",
            f"「{part}」に、時間がありません。「mon-fri 08:30-17:00」のように書いてください",
        )
    return BadValueError(
        f"{part!r} must be days and then from when until when, like 'mon-fri 08:30-17:00'",
        f"「{part}」は、「mon-fri 08:30-17:00」のように、曜日のあとに、いつからいつまでかを書いてください",
    )


def _days(written: str, part: str) -> tuple[int, int]:
    text = _JAPANESE.sub(lambda found: WEEKDAYS[_WEEKDAYS_JA.index(found[1])], written.strip())
    if not text:
        raise BadValueError(
            f"{part!r} names no day: write it like 'mon-fri {part}'",
            f"「{part}」に、曜日がありません。「mon-fri {part}」のように書いてください",
        )
    found = _DAYS.fullmatch(text)
    names = [found["first"], found["last"] or found["first"]] if found else [text]
    for name in names:
        if name not in WEEKDAYS:
            raise BadValueError(
                f"there is no weekday {name!r} (in {part!r}): there are {' '.join(WEEKDAYS)}, and ranges like mon-fri",
                f"「{name}」という曜日はありません({part})。あるのは {' '.join(WEEKDAYS)} と、mon-fri のような範囲です",
            )
    return WEEKDAYS.index(names[0]), WEEKDAYS.index(names[-1])


def _minutes(written: str) -> int:
    hour, minute = map(int, written.split(":"))
    if minute > 59:  # noqa: PLR2004  (the last minute of an hour)
        raise BadValueError(f"{written}: an hour has minutes 00 to 59", f"{written}: 分は 00 から 59 までです")
    if hour * 60 + minute > _MIDNIGHT:
        raise BadValueError(f"{written}: a day ends at 24:00", f"{written}: 一日は 24:00 までです")
    return hour * 60 + minute


def _backwards(part: str, first: int, last: int, begin: int, end: int) -> BadValueError:
    evening, morning = _Item(first, last, begin, _MIDNIGHT), _Item((first + 1) % _WEEK, (last + 1) % _WEEK, 0, end)
    two = ", ".join(each.written for each in (evening, morning) if each.end > each.begin)
    return BadValueError(
        f"{part!r} ends before it begins: hours over midnight are written as '{two}'",
        f"「{part}」は、終わりが始まりより前です。夜中をまたぐ時間は「{two}」と書きます",
    )


def _overlaps(items: Iterable[_Item]) -> Iterator[BadValueError]:
    told: set[tuple[tuple[int, int], ...]] = set()
    for day, spans in _by_day(items).items():
        for pair in pairwise(spans):
            (begin, earlier), (later, end) = pair
            if later >= earlier or pair in told:
                continue
            told.add(pair)
            name, whole = WEEKDAYS[day], _span(begin, max(earlier, end))
            if pair[0] == pair[1]:
                yield BadValueError(
                    f"{name} {whole} stands twice: take one out",
                    f"「{name} {whole}」が二つあります。一つにしてください",
                )
                continue
            both = f"{_span(begin, earlier)} and {_span(later, end)}"
            yield BadValueError(
                f"{both} overlap on {name}: write them as one, {name} {whole}",
                f"{name} の {both.replace('and', 'と')} が重なっています。「{name} {whole}」と、一つにしてください",
            )


def _by_day(items: Iterable[_Item]) -> dict[int, list[tuple[int, int]]]:
    """Give the spans of each weekday in minutes, sorted."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for item in items:
        for day in item.days:
            found[day].append((item.begin, item.end))
    return {day: sorted(spans) for day, spans in found.items()}


def _named(first: int, last: int) -> str:
    return WEEKDAYS[first] if first == last else f"{WEEKDAYS[first]}-{WEEKDAYS[last]}"


def _span(begin: int, end: int) -> str:
    return "-".join(f"{moment // 60:02}:{moment % 60:02}" for moment in (begin, end))


def _time(minutes: int) -> time:
    return time.max if minutes == _MIDNIGHT else time(*divmod(minutes, 60))
