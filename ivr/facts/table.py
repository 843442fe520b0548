"""The table itself: rows with their source, loaded strictly, and the places that the page leaves open."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict

from ivr.facts.values import BadValueError, Day, FactType, Phone, Value, Words, parse_date, parse_value
from ivr.findings import Finding, FindingsError
from ivr.yamlfile import Document, parse, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

FILE = "flows/facts.yaml"
PAGE_DATE = "page_date"
"""Id of the fact that holds the date printed on the ward's page."""

Section = Literal["contents", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "contact"]
Lines: TypeAlias = "Mapping[int, str]"
"""Lines of the page, counted from 1, each with its `line_hash`."""

_Model = TypeVar("_Model", bound=BaseModel)
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
_HASH = re.compile(r"^[0-9a-f]{16}$")


def line_hash(line: str) -> str:
    """Name a line of the ward's page: the first 16 hexadecimal digits of the SHA-256 of its stripped text."""
    return hashlib.sha256(line.strip().encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Fact:
    """One row of the table. `written` is the value as the file has it; `line` is the row's line there.

    A fact of the ward's page has `section` and `lines`; a national one has `source` instead.
    """

    id: str
    type: FactType
    value: Value
    written: str | tuple[str, ...]
    section: str
    lines: Lines
    source: str
    checked: date
    file: str = FILE
    line: int = 0


@dataclass(frozen=True)
class Unsettled:
    """A place where the page is silent, lost something or contradicts itself: callers are told to ask."""

    id: str
    section: str
    lines: Lines
    en: str
    ja: str


@dataclass(frozen=True, repr=False)
class Facts:
    """The whole table, immutable. `joined` adds the facts that other tables hold (counters, hours)."""

    table: Mapping[str, Fact]
    unsettled: tuple[Unsettled, ...] = field(default=())

    @classmethod
    def load(cls, root: Path) -> Facts:
        """Read `flows/facts.yaml`; raises FindingsError with everything that is wrong, each with its line."""
        return _Loader(read(root / FILE, root)).facts()

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a fact of that id."""
        return name in self.table

    def __getitem__(self, name: str) -> Fact:
        """Give a fact; raises KeyError."""
        return self.table[name]

    def __iter__(self) -> Iterator[Fact]:
        """Go through the facts in the order of the file."""
        return iter(self.table.values())

    @property
    def page_date(self) -> date:
        """The date printed on the ward's page."""
        value = self.table[PAGE_DATE].value
        assert isinstance(value, Day)  # noqa: S101  (checked while loading)
        return value.date

    def speak(self, name: str, form: str = "") -> Words:
        """Say a fact as (text, spoken); raises KeyError for an unknown fact, ValueError for an unknown form."""
        value = self.table[name].value
        if form not in value.forms:
            known = ", ".join(filter(None, value.forms)) or "no form but the plain one"
            raise ValueError(f"{name} cannot be said as {form!r}: it has {known}")
        return value.words(form)

    def phone(self, name: str) -> Phone:
        """Give a telephone number; raises KeyError for an unknown fact, ValueError for one of another type."""
        value = self.table[name].value
        if not isinstance(value, Phone):
            raise ValueError(f"{name} is not a telephone number")  # noqa: TRY004  (a wrong name, not a wrong type)
        return value

    def joined(self, more: Iterable[Fact]) -> Facts:
        """Give the table with further facts; one that is already there is an error of the program."""
        table = dict(self.table)
        for fact in more:
            if fact.id in table:
                raise ValueError(f"the fact {fact.id} stands twice")
            table[fact.id] = fact
        return Facts(MappingProxyType(table), self.unsettled)


def as_json(fact: Fact, facts: Facts) -> dict[str, Any]:
    """Give a fact as one entry of `ivr facts --json`, without the nodes that speak it."""
    said = fact.value.words("")
    return {
        "id": fact.id,
        "type": fact.type,
        "value": list(fact.written) if isinstance(fact.written, tuple) else fact.written,
        "text": said.text,
        "spoken": said.spoken,
        "section": fact.section or None,
        "lines": sorted(fact.lines),
        "page_date": facts.page_date.isoformat() if fact.section else None,
        "source": fact.source or None,
        "checked": fact.checked.isoformat(),
        "file": fact.file,
        "line": fact.line,
    }


def checked_lines(document: Document, *where: str | int) -> tuple[dict[int, str], list[Finding]]:
    """Read a map of page line to hash at a place of a document; gives the lines and what is wrong with them."""
    data = document.data
    for step in where:
        data = data[step]
    good: dict[int, str] = {}
    findings = []
    for number, digest in data.items():
        if re.fullmatch(r"[1-9]\d*", number) and isinstance(digest, str) and _HASH.match(digest):
            good[int(number)] = digest
            continue
        findings.append(
            document.finding(
                f"{number}: {digest} is not a line of the page with its hash (16 hexadecimal digits)",
                f"「{number}: {digest}」は、ページの行番号とその行のハッシュ(16進16桁)ではありません",
                *where,
                number,
            )
        )
    return good, findings


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Table(_Strict):
    checked: str
    facts: dict[str, dict[str, Any]]
    unsettled: dict[str, dict[str, Any]] = {}


class _Row(_Strict):
    type: FactType
    value: Any
    section: Section | None = None
    lines: dict[str, Any] = {}
    source: str = ""
    checked: str = ""


class _UnsettledRow(_Strict):
    section: Section
    lines: dict[str, Any]
    en: str
    ja: str


class _Loader:
    """Reads one document; collects findings instead of stopping at the first."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = []
        self.hashes: dict[int, str] = {}

    def facts(self) -> Facts:
        table = parse(self.document, _Table)
        checked = self._date(table.checked, "checked") or date.min
        found = {name: fact for name in table.facts if (fact := self._fact(name, checked))}
        unsettled = tuple(row for name in table.unsettled if (row := self._unsettled(name)))
        if PAGE_DATE not in table.facts or (PAGE_DATE in found and found[PAGE_DATE].type != "date"):
            self._add(
                f"the fact {PAGE_DATE} (type date: the date printed on the page) is missing",
                f"「{PAGE_DATE}」(種類 date。ページに書かれた更新日)がありません",
                "facts",
            )
        if self.findings:
            raise FindingsError(self.findings)
        return Facts(MappingProxyType(found), unsettled)

    def _fact(self, name: str, checked: date) -> Fact | None:
        here = ("facts", name)
        self._name(name, *here)
        row = self._parsed(_Row, *here)
        if row is None:
            return None
        before = len(self.findings)
        lines = self._source(row, *here)
        value = self._value(row, *here)
        own = self._date(row.checked, *here, "checked") if row.checked else checked
        if value is None or own is None or len(self.findings) > before:
            return None
        written = tuple(row.value) if isinstance(row.value, list) else row.value
        line = self.document.line(*here)
        return Fact(name, row.type, value, written, row.section or "", lines, row.source, own, FILE, line)

    def _source(self, row: _Row, *here: str) -> Lines:
        if row.source and (row.section or row.lines):
            self._add(
                "has both a source and a section of the page: a national fact has a source, a fact of the page lines",
                "出典(source)とページの行(section、lines)の両方があります。どちらか一方にしてください",
                *here,
            )
        if not row.source and not (row.section and row.lines):
            self._add(
                "has no source: give section and lines of the page or, for a national fact, source and checked",
                "出典がありません。ページの section と lines を、国の事柄なら source と checked を書いてください",
                *here,
            )
        if row.source and not row.checked:
            self._add(
                "a fact with a source of its own needs the date on which it was checked",
                "source のある値には、確かめた日(checked)が必要です",
                *here,
            )
        return self._lines(row.lines, *here)

    def _lines(self, lines: Mapping[str, Any], *here: str) -> Lines:
        if not lines:
            return MappingProxyType({})
        good, findings = checked_lines(self.document, *here, "lines")
        self.findings += findings
        for number, digest in good.items():
            if self.hashes.setdefault(number, digest) != digest:
                self._add(
                    f"line {number} has another hash elsewhere in this file: one of the two is wrong",
                    f"{number} 行目のハッシュが、このファイルのほかの所とちがいます。どちらかが誤りです",
                    *here,
                    "lines",
                    str(number),
                )
        return MappingProxyType(good)

    def _value(self, row: _Row, *here: str) -> Value | None:
        try:
            return parse_value(row.type, row.value)
        except BadValueError as error:
            self._add(error.text, error.text_ja, *here, "value")
            return None

    def _unsettled(self, name: str) -> Unsettled | None:
        here = ("unsettled", name)
        self._name(name, *here)
        row = self._parsed(_UnsettledRow, *here)
        if row is None:
            return None
        if not row.lines:
            self._add("names no line of the page", "ページの行(lines)がありません", *here)
        return Unsettled(name, row.section, self._lines(row.lines, *here), row.en, row.ja)

    def _parsed(self, model: type[_Model], *here: str) -> _Model | None:
        try:
            return parse(self.document, model, *here)
        except FindingsError as error:
            self.findings += error.findings
            return None

    def _date(self, written: str, *here: str) -> date | None:
        try:
            return parse_date(written)
        except BadValueError as error:
            self._add(error.text, error.text_ja, *here)
            return None

    def _name(self, name: str, *here: str) -> None:
        if not _NAME.match(name):
            self._add(
                f"{name!r} is not a name of small letters, digits and underscores",
                f"「{name}」は、英小文字・数字・下線の名前ではありません",
                *here,
            )

    def _add(self, text: str, text_ja: str, *here: str) -> None:
        name = here[1] if len(here) > 1 else here[0]
        self.findings.append(self.document.finding(f"{name}: {text}", f"{name}: {text_ja}", *here))
