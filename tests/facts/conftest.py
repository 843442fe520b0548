"""Invented tables of facts, written to a folder of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ivr.facts import Facts
from ivr.findings import FindingsError

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]

HEAD = """\
checked: 2026-11-24
facts:
  page_date: {type: date, value: 2024-09-01, section: contents, lines: {2: 0123456789abcdef}}
"""


@pytest.fixture(scope="session")
def shipped() -> Facts:
    """Give the table that callers hear."""
    return Facts.load(ROOT)


@pytest.fixture
def root(tmp_path: Path) -> Callable[[str], Path]:
    """Write a table below the usual head; gives the folder to load from."""

    def write(rows: str, head: str = HEAD) -> Path:
        (tmp_path / "flows").mkdir(exist_ok=True)
        (tmp_path / "flows" / "facts.yaml").write_text(head + rows, "utf-8")
        return tmp_path

    return write


@pytest.fixture
def findings(root: Callable[..., Path]) -> Callable[..., list[tuple[int, str]]]:
    """Load a table that must be refused; gives the line and English words of every finding."""

    def load(rows: str, head: str = HEAD) -> list[tuple[int, str]]:
        with pytest.raises(FindingsError) as caught:
            Facts.load(root(rows, head))
        assert {finding.file for finding in caught.value.findings} == {"flows/facts.yaml"}
        assert all(finding.text_ja and finding.level == "error" for finding in caught.value.findings)
        return [(finding.line, finding.text) for finding in caught.value.findings]

    return load
