"""What heard words claim, read from the words alone: which keys they offer, and what they say about hours.

The wording comes from the files that editors change: a text is taken apart by the sentences of `flows/counters.yaml`
and the prompts of options. So other words for the same thing are read as well, and words that are none of them are
noticed. Nothing in here knows how the service chose its sentences: a slip there must not repeat itself here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from ivr.flow import Answer, Menu
from ivr.hours.table import WEEKDAYS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping

    from ivr.content import Content
    from ivr.hours import Hours

LITERAL = "literal"
"""Name of words without a blank that the tables give whole: of a closing, or of a procedure that no counter does."""
DAYS = ("today", "tomorrow", "this_week", "on_date")
PARTS = frozenset({"and", "comma", "rest", "rest_of_group", "group_without", *DAYS, *WEEKDAYS})
"""What is no sentence of its own, apart from the places with their times."""
PLACE = "place_"
NEVER = date.min
"""A day that contradicts itself: a date that is not on the weekday said with it."""
_KANJI = "〇零一二三四五六七八九十"
_DIGITS = {"零": 0} | {kanji: number for number, kanji in enumerate("〇一二三四五六七八九")}
_CLOCK = rf"(?:午前|午後)[{_KANJI}]{{1,3}}時(?:半|[{_KANJI}]{{1,4}}分)?|正午"
_CLOCK_PARTS = re.compile(rf"(午前|午後)([{_KANJI}]{{1,3}})時(?:(半)|([{_KANJI}]{{1,4}})分)?|(正午)")
_DATE = re.compile(rf"([{_KANJI}]+)月([{_KANJI}]+)日")
_MARK = re.compile(r"\{([^{}]*)\}")
_ENDS = re.compile(r"(?<=[。？])|$")
_NAMES = "[^。]+?"
_WEEK = 7


@dataclass(frozen=True)
class Place:
    """Counters as they are named together, and the time said of them."""

    names: str
    time: dt.time


@dataclass(frozen=True)
class Said:
    """A sentence about hours, by its name in the table, with what stands in its blanks.

    `day` is the date that is meant: None where the sentence names none, `NEVER` where it cannot be.
    """

    sentence: str
    time: dt.time | None = None
    day: date | None = None
    names: str = ""
    places: tuple[Place, ...] = ()

    @property
    def times(self) -> tuple[dt.time, ...]:
        """Every time that it names, in order."""
        return (*([self.time] if self.time else ()), *(place.time for place in self.places))


class HoursReader:
    """Takes apart what is said about hours, by the sentences of a table."""

    def __init__(self, hours: Hours) -> None:
        """Learn the table's words; a later change of the table needs another reader."""
        said = {name: words.text for name, words in hours.sentences.items()}
        blank = {"time": f"(?P<time>{_CLOCK})"}
        blank |= {name: f"(?P<{name}>{_NAMES})" for name in ("names", "day", "places", "weekday", "date")}
        forms = {name: re.compile(_filled(words, blank)) for name, words in said.items() if not _is_part(name)}
        whole = [*(closing.says for closing in hours.closings), *(row.says for row in hours.procedures.values())]
        literal = {words.text for words in whole if words}
        self._forms = [*forms.items(), *((LITERAL, re.compile(re.escape(words))) for words in sorted(literal))]
        self._places = [re.compile(_filled(text, blank)) for name, text in said.items() if name.startswith(PLACE)]
        self._days = {name: re.compile(_filled(said[name], blank)) for name in DAYS}
        self._weekdays = {said[name]: number for number, name in enumerate(WEEKDAYS)}
        self._comma = said["comma"]

    @lru_cache(maxsize=4096)  # noqa: B019  (a reader lives as long as its walk)
    def read(self, text: str, today: date) -> tuple[tuple[Said, ...], ...]:
        """Give every way to take a text apart; none where it holds words that the table does not have."""
        return tuple(self._read(text, today))

    def _read(self, text: str, today: date) -> Iterator[tuple[Said, ...]]:
        if not text:
            yield ()
            return
        for end in (found.start() for found in _ENDS.finditer(text, 1)):
            rest: tuple[tuple[Said, ...], ...] | None = None
            for name, form in self._forms:
                said = self._said(name, form.fullmatch(text, 0, end), today)
                if said:
                    rest = self.read(text[end:], today) if rest is None else rest
                    yield from ((said, *following) for following in rest)

    def _said(self, name: str, found: re.Match[str] | None, today: date) -> Said | None:
        """Read the blanks of a sentence; None where it does not fit after all."""
        if not found:
            return None
        blanks = found.groupdict()
        day = self._day(blanks["day"], today) if "day" in blanks else None
        places = next(self._places_in(blanks["places"]), None) if "places" in blanks else ()
        if places is None or (day is None and "day" in blanks):
            return None
        moment = clock(blanks["time"]) if "time" in blanks else None
        return Said(name, moment, day, blanks.get("names", ""), places)

    def _places_in(self, text: str) -> Iterator[tuple[Place, ...]]:
        if not text:
            yield ()
        for end in range(1, len(text) + 1):
            if end < len(text) and not text.startswith(self._comma, end):
                continue
            for form in self._places:
                found = form.fullmatch(text, 0, end)
                if found:
                    place = Place(found["names"], clock(found["time"]))
                    rest = self._places_in(text[end + len(self._comma) :] if end < len(text) else "")
                    yield from ((place, *following) for following in rest)

    def _day(self, text: str, today: date) -> date | None:
        """Find the day that is meant, seen from today; None where the words name none."""
        for name, form in self._days.items():
            found = form.fullmatch(text)
            blanks = found.groupdict() if found else {}
            weekday = self._weekdays.get(blanks.get("weekday", ""))
            if found and ("weekday" not in blanks or weekday is not None):
                day = _meant(name, blanks.get("date", ""), weekday, today)
                return day if weekday is None or day.weekday() == weekday else NEVER
        return None


