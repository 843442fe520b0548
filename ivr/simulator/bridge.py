"""Two calls that hear each other, until one of them leaves."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from ivr.simulator.process import Wait

if TYPE_CHECKING:
    from ivr.simulator.call import Call
    from ivr.simulator.process import Steps


class Bridge:
    """A connection between two calls; whoever leaves it closes it."""

    def __init__(self, *calls: Call) -> None:
        """Connect the calls; each then holds its own end."""
        self._calls = calls
        self.open = True

    def hold(self, call: Call, until: float = inf, *, star: bool = False) -> Steps[None]:
        """Talk until the other side leaves, a second has come, or with `star` until the key * is pressed."""
        call.converses()
        try:
            while self.open and call.now < until:
                key = yield Wait(until, "talking", keys=star, nudged=True)
                if key == "*":
                    break
        finally:
            self.close()

    def close(self) -> None:
        """End it for both."""
        if self.open:
            self.open = False
            for call in self._calls:
                call.nudge()
