"""The call resource: place calls, look at them, order them elsewhere while they are in progress."""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from ivr.simulator.leg import CALL_EVENTS, Leg
from ivr.simulator.process import HungUp, Redirected, Target
from ivr.simulator.rest.asked import Refused, destination

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr.simulator.call import Call
    from ivr.simulator.rest.asked import Asked
    from ivr.simulator.world import World

LONGEST_TWIML = 4000
LONGEST_DIGITS = 32


def create(world: World, asked: Asked) -> Call:
    """Make a call that is queued; raises Refused."""
    to = asked.required("To", 21201, "No 'To' number is specified")
    caller = asked.required("From", 21213, "'From' phone number is required")
    if not destination(to):
        raise Refused(400, 21211, f"Invalid 'To' Phone Number: {to}")
    if world.numbers and caller not in world.numbers and not caller.startswith(("client:", "sip:")):
        raise Refused(400, 21210, f"'From' phone number not verified: {caller}")
    if len(asked.text("SendDigits")) > LONGEST_DIGITS:
        raise Refused(400, 20001, f"SendDigits has at most {LONGEST_DIGITS} characters")
    fallback = asked.url("FallbackUrl")
    return world.queued(
        Leg(
            caller=caller,
            called=to,
            first=target(asked),
            direction="outbound-api",
            fallback=Target(fallback, asked.method("FallbackMethod")) if fallback else None,
            callbacks=asked.callbacks(CALL_EVENTS),
            person=world.people(to),
            timeout=float(asked.number("Timeout", 60, 5, 600)),
        )
    )


def target(asked: Asked) -> Target:
    """Read where a call goes: an address, or the document itself."""
    twiml = asked.text("Twiml")
    if len(twiml) > LONGEST_TWIML:
        raise Refused(400, 32018, f"Twiml has at most {LONGEST_TWIML} characters")
    if asked.text("ApplicationSid"):
        raise Refused(400, 21218, "Invalid ApplicationSid: this account has no applications")
    url = asked.url("Url")
    if not url and not twiml:
        raise Refused(400, 21205, "Url parameter is required")
    return Target("" if twiml else url, asked.method("Method"), twiml=twiml)


def update(call: Call, asked: Asked) -> Callable[[], None]:
    """Give the order that changes a call in progress; raises Refused where it is not."""
    status = asked.text("Status")
    if status and status not in ("completed", "canceled"):
        raise Refused(400, 20001, f"Status must be completed or canceled, not {status}")
    if call.over or (status == "canceled" and call.answered) or (not status and not call.answered):
        raise Refused(400, 21220, f"Call is not in-progress. Cannot redirect. It is {call.status}.")
    if status:
        end = "canceled" if not call.answered else "completed"
        return lambda: call.interrupt(HungUp("service", end))
    there = target(asked)
    return lambda: call.interrupt(Redirected(there))


def shown(call: Call) -> dict[str, Any]:
    """Give a call as Twilio shows it."""
    world, leg = call.world, call.leg
    path = f"/2010-04-01/Accounts/{world.account}/Calls/{call.sid}"
    return {
        "sid": call.sid,
        "account_sid": world.account,
        "parent_call_sid": leg.parent.sid if leg.parent else None,
        "to": call.called,
        "to_formatted": call.called,
        "from": call.caller,
        "from_formatted": call.caller,
        "phone_number_sid": None,
        "status": call.status,
        "direction": leg.direction,
        "start_time": _at(call, call.answered_at),
        "end_time": _at(call, call.ended_at),
        "duration": str(round(call.talked)) if call.over else None,
        "date_created": _at(call, call.made),
        "date_updated": _at(call, world.now),
        "price": None,
        "price_unit": "USD",
        "answered_by": None,
        "api_version": "2010-04-01",
        "forwarded_from": None,
        "caller_name": None,
        "group_sid": None,
        "queue_time": "0",
        "trunk_sid": None,
        "annotation": None,
        "uri": f"{path}.json",
        "subresource_uris": {"recordings": f"{path}/Recordings.json"},
    }


def _at(call: Call, second: float | None) -> str | None:
    if second is None:
        return None
    return format_datetime(call.world.utc_at(second), usegmt=True)