def _meant(form: str, written: str, weekday: int | None, today: date) -> date:
    if form == "on_date":
        return _next_date(written, today)
    ahead = {"today": 0, "tomorrow": 1}.get(form)
    if ahead is None:
        ahead = ((weekday or 0) - today.weekday() - 1) % _WEEK + 1
    return today + timedelta(days=ahead)


def _next_date(written: str, today: date) -> date:
    found = _DATE.fullmatch(written)
    if not found:
        return NEVER
    month, day = number(found[1]), number(found[2])
    days = (today + timedelta(days=ahead) for ahead in range(1, 367))
    return next((each for each in days if (each.month, each.day) == (month, day)), NEVER)


class OffersReader:
    """Finds the keys that words offer, by the prompts of the flow's options."""

    def __init__(self, content: Content) -> None:
        """Learn the words of every option of a flow."""
        nodes = (node for node in content.flow.nodes.values() if isinstance(node, Menu | Answer))
        survey = content.flow.top.survey
        options = [option for node in nodes for option in node.options.values()]
        says = [
            *(option.says for option in options),
            *(each.says for each in (survey.options.values() if survey else ())),
        ]
        written = dict.fromkeys(content.prompts.by_name[name].text for name in dict.fromkeys(says))
        self._forms = [re.compile(_offer(text)) for text in written]

    def offered(self, text: str) -> set[str]:
        """Give the keys that a text offers."""
        return {key for form in self._forms for key in form.findall(text)}


def clock(text: str) -> dt.time:
    """Read a time of day: 午前八時半, 午後五時, 正午; raises ValueError for anything else."""
    found = _CLOCK_PARTS.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no time of day")
    half_day, hour, half, minute, noon = found.groups()
    if noon:
        return time(12)
    hours = number(hour) % 12 + (12 if half_day == "午後" else 0)
    return time(hours, 30 if half else number(minute or ""))


def number(kanji: str) -> int:
    """Read a number below a hundred in kanji; nothing is zero."""
    tens, ten, ones = kanji.rpartition("十")
    if not ten:
        return int("".join(str(_DIGITS[digit]) for digit in ones) or 0)
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)


def _is_part(name: str) -> bool:
    return name in PARTS or name.startswith(PLACE)


def _filled(words: str, blanks: Mapping[str, str]) -> str:
    """Make a pattern of a sentence with `{blanks}`."""
    return _joined(words, lambda mark: blanks.get(mark, _NAMES))


def _offer(words: str) -> str:
    """Make a pattern of an option's last sentence, whose key is the group; values of facts may be anything."""
    last = max(words.rfind("。", 0, words.index("{key}")), words.rfind("？", 0, words.index("{key}"))) + 1

    def mark(inside: str) -> str:
        if inside == "key":
            return "([0-9])"
        if inside[:1] in "=?":
            return ""
        written, bar, _ = inside.partition("|")
        return re.escape(written) if bar else _NAMES

    return _joined(words[last:], mark)


def _joined(words: str, pattern_of: Callable[[str], str]) -> str:
    """Make a pattern of words in which some stand between braces."""
    parts = enumerate(_MARK.split(words))
    return "".join(pattern_of(part) if place % 2 else re.escape(part) for place, part in parts)
