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
    relative: bool = False

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read address and method."""
        written = reader.text()
        return cls(Target(reader.resolved(written), reader.method(13710)), relative="://" not in written)

    def run(self, call: Call) -> Steps[Next]:
        """Go there; nothing below is reached."""
        if self.relative and call.world.rules.relative_redirect == "remarked":
            call.warn(0, "a relative address in <Redirect> is reported to go wrong at times; write it in full")
        return self.target
        yield  # makes this a generator, as every verb is
