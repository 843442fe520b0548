"""What `ivr facts verify` and `ivr facts diff` print: the same findings as JSON, and as lines for editors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ivr.cli.columns import columns
from ivr.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ivr.content import Content
    from ivr.facts.page import Change, Comparison, Page, Row, Verification

KINDS = {"fact": "事柄", "offer": "窓口", "unsettled": "書かれていないこと", "uncovered": "事柄にならない行"}
REASONS = {"title": "題", "heading": "見出し", "table-rule": "表の罫線", "lost-cell": "失われた欄", "link": "リンク"}
SECTIONS = {"contents": "目次", "contact": "お問い合わせ", "": "国の事柄"}
_MANY = 12
"""More rows than that with moved lines are one finding: one line put in at the top moves them all."""
_SHORT = 40
_WIDTH = 100


def place(row: Row) -> dict[str, Any]:
    """Give a row of a table as JSON."""
    return {"kind": row.kind, "id": row.id, "section": row.section or None, "file": row.file, "line": row.line}


def proof(page: Page, rows: Sequence[Row], found: Verification) -> dict[str, Any]:
    """Give the result of `verify` as JSON, without the findings."""
    moved = found.alignment.moved
    return {
        "ok": found.proved,
        "lines": len(page.hashes),
        "gone": [
            {**place(row), "lines": [{"line": n, "same": _same(page, row.lines[n])} for n in numbers]}
            for row, numbers in found.gone
        ],
        "moved": [
            {"line": n, "to": to, "rows": [place(row) for row, numbers in found.moved if n in numbers]}
            for n, to in moved.items()
        ],
        "uncovered": [
            {"line": to, "reason": row.reason, "note": row.note or None, "text": page.text(to)}
            for row, to in _uncovered(rows, found)
        ],
        "unexplained": [{"line": number, "text": page.text(number)} for number in found.unexplained],
    }


def findings(name: str, page: Page, found: Verification) -> Iterator[Finding]:
    """Give what keeps a page from being proved: in our files by row, in the page (`name`) by line."""
    for row, numbers in found.gone:
        yield _gone(page, row, numbers)
    if len(found.moved) > _MANY:
        yield from _all_moved(found)
    else:
        yield from (_moved(row, numbers) for row, numbers in found.moved)
    for row, other in found.twice:
        yield _finding(
            row,
            f"the line is also one of {other.id}, which explains it: take it out of uncovered",
            f"この行は「{other.id}」にもあります。uncovered から消してください",
        )
    for number in found.unexplained:
        text = page.text(number)
        yield Finding(
            name,
            number,
            "error",
            f"nothing explains this line: add it to a fact, to unsettled or to uncovered: {text}",
            f"この行は、どこにもありません。事柄、unsettled、uncovered のどれかに足してください: {text}",
        )


def _gone(page: Page, row: Row, numbers: Sequence[int]) -> Finding:
    written = ", ".join(map(str, numbers))
    same = sorted({other for number in numbers for other in _same(page, row.lines[number])})
    elsewhere = f" (the same words stand on {', '.join(map(str, same))})" if same else ""
    elsewhere_ja = f"(同じ文は {'、'.join(map(str, same))} 行目にあります)" if same else ""
    return _finding(
        row,
        f"the page has no line {written} like that any more: it changed or went{elsewhere}",
        f"{written.replace(', ', '、')} 行目の文が、ページにありません。変わったか、消えました{elsewhere_ja}",
    )


def _moved(row: Row, numbers: Mapping[int, int]) -> Finding:
    spans = _spans(numbers)
    return _finding(
        row,
        f"moved to line {', '.join(f'{to} (from {number})' for number, to in spans)}: `ivr facts renumber` writes it",
        f"行番号が変わりました: {_arrows(spans)}。`ivr facts renumber` で直せます",
    )


def _all_moved(found: Verification) -> Iterator[Finding]:
    spans = _arrows(_spans(found.alignment.moved))
    for file in dict.fromkeys(row.file for row, _ in found.moved):
        number = sum(row.file == file for row, _ in found.moved)
        yield Finding(
            file,
            0,
            "error",
            f"the lines of {number} rows moved ({spans}): `ivr facts renumber` writes the new numbers",
            f"{number} の項目の行番号が変わりました({spans})。`ivr facts renumber` で直せます",
        )


def _finding(row: Row, text: str, text_ja: str) -> Finding:
    name = f"uncovered {row.id}" if row.kind == "uncovered" else row.id
    section, section_ja = (f" (section {row.section})", f"({section_name(row.section)})") if row.section else ("", "")
    return Finding(row.file, row.line, "error", f"{name}{section}: {text}", f"{name}{section_ja}: {text_ja}")


def section_name(section: str) -> str:
    """Name a section of the page in Japanese."""
    return SECTIONS.get(section, f"第{section}節")


def _same(page: Page, digest: str) -> list[int]:
    return [number for number, other in page.hashes.items() if other == digest]


def _spans(moved: Mapping[int, int]) -> list[tuple[str, str]]:
    """Put neighbours that moved together into one span each: 3–421 to 4–422."""
    spans: list[list[int]] = []
    for number, to in sorted(moved.items()):
        if spans and (number, to) == (spans[-1][1] + 1, spans[-1][3] + 1):
            spans[-1][1], spans[-1][3] = number, to
        else:
            spans.append([number, number, to, to])
    return [(_span(*span[:2]), _span(*span[2:])) for span in spans]


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"


def _arrows(spans: Iterable[tuple[str, str]]) -> str:
    return "、".join(f"{number} → {to}" for number, to in spans)


def _uncovered(rows: Iterable[Row], found: Verification) -> Iterator[tuple[Row, int]]:
    """List the uncovered lines that the page has, each with its number there."""
    for row in rows:
        if row.kind == "uncovered":
            numbers = map(found.alignment.to, row.lines)
            yield from ((row, number) for number in numbers if number is not None)


def _counted(rows: Iterable[Row]) -> str:
    kinds = [row.kind for row in rows]
    return "、".join(f"{words} {kinds.count(kind)}" for kind, words in KINDS.items() if kind in kinds)


def proof_lines(page: Page, rows: Sequence[Row], found: Verification) -> Iterator[str]:
    """Give the result of `verify` for editors, without the findings."""
    yield f"ページの {len(page.hashes)} 行(空の行を除く)と、表の {_counted(rows)} を照らし合わせました。"
    cells = [
        (f"  {to}行", REASONS[row.reason], _short(page.text(to)) + (f" ({row.note})" if row.note else ""))
        for row, to in _uncovered(rows, found)
    ]
    if cells:
        yield "事柄にならない行と、そのわけ:"
        yield from columns(cells)
    if found.alignment.moved:
        yield f"行番号だけが変わった行: {_arrows(_spans(found.alignment.moved))}"
    if found.proved:
        yield "表の行は、すべてページにあります。説明のない行はありません。"


def _short(text: str) -> str:
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"


class Heard:
    """Where callers hear what rests on the page: facts and open places by prompt, offers by today's sentences."""

    def __init__(self, content: Content) -> None:
        """Collect it once for a loaded set."""
        from ivr.content import TODAY  # noqa: PLC0415  (only a comparison needs it)
        from ivr.flow import Answer, reachable  # noqa: PLC0415

        self.content = content
        self.by_kind = {"fact": content.speakers(), "unsettled": content.askers(), "offer": {}}
        keys = reachable(content.flow.top.start, content.flow.edges)
        for name, node in content.flow.nodes.items():
            if isinstance(node, Answer) and node.hours:
                where = {"node": name, "title": content.titles.node(name), "keys": keys.get(name, "")}
                self.by_kind["offer"].setdefault(f"{node.hours.procedure}/{node.hours.who}", []).append(
                    {**where, "prompt": TODAY}
                )

    def of(self, row: Row) -> list[dict[str, str]]:
        """List where a row is heard: `node`, its `title`, `keys` and `prompt`."""
        return [dict(entry) for entry in self.by_kind.get(row.kind, {}).get(row.id, ())]

    def prompts(self, rows: Iterable[Row]) -> list[dict[str, Any]]:
        """List the prompts that speak of any of these rows: where each stands, its nodes, and the rows."""
        found: dict[str, dict[str, Any]] = {}
        for row in rows:
            for entry in self.of(row):
                file, line = self.content.place(entry["prompt"])
                made = {"prompt": entry["prompt"], "file": file, "line": line, "nodes": [], "rows": []}
                prompt = found.setdefault(entry["prompt"], made)
                node = {name: entry[name] for name in ("node", "title", "keys")}
                prompt["nodes"] += [node] if node not in prompt["nodes"] else []
                prompt["rows"] += [row.id] if row.id not in prompt["rows"] else []
        return [prompt for name, prompt in found.items() if name]


