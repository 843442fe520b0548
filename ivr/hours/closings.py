"""Reading `flows/closed_days.yaml`: days, or hours of them, on which something is closed against its usual hours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import Field

from ivr.facts import Words
from ivr.findings import Finding
from ivr.hours.day import FIRST_YEAR, LAST_YEAR, kind_of, usual_day
from ivr.hours.reader import Reader, Strict
from ivr.hours.spans import common
from ivr.hours.table import CLOSED_FILE, PROCEDURES, TELEPHONE, TELEPHONE_NAME, TELEPHONE_NAMES, Closing, Hours, normal
from ivr.hours.wording import fill
from ivr.yamlfile import Document, parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ivr.hours.day import Day
    from ivr.hours.table import Counter

_LONGEST = 366
"""Days of one closing: what lasts longer is no closed day but belongs into the hours."""


def closed_today(hours: Hours, counter: Counter, day: date) -> Closing:
    """Give the closing of a counter for one whole day that people have switched."""
    says = fill(hours.sentences, "closed_today", names=counter.spoken)
    return Closing(day, day, frozenset({counter.id}), frozenset(), says)


def warnings(hours: Hours, today: date) -> list[Finding]:
    """Find the closings that have passed, and those during which nothing would be open: they change nothing."""
    every = sorted({*hours.closings, *hours.telephone_closings}, key=lambda closing: closing.line)
    return [finding for closing in every for finding in _warnings(hours, closing, today)]


def _warnings(hours: Hours, closing: Closing, today: date) -> Iterator[Finding]:
    if closing.last < today:
        text = f"this closing ended on {closing.last}: the line can go"
        yield Finding(
            CLOSED_FILE,
            closing.line,
            "warning",
            text,
            f"この休みは {closing.last} に終わりました。行を消してかまいません",
        )
    elif TELEPHONE in closing.counters:
        return  # when it is answered is a setting, and not the same on every machine
    elif not any(common((*day.spans, *day.maybe), closing.spans) for day in _usual(hours, closing)):
        yield Finding(
            CLOSED_FILE,
            closing.line,
            "warning",
            "this closing changes nothing: what it names is not open then anyway; is the day right?",
            "この休みは、何も変えません。その日のその時間には、もともと開いていません。日にちを確かめてください",
        )


def _usual(hours: Hours, closing: Closing) -> Iterator[Day]:
    """Describe the usual days of everything that a closing names."""
    days = [closing.first + timedelta(days=number) for number in range((closing.last - closing.first).days + 1)]
    for kind in dict.fromkeys(kind_of(hours, day) for day in days):
        for procedure in hours.procedures.values():
            for offers in procedure.offers.values() if closing.on(closing.first, procedure.id) else ():
                for offer in offers.values():
                    if closing.shuts(offer.counter, *offer.halls):
                        yield usual_day(offer, kind)


class _ClosedFile(Strict):
    closed: list[dict[str, Any]] = Field(default_factory=list)


class _ClosingRow(Strict):
    day: str
    hours: str | None = None
    counters: list[str] = Field(default_factory=list)
    procedures: list[str] = Field(default_factory=list)
    says: str


class Closings(Reader):
    """Makes closings of the rows; `findings` holds what is wrong."""

    def __init__(self, document: Document, hours: Hours) -> None:
        """Read against the counters of the table."""
        super().__init__(document)
        self.table = hours

    def all(self) -> tuple[Closing, ...]:
        """Give the closings that could be read; raises FindingsError where the file has another shape."""
        if self.document.data == {"closed": ""}:  # the list may be empty: only comments below its name
            return ()
        file = parse(self.document, _ClosedFile)
        found: list[Closing] = []
        for index in range(len(file.closed)):
            closing = self._closing(index)
            if closing:
                self._stands_once(closing, found, index)
                found.append(closing)
        self.tell_unknown()
        return tuple(found)

    def _closing(self, index: int) -> Closing | None:
        here = ("closed", index)
        row = self.parsed(_ClosingRow, *here)
        if row is None:
            return None
        days = self._days(row.day, *here, "day")
        hours = self.spans(row.hours, *here, "hours") if row.hours is not None else ()
        counters = [id_ for i, name in enumerate(row.counters) if (id_ := self._counter(name, *here, "counters", i))]
        for position, name in enumerate(row.procedures):
            self.known(name, PROCEDURES, "procedure", "手続き", *here, "procedures", position)
        if TELEPHONE in counters and row.procedures:
            self.add(
                f"the telephone {TELEPHONE_NAME} is for every procedure: write a line of its own, without procedures",
                f"{TELEPHONE_NAME}は、すべての手続きの電話です。procedures のない、別の行に書いてください",
                *(*here, "procedures"),
            )
        words = self._says(row.says.strip(), *here, "says")
        if days is None:
            return None
        line = self.document.line(*here)
        return Closing(*days, frozenset(counters), frozenset(row.procedures), words, line, hours)

    def _says(self, written: str, *where: str | int) -> Words:
        if written.endswith("。") and written.strip("。 　"):
            return self.said(written, *where)
        self.add("must be a whole sentence that ends with 。", "「。」で終わる文にしてください", *where)
        return Words(written, written)

    def _days(self, written: str, *where: str | int) -> tuple[date, date] | None:
        first, dots, last = written.partition("..")
        begin = self.date(first.strip(), *where)
        end = self.date(last.strip(), *where) if dots else begin
        if begin is None or end is None:
            return None
        if begin > end:
            self.add(f"{written} ends before it begins", f"{written} は終わりが始まりより前です", *where)
        if begin.year <= FIRST_YEAR or end.year > LAST_YEAR:
            self.add(
                f"national holidays are known from {FIRST_YEAR + 1} to {LAST_YEAR} only",
                f"祝日がわかるのは {FIRST_YEAR + 1} 年から {LAST_YEAR} 年までです",
                *where,
            )
            return None
        if (end - begin).days >= _LONGEST:
            self.add(
                f"{written} is longer than {_LONGEST} days: change the hours in counters.yaml instead",
                f"{written} は {_LONGEST} 日より長いので、counters.yaml の受付時間を直してください",
                *where,
            )
            return None
        return begin, end

    def _stands_once(self, closing: Closing, before: list[Closing], index: int) -> None:
        """Refuse a second closing of the very same things at the same time: callers would hear both."""
        for other in before:
            same = (other.counters, other.procedures) == (closing.counters, closing.procedures)
            days = closing.first <= other.last and other.first <= closing.last
            if same and days and common(other.spans, closing.spans):
                self.add(
                    f"overlaps the closing on line {other.line}, which names the same counters and procedures",
                    f"{other.line} 行目の休みと、窓口も手続きも同じで、日時が重なっています",
                    *("closed", index),
                )

    def _counter(self, name: str, *where: str | int) -> str:
        if normal(name) in TELEPHONE_NAMES:
            return TELEPHONE
        try:
            return self.table.named(name).id
        except KeyError:
            known = [*(counter.name for counter in self.table.counters.values()), TELEPHONE_NAME]
            self.known(name, known, "counter", "窓口", *where)
            return ""
