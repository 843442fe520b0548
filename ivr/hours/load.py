"""Reading `flows/counters.yaml`: strictly, with everything that is wrong at once."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from pydantic import Field

from ivr.facts import Facts, Lines, Section, YearDays, checked_lines
from ivr.findings import FindingsError
from ivr.hours import table
from ivr.hours.closings import Closings
from ivr.hours.reader import Reader, Strict
from ivr.hours.table import Counter, Group, Hours, Offer, Pattern, Procedure, ProcedureId, Who
from ivr.hours.wording import sentences
from ivr.names import lacking
from ivr.yamlfile import Document, at, parse, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

_Made = TypeVar("_Made")
_ID = re.compile(r"^[a-z][a-z0-9-]*$")
_PATTERN = re.compile(r"^[a-z][a-z0-9_]*$")
_DAYS = (*table.WEEKDAYS, table.WEEKDAY, table.UNNAMED)
_CLOSED = (*table.WEEKDAYS, table.HOLIDAY, table.YEAR_END)
_NEVER = (*table.WEEKDAYS, table.LATE_TUESDAY)
_OFFERED: Mapping[str, bool | None] = {"yes": True, "no": False, "unknown": None}


def load(root: Path, facts: Facts) -> Hours:
    """Read both files; raises FindingsError with every finding of both, each with file and line."""
    counters = _Counters(read(root / table.FILE, root), facts)
    hours = counters.hours()
    findings = list(counters.findings)
    try:
        closings = Closings(read(root / table.CLOSED_FILE, root), hours)
        found = closings.all()
        findings += closings.findings
    except FindingsError as error:
        raise FindingsError([*findings, *error.findings]) from error
    if findings:
        raise FindingsError(findings)
    telephone = tuple(closing for closing in found if table.TELEPHONE in closing.counters)
    rest = tuple(closing for closing in found if closing.counters != {table.TELEPHONE})
    return Hours(**{**vars(hours), "closings": rest, "telephone_closings": telephone})


class _File(Strict):
    checked: str
    year_end: str
    counters: dict[str, dict[str, Any]]
    groups: dict[str, dict[str, Any]]
    hours: dict[str, dict[str, Any]]
    procedures: dict[str, dict[str, Any]]
    sentences: dict[str, str]


class _CounterRow(Strict):
    name: str
    also: list[str] = Field(default_factory=list)
    spoken: str
    short: str
    place: str = ""
    halls: list[str] = Field(default_factory=list)


class _GroupRow(Strict):
    spoken: str
    counters: list[str]


class _ProcedureRow(Strict):
    name: str
    section: Section
    says: str = ""
    who: dict[str, dict[str, Any]]


class _Others(Strict):
    offered: Literal["no", "unknown"]
    basis: Literal["stated", "word", "none"]
    why: str


class _PlaceRow(Strict):
    counters: list[str]
    offered: Literal["yes", "unknown"] = "yes"
    hours: str = ""
    other_hours: str = ""
    never: list[str] = Field(default_factory=list)
    why: str = ""
    lines: dict[str, Any]


class _WhoRow(Strict):
    like: Who | None = None
    why: str = ""
    places: list[_PlaceRow] = Field(default_factory=list)
    others: _Others | None = None
    lines: dict[str, Any] = Field(default_factory=dict)


class _Counters(Reader):
    def __init__(self, document: Document, facts: Facts) -> None:
        super().__init__(document)
        self.facts = facts
        self.hashes = {number: digest for fact in facts for number, digest in fact.lines.items()}
        for place in facts.unsettled:
            self.hashes.update(place.lines)
        self.lines: dict[int, str] = {}
        self.names: dict[str, str] = {}
        self.patterns: dict[str, Pattern] = {}
        self.counters: dict[str, Counter] = {}
        self.visits: dict[tuple[str, str], _WhoRow] = {}
        self.own_sections: dict[tuple[str, str], set[str]] = {}
        self.file: _File

    def hours(self) -> Hours:
        file = self.file = parse(self.document, _File)
        checked = self.date(file.checked, "checked") or self.facts.page_date
        self.counters = self._each(file.counters, self._counter)
        self._halls_exist()
        groups = self._each(file.groups, self._group)
        self.patterns = self._each(file.hours, self._pattern)
        rows = self._each(file.procedures, self._procedure_row)
        self._remember_own_hours(rows)
        procedures = {name: self._procedure(name, row) for name, row in rows.items()}
        for name in lacking(file.procedures, table.PROCEDURES):
            self.add(f"the procedure {name} is missing", f"手続き「{name}」がありません", "procedures")
        said = sentences(self, file.sentences)
        self.tell_unknown(
            counter=[("counters", name) for name in file.counters],
            set_of_hours=[("hours", name) for name in file.hours],
        )
        return Hours(
            counters=MappingProxyType(self.counters),
            groups=tuple(groups.values()),
            patterns=MappingProxyType(self.patterns),
            procedures=MappingProxyType({row.id: row for row in procedures.values()}),
            year_end=self._year_end(file.year_end),
            year_end_fact=file.year_end,
            sentences=said,
            checked=checked,
            lines=MappingProxyType(self.lines),
            _names=MappingProxyType(self.names),
        )

    def _each(self, rows: Mapping[str, Any], make: Callable[[str], _Made | None]) -> dict[str, _Made]:
        return {name: made for name in rows if (made := make(name)) is not None}

    def _counter(self, name: str) -> Counter | None:
        here = ("counters", name)
        row = self.parsed(_CounterRow, *here)
        if row is None:
            return None
        if not _ID.match(name):
            self.add("use small letters, digits and hyphens", "英小文字・数字・ハイフンの名前にしてください", *here)
        for called in dict.fromkeys(table.normal(each) for each in (name, row.name, *row.also)):
            if called in table.TELEPHONE_NAMES:
                self.add(f"{called!r} names the office's telephone", f"「{called}」は係の電話の名前です", *here)
            if self.names.setdefault(called, name) != name:
                other = self.names[called]
                self.add(f"{called!r} also names {other}", f"「{called}」は {other} の名前でもあります", *here)
        spoken, short = self.said(row.spoken, *here, "spoken"), self.said(row.short, *here, "short")
        place = self.said(row.place, *here, "place") if row.place else None
        line = self.document.line(*here)
        return Counter(name, row.name, tuple(row.also), spoken, short, place, tuple(row.halls), line)

    def _halls_exist(self) -> None:
        for counter in self.counters.values():
            for index, hall in enumerate(counter.halls):
                self._counter_exists(hall, "counters", counter.id, "halls", index)

    def _counter_exists(self, name: str, *where: str | int) -> bool:
        return self.known(name, self.file.counters, "counter", "窓口", *where)

    def _group(self, name: str) -> Group | None:
        here = ("groups", name)
        row = self.parsed(_GroupRow, *here)
        if row is None:
            return None
        for index, counter in enumerate(row.counters):
            self._counter_exists(counter, *here, "counters", index)
        return Group(self.said(row.spoken, *here, "spoken"), tuple(row.counters))

    def _pattern(self, name: str) -> Pattern | None:
        here = ("hours", name)
        if not _PATTERN.match(name):
            self.add("use small letters, digits and underscores", "英小文字・数字・下線の名前にしてください", *here)
        row = dict(self.document.data["hours"][name])
        closed = self._names_of(row.pop("closed", []), _CLOSED, *here, "closed")
        days = {}
        for day, written in row.items():
            if self.known(day, _DAYS, "day", "曜日の書き方", *here, day):
                days[day] = self.spans(str(written), *here, day)
        if table.WEEKDAY in days and table.UNNAMED in days:
            self.add(
                "hours either name days (weekday) or none (unnamed)",
                "曜日を書いた受付時間(weekday)と書いていない受付時間(unnamed)は、一緒に書けません",
                *here,
            )
        if not row:
            self.add("names no hours", "受付時間がありません", *here)
        if not days or not all(days.values()):
            return None
        return Pattern(name, MappingProxyType(days), frozenset(closed), self.document.line(*here))

    def _names_of(self, given: Any, allowed: Iterable[str], *where: str | int) -> list[str]:  # noqa: ANN401  (YAML)
        if not isinstance(given, list):
            self.add("must be a list like [sunday]", "[sunday] のように並べて書いてください", *where)
            return []
        return [name for i, name in enumerate(given) if self.known(name, allowed, "day", "曜日の書き方", *where, i)]

    def _procedure_row(self, name: str) -> _ProcedureRow | None:
        here = ("procedures", name)
        self.known(name, table.PROCEDURES, "procedure", "手続き", *here)
        row = self.parsed(_ProcedureRow, *here)
        if row is None:
            return None
        for who in row.who:
            self.known(who, table.WHO, "kind of visitor", "来る人の種類", *here, "who", who)
            visit = self.parsed(_WhoRow, *here, "who", who)
            if visit:
                self.visits[name, who] = visit
        for who in lacking(row.who, table.WHO):
            self.add(f"does not say anything about {who}", f"「{who}」の人のことがありません", *here, "who")
        return row

    def _remember_own_hours(self, rows: Mapping[str, _ProcedureRow]) -> None:
        for (procedure, _), visit in self.visits.items():
            for place in visit.places:
                for counter in place.counters if place.hours and procedure in rows else []:
                    for each in (counter, *self._around(counter)):
                        self.own_sections.setdefault((each, place.hours), set()).add(rows[procedure].section)

    def _around(self, hall: str) -> list[str]:
        return [counter.id for counter in self.counters.values() if hall in counter.halls]

    def _procedure(self, name: str, row: _ProcedureRow) -> Procedure:
        here = ("procedures", name)
        offers: dict[Who, Mapping[str, Offer]] = {}
        visits = {who: self.visits[name, who] for who in table.WHO if (name, who) in self.visits}
        for who, visit in sorted(visits.items(), key=lambda item: bool(item[1].like)):  # first those others are like
            offers[who] = MappingProxyType(self._offers(name, row.section, who, visit, offers))
        says = self.said(row.says, *here, "says") if row.says else None
        return Procedure(cast("ProcedureId", name), row.name, row.section, MappingProxyType(offers), says)

    def _offers(
        self, procedure: str, section: str, who: Who, row: _WhoRow, done: Mapping[Who, Mapping[str, Offer]]
    ) -> dict[str, Offer]:
        here = ("procedures", procedure, "who", who)
        if row.like:
            return self._like(row, done, *here)
        if row.others is None:
            self.add("needs places and others, or like", "places と others、または like を書いてください", *here)
            return {}
        lines = self._lines(*here, "lines") if row.lines else MappingProxyType({})
        listed: dict[str, Offer] = {}
        for index, place in enumerate(row.places):
            self._place(listed, place, section, *here, "places", index)
        self._ward_office(listed, *here)
        others = row.others
        for counter in self.counters:
            if counter not in listed:
                offered = _OFFERED[others.offered]
                listed[counter] = Offer(counter, offered, section, lines, others.why, others.basis)
        return listed

    def _like(self, row: _WhoRow, done: Mapping[Who, Mapping[str, Offer]], *here: str) -> dict[str, Offer]:
        if row.like is None or row.like not in done:
            if (here[1], row.like) in self.visits or row.like not in at(self.document, *here[:-1]):
                self.add(
                    f"like: {row.like} must itself say its places",
                    f"like の {row.like} に places が要ります",
                    *here,
                    "like",
                )
            return {}
        if not row.why or row.places or row.others:
            self.add("like stands alone, with a why", "like は why とだけ一緒に書きます", *here)
        unknown = {"offered": None, "why": row.why, "basis": "none"}
        return {
            counter: offer if offer.offered is False else Offer(**{**vars(offer), **unknown})
            for counter, offer in done[row.like].items()
        }

    def _place(self, listed: dict[str, Offer], place: _PlaceRow, section: str, *here: str | int) -> None:
        lines = self._lines(*here, "lines")
        if not place.lines:
            self.add("names no line of the page", "ページの行(lines)がありません", *here)
        pattern = self._pattern_named(place, *here)
        never = self._names_of(place.never, _NEVER, *here, "never")
        for index, counter in enumerate(place.counters):
            if not self._counter_exists(counter, *here, "counters", index):
                continue
            if counter in listed:
                self.add(f"{counter} stands twice", f"{counter} が二度あります", *here, "counters", index)
            own = not place.other_hours
            others = () if own else self._other_sections(counter, place.other_hours, *here)
            listed[counter] = Offer(
                counter=counter,
                offered=_OFFERED[place.offered],
                section=section,
                lines=lines,
                why=place.why,
                pattern=pattern,
                own=own,
                other_sections=others,
                never=frozenset(never),
                named=True,
            )

    def _pattern_named(self, place: _PlaceRow, *here: str | int) -> Pattern | None:
        if place.hours and place.other_hours:
            self.add(
                "has hours of its own and hours of other procedures: keep one",
                "hours と other_hours の両方があります。どちらか一方にしてください",
                *here,
            )
        key = "hours" if place.hours else "other_hours"
        name = place.hours or place.other_hours
        if not name or not self.known(name, self.file.hours, "set of hours", "受付時間", *here, key):
            return None
        return self.patterns.get(name)

    def _other_sections(self, counter: str, pattern: str, *here: str | int) -> tuple[str, ...]:
        sections = self.own_sections.get((counter, pattern), set())
        if not sections and pattern in self.patterns and not self.unread:
            self.add(
                f"no procedure gives {counter} the hours {pattern}",
                f"{counter} が「{pattern}」の時間に開くと書いてある手続きがありません",
                *here,
                "other_hours",
            )
        return tuple(sorted(sections))

    def _ward_office(self, listed: dict[str, Offer], *here: str) -> None:
        """Let the ward office do what its halls do; where only the office is named, leave the hall open."""
        for counter in self.counters.values():
            halls = [hall for hall in counter.halls if hall in listed]
            if counter.halls and counter.id in listed and halls:
                self.add(
                    f"names {counter.id} and one of its halls: name either",
                    f"{counter.id} とその中の窓口の両方があります。どちらかにしてください",
                    *here,
                )
            elif halls:
                first = listed[halls[0]]
                if any(_service(listed[hall]) != _service(first) for hall in halls):
                    self.add("the halls differ in their hours", "庁舎によって受付時間がちがいます", *here)
                listed[counter.id] = Offer(
                    **{**vars(first), "counter": counter.id, "halls": tuple(halls), "named": False}
                )
            elif counter.id in listed:
                office = listed[counter.id]
                listed[counter.id] = Offer(**{**vars(office), "halls": counter.halls, "halls_named": False})
                why = "区役所とだけ書かれていて、どの庁舎かが書かれていない"
                for hall in counter.halls:
                    unknown = {"counter": hall, "offered": None, "why": why, "basis": "none", "named": False}
                    listed[hall] = Offer(**{**vars(office), **unknown})

    def _lines(self, *here: str | int) -> Lines:
        lines, findings = checked_lines(self.document, *here)
        self.findings += findings
        self.lines.update(lines)
        for number, digest in lines.items():
            if self.hashes.setdefault(number, digest) != digest:
                self.add(
                    f"line {number} has another hash elsewhere: one of the two is wrong",
                    f"{number} 行目のハッシュが、ほかの所とちがいます。どちらかが誤りです",
                    *here,
                    str(number),
                )
        return MappingProxyType(lines)

    def _year_end(self, name: str) -> YearDays:
        value = self.facts[name].value if name in self.facts else None
        if isinstance(value, YearDays):
            return value
        self.add(
            f"{name!r} is not a fact of type year_days", f"「{name}」は種類 year_days の値ではありません", "year_end"
        )
        return YearDays((1, 1), (1, 1))


def _service(offer: Offer) -> tuple[object, ...]:
    return offer.pattern, offer.own, offer.never, offer.offered
