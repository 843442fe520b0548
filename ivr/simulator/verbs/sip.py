"""<Sip>: a SIP address within a Dial; headers stand in its query."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ivr.simulator.leg import NOBODY, Callbacks
from ivr.simulator.verbs.noun import Callee, callbacks, whisper
from ivr.simulator.verbs.parameter import Parameter

if TYPE_CHECKING:
    from ivr.simulator.process import Target
    from ivr.simulator.reader import Reader

_URI = re.compile(r"sips?:[^\s@]+@[^\s@?]+(\?\S*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Sip(Callee):
    """An address such as `sip:desk@office.example`."""

    text: str
    whisper: Target | None = None
    callbacks: Callbacks = NOBODY

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read the address, the whisper and who is told; user name and password are for the other side."""
        reader.known("username", "password", "codecs", "byoc", "machineDetection", "amdStatusCallback")
        reader.known("amdStatusCallbackMethod", "machineDetectionTimeout", "machineDetectionSpeechThreshold")
        reader.known("machineDetectionSpeechEndThreshold", "machineDetectionSilenceTimeout")
        inner: dict[str, type[Uri | Headers]] = {"Uri": Uri, "Headers": Headers}
        uris = [part.text for part in reader.children(inner, 12200, text=True) if isinstance(part, Uri)]
        return cls(uris[0] if uris else reader.text(), whisper(reader), callbacks(reader))

    @property
    def address(self) -> str | None:
        """Give the address without its headers."""
        return self.text.partition("?")[0] if _URI.fullmatch(self.text) else None

    @property
    def wrong(self) -> tuple[int, str]:
        """Tell why it is none."""
        return 13224, f"{self.text!r} is not a SIP address such as sip:desk@office.example"


@dataclass(frozen=True)
class Uri:
    """The address as an element of its own."""

    text: str

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read the address."""
        reader.known("priority", "weight", "username", "password")
        return cls(reader.text())


@dataclass(frozen=True)
class Headers:
    """Headers told to the other side."""

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Let them be."""
        list(reader.children({"Header": Parameter}, 12200))
        return cls()
