"""Strict YAML: strings only, no key twice, a place for everything that is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from ivr.yamlfile import Document, parse, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ivr.findings import Finding

    Refused = Callable[[Callable[[], object]], list[Finding]]


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "flows/a.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def document(folder: Path, text: str | bytes) -> Document:
    return read(write(folder, text), folder)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no: yes", {"no": "yes"}),
        ("1: 010", {"1": "010"}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: 12:30:45", {"a": "12:30:45"}),
        ("a: 2026-11-24", {"a": "2026-11-24"}),
        ("a: ~", {"a": "~"}),
        ("a: null", {"a": "null"}),
        ("a:", {"a": ""}),
        ("a: 0x1F", {"a": "0x1F"}),
        ("a: 1e3", {"a": "1e3"}),
        ("a: .nan", {"a": ".nan"}),
        ("a: [on, 2, x]", {"a": ["on", "2", "x"]}),
        ("a: !!int 5", {"a": "5"}),
        ("a: !!python/object/apply:os.getcwd []", {"a": []}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ("a: &b [1]\nc: *b", {"a": ["1"], "c": ["1"]}),
        ("\ufeffa: 1", {"a": "1"}),
        ("a: 1\r\nb: 2\r\n", {"a": "1", "b": "2"}),
        ("", {}),
        ("# only words\n", {}),
    ],
)
def test_every_scalar_is_the_text_that_was_written(written: str, value: object, tmp_path: Path) -> None:
    assert document(tmp_path, written).data == value


def test_every_value_knows_its_line(tmp_path: Path) -> None:
    found = document(tmp_path, "# words\na:\n  b: 1\n  c:\n    - x\n    - {d: 1,\n       e: 2}\n")
    assert found.file == "flows/a.yaml"
    assert {where: found.line(*where) for where in found.lines} == {
        (): 2,
        ("a",): 2,
        ("a", "b"): 3,
        ("a", "c"): 4,
        ("a", "c", 0): 5,
        ("a", "c", 1): 6,
        ("a", "c", 1, "d"): 6,
        ("a", "c", 1, "e"): 7,
    }


@pytest.mark.parametrize(("where", "line"), [(("a", "b", "nothing"), 3), (("nothing",), 2), (("a", "c", 9, "x"), 4)])
def test_what_is_not_there_stands_where_it_should_be(where: tuple[str | int, ...], line: int, tmp_path: Path) -> None:
    assert document(tmp_path, "# words\na:\n  b: 1\n  c: []\n").line(*where) == line


def test_a_finding_points_into_the_file(tmp_path: Path) -> None:
    finding = document(tmp_path, "a:\n  b: 1\n").finding("bad", "だめ", "a", "b", node="n")
    assert finding.as_json() == {
        "level": "error",
        "file": "flows/a.yaml",
        "line": 2,
        "node": "n",
        "text": "bad",
        "text_ja": "だめ",
    }


def test_every_repeated_key_is_refused_with_both_lines(tmp_path: Path, refused: Refused) -> None:
    findings = refused(lambda: document(tmp_path, "a:\n  b: 1\n  c: 2\n  b: 3\nd: 1\na: 2\n'd': 3\n"))
    assert [(finding.line, finding.text) for finding in findings] == [
        (4, "the key 'b' stands twice here; the first is on line 2"),
        (6, "the key 'a' stands twice here; the first is on line 1"),
        (7, "the key 'd' stands twice here; the first is on line 5"),
    ]
    assert "2 行目" in findings[0].text_ja


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("a: 1\nb: [1\n", 2),
        ("a: 1\n b: 2\n", 2),
        ("a: 1\nb: {x}: y\n", 2),
        ("a: 一時停止: 二十四時間\n", 1),
        ("a: 1\n\tb: 2\n", 2),
        ("a: 1\nb: 'open\n", 2),
        ("a: 1\n---\nb: 2\n", 2),
        ("a: *nowhere\n", 1),
        ("a: 1\nb\nc: 2\n", 2),
    ],
)
def test_a_syntax_error_has_its_line(written: str, line: int, tmp_path: Path, refused: Refused) -> None:
    (finding,) = refused(lambda: document(tmp_path, written))
    assert (finding.file, finding.line, finding.level) == ("flows/a.yaml", line, "error")
    assert finding.text.startswith("not valid YAML: ")


@pytest.mark.parametrize("written", [b"a: \xff\xfe", b"a: \x00", b"a: \x07", "a: 東京".encode("shift_jis")])
def test_bytes_that_are_no_text_are_refused(written: bytes, tmp_path: Path, refused: Refused) -> None:
    (finding,) = refused(lambda: document(tmp_path, written))
    assert (finding.file, finding.level) == ("flows/a.yaml", "error")


def test_a_missing_file_is_named(tmp_path: Path, refused: Refused) -> None:
    (finding,) = refused(lambda: read(tmp_path / "flows/none.yaml", tmp_path))
    assert (finding.file, finding.line) == ("flows/none.yaml", 0)


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "flows/a.yaml").mkdir(parents=True)
    (finding,) = refused(lambda: read(tmp_path / "flows/a.yaml", tmp_path))
    assert finding.file == "flows/a.yaml"


def test_a_text_that_contains_itself_is_refused(tmp_path: Path, refused: Refused) -> None:
    (finding,) = refused(lambda: document(tmp_path, "a: &a\n  b: *a\n"))
    assert finding.file == "flows/a.yaml"


class Thing(BaseModel):
    """What the tests below expect of a document."""

    model_config = ConfigDict(extra="forbid")
    name: str
    many: int = Field(default=3, ge=1, le=9)
    parts: dict[str, list[str]] = Field(default_factory=dict)


def test_what_fits_becomes_typed(tmp_path: Path) -> None:
    found = parse(document(tmp_path, "name: 010\nmany: 4\nparts: {1: [no]}\n"), Thing)
    assert (found.name, found.many, found.parts) == ("010", 4, {"1": ["no"]})


def test_a_place_inside_a_document_can_be_read(tmp_path: Path) -> None:
    assert parse(document(tmp_path, "x:\n  - name: a\n"), Thing, "x", 0).name == "a"


INVALID: list[tuple[str, list[tuple[int, str]]]] = [
    ("nam: a\n", [(1, "nam")]),
    ("name: a\nmany: 10\n", [(2, "many")]),
    ("name: a\nmany: three\n", [(2, "many")]),
    ("name: a\nmany:\n", [(2, "many")]),
    ("name: [a]\n", [(1, "name")]),
    ("name: a\nparts:\n  x: y\n  z: [[q]]\n", [(3, "parts.x"), (4, "parts.z.0")]),
    ("name: a\nparts: z\nextra: 1\nmore: 2\n", [(2, "parts"), (3, "extra"), (4, "more")]),
]


@pytest.mark.parametrize(("written", "expected"), INVALID)
def test_everything_that_does_not_fit_is_found_at_its_line(
    written: str, expected: list[tuple[int, str]], tmp_path: Path, refused: Refused
) -> None:
    findings = refused(lambda: parse(document(tmp_path, written), Thing))
    assert sorted((finding.line, finding.text.partition(":")[0]) for finding in findings) == expected
    assert sorted((finding.line, finding.text_ja.partition(":")[0]) for finding in findings) == expected


@pytest.mark.parametrize("written", ["- a\n- b\n", "words\n", "", "[]"])
def test_a_file_that_is_no_map_is_refused(written: str, tmp_path: Path, refused: Refused) -> None:
    findings = refused(lambda: parse(document(tmp_path, written), Thing))
    assert {finding.file for finding in findings} == {"flows/a.yaml"}


def test_findings_inside_a_place_have_lines_of_the_file(tmp_path: Path, refused: Refused) -> None:
    found = document(tmp_path, "x:\n  y:\n    many: 0\n")
    places = [(item.line, item.text.partition(":")[0]) for item in refused(lambda: parse(found, Thing, "x", "y"))]
    assert sorted(places) == [(2, "x.y.name"), (3, "x.y.many")]


@pytest.mark.parametrize("loads", [{"a": "b"}, {}])
def test_the_same_text_gives_the_same_document(loads: dict[str, Any], tmp_path: Path) -> None:
    text = "".join(f"{key}: {value}\n" for key, value in loads.items())
    assert document(tmp_path, text) == document(tmp_path, text)
