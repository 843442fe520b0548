"""<Redirect>: go on with another document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ivr.simulator.process import Target

if TYPE_CHECKING:
    from ivr.simulator.call import Call
    from ivr.simulator.process import Next, Steps
    from ivr.simulator.reader import Reader


@dataclass(frozen=True)
class Redirect:
    """The document to go on with; a blank address is the document itself."""

    target: Target

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read address and method."""
        return cls(Target(reader.resolved(reader.text()), reader.method(13710)))

    def run(self, _call: Call) -> Steps[Next]:
        """Go there; nothing below is reached."""
        return self.target
        yield  # makes this a generator, as every verb is
