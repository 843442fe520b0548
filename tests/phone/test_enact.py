"""Scenarios played on the small helpline of these tests: what passes, what fails, and how that is told."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from ivr.cli import group
from ivr.cli.stages import Elsewhere
from ivr.phone import enact, junit, scenario
from ivr.phone.enact import UnplayableError
from ivr.simulator import wsgi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ivr.phone.enact import Played
    from ivr.phone.place import Service
    from ivr.phone.scenario import Faults
    from tests.phone.conftest import Helpline

HEAD = "title: 試験\nat: 2026-11-24T18:30\n"


class Stage:
    """Plays on one service, and has recorded what it is told to have recorded."""

    def __init__(self, service: Service, turns: list[Any] | None = None) -> None:
        """Take a service."""
        self._service = service
        self._turns = turns

    @contextmanager
    def service(self, faults: Faults, _office: str | None) -> Iterator[Service]:
        """Give the service."""
        if faults.store_gone:
            raise UnplayableError("there is no store to take away")
        yield self._service

    def turns(self, _call: str) -> list[Any] | None:
        """Give what was recorded."""
        return self._turns


@pytest.fixture
def played(tmp_path: Path, service: Service) -> Callable[..., Played]:
    def play(text: str, turns: list[Any] | None = None, **changes: Any) -> Played:  # noqa: ANN401
        path = tmp_path / "one.yaml"
        path.write_text(HEAD + text, "utf-8")
        return enact.play(scenario.load(path), Stage(replace(service, **changes), turns))

    return play


def texts(one: Played) -> list[str]:
    return [problem.text for problem in one.problems]


def test_steps_are_done_in_order_and_all_comes_as_expected(played: Callable[..., Played]) -> None:
    one = played(
        "people: busy\nsteps:\n  - hear: ようこそ\n    by: 2\n  - press: 2\n  - hear: おつなぎ\n"
        "expect:\n  heard: さようなら\n  not_heard: 答え\n  ended: service\n  within: 60\n  warned: []\n"
    )
    assert (one.passed, one.problems, one.skipped) == (True, (), "")


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("steps:\n  - hear: こんばんは\n", 4, "never heard: こんばんは"),
        ("steps:\n  - hear: 二\n    by: 1\n", 4, "二 was heard after 6 s, not by second 1"),
        ("steps:\n  - press: 2\n  - press: 1\n", 5, "the call was over before this step"),
        ("expect:\n  heard: [ようこそ, こんばんは]\n", 4, "never heard: こんばんは"),
        ("expect:\n  heard: {text: 二, by: 1}\n", 4, "not by second 1"),
        ("expect:\n  not_heard: ようこそ\n", 4, "heard, but must not be: ようこそ"),
        ("expect:\n  ended: service\n", 4, "ended: caller, not service"),
        ("expect:\n  within: 1\n", 4, "not 1 s at most"),
        ("expect:\n  warned: [11200]\n", 4, "warned of [], not of [11200]"),
        ("expect:\n  texted: {to: '+819012345678'}\n", 4, "not texted"),
    ],
)
def test_what_comes_otherwise_is_told_with_its_line(
    played: Callable[..., Played], text: str, line: int, problem: str
) -> None:
    one = played(text)
    assert not one.passed
    assert [(each.line, problem in each.text) for each in one.problems] == [(line, True)], one.problems


def test_words_are_compared_loosely_and_across_sentences(played: Callable[..., Played]) -> None:
    assert played("steps:\n  - hear: 'よう こそ、一'\nexpect:\n  heard: ようこそ一二\n").passed
    assert not played("steps:\n  - press: 2\n  - hear: ようこそ\n").passed


def test_transcript_marks_the_place(played: Callable[..., Played]) -> None:
    one = played("steps:\n  - press: 2\nexpect:\n  not_heard: おつなぎ\n  ended: caller\n")
    lines = [line.strip() for line in one.transcript]
    mark = next(number for number, line in enumerate(lines) if "heard, but must not be" in line)
    assert "おつなぎします" in lines[mark - 1]
    assert any(line.startswith(">>>>>>>  line 7: ended: transfer, not caller") for line in lines[-2:])
    assert "(closest: 'ようこそ。' at 0.5 s)" in texts(played("steps:\n  - hear: ようこを\n"))[0]


def test_people_change_from_a_step_on(played: Callable[..., Played]) -> None:
    assert played("people: busy\nsteps:\n  - people: answered\n  - press: 2\nexpect:\n  heard: さようなら\n").passed
    one = played("people: {'+81312345678': {outcome: no-answer}}\nsteps:\n  - press: 2\nexpect:\n  ended: transfer\n")
    assert texts(one) == ["ended: service, not transfer"]


@pytest.mark.parametrize(
    ("faults", "codes"),
    [
        ("late: {seconds: 3}", []),
        ("late: {seconds: 16, request: 2}", [11205]),
        ("lost: {}", []),
        ("lost: {times: 2, path: /key}", [11205]),
        ("answered: {status: 503, path: /key}", [11200]),
        ("answered: {path: /after}", [11200]),
        ("answered: {request: 2}", [11200]),
        ("out_of_order: {times: 9, path: /}", []),
        ("repeated: {times: 9, path: /}", []),
        ("full_queue: support", []),
        ("holiday: yes", []),
    ],
)
def test_faults_strike_where_they_are_aimed(played: Callable[..., Played], faults: str, codes: list[int]) -> None:
    one = played(f"people: busy\nsteps:\n  - press: 2\nfaults:\n  {faults}\nexpect:\n  warned: {codes}\n")
    assert texts(one) == []


def test_answers_that_differ_when_asked_twice_are_a_failure(played: Callable[..., Played], helpline: Helpline) -> None:
    count = [0]

    def fickle(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        count[0] += 1
        return [b"".join(helpline(environ, start_response)).replace(b"menu", b"menu" * count[0])]

    one = played("faults:\n  repeated: {path: /}\n", fetch=wsgi(fickle))
    assert "answered differently" in texts(one)[0]
    assert one.problems[0].line == 4


def test_records_are_compared_in_their_order(played: Callable[..., Played]) -> None:
    def turn(option: str, node: str) -> SimpleNamespace:
        return SimpleNamespace(option=option, node=node, came_from="opening", kind="turn")

    turns = [turn("answer", "opening"), turn("lost", "lost"), turn("back", "opening")]
    assert played("expect:\n  recorded: [answer, {node: opening, option: back}]\n", turns).passed
    one = played("expect:\n  recorded: [lost, answer]\n", turns)
    assert texts(one) == ["not recorded: {'option': 'answer'}; recorded is answer->opening, lost->lost, back->opening"]
    elsewhere = played("expect:\n  recorded: lost\n")
    assert (elsewhere.passed, elsewhere.notes) == (True, ("what was recorded cannot be looked at from here",))


def test_what_cannot_be_played_is_skipped_and_said(played: Callable[..., Played]) -> None:
    one = played("faults: {store_gone: yes}\n")
    assert (one.passed, one.skipped) == (True, "there is no store to take away")


def test_hours_of_the_office_cannot_be_set_for_a_service_elsewhere(tmp_path: Path, service: Service) -> None:
    path = tmp_path / "office.yaml"
    path.write_text(HEAD + "office: none\n", "utf-8")
    one = enact.play(scenario.load(path), Elsewhere(service))
    assert one.skipped == "when the office of a service that runs elsewhere answers is not set from here"


def test_results_as_junit(played: Callable[..., Played]) -> None:
    results = [
        played(""),
        played("expect:\n  heard: '\\x00'\n".replace("\\x00", "なし")),
        played("faults: {store_gone: yes}\n"),
    ]
    suites = ET.fromstring(junit.written(results))  # noqa: S314  (our own)
    assert suites.tag == "testsuites"
    suite = suites[0]
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
    }
    cases = suite.findall("testcase")
    assert [[child.tag for child in case] for case in cases] == [[], ["failure"], ["skipped"]]
    assert (cases[1].get("line"), cases[1].get("name")) == ("4", "試験")
    assert "never heard: なし" in (cases[1].findtext("failure") or "")


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IVR_DATA", str(tmp_path / "var"))
    path = tmp_path / "scenarios/one.yaml"
    path.parent.mkdir()
    path.write_text(HEAD + "steps:\n  - press: 2\nexpect:\n  ended: transfer\n", "utf-8")
    return path


def run(*arguments: str) -> Any:  # noqa: ANN401  (click's Result)
    return CliRunner(mix_stderr=False).invoke(group, ["test", *arguments])


def test_command_over_http_with_all_its_outputs(one: Path, address: str, tmp_path: Path) -> None:
    for number in range(9):
        (one.parent / f"{number}.yaml").write_bytes(one.read_bytes())
    (one.parent / "bad.yaml").write_text(HEAD + "expect:\n  heard: いいえ\n", "utf-8")
    report = tmp_path / "results.xml"
    done = run(str(one.parent), "--url", address, "--jobs", "2", "--junit", str(report), "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, len(told), sum(each["passed"] for each in told)) == (1, 11, 10)
    assert report.read_bytes().count(b"<testcase") == 11
    assert done.stderr.count(" of 11 ") == 11
    lines = run(str(one.parent / "bad.yaml"), "--url", address).stdout
    assert "bad.yaml:4: never heard: いいえ" in lines
    assert "0 passed, 1 failed, 0 skipped" in lines


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["/nowhere/at/all.yaml"], 2, "there is no file or folder"),
        (["--url", "localhost"], 2, "is not an address"),
        (["--junit", "/nowhere/at/all.xml"], 2, "there is no folder"),
        (["--jobs", "0"], 2, "--jobs"),
        (["--urll"], 2, "No such option"),
    ],
)
def test_bad_arguments(one: Path, arguments: list[str], code: int, words: str) -> None:
    done = run(*arguments)
    assert (done.exit_code, words in done.stderr) == (code, True), done.stderr
    assert one.exists()


def test_scenarios_with_mistakes_are_all_named_and_nothing_is_played(one: Path) -> None:
    (one.parent / "two.yaml").write_text(HEAD + "stepz: []\n", "utf-8")
    (one.parent / "three.yaml").write_text(HEAD + "steps:\n  - dance\n", "utf-8")
    done = run(str(one.parent))
    assert done.exit_code == 1
    assert "Traceback" not in done.stderr


def test_service_that_is_out_of_order_is_a_failure_with_its_code(one: Path) -> None:
    done = run(str(one), "--url", "http://127.0.0.1:9/voice")
    assert done.exit_code == 1
    assert "warning 11205" in done.stdout
