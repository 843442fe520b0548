"""<Conference>: a room where all hear each other, within a Dial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ivr.simulator.conferences import CONFERENCE_EVENTS, Participant
from ivr.simulator.events import Joined
from ivr.simulator.leg import NOBODY, Callbacks
from ivr.simulator.place import HOLD
from ivr.simulator.process import Interrupted, Stop, Target, Trouble, Wait

if TYPE_CHECKING:
    from ivr.simulator.call import Call
    from ivr.simulator.conferences import Conference as Room
    from ivr.simulator.process import Steps
    from ivr.simulator.reader import Reader
    from ivr.simulator.verbs.ring import Outcome

MOST_PARTICIPANTS = 250
_BEEPS = {"true": "true", "false": "false", "onEnter": "onEnter", "onExit": "onExit"}


@dataclass(frozen=True)
class Conference:
    """The room by its name; `wait` is None for Twilio's own music, with a blank address for silence."""

    name: str
    starts: bool = True
    ends: bool = False
    muted: bool = False
    most: int = MOST_PARTICIPANTS
    wait: Target | None = None
    callbacks: Callbacks = NOBODY

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read the attributes of Twilio's page on <Conference>; sound quality and coaching are not played out."""
        reader.unheard("coach")
        if reader.given("record", "do-not-record") != "do-not-record":
            reader.warn(0, "the simulator does not record conferences")
        reader.choice("beep", "true", 12200, _BEEPS)
        reader.known(
            "recordingConfigurationId", "trim", "region", "participantLabel", "jitterBufferSize", "eventCallbackUrl"
        )
        reader.known("recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent")
        wait_method = reader.method(12200, "waitMethod")
        written = reader.element.attributes.get("waitUrl")
        wait = reader.address("waitUrl")
        events = reader.words("statusCallbackEvent", (), 12200, CONFERENCE_EVENTS)
        told = reader.address("statusCallback") or ""
        return cls(
            name=reader.text(),
            starts=reader.flag("startConferenceOnEnter", 12200, default=True),
            ends=reader.flag("endConferenceOnExit", 12200, default=False),
            muted=reader.flag("muted", 12200, default=False),
            most=reader.whole("maxParticipants", MOST_PARTICIPANTS, 12200, 2, MOST_PARTICIPANTS),
            wait=None if wait is None else Target(wait if written else "", wait_method),
            callbacks=Callbacks(told, reader.method(12200, "statusCallbackMethod"), frozenset(events)),
        )

    def connect(self, call: Call, limit: float, outcome: Outcome, *, star: bool) -> Steps[None]:
        """Be in the conference until it ends, for so many seconds at most, or until the key * with `star`."""
        room = call.world.conference(self.name, self.most, self.callbacks)
        if room.full:
            raise Trouble(16020, f"the conference {self.name!r} is full: {room.limit} participants")
        me = Participant(call, self.starts, self.ends, self.muted)
        until = call.now + limit
        call.note(Joined(call.now, self.name))
        outcome.status = "answered"
        room.join(me)
        try:
            if not room.started:
                yield from self._hold(call, room, me, until, star=star)
            if me.inside and room.started:
                outcome.bridged = True
                call.converses()
            while me.inside and room.started and call.now < until:
                key = yield Wait(until, "talking", keys=star, nudged=True)
                if key == "*":
                    break
        finally:
            call.held = False
            room.leave(me)

    def _hold(self, call: Call, room: Room, me: Participant, until: float, *, star: bool) -> Steps[None]:
        """Hear the wait document once, then nothing, until the conference begins or ends."""
        call.hold()
        try:
            if self.wait and self.wait.url:
                try:
                    if isinstance((yield from call.perform(self.wait, HOLD)), Stop):
                        return
                except Trouble as trouble:
                    call.warn(trouble.code, str(trouble))
            while me.inside and not room.started and call.now < until:
                key = yield Wait(until, "waiting", keys=star)
                if key == "*":
                    break
        except Interrupted:
            pass
        finally:
            call.held = False
