"""`/voice` and `/audio`: what Twilio requests. Each handler reads the form, takes one step, writes one document.

Every request below `/voice` must bear a valid signature and be a POST: a GET would put keys into access logs.
Whatever goes wrong in here, the caller hears words with the two numbers that matter.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog
from flask import Blueprint, Response, abort, current_app, g, request, send_file
from werkzeug.exceptions import HTTPException

from ivr import twilio, twiml
from ivr.call import Dial, Silence, Start, Turn, advance
from ivr.log import known_path
from ivr.position import Position, decode
from ivr.records.callers import mask_caller
from ivr.records.events import Event, fit

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr.board import Board
    from ivr.call import Heard
    from ivr.content import Content
    from ivr.metrics import Metrics
    from ivr.records.spool import Spool
    from ivr.sets.current import Set
    from ivr.speech.store import AudioLibrary

TOKYO = ZoneInfo("Asia/Tokyo")
YEARS = (1971, 2090)
"""Of the moments that a test call may ask for: within what the calendar of holidays knows."""
AUDIO_TYPE = "audio/wav"
log = structlog.get_logger(__name__)
voice = Blueprint("voice", __name__, url_prefix="/voice")
audio = Blueprint("audio", __name__, url_prefix="/audio")


@dataclass(frozen=True)
class Service:
    """Everything a turn needs, in memory; built once by `create_app`.

    `current` gives the set that answers at this moment: another one may take over at any time, so a request takes it
    once (`used`). `library` knows the files of every set that is kept.
    """

    current: Callable[[], Set]
    library: AudioLibrary
    spool: Spool
    tokens: twilio.Tokens
    public_url: str
    own_number: str
    caller_key: bytes
    board: Callable[[], Board]
    now: Callable[[], datetime]
    metrics: Metrics

    @property
    def content(self) -> Content:
        """Words of the set that answers at this moment."""
        return self.current().content

    @property
    def last_resort(self) -> str:
        """Document for when everything else fails."""
        return self.current().last_resort

    def turn(self, position: str, after: str = "") -> str:
        """Give the absolute address of the next turn."""
        return f"{self.public_url}/voice/at/{position}" + (f"/{after}" if after else "")

    def audio(self, name: str) -> str:
        """Give the absolute address of an audio file."""
        return f"{self.public_url}/audio/{name}.wav"


def service() -> Service:
    """Give the service of the application that answers this request."""
    found: Service = current_app.extensions["ivr"]
    return found


def used() -> Set:
    """Give the set that answers this request: the same from its beginning to its end."""
    if "used" not in g:
        g.used = service().current()
    found: Set = g.used
    return found


@voice.before_request
def check_signature() -> None:
    """Refuse with 403 whatever Twilio did not sign, and tell whoever runs the service what to look at."""
    here, g.began = service(), time.perf_counter()
    url = twilio.requested_url(here.public_url, request.environ)
    signature = request.headers.get("X-Twilio-Signature", "")
    g.signer = twilio.signer(here.tokens, url, request.form, signature)
    if g.signer is None:
        here.metrics.refused()
        tell_refused(signature, url=here.public_url + known_path(request.path))
        abort(403)
    structlog.contextvars.bind_contextvars(call=call_id(), test=g.signer == "test")


def tell_refused(signature: str, url: str) -> None:
    """Log why a request was refused, and what to do about it."""
    if twilio.is_test(request.form) and not service().tokens.test:
        log.warning("test_call_refused", url=url, remedy="IVR_TEST_CALLS is refuse; set it to accept for a test")
        return
    log.warning(
        "signature_refused",
        reason="signature does not fit" if signature else "no X-Twilio-Signature header",
        url=url,
        remedy="compare this address with the webhook set for the number; IVR_PUBLIC_URL must be its beginning, "
        "and TWILIO_AUTH_TOKEN the primary token of the account that owns the number",
    )


@voice.after_request
def count(response: Response) -> Response:
    """Count how long a signed request took, by what kind of node follows."""
    kind = g.get("kind", "")
    if kind:
        service().metrics.turn(kind, time.perf_counter() - g.began)
    return response


@voice.teardown_request
def forget_call(_error: BaseException | None) -> None:
    """Let no later log line name this call."""
    structlog.contextvars.clear_contextvars()


@voice.errorhandler(Exception)
def last_resort_on_error(error: Exception) -> Response | HTTPException:
    """Let nobody hear Twilio's "application error": the two numbers instead. Refusals stay refusals."""
    if isinstance(error, HTTPException):
        return error
    log.error("turn_failed", endpoint=request.endpoint, exc_info=error)
    service().metrics.failed()
    return document(used().last_resort)


@voice.post("")
def answer() -> Response:
    """Open a call: `CallSid=CA…&From=%2B8190…&To=%2B8150…&CallStatus=ringing&Direction=inbound`."""
    here, content, now = service(), used().content, moment()
    position = Position(content.flow.top.start, int(now.timestamp()), turn=-1)
    turn = advance(content, stamped(position), Start(), now, here.board())
    digest, tail = mask_caller(twilio.caller(request.form), here.caller_key)
    record("answer", turn, now, caller_hash=digest, caller_tail=tail)
    return spoken(turn)


@voice.post("/at/<position>")
def key(position: str) -> Response:
    """Take the key that a Gather collected: `Digits=1` beside the parameters of every request."""
    return step(position, twilio.heard_key(request.form))


@voice.post("/at/<position>/silence")
def silence(position: str) -> Response:
    """Take the silence that a Gather fell through with: no `Digits` at all."""
    return step(position, Silence())


