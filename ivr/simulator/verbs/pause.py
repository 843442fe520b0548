"""<Pause>: silence; outside a Gather, keys pressed meanwhile are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ivr.simulator.process import Wait

if TYPE_CHECKING:
    from ivr.simulator.call import Call
    from ivr.simulator.process import Next, Steps
    from ivr.simulator.reader import Reader


@dataclass(frozen=True)
class Pause:
    """Silence of so many seconds."""

    length: int = 1

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read the length."""
        return cls(reader.whole("length", 1, 13910))

    def run(self, call: Call) -> Steps[Next]:
        """Wait. A Pause does not answer the call: as the first verb it only delays that."""
        yield Wait(call.now + self.length, "pausing")
        return None
