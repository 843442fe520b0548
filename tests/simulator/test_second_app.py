"""A whole other Twilio service, which shares no line with the helpline: an order line for noodles, as plain WSGI.

It keeps its orders by cookie, checks signatures with Twilio's own library, takes a number of several keys that ends
with #, and connects to the shop.
"""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from ivr.simulator import Line, Person, World, signer, wsgi

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr.simulator import Call, Outcome

HOST = "https://noodles.example"
TOKEN = "secret"


class Noodles:
    """`/order` takes the number of bowls, `/bowls` confirms, `/shop` connects, `/after` says goodbye."""

    def __init__(self) -> None:
        """Open without orders."""
        self.ordered: dict[str, list[int]] = {}
        self.durations: list[str | None] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """Check the signature, find the order of this caller, answer."""
        form = dict(parse_qsl(environ["wsgi.input"].read().decode(), keep_blank_values=True))
        url = HOST + environ["RAW_URI"]
        if not RequestValidator(TOKEN).validate(url, form, environ.get("HTTP_X_TWILIO_SIGNATURE", "")):
            start_response("403 Forbidden", [])
            return []
        session = environ.get("HTTP_COOKIE", "").removeprefix("session=") or form["CallSid"][-6:]
        response = VoiceResponse()
        getattr(self, environ["PATH_INFO"].strip("/"))(response, form, session)
        headers = [("Content-Type", "application/xml"), ("Set-Cookie", f"session={session}; Path=/; HttpOnly")]
        start_response("200 OK", headers)
        return [str(response).encode()]

    def order(self, response: VoiceResponse, _form: dict[str, str], _session: str) -> None:
        """Ask for the number."""
        gather = Gather(action="bowls", num_digits=2, timeout=4, action_on_empty_result=True)
        gather.say("How many bowls? End with the hash key.")
        response.append(gather)

    def bowls(self, response: VoiceResponse, form: dict[str, str], session: str) -> None:
        """Take the number."""
        if not form["Digits"]:
            response.say("Nothing? Then goodbye.")
            return
        self.bowls_of(session).append(int(form["Digits"]))
        gather = Gather(action="/shop", num_digits=1, finish_on_key="")
        gather.say(f"{form['Digits']} bowls. Star for more, anything else for the shop.")
        response.append(gather)
        response.redirect("/order")

    def shop(self, response: VoiceResponse, form: dict[str, str], _session: str) -> None:
        """Connect with the shop, or take more."""
        if form["Digits"] == "*":
            response.redirect("order")
            return
        dial = Dial(action="/after", timeout=10)
        dial.number("+81311112222")
        response.append(dial)

    def after(self, response: VoiceResponse, form: dict[str, str], session: str) -> None:
        """Sum up."""
        self.durations.append(form.get("DialCallDuration"))
        response.say(f"{sum(self.bowls_of(session))} bowls, {form['DialCallStatus']}.")

    def bowls_of(self, session: str) -> list[int]:
        """Give what one caller ordered."""
        return self.ordered.setdefault(session, [])


@pytest.fixture
def dial() -> Callable[..., Call]:
    def dial(app: Noodles, token: str = TOKEN, outcome: Outcome = "answered") -> Call:
        world = World(
            fetch=wsgi(app),
            sign=signer(token),
            start=datetime(2026, 11, 24, 12, tzinfo=ZoneInfo("Asia/Tokyo")),
            random=Random(3),
            people=lambda _number: Person(outcome, after=3, talks=40),
        )
        return world.dial(Line("+815000000009", f"{HOST}/order"), "anonymous")

    return dial


def test_orders_twice_and_speaks_with_the_shop(dial: Callable[..., Call]) -> None:
    app = Noodles()
    call = dial(app)
    call.listen()
    call.press("3")
    call.press("#")
    call.listen()
    call.press("*")
    call.wait(0.5)
    for key in "12":
        call.press(key)
    call.wait(1)
    call.press("0")
    call.listen()
    assert [heard.text for heard in call.heard if not heard.cut] == [
        "How many bowls? End with the hash key.",
        "3 bowls. Star for more, anything else for the shop.",
        "15 bowls, completed.",
    ]
    assert (call.ended, app.durations, call.warnings) == ("service", ["40"], [])
    assert {request.status for request in call.requests} == {200}


def test_a_shop_that_is_busy(dial: Callable[..., Call]) -> None:
    call = dial(Noodles(), outcome="busy")
    call.press("9")
    call.press("#")
    call.press("1")
    call.listen()
    assert call.heard[-1].text == "9 bowls, busy."


def test_who_presses_nothing_is_sent_away(dial: Callable[..., Call]) -> None:
    call = dial(Noodles())
    call.listen()
    call.wait(4)
    call.listen()
    assert [heard.text for heard in call.heard] == ["How many bowls? End with the hash key.", "Nothing? Then goodbye."]
    assert call.ended == "service"


def test_a_wrong_token_is_refused(dial: Callable[..., Call]) -> None:
    call = dial(Noodles(), token="other")
    call.listen()
    assert (call.ended, [request.status for request in call.requests]) == ("error", [403])
