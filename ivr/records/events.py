"""What is recorded of a call: small values with names of nodes and options, never keys, numbers or sentences.

One event is one line of a spool: CRC-32 in eight hexadecimal digits, a blank, compact JSON, a newline. Values that
could be something a caller typed do not fit the forms below: they are left out before anything is written, and again
when a line is read, since a line may come from anywhere.
"""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ivr.chosen import Chosen, Ended

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = ("answer", "turn", "transfer", "status", "fault")
LONGEST_LINE = 4096
"""Bytes; twice what the longest event needs."""

YEARS = (1970, 2199)
"""Of the moments that an event may have: every store takes them, in every zone."""
_FORM = 1
_MAX_TURN = 2**63 - 1
_BASE = 1000
"""A call whose position could not be read counts its turns on from a multiple of this."""
_CALL = re.compile(r"[A-Za-z0-9]{1,64}")
_NAME = re.compile(r"(?:[A-Za-z][A-Za-z0-9_.-]{0,63})?")
_VERSION = re.compile(r"[0-9a-f]{0,64}")
_FITTED = ("node", "option", "flow_version", "voice_version")
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


def is_call(text: str) -> bool:
    """Tell whether a text can be the id of a call."""
    return _CALL.fullmatch(text) is not None


def fit(event: Event) -> tuple[Event, tuple[str, ...]]:
    """Give an event as it can be kept, and the names of the fields whose value was left out.

    A node or an option that is no name (digits that slipped in) becomes `unfit`: the turn still counts.
    """
    details = {name: _DETAIL.get(name, _NAME) for name in event.detail if _NAME.fullmatch(name)}
    kept = replace(
        event,
        node=_fit(event.node, _NAME, Chosen.UNFIT),
        option=_fit(event.option, _NAME, Chosen.UNFIT),
        flow_version=_fit(event.flow_version, _VERSION),
        voice_version=_fit(event.voice_version, _VERSION),
        detail={name: event.detail[name] for name, form in details.items() if form.fullmatch(event.detail[name])},
    )
    left = [name for name in _FITTED if getattr(kept, name) != getattr(event, name)]
    left += [name if name in details else "detail" for name in event.detail if name not in kept.detail]
    return kept, tuple(left)


def encode(event: Event) -> bytes:
    """Write an event as a line of a spool, as `fit` gives it. Raises ValueError for one that could never be stored."""
    _check(event.call, event.turn, event.kind, event.at)
    kept, _ = fit(event)
    values = {
        "v": _FORM,
        "call": kept.call,
        "turn": kept.turn,
        "kind": kept.kind,
        "at": kept.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "node": kept.node,
        "option": kept.option,
        "flow": kept.flow_version,
        "voice": kept.voice_version,
        "test": kept.test,
        "detail": kept.detail,
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
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CorruptLineError(f"it was written by another version of this program ({type(error).__name__})") from error


def _event(values: dict[str, Any]) -> Event:
    if values["v"] != _FORM:
        raise ValueError(f"form {values['v']}")
    at = datetime.fromisoformat(values["at"])
    _check(values["call"], values["turn"], values["kind"], at)
    if not isinstance(values["test"], bool):
        raise TypeError("whether it is a test call is true or false")
    found, _ = fit(
        Event(
            values["call"],
            values["turn"],
            values["kind"],
            at,
            node=values["node"],
            option=values["option"],
            flow_version=values["flow"],
            voice_version=values["voice"],
            test=values["test"],
            detail=values["detail"],
        )
    )
    return _renamed(found)


def _renamed(event: Event) -> Event:
    """Give a line that was written before words had names of their own as it is written now: see migration 006."""
    came_from = event.detail.get("came_from", "")
    nowhere = not came_from or (event.turn >= _BASE and event.turn % _BASE == 0)
    if event.kind in {"turn", "transfer"} and event.option == "lost" and nowhere:
        return replace(event, option=Chosen.POSITION_LOST.value, detail={**event.detail, "came_from": ""})
    if event.kind == "transfer" and event.option == "other":
        return replace(event, option=Ended.UNKNOWN.value)
    return event


def _check(call: str, turn: int, kind: str, at: datetime) -> None:
    if not is_call(call):
        raise ValueError("a call's id is 1 to 64 letters and digits")
    if type(turn) is not int or not 0 <= turn <= _MAX_TURN:
        raise ValueError(f"turn {turn} is out of range")
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of event; there are {', '.join(KINDS)}")
    if at.utcoffset() is None:
        raise ValueError("the moment of an event has an offset")
    if not YEARS[0] <= at.year <= YEARS[1]:
        raise ValueError(f"the moment of an event lies in the years {YEARS[0]} to {YEARS[1]}")


def _fit(value: str, form: re.Pattern[str], otherwise: str = "") -> str:
    return value if form.fullmatch(value) else otherwise
