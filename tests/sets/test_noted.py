"""Which set callers began to hear, by whom and with which files, as the log of changes has it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ivr.records import audit
from ivr.records.store import Store, StoreError
from ivr.sets.kept import Sets
from ivr.sets.noted import LONGEST, Noting, note, note_settings, settings_at

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Days, Root


@pytest.fixture
def store(tmp_path: Path, busy_seconds: float) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'data/store.db'}", busy_seconds=busy_seconds) as made:
        made.upgrade()
        yield made


def told(store: Store) -> list[tuple[str, str, str, str, str]]:
    """Give the entries, oldest first: who, what, subject, and which versions before and after."""
    found = reversed(audit.entries(store, 20))
    return [(one.who, one.what, one.subject, one.before[4:12], one.after[4:12]) for one in found]


def test_each_set_that_callers_began_to_hear_is_noted_once(days: Days, root: Root, store: Store) -> None:
    days.publish()
    first = days.heard
    assert note(days.sets, store) == 1
    root.says("持ち物は、旅券です。")
    days.publish()
    second = days.heard
    days.back()
    with store.transaction(writes=True) as connection:  # somebody was quicker than the background process
        audit.note(connection, audit.Entry(days.now + timedelta(hours=1), "taro", "board closing", "hall", "", ""))
    assert [note(days.sets, store) for _ in range(2)] == [2, 0]
    assert told(store) == [
        ("ivr work", "flows publish", "everything", "", first),
        ("ivr work", "flows publish", "prompts/ja/words.yaml", first, second),
        ("ivr work", "flows rollback", "prompts/ja/words.yaml", second, first),
        ("taro", "board closing", "hall", "", ""),
    ]
    assert [entry.at for entry in audit.entries(store, 2)] == [days.now + timedelta(hours=1), days.now]


def test_a_person_is_named_who_publishes_or_goes_back(
    days: Days, root: Root, store: Store, ivr: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    assert ivr("flows", "publish", LOGNAME="hanako").returncode == 0
    root.says("持ち物は、旅券です。")
    assert ivr("flows", "publish", LOGNAME="taro").returncode == 0
    assert ivr("flows", "rollback", LOGNAME="hanako").returncode == 0
    note(days.sets, store)
    assert [entry[:2] for entry in told(store)] == [
        ("hanako", "flows publish"),
        ("taro", "flows publish"),
        ("hanako", "flows rollback"),
    ]


def test_another_voice_is_a_change_too(days: Days, store: Store) -> None:
    days.publish()
    (days.sets.folder(days.heard) / "set.json").write_bytes(b"{}")
    uses = days.sets.uses()
    use = uses.all[0]
    days.sets.write_uses(uses.then(type(use)(use.version, "0" * 12, days.now.replace(hour=23), "hanako")))
    note(days.sets, store)
    who, what, subject, *_ = told(store)[-1]
    assert (who, what, subject) == ("hanako", "flows publish", "the voice")
    assert audit.entries(store, 1)[0].after == f"set {use.version}, voice set {'0' * 12}"


def test_it_waits_for_a_store_that_is_away(days: Days, store: Store, tmp_path: Path) -> None:
    ready = [False]
    days.publish()
    with Store(f"sqlite:///{tmp_path / 'away/store.db'}") as away:
        noting = Noting(days.settings(), away, lambda: ready[0], days.now, "hanako")
        noting.note()  # nothing is asked of it yet
        ready[0] = True
        for _ in range(2):
            with pytest.raises(StoreError, match="there is no store"):
                noting.note()
    noting = Noting(days.settings(), store, lambda: True, days.now, "hanako")
    for _ in range(2):
        noting.note()
    assert [entry[:2] for entry in told(store)] == [("hanako", "settings"), ("ivr work", "flows publish")]


def test_sets_of_before_are_noted_without_a_name_and_broken_ones_not_at_all(
    days: Days, root: Root, store: Store
) -> None:
    days.publish()
    data = json.loads(days.sets.current.read_text())
    for use in data["uses"]:
        del use["by"], use["what"]
    days.sets.current.write_text(json.dumps(data))
    note(days.sets, store)
    assert [entry[:2] for entry in told(store)] == [("unknown", "flows publish")]
    days.sets.current.write_text("{")
    assert note(days.sets, store) == 0
    assert note(Sets(root.path / "nowhere"), store) == 0


OFFICE = {"IVR_OFFICE_PHONE": "03-1234-5678", "IVR_OFFICE_HOURS": "mon-fri 13:00-17:00"}


def test_settings_that_decide_what_a_call_hears_are_noted_when_they_change(days: Days, store: Store) -> None:
    at, hour = days.now, timedelta(hours=1)
    assert settings_at(store, at) is None
    assert note_settings(days.settings(**OFFICE), store, at, "hanako")
    assert not note_settings(days.settings(**OFFICE), store, at + hour, "taro")
    assert note_settings(days.settings(IVR_SURVEY_PERCENT="10"), store, at + 2 * hour, "taro")
    noted = [settings_at(store, at + hours * hour) for hours in (-1, 0, 1, 2)]
    first = {"IVR_OFFICE_PHONE": "set", "IVR_OFFICE_HOURS": "mon-fri 13:00-17:00", "IVR_SURVEY_PERCENT": 0}
    assert noted == [None, first, first, {"IVR_OFFICE_PHONE": "", "IVR_OFFICE_HOURS": "", "IVR_SURVEY_PERCENT": 10}]
    later, sooner = audit.entries(store, 9)
    assert (sooner.who, sooner.before, json.loads(sooner.after)) == ("hanako", "", first)
    assert (later.subject, json.loads(later.before)) == (
        "IVR_OFFICE_PHONE IVR_OFFICE_HOURS IVR_SURVEY_PERCENT",
        first,
    )
    assert not any("1234" in entry.before + entry.after for entry in (later, sooner))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "17"])
def test_settings_that_cannot_be_read_are_not_known(days: Days, store: Store, text: str) -> None:
    with store.transaction(writes=True) as connection:
        audit.note(connection, audit.Entry(days.now, "hanako", "settings", "", "", text))
    assert settings_at(store, days.now) is None


def test_many_names_are_cut(days: Days, root: Root, store: Store) -> None:
    days.publish()
    for number in range(12):
        words = f"extra_{number}"
        (root.path / f"prompts/ja/file-of-some-length-{number}.yaml").write_text(f"# {words}\n{{}}\n", "utf-8")
    assert days.publish() == "published"
    note(days.sets, store)
    subject = told(store)[-1][2]
    assert subject.startswith("prompts/ja/file-of-some-length-0.yaml")
    assert subject.endswith(" …")
    assert len(subject) == LONGEST
