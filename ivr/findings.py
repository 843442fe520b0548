"""What a check finds: level, place and words in two languages, all at once instead of one by one.

Nothing here reads a file or prints; whoever loads something collects findings and decides what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Level = Literal["error", "warning"]


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong, where it stands, and what to do about it.

    `file` is relative to the root that holds `flows/` and `prompts/`; `line` counts from 1, 0 means
    the whole file; `node` is the flow node it concerns, or empty.
    """

    file: str
    line: int
    level: Level
    text: str
    text_ja: str
    node: str = ""

    def __str__(self) -> str:
        """Format as `file:line: level: text`, the form editors turn into links."""
        return self.format("en")

    def format(self, language: str) -> str:
        """Give the finding in Japanese (`ja`) or English (anything else)."""
        words = self.text_ja if language == "ja" else self.text
        return f"{self.file}:{self.line}: {self.level}: {words}"

    def as_json(self) -> dict[str, Any]:
        """Give the finding as the `findings` entries of the JSON reports."""
        return {
            "level": self.level,
            "file": self.file,
            "line": self.line,
            "node": self.node,
            "text": self.text,
            "text_ja": self.text_ja,
        }


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Keep what makes a set unusable; warnings never stop anything."""
    return [finding for finding in findings if finding.level == "error"]


class BadValueError(ValueError):
    """A value that does not fit its place, in both languages; what models raise where no type says it."""

    def __init__(self, text: str, text_ja: str) -> None:
        """Keep the words of the finding."""
        super().__init__(text)
        self.text, self.text_ja = text, text_ja


class FindingsError(ValueError):
    """Something could not be used; carries every finding, not only the first."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        """Keep the findings in the order of file and line."""
        self.findings = sorted(set(findings))
        super().__init__("\n".join(str(finding) for finding in self.findings))
