"""What happens on a simulated call, each with its second: values only, in the order in which they were over.

`t` is always seconds of virtual time since the call was dialled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

EndedBy = Literal["caller", "person", "service", "error", "limit"]
"""Who ended a call; `person` is somebody who was rung up."""
HungUpBy = Literal["caller", "person", "service", "twilio"]


@dataclass(frozen=True)
class Heard:
    """A sentence, or a sound that nobody described, from `t` on, for as long as it was really heard.

    `cut` tells that a key or a hang-up ended it, `estimated` that its length is counted from its words.
    """

    t: float
    text: str
    seconds: float
    prompt: str = ""
    option: str = ""
    cut: bool = False
    estimated: bool = False


@dataclass(frozen=True)
class Played:
    """A sound as a whole, from `t` on, for as long as it was really heard; its sentences are each `Heard`.

    `source` is the address of a <Play>, or the words of a <Say>.
    """

    t: float
    source: str
    seconds: float
    said: bool = False


@dataclass(frozen=True)
class Key:
    """A key that the caller pressed, whether or not anything listened."""

    t: float
    key: str


@dataclass(frozen=True)
class Spoke:
    """What the caller said, whether or not anything listened; without `words` nobody would understand it."""

    t: float
    seconds: float
    words: str = ""
    confidence: float = 0.9


@dataclass(frozen=True)
class Silence:
    """A Gather that waited in vain: from its last word or key until its timeout."""

    t: float
    seconds: float


@dataclass(frozen=True)
class Dialled:
    """A number that was dialled and what became of it, in the words that script the person there."""

    t: float
    to: str
    status: str


@dataclass(frozen=True)
class Queued:
    """The call came into a queue, at a position in it, 1 for the next."""

    t: float
    queue: str
    position: int


@dataclass(frozen=True)
class Joined:
    """The call came into a conference."""

    t: float
    conference: str


@dataclass(frozen=True)
class Recorded:
    """A recording that ended, `seconds` long, with its address; 0 seconds is a recording of nothing."""

    t: float
    url: str
    seconds: int


@dataclass(frozen=True)
class Texted:
    """A text message that went out while the call was going on."""

    t: float
    to: str
    text: str


@dataclass(frozen=True)
class Requested:
    """One exchange over HTTP; `status` 0 is no answer at all, `ms` the time that the service really took.

    `params` are the call's parameters, form or query; a sound is fetched without any.
    """

    t: float
    method: str
    url: str
    status: int
    ms: float
    params: Mapping[str, str] = field(default_factory=dict)
    answer: bytes = b""


@dataclass(frozen=True)
class Warned:
    """An entry of Twilio's debugger by its code; code 0 is a remark of the simulator itself."""

    t: float
    code: int
    text: str


@dataclass(frozen=True)
class Ended:
    """The end of the call: who hung up; Twilio does after an error, and where the simulator's limit is reached."""

    t: float
    by: HungUpBy


Event = (
    Heard | Played | Key | Spoke | Silence | Dialled | Queued | Joined | Recorded | Texted | Requested | Warned | Ended
)
