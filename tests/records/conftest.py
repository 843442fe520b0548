"""What the tests of records share: moments, events, a store in a file."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from ivr.records.events import Event
from ivr.records.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OPENED = datetime(2026, 11, 24, 18, 30, tzinfo=ZoneInfo("Asia/Tokyo"))
CALL = "CA0123456789abcdef0123456789abcdef"


@pytest.fixture
def opened() -> datetime:
    return OPENED


@pytest.fixture
def event() -> Callable[..., Event]:
    """Make an event of one call, five seconds after the one before."""

    def make(turn: int = 1, kind: str = "turn", **values: Any) -> Event:  # noqa: ANN401  (any field of an event)
        at = values.pop("at", None) or OPENED + timedelta(seconds=5 * turn)
        return Event(turn=turn, kind=kind, at=at, **{"call": CALL, **values})

    return make


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Give a store of each kind."""
    with Store(store_url, busy_seconds=0.2) as made:
        made.upgrade()
        yield made
