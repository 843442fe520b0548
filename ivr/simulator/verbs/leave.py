"""<Leave>: lets its caller out of the queue in whose wait document it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ivr.simulator.process import Left

if TYPE_CHECKING:
    from ivr.simulator.call import Call
    from ivr.simulator.process import Next, Steps
    from ivr.simulator.reader import Reader


@dataclass(frozen=True)
class Leave:
    """The way out of a queue."""

    @classmethod
    def parse(cls, _reader: Reader) -> Self:
        """Read nothing: it has no attributes."""
        return cls()

    def run(self, call: Call) -> Steps[Next]:
        """Leave the queue; where there is none, do nothing."""
        if call.place.name == "queue":
            return Left()
        call.warn(0, "<Leave> outside a wait document does nothing")
        return None
        yield  # makes this a generator, as every verb is
