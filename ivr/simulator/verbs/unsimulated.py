"""A verb or noun that Twilio knows and this simulator does not: the call cannot go on truthfully."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Never, Self

from ivr.simulator.process import NotSimulated

if TYPE_CHECKING:
    from ivr.simulator.call import Call
    from ivr.simulator.process import Next, Steps
    from ivr.simulator.reader import Reader


@dataclass(frozen=True)
class Unsimulated:
    """An element by its name; whatever it holds is not read."""

    name: str

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Take the name."""
        reader.known(*reader.element.attributes)
        reader.followed = True
        return cls(reader.element.name)

    def give_up(self) -> Never:
        """Say that this is the simulator's limit, not Twilio's."""
        raise NotSimulated(f"this simulator cannot run <{self.name}>")

    def run(self, _call: Call) -> Steps[Next]:
        """Give up, aloud."""
        return self.give_up()
        yield  # makes this a generator, as every verb is
