"""Where a call stands, as one value in the path of the URL that Twilio signs.

`1.pin_which.opening.0.0.3.0.ja.n.1a2b3c4d.5e6f7a8b.sx1k2j`: version of the form, node, the nodes come through,
silences and wrong keys in a row, turn, whether the common keys were explained (1) plus twice where the survey stands,
language, speed, versions of flow and voice set, second of the answer in base 36. Only letters, digits, `_`, `-` and
`.`: nothing to escape, so the signed text is the text that arrives. Nothing a caller typed is ever in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import IntEnum

FORM = "1"
TRAIL = 12
VERSION = 8
"""Hexadecimal digits of a version that travel with a call."""
UNKNOWN = "0" * VERSION
_NODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_VERSION = re.compile(r"[0-9a-f]{8}")
_NUMBER = re.compile(r"[0-9a-z]{1,9}")
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_FIELDS = 12


class Survey(IntEnum):
    """How far a call is with the question whether an answer helped: at most one call's worth of it.

    `DUE`: to be asked at the first answer where the caller stays. `ASKED`, and with a reply `HELPED` or `NOT_HELPED`:
    just here, where keys reply.
    """

    NONE = 0
    DUE = 1
    ASKED = 2
    HELPED = 3
    NOT_HELPED = 4


@dataclass(frozen=True)
class Position:
    """A call between two inputs; `answered` is in whole seconds since 1970."""

    node: str
    answered: int
    trail: tuple[str, ...] = ()
    silences: int = 0
    wrongs: int = 0
    turn: int = 0
    told: bool = False
    survey: Survey = Survey.NONE
    language: str = "ja"
    speed: str = "n"
    flow_version: str = UNKNOWN
    voice_version: str = UNKNOWN

    def to(self, node: str) -> Position:
        """Go forward to a node; the one left is put on the way back, of which the last twelve are kept."""
        trail = (*self.trail, self.node)[-TRAIL:]
        return replace(self, node=node, trail=trail, silences=0, wrongs=0, survey=self._left())

    def back(self) -> Position:
        """Go back to the node come from; where there is none, stay."""
        if not self.trail:
            return replace(self, silences=0, wrongs=0)
        node, trail = self.trail[-1], self.trail[:-1]
        return replace(self, node=node, trail=trail, silences=0, wrongs=0, survey=self._left())

    def _left(self) -> Survey:
        """Where the survey stands once the caller has gone on: asked once, never again."""
        return self.survey if self.survey is Survey.DUE else Survey.NONE

    def with_versions(self, flow: str, voice: str) -> Position:
        """Mark which flow and which voice set answer the next turn."""
        return replace(self, flow_version=flow[:VERSION], voice_version=voice[:VERSION] or UNKNOWN)

    def encode(self) -> str:
        """Write the position as it stands in the path."""
        fields = (
            FORM,
            self.node,
            "-".join(self.trail),
            str(self.silences),
            str(self.wrongs),
            str(self.turn),
            str(self.told + 2 * self.survey),
            self.language,
            self.speed,
            self.flow_version,
            self.voice_version,
            _base36(self.answered),
        )
        return ".".join(fields)


def decode(value: str) -> Position | None:
    """Read a position back; None for anything that `encode` cannot have written."""
    fields = value.split(".")
    if len(fields) != _FIELDS or fields[0] != FORM or len(value) > 1000:  # noqa: PLR2004  (longer was never written)
        return None
    _, node, trail, silences, wrongs, turn, told, language, speed, flow, voice, answered = fields
    if not all(_NUMBER.fullmatch(number) for number in (silences, wrongs, turn, told, answered)):
        return None
    try:
        position = Position(
            node,
            int(answered, 36),
            tuple(trail.split("-")) if trail else (),
            int(silences),
            int(wrongs),
            int(turn),
            bool(int(told) % 2),
            Survey(int(told) // 2),
            language,
            speed,
            flow,
            voice,
        )
    except ValueError:
        return None
    return position if position.encode() == value and _plausible(position) else None


def _plausible(position: Position) -> bool:
    names = (position.node, *position.trail)
    versions = (position.flow_version, position.voice_version)
    return (
        all(_NODE.fullmatch(name) for name in names)
        and len(position.trail) <= TRAIL
        and all(_VERSION.fullmatch(version) for version in versions)
        and position.language == "ja"
        and position.speed == "n"
    )


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _BASE36[rest] + digits
    return digits or "0"
