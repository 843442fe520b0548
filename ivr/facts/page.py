"""A copy of the ward's page beside the tables: what is still there, what moved, what changed, what nothing explains.

The tables keep numbers and hashes of lines, never their words. Identical lines stand on the page several times, so a
line is known by its hash and by its place among the others. Pure, but for `Page.read`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Literal, get_args

from ivr.facts.table import FILE, Section, line_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ivr.facts.table import Facts, Lines

Kind = Literal["fact", "unsettled", "offer", "uncovered"]

_CITED = re.compile(r"(?<![\w.-])([0-9]+)(:\s*(?:\{\s*)?(?:hash:\s*)?)([0-9a-f]{16})(?![\w-])")
_END = 10**9


@dataclass(frozen=True)
class Page:
    """A copy of the page as text, line by line."""

    lines: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> Page:
        """Read a copy of the page in UTF-8; raises OSError or UnicodeDecodeError."""
        return cls(tuple(path.read_text("utf-8-sig").split("\n")))

    @cached_property
    def hashes(self) -> Lines:
        """Every line that is not blank, by number, in order."""
        return {number: line_hash(line) for number, line in enumerate(self.lines, 1) if line.strip()}

    def text(self, number: int) -> str:
        """Give the words of a line, counted from 1."""
        return self.lines[number - 1].strip()


@dataclass(frozen=True, eq=False)
class Row:
    """One row of a table with the lines of the page that it rests on, and where it stands itself.

    `reason` and `note` are those of an uncovered line, whose id is its number.
    """

    kind: Kind
    id: str
    section: str
    lines: Lines
    file: str
    line: int
    reason: str = ""
    note: str = ""


def rows(facts: Facts) -> Iterator[Row]:
    """Give every row of the facts table that rests on the page: facts, unsettled places, uncovered lines."""
    for fact in facts:
        if fact.lines:
            yield Row("fact", fact.id, fact.section, fact.lines, fact.file, fact.line)
    for place in facts.unsettled:
        yield Row("unsettled", place.id, place.section, place.lines, FILE, place.line)
    for line in facts.uncovered:
        lines = {line.number: line.hash}
        yield Row("uncovered", str(line.number), "", lines, FILE, line.line, line.reason, line.note)


def known(rows: Iterable[Row]) -> Lines:
    """Give all lines that rows rest on, in the order of the page: what the tables know of it."""
    return dict(sorted((number, digest) for row in rows for number, digest in row.lines.items()))


@dataclass(frozen=True)
class Alignment:
    """Which line of one text is which line of another: `kept` in the same order, `jumped` to another place."""

    kept: Mapping[int, int]
    jumped: Mapping[int, int]

    def to(self, number: int) -> int | None:
        """Give the number of a line in the other text; None if it is gone."""
        return self.kept.get(number, self.jumped.get(number))

    @property
    def moved(self) -> Mapping[int, int]:
        """The lines that have another number, in order."""
        both = {**self.kept, **self.jumped}
        return {number: both[number] for number in sorted(both) if both[number] != number}

    @property
    def reached(self) -> frozenset[int]:
        """The lines of the other text that are lines of the first."""
        return frozenset([*self.kept.values(), *self.jumped.values()])


def align(old: Lines, new: Lines) -> Alignment:
    """Find the lines of one text in another; both go by number, in order.

    A line that left its place is found again only if its words are unique on both sides, or beside such a line: the
    same words in another list are another rule.
    """
    before, after = list(old), list(new)
    blocks = SequenceMatcher(None, list(old.values()), list(new.values()), autojunk=False).get_matching_blocks()
    kept = {before[block.a + step]: after[block.b + step] for block in blocks for step in range(block.size)}
    return Alignment(kept, _jumped(old, new, kept))


def _jumped(old: Lines, new: Lines, kept: Mapping[int, int]) -> Mapping[int, int]:
    reached = set(kept.values())
    left = {number: digest for number, digest in old.items() if number not in kept}
    right = {number: digest for number, digest in new.items() if number not in reached}
    often_before, often_after = Counter(old.values()), Counter(new.values())
    once = {digest: number for number, digest in right.items() if often_after[digest] == 1}
    found = {number: once[digest] for number, digest in left.items() if digest in once and often_before[digest] == 1}
    for step in (1, -1):
        for number, there in list(found.items()):
            while _same(left, right, number := number + step, there := there + step, found):
                found[number] = there
    return found


def _same(left: Lines, right: Lines, number: int, there: int, found: Mapping[int, int]) -> bool:
    free = number in left and number not in found and there not in found.values()
    return free and left[number] == right.get(there)


@dataclass(frozen=True)
class Verification:
    """A page against the tables. `gone` are the lines of a row that are not there any more."""

    alignment: Alignment
    gone: tuple[tuple[Row, tuple[int, ...]], ...]
    moved: tuple[tuple[Row, Mapping[int, int]], ...]
    unexplained: tuple[int, ...]
    twice: tuple[tuple[Row, Row], ...]
    """Uncovered lines that are lines of another row after all."""

    @property
    def proved(self) -> bool:
        """Whether every line stands where the tables say, and every line of the page is explained."""
        return not (self.gone or self.moved or self.unexplained or self.twice)


def verify(page: Page, rows: Sequence[Row]) -> Verification:
    """Look for every line of every row on the page, and for lines of the page that no row has."""
    alignment = align(known(rows), page.hashes)
    gone = ((row, tuple(number for number in row.lines if alignment.to(number) is None)) for row in rows)
    moved = ((row, {n: alignment.moved[n] for n in row.lines if n in alignment.moved}) for row in rows)
    return Verification(
        alignment,
        tuple((row, numbers) for row, numbers in gone if numbers),
        tuple((row, numbers) for row, numbers in moved if numbers),
        tuple(number for number in page.hashes if number not in alignment.reached),
        tuple(_twice(rows)),
    )


def _twice(rows: Sequence[Row]) -> Iterator[tuple[Row, Row]]:
    holders = {number: row for row in rows if row.kind != "uncovered" for number in row.lines}
    for row in rows:
        if row.kind == "uncovered":
            yield from ((row, holders[number]) for number in row.lines if number in holders)


def renumbered(text: str, cited: Lines, moved: Mapping[int, int]) -> str:
    """Write the new numbers of lines that only moved into the text of a table; nothing else changes."""

    def again(match: re.Match[str]) -> str:
        number = int(match[1])
        if cited.get(number) != match[3]:
            return match[0]
        return f"{moved.get(number, number)}{match[2]}{match[3]}"

    return _CITED.sub(again, text)


@dataclass(frozen=True)
class Change:
    """Lines of the old page that went and lines of the new page that came instead, at one place.

    `touched` are the rows that rest on what went. Where nothing went, `beside` are the facts and offers that rest on
    the line before what came: it may belong to them.
    """

    section: str
    old: tuple[int, ...]
    new: tuple[int, ...]
    touched: tuple[Row, ...]
    beside: tuple[Row, ...]


@dataclass(frozen=True)
class Comparison:
    """Two copies of the page, and what the difference means for the tables."""

    changes: tuple[Change, ...]
    touched: tuple[tuple[Row, tuple[int, ...]], ...]
    """Rows with the lines of the old page that they lost."""
    moved: Mapping[int, int]
    unexplained: tuple[int, ...]
    """Lines of the new page that were not in the old one and that the tables do not know either."""
    stale: tuple[Row, ...]
    """Rows that rest on a line which even the old page does not have: nothing can be said about that line."""

    @property
    def affected(self) -> bool:
        """Whether a fact, an unsettled place or an offer lost a line, or a new line needs a place in the tables."""
        return bool(self.unexplained) or any(row.kind != "uncovered" for row, _ in self.touched)


def compare(old: Page, new: Page, rows: Sequence[Row]) -> Comparison:
    """Tell which rows are touched by what changed from one page to another."""
    cited = known(rows)
    in_old = align(cited, old.hashes)
    change = align(old.hashes, new.hashes)
    holders: dict[int, list[Row]] = {}
    for row in rows:
        for number in row.lines:
            if (place := in_old.to(number)) is not None:
                holders.setdefault(place, []).append(row)
    lost = [number for number in old.hashes if change.to(number) is None]
    touched = dict.fromkeys(row for number in lost for row in holders.get(number, ()))
    return Comparison(
        tuple(_changes(old, new, change, holders)),
        tuple((row, tuple(n for n in lost if row in holders.get(n, ()))) for row in touched),
        change.moved,
        tuple(n for n, digest in new.hashes.items() if n not in change.reached and cited.get(n) != digest),
        tuple(row for row in rows if any(in_old.to(number) is None for number in row.lines)),
    )


def _changes(old: Page, new: Page, change: Alignment, holders: Mapping[int, Sequence[Row]]) -> Iterator[Change]:
    sections = _sections(old, holders)
    fixed = [(0, 0), *sorted(change.kept.items()), (_END, _END)]
    for (first, there), (last, until) in pairwise(fixed):
        went = tuple(n for n in old.hashes if first < n < last and n not in change.jumped)
        came = tuple(n for n in new.hashes if there < n < until and n not in change.reached)
        if went or came:
            rows = dict.fromkeys(chain.from_iterable(holders.get(n, ()) for n in went))
            beside = () if went else (row for row in holders.get(first, ()) if row.kind in {"fact", "offer"})
            yield Change(sections.get(went[0] if went else first, ""), went, came, tuple(rows), tuple(beside))


def _sections(page: Page, holders: Mapping[int, Sequence[Row]]) -> Mapping[int, str]:
    """Give the section of each line: the next one that a row on this line is of, else that of the line before."""
    order = get_args(Section)
    found: dict[int, str] = {}
    here = 0
    for number in page.hashes:
        named = [order.index(row.section) for row in holders.get(number, ()) if row.kind in {"fact", "offer"}]
        here = min((place for place in named if place >= here), default=here)
        found[number] = order[here]
    return found
