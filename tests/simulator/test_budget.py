"""Retries and time limits, by Twilio's page on connection overrides.

| fragment | values | default |
|---|---|---|
| rc | 0 to 5 retries | 1 |
| rp | some of 4xx 5xx ct rt, or all: what is tried again | ct |
| ct, rt, tt | ms to connect, for one try, for all together | 5000, 15000, 15000 |

The fragment is neither sent nor signed; I-Twilio-Idempotency-Token is the same in every try.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr.simulator import Response, Trouble

if TYPE_CHECKING:
    from ivr.simulator import Call, Request
    from tests.simulator.conftest import Service

GOOD = Response(200, (("Content-Type", "text/xml"),), b"<Response><Hangup/></Response>")
BUSY = Response(503)


def attempts(
    service: Service, fragment: str, *answers: Response | Trouble, latency: float = 0.0
) -> tuple[Call, list[Request]]:
    """Call an address whose server answers so, one time after another; the last answer stays."""
    requests: list[Request] = []
    left = list(answers)

    def fetch(request: Request) -> Response:
        requests.append(request)
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Trouble):
            raise answer
        return answer

    line = {"voice_url": f"{service.base}/voice{fragment}"}
    call = service.dial(None, line=line, fetch=fetch, latency=latency)
    call.listen()
    return call, requests


@pytest.fixture
def unreached() -> Trouble:
    return Trouble(11205, "nobody answers there", 5.0, "ct")


@pytest.mark.parametrize(
    ("fragment", "failures", "helped"),
    [
        ("", 1, True),
        ("", 2, False),
        ("#rc=0", 1, False),
        ("#rc=2", 2, True),
        ("#rp=5xx", 1, False),
        ("#rc=6", 2, False),
        ("#rc=x&rp=nonsense", 1, True),
    ],
)
def test_server_that_cannot_be_reached_is_tried_again(
    service: Service, unreached: Trouble, fragment: str, failures: int, *, helped: bool
) -> None:
    call, requests = attempts(service, fragment, *[unreached] * failures, *([GOOD] if helped else [unreached]))
    assert call.ended == ("service" if helped else "error")
    assert all("#" not in request.url for request in requests)


@pytest.mark.parametrize(
    ("fragment", "helped"), [("", False), ("#rp=5xx", True), ("#rp=all", True), ("#rp=4xx,rt", False)]
)
def test_answers_are_tried_again_only_where_asked_for(service: Service, fragment: str, *, helped: bool) -> None:
    call, requests = attempts(service, fragment, BUSY, GOOD)
    assert (call.ended, len(requests)) == (("service", 2) if helped else ("error", 1))


def test_every_try_bears_the_same_token_and_signature(service: Service) -> None:
    _, requests = attempts(service, "#rc=3&rp=5xx", BUSY)
    assert len(requests) == 4
    assert len({request.headers["I-Twilio-Idempotency-Token"] for request in requests}) == 1
    assert len({request.headers["X-Twilio-Signature"] for request in requests}) == 1


def test_slow_answer_is_waited_for_as_long_as_the_address_says(service: Service) -> None:
    for fragment, seconds in (("", 15.0), ("#rt=3000", 3.0), ("#tt=2000", 2.0), ("#rt=99", 15.0), ("#rt=99999", 15.0)):
        call, requests = attempts(service, fragment, GOOD, latency=20.0)
        assert (call.warnings[0].code, call.warnings[0].text[-len(f"{seconds:g} s") :]) == (11205, f"{seconds:g} s")
        assert len(requests) == 1
        assert call.events[0].t == 0.0


def test_all_tries_together_keep_the_hard_limit(service: Service, unreached: Trouble) -> None:
    call, requests = attempts(service, "#rc=5&ct=6000", unreached)
    waited = call.heard[0].t
    assert (waited, len(requests)) == (15.0, 3)


def test_limits_travel_with_the_request_to_whoever_fetches(service: Service) -> None:
    _, (request,) = attempts(service, "#ct=700&rt=3000", GOOD)
    assert (request.connect, request.read) == (0.7, 3.0)
