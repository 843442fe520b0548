"""<Enqueue>: wait in a queue, with a document of its own to listen to, until somebody takes the caller out."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Self

from ivr.simulator.events import Queued
from ivr.simulator.place import DEQUEUED_VERBS, QUEUED_VERBS, Place
from ivr.simulator.process import HungUp, Interrupted, Left, Redirected, Stop, Target, Trouble, Wait
from ivr.simulator.verbs.unsimulated import Unsimulated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr.simulator.bridge import Bridge
    from ivr.simulator.call import Call
    from ivr.simulator.process import Next, Steps
    from ivr.simulator.queues import Member, Queue
    from ivr.simulator.reader import Reader

LONGEST_NAME = 64
LARGEST = 5000
FLOOR_SECONDS = 1.0
"""The simulator's own floor: a wait document that says nothing is asked for again after this long, not at once."""


class Dequeued(Interrupted):
    """Thrown into a waiting call that a <Dial> takes out: `url` is what it hears before it is connected."""

    def __init__(self, bridge: Bridge, agent: Call, url: Target | None) -> None:
        """Keep whom it is connected with."""
        super().__init__("dequeued")
        self.bridge = bridge
        self.agent = agent
        self.url = url


@dataclass(frozen=True)
class Enqueue:
    """The queue by its name; `wait` is None for Twilio's own music, with a blank address for silence."""

    name: str
    action: str | None = None
    method: str = "POST"
    wait: Target | None = None
    task: Unsimulated | None = None
    most: int | None = None

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read the attributes of Twilio's page on <Enqueue>; TaskRouter is not played out."""
        workflow = reader.given("workflowSid")
        tasks = list(reader.children({"Task": Unsimulated}, 12200, text=True))
        wait_method = reader.method(12200, "waitUrlMethod")
        written = reader.element.attributes.get("waitUrl")
        url = reader.address("waitUrl")
        return cls(
            name=reader.text(),
            action=reader.address("action"),
            method=reader.method(12200),
            wait=None if url is None else Target(url if written else "", wait_method),
            task=Unsimulated("Task") if workflow or tasks else None,
            most=reader.whole("maxQueueSize", 0, 12200, 0, LARGEST)
            if "maxQueueSize" in reader.element.attributes
            else None,
        )

    def run(self, call: Call) -> Steps[Next]:
        """Wait; then go to the action with what became of it, or without one to the next verb."""
        if self.task:
            self.task.give_up()
        call.answer()
        if not 0 < len(self.name) <= LONGEST_NAME:
            call.warn(12200, f"a queue's name has 1 to {LONGEST_NAME} characters")
            return self._after({"QueueResult": "error"})
        queue = call.world.queue(self.name, self.most)
        if queue.full:
            return self._after({"QueueResult": "queue-full"})
        member = queue.join(call)
        call.note(Queued(call.now, self.name, len(queue.members)))
        result = {"QueueResult": "hangup", "QueueSid": queue.sid}
        try:
            yield from self._wait(call, queue, member, result)
        except HungUp:
            self._tell(call, member, result, "completed")
            raise
        except Redirected:
            bridged = result["QueueResult"] != "hangup"
            result["QueueResult"] = "redirected-from-bridged" if bridged else "redirected"
            self._tell(call, member, result, "in-progress")
            raise
        finally:
            call.held = False
            queue.leave(member)
        return self._after(result)

    def _wait(self, call: Call, queue: Queue, member: Member, result: dict[str, str]) -> Steps[None]:
        try:
            result["QueueResult"] = yield from self._hold(call, queue, member)
        except Dequeued as taken:
            result["QueueResult"] = "bridging-in-process"
            call.held = False
            yield from self._connect(call, queue, member, taken, result)
        result["QueueTime"] = result.get("QueueTime", str(round(call.now - member.since)))

    def _hold(self, call: Call, queue: Queue, member: Member) -> Steps[str]:
        """Hear the wait document again and again, until it lets the caller out or fails; gives the QueueResult."""
        call.hold()
        place = Place("queue", QUEUED_VERBS, params=lambda: queue.params(member))
        while self.wait and self.wait.url:
            began = call.now
            try:
                following = yield from call.perform(self.wait, place)
            except Trouble as trouble:
                call.warn(trouble.code, str(trouble))
                return "error"
            if isinstance(following, Left):
                return "leave"
            if isinstance(following, Stop):
                raise HungUp("service")
            if call.now < began + FLOOR_SECONDS:
                yield Wait(began + FLOOR_SECONDS, "waiting")
        while True:
            yield Wait(inf, "waiting")

    def _connect(
        self, call: Call, queue: Queue, member: Member, taken: Dequeued, result: dict[str, str]
    ) -> Steps[None]:
        """Hear what the one who takes the caller out has to say, and talk with them."""
        waited = str(round(call.now - member.since))
        result["QueueTime"] = waited
        queue.leave(member)
        try:
            if taken.url:
                params = {"QueueSid": queue.sid, "QueueTime": waited, "DequeingCallSid": taken.agent.sid}
                try:
                    yield from call.perform(taken.url, Place("dequeued", DEQUEUED_VERBS, params=lambda: params))
                except Trouble as trouble:
                    call.warn(trouble.code, str(trouble))
            call.ready = True
            taken.agent.nudge()
            result["QueueResult"] = "bridged"
            yield from taken.bridge.hold(call)
        finally:
            call.ready = False
            taken.bridge.close()

    def _after(self, result: Mapping[str, str]) -> Next:
        return None if self.action is None else Target(self.action, self.method, result)

    def _tell(self, call: Call, member: Member, result: dict[str, str], status: str) -> None:
        """Tell the action what became of the waiting, though nobody executes its answer."""
        result.setdefault("QueueTime", str(round(call.now - member.since)))
        if self.action is not None:
            call.tell(Target(self.action, self.method, result), status)
