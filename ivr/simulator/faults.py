"""Faults of the wire: fetch functions that spoil some requests on their way, and leave the others alone.

They know only what goes over the wire. Webhooks are the requests that Twilio sends for a call; sounds are those that
it fetches for <Play>.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ivr.simulator.fetch import Response
from ivr.simulator.process import Trouble

if TYPE_CHECKING:
    from ivr.simulator.fetch import Fetch, Request

SIGNATURE = "X-Twilio-Signature"


def is_webhook(request: Request) -> bool:
    """Tell a webhook from the fetching of a sound."""
    return request.method == "POST" or SIGNATURE in request.headers


@dataclass
class Aim:
    """Which webhooks a fault strikes: the one with this number (1 is the first), or those with `path` in the address.

    At most `times` of them; a request that is tried again counts again. With neither it strikes the first.
    """

    number: int = 0
    path: str = ""
    times: int = 1
    seen: int = 0
    struck: int = 0

    def strikes(self, request: Request) -> bool:
        """Count a request, and tell whether the fault strikes it."""
        if not is_webhook(request):
            return False
        self.seen += 1
        if self.struck >= self.times:
            return False
        hit = self.path in request.url if self.path else self.seen == (self.number or 1) + self.struck
        self.struck += hit
        return hit


def late(fetch: Fetch, aim: Aim, seconds: float) -> Fetch:
    """Let answers come so many seconds late, on the clock of the call."""

    def spoiled(request: Request) -> Response:
        hit = aim.strikes(request)
        response = fetch(request)
        return replace(response, late=response.late + seconds) if hit else response

    return spoiled


def lost(fetch: Fetch, aim: Aim) -> Fetch:
    """Let requests never arrive: nobody can be reached."""

    def spoiled(request: Request) -> Response:
        if aim.strikes(request):
            raise Trouble(11205, f"nobody answers at {request.url}: lost on purpose", kind="ct")
        return fetch(request)

    return spoiled


def answered(fetch: Fetch, aim: Aim, status: int) -> Fetch:
    """Let requests be answered by an error, without reaching the service."""

    def spoiled(request: Request) -> Response:
        if aim.strikes(request):
            return Response(status, (("Content-Type", "text/plain"),), b"out of order on purpose")
        return fetch(request)

    return spoiled


def silent(fetch: Fetch) -> Fetch:
    """Let every sound be gone (404)."""
    return lambda request: fetch(request) if is_webhook(request) else Response(404)


@dataclass
class Repeated:
    """A fetch function that sends webhooks twice; `differences` are the addresses whose two answers were not alike."""

    fetch: Fetch
    aim: Aim
    differences: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        """Send, and send again: the second answer counts."""
        hit = self.aim.strikes(request)
        first = self.fetch(request)
        if not hit:
            return first
        second = self.fetch(request)
        if (first.status, first.body) != (second.status, second.body):
            self.differences.append(request.url)
        return second


@dataclass
class OutOfOrder:
    """A fetch function that sends an older webhook once more after a newer one; what that answers is thrown away."""

    fetch: Fetch
    aim: Aim
    before: Request | None = None

    def __call__(self, request: Request) -> Response:
        """Send, and after that the webhook before it again."""
        hit = self.aim.strikes(request)
        response = self.fetch(request)
        if hit and self.before:
            self.fetch(self.before)
        if is_webhook(request):
            self.before = request
        return response
