"""The world of simulated calls: its clock, its people, its account, and how services are reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from typing import TYPE_CHECKING

from ivr.simulator.call import Call, Line
from ivr.simulator.people import Person
from ivr.simulator.sound import nothing_known

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from ivr.simulator.fetch import Fetch
    from ivr.simulator.process import Target
    from ivr.simulator.signature import Signer
    from ivr.simulator.sound import Captions


_INSTANT = 1e-6
"""What is closer together than this happens at once: sums of decimal seconds are rarely exact."""


def _nothing_more(_moment: datetime) -> Mapping[str, str]:
    return {}


def _anyone(_number: str) -> Person:
    return Person()


@dataclass(kw_only=True)
class World:
    """One virtual clock for all its calls; nothing in here reads a real one but the time that a webhook took.

    `fetch` reaches services, `sign` signs for the account; `start` (aware) is the moment of second 0; `random` makes
    ids. `captions` knows what sounds say, `people` who is at the other end of a number; `numbers` are further caller
    IDs that the account may show. A webhook takes `latency` virtual seconds, or with None as long as it really took.
    `added` gives parameters of the tester's own, by the moment, which are signed like all others.
    """

    fetch: Fetch
    sign: Signer
    start: datetime
    random: Random
    account: str = "AC" + "0" * 32
    captions: Captions = nothing_known
    people: Callable[[str], Person] = _anyone
    numbers: frozenset[str] = frozenset()
    latency: float | None = 0.0
    added: Callable[[datetime], Mapping[str, str]] = _nothing_more
    now: float = 0.0
    calls: list[Call] = field(default_factory=list)

    def dial(self, line: Line, caller: str, midway: Target | None = None) -> Call:
        """Call a line; `caller` is E.164 or one of the words for a withheld number. The first request goes out now.

        With `midway` the call begins in the middle: answered already, and with this document. A service that keeps
        where a call stands in its addresses can be explored that way without going through every menu again.
        """
        call = Call(self, line, caller, midway)
        self.calls.append(call)
        return call

    @property
    def moment(self) -> datetime:
        """The moment of the virtual clock."""
        return self.start + timedelta(seconds=self.now)

    @property
    def wakes(self) -> float:
        """The second at which the next thing happens; infinite if nothing will."""
        return min((call.wakes for call in self.calls), default=inf)

    def run(self, until: float) -> None:
        """Let time pass until a second, and everything happen that is due by then."""
        while (wakes := self.wakes) <= until + _INSTANT and wakes != inf:
            self.now = max(self.now, wakes)
            min(self.calls, key=lambda call: call.wakes).proceed()
        if until != inf:
            self.now = max(self.now, until)

    def sid(self) -> str:
        """Make the id of a call."""
        return f"CA{self.token()}"

    def token(self) -> str:
        """Make 32 hexadecimal digits."""
        return f"{self.random.getrandbits(128):032x}"
