"""Collecting what is wrong with a table instead of stopping at the first thing."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict

from ivr.facts import BadValueError, Words, parse_date, parse_time, parse_value, words
from ivr.findings import Finding, FindingsError
from ivr.misfits import Said
from ivr.names import Asked, Place
from ivr.yamlfile import Document, Where, parse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from ivr.hours.spans import Span

Row = TypeVar("Row", bound=BaseModel)


class Strict(BaseModel):
    """A row in which every item is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Reader:
    """Reads parts of one document and keeps its findings."""

    def __init__(self, document: Document) -> None:
        """Start without findings."""
        self.document = document
        self.findings: list[Finding] = []
        self.unread = False
        self.asked: dict[tuple[str, ...], Asked] = {}

    def add(self, text: str, text_ja: str, *where: str | int) -> None:
        """Note an error at a place of the document."""
        name = self._name(*where)
        self.findings.append(self.document.finding(f"{name}: {text}", f"{name}: {text_ja}", *where))

    def _name(self, *where: str | int) -> str:
        return ".".join(str(step) for step in self.document.first(*where))

    def parsed(self, model: type[Row], *where: str | int) -> Row | None:
        """Check a row against its model; None where it does not fit."""
        try:
            return parse(self.document, model, *where)
        except FindingsError as error:
            self.findings += error.findings
            self.unread = True
            return None

    def said(self, written: str, *where: str | int) -> Words:
        """Read words with readings."""
        try:
            parse_value("text", written)
        except BadValueError as error:
            self.add(error.text, error.text_ja, *where)
        return words(written)

    def date(self, written: str, *where: str | int) -> date | None:
        """Read a date; None where the calendar has no such day."""
        try:
            return parse_date(written)
        except BadValueError as error:
            self.add(error.text, error.text_ja, *where)
            return None

    def spans(self, written: str, *where: str | int) -> tuple[Span, ...]:
        """Read hours like `08:30-17:00` or `10:00-12:00, 13:00-16:00`; sorted, none where they cannot be read."""
        spans = []
        for part in map(str.strip, written.split(",")):
            begin, dash, end = part.partition("-")
            if not dash:
                self.add(
                    f"{part!r} are not hours like 08:30-17:00",
                    f"「{part}」は 08:30-17:00 の形の時間ではありません",
                    *where,
                )
                return ()
            try:
                spans.append((parse_time(begin), parse_time(end)))
            except BadValueError as error:
                self.add(error.text, error.text_ja, *where)
                return ()
            if begin == end:
                self.add(f"{part} ends when it begins", f"{part} は始まりと終わりが同じです", *where)
            elif begin > end:
                self.add(f"{part} ends before it begins", f"{part} は終わりが始まりより前です", *where)
        spans.sort()
        for (_, earlier), (later, _) in pairwise(spans):
            if later <= earlier:
                self.add(
                    f"the hours overlap or touch at {later:%H:%M}",
                    f"時間が {later:%H:%M} で重なるか、つながっています",
                    *where,
                )
        return tuple(spans)

    def known(self, name: str, names: Iterable[str], what: str, what_ja: str, *where: str | int) -> bool:
        """Tell whether a name exists; `tell_unknown` notes it, once for all who ask for it, where it does not."""
        known = list(names)
        asking = f"{self._name(*where)}: "
        asked = self.asked.setdefault((what, *known), Asked(Said(what, what_ja), listed=True))
        asked.ask(name, Place(self.document.file, self.document.line(*where), Said(asking, asking)))
        return name in known

    def tell_unknown(self, **stand: Iterable[Where]) -> None:
        """Note the names that do not exist; `stand` is, by kind (`set_of_hours`), where those stand that do."""
        for (what, *known), asked in self.asked.items():
            places = stand.get(what.replace(" ", "_"), ())
            here = {str(where[-1]): Place(self.document.file, self.document.line(*where)) for where in places}
            self.findings += asked.findings(known, here)
