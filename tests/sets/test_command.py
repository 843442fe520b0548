"""`ivr flows`: what it lists, how it goes back and publishes, and what it refuses."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from ivr.records.events import Event
from ivr.records.store import Store
from ivr.sets.kept import LATER
from ivr.speech.store import Shelf

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Days, Root

    Ivr = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def two(days: Days, root: Root) -> tuple[str, str]:
    """Publish two sets; gives their versions."""
    days.publish()
    first = days.heard
    root.says("持ち物は、旅券です。")
    days.publish()
    return first, days.heard


def listed(ivr: Ivr) -> dict[str, Any]:
    done = ivr("flows", "list", "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_before_anything_was_published_there_is_nothing_to_list(ivr: Ivr) -> None:
    assert listed(ivr) == {"sets": [], "held": [], "refused": None}
    done = ivr("flows", "list")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "nothing was published yet: `ivr work` does it, or `ivr flows publish`\n"


def test_each_set_is_listed_with_what_is_kept_of_it(ivr: Ivr, two: tuple[str, str], days: Days, tmp_path: Path) -> None:
    first, second = two
    with Store(f"sqlite:///{tmp_path / 'data/store.db'}") as store:
        store.upgrade()
        store.write([Event(f"CA{n}", 0, "answer", days.now, node="opening", flow_version=first) for n in range(3)])
    older = next(kept for kept in days.sets.kept() if kept.version == first)
    Shelf(tmp_path / "data").manifest(older.voice_set).unlink()
    newer, old = listed(ivr)["sets"]
    assert datetime.fromisoformat(newer.pop("published")) == days.now
    assert datetime.fromisoformat(old.pop("published")) == older.published
    assert old.pop("voice_set") != newer.pop("voice_set")
    same = {"held": False, "nodes": 8, "prompts": 21}
    assert newer == {"version": second, "current": True, "sound": True, "calls": 0, **same}
    assert old == {"version": first, "current": False, "sound": False, "calls": 3, **same}


def test_the_list_for_people_has_a_line_a_set(ivr: Ivr, two: tuple[str, str], days: Days) -> None:
    ivr("records", "migrate")
    days.back()
    done = ivr("flows", "list")
    table, _, held = done.stdout.partition("\n\n")
    assert [line.split() for line in table.splitlines()] == [
        ["version", "published", "nodes", "prompts", "sound", "calls"],
        [two[1], "2026-11-27", "10:00:00", "8", "21", "kept", "0", "held"],
        [two[0], "2026-11-26", "10:00:00", "8", "21", "kept", "0", "current"],
    ]
    assert held == (
        f"{two[1]}: held back since `ivr flows rollback` until the files change or `ivr flows publish` is run\n"
    )
    assert done.stderr == ""


def test_without_a_store_calls_are_not_counted_and_that_is_said(ivr: Ivr, two: tuple[str, str]) -> None:
    done = ivr("flows", "list", "--json")
    assert [row["calls"] for row in json.loads(done.stdout)["sets"]] == [None] * len(two)
    assert done.stderr.startswith("warning: calls cannot be counted: there is no store at ")
    assert [line.split()[6] for line in ivr("flows", "list").stdout.splitlines()[1:]] == ["?", "?"]


@pytest.mark.usefixtures("two")
def test_what_was_refused_is_listed_in_both_languages(ivr: Ivr, root: Root) -> None:
    root.says("持ち物は、{nothing}です。")
    assert ivr("flows", "publish").returncode == 1
    refused = listed(ivr)["refused"]
    assert datetime.fromisoformat(refused["at"]).utcoffset() is not None
    (finding,) = refused["findings"]
    line = root.line("prompts/ja/words.yaml", "papers:")
    assert (finding["file"], finding["line"], finding["level"]) == ("prompts/ja/words.yaml", line, "error")
    place = f"prompts/ja/words.yaml:{line}: error: "
    english, japanese = (ivr("flows", "list", LC_ALL=language).stdout for language in ("C.UTF-8", "ja_JP.UTF-8"))
    assert f"not published at {refused['at'][:10]}" in english
    assert f"{place}{finding['text']}\n" in english
    assert "公開できませんでした" in japanese
    assert f"{place}{finding['text_ja']}\n" in japanese


def test_going_back_says_what_callers_hear_and_that_the_files_are_held(
    ivr: Ivr, two: tuple[str, str], days: Days, root: Root
) -> None:
    done = ivr("flows", "rollback")
    assert (done.returncode, done.stdout, days.heard) == (0, "", two[0])
    assert f"callers now hear set {two[0]}, published 2026-11-26 10:00:00\n" in done.stderr
    assert "held back" in done.stderr
    assert str(root.path) in done.stderr
    assert ([row["held"] for row in listed(ivr)["sets"]], listed(ivr)["held"]) == ([True, False], [two[1]])
    published = ivr("flows", "publish")
    assert (published.returncode, published.stdout, days.heard) == (0, "", two[1])
    assert f"callers now hear set {two[1]}" in published.stderr
    assert "callers already hear set" in ivr("flows", "publish").stderr


def test_an_unknown_version_is_a_bad_argument(ivr: Ivr, two: tuple[str, str], days: Days) -> None:
    for unknown in ("00000000", "../sets", two[0][:4]):
        done = ivr("flows", "rollback", unknown)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"there is no set {unknown}; kept are: {two[1]}, {two[0]}" in done.stderr
    assert days.heard == two[1]


def test_with_nothing_to_go_back_to_it_fails(ivr: Ivr, days: Days) -> None:
    done = ivr("flows", "rollback")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Error: there is no set that was published before" in done.stderr
    days.publish()
    assert ivr("flows", "rollback").returncode == 1


def test_a_set_that_can_no_longer_be_used_is_refused_with_the_reason(
    ivr: Ivr, two: tuple[str, str], days: Days
) -> None:
    flow = days.sets.folder(two[0]) / "flows/helpline.yaml"
    flow.write_text(flow.read_text("utf-8").replace("kind: menu", "kind: menue"), "utf-8")
    done = ivr("flows", "rollback")
    assert (done.returncode, days.heard) == (1, two[1])
    assert done.stderr.startswith("that set can no longer be used; callers hear what they heard:\n")
    assert "flows/helpline.yaml:" in done.stderr
    assert "menue" in done.stderr
    assert "Traceback" not in done.stderr


def test_files_that_cannot_be_used_are_not_published_and_every_place_is_named(ivr: Ivr, root: Root) -> None:
    root.change("flows/helpline.yaml", "goto: cost", "goto: coast")
    root.says("持ち物は、{nothing}です。")
    done = ivr("flows", "publish")
    assert (done.returncode, done.stdout) == (1, "")
    places = [line.split(": error: ")[0] for line in done.stderr.splitlines()]
    wanted = [("flows/helpline.yaml", "coast"), ("prompts/ja/words.yaml", "papers:")]
    assert places == [f"{file}:{root.line(file, text)}" for file, text in wanted]


def test_a_disk_that_refuses_is_named_in_the_language_of_the_terminal(ivr: Ivr, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/sets").write_text("in the way")
    english, japanese = ivr("flows", "publish"), ivr("flows", "publish", LC_ALL="ja_JP.UTF-8")
    assert (english.returncode, japanese.returncode) == (1, 1)
    assert english.stderr == f"Error: {tmp_path}/data/sets: File exists\n"
    assert "読み書きできません" in japanese.stderr


def test_for_the_background_process_it_logs_and_asks_to_be_tried_again(ivr: Ivr, days: Days, root: Root) -> None:
    def watched() -> tuple[int, list[dict[str, Any]]]:
        done = ivr("flows", "publish", "--watched", IVR_LOG_FORMAT="json")
        return done.returncode, [json.loads(line) for line in done.stderr.splitlines()]

    code, (event,) = watched()
    assert (code, event["event"]) == (0, "set_published")
    assert watched() == (0, [])
    root.says("持ち物は、{nothing}です。")
    code, (finding, refused) = watched()
    line = root.line("prompts/ja/words.yaml", "papers:")
    assert (code, finding["event"], finding["file"]) == (1, "set_finding", f"prompts/ja/words.yaml:{line}")
    assert (refused["event"], refused["errors"]) == ("set_refused", 1)
    with days.sets.publishing():
        code, (event,) = watched()
    assert (code, event["event"]) == (LATER, "set_waits")
    root.says("持ち物は、旅券です。")
    watched()
    days.back()
    code, (event,) = watched()
    assert (code, event["event"]) == (0, "set_held")
    root.says("持ち物は、住民票です。")
    shutil.rmtree(Shelf(days.settings().data).sets)
    Shelf(days.settings().data).sets.write_text("in the way")
    code, (event,) = watched()
    assert (code, event["event"]) == (LATER, "set_not_published")


@pytest.mark.usefixtures("two")
def test_pruning_by_hand_leaves_the_sound_of_kept_sets(ivr: Ivr, days: Days) -> None:
    for path in (days.settings().data / "audio").rglob("*"):
        os.utime(path, (0, 0))
    assert ivr("prompts", "build", "--prune", "--keep", "1").returncode == 0
    assert [row["sound"] for row in listed(ivr)["sets"]] == [True, True]
    days.sets.current.write_text("{")
    done = ivr("prompts", "build", "--prune", "--keep", "1")
    assert (done.returncode, "Error: nothing was cleared away: current cannot be read" in done.stderr) == (1, True)
