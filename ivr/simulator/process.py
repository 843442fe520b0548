"""What a call does with its time: it runs until it must wait, and goes on when time or a key has come.

Verbs are generators of waits. A key is sent into the generator; a hang-up is thrown into it.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

Doing = Literal["requesting", "speaking", "pausing", "listening", "ringing", "talking", "over"]


@dataclass(frozen=True)
class Wait:
    """Wait until a second of the world's clock; with `keys`, a key ends the wait early."""

    until: float
    doing: Doing
    keys: bool = False


@dataclass(frozen=True)
class Target:
    """A document to request next: an absolute address, and what the verb adds to the standard parameters."""

    url: str
    method: str = "POST"
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stop:
    """The service ends the call; `status` is the CallStatus that the call ends with."""

    status: str = "completed"


Next = Target | Stop | None
"""What follows a verb: another document, the end, or (None) the next verb of the same document."""

T = TypeVar("T")
Steps: TypeAlias = Generator[Wait, str | None, T]


class Trouble(Exception):  # noqa: N818  (Twilio calls these errors too, but the code is what matters)
    """A failure that stops a document, with its code in Twilio's error dictionary; leads to the fallback address.

    `seconds` is the time that the caller waited for it in vain.
    """

    def __init__(self, code: int, text: str, seconds: float = 0.0) -> None:
        """Keep the code (`ErrorCode` of the fallback request) and the words."""
        super().__init__(text)
        self.code = code
        self.seconds = seconds


class HungUp(Exception):  # noqa: N818  (what the caller does is no error)
    """Thrown into whatever the call is doing when the caller hangs up."""


class LimitReached(Exception):  # noqa: N818  (the simulator's own end of patience)
    """The call went on for longer than Twilio allows, or round and round without anyone pressing a key."""


class NotSimulated(Exception):  # noqa: N818  (Twilio could go on here; only the simulator cannot)
    """A verb of Twilio's that this simulator does not know how to run."""
