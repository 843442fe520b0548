"""<Reject>: refuse a call before it is answered; later it is no more than a hang-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ivr.simulator.process import Stop
from ivr.simulator.verbs.parameter import Parameter

if TYPE_CHECKING:
    from ivr.simulator.call import Call
    from ivr.simulator.process import Next, Steps
    from ivr.simulator.reader import Reader

_STATUS = {"rejected": "no-answer", "busy": "busy"}


@dataclass(frozen=True)
class Reject:
    """A refusal; `status` is what the call ends with if nobody has answered it yet."""

    status: str = "no-answer"

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read the reason; parameters change nothing."""
        list(reader.children({"Parameter": Parameter}, 13810))
        return cls(reader.choice("reason", "no-answer", 13810, _STATUS))

    def run(self, call: Call) -> Steps[Next]:
        """Refuse, or hang up."""
        if call.answered:
            call.warn(0, "<Reject> refuses nothing after the call was answered; it hangs up")
            return Stop()
        return Stop(self.status)
        yield  # makes this a generator, as every verb is
