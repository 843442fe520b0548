"""<Hangup>: the end; as the first verb the call is answered, and billed, all the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ivr.simulator.process import Stop
from ivr.simulator.verbs.parameter import Parameter

if TYPE_CHECKING:
    from ivr.simulator.call import Call
    from ivr.simulator.process import Next, Steps
    from ivr.simulator.reader import Reader


@dataclass(frozen=True)
class Hangup:
    """The end of the call."""

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read nothing: it has no attributes, and parameters change nothing."""
        list(reader.children({"Parameter": Parameter}, 12200))
        return cls()

    def run(self, call: Call) -> Steps[Next]:
        """Hang up."""
        call.answer()
        return Stop()
        yield  # makes this a generator, as every verb is
