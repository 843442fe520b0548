"""Every file that editors write, spoilt in one place: one finding, where it was done, in words for them.

A seeded sample of each kind of mistake in each shipped file. What may be left out or named freely is listed, with why.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from spoil import KINDS, Spoilt, spoilt

from ivr import content
from ivr.findings import FindingsError, errors
from ivr.phone import reasons, scenario
from ivr.speech import approved, lexicon, voices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ivr.findings import Finding

REPOSITORY = Path(__file__).resolve().parents[2]
SETS = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for folder in ("flows", "prompts")
    for path in (REPOSITORY / folder).rglob("*.yaml")
)
CALLERS = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for folder in ("calls", "scenarios")
    for path in (REPOSITORY / "tests" / folder).glob("*.yaml")
)
MANY = ("flows/facts.yaml", "flows/counters.yaml", "flows/helpline.yaml")
FREE = (
    r"flows/facts.yaml unsettled\.",  # nobody has to ask about a place that is quiet
    r"flows/(facts|counters).yaml .*\.lines\.",  # a hash may be missing: the page watch tells
    r"prompts/readings/ja.yaml ",  # a part that is not approved: `ivr prompts check` tells
    r"prompts/lexicon.yaml (words|rewrites)\.",  # any word may have a reading
    r"prompts/voices.yaml voices\.\w+$",  # voices are named freely
    r"tests/\S+ (people|dial|expect|faults)",  # what a caller need not say
)
"""Names that may be anything: a misspelt one is as good as a right one."""
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
ENGLISH = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}")
PYDANTIC = re.compile(
    r"Input should|Field required|Extra inputs|Value error|validation error|pydantic|valid (string|list|dict)"
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what editors write."""
    root = tmp_path_factory.mktemp("spoilt")
    for folder in ("flows", "prompts", "tests/calls", "tests/scenarios"):
        shutil.copytree(REPOSITORY / folder, root / folder)
    return root


def found(*steps: Callable[[], object]) -> list[Finding]:
    """Give the errors of everything that is read."""
    findings: set[Finding] = set()
    for step in steps:
        try:
            step()
        except FindingsError as error:
            findings.update(error.findings)
    return sorted(errors(findings))


def read(root: Path, file: str) -> list[Finding]:
    """Read all that belongs to a file."""
    if file.startswith("tests/calls"):
        return found(lambda: reasons.load(root / file))
    if file.startswith("tests/scenarios"):
        return found(lambda: scenario.load(root / file))
    return found(
        lambda: content.load(root),
        lambda: voices.load(root),
        lambda: lexicon.load(root),
        lambda: approved.load(root, "ja"),
    )


def samples(root: Path, file: str, kind: str, count: int) -> Iterator[tuple[Spoilt, list[Finding]]]:
    """Spoil a file again and again, and read it each time."""
    path = root / file
    text = path.read_text("utf-8")
    try:
        for one in spoilt(text, kind, Random(f"{file} {kind}"), count):
            path.write_text(one.text, "utf-8")
            yield one, read(root, file)
    finally:
        path.write_text(text, "utf-8")


def told_there(one: Spoilt, file: str, finding: Finding) -> bool:
    """Tell whether a finding stands at the mistake or at what is around it, or names its place, or what is gone."""
    lines = {one.line - 1, one.line, one.line + 1, *one.within}
    if Path(finding.file).name == Path(file).name and finding.line in lines:
        return True
    if f"{file}:{one.line}" in finding.text or any(f"line {line})" in finding.text for line in lines):
        return True
    return one.what == "deleted" and one.key.rpartition(".")[2] in finding.text


def wrong(one: Spoilt, file: str, findings: list[Finding]) -> str:
    """Say what is wrong with the findings of one mistake; nothing where all is well."""
    free = any(re.match(pattern, f"{file} {one.key}") for pattern in FREE)
    if not findings and (free or one.what == "deleted"):  # much may be left out; what may not, the next test says
        return ""
    unused = [re.search(r"prompt (\w+) is used nowhere", finding.text) for finding in findings]
    if all(found and found.group(1) in one.gone for found in unused):  # with their only use each of them becomes idle
        return ""
    if len(findings) != 1:
        return f"{len(findings)} findings"
    (finding,) = findings
    if not told_there(one, file, finding):
        return "told elsewhere"
    unquoted = re.sub(r"「[^」]*」|'[^']*'", "", finding.text_ja)
    if not JAPANESE.search(unquoted) or ENGLISH.search(unquoted):
        return "not Japanese"
    return "pydantic's own words" if PYDANTIC.search(finding.text + finding.text_ja) else ""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("file", [*SETS, *CALLERS[::8]])
def test_one_mistake_is_one_finding_at_its_place(file: str, kind: str, copy: Path) -> None:
    bad = [
        (said, one.what, one.key, one.line, [str(finding) for finding in findings[:3]])
        for one, findings in samples(copy, file, kind, 6 if file in MANY else 1)
        if (said := wrong(one, file, findings))
    ]
    assert bad == []


NEEDED = {
    "flows/helpline.yaml": ("start: opening\n", "    kind: menu\n", "apology:"),
    "flows/counters.yaml": ("year_end:", "    spoken:"),
    "flows/facts.yaml": ("    type:", "    value:", "checked:"),
}


@pytest.mark.parametrize(("file", "begins"), [(file, begins) for file, each in NEEDED.items() for begins in each])
def test_what_is_needed_and_gone_is_one_finding(file: str, begins: str, copy: Path) -> None:
    path = copy / file
    text = path.read_text("utf-8")
    place = text.index(begins)
    try:
        path.write_text(text[:place] + text[text.index("\n", place) + 1 :], "utf-8")
        (finding,) = read(copy, file)
    finally:
        path.write_text(text, "utf-8")
    assert finding.text.partition(": ")[0].endswith(begins.strip().partition(":")[0])
    assert "この項目がありません" in finding.text_ja
