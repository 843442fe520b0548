"""The world of simulated calls: its clock, its people, its account, and how services are reached."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import TYPE_CHECKING

from ivr.simulator.call import Call
from ivr.simulator.conferences import Conference
from ivr.simulator.events import Warned
from ivr.simulator.messages import fate
from ivr.simulator.people import Person
from ivr.simulator.process import Trouble
from ivr.simulator.queues import Queue
from ivr.simulator.rules import DOCUMENTED, Rules
from ivr.simulator.sound import nothing_known
from ivr.simulator.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from random import Random

    from ivr.simulator.events import Event
    from ivr.simulator.fetch import Fetch
    from ivr.simulator.leg import Callbacks, Leg, Line
    from ivr.simulator.messages import Fate, Message
    from ivr.simulator.process import Target
    from ivr.simulator.recordings import Recording
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
    """One clock for all its calls, queues and conferences; nothing in here reads a real one but the time of a webhook.

    `fetch` reaches services, `sign` signs for the account; `start` (aware) is the moment of second 0; `random` makes
    ids. `captions` knows what sounds say, `people` who is at the other end of a number, `texts` what becomes of text
    messages to it; `numbers` are further caller IDs that the account may show. A webhook takes `latency` virtual
    seconds, or with None as long as it really took. `added` gives parameters of the tester's own, by the moment, which
    are signed like all others. `rules` decide where Twilio's documents do not.
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
    rules: Rules = DOCUMENTED
    now: float = 0.0
    calls: list[Call] = field(default_factory=list)
    queues: dict[str, Queue] = field(default_factory=dict)
    conferences: list[Conference] = field(default_factory=list)
    recordings: list[Recording] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    texts: Callable[[str], Fate] = fate
    events: list[Event] = field(default_factory=list)
    _timers: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _turns: Iterator[int] = field(default_factory=count)
    _soon: deque[Callable[[], None]] = field(default_factory=deque)

    def dial(self, line: Line, caller: str, midway: Target | None = None) -> Call:
        """Call a line; `caller` is E.164 or one of the words for a withheld number. The first request goes out now.

        With `midway` the call begins in the middle: answered already, and with this document. A service that keeps
        where a call stands in its addresses can be explored that way without going through every menu again.
        """
        return self.place(line.leg(caller, midway))

    def place(self, leg: Leg) -> Call:
        """Place a call of any kind now: a leg with a `person` rings them up."""
        call = self.queued(leg)
        call.begin()
        self._catch_up()
        return call

    def queued(self, leg: Leg) -> Call:
        """Make a call that is not placed before its `begin`."""
        call = Call(self, leg)
        self.calls.append(call)
        if leg.parent:
            leg.parent.children.append(call)
        return call

    def queue(self, name: str, max_size: int | None = None) -> Queue:
        """Give the queue of this name, which is made on first use, for so many members at most."""
        if name not in self.queues:
            size = self.rules.queue_size if max_size is None else max_size
            self.queues[name] = Queue(name, f"QU{self.token()}", size, self.now)
        return self.queues[name]

    def conference(self, name: str, limit: int, callbacks: Callbacks) -> Conference:
        """Give the conference that goes on under this name; a new one takes the limit and callbacks of its first."""
        for conference in self.conferences:
            if conference.name == name and not conference.over:
                return conference
        made = Conference(name, f"CF{self.token()}", limit, callbacks)
        self.conferences.append(made)
        return made

    @property
    def moment(self) -> datetime:
        """The moment of the clock."""
        return self.start + timedelta(seconds=self.now)

    @property
    def utc(self) -> datetime:
        """The moment of the clock in UTC, as Twilio writes every time."""
        return self.utc_at(self.now)

    @property
    def stamp(self) -> str:
        """The moment of the clock as RFC 2822."""
        return format_datetime(self.utc, usegmt=True)

    @property
    def wakes(self) -> float:
        """The second at which the next thing happens; infinite if nothing will."""
        first = self._timers[0][0] if self._timers else inf
        return min([first, *(call.wakes for call in self.calls)])

    def utc_at(self, second: float) -> datetime:
        """Give the moment of a second of the clock, in UTC."""
        return (self.start + timedelta(seconds=second)).astimezone(UTC)

    def run(self, until: float) -> None:
        """Let time pass until a second, and everything happen that is due by then."""
        self._catch_up()
        while (wakes := self.wakes) <= until + _INSTANT and wakes != inf:
            self.now = max(self.now, wakes)
            if self._timers and self._timers[0][0] <= wakes:
                heappop(self._timers)[2]()
            else:
                min(self.calls, key=lambda call: call.wakes).proceed()
            self._catch_up()
        if until != inf:
            self.now = max(self.now, until)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something so many seconds from now."""
        heappush(self._timers, (self.now + seconds, next(self._turns), action))

    def soon(self, action: Callable[[], None]) -> None:
        """Do something as soon as the step is over that a call is in the middle of; safe to call from any thread."""
        self._soon.append(action)

    def tell(self, target: Target, params: Mapping[str, str]) -> None:
        """Send a callback that belongs to no call; that it fails is a warning among the world's `events`."""
        wire = Wire(self.fetch, self.sign, self.latency, lambda: self.now, self.events.append, self.token)
        try:
            wire.ask(target, {**params, **self.added(self.moment)})
        except Trouble as trouble:
            self.events.append(Warned(self.now, trouble.code, str(trouble)))

    def sid(self) -> str:
        """Make the id of a call."""
        return f"CA{self.token()}"

    def token(self) -> str:
        """Make 32 hexadecimal digits."""
        return f"{self.random.getrandbits(128):032x}"

    def _catch_up(self) -> None:
        while self._soon:
            self._soon.popleft()()
