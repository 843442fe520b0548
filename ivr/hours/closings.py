"""Reading `flows/closed_days.yaml`: days on which something is closed against its hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from ivr.findings import Finding
from ivr.hours.reader import Reader, Strict
from ivr.hours.table import CLOSED_FILE, PROCEDURES, Closing, Hours
from ivr.yamlfile import Document, parse

if TYPE_CHECKING:
    from datetime import date


def warnings(hours: Hours, today: date) -> list[Finding]:
    """Find the closed days that have passed: they change nothing any more."""
    return [
        Finding(
            CLOSED_FILE,
            closing.line,
            "warning",
            f"this closing ended on {closing.last}: the line can go",
            f"この休みは {closing.last} に終わりました。行を消してかまいません",
        )
        for closing in hours.closings
        if closing.last < today
    ]


class _ClosedFile(Strict):
    closed: list[dict[str, Any]] = Field(default_factory=list)


class _ClosingRow(Strict):
    day: str
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
        return tuple(closing for index in range(len(file.closed)) if (closing := self._closing(index)))

    def _closing(self, index: int) -> Closing | None:
        here = ("closed", index)
        row = self.parsed(_ClosingRow, *here)
        if row is None:
            return None
        first, _, last = row.day.partition("..")
        begin, end = self.date(first, *here, "day"), self.date(last or first, *here, "day")
        if begin and end and begin > end:
            self.add(f"{row.day} ends before it begins", f"{row.day} は終わりが始まりより前です", *here, "day")
        counters = [id_ for i, name in enumerate(row.counters) if (id_ := self._counter(name, *here, "counters", i))]
        for position, name in enumerate(row.procedures):
            self.known(name, PROCEDURES, "procedure", "手続き", *here, "procedures", position)
        if not row.says.strip().endswith("。"):
            self.add("says must be a whole sentence that ends with 。", "says は「。」で終わる文にしてください", *here)
        said = self.said(row.says.strip(), *here, "says")
        if begin is None or end is None:
            return None
        return Closing(begin, end, frozenset(counters), frozenset(row.procedures), said, self.document.line(*here))

    def _counter(self, name: str, *where: str | int) -> str:
        try:
            return self.table.named(name).id
        except KeyError:
            known = [counter.name for counter in self.table.counters.values()]
            self.known(name, known, "counter", "窓口", *where)
            return ""
