"""Publishing and going back: what takes over, what stays out and why, and what is held."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ivr import content
from ivr.findings import FindingsError
from ivr.sets.current import Current
from ivr.sets.kept import BusyError
from ivr.sets.publish import Publisher, UnknownSetError
from ivr.speech.disk import BuildError
from ivr.speech.store import AudioLibrary, Shelf, whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Days, Root

    from ivr.settings import Settings

WORDS = "prompts/ja/words.yaml"
FLOW = "flows/helpline.yaml"


def refusal(days: Days) -> list[str]:
    """Give what is kept of why nothing was published."""
    found = days.sets.refusal()
    return [f"{finding.file}:{finding.line} {finding.level}" for finding in found.findings] if found else []


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ---- taking over -----------------------------------------------------------------------------------------------------


def test_the_files_become_the_set_that_callers_hear(days: Days, root: Root) -> None:
    assert (days.heard, days.publish()) == ("", "published")
    assert days.heard == content.load(root.path).version
    (kept,) = days.sets.kept()
    loaded = content.load(days.sets.folder(days.heard))
    assert (kept.version, kept.published, kept.nodes, kept.prompts) == (days.heard, days.now, 8, 21)
    assert (loaded.version, len(loaded.flow.nodes), len(loaded.prompts.by_name)) == (days.heard, 8, 21)
    library = AudioLibrary(days.settings().data, kept.voice_set)
    assert [passage for passage in loaded.passages if not library.name_for(passage.key)] == []
    assert names(days.sets.folder(days.heard)) == ["flows", "prompts", "set.json"]
    assert days.sets.top.stat().st_mode & 0o777 == 0o700


def test_files_that_did_not_change_are_not_published_again(days: Days) -> None:
    days.publish()
    before = days.sets.uses()
    assert days.publish() == "unchanged"
    assert days.sets.uses() == before


def test_changed_words_take_over_and_the_earlier_ones_are_kept(days: Days, root: Root) -> None:
    days.publish()
    first = days.heard
    root.says("持ち物は、住民票です。")
    assert days.publish() == "published"
    assert [kept.version for kept in days.sets.kept()] == [days.heard, first]
    assert [use.version for use in days.sets.uses().all] == [days.heard, first]
    said = {version: content.load(days.sets.folder(version)).prompts.by_name["papers"].text
            for version in (first, days.heard)}  # fmt: skip
    assert said == {first: "持ち物は、免許証です。", days.heard: "持ち物は、住民票です。"}


def test_words_that_come_back_are_the_same_set_published_anew(days: Days, root: Root) -> None:
    days.publish()
    first = days.heard
    root.says("別です。")
    days.publish()
    root.says("持ち物は、免許証です。")
    assert (days.publish(), days.heard) == ("published", first)
    assert next((kept.version, kept.published) for kept in days.sets.kept()) == (first, days.now)


def test_what_grew_old_stops_nothing_and_is_told(root: Root, settings: Callable[..., Settings], days: Days) -> None:
    root.change("flows/closed_days.yaml", "closed:\n", "closed:\n- {day: 2026-11-20, says: 今日は、お休みです。}\n")
    outcome = Publisher(settings()).publish(days.now)
    assert outcome.done == "published"
    assert [(item.file, item.line, item.level) for item in outcome.warnings] == [
        ("flows/closed_days.yaml", 2, "warning")
    ]


def test_other_settings_make_the_sound_that_is_missing_and_nothing_else(days: Days) -> None:
    days.publish()
    before = days.sets.uses().now
    office = {"IVR_OFFICE_PHONE": "03-1234-5678", "IVR_OFFICE_HOURS": "mon-fri 08:30-17:00"}
    assert days.publish(**office) == "published"
    after = days.sets.uses().now
    assert before
    assert after
    assert (after.version, after.voice_set != before.voice_set) == (before.version, True)
    assert [kept.voice_set for kept in days.sets.kept()] == [after.voice_set]


def test_a_set_whose_words_were_tampered_with_is_replaced(days: Days) -> None:
    days.publish()
    file = days.sets.folder(days.heard) / WORDS
    file.write_text(file.read_text("utf-8").replace("免許証", "旅券"), "utf-8")
    assert days.publish() == "published"
    assert content.load(days.sets.folder(days.heard)).version == days.heard


# ---- staying out -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "at"),
    [
        pytest.param(FLOW, "goto: papers}", "goto: paper}", FLOW, "goto: paper}", id="no such node"),
        pytest.param(WORDS, "{ward_phone}。\nshut", "{ward_fax}。\nshut", WORDS, "cost:", id="no such fact"),
        pytest.param(WORDS, "bye: 失礼します。", "bye: 失礼: ", WORDS, "bye:", id="half saved"),
        pytest.param(WORDS, "免許証", "※証", WORDS, "papers:", id="no voice says it"),
        pytest.param(WORDS, "免許証", "免許証" * 99, FLOW, "  papers:", id="too long"),
        pytest.param(
            "prompts/voices.yaml", "engine: tone", "engine: flute", "prompts/voices.yaml", "flute", id="voice"
        ),
    ],
)
def test_files_that_cannot_be_used_stay_out_and_say_why(
    file: str, old: str, new: str, where: str, at: str, days: Days, root: Root
) -> None:
    days.publish()
    before, heard = days.sets.uses(), days.heard
    good = (root.path / file).read_text("utf-8")
    root.change(file, old, new)
    with pytest.raises(FindingsError):
        days.publish()
    assert refusal(days) == [f"{where}:{root.line(where, at)} error"]
    assert days.sets.uses() == before
    # ---- mended
    (root.path / file).write_text(good.replace("免許証", "住民票"), "utf-8")
    assert days.publish() == ("published" if file == WORDS else "unchanged")
    assert refusal(days) == []
    assert (days.heard == heard) is (file != WORDS)


def without_titles(root: Root) -> str:
    """Take every title out of the flow, as it was before there were any; gives what it was."""
    text = (root.path / FLOW).read_text("utf-8")
    (root.path / FLOW).write_text(re.sub(r"    title: .*\n|title: [^,]*, ", "", text), "utf-8")
    return text


def test_files_without_titles_stay_out(days: Days, root: Root) -> None:
    days.publish()
    heard, good = days.heard, without_titles(root)
    with pytest.raises(FindingsError) as caught:
        days.publish()
    nodes = len(content.load(root.path).flow.nodes)
    options = len(re.findall(r"\{name: \w+, title:", good))
    assert [finding.level for finding in caught.value.findings] == ["error"] * (nodes + options)
    assert all("has no title" in finding.text for finding in caught.value.findings)
    assert days.heard == heard
    (root.path / FLOW).write_text(good, "utf-8")
    assert days.publish() == "unchanged"


def test_a_set_from_before_there_were_titles_answers_on_and_can_be_gone_back_to(
    days: Days, root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = without_titles(root)
    with monkeypatch.context() as earlier:
        earlier.setattr("ivr.titles.findings", lambda _flow: iter(()))
        assert days.publish() == "published"
    old = days.heard
    assert Current(days.settings(), published=True).now().content.version == old
    (root.path / FLOW).write_text(good, "utf-8")
    assert days.publish() == "published"
    assert days.heard != old
    assert days.back(old) == old
    assert Current(days.settings(), published=True).now().content.flow.nodes["cost"].title == ""


def test_a_file_that_nobody_can_read_stays_out(days: Days, root: Root) -> None:
    days.publish()
    (root.path / "prompts/ja/more.yaml").symlink_to("nowhere.yaml")
    with pytest.raises(FindingsError) as caught:
        days.publish()
    assert [str(finding) for finding in caught.value.findings] == [
        "prompts/ja/more.yaml:0: error: cannot be read: No such file or directory"
    ]


def test_lengths_are_measured_not_estimated(days: Days, root: Root) -> None:
    root.change(WORDS, "免許証", "免許証" * 99)
    with pytest.raises(FindingsError) as caught:
        days.publish()
    (finding,) = caught.value.findings
    assert finding.node == "papers"
    assert "estimated" not in finding.text


def test_nothing_is_left_of_what_stayed_out(days: Days, root: Root) -> None:
    days.publish()
    root.change(WORDS, "免許証", "※証")
    with pytest.raises(FindingsError):
        days.publish()
    assert names(days.sets.top) == sorted([days.heard, "current", "publishing.lock", "refused.json", "switching.lock"])


def test_while_another_process_publishes_nothing_is_done(days: Days) -> None:
    with days.sets.publishing(), pytest.raises(BusyError):
        days.publish()
    assert (days.heard, days.publish()) == ("", "published")


# ---- disks that refuse -----------------------------------------------------------------------------------------------

FULL = """
import resource, sys
from datetime import datetime
from zoneinfo import ZoneInfo
from ivr.sets.publish import Publisher
from ivr.settings import Settings
from ivr.speech.disk import BuildError
import os
settings = Settings.from_env(os.environ)
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    Publisher(settings).publish(datetime.now(ZoneInfo("Asia/Tokyo")))
except BuildError as error:
    sys.exit(str(error))
