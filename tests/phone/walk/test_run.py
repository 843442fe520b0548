"""A whole walk of the small helpline as people and scripts start it, its report, and the comparison of versions."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ivr import flow
from ivr.cli import group

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result


GIT = shutil.which("git") or "git"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_helpline: Callable[[Path], Path]) -> Path:
    for name in [name for name in os.environ if name.startswith(("IVR_", "TWILIO_"))]:
        monkeypatch.delenv(name)
    made = small_helpline(tmp_path / "root")
    monkeypatch.setenv("IVR_ROOT", str(made))
    monkeypatch.setenv("IVR_DATA", str(tmp_path / "data"))
    return made


def run(*arguments: str) -> Result:
    return CliRunner(mix_stderr=False).invoke(group, ["walk", "--jobs", "2", *arguments])


def called(keys: str, at: str, *more: str) -> dict[str, object]:
    done = CliRunner(mix_stderr=False).invoke(group, ["call", "--json", "--keys", keys, "--at", at, *more])
    told: dict[str, object] = json.loads(done.stdout)
    return told


def test_everything_is_covered_and_written_as_one_object(root: Path, tmp_path: Path) -> None:
    page = tmp_path / "walk.html"
    done = run("--json", "--at", "2026-11-25T10:00", "--html", str(page))
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert told["findings"] == []
    for part in ("nodes", "edges", "prompts"):
        assert told["coverage"][part]["covered"] == told["coverage"][part]["total"] > 0, told["coverage"][part]
    assert {node["node"] for node in told["nodes"]} >= {"opening", "lost", "person", "bye"}
    names = {"title": "はじめの案内", "input_title": "なくした", "to_title": "止める電話"}
    assert {"node": "opening", "input": "1", "to": "lost", **names} in told["edges"]
    names = {"title": "はじめの案内", "input_title": "無言", "to_title": "はじめの案内"}
    assert {"node": "opening", "input": "silence", "to": "opening", **names} in told["edges"]
    titles = {name: node.title for name, node in flow.load(root).nodes.items()}
    assert {node["node"]: node["title"] for node in told["nodes"]} == titles
    assert all(passage["title"] == titles[passage["node"]] for passage in told["passages"])
    far = told["worst"]["longest_way_to_a_person"]
    assert far["title"] == titles[far["node"]]
    written = page.read_text("utf-8")
    assert written.count("<audio") > 3
    assert 'data-node="opening"' in written
    assert '<td>はじめの案内 <code class="id">opening</code></td>' in written
    assert '<td><code class="id">' not in written
    assert not re.search(r'(?:src|href)="(?!data:)', written)
    assert not (tmp_path / "data" / "spool").exists()
    assert root.exists()


def test_the_survey_is_walked_whatever_is_set(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = json.loads(run("--json", "--at", "2026-11-25T10:00").stdout)
    asked = [passage for passage in told["passages"] if passage["text"].startswith("お役に立てましたか。")]
    assert {passage["node"] for passage in asked} >= {"lost", "papers", "cost"}
    assert {passage["office"] for passage in asked} == {"a call that is asked whether it helped"}
    assert any("申し訳ありません。" in passage["text"] for passage in told["passages"])
    monkeypatch.setenv("IVR_SURVEY_PERCENT", "100")
    for passage in asked:
        events = called(passage["keys"], passage["at"])["events"]
        assert isinstance(events, list)
        heard = [event for event in events if event["kind"] == "heard" and event["t"] + 0.1 >= passage["from"]]
        assert "".join(event["text"] for event in heard) == passage["text"]
    assert root.exists()


def test_passages_are_what_a_call_by_the_same_keys_hears(root: Path) -> None:
    told = json.loads(run("--json", "--at", "2026-11-25T10:00").stdout)
    checked = 0
    for passage in told["passages"]:
        if passage.get("office") or "(" in passage["keys"]:
            continue
        call = called(passage["keys"], passage["at"], *(["--dial", passage["dial"]] if "dial" in passage else []))
        events = call["events"]
        assert isinstance(events, list)
        heard = [event for event in events if event["kind"] == "heard" and event["t"] + 0.1 >= passage["from"]]
        text = "".join(event["text"] for event in heard)
        assert text.startswith(passage["text"]), passage
        assert heard[0]["t"] == pytest.approx(passage["from"], abs=0.11)
        checked += 1
    assert checked >= 20
    assert root.exists()


def test_what_is_not_reached_is_named_and_a_prompt_is_no_place(root: Path) -> None:
    lines = run("--at", "2026-11-25T10:00", "--from-node", "papers").stdout.splitlines()
    missed = [line.removeprefix("  not reached: ").partition(" (no")[0] for line in lines if "not reached: " in line]
    assert "止める電話 (lost)" in missed
    assert "はじめの案内 (opening) 2 持ち物は (never taken at any moment walked)" in missed
    assert "係の者(分かれ道) (person) 時間外 (closed) (never taken at any moment walked)" in missed
    assert "hello (never heard)" in missed
    file = root / "prompts/ja/words.yaml"
    assert "papers: 持ち物は" in file.read_text("utf-8")
    assert "papers (never heard)" not in missed
    other = run("--at", "2026-11-25T10:00", "--from-node", "cost").stdout.splitlines()
    assert "  not reached: papers (never heard)" in other


def test_without_a_moment_every_class_is_walked_and_the_summary_says_so(root: Path) -> None:
    done = run()
    assert done.exit_code == 0, done.stderr
    moments = int(re.search(r"(\d+) moments", done.stdout)[1])  # type: ignore[index]
    assert moments > 5
    assert "0 errors" in done.stdout
    assert "not reached" not in done.stdout
    for start in ("longest passage: ", "longest silence: ", "farthest from a person: "):
        (line,) = (line for line in done.stdout.splitlines() if line.startswith(start))
        assert re.search(r"(?:, |at )[ぁ-鿿()]+ \(\w+\)", line), line
    assert root.exists()


def test_from_a_node_only_what_is_below_it_is_walked(root: Path) -> None:
    told = json.loads(run("--json", "--at", "2026-11-25T10:00", "--from-node", "papers").stdout)
    assert {edge["node"] for edge in told["edges"]} == {"papers", "cost"}
    assert told["findings"] == []
    assert root.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--at", "tomorrow"], "'tomorrow' is not a moment"),
        (["--language", "en"], "does not speak 'en'"),
        (["--from-node", "nowhere"], "there is no node 'nowhere'"),
        (["--html", "/nowhere/at/all.html"], "there is no folder"),
        (["--jobs", "0"], "--jobs"),
    ],
)
def test_bad_arguments(root: Path, arguments: list[str], words: str) -> None:
    done = run(*arguments)
    assert (done.exit_code, words in done.stderr) == (2, True), done.stderr
    assert root.exists()


def test_helpline_that_cannot_be_used_is_refused_with_its_findings(root: Path) -> None:
    flow = root / "flows/helpline.yaml"
    flow.write_text(flow.read_text("utf-8").replace("goto: lost", "goto: nowhere"), "utf-8")
    done = subprocess.run([sys.executable, "-m", "ivr.cli", "walk"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "flows/helpline.yaml" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def repository(root: Path) -> Path:
    def git(*arguments: str) -> None:
        subprocess.run([GIT, "-C", str(root), *arguments], check=True, capture_output=True)

    git("init", "-q")
    git("add", "-A")
    git("-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-qm", "first")
    return root


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_comparison_lists_what_callers_hear_differently(repository: Path) -> None:
    edit(repository / "prompts/ja/words.yaml", "持ち物は、免許証です。", "持ち物は、旅券です。")
    done = run("--compare", "HEAD", "--at", "2026-11-25T10:00", "--json")
    found = json.loads(done.stdout)["differences"]
    assert done.exit_code == 0
    assert [(each["kind"], each["node"], each["keys"]) for each in found] == [("changed", "papers", "2")]
    assert found[0]["title"] == "持ち物"
    assert "旅券" in found[0]["after"]
    assert "免許証" in found[0]["before"]
    lines = run("--compare", "HEAD", "--at", "2026-11-25T10:00").stdout
    assert "changed 持ち物 (papers) (keys: 2, at 2026-11-25T10:00)" in lines.splitlines()
    assert "- 持ち物は、免許証です。" in lines
    assert "+ 持ち物は、旅券です。" in lines


def test_comparison_sees_keys_that_moved_and_places_that_are_new(repository: Path) -> None:
    file = repository / "flows/helpline.yaml"
    edit(
        file,
        "2: {name: papers, title: 持ち物は, says: offer_papers, goto: papers}",
        "3: {name: papers, title: 持ち物は, says: offer_papers, goto: papers}",
    )
    edit(
        file,
        "1: {name: lost, title: なくした, says: offer_lost, goto: lost}",
        "1: {name: lost, title: なくした, says: offer_lost, goto: lost}\n"
        "      2: {name: money, says: offer_money, goto: money}",
    )
    edit(file, "  cost:\n", "  money:\n    kind: answer\n    says: [money]\n  cost:\n")
    edit(repository / "prompts/ja/words.yaml", "hello:", "offer_money: お金は、{key}。\nmoney: お金の話です。\nhello:")
    found = json.loads(run("--compare", "HEAD", "--at", "2026-11-25T10:00", "--json").stdout)["differences"]
    kinds = {(each["kind"], each["node"]) for each in found}
    assert {("moved", "papers"), ("added", "money"), ("changed", "opening")} <= kinds


def test_nothing_changed_is_no_difference(repository: Path) -> None:
    done = run("--compare", "HEAD", "--at", "2026-11-25T10:00")
    assert (done.exit_code, done.stdout) == (0, "0 differences\n")
    assert repository.exists()


@pytest.mark.parametrize("ref", ["nonsense", "--output=/tmp/x", ""])
def test_version_that_is_none(repository: Path, ref: str) -> None:
    done = run(f"--compare={ref}")
    assert done.exit_code == 2
    assert "is no version" in done.stderr
    assert repository.exists()
