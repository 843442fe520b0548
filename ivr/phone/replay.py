"""A call from a list of inputs: done over from its beginning each time, so that nobody has to remember it.

The same inputs give the same call, for everything in it is virtual: clock, ids, people. What follows the last input is
the call as it goes on when the caller does nothing more; whoever shows it stops where the present is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ivr.findings import BadValueError
from ivr.misfits import misfits
from ivr.phone import items, place, report
from ivr.phone.walk.state import stand
from ivr.simulator import KEYS, Heard, Key, Outcome, Played, Requested, Silence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ivr.phone.items import Item
    from ivr.phone.place import Service
    from ivr.simulator import Call

MOST_INPUTS = 500
LONGEST_SECONDS = 3600.0
"""A call that is left alone is followed for so long at most: on hold it might never end."""
_INSTANT = 0.001


def _key(key: str) -> str:
    if len(key) != 1 or key not in KEYS:
        raise BadValueError(f"{key!r} is not one of the keys {KEYS}", f"「{key}」はボタン({KEYS})ではありません")
    return key


def _caller(text: str) -> str:
    return place.caller(text)


def _at(text: str) -> str:
    if text:
        place.moment(text)
    return text


Second = Annotated[float, Field(ge=0, le=LONGEST_SECONDS)]


class Input(BaseModel):
    """A key at a second of the call."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    t: Second
    key: Annotated[str, AfterValidator(_key)]


class Wanted(BaseModel):
    """A call to be done over. Without a moment it is placed now; `hang_up` is the second at which the caller does."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    at: Annotated[str, AfterValidator(_at)] = ""
    caller: Annotated[str, AfterValidator(_caller), Field(alias="from")] = place.CALLER
    dial: Outcome = "answered"
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 0
    inputs: Annotated[tuple[Input, ...], Field(max_length=MOST_INPUTS)] = ()
    hang_up: Second | None = None


class WrongCallError(BadValueError):
    """A call that cannot be done: what is wrong with it, in words for people."""


def read(body: bytes) -> Wanted:
    """Read a call from JSON; raises WrongCallError."""
    try:
        wanted = Wanted.model_validate_json(body)
    except ValidationError as error:
        raise WrongCallError(*_first(error, body)) from error
    seconds = [each.t for each in wanted.inputs]
    if seconds != sorted(seconds):
        raise WrongCallError("inputs: their seconds must be in order", "inputs: 秒の順に並べてください")
    return wanted


def _first(error: ValidationError, body: bytes) -> tuple[str, str]:
    try:
        data = json.loads(body)
    except ValueError:
        data = None
    found = misfits(error, Wanted, data)[0]
    where = ".".join(map(str, found.where))
    return f"{where or 'the call'}: {found.said.en}", f"{where or '通話'}: {found.said.ja}"


@dataclass(frozen=True)
class Replayed:
    """A call that was done over, what it was placed with, and what the caller did as items of `ivr call`."""

    call: Call
    given: place.Circumstances
    items: tuple[Item, ...]


def replay(wanted: Wanted, service: Service, now: Callable[[], str]) -> Replayed:
    """Do a call over. Inputs after its end are ignored: the caller pressed into a dead line."""
    given = place.Circumstances(place.moment(wanted.at or now()), wanted.caller, wanted.dial)
    call = place.dial(service, given, Random(wanted.seed))  # noqa: S311  (ids of test calls)
    done: list[Item] = []
    passage = 0.0
    for each in wanted.inputs:
        call.world.run(each.t)
        if call.over:
            break
        done += _silences(call, passage)
        passage = _passage(call)
        done.append(items.Press(each.key, round(max(0.0, each.t - passage), 3)))
        call.press(each.key)
        passage = each.t
    if wanted.hang_up is None:
        _go_on(call)
    else:
        call.world.run(wanted.hang_up)
    done += _silences(call, passage)
    if wanted.hang_up is not None and not call.over:
        done += _rest(call, passage)
        call.hang_up()
        done.append(items.HangUp())
    return Replayed(call, given, tuple(done))


def timeline(replayed: Replayed, farewell: Callable[[frozenset[str]], str]) -> dict[str, Any]:
    """Give everything that happens on a call, second by second, for a page that shows it in time."""
    call = replayed.call
    events = report.in_order(call)
    return {
        "at": replayed.given.at.isoformat(),
        "sid": call.sid,
        "seconds": call.seconds,
        "over": call.over,
        "ended": report.ended(call),
        "sounds": [_sound(event) for event in events if isinstance(event, Played)],
        "captions": [report.event_json(event) for event in events if isinstance(event, Heard)],
        "events": [report.event_json(event) for event in events if not isinstance(event, Played | Requested)],
        "requests": [_request(event) for event in events if isinstance(event, Requested) and event.params],
        "nodes": list(_nodes(call, farewell)),
    }


def _go_on(call: Call) -> None:
    while not call.over and call.world.wakes <= LONGEST_SECONDS:
        call.step()


def _silences(call: Call, since: float) -> Iterator[Item]:
    """Give a silence for each time that the service went on by itself since a second."""
    yield from (items.Silent() for event in _silent(call) if event >= since - _INSTANT)


def _silent(call: Call) -> list[float]:
    return [event.t + event.seconds for event in call.events if isinstance(event, Silence)]


def _passage(call: Call) -> float:
    """Give the second at which the present passage began: after the last key or silence, with its first sound."""
    ends = [0.0, *_silent(call), *(event.t for event in call.events if isinstance(event, Key))]
    return max(ends)


def _rest(call: Call, since: float) -> Iterator[Item]:
    """Wait until the second of the hang-up."""
    passed = call.seconds - max([since, *(t for t in _silent(call))])
    if passed > _INSTANT:
        yield items.Idle(round(passed, 3))


def _sound(event: Played) -> dict[str, Any]:
    return {"t": event.t, "seconds": event.seconds, "source": event.source, "said": event.said}


def _request(event: Requested) -> dict[str, Any]:
    return {
        "t": event.t,
        "method": event.method,
        "url": event.url,
        "status": event.status,
        "ms": event.ms,
        "params": dict(event.params),
        "answer": event.answer.decode(errors="replace"),
    }


def _nodes(call: Call, farewell: Callable[[frozenset[str]], str]) -> Iterator[dict[str, Any]]:
    """Tell at which node the call stood from when on, by the addresses in each document."""
    documents = [event for event in call.events if isinstance(event, Requested) and event.params and event.answer]
    for number, event in enumerate(documents):
        until = documents[number + 1].t if number + 1 < len(documents) else call.seconds
        text = event.answer.decode(errors="replace")
        if "<Response" not in text:
            continue
        found, position = stand(text)
        if position is None:
            words = frozenset(heard.prompt for heard in call.heard if event.t <= heard.t <= until)
            yield {"t": event.t, "node": farewell(words)}
        else:
            yield {"t": event.t, "node": found.node}
