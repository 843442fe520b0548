"""A small invented helpline, written to disk, so that every test can spoil it in one place."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from ivr import content
from ivr.board import Board
from ivr.call import Heard, Start, Turn, advance
from ivr.findings import FindingsError
from ivr.position import Position, decode
from ivr.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr.content import Content
    from ivr.findings import Finding

REPOSITORY = Path(__file__).resolve().parents[2]
FLOW = "flows/helpline.yaml"
WORDS = "prompts/ja/words.yaml"

FLOW_TEXT = """\
start: opening
person: person
limit: too_long
menu_wait: 6
answer_wait: 10
dial_timeout: 22
dial_limit: 3600
apology: sorry
common_keys: [keys]
announcements: [news, storm, strike]
survey:
  wait: 3
  says: [question]
  options:
    5: {name: helped, says: offer_yes, thanks: [thanks]}
    6: {name: not_helped, says: offer_no, thanks: [regrets]}
menu:
  silence:
    - says: [silent_once]
    - says: [silent_twice]
      options: true
    - says: [silent_thrice]
  wrong:
    - says: [wrong_once]
      options: true
    - says: [wrong_twice]
    - says: [wrong_thrice]
  give_up: nobody
answer:
  silence:
    - says: [silent_once]
    - says: [silent_twice]
    - says: [silent_thrice]
  wrong:
    - says: [wrong_once]
    - says: [wrong_twice]
    - says: [wrong_thrice]
  give_up: bye
nodes:
  opening:
    kind: menu
    says: [hello]
    options:
      1: {name: lost, says: offer_lost, goto: lost}
      2: {name: papers, says: offer_papers, goto: papers}
      3: {name: counter, says: offer_counter, goto: counter}
      9: {name: other, says: offer_other, goto: other}
    then: [never_asked]
  lost:
    kind: answer
    says: [lost_number]
    options:
      1: {name: connect, says: offer_connect, goto: line}
  line:
    kind: transfer
    to: suspension_phone
    says: [connecting]
    completed: talked
    busy: was_busy
    no_answer: was_silent
    failed: was_broken
    canceled: was_taken_back
    other: was_strange
  talked:
    kind: answer
    says: [talked]
  was_busy:
    kind: answer
    survey: no
    says: [was_busy]
    options:
      1: {name: again, says: offer_connect, goto: line}
  was_silent:
    kind: answer
    says: [was_silent]
  was_broken:
    kind: answer
    says: [was_broken]
  was_taken_back:
    kind: answer
    says: [was_taken_back]
  was_strange:
    kind: answer
    says: [was_strange]
  papers:
    kind: answer
    says: [papers]
    retries:
      silence:
        - says: [own_once]
        - says: [own_twice]
        - says: [own_thrice]
      wrong:
        - says: [wrong_once]
        - says: [wrong_twice]
        - says: [wrong_thrice]
      give_up: nobody
  counter:
    kind: answer
    hours: {procedure: reissue, who: self}
  other:
    kind: menu
    options:
      1: {name: deep, says: offer_deep, goto: deep}
      9: {name: around, says: offer_around, goto: opening}
  deep:
    kind: menu
    says: [deep]
    options:
      1: {name: other, says: offer_around, goto: other}
  person:
    kind: office
    open: office_line
    closed: shut
    unset: nobody_known
  office_line:
    kind: transfer
    to: office
    says: [connecting]
    completed: talked
    busy: was_busy
    no_answer: was_silent
    failed: was_broken
    canceled: was_taken_back
    other: was_strange
  shut:
    kind: answer
    office: true
    says: [shut]
  nobody_known:
    kind: answer
    says: [nobody_known]
  nobody:
    kind: office
    open: office_line
    closed: bye
    unset: bye
  too_long:
    kind: farewell
    says: [too_long, bye]
  bye:
    kind: farewell
    says: [bye]
