"""What the tests of the background process share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ivr.records.events import Event
from ivr.records.store import Store
from ivr.work import Mover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def event() -> Callable[..., Event]:
    """Make an event of one call, five seconds after the one before."""

    def make(turn: int = 1, kind: str = "turn", **values: Any) -> Event:  # noqa: ANN401  (any field of an event)
        at = datetime(2026, 11, 24, 9, 30, tzinfo=UTC) + timedelta(seconds=5 * turn)
        return Event(**{"call": "CA1", "turn": turn, "kind": kind, "at": at, "node": "opening", **values})

    return make


@pytest.fixture
def store(store_url: str, busy_seconds: float) -> Iterator[Store]:
    """Give a store of each kind, without any table yet."""
    with Store(store_url, busy_seconds=busy_seconds) as made:
        yield made


@pytest.fixture
def mover(folder: Path, store: Store) -> Iterator[Mover]:
    made = Mover(folder, store)
    yield made
    made.close()
