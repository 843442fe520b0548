"""<Parameter>: something told to an app, or to SIP, that nobody hears."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from ivr.simulator.reader import Reader


@dataclass(frozen=True)
class Parameter:
    """Something told to the app."""

    name: str

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read its name and let its value be."""
        reader.known("value")
        return cls(reader.given("name"))