def difference(old: Page, new: Page, found: Comparison, heard: Heard) -> dict[str, Any]:
    """Give the result of `diff` as JSON, without the findings."""
    touched = [{**place(row), "lines": list(numbers), "nodes": heard.of(row)} for row, numbers in found.touched]
    return {
        "affected": found.affected,
        "changes": [_change(old, new, change) for change in found.changes],
        "facts": [row for row in touched if row["kind"] == "fact"],
        "unsettled": [row for row in touched if row["kind"] == "unsettled"],
        "offers": [row for row in touched if row["kind"] == "offer"],
        "uncovered": [row for row in touched if row["kind"] == "uncovered"],
        "prompts": heard.prompts(row for row, _ in found.touched),
        "new": [{"line": number, "text": new.text(number)} for number in found.unexplained],
        "moved": [{"line": number, "to": to} for number, to in found.moved.items()],
    }


def _change(old: Page, new: Page, change: Change) -> dict[str, Any]:
    return {
        "section": change.section,
        "old": [{"line": number, "text": old.text(number)} for number in change.old],
        "new": [{"line": number, "text": new.text(number)} for number in change.new],
        "touched": [row.id for row in change.touched],
        "beside": [row.id for row in change.beside],
    }


def stale(name: str, found: Comparison) -> Iterator[Finding]:
    """Warn of rows that do not fit the old page (`name`): about their lines nothing can be said."""
    for row in found.stale:
        yield Finding(
            row.file,
            row.line,
            "warning",
            f"{row.id} rests on a line that {name} does not have: what changed there cannot be seen",
            f"{row.id}: {name} にない行にもとづいています。その行が変わったかどうかは、わかりません",
        )


