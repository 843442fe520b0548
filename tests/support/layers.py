"""The rooms of `ivr/` from top to bottom, as the import contract orders them, each with what its docstring says.

python tests/support/layers.py           prints the picture
python tests/support/layers.py --write   draws it anew in docs/architecture.md
"""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENT = REPOSITORY / "docs/architecture.md"
BEGIN, END = "<!-- layers -->\n", "<!-- /layers -->\n"


def picture() -> str:
    """Draw one row a room; rooms of the same layer share its number and do not import each other."""
    rows = ["| layer | room | what it holds |", "|---|---|---|"]
    rows += [f"| {number} | `{room}` | {_purpose(room)} |" for number, room in _rooms()]
    rows.append(f"| beside | `simulator` | {_purpose('simulator')} |")
    return "\n".join(rows) + "\n"


def drawn(text: str) -> str:
    """Give a document with the picture between its two marks; ValueError where they are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the marks {BEGIN.strip()} and {END.strip()} are missing")
    return before + begin + picture() + end + after


def _rooms() -> Iterator[tuple[int, str]]:
    contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    for number, layer in enumerate(layers, 1):
        for room in layer.split(" | "):
            yield number, room


def _purpose(room: str) -> str:
    """Give the first sentence of a room's docstring, as far as its first line goes."""
    folder = REPOSITORY / "ivr" / room
    path = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return docstring.partition("\n")[0].removesuffix(".")


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        DOCUMENT.write_text(drawn(DOCUMENT.read_text("utf-8")), "utf-8")
    else:
        sys.stdout.write(picture())
