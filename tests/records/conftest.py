"""What the tests of records share: moments, events, a store in a file."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from ivr.records.events import Event
from ivr.records.store import Store
from ivr.records.summaries import Summaries
from ivr.records.summary import Known, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ivr.records.store import CallRecord

OPENED = datetime(2026, 11, 24, 18, 30, tzinfo=ZoneInfo("Asia/Tokyo"))
VERSION = "0a1b2c3d"
CALL = "CA0123456789abcdef0123456789abcdef"

WORDS = {
    "opening": (Word("greeting", 0, 5), Word("offer_lost", 5, 15), Word("offer_pin", 15, 25)),
    "pin": (Word("offer_store", 0, 6),),
    "store": (Word("place", 0, 8), Word("papers", 8, 12), Word("papers", 13, 17), Word("to_hours", 17, 20)),
}
KNOWN = Known(
    "opening",
    {"opening": "menu", "pin": "menu", "store": "answer", "lost": "answer", "line": "transfer", "busy": "answer"},
    {
        "opening": [("greeting", False), ("offer_lost", True), ("offer_pin", True)],
        "pin": [("offer_store", True)],
        "store": [("place", False), ("papers", False), ("to_hours", True)],
    },
    lambda turn, _board: WORDS.get(turn.node, ()),
)


class Calls:
    """Writes calls into a store, each as the steps that a caller took: seconds, kind, option and node."""

    def __init__(self, store: Store) -> None:
        """Write nothing yet."""
        self.store = store
        self.known = KNOWN
        self.number = 0

    def add(self, *steps: tuple[float, str, str], at: datetime = OPENED, caller: str = "", **more: Any) -> str:  # noqa: ANN401
        """Write one call: `steps` are (seconds since the step before, option, node)."""
        self.number += 1
        call = f"CA{self.number:032x}"
        versions = {"flow_version": more.get("flow", VERSION), "test": more.get("test", False)}
        hashed = {"caller_hash": caller * 32, "caller_tail": "78"} if caller else {}
        events = [Event(call, 0, "answer", at, "opening", "answer", detail=hashed, **versions)]
        node, moment = "opening", at
        for turn, (seconds, option, to) in enumerate(steps, 1):
            moment += timedelta(seconds=seconds)
            kind = "transfer" if option in {"completed", "busy", "talked", "gone"} else "turn"
            detail = {"came_from": node} | ({"to": "office"} if kind == "transfer" else {})
            events.append(Event(call, turn, kind, moment, to, option, detail=detail, **versions))
            node = to
        if more.get("ended", True):
            detail = {"status": "completed", "seconds": "60"}
            events.append(Event(call, 0, "status", moment, detail=detail, test=versions["test"]))
        self.store.write(events)
        return call

    def record(self, *steps: tuple[float, str, str], **more: Any) -> CallRecord:  # noqa: ANN401
        """Write a call and read it back."""
        found = self.store.call(self.add(*steps, **more))
        assert found
        return found

    def counted(self) -> int:
        """Count what is due."""
        return Summaries(self.store).count(OPENED + timedelta(hours=2), lambda _version: self.known)


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
def store(store_url: str, busy_seconds: float) -> Iterator[Store]:
    """Give a store of each kind."""
    with Store(store_url, busy_seconds=busy_seconds) as made:
        made.upgrade()
        yield made


@pytest.fixture
def calls(store: Store) -> Calls:
    return Calls(store)
