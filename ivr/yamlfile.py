"""Strict YAML: every scalar is a string, a repeated key is an error, every value knows its line.

Plain YAML turns the key `no` into False and `010` into 8 and lets a repeated key win in silence; none
of that may happen to a menu. PyYAML does the parsing; typed values come from pydantic models.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from ivr.findings import Finding, FindingsError
from ivr.misfits import misfits
from ivr.yamlsyntax import explained

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser is many times quicker; PyYAML is built without it in some places."""
Where = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Document:
    """A YAML file as plain dicts, lists and strings, with the line of every value."""

    file: str
    data: Any
    lines: dict[Where, int]
    again: Mapping[Where, Where] = field(default_factory=dict)
    """Where `*name` repeats a value, and where that one was first used."""

    def first(self, *where: str | int) -> Where:
        """Give the place where a value that `*name` repeats is first used: what is wrong with it is told once."""
        for length in range(len(where), 0, -1):
            if where[:length] in self.again:
                return self.first(*self.again[where[:length]], *where[length:])
        return where

    def line(self, *where: str | int) -> int:
        """Give the line of a value, or of the nearest thing around it that has one."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)

    def finding(self, text: str, text_ja: str, *where: str | int, node: str = "") -> Finding:
        """Make an error that points at a value of this file."""
        return Finding(self.file, self.line(*where), "error", text, text_ja, node)


def read(path: Path, root: Path) -> Document:
    """Read one file; raises FindingsError with every repeated key or the place of the syntax error."""
    file = path.relative_to(root).as_posix()
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FindingsError([_unreadable(file, error)]) from error
    try:
        top = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise FindingsError([_syntax(file, error, text)]) from error
    reader = _Reader(file)
    data = reader.value(top, ()) if top is not None else {}
    if reader.findings:
        raise FindingsError(reader.findings)
    return Document(file, data, reader.lines, reader.again)


def parse(document: Document, model: type[Model], *where: str | int) -> Model:
    """Check the value at a place of a document against a model; raises FindingsError with all that is wrong."""
    data = at(document, *where)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise FindingsError(refused(document, error, model, *where)) from error


def at(document: Document, *where: str | int) -> Any:  # noqa: ANN401  (YAML holds anything)
    """Give the value at a place of a document."""
    data = document.data
    for step in where:
        data = data[step]
    return data


def refused(
    document: Document,
    error: ValidationError,
    kind: Any,  # noqa: ANN401  (any type)
    *where: str | int,
    node: str = "",
) -> Iterator[Finding]:
    """Give what keeps the value at a place of a document from being of a type, each mistake once, with its line.

    With `node` the place is below `nodes`, and so the second step of a place is the name of its node.
    """
    for misfit in misfits(error, kind, at(document, *where)):
        place = document.first(*where, *misfit.where)
        name = ".".join(map(str, place))
        text, text_ja = f"{name or 'the file'}: {misfit.said.en}", f"{name or 'ファイル全体'}: {misfit.said.ja}"
        of = str(place[1]) if node and len(place) > 1 else node
        yield document.finding(text, text_ja, *where, *misfit.line_of, node=of)


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Where, int] = {}
        self.findings: list[Finding] = []
        self.inside: set[int] = set()
        self.again: dict[Where, Where] = {}
        self._used: dict[int, Where] = {}

    def value(self, node: yaml.Node, where: Where) -> Any:  # noqa: ANN401  (YAML holds anything)
        self.lines.setdefault(where, node.start_mark.line + 1)
        if id(node) in self.inside:
            self.findings.append(_ring(self.file, self.lines[where]))
            return ""
        if (first := self._used.setdefault(id(node), where)) != where:
            self.again[where] = first
        self.inside.add(id(node))
        value = self._inner(node, where)
        self.inside.discard(id(node))
        return value

    def _inner(self, node: yaml.Node, where: Where) -> Any:  # noqa: ANN401  (YAML holds anything)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*where, index)) for index, item in enumerate(node.value)]
        return str(node.value)

    def _mapping(self, node: yaml.MappingNode, where: Where) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in found:
                self.findings.append(
                    Finding(
                        self.file,
                        line,
                        "error",
                        f"the key {key!r} stands twice here; the first is on line {self.lines[(*where, key)]}",
                        f"項目「{key}」が二度あります。一度目は {self.lines[(*where, key)]} 行目です",
                    )
                )
                continue
            self.lines[(*where, key)] = line
            found[key] = self.value(value_node, (*where, key))
        return found


def _ring(file: str, line: int) -> Finding:
    return Finding(
        file, line, "error", "a value that contains itself", "自分自身を含む値です。& と * を確かめてください"
    )


def _unreadable(file: str, error: Exception) -> Finding:
    if isinstance(error, FileNotFoundError):
        return Finding(file, 0, "error", "this file is missing", "このファイルがありません")
    if isinstance(error, UnicodeDecodeError):
        line = error.object.count(b"\n", 0, error.start) + 1
        return Finding(
            file, line, "error", "is not UTF-8: save it as UTF-8", "UTF-8 ではありません。UTF-8 で保存してください"
        )
    return Finding(
        file,
        0,
        "error",
        f"cannot be read: {error}",
        "読めません。ファイルであること、読む権限のあることを確かめてください",
    )


def _syntax(file: str, error: yaml.YAMLError, text: str) -> Finding:
    line, en, ja = explained(error, text)
    return Finding(file, line, "error", f"not valid YAML: {en}", f"YAML として読めません: {ja}")
