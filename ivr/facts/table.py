"""The table itself: rows with their source, loaded strictly, and the places that the page leaves open."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field

from ivr.facts.values import Day, Duration, FactType, Phone, Value, Words, parse_date, parse_value
from ivr.findings import BadValueError, Finding, FindingsError
from ivr.yamlfile import Document, parse, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

FILE = "flows/facts.yaml"
PAGE_DATE = "page_date"
"""Id of the fact that holds the date printed on the ward's page."""
REVIEW_AFTER = "180 days"
"""How long what was checked counts as fresh where the table does not say it."""

Section = Literal["contents", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "contact"]
Lines: TypeAlias = "Mapping[int, str]"
"""Lines of the page, counted from 1, each with its `line_hash`."""
Reason = Literal["title", "heading", "table-rule", "lost-cell", "link"]
"""Why no fact holds a line of the page."""
REASONS: tuple[Reason, ...] = get_args(Reason)

_Model = TypeVar("_Model", bound=BaseModel)
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
_LINE = re.compile(r"[1-9][0-9]{0,8}")
_HASH = re.compile(r"[0-9a-f]{16}")


def line_hash(line: str) -> str:
    """Name a line of the ward's page: the first 16 hexadecimal digits of the SHA-256 of its stripped text."""
    return hashlib.sha256(line.strip().encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Fact:
    """One row of the table. `written` is the value as the file has it; `line` is the row's line there.

    A fact of the ward's page has `section` and `lines`; a national one has `source` instead. `start` says in our
    words from when a length of time is counted. `quiet` is the reason why callers need not hear it. `review` is the
    last day on which it counts as fresh; None where it goes by the table.
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
    start: str = ""
    quiet: str = ""
    review: date | None = None


@dataclass(frozen=True)
class Unsettled:
    """A place where the page is silent, lost something or contradicts itself: callers are told to ask.

    `quiet` is the reason why callers need not hear of it; `review` is as in `Fact`.
    """

    id: str
    section: str
    lines: Lines
    en: str
    ja: str
    line: int = 0
    quiet: str = ""
    review: date | None = None


@dataclass(frozen=True)
class Uncovered:
    """A line of the page (`number`, with its hash) that no fact holds, and why; `note` says more in Japanese."""

    number: int
    hash: str
    reason: Reason
    note: str = ""
    line: int = 0


@dataclass(frozen=True, repr=False)
class Facts:
    """The whole table, immutable. `joined` adds the facts that other tables hold (counters, hours).

    What has no review date of its own is due `fresh` after it was checked; `checked` is the table's own date, which
    stands on `line`.
    """

    table: Mapping[str, Fact]
    unsettled: tuple[Unsettled, ...] = field(default=())
    uncovered: tuple[Uncovered, ...] = field(default=())
    checked: date = date.max
    fresh: timedelta = timedelta.max
    line: int = 0

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
        return replace(self, table=MappingProxyType(table))

    def due(self, checked: date) -> date:
        """Give the last day on which what was checked then counts as fresh."""
        return checked + min(self.fresh, date.max - checked)

    def warnings(self, today: date) -> list[Finding]:
        """List what is past its review date.

        A row with a date of its own is one finding; what goes by the date of its table is one finding for all.
        """
        rows: tuple[Fact | Unsettled, ...] = (*self, *self.unsettled)
        own = [_overdue(row, row.review) for row in rows if row.review and row.review < today]
        tables = {FILE: (self.checked, self.line)}
        tables |= {fact.file: (fact.checked, 0) for fact in self if fact.file != FILE}
        return own + [
            _stale(file, *when, self.due(when[0])) for file, when in tables.items() if self.due(when[0]) < today
        ]


def _overdue(row: Fact | Unsettled, due: date) -> Finding:
    return Finding(
        row.file if isinstance(row, Fact) else FILE,
        row.line,
        "warning",
        f"{row.id}: was to be checked against its source again by {due}",
        f"{row.id}: {due} までに、出典ともう一度照らし合わせることになっています。"
        "確かめて checked と review を直してください",
    )


def _stale(file: str, checked: date, line: int, due: date) -> Finding:
    return Finding(
        file,
        line,
        "warning",
        f"the table was checked on {checked} and was to be checked against the page again by {due}",
        f"この表を確かめたのは {checked} で、{due} までにページともう一度照らし合わせることになっています。"
        "確かめて checked を直してください",
    )


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
        "review": (fact.review or facts.due(fact.checked)).isoformat(),
        "from": fact.start or None,
        "quiet": fact.quiet or None,
        "file": fact.file,
        "line": fact.line,
    }


def _is_line(number: str, digest: object) -> bool:
    return bool(_LINE.fullmatch(number) and isinstance(digest, str) and _HASH.fullmatch(digest))


def checked_lines(document: Document, *where: str | int) -> tuple[dict[int, str], list[Finding]]:
    """Read a map of page line to hash at a place of a document; gives the lines and what is wrong with them."""
    data = document.data
    for step in where:
        data = data[step]
    good: dict[int, str] = {}
    findings = []
    for number, digest in data.items():
        if _is_line(number, digest):
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
    review: str = REVIEW_AFTER
    facts: dict[str, dict[str, Any]]
    unsettled: dict[str, dict[str, Any]] = {}
    uncovered: dict[str, dict[str, Any]] = {}


class _Row(_Strict):
    type: FactType
    value: Any
    section: Section | None = None
    lines: dict[str, Any] = {}
    source: str = ""
    checked: str = ""
    review: str = ""
    start: str | None = Field(None, alias="from")
    quiet: str | None = None


class _UnsettledRow(_Strict):
    section: Section
    lines: dict[str, Any]
    en: str
    ja: str
    review: str = ""
    quiet: str | None = None


class _UncoveredRow(_Strict):
    hash: str
    reason: Reason
    note: str = ""


class _Loader:
    """Reads one document; collects findings instead of stopping at the first."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = []
        self.hashes: dict[int, str] = {}
        self.held: dict[int, str] = {}
        self.checked = date.min

    def facts(self) -> Facts:
        table = parse(self.document, _Table)
        self.checked = self._date(table.checked, "checked") or date.min
        fresh = self._fresh(table.review)
        found = {name: fact for name in table.facts if (fact := self._fact(name, fresh))}
        unsettled = tuple(filter(None, map(self._unsettled, table.unsettled)))
        uncovered = tuple(filter(None, map(self._uncovered, table.uncovered)))
        if PAGE_DATE not in table.facts or (PAGE_DATE in found and found[PAGE_DATE].type != "date"):
            self._add(
                f"the fact {PAGE_DATE} (type date: the date printed on the page) is missing",
                f"「{PAGE_DATE}」(種類 date。ページに書かれた更新日)がありません",
                "facts",
            )
        if self.findings:
            raise FindingsError(self.findings)
        line = self.document.line("checked")
        return Facts(MappingProxyType(found), unsettled, uncovered, self.checked, fresh, line)

    def _fresh(self, written: str) -> timedelta:
        try:
            value = parse_value("duration", written)
        except BadValueError as error:
            self._add(error.text, error.text_ja, "review")
            return timedelta.max
        assert isinstance(value, Duration)  # noqa: S101  (a duration was parsed)
        if (value.unit, value.low, value.about) != ("days", value.high, False):
            self._add(
                f"{written!r} is not a number of days like '180 days'",
                f"「{written}」は「180 days」の形の日数ではありません",
                "review",
            )
        return timedelta(days=value.low)

    def _fact(self, name: str, fresh: timedelta) -> Fact | None:
        here = ("facts", name)
        self._name(name, *here)
        row = self._parsed(_Row, *here)
        if row is None:
            return None
        before = len(self.findings)
        lines = self._source(row, *here)
        value = self._value(row, *here)
        checked = self._date(row.checked, *here, "checked") if row.checked else self.checked
        review = self._review(row.review, checked, *here)
        if row.checked and checked and not review:
            review = checked + min(fresh, date.max - checked)
        start, quiet = self._start(row, *here), self._words(row.quiet, *here, "quiet")
        if value is None or checked is None or len(self.findings) > before:
            return None
        written = tuple(row.value) if isinstance(row.value, list) else row.value
        line = self.document.line(*here)
        section = row.section or ""
        return Fact(
            name, row.type, value, written, section, lines, row.source, checked, FILE, line, start, quiet, review
        )

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
            self.held.setdefault(number, here[-1])
            self._same_hash(number, digest, *here, "lines", str(number))
        return MappingProxyType(good)

    def _same_hash(self, number: int, digest: str, *here: str) -> None:
        if self.hashes.setdefault(number, digest) != digest:
            self._add(
                f"line {number} has another hash elsewhere in this file: one of the two is wrong",
                f"{number} 行目のハッシュが、このファイルのほかの所とちがいます。どちらかが誤りです",
                *here,
            )

    def _value(self, row: _Row, *here: str) -> Value | None:
        try:
            return parse_value(row.type, row.value)
        except BadValueError as error:
            self._add(error.text, error.text_ja, *here, "value")
            return None

    def _start(self, row: _Row, *here: str) -> str:
        if row.start is not None and row.type != "duration":
            self._add(
                "only a duration is counted from something: leave out `from`",
                "from(数え始め)を書けるのは duration だけです",
                *here,
                "from",
            )
        return self._words(row.start, *here, "from")

    def _words(self, written: str | None, *here: str) -> str:
        """Read a field that may be left out but not left empty."""
        if written is not None and not written.strip():
            self._add(
                f"{here[-1]} is empty: give the words or leave it out", "言葉を書くか、項目を消してください", *here
            )
        return (written or "").strip()

    def _unsettled(self, name: str) -> Unsettled | None:
        here = ("unsettled", name)
        self._name(name, *here)
        row = self._parsed(_UnsettledRow, *here)
        if row is None:
            return None
        if not row.lines:
            self._add("names no line of the page", "ページの行(lines)がありません", *here)
        lines = self._lines(row.lines, *here)
        quiet = self._words(row.quiet, *here, "quiet")
        review = self._review(row.review, self.checked, *here)
        return Unsettled(name, row.section, lines, row.en, row.ja, self.document.line(*here), quiet, review)

    def _uncovered(self, written: str) -> Uncovered | None:
        here = ("uncovered", written)
        row = self._parsed(_UncoveredRow, *here)
        if row is None:
            return None
        if not _is_line(written, row.hash):
            self._add(
                f"{row.hash} does not belong to a line: it needs the number and the hash (16 hexadecimal digits)",
                f"「{row.hash}」: 行番号と、その行のハッシュ(16進16桁)が必要です",
                *here,
            )
            return None
        number = int(written)
        if number in self.held:
            self._add(
                f"the line is also one of {self.held[number]}, which explains it: remove one of the two",
                f"この行は「{self.held[number]}」にもあります。どちらかを消してください",
                *here,
            )
        self._same_hash(number, row.hash, *here)
        return Uncovered(number, row.hash, row.reason, row.note.strip(), self.document.line(*here))

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

    def _review(self, written: str, checked: date | None, *here: str) -> date | None:
        review = self._date(written, *here, "review") if written else None
        if review and checked and review < checked:
            self._add(
                f"the review date {review} lies before the day on which it was checked, {checked}",
                f"次に確かめる日 {review} が、確かめた日 {checked} より前です",
                *here,
                "review",
            )
        return review

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
