"""Scenarios on another Twilio service, which shares no line with the helpline.

A clinic with a waiting line, a voice box, reminders by text, and a nurse who joins a conference: what the helpline does
not use yet is proved here.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from ivr.phone import enact, scenario
from ivr.phone.place import Service
from ivr.simulator import wsgi
from ivr.simulator.rest import LocalTwilio, Rest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ivr.phone.enact import Played
    from ivr.phone.scenario import Faults
    from ivr.simulator import World

HOST, TOKEN, OURS = "https://clinic.example", "clinic", "+815000000000"
DESK, NURSE = "+81311112222", "+81333334444"


class Clinic:
    """Answers by path; orders calls and texts over REST with Twilio's own library."""

    def __init__(self) -> None:
        """Open with nobody waiting."""
        self.client: Client | None = None
        self.messages: list[str] = []
        self.statuses: list[str] = []

    def meets(self, world: World) -> None:
        """Get to know the account of a call."""
        self.client = Client(world.account, TOKEN, http_client=LocalTwilio(Rest(world, TOKEN)))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """Check the signature and answer."""
        form = dict(parse_qsl(environ["wsgi.input"].read().decode(), keep_blank_values=True))
        signature = environ.get("HTTP_X_TWILIO_SIGNATURE", "")
        if not RequestValidator(TOKEN).validate(HOST + environ["RAW_URI"], form, signature):
            start_response("403 Forbidden", [])
            return []
        response = VoiceResponse()
        getattr(self, environ["PATH_INFO"].strip("/"))(response, form)
        start_response("200 OK", [("Content-Type", "application/xml")])
        return [str(response).encode()]

    def order(self) -> Client:
        """Give the account's client."""
        assert self.client is not None
        return self.client

    def start(self, response: VoiceResponse, _form: dict[str, str]) -> None:
        """Ask what for."""
        gather = Gather(
            action="/key", num_digits=1, timeout=5, input="dtmf speech", speech_timeout="auto", hints="desk, message"
        )
        gather.say("The clinic. One for the desk, two for a message, three for a reminder, four for the nurse.")
        response.append(gather)
        response.say("Goodbye.")

    def key(self, response: VoiceResponse, form: dict[str, str]) -> None:
        """Do it."""
        said = {"the desk": "1", "a message": "2"}.get(form.get("SpeechResult", ""), "2")
        answers = {"1": self._desk, "2": self._box, "3": self._remind, "4": self._nurse}
        answers[form.get("Digits", said)](response, form)

    def _desk(self, response: VoiceResponse, _form: dict[str, str]) -> None:
        response.enqueue("desk", wait_url="/wait", action="/left")

    def _box(self, response: VoiceResponse, _form: dict[str, str]) -> None:
        response.say("Speak after the tone.")
        response.record(action="/kept", timeout=3, max_length=60)
        response.say("We heard nothing.")

    def _remind(self, response: VoiceResponse, form: dict[str, str]) -> None:
        text = "Your appointment is at ten."
        self.order().messages.create(to=form["From"], from_=OURS, body=text, status_callback=f"{HOST}/texted")
        response.say("The text is on its way.")
        response.pause(length=10)
        response.say("Goodbye.")

    def _nurse(self, response: VoiceResponse, _form: dict[str, str]) -> None:
        self.order().calls.create(to=NURSE, from_=OURS, url=f"{HOST}/join")
        dial = Dial(action="/after")
        dial.conference("ward", wait_url="/music", end_conference_on_exit=True)
        response.append(dial)

    def wait(self, response: VoiceResponse, form: dict[str, str]) -> None:
        """Tell the position; the first time, call the desk."""
        if form["QueueTime"] == "0":
            self.order().calls.create(to=DESK, from_=OURS, url=f"{HOST}/agent", status_callback=f"{HOST}/desk")
        gather = Gather(action="/leave", num_digits=1, timeout=5)
        gather.say(f"You are number {form['QueuePosition']}. Star to leave.")
        response.append(gather)

    def leave(self, response: VoiceResponse, _form: dict[str, str]) -> None:
        """Let the caller out."""
        response.leave()

    def agent(self, response: VoiceResponse, _form: dict[str, str]) -> None:
        """Connect the desk with whoever waits."""
        dial = Dial()
        dial.queue("desk", url="/connecting")
        response.append(dial)

    def connecting(self, response: VoiceResponse, _form: dict[str, str]) -> None:
        """Tell the caller."""
        response.say("Now you are connected.")

    def left(self, response: VoiceResponse, form: dict[str, str]) -> None:
        """Say how the waiting ended."""
        words = {"bridged": "Thank you for calling.", "leave": "You left.", "queue-full": "All lines are busy."}
        response.say(words[form["QueueResult"]])

    def kept(self, response: VoiceResponse, form: dict[str, str]) -> None:
        """Thank for the message."""
        self.messages.append(form["RecordingDuration"])
        response.say(f"Your message of {form['RecordingDuration']} seconds is kept.")

    def music(self, response: VoiceResponse, _form: dict[str, str]) -> None:
        """Fill the time."""
        response.say("Please wait for the nurse.")

    def join(self, response: VoiceResponse, _form: dict[str, str]) -> None:
        """Let the nurse in."""
        dial = Dial()
        dial.conference("ward", end_conference_on_exit=True)
        response.append(dial)

    def after(self, response: VoiceResponse, _form: dict[str, str]) -> None:
        """Say goodbye after the conference."""
        response.say("The nurse has left.")

    def desk(self, _response: VoiceResponse, form: dict[str, str]) -> None:
        """Note what became of the call to the desk."""
        self.statuses.append(form["CallStatus"])

    def texted(self, _response: VoiceResponse, form: dict[str, str]) -> None:
        """Note what became of a text."""
        self.statuses.append(form["MessageStatus"])


