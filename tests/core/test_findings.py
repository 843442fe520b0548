"""Findings: the form in which whoever edits sees what is wrong."""

from __future__ import annotations

import pytest

from ivr.findings import Finding, FindingsError, errors

FIRST = Finding("flows/a.yaml", 2, "error", "is wrong", "まちがいです", "opening")
SECOND = Finding("flows/a.yaml", 10, "warning", "is odd", "変です")
OTHER = Finding("flows/b.yaml", 1, "error", "is missing", "ありません")


def test_a_finding_is_written_as_editors_link_it() -> None:
    assert str(FIRST) == "flows/a.yaml:2: error: is wrong"


@pytest.mark.parametrize(
    ("language", "line"),
    [("ja", "flows/a.yaml:2: error: まちがいです"), ("en", "flows/a.yaml:2: error: is wrong")],
)
def test_a_finding_speaks_the_language_asked_for(language: str, line: str) -> None:
    assert FIRST.format(language) == line


def test_a_finding_has_every_field_in_json() -> None:
    assert FIRST.as_json() == {
        "level": "error",
        "file": "flows/a.yaml",
        "line": 2,
        "node": "opening",
        "text": "is wrong",
        "text_ja": "まちがいです",
    }


def test_warnings_are_no_errors() -> None:
    assert errors([FIRST, SECOND, OTHER]) == [FIRST, OTHER]


def test_all_findings_come_at_once_each_once_by_file_and_line() -> None:
    error = FindingsError([OTHER, SECOND, FIRST, OTHER])
    assert error.findings == [FIRST, SECOND, OTHER]
    assert str(error).splitlines() == [
        "flows/a.yaml:2: error: is wrong",
        "flows/a.yaml:10: warning: is odd",
        "flows/b.yaml:1: error: is missing",
    ]
