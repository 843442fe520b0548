"""Text messages: sent over REST, delivered or not by the clock of the world (Twilio's pages on the message resource).

| MessageStatus | when |
|---|---|
| queued, sent | at once; a second later |
| delivered, undelivered, failed | what the number's fate is; the last two with an ErrorCode |
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ivr.simulator.events import Texted
from ivr.simulator.process import Target

if TYPE_CHECKING:
    from datetime import datetime

    from ivr.simulator.leg import Callbacks
    from ivr.simulator.world import World

SENT_AFTER = 1.0
LONGEST_BODY = 1600
UNREACHABLE_LANDLINE = 30006
_JAPANESE_MOBILE = re.compile(r"\+81(?:[789]0|50|20)")


@dataclass(frozen=True)
class Fate:
    """What becomes of texts to a number: the last status, after so many seconds, with Twilio's code if it failed."""

    status: Literal["delivered", "undelivered", "failed"] = "delivered"
    after: float = 3.0
    code: int = 0


def fate(number: str) -> Fate:
    """Give the usual fate: Japanese landlines take no texts, all other numbers do."""
    if number.startswith("+81") and not _JAPANESE_MOBILE.match(number):
        return Fate("undelivered", code=UNREACHABLE_LANDLINE)
    return Fate()


@dataclass
class Message:
    """A text message; times are those of the world's clock, `code` is 0 unless it failed."""

    sid: str
    to: str
    sender: str
    body: str
    made: datetime
    callbacks: Callbacks
    service: str = ""
    status: str = "queued"
    code: int = 0
    sent: datetime | None = None
    updated: datetime | None = None


def send(world: World, message: Message) -> None:
    """Send a message on its way; calls with that number that are going on note it."""
    world.messages.append(message)
    end = world.texts(message.to)
    for call in world.calls:
        if not call.over and message.to in (call.caller, call.called):
            call.note(Texted(world.now, message.to, message.body))
    world.later(SENT_AFTER, lambda: _became(world, message, "sent", 0))
    world.later(max(SENT_AFTER, end.after), lambda: _became(world, message, end.status, end.code))


def _became(world: World, message: Message, status: str, code: int) -> None:
    message.status, message.code, message.updated = status, code, world.utc
    if status == "sent":
        message.sent = world.utc
    if not message.callbacks.url:
        return
    params = {
        "AccountSid": world.account,
        "ApiVersion": "2010-04-01",
        "From": message.sender,
        "To": message.to,
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "MessageStatus": status,
        "SmsStatus": status,
        **({"MessagingServiceSid": message.service} if message.service else {}),
        **({"ErrorCode": str(code)} if code else {}),
        **({"RawDlrDoneDate": f"{world.utc:%y%m%d%H%M}"} if status != "sent" else {}),
    }
    world.tell(Target(message.callbacks.url, message.callbacks.method), params)