class Stage:
    """Plays on the clinic."""

    def __init__(self, clinic: Clinic) -> None:
        """Take a clinic."""
        self.clinic = clinic

    @contextmanager
    def service(self, _faults: Faults, _office: str | None) -> Iterator[Service]:
        """Give it."""
        yield Service(wsgi(self.clinic), f"{HOST}/start", TOKEN, lambda _source: None, self.clinic.meets)

    def turns(self, _call: str) -> None:
        """Keep no records."""
        return


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


@pytest.fixture
def play(clinic: Clinic, tmp_path: Path) -> Callable[[str], Played]:
    def play(text: str) -> Played:
        path = tmp_path / "clinic.yaml"
        path.write_text("title: clinic\nat: 2026-11-24T12:00\nfrom: '+819012345678'\n" + text, "utf-8")
        return enact.play(scenario.load(path), Stage(clinic))

    return play


SCENARIOS = {
    "waits in the line and talks with the desk": """
people: {"+81311112222": {after: 12, talks: 30}}
steps:
  - press: 1
  - hear: You are number 1
  - wait: 70
expect:
  heard: [Now you are connected, Thank you for calling]
  ended: service
  warned: []
""",
    "the desk is busy, the caller leaves the line": """
people: {"+81311112222": busy}
steps:
  - press: 1
  - hear: You are number 1
  - press: "*"
expect: {heard: You left, not_heard: connected, ended: service, warned: []}
""",
    "hangs up in the line": """
people: {"+81311112222": no-answer}
steps:
  - press: 1
expect: {ended: queue, not_heard: Thank you}
""",
    "the line is full": """
steps:
  - press: 1
faults: {full_queue: desk}
expect: {heard: All lines are busy, not_heard: You are number, ended: service}
""",
    "leaves a message": """
steps:
  - press: 2
  - hear: Speak after the tone
  - wait: 1
  - speak: 12
  - wait: 10
expect: {heard: Your message of 12 seconds is kept, ended: service, warned: []}
""",
    "says what for, and leaves a message": """
steps:
  - say: a message
  - hear: Speak after the tone
  - wait: 1
  - speak: 4
  - wait: 10
expect: {heard: Your message of 4 seconds is kept, ended: service, warned: []}
""",
    "says nothing into the box": """
steps:
  - press: 2
  - hear: We heard nothing
expect: {not_heard: is kept, ended: service}
""",
    "is reminded by text": """
steps:
  - press: 3
  - hear: The text is on its way
expect:
  texted: {to: "+819012345678", text: appointment is at ten}
  ended: service
""",
    "speaks with the nurse in a conference": """
people: {"+81333334444": {after: 8, talks: 25}}
steps:
  - press: 4
  - hear: Please wait for the nurse
  - wait: 60
expect: {heard: The nurse has left, ended: service, warned: []}
""",
    "every webhook comes twice": """
people: {"+81311112222": {after: 5, talks: 10}}
steps:
  - press: 3
faults: {repeated: {path: /, times: 9}}
expect: {heard: The text is on its way}
""",
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(play: Callable[[str], Played], name: str) -> None:
    one = play(SCENARIOS[name])
    assert (one.problems, one.skipped) == ((), ""), "\n".join(one.transcript)


def test_the_clinic_was_told_of_everything(play: Callable[[str], Played], clinic: Clinic) -> None:
    for name in ("waits in the line and talks with the desk", "leaves a message", "is reminded by text"):
        play(SCENARIOS[name])
    assert clinic.messages == ["12"]
    assert clinic.statuses == ["completed", "sent", "delivered"]


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("the line is full", "All lines", "No lines", "never heard: No lines are busy"),
        ("is reminded by text", "at ten", "at nine", "not texted: 'appointment is at nine'"),
        ("hangs up in the line", "ended: queue", "ended: caller", "ended: queue, not caller"),
        ("leaves a message", "12 seconds", "13 seconds", "never heard: Your message of 13 seconds is kept"),
    ],
)
def test_what_is_not_so_is_found(play: Callable[[str], Played], name: str, old: str, new: str, problem: str) -> None:
    one = play(SCENARIOS[name].replace(old, new))
    assert problem in one.problems[0].text
