"""A small helpline of its own, for tests that publish, serve or search one whole: its speech is made in a second."""

from __future__ import annotations

import io
import logging
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import HealthCheck, settings
from library_table import problems
from postgres import Server

from ivr import log, webhooks
from ivr.hours import PROCEDURES
from ivr.records.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = Path(__file__).resolve().parents[1]

FAULTS = "12"

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

EMITTED: list[int] = []
"""How many documents the service has emitted in this process, each read by what Twilio's library can write."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the fault test go on for longer."""
    parser.addoption(
        "--faults", default=FAULTS, help="seconds that things go wrong for in tests/service/test_faults.py"
    )


@pytest.fixture(autouse=True, scope="session")
def every_document_is_one_that_twilios_library_could_have_written() -> Iterator[None]:
    """Stand at the one door through which documents leave: a wrong one becomes an error in the test that asked."""
    document = webhooks.document

    def checked(text: str) -> object:
        EMITTED.append(len(text))
        found = problems(text)
        assert not found, f"{found} in {text}"
        return document(text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(webhooks, "document", checked)
        yield


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """Put the log back after each test: a command that a test ran here set it up for the whole process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


@pytest.fixture
def logged() -> io.StringIO:
    """Send the log of this process to a text, whatever was set up before."""
    stream = io.StringIO()
    log.setup(stream=stream)
    return stream


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Start a PostgreSQL server for the tests of this process, once one asks for it."""
    with Server() as server:
        yield server


@pytest.fixture
def busy_seconds() -> float:
    """How long SQLite waits for another writer: longer than a slow disk takes, so short where a test holds the lock."""
    return 20.0


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of a store that is not made yet, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    url: str = request.getfixturevalue("postgres").database()
    return url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder of the spools, which is not made yet."""
    return tmp_path / "spool"


@pytest.fixture
def spool(folder: Path) -> Iterator[Spool]:
    """Give the spool of this process."""
    made = Spool(folder)
    yield made
    made.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 512 kB; skipped where this user may not mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)],  # noqa: S607
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip(f"mounting is not permitted here: {os.fsdecode(mounted.stderr).strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)  # noqa: S607


FACTS_TEXT = """\
checked: 2026-11-24
facts:
  page_date: {type: date, value: 2024-09-01, section: contents, lines: {2: abcdefabcdefabcd}, quiet: 試験}
  suspension_phone: {type: phone, value: 0120-95-0178, section: 1, lines: {3: abcdefabcdefabcd}}
  ward_phone: {type: phone, value: 03-5742-6660, section: contact, lines: {4: abcdefabcdefabcd}}
  year_end: {type: year_days, value: 12-29..01-03, section: 2, lines: {5: abcdefabcdefabcd}, quiet: 試験}
review: 9999 days
"""
"""Facts that need no review for 27 years: whoever publishes them is warned of nothing."""

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
survey:
  wait: 3
  says: [question]
  options:
    5: {name: helped, says: offer_yes, thanks: [thanks]}
    6: {name: not_helped, says: offer_no, thanks: [regrets]}
menu: &retries
  silence:
    - says: [silent_once]
    - says: [silent_twice]
    - says: [silent_thrice]
  wrong:
    - says: [wrong]
    - says: [wrong]
    - says: [wrong]
  give_up: bye
answer: *retries
nodes:
  opening:
    title: はじめの案内
    kind: menu
    says: [hello]
    options:
      1: {name: lost, title: なくした, says: offer_lost, goto: lost}
      2: {name: papers, title: 持ち物は, says: offer_papers, goto: papers}
  lost:
    title: 止める電話
    kind: answer
    says: [lost_number]
  papers:
    title: 持ち物
    kind: answer
    says: [papers]
    options:
      1: {name: cost, title: 費用は, says: offer_cost, goto: cost}
  cost:
    title: 費用
    kind: answer
    hours: {procedure: reissue, who: self}
    says: [cost]
  person:
    title: 係の者(分かれ道)
    kind: office
    open: bye
    closed: shut
    unset: bye
  shut:
    title: 時間外
    kind: answer
    office: true
    says: [shut]
  too_long:
    title: 長い電話の終わり
    kind: farewell
    says: [bye]
  bye:
    title: 終わり
    kind: farewell
    says: [bye]
"""

WORDS_TEXT = """\
sorry: 失礼しました。
keys: もう一度も聞けます。
question: お役に立てましたか。
offer_yes: 役に立った{方|かた}は、{key}。
offer_no: そうでない{方|かた}は、{key}。
thanks: ありがとうございます。
regrets: 申し訳ありません。
silent_once: 番号は、{suspension_phone}。
silent_twice: お選びください。
silent_thrice: お困りですか。
wrong: そのボタンはありません。
hello: 試験の案内です。
offer_lost: 紛失は、{key}。
offer_papers: 持ち物は、{key}。
lost_number: 止める電話は、{suspension_phone}。
papers: 持ち物は、免許証です。
offer_cost: 費用は、{key}。
cost: 費用は、{counter_hall}でお聞きください。担当は、{ward_phone}。
shut: 時間外です。
bye: 失礼します。
last_resort: 止める電話は、{suspension_phone}。担当は、{ward_phone}。
"""


def counters_text() -> str:
    """Write a table with one counter, which does everything. The sentences are those of the repository."""
    hall = (
        "{places: [{counters: [hall], hours: weekdays, lines: {6: abcdefabcdefabcd}}], "
        "others: {offered: 'no', basis: word, why: 試験}, lines: {6: abcdefabcdefabcd}}"
    )
    who = "".join(f"      {name}: {hall}\n" for name in ("self", "legal", "agent", "household"))
    rows = "".join(f"  {name}:\n    name: {name}\n    section: 2\n    who:\n{who}" for name in PROCEDURES)
    shipped = (REPOSITORY / "flows/counters.yaml").read_text("utf-8")
    head = (
        "checked: 2026-11-24\nyear_end: year_end\ncounters:\n  hall: {name: 窓口, spoken: 窓口, short: 窓口}\n"
        "groups: {}\nhours:\n  weekdays: {weekday: 08:30-17:00}\n"
    )
    return f"{head}procedures:\n{rows}{shipped[shipped.index('sentences:') :]}"


@pytest.fixture
def small_helpline() -> Callable[[Path], Path]:
    """Write the small helpline to a folder; lexicon and voices are those of the repository."""

    def write(made: Path) -> Path:
        (made / "flows").mkdir(parents=True)
        (made / "prompts/ja").mkdir(parents=True)
        (made / "flows/helpline.yaml").write_text(FLOW_TEXT, "utf-8")
        (made / "prompts/ja/words.yaml").write_text(WORDS_TEXT, "utf-8")
        (made / "flows/facts.yaml").write_text(FACTS_TEXT, "utf-8")
        (made / "flows/counters.yaml").write_text(counters_text(), "utf-8")
        (made / "flows/closed_days.yaml").write_text("closed:\n", "utf-8")
        for name in ("lexicon.yaml", "voices.yaml"):
            (made / "prompts" / name).write_bytes((REPOSITORY / "prompts" / name).read_bytes())
        return made

    return write
