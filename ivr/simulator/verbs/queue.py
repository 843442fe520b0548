"""<Queue>: takes the first caller out of a queue, within a Dial."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Self

from ivr.simulator.bridge import Bridge
from ivr.simulator.events import Dialled
from ivr.simulator.process import Target, Wait
from ivr.simulator.verbs.enqueue import Dequeued

if TYPE_CHECKING:
    from ivr.simulator.call import Call
    from ivr.simulator.process import Steps
    from ivr.simulator.queues import Queue as Line
    from ivr.simulator.reader import Reader
    from ivr.simulator.verbs.ring import Outcome


@dataclass(frozen=True)
class Queue:
    """The queue by its name, and the document that the waiting caller hears before they are connected."""

    name: str
    url: Target | None = None

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read the attributes of Twilio's page on <Queue>; TaskRouter's are not played out."""
        reader.known("reservationSid", "postWorkActivitySid")
        method = reader.method(12200)
        url = reader.address("url")
        return cls(reader.text(), Target(url, method) if url else None)

    def connect(self, call: Call, timeout: float, limit: float, outcome: Outcome, *, star: bool) -> Steps[None]:
        """Take the first one out, or wait for one until the timeout, and talk for so many seconds at most."""
        queue = call.world.queues.get(self.name)
        began = call.now
        if queue is None:
            call.warn(0, f"there is no queue {self.name!r}")
            return
        outcome.status = "canceled"
        try:
            yield from self._somebody(call, queue, began + timeout)
            if not queue.members:
                outcome.status = call.world.rules.empty_queue
                return
            yield from self._talk(call, queue, limit, outcome, star=star)
        finally:
            status = "answered" if outcome.bridged else outcome.status
            call.note(Dialled(began, f"queue:{self.name}", status))

    def _somebody(self, call: Call, queue: Line, until: float) -> Steps[None]:
        queue.waiting.append(call)
        try:
            while not queue.members and call.now < until:
                yield Wait(until, "ringing", nudged=True)
        finally:
            queue.waiting.remove(call)

    def _talk(self, call: Call, queue: Line, limit: float, outcome: Outcome, *, star: bool) -> Steps[None]:
        waiting = queue.members[0].call
        queue.leave(queue.members[0])
        bridge = Bridge(call, waiting)
        waiting.interrupt(Dequeued(bridge, call, self.url))
        try:
            while bridge.open and not waiting.ready:
                yield Wait(inf, "ringing", nudged=True)
            outcome.sid = waiting.sid
            if not bridge.open:
                outcome.status = "no-answer"
                return
            outcome.bridge(waiting.sid)
            talk = call.now
            try:
                yield from bridge.hold(call, call.now + limit, star=star)
            finally:
                outcome.seconds = round(call.now - talk)
        finally:
            bridge.close()
