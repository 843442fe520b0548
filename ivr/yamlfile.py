"""Strict YAML: every scalar is a string, a repeated key is an error, every value knows its line.

Plain YAML turns the key `no` into False and `010` into 8 and lets a repeated key win in silence; none
of that may happen to a menu. PyYAML does the parsing; typed values come from pydantic models.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from ivr.findings import Finding, FindingsError

if TYPE_CHECKING:
    from pathlib import Path

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser is many times quicker; PyYAML is built without it in some places."""
Where = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)

_WORDS_JA = {
    "extra_forbidden": "知らない項目です。つづりを確かめてください",
    "missing": "必要な項目がありません",
    "string_type": "文字で書いてください",
    "int_parsing": "整数で書いてください",
    "literal_error": "決められた値のどれでもありません",
    "dict_type": "「項目: 値」の形で書いてください",
    "list_type": "「- 値」の並びで書いてください",
    "model_type": "「項目: 値」の形で書いてください",
}


@dataclass(frozen=True)
class Document:
    """A YAML file as plain dicts, lists and strings, with the line of every value."""

    file: str
    data: Any
    lines: dict[Where, int]

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
        raise FindingsError([_syntax(file, error)]) from error
    reader = _Reader(file)
    data = reader.value(top, ()) if top is not None else {}
    if reader.findings:
        raise FindingsError(reader.findings)
    return Document(file, data, reader.lines)


def parse(document: Document, model: type[Model], *where: str | int) -> Model:
    """Check the value at a place of a document against a model; raises FindingsError with all that is wrong."""
    data = document.data
    for step in where:
        data = data[step]
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise FindingsError(_invalid(document, item, where) for item in error.errors()) from error


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Where, int] = {}
        self.findings: list[Finding] = []
        self.inside: set[int] = set()

    def value(self, node: yaml.Node, where: Where) -> Any:  # noqa: ANN401  (YAML holds anything)
        self.lines.setdefault(where, node.start_mark.line + 1)
        if id(node) in self.inside:
            self.findings.append(_ring(self.file, self.lines[where]))
            return ""
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
    return Finding(file, 0, "error", f"cannot be read: {error}", f"読めません: {error}")


def _syntax(file: str, error: yaml.YAMLError) -> Finding:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    line = mark.line + 1 if mark else 0
    return Finding(
        file,
        line,
        "error",
        f"not valid YAML: {problem} (a text that begins with {{ or holds ': ' must stand in quotes)",
        f"YAML として読めません: {problem}({{ で始まる文や「: 」を含む文は、引用符で囲んでください)",
    )


def _invalid(document: Document, item: Any, where: Where) -> Finding:  # noqa: ANN401  (pydantic's ErrorDetails)
    place = (*where, *item["loc"])
    name = ".".join(str(step) for step in place)
    words = _WORDS_JA.get(item["type"], f"値が正しくありません({item['msg']})")
    return document.finding(f"{name}: {item['msg']}", f"{name}: {words}", *place)
