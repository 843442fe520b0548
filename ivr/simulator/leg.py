"""How a call came about: who called whom, what it begins with, and who is told what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ivr.simulator import parameters
from ivr.simulator.process import Target

if TYPE_CHECKING:
    from ivr.simulator.call import Call
    from ivr.simulator.people import Person

Direction = Literal["inbound", "outbound-api", "outbound-dial"]
CALL_EVENTS = ("initiated", "ringing", "answered", "completed")
"""What statusCallbackEvent may ask for (Twilio's page on the call resource)."""


@dataclass(frozen=True)
class Callbacks:
    """Where the events of a call are told, and which of them; nowhere without an address."""

    url: str = ""
    method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})


NOBODY = Callbacks()
SIP_DOMAIN = "example.sip.twilio.com"
"""The SIP domain of the account, where a line does not say another."""


@dataclass(frozen=True)
class Line:
    """A telephone number of the account, in E.164, and the addresses set for it; empty ones are not set.

    Calls of SIP phones and clients come to the same addresses: to `sip`, or with what the app says as `client_to`.
    """

    number: str
    voice_url: str
    voice_method: str = "POST"
    fallback_url: str = ""
    fallback_method: str = "POST"
    status_url: str = ""
    status_method: str = "POST"
    sip: str = ""
    client_to: str = ""

    def leg(self, caller: str, midway: Target | None = None) -> Leg:
        """Give the leg of someone who calls this number; `midway` is long answered, and begins with that document."""
        by_sip = parameters.is_sip(caller)
        return Leg(
            caller=parameters.without_headers(caller) if by_sip else caller,
            called=self._called(caller),
            sip=caller if by_sip else "",
            own=self.number,
            first=midway or Target(self.voice_url, self.voice_method),
            fallback=Target(self.fallback_url, self.fallback_method) if self.fallback_url else None,
            callbacks=Callbacks(self.status_url, self.status_method),
            midway=midway is not None,
        )

    def _called(self, caller: str) -> str:
        if parameters.is_sip(caller):
            return self.sip or f"sip:{self.number}@{SIP_DOMAIN}"
        return self.client_to if parameters.is_client(caller) else self.number


@dataclass(frozen=True, kw_only=True)
class Leg:
    """A call before it is placed.

    `person` is who is rung up, for `timeout` seconds; an inbound call has none: whoever uses the simulator is its
    caller. A leg of a <Dial> has a `parent`, and its document `first`, if any, is the whisper. `sip` is the
    address of a SIP phone that calls, with headers; `own` the number of the account whose line it is.
    """

    caller: str
    called: str
    first: Target | None
    direction: Direction = "inbound"
    fallback: Target | None = None
    callbacks: Callbacks = NOBODY
    person: Person | None = None
    timeout: float = 60.0
    parent: Call | None = None
    midway: bool = False
    sip: str = ""
    own: str = ""
