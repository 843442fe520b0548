"""<Number>: a telephone number within a Dial."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from ivr.simulator.reader import Reader

_SEPARATORS = re.compile(r"[\s().-]")
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_NORTH_AMERICAN = re.compile(r"1?([2-9]\d{9})", re.ASCII)


@dataclass(frozen=True)
class Number:
    """A number as it stands in the document, without separators."""

    text: str

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read the number; documents for the person called and callbacks about them are not played out."""
        reader.matching("sendDigits", "", 13222, r"[0-9#*wW]*")
        reader.method(13221)
        reader.unheard("url", "statusCallback")
        reader.known("statusCallbackEvent", "statusCallbackMethod", "byoc", "machineDetection")
        reader.known("amdStatusCallback", "amdStatusCallbackMethod", "machineDetectionTimeout")
        reader.known("machineDetectionSpeechThreshold", "machineDetectionSpeechEndThreshold")
        reader.known("machineDetectionSilenceTimeout")
        return cls.written(reader.text())

    @classmethod
    def written(cls, text: str) -> Self:
        """Take a number as people write it: blanks, hyphens, dots and brackets do not count."""
        return cls(_SEPARATORS.sub("", text))

    @property
    def e164(self) -> str | None:
        """Give the number as it is dialled, or None: short codes such as 110 and 119 cannot be reached."""
        if _E164.fullmatch(self.text):
            return self.text
        american = _NORTH_AMERICAN.fullmatch(self.text)
        return f"+1{american[1]}" if american else None
