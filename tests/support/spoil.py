"""Spoiling YAML files the way editors do by mistake, one thing at a time, with the line where it was done."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random


@dataclass(frozen=True)
class Spoilt:
    """A file with one mistake: what was done to which key, on which line (from 1), the lines around it, what went."""

    what: str
    key: str
    line: int
    within: tuple[int, ...]
    text: str
    gone: str = ""


@dataclass(frozen=True)
class Entry:
    """A key with its value, the mapping around it, and the lines on which everything around it begins."""

    key: yaml.Node
    value: yaml.Node
    around: yaml.MappingNode
    within: tuple[int, ...]
    path: tuple[str, ...]

    @property
    def line(self) -> int:
        """The line of the key."""
        return self.key.start_mark.line + 1


def entries(text: str) -> list[Entry]:
    """List every key of a file."""
    return list(_entries(yaml.compose(text, Loader=yaml.SafeLoader), (1,), ()))


def _entries(node: yaml.Node | None, within: tuple[int, ...], path: tuple[str, ...]) -> Iterator[Entry]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            yield Entry(key, value, node, within, here)
            yield from _entries(value, (*within, key.start_mark.line + 1), here)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _entries(item, (*within, item.start_mark.line + 1), (*path, str(index)))


def _lines(text: str, entry: Entry) -> tuple[int, int]:
    """Give where an entry of a block begins and ends, whole lines; comments and blank lines behind it stay."""
    begin = text.rfind("\n", 0, entry.key.start_mark.index) + 1
    end = entry.value.end_mark.index
    while text[:end].endswith("\n"):
        end -= 1
    kept = text[begin:end].split("\n")
    while len(kept) > 1 and (not kept[-1].strip() or kept[-1].lstrip().startswith("#")):
        kept.pop()
    return begin, begin + len("\n".join(kept)) + 1


def renamed(text: str, entry: Entry, random: Random) -> str:
    """Change one letter of a key."""
    key = str(entry.key.value)
    place = random.randrange(len(key))
    letter = random.choice([each for each in string.ascii_lowercase if each != key[place]])
    spoilt = key[:place] + letter + key[place + 1 :]
    return _put(text, entry.key, spoilt if not entry.key.style else repr(spoilt))


def deleted(text: str, entry: Entry, _random: Random) -> str | None:
    """Take a key and its value out."""
    if entry.around.flow_style:
        begin, end = entry.key.start_mark.index, entry.value.end_mark.index
        rest = text[end:]
        if rest.startswith(", "):
            return text[:begin] + rest[2:]
        return text[:begin].rstrip().removesuffix(",") + rest
    begin, end = _lines(text, entry)
    if text[begin : entry.key.start_mark.index].strip():  # the first key of a list's entry
        return None
    return text[:begin] + text[end:]


def mistyped(text: str, entry: Entry, _random: Random) -> str | None:
    """Put fields where words should be, and words where fields or a list should be."""
    if isinstance(entry.value, yaml.ScalarNode):
        if entry.value.style in ("|", ">"):
            return None
        return _put(text, entry.value, "{strange: thing}")
    if entry.value.flow_style:
        return _put(text, entry.value, "strange")
    _, end = _lines(text, entry)
    return f"{text[: entry.key.end_mark.index]}: strange\n{text[end:]}"


def doubled(text: str, entry: Entry, _random: Random) -> str | None:
    """Write a key twice."""
    key = text[entry.key.start_mark.index : entry.key.end_mark.index]
    if entry.around.flow_style:
        end = entry.value.end_mark.index
        return f"{text[:end]}, {key}: again{text[end:]}"
    _, end = _lines(text, entry)
    blanks = " " * entry.key.start_mark.column
    return f"{text[:end]}{blanks}{key}: again\n{text[end:]}"


def shifted(text: str, entry: Entry, random: Random) -> str | None:
    """Indent one line by a blank more or less."""
    begin = text.rfind("\n", 0, entry.key.start_mark.index) + 1
    if entry.around.flow_style or text[begin : entry.key.start_mark.index].strip():
        return None
    if text[begin] == " " and random.random() < 0.5:
        return text[:begin] + text[begin + 1 :]
    return f"{text[:begin]} {text[begin:]}"


KINDS: dict[str, Callable[[str, Entry, Random], str | None]] = {
    "renamed": renamed,
    "deleted": deleted,
    "mistyped": mistyped,
    "doubled": doubled,
    "shifted": shifted,
}


def spoilt(text: str, kind: str, random: Random, count: int) -> Iterator[Spoilt]:
    """Give so many different ways of one kind to spoil a file, chosen by `random`."""
    found = entries(text)
    random.shuffle(found)
    for entry in found[:count]:
        made = KINDS[kind](text, entry, random)
        if made is not None and not _same(made, text):
            line = entry.line
            if kind == "doubled" and not entry.around.flow_style:
                line = text.count("\n", 0, _lines(text, entry)[1]) + 1
            gone = text[entry.key.start_mark.index : entry.value.end_mark.index] if kind == "deleted" else ""
            yield Spoilt(kind, ".".join(entry.path), line, entry.within, made, gone)


def _same(made: str, text: str) -> bool:
    """Tell a change that means nothing: a list that stands alone may be indented as it likes."""
    try:
        found: bool = yaml.load(made, yaml.BaseLoader) == yaml.load(text, yaml.BaseLoader)  # noqa: S506  (strings only)
    except yaml.YAMLError:
        return False
    return found and len(made) - len(text) in (-1, 1)


def _put(text: str, node: yaml.Node, words: str) -> str:
    return text[: node.start_mark.index] + words + text[node.end_mark.index :]
