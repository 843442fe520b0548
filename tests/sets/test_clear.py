"""What is cleared away: no words that a recorded call names, no sound that a call can still ask for."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ivr import content
from ivr.records.events import Event
from ivr.records.store import Store, StoreError
from ivr.sets.clear import Cleared, clear, voice_sets
from ivr.speech.disk import BuildError
from ivr.speech.store import Manifest, Shelf, whole

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Days, Root

NAMES = ("朝", "昼", "夕方", "夜", "夜中")


@pytest.fixture
def published(days: Days, root: Root) -> list[str]:
    """Publish five sets, one a day; gives their versions in that order."""
    versions = []
    for name in NAMES:
        root.says(f"{name}の案内です。")
        days.publish()
        versions.append(days.heard)
    return versions


def cleared(days: Days, *named: str, after: timedelta = timedelta(hours=3)) -> Cleared:
    return clear(days.settings().data, days.now + after, lambda: named)


def with_sound(days: Days) -> list[str]:
    shelf = Shelf(days.settings().data)
    return [kept.version for kept in days.sets.kept() if whole(shelf, kept.voice_set)]


def test_before_anything_was_published_nothing_is_cleared_away(days: Days, tmp_path: Path) -> None:
    (tmp_path / "data/audio/files").mkdir(parents=True)
    (tmp_path / "data/audio/files/old.wav").write_bytes(b"")
    os.utime(tmp_path / "data/audio/files/old.wav", (0, 0))
    assert cleared(days) == Cleared()
    assert (tmp_path / "data/audio/files/old.wav").exists()


def test_words_stay_as_long_as_a_recorded_call_names_them(days: Days, published: list[str]) -> None:
    done = cleared(days, published[0], "ffffffff")
    assert done.words == (published[1],)
    assert [kept.version for kept in days.sets.kept()] == [*published[:1:-1], published[0]]
    assert content.load(days.sets.folder(published[0])).version == published[0]
    assert cleared(days).words == (published[0],)
    assert with_sound(days) == published[:1:-1]


def test_sound_stays_for_the_last_three_sets(days: Days, published: list[str]) -> None:
    before = len(list(Shelf(days.settings().data).files.iterdir()))
    assert with_sound(days) == published[::-1]
    done = cleared(days, *published)
    assert with_sound(days) == published[:1:-1]
    assert done.files > 0
    assert len(list(Shelf(days.settings().data).files.iterdir())) == before - 4
    assert cleared(days, *published) == Cleared()


def test_sound_stays_for_every_call_that_may_still_run(days: Days, root: Root, published: list[str]) -> None:
    hurried = []
    for words in ("急ぎの案内です。", "急ぎの訂正です。"):
        days.now -= timedelta(hours=23)
        root.says(words)
        days.publish()
        hurried.append(days.heard)
    cleared(days, *published, after=timedelta(hours=21))  # the last but one of yesterday was heard until 23 hours ago
    assert with_sound(days) == [*hurried[::-1], *published[:2:-1]]
    cleared(days, *published, after=timedelta(hours=23))
    assert with_sound(days) == [*hurried[::-1], published[4]]


def test_going_back_to_a_set_without_sound_makes_it_again_and_keeps_it(days: Days, published: list[str]) -> None:
    cleared(days, *published)
    days.back(published[0])
    assert published[0] in with_sound(days)
    cleared(days, *published)
    assert set(with_sound(days)) == {published[0], published[4], published[3]}


def test_files_that_a_kept_set_shares_with_one_that_went_stay(days: Days, published: list[str]) -> None:
    cleared(days)
    now = content.load(days.sets.folder(days.heard))
    (kept,) = [kept for kept in days.sets.kept() if kept.version == days.heard]
    assert whole(Shelf(days.settings().data), kept.voice_set)
    assert sorted(Manifest.read(Shelf(days.settings().data).manifest(kept.voice_set)).passages) == sorted(
        passage.key for passage in now.passages
    )
    assert published[0] not in with_sound(days)


def test_while_a_set_is_made_nothing_is_cleared_away(days: Days, published: list[str]) -> None:
    with days.sets.publishing():
        assert cleared(days) == Cleared()
    assert cleared(days).words == (published[1], published[0])


def test_where_nobody_knows_what_calls_name_words_stay(days: Days, published: list[str]) -> None:
    def away() -> list[str]:
        raise StoreError("the store is away")

    with pytest.raises(StoreError):
        clear(days.settings().data, days.now + timedelta(hours=3), away)
    assert len(days.sets.kept()) == len(published)


@pytest.mark.usefixtures("published")
def test_where_nobody_knows_what_callers_hear_nothing_is_cleared_away(days: Days) -> None:
    days.sets.current.write_text("{")
    with pytest.raises(ValueError, match="current cannot be read"):
        cleared(days)
    assert len(days.sets.kept()) == len(NAMES)


def test_a_voice_set_that_cannot_be_read_stops_the_clearing_of_sound(days: Days, published: list[str]) -> None:
    kept = days.sets.kept()[0]
    Shelf(days.settings().data).manifest(kept.voice_set).write_text("{")
    with pytest.raises(BuildError, match="nothing was cleared away"):
        cleared(days, *published)


def test_the_prompts_command_clears_no_sound_that_is_kept(days: Days, published: list[str]) -> None:
    wanted = {kept.voice_set for kept in days.sets.kept()[:3]}
    assert voice_sets(days.settings().data, days.now + timedelta(hours=3)) == wanted
    assert len(published) == len(NAMES)


def test_the_store_names_the_versions_of_its_calls(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        store.upgrade()
        assert store.versions() == {}
        rows = [("CA1", 0, "answer", "a"), ("CA1", 1, "turn", "b"), ("CA1", 2, "turn", "b"), ("CA2", 0, "answer", "b")]
        at = timedelta(seconds=1)
        began = datetime(2026, 11, 25, tzinfo=UTC)
        store.write([Event(call, turn, kind, began + turn * at, node="opening", flow_version=version * 8)
                     for call, turn, kind, version in rows])  # fmt: skip
        store.write([Event("CA1", 0, "answer", began, node="opening", flow_version="b" * 8, test=True)])
        store.write([Event("CA3", 0, "status", began, detail={"status": "completed"})])
        assert store.versions() == {"a" * 8: 1, "b" * 8: 3}
