"""What lies on the disk of sets: read back as it was written, refused where it is anything else, never half there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.findings import Finding, FindingsError
from ivr.sets.kept import BusyError, Kept, Refusal, Sets, Use, Uses, contents, stamp

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Root

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
KEPT = Kept("0a1b2c3d", NOW, "0123456789ab", 12, 34)
versions = st.from_regex(r"[0-9a-f]{8}", fullmatch=True)
uses = st.builds(
    Use,
    version=versions,
    voice_set=st.from_regex(r"[0-9a-f]{12}", fullmatch=True),
    since=st.datetimes(min_value=datetime(2020, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  (hypothesis adds it)
)


def use(version: str, hours_ago: float, voice_set: str = "0123456789ab") -> Use:
    return Use(version * 8, voice_set, NOW - timedelta(hours=hours_ago))


# ---- written and read ------------------------------------------------------------------------------------------------


@given(st.builds(Uses, all=st.lists(uses).map(tuple), held=st.lists(versions).map(tuple)))
def test_what_callers_hear_is_read_as_it_was_written(written: Uses) -> None:
    assert Uses.from_json(written.to_json().encode()) == written


def test_what_is_known_of_a_set_is_read_as_it_was_written() -> None:
    assert Kept.from_json(KEPT.to_json().encode()) == KEPT


def test_a_refusal_is_read_as_it_was_written() -> None:
    refusal = Refusal(NOW, (Finding("flows/helpline.yaml", 3, "error", "wrong", "誤り", "opening"),))
    assert Refusal.from_json(refusal.to_json().encode()) == refusal


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"\xff",
        b"null",
        b'{"format": 2, "uses": [], "held": []}',
        b'{"format": 1, "uses": [], "held": ["../../etc"]}',
        b'{"format": 1, "uses": [{"version": "../x", "voice_set": "", "since": "2026-11-25T10:00+09:00"}], "held": []}',
        b'{"format": 1, "uses": [{"version": "0a1b2c3d", "voice_set": "", "since": "2026-11-25T10:00"}], "held": []}',
        b'{"format": 1, "uses": [{"version": "0a1b2c3d", "voice_set": "", "since": "today"}], "held": []}',
        b'{"format": 1, "uses": [{"version": "0a1b2c3d"}], "held": []}',
        b'{"format": 1, "uses": 1, "held": []}',
    ],
)
def test_anything_else_is_refused(content: bytes, tmp_path: Path) -> None:
    for read in (Uses.from_json, Kept.from_json, Refusal.from_json):
        with pytest.raises(ValueError, match="cannot be read"):
            read(content)
    sets = Sets(tmp_path)
    sets.top.mkdir()
    sets.current.write_bytes(content)
    sets.refused.write_bytes(content)
    with pytest.raises(ValueError, match="current cannot be read"):
        sets.uses()
    assert (sets.refusal(), sets.kept()) == (None, [])


def test_nothing_was_published_yet(tmp_path: Path) -> None:
    sets = Sets(tmp_path)
    assert (sets.uses(), sets.uses().now, sets.kept(), sets.refusal(), sets.state()) == (Uses(), None, [], None, None)
    assert sets.uses().with_sound(NOW) == ()
    sets.forget_refusal()


def test_only_folders_of_sets_are_listed(tmp_path: Path) -> None:
    sets = Sets(tmp_path)
    newer = replace(KEPT, version="11111111", published=NOW + timedelta(1))
    for kept, name in ((KEPT, KEPT.version), (newer, newer.version), (KEPT, ".draft-1"), (KEPT, "other")):
        (sets.top / name).mkdir(parents=True)
        (sets.top / name / "set.json").write_text(kept.to_json())
    (sets.top / "22222222").mkdir()
    assert sets.kept() == [newer, KEPT]


# ---- whose sound is kept ---------------------------------------------------------------------------------------------


def test_the_sound_of_the_last_three_sets_is_kept_for_as_long_as_they_are_the_last() -> None:
    heard = Uses((use("d", 100), use("c", 200), use("b", 300), use("a", 400)))
    assert heard.with_sound(NOW) == heard.all[:3]
    following = Use("e" * 8, "0" * 12, NOW, "hanako")
    assert heard.then(following).all == (following, *heard.all[:3])


def test_the_sound_of_every_set_in_which_a_call_may_still_be_is_kept() -> None:
    # 'c' was the last until 23 hours ago: a call that began then may last another hour
    heard = Uses((use("f", 1), use("e", 2), use("d", 23), use("c", 25), use("b", 90)))
    assert [item.version[0] for item in heard.with_sound(NOW)] == ["f", "e", "d", "c"]
    assert [item.version[0] for item in heard.with_sound(NOW + timedelta(hours=2))] == ["f", "e", "d"]


def test_a_set_that_took_over_again_counts_once_and_with_its_latest_sound() -> None:
    heard = Uses((use("a", 30), use("b", 50), use("a", 70), use("c", 90), use("d", 110), use("a", 130)))
    assert heard.with_sound(NOW) == (heard.all[0], heard.all[1], heard.all[3])
    assert heard.distinct() == (heard.all[0], heard.all[1], heard.all[3], heard.all[4])


@given(st.lists(uses).map(lambda found: Uses(tuple(sorted(found, key=lambda one: one.since, reverse=True)))))
def test_what_callers_hear_always_keeps_its_sound(heard: Uses) -> None:
    assert heard.with_sound(NOW)[:1] == heard.all[:1]
    assert {one.version for one in heard.distinct()[:3]} <= {one.version for one in heard.with_sound(NOW)}


# ---- copies ----------------------------------------------------------------------------------------------------------


def test_a_copy_holds_every_yaml_file_and_goes_unless_it_is_kept(root: Root, tmp_path: Path) -> None:
    (root.path / "flows/README.md").write_text("no part of a set")
    sets = Sets(tmp_path / "data")
    with sets.staged(root.path) as draft:
        assert contents(draft) == contents(root.path)
        assert sorted(path.name for path in draft.rglob("*.*")) == sorted(
            path.name for path in root.path.rglob("*.yaml")
        )
    assert list(sets.top.iterdir()) == []
    with sets.staged(root.path) as draft:
        sets.keep(draft, KEPT)
    assert contents(sets.folder(KEPT.version)) == contents(root.path)
    assert (sets.kept(), [path.name for path in sets.top.iterdir()]) == ([KEPT], [KEPT.version])


def test_a_set_that_is_kept_already_gets_its_new_date(root: Root, tmp_path: Path) -> None:
    sets, later = Sets(tmp_path / "data"), replace(KEPT, published=NOW + timedelta(1))
    for kept in (KEPT, later):
        with sets.staged(root.path) as draft:
            sets.keep(draft, kept)
    assert (sets.kept(), [path.name for path in sets.top.iterdir()]) == ([later], [KEPT.version])


def test_a_set_that_was_tampered_with_is_replaced_as_a_whole(root: Root, tmp_path: Path) -> None:
    sets = Sets(tmp_path / "data")
    with sets.staged(root.path) as draft:
        sets.keep(draft, KEPT)
    (sets.folder(KEPT.version) / "flows/more.yaml").write_text("{}")
    with sets.staged(root.path) as draft:
        sets.keep(draft, KEPT)
    assert contents(sets.folder(KEPT.version)) == contents(root.path)
    assert [path.name for path in sets.top.iterdir()] == [KEPT.version]


def test_what_a_killed_process_left_is_swept_away_and_nothing_else(root: Root, tmp_path: Path) -> None:
    sets = Sets(tmp_path / "data")
    with sets.staged(root.path) as draft:
        sets.keep(draft, KEPT)
    (sets.top / ".draft-99/flows").mkdir(parents=True)
    (sets.top / ".draft-99/flows/helpline.yaml").write_text("half")
    sets.sweep()
    assert [path.name for path in sets.top.iterdir()] == [KEPT.version]


def test_a_folder_in_the_place_of_a_file_is_named(root: Root, tmp_path: Path) -> None:
    (root.path / "flows/wrong.yaml").mkdir()
    with pytest.raises(FindingsError) as caught, Sets(tmp_path / "data").staged(root.path):
        pass
    assert [str(finding) for finding in caught.value.findings] == [
        "flows/wrong.yaml:0: error: cannot be read: Is a directory"
    ]


def test_only_one_publishes_at_a_time(tmp_path: Path) -> None:
    one, other = Sets(tmp_path), Sets(tmp_path)
    with one.publishing():
        with pytest.raises(BusyError), other.publishing():
            pass
        with other.switching():  # going back never waits for somebody who publishes
            pass
    with other.publishing():
        pass


# ---- whether files changed -------------------------------------------------------------------------------------------


def test_saving_a_file_changes_the_stamp_and_reading_does_not(root: Root) -> None:
    before = stamp(root.path)
    contents(root.path)
    (root.path / "prompts/README.md").write_text("no part of a set")
    assert stamp(root.path) == before
    root.says("別です。")
    changed = stamp(root.path)
    (root.path / "prompts/ja/more.yaml").write_text("{}")
    added = stamp(root.path)
    (root.path / "prompts/ja/more.yaml").unlink()
    assert len({before, changed, added, stamp(root.path)}) == 3
    assert stamp(root.path / "nowhere") == ()
