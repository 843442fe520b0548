"""`/phone`: a telephone in the browser for testers. In local mode it is open, and there to this machine alone.

Otherwise it stands in the console's application, behind its sign-in.

The page keeps what the caller did and asks for the whole call at every key; nothing is remembered here, so that any
process can answer. The calls go to an application of their own with the same words and sound, whose records go
nowhere. Nothing of it can be reached from another site: the host must be this machine's, and a call is asked for as
JSON, which other sites may not send.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import soundfile
from flask import Blueprint, Response, abort, current_app, jsonify, render_template, request
from werkzeug.exceptions import RequestEntityTooLarge

from ivr import graph, titles
from ivr.findings import FindingsError
from ivr.phone import audio, captions, place, replay, scenario
from ivr.phone.walk.state import farewells
from ivr.simulator import wsgi

if TYPE_CHECKING:
    from collections.abc import Callable
    from wsgiref.types import WSGIApplication

    from ivr.content import Content
    from ivr.sets.current import Set
    from ivr.speech.store import AudioLibrary

HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PRESETS = (
    ("平日の昼", "2026-11-25T12:00"),
    ("火曜日の夜", "2026-11-24T18:30"),
    ("夜中の三時", "2026-11-24T03:00"),
    ("日曜日の朝", "2026-11-29T10:00"),
    ("祝日", "2026-11-23T10:00"),
    ("大みそか", "2026-12-31T12:00"),
)
OUTCOMES = (
    ("answered", "出て、話す"),
    ("busy", "話し中"),
    ("no-answer", "出ない"),
    ("failed", "つながらない"),
    ("canceled", "取り消される"),
)
page = Blueprint("phone", __name__, url_prefix="/phone", template_folder="templates", static_folder="static")


@dataclass(frozen=True)
class Phone:
    """What the page calls: an application whose records go nowhere, the token it checks, words and sounds.

    `open` to anybody at this machine and to nobody else; without it somebody signs in first, from anywhere.
    """

    app: WSGIApplication
    url: str
    token: str
    current: Callable[[], Set]
    library: AudioLibrary
    open: bool = True
    numbers: frozenset[str] = frozenset()

    @property
    def service(self) -> place.Service:
        """Give the service as the simulator reaches it."""
        now = self.current()
        words = captions.captions(self.library.index, lambda: now.content.everything, lambda: now.words)
        return place.Service(wsgi(self.app), self.url, self.token, words, numbers=self.numbers)


@page.before_request
def only_this_machine() -> None:
    """Refuse other hosts: a name that somebody else lets point here must not open the page."""
    if not _phone().open:
        return
    host = request.host.rpartition(":")[0] or request.host
    if (host if request.host.rpartition(":")[2].isdigit() else request.host) not in HOSTS:
        abort(403)
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin not in (None, f"{request.scheme}://{request.host}"):
        abort(403)


@page.after_request
def guarded(response: Response) -> Response:
    """Let nothing run, load or frame that is not ours."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    if request.endpoint != "phone.static":
        response.cache_control.no_store = True
    return response


@page.get("")
def show() -> str:
    """Show the telephone."""
    return render_template("phone.html", presets=PRESETS, outcomes=OUTCOMES, caller=place.CALLER)


@page.get("/flow.svg")
def flow() -> Response:
    """Draw the flow of the words that answer now."""
    return Response(graph.svg(_phone().current().content.flow), content_type="image/svg+xml")


@page.get("/audio/<name>.wav")
def sound(name: str) -> Response:
    """Give a prompt as browsers play it: what telephones carry is not for all of them."""
    path = _phone().library.path(name)
    if path is None:
        abort(404)
    target = io.BytesIO()
    soundfile.write(target, audio.decoded(path.read_bytes()), audio.RATE, format="WAV", subtype="PCM_16")
    return Response(target.getvalue(), content_type="audio/wav")


@page.post("/calls")
def calls() -> Response | tuple[dict[str, str], int]:
    """Do a call over and give all that happens on it, also what would if the caller did nothing more."""
    phone = _phone()
    try:
        done = _replayed(phone)
    except replay.WrongCallError as error:
        return {"error": error.text_ja}, 400
    content = phone.current().content
    return jsonify(_titled(replay.timeline(done, farewells(content)), content))


@page.post("/calls.<kind>")
def download(kind: str) -> Response | tuple[dict[str, str], int]:
    """Give a call as a scenario (`yaml`) or as one sound file (`wav`)."""
    if kind not in ("yaml", "wav"):
        abort(404)
    phone = _phone()
    try:
        done = _replayed(phone)
    except replay.WrongCallError as error:
        return {"error": error.text_ja}, 400
    if kind == "wav":
        return Response(audio.encoded(done.call, phone.service.fetch), content_type="audio/wav")
    return Response(scenario.written(done.call, done.given, done.items), content_type="application/yaml; charset=utf-8")


@page.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> tuple[dict[str, str], int]:
    """Say so in words."""
    return {"error": f"一つの通話に書けるボタンは {replay.MOST_INPUTS} 回までです"}, 413


@page.errorhandler(FindingsError)
def unusable(error: FindingsError) -> tuple[dict[str, str], int]:
    """Say what is wrong with the words that are to be called."""
    return {"error": "\n".join(finding.format("ja") for finding in error.findings)}, 500


def _titled(told: dict[str, Any], content: Content) -> dict[str, Any]:
    """Add what places are called, and what keys chose: a key was pressed at the place where the call stood before."""
    nodes = [{**each, "title": content.titles.node(each["node"])} for each in told["nodes"]]

    def chosen(event: dict[str, Any]) -> dict[str, Any]:
        stood = [each["node"] for each in nodes if each["t"] < event["t"]]
        return {"title": titles.pressed(content.flow, stood[-1], event["key"]) if stood else ""}

    events = [{**event, **(chosen(event) if event["kind"] == "key" else {})} for event in told["events"]]
    return {**told, "nodes": nodes, "events": events}


def _replayed(phone: Phone) -> replay.Replayed:
    if request.mimetype != "application/json":
        raise replay.WrongCallError(
            "a call is asked for as application/json", "通話は application/json で送ってください"
        )
    wanted = replay.read(request.get_data())
    return replay.replay(wanted, phone.service, lambda: datetime.now(place.TOKYO).isoformat(timespec="seconds"))


def _phone() -> Phone:
    found: Phone = current_app.extensions["phone"]
    return found
