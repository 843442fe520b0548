"""What a call does with its time: it runs until it must wait, and goes on when time, a key or another call has come.

Verbs are generators of waits. A key is sent into the generator; what happens to the call from outside is thrown in.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr.simulator.events import EndedBy

Doing = Literal[
    "queued",
    "requesting",
    "speaking",
    "pausing",
    "listening",
    "hearing",
    "recording",
    "ringing",
    "waiting",
    "talking",
    "over",
]


@dataclass(frozen=True)
class Wait:
    """Wait until a second of the world's clock.

    A key ends the wait early with `keys`, another call with `nudged`, and a word of the caller's with `speech`.
    """

    until: float
    doing: Doing
    keys: bool = False
    nudged: bool = False
    speech: bool = False


@dataclass(frozen=True)
class Target:
    """A document to request next: an absolute address, and what the verb adds to the standard parameters.

    With `twiml` it need not be requested: that text is the document, and it has no address.
    """

    url: str
    method: str = "POST"
    params: Mapping[str, str] = field(default_factory=dict)
    twiml: str = ""


@dataclass(frozen=True)
class Stop:
    """The service ends the call; `status` is the CallStatus that the call ends with."""

    status: str = "completed"


@dataclass(frozen=True)
class Left:
    """A wait document lets its caller out of the queue."""


Next = Target | Stop | Left | None
"""What follows a verb: another document, the end, or (None) the next verb of the same document."""

T = TypeVar("T")
Steps: TypeAlias = Generator[Wait, str | None, T]


class Trouble(Exception):  # noqa: N818  (Twilio calls these errors too, but the code is what matters)
    """A failure that stops a document, with its code in Twilio's error dictionary; leads to the fallback address.

    `seconds` is the time that the caller waited for it in vain; `kind` is what Twilio's retry policies call it.
    """

    def __init__(self, code: int, text: str, seconds: float = 0.0, kind: Literal["ct", "rt", ""] = "") -> None:
        """Keep the code (`ErrorCode` of the fallback request) and the words."""
        super().__init__(text)
        self.code = code
        self.seconds = seconds
        self.kind = kind


class HungUp(Exception):  # noqa: N818  (what people do is no error)
    """Thrown into whatever the call is doing when it ends from outside: by whom, and with which CallStatus.

    Without a status it is completed, or no-answer where nobody has answered yet.
    """

    def __init__(self, by: EndedBy = "caller", status: str = "") -> None:
        """Keep who ended it."""
        super().__init__(f"ended by {by}")
        self.by = by
        self.status = status


class Redirected(Exception):  # noqa: N818  (an order over REST)
    """Thrown into whatever the call is doing when it is told over REST to go on with another document."""

    def __init__(self, target: Target) -> None:
        """Keep where it goes."""
        super().__init__(target.url)
        self.target = target


class Interrupted(Exception):  # noqa: N818  (the music stops because somebody is there)
    """Thrown into a call on hold when its waiting is over."""


class LimitReached(Exception):  # noqa: N818  (the simulator's own end of patience)
    """The call went on for longer than Twilio allows, or round and round without anyone pressing a key."""


class NotSimulated(Exception):  # noqa: N818  (Twilio could go on here; only the simulator cannot)
    """A verb of Twilio's that this simulator does not know how to run."""
