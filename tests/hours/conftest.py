"""The shipped tables, and copies of them that a test may spoil in one place."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ivr import hours as counter_hours
from ivr.facts import Facts
from ivr.findings import FindingsError
from ivr.hours import TOKYO, Hours

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
COUNTERS, CLOSED = "flows/counters.yaml", "flows/closed_days.yaml"


@dataclass(frozen=True)
class Tables:
    """A folder with its own flows/; `spoil` changes one place, `close` writes closed days."""

    root: Path

    def spoil(self, old: str, new: str) -> int:
        """Replace a piece of counters.yaml that stands there once; gives the line on which it stands."""
        path = self.root / COUNTERS
        text = path.read_text("utf-8")
        assert text.count(old) == 1, old
        path.write_text(text.replace(old, new), "utf-8")
        return text[: text.index(old)].count("\n") + 1

    def close(self, *rows: str) -> Hours:
        """Write closed days, one a line, and load; the first row stands on line 2."""
        (self.root / CLOSED).write_text("closed:\n" + "".join(f"- {row}\n" for row in rows), "utf-8")
        return self.load()

    def load(self) -> Hours:
        """Load the tables."""
        return counter_hours.load(self.root, Facts.load(self.root))

    def findings(self) -> list[tuple[str, int, str]]:
        """Load tables that must be refused; gives file, line and words of every finding."""
        with pytest.raises(FindingsError) as caught:
            self.load()
        assert all(found.text_ja and found.level == "error" for found in caught.value.findings)
        return [(found.file, found.line, found.text) for found in caught.value.findings]


@pytest.fixture(scope="session")
def hours() -> Hours:
    """Give the tables that callers hear, without closed days."""
    table = counter_hours.load(ROOT, Facts.load(ROOT))
    return Hours(**{**vars(table), "closings": ()})


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    """Give a copy of the shipped tables."""
    (tmp_path / "flows").mkdir()
    for name in ("facts.yaml", "counters.yaml", "closed_days.yaml"):
        shutil.copy(ROOT / "flows" / name, tmp_path / "flows" / name)
    return Tables(tmp_path)


@pytest.fixture(scope="session")
def at() -> Callable[[str], datetime]:
    """Read moments as Tokyo's."""
    return lambda written: datetime.fromisoformat(written).replace(tzinfo=TOKYO)
