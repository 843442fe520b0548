"""What the nouns of a Dial have in common that ring somebody up: Number, Client and Sip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ivr.simulator.leg import CALL_EVENTS, Callbacks
from ivr.simulator.process import Target

if TYPE_CHECKING:
    from ivr.simulator.reader import Reader


class Callee(Protocol):
    """Somebody to ring up.

    `text` is what stands in the document, `whisper` the document that they hear before they are connected,
    `callbacks` who is told what becomes of their leg.
    """

    text: str
    whisper: Target | None
    callbacks: Callbacks

    @property
    def address(self) -> str | None:
        """Give whom to ring as Twilio writes it in To, or None if nobody can be rung that way."""

    @property
    def wrong(self) -> tuple[int, str]:
        """Give the code and the words for what has no address."""


def whisper(reader: Reader) -> Target | None:
    """Read `url` and `method`: what the callee hears first."""
    method = reader.method(13221)
    url = reader.address("url")
    return Target(url, method) if url else None


def callbacks(reader: Reader) -> Callbacks:
    """Read who is told of the leg's events."""
    events = reader.words("statusCallbackEvent", ("completed",), 12200, CALL_EVENTS)
    url = reader.address("statusCallback") or ""
    return Callbacks(url, reader.method(13221, "statusCallbackMethod"), frozenset(events))
