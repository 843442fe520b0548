"""Where a walk stands: the document that a caller would now hear, and what of it decides what can come next."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ivr.flow import Farewell
from ivr.position import Position, Survey, decode

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ivr.content import Content

_POSITION = re.compile(r'/voice/at/([^/"<]+)')
NOWHERE = "-"
"""The name of a node that is none: a document that ends the call says nothing about where it stood."""


@dataclass(frozen=True, order=True)
class Stand:
    """What decides what comes next, apart from the moment: nothing else of a position may matter."""

    node: str
    silences: int = 0
    wrongs: int = 0
    told: bool = False
    top: str = ""
    survey: Survey = Survey.NONE
    language: str = "ja"
    speed: str = "n"

    @property
    def itself(self) -> bool:
        """Tell whether the node speaks here, and not the words after a try in vain or of the survey."""
        return not (self.silences or self.wrongs or self.survey > Survey.DUE)


@dataclass(frozen=True)
class Sentence:
    """A sentence of a passage: `t` and `seconds` within it, the key that it offers, its prompt."""

    t: float
    text: str
    seconds: float
    option: str
    prompt: str


@dataclass(frozen=True)
class Passage:
    """Everything heard between two inputs; `ends` is the second at which it waits, dials or hangs up."""

    sentences: tuple[Sentence, ...]
    ends: float
    then: str
    silence: float
    timeout: float = 0.0

    @property
    def text(self) -> str:
        """Give all the words."""
        return "".join(sentence.text for sentence in self.sentences)

    @property
    def begins(self) -> float:
        """Give the second of the first word."""
        return self.sentences[0].t if self.sentences else 0.0

    @property
    def seconds(self) -> float:
        """Tell how long it is, from the first word to the last."""
        return round(max((s.t + s.seconds for s in self.sentences), default=0.0) - self.begins, 3)

    def pressed_at(self, key: str) -> float:
        """Tell when somebody presses a key who hears this for the first time: once its option was said, or at last."""
        offered = [sentence.t + sentence.seconds for sentence in self.sentences if sentence.option == key]
        return offered[-1] if offered else self.ends


@dataclass(frozen=True)
class Way:
    """How a first-time caller comes to a document: what they do, what dialled numbers do, and when it begins."""

    items: tuple[str, ...] = ()
    dial: str = ""
    begins: float = 0.0

    @property
    def keys(self) -> str:
        """Write it as `ivr call --keys` reads it."""
        return " ".join(self.items)

    def then(self, item: str, seconds: float, dial: str = "") -> Way:
        """Go on: an outcome of a Dial is no item."""
        return Way(self.items if dial else (*self.items, item), dial or self.dial, round(self.begins + seconds, 3))


@dataclass(frozen=True)
class State:
    """A document at a moment, and the shortest way to it."""

    at: datetime
    stand: Stand
    document: str
    way: Way
    position: Position | None = None


def stand(document: str, farewell: str = NOWHERE) -> tuple[Stand, Position | None]:
    """Read where a document leaves the call; one that hangs up names no position, and stands at `farewell`."""
    found = _POSITION.search(document)
    position = decode(found[1]) if found else None
    if position is None:
        return Stand(farewell), None
    top = position.trail[-1] if position.trail else ""
    return _stand(position, top), position


def moved(document: str, position: Position, **changes: object) -> str:
    """Write a document as it would be at another position."""
    return document.replace(position.encode(), replace(position, **changes).encode())  # type: ignore[arg-type]


def blurred(document: str) -> str:
    """Take out of a document what must not matter: of each position what a stand is made of stays."""

    def blur(found: re.Match[str]) -> str:
        position = decode(found[1])
        if position is None:
            return found[0]
        return f"/voice/at/{_stand(position)}"

    return _POSITION.sub(blur, document)


def _stand(position: Position, top: str = "") -> Stand:
    tries = position.silences, position.wrongs
    return Stand(position.node, *tries, position.told, top, position.survey, position.language, position.speed)


def farewells(content: Content) -> Callable[[frozenset[str]], str]:
    """Tell farewells by the prompts that they say."""
    by_words = {frozenset(node.says): name for name, node in content.flow.nodes.items() if isinstance(node, Farewell)}
    return lambda prompts: by_words.get(prompts, NOWHERE)