"""


@pytest.mark.parametrize("limit", [300, 3000, 20000])
def test_a_full_disk_is_named_and_callers_hear_what_they_heard(
    limit: int, days: Days, root: Root, settings: Callable[..., Settings]
) -> None:
    days.publish()
    before = days.sets.uses()
    root.says("持ち物は、運転免許証か、旅券か、在留カードです。どれか、お持ちください。" * 3)
    given = settings()
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(limit)],
        env={"IVR_ROOT": str(given.root), "IVR_DATA": str(given.data), "IVR_SPEECH_ENGINE": "tone"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "the disk is full (File too large). Free some space" in done.stderr
    assert days.sets.uses() == before
    assert [path for path in days.sets.top.rglob("*") if ".draft" in path.name] == []
    assert days.publish() == "published"


def test_a_folder_that_cannot_be_written_is_named(settings: Callable[..., Settings], days: Days) -> None:
    settings().data.mkdir(exist_ok=True)
    days.sets.top.write_text("in the way")
    with pytest.raises(BuildError, match=rf"{days.sets.top}: File exists"):
        days.publish()


def test_why_the_disk_refused_is_kept_where_it_takes_that(days: Days) -> None:
    days.publish()
    Shelf(days.settings().data).current.unlink()
    Shelf(days.settings().data).current.mkdir()
    with pytest.raises(BuildError):
        days.publish()
    assert refusal(days) == [f"{days.sets.top}:0 error"]


# ---- going back ------------------------------------------------------------------------------------------------------


@pytest.fixture
def three(days: Days, root: Root) -> list[str]:
    """Publish three sets, one a day; gives their versions, the first published first."""
    versions = []
    for word in ("朝の案内", "昼の案内", "夜の案内"):
        root.says(f"{word}です。")
        days.publish()
        versions.append(days.heard)
    return versions


def test_going_back_leads_to_the_set_published_before_and_again_to_the_one_before_that(
    days: Days, three: list[str]
) -> None:
    first, second, third = three
    assert (days.heard, days.back(), days.heard) == (third, second, second)
    assert (days.back(), days.heard) == (first, first)
    with pytest.raises(UnknownSetError, match="no set that was published before the one that callers hear"):
        days.back()
    assert (days.back(third), days.heard) == (third, third)


def test_files_are_held_after_going_back_until_they_change(days: Days, root: Root, three: list[str]) -> None:
    _, second, third = three
    days.back()
    assert (days.publish(), days.heard) == ("held", second)
    assert days.sets.uses().held == (third,)
    root.says("次の案内です。")
    assert days.publish() == "published"
    assert (days.heard in three, days.sets.uses().held) == (False, ())
    root.says("夜の案内です。")
    assert (days.publish(), days.heard) == ("published", third)


def test_files_that_are_held_can_be_published_all_the_same(days: Days, three: list[str]) -> None:
    days.back()
    assert (days.publish(held_too=True), days.heard) == ("published", three[2])
    assert days.sets.uses().held == ()


def test_files_that_wait_to_be_published_are_held_too(days: Days, root: Root, three: list[str]) -> None:
    root.says("急いで直したつもりです。")
    waiting = content.load(root.path).version
    days.back()
    assert days.sets.uses().held == tuple(sorted({waiting, three[2]}))
    assert (days.publish(), days.heard) == ("held", three[1])


def test_files_that_cannot_be_used_hinder_nobody_from_going_back(days: Days, root: Root, three: list[str]) -> None:
    root.says("※です。{")
    assert (days.back(), days.sets.uses().held) == (three[1], (three[2],))
    root.says("夜の案内です。")
    assert (days.publish(), days.heard) == ("held", three[1])


def test_files_that_are_what_callers_hear_again_hold_nothing(days: Days, root: Root, three: list[str]) -> None:
    days.back()
    root.says("昼の案内です。")
    assert (days.publish(), days.heard, days.sets.uses().held) == ("unchanged", three[1], ())
    root.says("夜の案内です。")
    assert (days.publish(), days.heard) == ("published", three[2])


def test_there_is_no_way_to_a_set_that_is_not_kept(days: Days, three: list[str]) -> None:
    before = days.sets.uses()
    for unknown in ("00000000", "..", "current", three[0][:7]):
        with pytest.raises(UnknownSetError, match=f"there is no set {unknown}; kept are: {three[2]}, {three[1]}"):
            days.back(unknown)
    assert days.sets.uses() == before


@pytest.mark.parametrize(
    ("old", "new"), [("kind: menu", "kind: menue"), ("start:", "# \nstart:"), ("menu_wait: 6", "menu_wait: 7")]
)
def test_a_set_that_can_no_longer_be_used_is_not_gone_back_to(old: str, new: str, days: Days, three: list[str]) -> None:
    before = days.sets.uses()
    file = days.sets.folder(three[0]) / FLOW
    file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(FindingsError):
        days.back(three[0])
    assert days.sets.uses() == before


def test_sound_that_was_cleared_away_is_made_again_before_anybody_goes_back(days: Days, three: list[str]) -> None:
    shelf = Shelf(days.settings().data)
    kept = next(kept for kept in days.sets.kept() if kept.version == three[0])
    shelf.manifest(kept.voice_set).unlink()
    for path in [*shelf.files.iterdir(), *shelf.sentences.iterdir()]:
        path.unlink()
    assert not whole(shelf, kept.voice_set)
    last = shelf.current_id()
    days.back(three[0])
    assert whole(shelf, kept.voice_set)
    assert shelf.current_id() == last  # what tools use for the files of the root is left alone


def test_a_set_in_the_making_does_not_undo_that_somebody_went_back(
    settings: Callable[..., Settings], days: Days, root: Root, three: list[str]
) -> None:
    root.says("次の案内は、作るのに時間がかかります。")

    def went_back(_stage: str, _done: int, _all: int) -> None:
        if days.heard == three[2]:
            days.back()

    with pytest.raises(BusyError):
        Publisher(settings(), went_back).publish(days.now + timedelta(hours=1))
    assert days.heard == three[1]
    assert (days.publish(), days.heard) == ("held", three[1])


def test_with_other_settings_a_set_that_is_gone_back_to_gets_its_sound_from_the_background(
    days: Days, three: list[str]
) -> None:
    days.back()
    before = days.sets.uses()
    office = {"IVR_OFFICE_PHONE": "03-1234-5678", "IVR_OFFICE_HOURS": "mon-fri 08:30-17:00"}
    assert days.publish(**office) == "held"
    now = days.sets.uses().now
    assert before.now
    assert now
    assert (now.version, now.voice_set != before.now.voice_set) == (three[1], True)
    assert days.sets.uses().held == before.held


def test_a_pointer_that_cannot_be_read_is_worked_out_from_the_sets(days: Days, root: Root, three: list[str]) -> None:
    days.sets.current.write_text("{")
    assert [use.version for use in days.sets.recovered().all] == three[::-1]
    assert (days.back(), days.heard) == (three[1], three[1])
    days.sets.current.write_bytes(b"\xff")
    root.says("次の案内です。")
    assert days.publish() == "published"
    assert replace(days.sets.uses(), held=()) == days.sets.uses()
