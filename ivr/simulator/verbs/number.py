"""<Number>: a telephone number within a Dial."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ivr.simulator.leg import NOBODY, Callbacks
from ivr.simulator.verbs.noun import Callee, callbacks, whisper

if TYPE_CHECKING:
    from ivr.simulator.process import Target
    from ivr.simulator.reader import Reader

_SEPARATORS = re.compile(r"[\s().-]")
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_NORTH_AMERICAN = re.compile(r"1?([2-9]\d{9})", re.ASCII)


@dataclass(frozen=True)
class Number(Callee):
    """A number as it stands in the document, without separators."""

    text: str
    whisper: Target | None = None
    callbacks: Callbacks = NOBODY

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read the number, its whisper and who is told; answering machines are not played out."""
        reader.matching("sendDigits", "", 13222, r"[0-9#*wW]*")
        reader.known("byoc", "machineDetection", "amdStatusCallback", "amdStatusCallbackMethod")
        reader.known("machineDetectionTimeout", "machineDetectionSpeechThreshold")
        reader.known("machineDetectionSpeechEndThreshold", "machineDetectionSilenceTimeout")
        return cls(_bare(reader.text()), whisper(reader), callbacks(reader))

    @classmethod
    def written(cls, text: str) -> Self:
        """Take a number as people write it: blanks, hyphens, dots and brackets do not count."""
        return cls(_bare(text))

    @property
    def address(self) -> str | None:
        """Give the number as it is dialled, or None: short codes such as 110 and 119 cannot be reached."""
        if _E164.fullmatch(self.text):
            return self.text
        american = _NORTH_AMERICAN.fullmatch(self.text)
        return f"+1{american[1]}" if american else None

    @property
    def wrong(self) -> tuple[int, str]:
        """Tell why it cannot be dialled."""
        return 13223, f"{self.text!r} is not a number that can be dialled; write E.164, as +81312345678"


def _bare(text: str) -> str:
    return _SEPARATORS.sub("", text)
