"""The message resource: send texts, look at them."""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from ivr.simulator.messages import LONGEST_BODY, Message
from ivr.simulator.parameters import is_number
from ivr.simulator.rest.asked import Refused

if TYPE_CHECKING:
    from datetime import datetime

    from ivr.simulator.rest.asked import Asked
    from ivr.simulator.world import World

LONGEST_VALIDITY = 36000


def create(world: World, asked: Asked) -> Message:
    """Make a message that is queued; raises Refused."""
    to = asked.required("To", 21604, "A 'To' phone number is required.")
    service, sender = asked.text("MessagingServiceSid"), asked.text("From")
    if not service and not sender:
        raise Refused(400, 21603, "A 'From' phone number is required.")
    body = asked.required("Body", 21602, "Message body is required.")
    if len(body) > LONGEST_BODY:
        raise Refused(400, 21617, f"The concatenated message body exceeds the {LONGEST_BODY} character limit.")
    if not is_number(to):
        raise Refused(400, 21211, f"Invalid 'To' Phone Number: {to}")
    if sender and world.numbers and sender not in world.numbers:
        raise Refused(400, 21606, f"The 'From' phone number provided ({sender}) is not a valid sender.")
    asked.number("ValidityPeriod", LONGEST_VALIDITY, 1, LONGEST_VALIDITY)
    return Message(f"SM{world.token()}", to, sender, body, world.utc, asked.callbacks(), service)


def shown(world: World, message: Message) -> dict[str, Any]:
    """Give a message as Twilio shows it."""
    return {
        "sid": message.sid,
        "account_sid": world.account,
        "messaging_service_sid": message.service or None,
        "to": message.to,
        "from": message.sender or None,
        "body": message.body,
        "status": message.status,
        "direction": "outbound-api",
        "error_code": message.code or None,
        "error_message": None,
        "num_segments": "1",
        "num_media": "0",
        "price": None,
        "price_unit": "USD",
        "api_version": "2010-04-01",
        "date_created": _at(message.made),
        "date_sent": _at(message.sent),
        "date_updated": _at(message.updated or message.made),
        "uri": f"/2010-04-01/Accounts/{world.account}/Messages/{message.sid}.json",
        "subresource_uris": {},
    }


def _at(moment: datetime | None) -> str | None:
    return format_datetime(moment, usegmt=True) if moment else None