"""

WORDS_TEXT = """\
sorry: 失礼しました。
keys: 繰り返しは{key:repeat}です。
news: 混みあっています。
storm: 台風です。
strike: 電車がありません。
question: お役に立てましたか。
offer_yes: 役に立った{方|かた}は、{key}。
offer_no: そうでない{方|かた}は、{key}。
thanks: ありがとうございます。
regrets: 申し訳ありません。
silent_once: 番号は{suspension_phone}。
silent_twice: お選びください。
silent_thrice: お困りですか。
wrong_once: そのボタンはありません。
wrong_twice: もう一度お願いします。
wrong_thrice: "{key:person}を押してください。"
own_once: 持ち物の質問ですか。
own_twice: 聞き直せます。
own_thrice: 切ってかまいません。
hello: 試験の案内です。
offer_lost: 紛失は、{key}。
offer_papers: 持ち物は、{key}。
offer_counter: 窓口は、{key}。
offer_other: ほかは、{key}。
offer_connect: おつなぎするには、{key}。
offer_deep: 奥へは、{key}。
offer_around: 戻るには、{key}。
never_asked: 番号はうかがいません。
lost_number: 止める電話は、{suspension_phone}。すぐにおかけください。
connecting: おつなぎします。
talked: 終わりました。
was_busy: お話し中でした。
was_silent: 出ませんでした。
was_broken: つながりませんでした。
was_taken_back: 取り消されました。
was_strange: 分かりませんでした。
papers: 費用は{reissue_fee}です。{旧氏|きゅううじ}の{方|かた}も同じです。
deep: 奥です。
shut: 時間外です。
nobody_known: 担当は、{ward_phone:slow}。
too_long: 長くなりました。
bye: 失礼します。
last_resort: 止める電話は、{suspension_phone}。担当は、{ward_phone}。
"""


@dataclass(frozen=True)
class Root:
    """A folder with flows/ and prompts/ that a test may change before it is loaded."""

    path: Path

    def change(self, file: str, old: str, new: str) -> None:
        """Replace a text that stands exactly once in a file."""
        text = (self.path / file).read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        (self.path / file).write_text(text.replace(old, new), "utf-8")

    def add(self, file: str, text: str) -> None:
        """Write something at the end of a file."""
        with (self.path / file).open("a", encoding="utf-8") as end:
            end.write(text)

    def line(self, file: str, text: str, after: str = "") -> int:
        """Give the number of the first line that holds a text, behind the first line that begins with `after`."""
        lines = (self.path / file).read_text("utf-8").splitlines()
        begin = next(number for number, line in enumerate(lines) if line.startswith(after))
        return next(number for number, line in enumerate(lines, 1) if number > begin and text in line)


def write_root(made: Path) -> Root:
    """Write the invented flow and words; facts and counters are those of the repository."""
    (made / "flows").mkdir(parents=True)
    (made / "prompts/ja").mkdir(parents=True)
    for name in ("facts.yaml", "counters.yaml", "closed_days.yaml"):
        shutil.copy(REPOSITORY / "flows" / name, made / "flows" / name)
    for name in ("voices.yaml", "lexicon.yaml"):
        shutil.copy(REPOSITORY / "prompts" / name, made / "prompts" / name)
    (made / FLOW).write_text(FLOW_TEXT, "utf-8")
    (made / WORDS).write_text(WORDS_TEXT, "utf-8")
    return Root(made)


@pytest.fixture
def root(tmp_path: Path) -> Root:
    """Give the invented helpline to a test that may spoil it."""
    return write_root(tmp_path / "root")


@pytest.fixture
def refused() -> Callable[[Callable[[], object]], list[Finding]]:
    """Give the findings with which something is refused; each must speak Japanese too."""

    def findings(load: Callable[[], object]) -> list[Finding]:
        with pytest.raises(FindingsError) as caught:
            load()
        for finding in caught.value.findings:
            assert any("ぁ" <= char <= "ヿ" for char in finding.text_ja), finding.text_ja
        return caught.value.findings

    return findings


TOKYO = ZoneInfo("Asia/Tokyo")
OFFICE = Settings(office_phone="+81312345678", office_hours="mon-fri 08:30-17:00")
OPEN = datetime(2026, 11, 24, 10, 0, tzinfo=TOKYO)
SHUT = datetime(2026, 11, 28, 20, 0, tzinfo=TOKYO)


@dataclass
class Caller:
    """Somebody on the telephone: between any two inputs the position is written into an address and read back."""

    content: Content
    now: datetime = OPEN
    turn: Turn | None = None
    board: Board = field(default_factory=Board)

    def hears(self, heard: Heard) -> Turn:
        """Do something, and give the turn that follows; the same thing done twice must give the same turn."""
        position = self.position
        self.turn = advance(self.content, position, heard, self.now, self.board)
        assert advance(self.content, position, heard, self.now, self.board) == self.turn
        return self.turn

    @property
    def position(self) -> Position:
        """Where the call stands, as it comes back from the address."""
        if self.turn is None:
            return Position(self.content.flow.top.start, int(self.now.timestamp()), turn=-1)
        written = self.turn.position.encode()
        read = decode(written)
        assert read is not None, f"{written} cannot be read back"
        assert read == self.turn.position
        return read

    @property
    def node(self) -> str:
        """Name the node at which the call stands."""
        return self.position.node

    @property
    def said(self) -> str:
        """Everything spoken in this turn."""
        assert self.turn is not None
        return "".join(sentence.text for passage in self.turn.passages for sentence in passage.sentences)


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Content:
    """Load the invented flow, with an office that answers on weekdays."""
    return content.load(write_root(tmp_path_factory.mktemp("invented") / "root").path, OFFICE)


@pytest.fixture(scope="session")
def without_office(invented: Content) -> Content:
    """Give the invented helpline whose office has no number."""
    return replace(invented, office=replace(invented.office, number=""))


@pytest.fixture
def caller(invented: Content) -> Caller:
    """Call the invented helpline in its office hours and listen to the opening."""
    begun = Caller(invented)
    begun.hears(Start())
    return begun


@pytest.fixture
def surveyed(invented: Content) -> Caller:
    """Call as one of those who are asked whether an answer helped."""
    begun = Caller(replace(invented, survey_percent=100))
    begun.hears(Start())
    return begun


@pytest.fixture(scope="session", params=["office", "no office"])
def real(request: pytest.FixtureRequest) -> Content:
    """Load the helpline of this repository, with and without an office that can be reached."""
    return content.load(REPOSITORY, OFFICE if request.param == "office" else None)
