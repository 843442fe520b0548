"""Ringing up the people of a Dial: a child call each, the first who can be talked to is connected, the rest stops."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

from ivr.simulator.bridge import Bridge
from ivr.simulator.events import Dialled
from ivr.simulator.leg import Leg
from ivr.simulator.process import HungUp, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ivr.simulator.call import Call
    from ivr.simulator.process import Steps
    from ivr.simulator.verbs.noun import Callee


@dataclass
class Outcome:
    """What became of a <Dial> so far: its parameters for the action."""

    status: str = "failed"
    bridged: bool = False
    sid: str = ""
    seconds: int | None = None
    recording: str = ""
    connects: Callable[[], None] | None = None

    def bridge(self, sid: str) -> None:
        """Connect the caller with the call of that sid."""
        self.status, self.sid, self.bridged = "completed", sid, True
        if self.connects:
            self.connects()

    def params(self) -> dict[str, str]:
        """Give the parameters; what does not apply is left out."""
        params = {"DialCallStatus": self.status, "DialBridged": str(self.bridged).lower()}
        if self.sid:
            params["DialCallSid"] = self.sid
        if self.seconds is not None:
            params["DialCallDuration"] = str(self.seconds)
        if self.recording:
            params["RecordingUrl"] = self.recording
        return params


@dataclass
class Ring:
    """One group of people who are rung together, each on a child call of their own."""

    call: Call
    callees: Sequence[Callee]
    caller_id: str
    timeout: float
    outcome: Outcome
    children: dict[Call, Callee] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Place nothing yet."""
        self.began = self.call.now

    def run(self, until_hung_up: float, *, star: bool) -> Steps[None]:
        """Ring, and let them talk for so many seconds at most."""
        self._place()
        try:
            yield from self._wait()
            child = next((child for child in self.children if child.ready), None)
            if child:
                self._stop(besides=child)
                yield from self._talk(child, until_hung_up, star=star)
            else:
                last = max(self.children, key=lambda child: child.seconds)
                self.outcome.status, self.outcome.sid = last.status, last.sid
        except HungUp:
            if not self.outcome.bridged:
                self.outcome.status = "canceled"
            raise
        finally:
            self._stop()
            for child, callee in self.children.items():
                self.call.note(Dialled(self.began, child.called or callee.text, self._became(child)))

    def _place(self) -> None:
        """Ring everybody, each as often as Twilio does before it gives up."""
        for callee in self.callees:
            address = callee.address or ""
            leg = Leg(
                caller=self.caller_id or self.call.caller,
                called=address,
                first=callee.whisper,
                direction="outbound-dial",
                callbacks=callee.callbacks,
                person=self.call.world.people(address),
                timeout=self.timeout + self.call.world.rules.ring_buffer,
                parent=self.call,
            )
            self.children[self.call.world.queued(leg)] = callee
        for child in self.children:
            child.begin()
        self.outcome.status, self.outcome.sid = "canceled", next(iter(self.children)).sid

    def _wait(self) -> Steps[None]:
        """Wait until somebody can be talked to, or nobody is left who could."""
        while not any(child.ready for child in self.children) and not all(child.over for child in self.children):
            picked = [child for child in self.children if child.answered and not child.over]
            if picked and self.call.world.rules.siblings == "answer":
                self._stop(besides=picked[0])
            yield Wait(inf, "ringing", nudged=True)

    def _talk(self, child: Call, seconds: float, *, star: bool) -> Steps[None]:
        self.outcome.bridge(child.sid)
        child.bridge = Bridge(self.call, child)
        child.nudge()
        self.call.answer()
        try:
            yield from child.bridge.hold(self.call, self.call.now + seconds, star=star)
        finally:
            self.outcome.seconds = None if child.apart else round(child.talked)

    def _stop(self, besides: Call | None = None) -> None:
        """Hang up on everybody else."""
        for child in self.children:
            if child is not besides and not child.over and not child.apart:
                child.interrupt(HungUp("service", "" if child.answered else "canceled"))

    def _became(self, child: Call) -> str:
        if child.answered:
            return "answered" if child.sid == self.outcome.sid and self.outcome.bridged else "refused"
        return child.status
