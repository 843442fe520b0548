"""Conferences: calls that all hear each other (Twilio's page on <Conference>)."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import TYPE_CHECKING

from ivr.simulator.process import Interrupted, Target

if TYPE_CHECKING:
    from ivr.simulator.call import Call
    from ivr.simulator.leg import Callbacks

CONFERENCE_EVENTS = ("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement")
_TOLD = {"start": "conference-start", "end": "conference-end", "join": "participant-join", "leave": "participant-leave"}
START_WITH = 2
"""A conference begins with the second participant, if one of those present may start it."""


@dataclass(eq=False)
class Participant:
    """A call in a conference, no longer `inside` when it has left."""

    call: Call
    starts: bool = True
    ends: bool = False
    muted: bool = False
    inside: bool = True

    def params(self) -> dict[str, str]:
        """Give what callbacks tell about a participant."""
        flags = {
            "Muted": self.muted,
            "Hold": False,
            "Coaching": False,
            "StartConferenceOnEnter": self.starts,
            "EndConferenceOnExit": self.ends,
        }
        return {"CallSid": self.call.sid, **{name: str(value).lower() for name, value in flags.items()}}


@dataclass(eq=False)
class Conference:
    """A conference by its name; the first participant's callbacks are told of everybody."""

    name: str
    sid: str
    limit: int
    callbacks: Callbacks
    participants: list[Participant] = field(default_factory=list)
    started: bool = False
    over: bool = False
    _told: int = 0

    @property
    def full(self) -> bool:
        """Whether nobody more gets in."""
        return len(self.participants) >= self.limit

    def join(self, participant: Participant) -> None:
        """Let somebody in, which may start it."""
        self.participants.append(participant)
        self._tell("join", participant.call, participant)
        if not self.started and len(self.participants) >= START_WITH and any(one.starts for one in self.participants):
            self.started = True
            self._tell("start", participant.call)
            for other in self.participants:
                other.call.interrupt(Interrupted())

    def leave(self, participant: Participant) -> None:
        """Let somebody out, which may end it for everybody."""
        if not participant.inside:
            return
        self._out(participant)
        if participant.ends or not self.participants:
            for other in list(self.participants):
                self._out(other)
            self.over = True
            self._tell("end", participant.call)

    def _out(self, participant: Participant) -> None:
        participant.inside = False
        self.participants.remove(participant)
        self._tell("leave", participant.call, participant)
        participant.call.interrupt(Interrupted())

    def _tell(self, event: str, call: Call, participant: Participant | None = None) -> None:
        if not self.callbacks.url or event not in self.callbacks.events:
            return
        self._told += 1
        params = {
            "AccountSid": call.world.account,
            "ConferenceSid": self.sid,
            "FriendlyName": self.name,
            "StatusCallbackEvent": _TOLD[event],
            "SequenceNumber": str(self._told),
            "Timestamp": format_datetime(call.world.utc, usegmt=True),
            **(participant.params() if participant else {}),
        }
        call.world.tell(Target(self.callbacks.url, self.callbacks.method), params)
