"""What is recorded of a call: small values with names of nodes and options, never keys, numbers or sentences.

One event is one line of a spool: CRC-32 in eight hexadecimal digits, a blank, compact JSON, a newline. Values that
could be something a caller typed do not fit the forms below and are replaced before anything is written.
"""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = ("answer", "turn", "transfer", "status", "fault")
LONGEST_LINE = 4096
"""Bytes; twice what the longest event needs."""

_UNFIT = "unfit"
_FORM = 1
_MAX_TURN = 2**63 - 1
_CALL = re.compile(r"[A-Za-z0-9]{1,64}")
_NAME = re.compile(r"(?:[A-Za-z][A-Za-z0-9_.-]{0,63})?")
_VERSION = re.compile(r"[0-9a-f]{0,64}")
_DETAIL = {
    "caller_hash": re.compile(r"(?:[0-9a-f]{32})?"),
    "caller_tail": re.compile(r"(?:[0-9]{2})?"),
    "seconds": re.compile(r"[0-9]{0,6}"),
    "code": re.compile(r"(?:[0-9]{5})?"),
}


@dataclass(frozen=True)
class Event:
    """One thing that happened in a call; unique by (call, test, turn, kind).

    `call` is Twilio's CallSid, `at` an aware moment, `node` where the call then stands, `option` what was heard by
    its name (`silence` and `wrong` are names too) or how a transfer ended. `detail` by kind: `answer` has
    `caller_hash` and `caller_tail`; `turn` and `transfer` have `came_from`; `transfer` may have `to`, a fact's name;
    `status` has `status` and `seconds`; `fault` has `code`. See Twilio's pages "TwiML voice request parameters" and
    "Call resource" for the words that status and outcome can be.
    """

    call: str
    turn: int
    kind: str
    at: datetime
    node: str = ""
    option: str = ""
    flow_version: str = ""
    voice_version: str = ""
    test: bool = False
    detail: Mapping[str, str] = field(default_factory=dict)


class CorruptLineError(ValueError):
    """A line of a spool is not what this version writes; says why, never what stands in it."""


def encode(event: Event) -> bytes:
    """Write an event as a line of a spool. Raises ValueError for one that could never be stored.

    A name that has the form of no name (digits that slipped in) is replaced by `unfit`: the turn still counts.
    """
    _check(event.call, event.turn, event.kind, event.at)
    values = {
        "v": _FORM,
        "call": event.call,
        "turn": event.turn,
        "kind": event.kind,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "node": _fit(event.node, _NAME),
        "option": _fit(event.option, _NAME),
        "flow": _fit(event.flow_version, _VERSION),
        "voice": _fit(event.voice_version, _VERSION),
        "test": event.test,
        "detail": {_fit(name, _NAME): _fit(value, _DETAIL.get(name, _NAME)) for name, value in event.detail.items()},
    }
    body = json.dumps(values, separators=(",", ":")).encode()
    if len(body) > LONGEST_LINE:
        raise ValueError(f"an event of {len(body)} bytes is too long for a spool (limit {LONGEST_LINE})")
    return b"%08x %s\n" % (zlib.crc32(body), body)


def decode(line: bytes) -> Event:
    """Read a line of a spool back, with or without its newline; raises CorruptLineError."""
    checksum, _, body = line.removesuffix(b"\n").partition(b" ")
    if checksum != b"%08x" % zlib.crc32(body):
        raise CorruptLineError("the checksum does not fit")
    try:
        return _event(json.loads(body))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CorruptLineError(f"it was written by another version of this program ({type(error).__name__})") from error


def _event(values: dict[str, Any]) -> Event:
    if values["v"] != _FORM:
        raise ValueError(f"form {values['v']}")
    at = datetime.fromisoformat(values["at"])
    _check(values["call"], values["turn"], values["kind"], at)
    return Event(
        values["call"],
        values["turn"],
        values["kind"],
        at,
        node=str(values["node"]),
        option=str(values["option"]),
        flow_version=str(values["flow"]),
        voice_version=str(values["voice"]),
        test=bool(values["test"]),
        detail={str(name): str(value) for name, value in values["detail"].items()},
    )


def _check(call: str, turn: int, kind: str, at: datetime) -> None:
    if not _CALL.fullmatch(call):
        raise ValueError("a call's id is 1 to 64 letters and digits")
    if not 0 <= turn <= _MAX_TURN:
        raise ValueError(f"turn {turn} is out of range")
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of event; there are {', '.join(KINDS)}")
    if at.utcoffset() is None:
        raise ValueError("the moment of an event has an offset")


def _fit(value: str, form: re.Pattern[str]) -> str:
    return value if form.fullmatch(value) else _UNFIT