@voice.post("/at/<position>/dialled")
def dialled(position: str) -> Response:
    """Take the outcome of a transfer: `DialCallStatus=busy`, or a word that we do not know."""
    return step(position, twilio.heard_dial(request.form), kind="transfer")


@voice.post("/status")
def status() -> Response:
    """Note the end of a call: `CallStatus=completed&CallDuration=61`. What we answer is not executed."""
    now, form = moment(), request.form
    status = form.get("CallStatus", "")
    detail = {
        "status": status if status in twilio.CALL_STATUSES else "other",
        "seconds": form.get("CallDuration", ""),
    }
    write(Event(call_id(), 0, "status", now, test=is_test(), detail=detail))
    g.kind = "status"
    return Response(status=204)


@voice.post("/fallback")
def fallback() -> Response:
    """Answer for a document that failed: `ErrorCode=11200&ErrorUrl=…`. Static words, no state."""
    code = twilio.error_code(request.form)
    service().metrics.twilio_error(code)
    g.kind = "fallback"
    log.error("fallback_used", code=code or "unknown", remedy="look the code up in Twilio's error dictionary")
    now, detail = moment(), {"code": request.form.get("ErrorCode", "")}
    write(Event(call_id(), int(now.timestamp()), "fault", now, test=is_test(), detail=detail))
    return document(used().last_resort)


@audio.get("/<name>.wav")
def audio_file(name: str) -> Response:
    """Serve a prompt under the hash of its content: it can be kept for ever."""
    path = service().library.path(name)
    if path is None:
        service().metrics.audio_missing("file")
        log.warning("audio_missing", name=name, remedy="run `ivr prompts build`")
        abort(404)
    response = send_file(path, mimetype=AUDIO_TYPE, etag=name, conditional=True, max_age=31536000)
    response.cache_control.public = True
    response.cache_control.immutable = True
    return response


def step(encoded: str, heard: Heard, kind: str = "turn") -> Response:
    """Go on from a position; one that cannot be read leads to the opening, with a short apology."""
    content, now = used().content, moment()
    position = decode(encoded)
    came_from = position.node if position and position.node in content.flow.nodes else ""
    if position is None:
        log.warning("position_unreadable", length=len(encoded))
        position, heard = Position(content.flow.top.start, int(now.timestamp())), Start(lost=True)
    turn = advance(content, stamped(position), heard, now, service().board())
    detail = {"to": content.dialled(came_from)} if kind == "transfer" else {}
    record(kind, turn, now, came_from=came_from, **detail)
    return spoken(turn)


def stamped(position: Position) -> Position:
    """Mark a position with the versions of flow and voice that now answer it."""
    return position.with_versions(used().content.version, used().voice_set.id)


def record(kind: str, turn: Turn, now: datetime, **detail: str) -> None:
    """Write a turn to the spool: the option chosen and the node that follows, never the key."""
    position = turn.position
    write(
        Event(
            call_id(),
            position.turn,
            kind,
            now,
            node=position.node,
            option=turn.chosen,
            flow_version=position.flow_version,
            voice_version=position.voice_version,
            test=is_test(),
            detail=detail,
        )
    )


def write(event: Event) -> None:
    """Append an event; a spool that cannot be written costs the record, never the call. Values that do not fit too."""
    unnamed = () if twilio.call_sid(request.form) else ("call",)
    for field in (*unnamed, *fit(event)[1]):
        service().metrics.left_out(field)
        log.warning("value_left_out", field=field, kind=event.kind, remedy="nothing; the rest of it is recorded")
    if not service().spool.append(event):
        service().metrics.unrecorded()
        log.error("turn_not_recorded", kind=event.kind, turn=event.turn, remedy="free space under IVR_DATA")


def spoken(turn: Turn) -> Response:
    """Answer with a turn as TwiML; passages without a file are said by Twilio's voice, and that is logged."""
    here, current = service(), used()
    for passage in turn.passages:
        if current.file_of(passage) is None:
            here.metrics.audio_missing("passage")
            log.warning(
                "audio_missing", prompts=sorted({s.prompt for s in passage.sentences}), remedy="ivr prompts build"
            )
    node = current.content.flow.nodes.get(turn.position.node)
    g.kind = node.kind if node else "unknown"
    caller_id = twilio.called(request.form) or here.own_number
    if isinstance(turn.then, Dial) and not caller_id:
        log.warning("no_caller_id", remedy="set TWILIO_PHONE_NUMBER: SIP phones and apps cannot be transferred without")
    return document(twiml.render(turn, here, current, caller_id))


def document(text: str) -> Response:
    """Answer with TwiML that no proxy may keep."""
    response = Response(text, content_type=twiml.TYPE)
    response.cache_control.no_store = True
    return response


def moment() -> datetime:
    """Give now in Tokyo; a test call may carry its own moment, which a real call cannot."""
    given = request.form.get("TestTime", "") if is_test() else ""
    try:
        now = datetime.fromisoformat(given) if given else service().now()
    except ValueError:
        log.warning("test_time_unreadable", remedy="TestTime is ISO 8601 with an offset")
        now = service().now()
    if now.utcoffset() is None:
        now = now.replace(tzinfo=TOKYO)
    if YEARS[0] <= now.year <= YEARS[1]:
        now = now.astimezone(TOKYO)  # which may lie in the year beside
    if not YEARS[0] <= now.year <= YEARS[1]:
        log.warning("test_time_out_of_range", years=YEARS)
        now = service().now()
    return now.astimezone(TOKYO)


def is_test() -> bool:
    """Tell a test call, signed with the test token under the test account."""
    return bool(g.signer == "test")


def call_id() -> str:
    """Give the call's id for records; a request without one is still answered."""
    return twilio.call_sid(request.form) or "CA" + "0" * 32
