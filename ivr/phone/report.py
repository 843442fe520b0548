"""A finished call, written down: as JSON for scripts, as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ivr.simulator import (
    Dialled,
    Ended,
    Heard,
    Joined,
    Key,
    Played,
    Queued,
    Recorded,
    Requested,
    Silence,
    Spoke,
    Texted,
    Warned,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ivr.simulator import Call, Event

Ending = Literal["caller", "service", "transfer", "queue", "error", "limit"]
"""How the call of an inbound caller can end."""
EndedAs = Ending | Literal["person"]
FAILURES = ("error", "limit")
_WENT_WELL = range(200, 400)


def in_order(call: Call) -> list[Event]:
    """Give everything that happened by the second at which it began."""
    return sorted(call.events, key=lambda event: event.t)


def ended(call: Call) -> EndedAs | None:
    """Tell how a call ended: as `transfer` where someone answered a Dial and no key was pressed after that.

    As `queue` where the caller hung up in one, without having pressed a key there.
    """
    if call.ended in FAILURES or call.ended is None:
        return call.ended
    for event in reversed(call.events):
        if isinstance(event, Key):
            break
        if isinstance(event, Dialled) and event.status == "answered":
            return "transfer"
        if isinstance(event, Queued) and call.ended == "caller":
            return "queue"
    return call.ended


def as_json(call: Call) -> dict[str, Any]:
    """Give the object that `ivr call --json` prints."""
    return {
        "ended": ended(call),
        "seconds": call.seconds,
        "keys": sum(isinstance(event, Key) for event in call.events),
        "events": [event_json(event) for event in in_order(call) if type(event) in _KINDS],
    }


def event_json(event: Event) -> dict[str, Any]:
    """Give one event with its second and kind; `cut` and `estimated` stand there only if they are true."""
    kind, fields = _KINDS[type(event)]
    marks = {name: True for name in ("cut", "estimated") if getattr(event, name, False)}
    return {"t": event.t, "kind": kind, **{name: getattr(event, name) for name in fields}, **marks}


_KINDS: dict[type[Event], tuple[str, tuple[str, ...]]] = {
    Heard: ("heard", ("prompt", "text", "seconds")),
    Key: ("key", ("key",)),
    Spoke: ("speech", ("words", "seconds")),
    Silence: ("silence", ("seconds",)),
    Dialled: ("dial", ("to", "status")),
    Queued: ("queue", ("queue", "position")),
    Texted: ("sms", ("to", "text")),
    Joined: ("conference", ("conference",)),
    Recorded: ("recording", ("seconds",)),
    Requested: ("request", ("url", "status", "ms")),
    Warned: ("warning", ("code", "text")),
    Ended: ("hangup", ("by",)),
}


def lines(events: Iterable[Event]) -> list[str]:
    """Write events as lines for people, each with its second; requests that went well are left out."""
    return [f"{event.t:7.1f}  {words}" for event in events if (words := _words(event))]


def exchanges(call: Call) -> list[str]:
    """Write every webhook with what it sent and the TwiML that came back, for people who look for a mistake."""
    lines = []
    for event in call.requests:
        if event.params:
            lines.append(f"{event.t:7.1f}  {event.method} {event.url}: {event.status or 'no answer'}, {event.ms} ms")
            lines += [f"{'':9}{name}={value}" for name, value in event.params.items() if value]
            lines += [
                f"{'':9}{part}" for part in event.answer.decode(errors="replace").replace("><", ">\n<").splitlines()
            ]
    return lines


def _words(event: Event) -> str:  # noqa: C901, PLR0912  (a line for each kind of event)
    match event:
        case Heard():
            words = f"{'~' if event.estimated else ' '} {event.text}{' …(cut)' if event.cut else ''}"
        case Key():
            words = f"> key {event.key}"
        case Spoke():
            words = f"> says {event.words or '(something)'}"
        case Silence():
            words = f"> silence, {event.seconds:g} s"
        case Dialled():
            words = f"= dialled {event.to}: {event.status}"
        case Queued():
            words = f"= in the queue {event.queue}, at position {event.position}"
        case Texted():
            words = f"= texted {event.to}: {event.text}"
        case Joined():
            words = f"= in the conference {event.conference}"
        case Recorded():
            words = f"= recorded {event.seconds} s"
        case Requested():
            words = "" if event.status in _WENT_WELL else f"! request {event.url}: {event.status or 'no answer'}"
        case Warned():
            words = f"! warning{f' {event.code}' if event.code else ''}: {event.text}"
        case Played():
            words = ""
        case Ended():
            words = f"= hung up by {event.by}"
    return words


def summary(call: Call) -> str:
    """Say in one line how the call went."""
    keys = sum(isinstance(event, Key) for event in call.events)
    return f"ended: {ended(call)}, {call.seconds:.1f} s, {keys} {'key' if keys == 1 else 'keys'}"
