"""Whole calls as data: why somebody calls, what they press, what they must have heard and by when.

One YAML file a caller, as in `tests/calls/`. `reason` says who calls; `keys`, `at`, `from` and `dial` are those of
`ivr call`; `needs` are the words that answer them and `within` the seconds, counted from the answer, by which these
words must have been heard; `heard` and `not_heard` are further words, `ended` is how the call ends. `common` marks the
reasons for which most people call: for them the answer must begin and help sooner (`COMMON_BEGINS`, `COMMON_HELPS`).
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ivr.phone import items, place, report
from ivr.phone.caller import Caller
from ivr.simulator import Key, Outcome
from ivr.yamlfile import parse, read

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from random import Random

    from ivr.phone.place import Service
    from ivr.simulator import Call, Heard


COMMON_BEGINS, COMMON_HELPS = 20.0, 30.0
"""Seconds: median within which the answer to a common reason begins, and within which what lets people act is heard."""


def _moment(text: str) -> str:
    place.moment(text)
    return text


def _keys(text: str) -> str:
    items.parse(text)
    return text


class Reason(BaseModel):
    """One caller."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str
    keys: Annotated[str, AfterValidator(_keys)]
    at: Annotated[str, AfterValidator(_moment)]
    needs: str
    within: float = Field(gt=0)
    caller: Annotated[str, AfterValidator(place.caller), Field(alias="from")] = place.CALLER
    dial: Outcome = "answered"
    heard: tuple[str, ...] = ()
    not_heard: tuple[str, ...] = ()
    ended: report.Ending = "caller"
    common: bool = False


@dataclass(frozen=True)
class Told:
    """What became of a call: seconds until the answer began and until the needed words were heard (None: never).

    The answer begins with the first word after the last key that was pressed before the needed words.
    """

    reason: Reason
    begins: float | None
    seconds: float | None
    keys: int
    total: float
    problems: tuple[str, ...]


def load(path: Path) -> Reason:
    """Read one file; raises FindingsError with its lines."""
    return parse(read(path, path.parent), Reason)


def tell(reason: Reason, service: Service, random: Random) -> Told:
    """Place the call and look whether the caller was helped."""
    given = place.Circumstances(place.moment(reason.at), place.caller(reason.caller), reason.dial)
    call = place.dial(service, given, random)
    Caller(call).play(items.parse(reason.keys))
    answer = next((heard for heard in call.heard if reason.needs in heard.text and not heard.cut), None)
    seconds = round(answer.t + answer.seconds, 1) if answer else None
    pressed = [event.t for event in call.events if isinstance(event, Key) and answer and event.t <= answer.t]
    begins = min((heard.t for heard in call.heard if heard.t >= max(pressed, default=0.0)), default=None)
    problems = tuple(_problems(reason, call, seconds))
    return Told(reason, round(begins, 1) if answer and begins else None, seconds, len(pressed), call.seconds, problems)


def too_slow(told: Iterable[Told]) -> list[str]:
    """Say where common reasons to call are answered too late; nothing where there is none."""
    common = [item for item in told if item.reason.common]
    begins = [item.begins for item in common if item.begins is not None]
    found = [
        f"{item.reason.reason}: heard after {item.seconds} s, not within {COMMON_HELPS:g} s"
        for item in common
        if item.seconds is None or item.seconds > COMMON_HELPS
    ]
    if begins and median(begins) > COMMON_BEGINS:
        found.append(f"answers begin after {median(begins):.1f} s in the median, not within {COMMON_BEGINS:g} s")
    return found


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
