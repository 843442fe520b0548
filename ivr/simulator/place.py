"""Where a document runs, and which verbs may stand in it there: Twilio's pages on the nouns and <Enqueue>."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _nothing() -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Place:
    """A place for documents.

    `verbs` may stand there (None: all), `refused` stop the document with their code, the others are skipped with
    warning 12200. `params` are added to every request from there, read anew each time.
    """

    name: str
    verbs: frozenset[str] | None = None
    refused: Mapping[str, int] = field(default_factory=dict)
    params: Callable[[], Mapping[str, str]] = _nothing


CALL = Place("call")
WHISPER_VERBS = frozenset({"Say", "Play", "Gather", "Hangup"})
DEQUEUED_VERBS = frozenset({"Say", "Play", "Pause", "Redirect"})
HOLD_VERBS = DEQUEUED_VERBS
QUEUED_VERBS = DEQUEUED_VERBS | {"Hangup", "Leave", "Gather"}
WHISPER = Place("whisper", WHISPER_VERBS, {"Dial": 13201})
NOT_ON_HOLD = (
    "Connect",
    "Dial",
    "Echo",
    "Enqueue",
    "Gather",
    "Hangup",
    "Leave",
    "Pay",
    "Record",
    "Refer",
    "Reject",
    "Sms",
)
HOLD = Place("conference", HOLD_VERBS, dict.fromkeys((*NOT_ON_HOLD, "Start", "Stop"), 13238))
