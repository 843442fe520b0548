"""Queues: callers who wait in the order in which they came (Twilio's pages on <Enqueue> and the queue resource)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivr.simulator.call import Call


@dataclass(eq=False)
class Member:
    """A caller who waits since a second of the world's clock."""

    call: Call
    since: float


@dataclass(eq=False)
class Queue:
    """A queue by its name; `waiting` are calls whose <Dial> waits for somebody to come into it."""

    name: str
    sid: str
    max_size: int
    made: float
    members: list[Member] = field(default_factory=list)
    waiting: list[Call] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether nobody more gets in."""
        return len(self.members) >= self.max_size

    def join(self, call: Call) -> Member:
        """Let a caller in, at the end."""
        member = Member(call, call.now)
        self.members.append(member)
        for agent in self.waiting:
            agent.nudge()
        return member

    def leave(self, member: Member) -> None:
        """Let a member out, who may be out already."""
        if member in self.members:
            self.members.remove(member)

    def average(self, now: float) -> int:
        """Tell how long the members have waited so far, on average, in whole seconds."""
        waits = [now - member.since for member in self.members]
        return round(sum(waits) / len(waits)) if waits else 0

    def params(self, member: Member) -> dict[str, str]:
        """Give what requests of a wait document tell about the queue."""
        now = member.call.now
        position = self.members.index(member) + 1 if member in self.members else 0
        return {
            "QueueSid": self.sid,
            "QueuePosition": str(position),
            "QueueTime": str(round(now - member.since)),
            "AvgQueueTime": str(self.average(now)),
            "CurrentQueueSize": str(len(self.members)),
            "MaxQueueSize": str(self.max_size),
        }
