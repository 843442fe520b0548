"""The queue resource and its members: look at who waits, take somebody out."""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from ivr.simulator.process import Redirected, Target
from ivr.simulator.rest.asked import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr.simulator.queues import Member, Queue
    from ivr.simulator.rest.asked import Asked
    from ivr.simulator.world import World

LONGEST_NAME = 64
LARGEST = 5000
FRONT = "Front"


def create(world: World, asked: Asked) -> Queue:
    """Make a queue; raises Refused where there is one of that name."""
    name = _name(asked)
    if name in world.queues:
        raise Refused(400, 22003, f"A queue with the name {name} exists already")
    return world.queue(name, asked.number("MaxSize", world.rules.queue_size, 1, LARGEST))


def update(world: World, queue: Queue, asked: Asked) -> None:
    """Rename a queue, or change how many it takes."""
    if asked.text("FriendlyName"):
        name = _name(asked)
        if name in world.queues and world.queues[name] is not queue:
            raise Refused(400, 22003, f"A queue with the name {name} exists already")
        del world.queues[queue.name]
        queue.name = name
        world.queues[name] = queue
    queue.max_size = asked.number("MaxSize", queue.max_size, 1, LARGEST)


def delete(world: World, queue: Queue) -> None:
    """Remove a queue in which nobody waits."""
    if queue.members:
        raise Refused(400, 22004, f"The queue {queue.name} is not empty: {len(queue.members)} calls wait in it")
    del world.queues[queue.name]


def member(queue: Queue, call_sid: str) -> Member:
    """Find who waits by the call, or the first one; raises Refused."""
    waiting = queue.members if call_sid == FRONT else [each for each in queue.members if each.call.sid == call_sid]
    if not waiting:
        raise Refused(404, 20404, f"Nobody waits in {queue.name} under {call_sid}")
    return waiting[0]


def dequeue(queue: Queue, call_sid: str, asked: Asked) -> tuple[Member, Callable[[], None]]:
    """Give who is taken out, and the order that does it: the call goes on with a document. Raises Refused.

    A call that was in the queue and is not any more is refused with 400, as a second order for it is.
    """
    url = asked.url("Url")
    if not url:
        raise Refused(400, 21205, "Url parameter is required")
    try:
        found = member(queue, call_sid)
    except Refused as error:
        raise Refused(400, 21220, f"{error}: it was taken out already") from error
    there = Target(url, asked.method("Method"))
    queue.leave(found)
    return found, lambda: found.call.interrupt(Redirected(there))


def shown(world: World, queue: Queue) -> dict[str, Any]:
    """Give a queue as Twilio shows it."""
    path = f"/2010-04-01/Accounts/{world.account}/Queues/{queue.sid}"
    return {
        "sid": queue.sid,
        "account_sid": world.account,
        "friendly_name": queue.name,
        "current_size": len(queue.members),
        "max_size": queue.max_size,
        "average_wait_time": queue.average(world.now),
        "date_created": format_datetime(world.utc_at(queue.made), usegmt=True),
        "date_updated": format_datetime(world.utc, usegmt=True),
        "uri": f"{path}.json",
        "subresource_uris": {"members": f"{path}/Members.json"},
    }


def shown_member(world: World, queue: Queue, one: Member) -> dict[str, Any]:
    """Give somebody who waits as Twilio shows them; position 0 has been taken out."""
    return {
        "call_sid": one.call.sid,
        "queue_sid": queue.sid,
        "position": queue.members.index(one) + 1 if one in queue.members else 0,
        "wait_time": round(world.now - one.since),
        "date_enqueued": format_datetime(world.utc_at(one.since), usegmt=True),
        "uri": f"/2010-04-01/Accounts/{world.account}/Queues/{queue.sid}/Members/{one.call.sid}.json",
    }


def _name(asked: Asked) -> str:
    name = asked.required("FriendlyName", 20001, "FriendlyName is required")
    if len(name) > LONGEST_NAME:
        raise Refused(400, 20001, f"FriendlyName has at most {LONGEST_NAME} characters")
    return name
