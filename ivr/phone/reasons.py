"""Whole calls as data: why somebody calls, what they press, what they must have heard and by when.

One YAML file a caller, as in `tests/calls/`. `reason` says who calls; `keys`, `at`, `from` and `dial` are those of
`ivr call`; `needs` are the words that answer them and `within` the seconds, counted from the answer, by which these
words must have been heard; `heard` and `not_heard` are further words, `ended` is how the call ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from ivr.phone import items, place, report
from ivr.phone.caller import Caller
from ivr.simulator import Key
from ivr.yamlfile import parse, read

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from ivr.phone.place import Service
    from ivr.simulator import Call, Heard


class Reason(BaseModel):
    """One caller."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str
    keys: str
    at: str
    needs: str
    within: float = Field(gt=0)
    caller: str = Field(default=place.CALLER, alias="from")
    dial: str = "answered"
    heard: tuple[str, ...] = ()
    not_heard: tuple[str, ...] = ()
    ended: str = "caller"


@dataclass(frozen=True)
class Told:
    """What became of a call: seconds until the needed words were heard (None: never), keys pressed until then."""

    reason: Reason
    seconds: float | None
    keys: int
    total: float
    problems: tuple[str, ...]


def load(path: Path) -> Reason:
    """Read one file; raises FindingsError with its lines."""
    return parse(read(path, path.parent), Reason)


def tell(reason: Reason, service: Service, random: Random) -> Told:
    """Place the call and look whether the caller was helped."""
    given = place.Circumstances(place.moment(reason.at), place.caller(reason.caller), reason.dial)  # type: ignore[arg-type]
    call = place.dial(service, given, random)
    Caller(call).play(items.parse(reason.keys))
    answer = next((heard for heard in call.heard if reason.needs in heard.text and not heard.cut), None)
    seconds = round(answer.t + answer.seconds, 1) if answer else None
    keys = sum(event.t <= answer.t for event in call.events if isinstance(event, Key)) if answer else 0
    return Told(reason, seconds, keys, call.seconds, tuple(_problems(reason, call, seconds)))


def _problems(reason: Reason, call: Call, seconds: float | None) -> list[str]:
    words = "".join(_told(heard) for heard in call.heard)
    found = [f"not heard: {text}" for text in reason.heard if text not in words]
    found += [f"heard, but must not be: {text}" for text in reason.not_heard if text in words]
    if seconds is None:
        found.append(f"never heard: {reason.needs}")
    elif seconds > reason.within:
        found.append(f"{reason.needs} was heard after {seconds} s, not within {reason.within:g} s")
    if report.ended(call) != reason.ended:
        found.append(f"ended by {report.ended(call)}, not {reason.ended}")
    return found


def _told(heard: Heard) -> str:
    return "" if heard.cut else heard.text
