"""Invented tables of facts, written to a folder of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ivr.cli.facts import facts
from ivr.facts import Facts, line_hash
from ivr.findings import FindingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

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


PAGE = """\
にわとり課の手続き
更新日:令和6年9月1日

1.鍵の変更
【持ち物】
- 手帳
- 鉛筆
窓口 | 時間 |
---|---|
にわとり会館 | 平日 午前9時~午後4時 |
2.羽根の受け取り
【持ち物】
- 手帳
手数料は300円です。
詳しくはこちらをご確認ください。
"""

TABLE = """\
checked: 2026-11-24
facts:
  page_date: {{type: date, value: 2024-09-01, section: contents, lines: {{{2}}}}}
  key_papers:
    type: papers
    value: [手帳, 鉛筆]
    section: 3
    lines: {{{5}, {6}, {7}}}
  feather_papers:
    type: papers
    value: [手帳]
    section: 10
    lines: {{{12}, {13}}}
  feather_fee: {{type: yen, value: 300, section: 10, lines: {{{14}}}}}
  new_year:
    type: year_days
    value: 12-29..01-03
    source: a law
    checked: 2026-11-24
    quiet: 数えるだけ
unsettled:
  year_end: {{section: 3, lines: {{{8}, {10}}}, en: not said, ja: 書いていない}}
uncovered:
  1: {{hash: {h1}, reason: title}}
  4: {{hash: {h4}, reason: heading}}
  9: {{hash: {h9}, reason: table-rule}}
  11: {{hash: {h11}, reason: heading}}
  15: {{hash: {h15}, reason: link, note: 電話では案内しない}}
"""

COUNTERS = """\
checked: 2026-11-24
year_end: new_year
counters:
  hall: {name: にわとり会館, spoken: にわとり会館, short: 会館}
groups: {}
hours:
  day: {weekday: 09:00-16:00}
procedures:
  pin:
    name: 鍵の変更
    section: 3
    who:
      self:
        places:
          - counters: [hall]
            hours: day
            lines: {LINE}
        others: {offered: "no", basis: word, why: 表にない}
        lines: {LINE}
      legal: {like: self, why: 書かれていない}
      agent: {like: self, why: 書かれていない}
      household: {like: self, why: 書かれていない}
"""

NO_PLACE = """\
  {name}:
    name: {name}
    section: 1
    who:
      self: &{name}
        others: {{offered: unknown, basis: none, why: 書かれていない}}
      legal: *{name}
      agent: *{name}
      household: *{name}
"""

FLOW = """\
start: opening
person: person
limit: bye
menu_wait: 6
answer_wait: 10
dial_timeout: 22
dial_limit: 3600
apology: hello
common_keys: [hello]
menu: &tries
  silence: [{says: [once]}, {says: [twice]}, {says: [thrice]}]
  wrong: [{says: [once]}, {says: [twice]}, {says: [thrice]}]
  give_up: bye
answer: *tries
nodes:
  opening:
    kind: menu
    says: [hello]
    options:
      1: {name: key, says: to_key, goto: key}
      2: {name: hours, says: to_hours, goto: hours}
      3: {name: feather, says: to_feather, goto: feather}
  key: {title: 鍵, kind: answer, says: [key]}
  hours: {title: 時間, kind: answer, hours: {procedure: pin, who: self}, says: [open_days]}
  feather: {kind: answer, says: [feather]}
  person: {kind: office, open: bye, closed: bye, unset: bye}
  bye: {kind: farewell, says: [bye]}
"""

WORDS = """\
hello: こんにちは。
to_key: 鍵は{key}。
to_hours: 時間は{key}。
to_feather: 羽根は{key}。
key: 持ち物は、{key_papers}です。
open_days: 年末年始は、おたずねください{?year_end}。
feather: 手帳をお持ちください{=feather_papers}。手数料は{feather_fee}です。
once: どうぞ。
twice: どうぞ、お押しください。
thrice: もう一度、どうぞ。
bye: さようなら。
last_resort: 情報は{page_date}のものです。
"""


@dataclass(frozen=True)
class Watch:
    """A folder with an invented page (`page.txt`) and tables that fit it; `copy` writes a changed page beside it."""

    root: Path

    @property
    def page(self) -> Path:
        """The page that the tables fit."""
        return self.root / "page.txt"

    def copy(self, text: str) -> Path:
        """Write another page; gives its path."""
        (self.root / "copy.txt").write_text(text, "utf-8")
        return self.root / "copy.txt"

    def run(self, command: str, *arguments: object) -> Result:
        """Run a command of `ivr facts` on this folder; messages are English."""
        return self.run_plain(command, *arguments, "--root", self.root)

    def run_plain(self, *arguments: object) -> Result:
        """Run `ivr facts` with these arguments and no others."""
        runner = CliRunner(mix_stderr=False, env={"LC_ALL": "C.UTF-8"})
        return runner.invoke(facts, list(map(str, arguments)), catch_exceptions=False)

    def json(self, command: str, *arguments: object) -> tuple[int, Any]:
        """Run a command with --json; gives the exit code and what it printed."""
        result = self.run(command, *arguments, "--json")
        assert result.stderr == ""
        return result.exit_code, json.loads(result.stdout)

    def line_of(self, file: str, words: str) -> int:
        """Give the line of a file on which words stand for the first time."""
        return (self.root / file).read_text("utf-8").split(words)[0].count("\n") + 1


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """Write the invented page, tables that fit it, and a small helpline that speaks them."""
    lines = PAGE.split("\n")
    cited = {str(number): f"{number}: {line_hash(line)}" for number, line in enumerate(lines, 1)}
    hashes = {f"h{number}": line_hash(line) for number, line in enumerate(lines, 1)}
    none, *at = "", *(cited[str(number)] for number in range(1, len(lines) + 1))
    shipped = (ROOT / "flows/counters.yaml").read_text("utf-8")
    sentences = shipped[shipped.index("\nsentences:") :]
    procedures = shipped[shipped.index("\nprocedures:") : shipped.index("\nsentences:")].split("\n")
    names = [line.strip(" :") for line in procedures if line.startswith("  ") and line[2] not in " #"]
    counters = COUNTERS.replace("LINE", cited["10"])
    counters += "".join(NO_PLACE.format(name=name) for name in names if name != "pin")
    for file, text in {
        "page.txt": PAGE,
        "flows/facts.yaml": TABLE.format(none, *at, **hashes),
        "flows/counters.yaml": counters + sentences,
        "flows/closed_days.yaml": "closed:\n",
        "flows/helpline.yaml": FLOW,
        "prompts/ja/words.yaml": WORDS,
    }.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text, "utf-8")
    return Watch(tmp_path)
