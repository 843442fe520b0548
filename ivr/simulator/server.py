"""`ivr simulator serve`: the local Twilio as a server, with a page to call from and to look at what goes on.

The only module of the simulator that needs Flask; nothing else imports it. It listens to this machine alone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, render_template, request

from ivr.simulator.call import KEYS
from ivr.simulator.events import (
    Dialled,
    Ended,
    Heard,
    Joined,
    Key,
    Queued,
    Recorded,
    Requested,
    Silence,
    Texted,
    Warned,
)
from ivr.simulator.parameters import is_caller

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ivr.simulator.call import Call
    from ivr.simulator.clock import RealTime
    from ivr.simulator.events import Event
    from ivr.simulator.leg import Line
    from ivr.simulator.rest.api import Rest

HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
MOST_SHOWN = 200
"""So many calls, messages and requests are shown, the latest."""
_SHOWN = (Heard, Key, Silence, Dialled, Queued, Joined, Recorded, Texted, Warned, Ended)


@dataclass(frozen=True)
class Exchange:
    """What the server is made of: the API, the clock of its world, and the numbers that can be called."""

    rest: Rest
    clock: RealTime
    lines: Mapping[str, Line]


pages = Blueprint("simulator", __name__, template_folder="templates", static_folder="static", static_url_path="/static")


def create_server(exchange: Exchange) -> Flask:
    """Make the application."""
    app = Flask(__name__, static_folder=None)
    app.extensions["exchange"] = exchange
    app.register_blueprint(pages)
    return app


@pages.before_request
def only_this_machine() -> None:
    """Refuse other hosts: a name that somebody else lets point here must not open the page."""
    host = request.host.rpartition(":")[0] if request.host.rpartition(":")[2].isdigit() else request.host
    if host not in HOSTS:
        abort(403)


@pages.after_request
def guarded(response: Response) -> Response:
    """Let nothing run, load or frame that is not ours."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@pages.route("/2010-04-01/<path:_rest>", methods=["GET", "POST", "DELETE", "PUT", "PATCH"])
def api(_rest: str) -> Response:
    """Answer as Twilio's REST API."""
    user = request.authorization
    asked = {name: request.values.getlist(name) for name in request.values}
    known = (user.username or "", user.password or "") if user and user.type == "basic" else None
    status, body = _exchange().rest.handle(request.method, request.path, asked, known)
    answer = jsonify(body) if body is not None else Response()
    answer.status_code = status
    return answer


@pages.get("/")
def page() -> str:
    """Show what goes on."""
    return render_template("simulator.html", numbers=list(_exchange().lines), keys=KEYS)


@pages.get("/state.json")
def state() -> Response:
    """Give what goes on."""
    return jsonify(shown(_exchange()))


@pages.post("/calls")
def dial() -> tuple[dict[str, str], int]:
    """Call one of the numbers."""
    exchange, wanted = _exchange(), _json()
    line, caller = exchange.lines.get(wanted.get("to", "")), wanted.get("from", "")
    if line is None:
        return {"error": f"no number {wanted.get('to')!r} is set: start with --number"}, 400
    if not is_caller(caller):
        others = "anonymous, sip:anna@example.jp or client:anna"
        return {"error": f"{caller!r} is neither a number such as +819012345678 nor {others}"}, 400
    exchange.clock.do(lambda: _dial(exchange, line, caller))
    return {}, 202


@pages.post("/calls/<sid>/<action>")
def act(sid: str, action: str) -> tuple[dict[str, str], int]:
    """Press a key on a call, or hang up."""
    exchange = _exchange()
    call = next((call for call in list(exchange.rest.world.calls) if call.sid == sid), None)
    key = _json().get("key", "")
    if call is None or action not in ("press", "hang-up"):
        abort(404)
    if action == "press" and (len(key) != 1 or key not in KEYS):
        return {"error": f"{key!r} is not one of the keys {KEYS}"}, 400
    exchange.clock.do(lambda: _act(call, key if action == "press" else ""))
    return {}, 202


def shown(exchange: Exchange) -> dict[str, Any]:
    """Give everything that the page shows, the latest first."""
    world = exchange.rest.world
    calls = list(world.calls)[-MOST_SHOWN:]
    asked = [
        {"t": round(call.made + event.t, 1), "call": call.sid, **_request(event)}
        for call in calls
        for event in list(call.events)
        if isinstance(event, Requested)
    ]
    told = [event for event in list(world.events) if isinstance(event, Requested)]
    asked += [{"t": round(event.t, 1), "call": "", **_request(event)} for event in told]
    asked.sort(key=lambda one: -float(one["t"]))
    return {
        "now": round(world.now, 1),
        "calls": [_call(call) for call in reversed(calls)],
        "messages": [
            {"to": one.to, "from": one.sender, "body": one.body, "status": one.status, "code": one.code}
            for one in reversed(list(world.messages)[-MOST_SHOWN:])
        ],
        "requests": asked[:MOST_SHOWN],
        "rest": [
            {"method": method, "path": path, "status": status}
            for method, path, status in reversed(exchange.rest.asked[-MOST_SHOWN:])
        ],
        "queues": [{"name": queue.name, "waiting": len(queue.members)} for queue in list(world.queues.values())],
    }


def _call(call: Call) -> dict[str, Any]:
    return {
        "sid": call.sid,
        "from": call.caller,
        "to": call.called,
        "direction": call.leg.direction,
        "status": call.status,
        "doing": call.doing,
        "seconds": call.seconds,
        "mine": call.leg.direction == "inbound" and not call.over,
        "events": list(_events(list(call.events))),
    }


def _events(events: Iterable[Event]) -> Iterable[dict[str, Any]]:
    for event in sorted(events, key=lambda event: event.t):
        if isinstance(event, _SHOWN):
            yield {"kind": type(event).__name__, **asdict(event)}


def _request(event: Requested) -> dict[str, Any]:
    answer = event.answer.decode(errors="replace") if event.params else ""
    return {"method": event.method, "url": event.url, "status": event.status, "ms": event.ms, "answer": answer}


def _act(call: Call, key: str) -> None:
    if call.over:
        return
    if key:
        call.press(key)
    else:
        call.hang_up()


def _json() -> dict[str, str]:
    """Read a small JSON object of words; other sites cannot send one without asking first."""
    if request.mimetype != "application/json":
        abort(415)
    found = request.get_json(silent=True)
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _dial(exchange: Exchange, line: Line, caller: str) -> None:
    exchange.rest.world.dial(line, caller)


def _exchange() -> Exchange:
    found: Exchange = current_app.extensions["exchange"]
    return found
