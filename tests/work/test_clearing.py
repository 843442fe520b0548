"""The background process clears away old sets: after each publication, once an hour, and never without knowing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from ivr.sets.kept import Kept, Sets, Use, Uses
from ivr.work import CLEAR_SECONDS, Clearing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ivr.records.events import Event
    from ivr.records.store import Store

VERSIONS = ("a" * 8, "b" * 8, "c" * 8, "d" * 8, "e" * 8)


@dataclass
class Yard:
    """Sets that took over one a day, a store, and clocks that are set by hand."""

    data: Path
    store: Store
    leads: bool = True
    now: datetime = datetime(2026, 11, 25, tzinfo=UTC)
    clock: float = 0.0
    clearing: Clearing = field(init=False)

    def __post_init__(self) -> None:
        """Publish every version."""
        for version in VERSIONS:
            self.publish(version)
        given = (lambda: self.leads, lambda: self.now, lambda: self.clock)
        self.clearing = Clearing(self.data, self.store, *given)

    def publish(self, version: str) -> None:
        """Let a version take over, a day later."""
        self.now += timedelta(days=1)
        sets, words = Sets(self.data), self.data / "root"
        (words / "flows").mkdir(parents=True, exist_ok=True)
        (words / "flows/helpline.yaml").write_text(version)
        with sets.staged(words) as draft:
            sets.keep(draft, Kept(version, self.now, "0" * 12, 1, 1))
        uses = sets.uses() if sets.current.exists() else Uses()
        sets.write_uses(uses.then(Use(version, "0" * 12, self.now)))

    def clears(self) -> str:
        """Clear; gives the first letters of the versions that are left, newest first."""
        self.clearing.clear()
        return "".join(kept.version[0] for kept in Sets(self.data).kept())


@pytest.fixture
def yard(tmp_path: Path, store: Store) -> Yard:
    store.upgrade()
    return Yard(tmp_path / "data", store)


def test_words_that_a_recorded_call_names_stay(yard: Yard, store: Store, event: Callable[..., Event]) -> None:
    store.write([event(1, flow_version=VERSIONS[0])])
    assert yard.clears() == "edca"


def test_it_clears_after_each_publication_and_once_an_hour(
    yard: Yard, store: Store, event: Callable[..., Event]
) -> None:
    store.write([event(1, flow_version=version) for version in VERSIONS[:1]])
    assert yard.clears() == "edca"
    yard.publish("f" * 8)
    yard.now += timedelta(days=2)
    assert yard.clears() == "feda"
    yard.publish("1" * 8)
    yard.leads = False
    assert yard.clears() == "1feda"
    yard.leads = True
    assert yard.clears() == "1fea"  # a call of the last 24 hours may still be in each of the last
    yard.now += timedelta(days=9)
    yard.clock += CLEAR_SECONDS - 1
    assert yard.clears() == "1fea"


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_when_the_store_is_away_nothing_goes_and_it_is_tried_again_in_an_hour(yard: Yard, store: Store) -> None:
    file = yard.data.parent / "store.db"
    aside = file.rename(file.with_name("aside"))
    with capture_logs() as logged:
        assert (yard.clears(), yard.clears()) == ("edcba", "edcba")
    assert [(line["event"], line["log_level"]) for line in logged] == [("sets_not_cleared", "warning")]
    assert "there is no store at" in logged[0]["reason"]
    aside.rename(file)
    yard.clock += CLEAR_SECONDS
    assert yard.clears() == "edc"
    assert store.versions() == {}


def test_a_pointer_that_cannot_be_read_costs_nothing(yard: Yard) -> None:
    Sets(yard.data).current.write_text("{")
    with capture_logs() as logged:
        assert yard.clears() == "edcba"
    assert [line["event"] for line in logged] == ["sets_not_cleared"]