def difference_lines(old: Page, new: Page, found: Comparison, heard: Heard) -> Iterator[str]:
    """Give the result of `diff` for editors: each change with what it touches, then the words to be read again."""
    for change in found.changes:
        yield f"■ {_where(change)}"
        yield from (f"  - {number}  {old.text(number)}" for number in change.old)
        yield from (f"  + {number}  {new.text(number)}" for number in change.new)
        yield from _named("関わる", change.touched)
        yield from _named("前の行の", change.beside)
    if found.moved:
        yield f"番号だけが変わった行: {_arrows(_spans(found.moved))}"
    prompts = heard.prompts(row for row, _ in found.touched)
    if prompts:
        yield "読み直す言葉:"
        for prompt in prompts:
            yield f"  {_place(prompt)}  {prompt['prompt']}"
            yield from wrapped(nodes(prompt["nodes"]), "      ")
    if not found.affected:
        yield "表に関わる変わりはありません。"
        return
    touched = _counted(row for row, _ in found.touched)
    yield f"{touched or '表の項目は変わらず'}、言葉 {len(prompts)}、説明のない新しい行 {len(found.unexplained)}。"


def _where(change: Change) -> str:
    what = ("変わった行" if change.new else "消えた行") if change.old else "新しい行"
    return f"{section_name(change.section) if change.section else 'ページの先頭'} {what}"


def _named(words: str, rows: Iterable[Row]) -> Iterator[str]:
    for kind, name in KINDS.items():
        ids = list(dict.fromkeys(map(_id, (row for row in rows if row.kind == kind))))
        if ids:
            yield from wrapped(f"{words}{name}: {'、'.join(ids)}", "    ")


def _id(row: Row) -> str:
    return f"{row.id} ({row.file}:{row.line})" if row.kind == "offer" else row.id


def _place(at: Mapping[str, Any]) -> str:
    return f"{at['file']}:{at['line']}" if at["line"] else str(at["file"])


def nodes(entries: Iterable[Mapping[str, str]]) -> str:
    """Write nodes by title and id with the keys that lead there, each once; words of no node are heard everywhere."""
    return "、".join(dict.fromkeys(map(_node, entries)))


def wrapped(text: str, indent: str) -> Iterator[str]:
    """Break a list of many items into lines, after an item."""
    line = ""
    for part in re.findall(r"[^、]*、?", text):
        if line and len(line) + len(part) > _WIDTH:
            yield indent + line
            line = ""
        line += part
    yield indent + line


def _node(entry: Mapping[str, str]) -> str:
    if not entry["node"]:
        return "どこでも"
    name = f"{entry['title']} {entry['node']}".strip()
    return f"{name} ({entry['keys']})" if entry["keys"] else name
