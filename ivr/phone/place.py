"""Placing a test call: under which account, from whom, to which service, at which moment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from ivr import typed
from ivr.findings import BadValueError
from ivr.simulator import Line, Person, World, is_caller, signer

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from ivr.simulator import Call, Captions, Fetch, Outcome

TOKYO = ZoneInfo("Asia/Tokyo")
TEST_ACCOUNT_SID = "AC" + "0" * 28 + "7e57"
"""The account of every simulated call: its requests are signed with the test token and can touch no real call."""
HELPLINE = "+815000000000"
CALLER = "+815000000001"
"""Numbers of the 050 range that are given to nobody."""
TEST_TIME = "TestTime"
"""The form parameter in which a test call carries its moment; only a service that knows the test token reads it."""
_NATIONAL = re.compile(r"0\d{9,10}", re.ASCII)
_LONGEST_CALL = timedelta(hours=5)


@dataclass(frozen=True)
class Circumstances:
    """How a call is placed: when (aware), by whom, what a dialled number does, and how quick both sides are.

    `eager` presses each key at the start of a passage; every webhook takes `latency` virtual seconds. `people` tells
    what each number does, where that is more than `dial`; `full` are queues that take nobody.
    """

    at: datetime
    caller: str = CALLER
    dial: Outcome = "answered"
    eager: bool = False
    latency: float = 0.0
    people: Callable[[str], Person] | None = None
    full: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """The service that is called: how to reach it, its voice webhook, the token it checks, the words of its sounds.

    `meets` is told of the world of each call before it is dialled: for a service that gives orders over REST.
    `numbers` are those that its account may show as caller IDs, beside the one that is called.
    """

    fetch: Fetch
    url: str
    token: str
    captions: Captions
    meets: Callable[[World], None] | None = None
    numbers: frozenset[str] = frozenset()


def dial(service: Service, given: Circumstances, random: Random) -> Call:
    """Dial a service; the moment goes with every request, moved on by the virtual clock, and is signed with it."""
    world = World(
        fetch=service.fetch,
        sign=signer(service.token),
        start=given.at,
        random=random,
        account=TEST_ACCOUNT_SID,
        captions=service.captions,
        numbers=service.numbers and service.numbers | {HELPLINE},
        people=given.people or (lambda _number: Person(given.dial)),
        latency=given.latency,
        added=lambda moment: {TEST_TIME: moment.isoformat(timespec="milliseconds")},
    )
    for name in given.full:
        world.queue(name, 0)
    if service.meets:
        service.meets(world)
    return world.dial(line(service.url), given.caller)


def line(url: str) -> Line:
    """Give a number whose voice webhook this is; where it ends in /voice the other two are below it, as in ours."""
    parts = urlsplit(url)
    if parts.path.endswith("/voice") and not parts.query and not parts.fragment:
        return Line(HELPLINE, url, fallback_url=f"{url}/fallback", status_url=f"{url}/status")
    return Line(HELPLINE, url)


def moment(text: str) -> datetime:
    """Read a moment in ISO 8601; without an offset it is Tokyo's. Raises ValueError that says how to write it."""
    try:
        read = datetime.fromisoformat(typed.moment(text))
        aware = read if read.tzinfo else read.replace(tzinfo=TOKYO)
        (aware + _LONGEST_CALL).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadValueError(
            f"{text!r} is not a moment such as 2026-11-24T18:30 or 2026-11-24T18:30+09:00",
            f"「{text}」は 2026-11-24T18:30 の形の、暦にある日時ではありません",
        ) from error
    return aware


def caller(text: str) -> str:
    """Read a caller: E.164, a word for a withheld number, a SIP address, or a client of the account.

    Raises BadValueError that says how to write it.
    """
    if is_caller(text):
        return text
    if text.lower().startswith(("sip:", "sips:")):
        raise BadValueError(
            f"{text!r} is not a SIP address such as sip:anna@example.jp",
            f"「{text}」は sip:anna@example.jp の形の SIP アドレスではありません",
        )
    if text.lower().startswith("client:"):
        raise BadValueError(
            f"{text!r} names no client: write client: and 1 to 256 characters without blanks, as in client:anna",
            f"「{text}」: client: のあとに、空白のない256字までの名前を、client:anna のように書いてください",
        )
    national = _NATIONAL.fullmatch(text)
    hint = f"; write +81{text[1:]}" if national else ""
    hint_ja = f"。+81{text[1:]} と書いてください" if national else ""
    raise BadValueError(
        f"{text!r} is neither a number such as +81312345678 nor anonymous, sip:anna@example.jp or client:anna{hint}",
        f"「{text}」は番号(+81312345678)、anonymous、sip:anna@example.jp、client:anna のどれでもありません{hint_ja}",
    )


def voice_url(text: str) -> str:
    """Read the address of a voice webhook. Raises ValueError that says how to write it."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise BadValueError(
            f"{text!r} is not an address such as http://127.0.0.1:8000/voice",
            f"「{text}」は http://127.0.0.1:8000/voice の形のアドレスではありません",
        )
    return text
