"""<Dial>: connect the caller with someone, and come back when that is over."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Self

from ivr.simulator import parameters, recordings
from ivr.simulator.events import Dialled
from ivr.simulator.leg import NOBODY, Callbacks
from ivr.simulator.process import HungUp, Redirected, Target
from ivr.simulator.verbs.client import Client
from ivr.simulator.verbs.conference import Conference
from ivr.simulator.verbs.number import Number
from ivr.simulator.verbs.queue import Queue
from ivr.simulator.verbs.ring import Outcome, Ring
from ivr.simulator.verbs.sip import Sip
from ivr.simulator.verbs.unsimulated import Unsimulated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr.simulator.call import Call
    from ivr.simulator.process import Next, Steps
    from ivr.simulator.reader import Reader
    from ivr.simulator.verbs.noun import Callee

    Noun = Number | Client | Sip | Queue | Conference | Unsimulated

_NOUNS: dict[str, type[Noun]] = {
    "Number": Number,
    "Client": Client,
    "Sip": Sip,
    "Queue": Queue,
    "Conference": Conference,
    **dict.fromkeys(("Application", "Sim", "WhatsApp"), Unsimulated),
}
MOST_NUMBERS = 10
SHORTEST_RING, LONGEST_RING = 5, 600
_RECORD = {
    "true": "record-from-answer",
    "false": "do-not-record",
    **{
        word: word
        for word in (
            "do-not-record",
            "record-from-answer",
            "record-from-ringing",
            "record-from-answer-dual",
            "record-from-ringing-dual",
        )
    },
}


@dataclass(frozen=True)
class Dial:
    """Whom to ring, all together or one after the other, or one queue or conference; times in seconds."""

    nouns: tuple[Noun, ...]
    action: str | None = None
    method: str = "POST"
    timeout: int = 30
    time_limit: int = 14400
    caller_id: str = ""
    hangup_on_star: bool = False
    sequential: bool = False
    answer_on_bridge: bool = False
    record: str = "do-not-record"
    recorded: Callbacks = NOBODY

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read the attributes of Twilio's page on <Dial>; ring tones and SIP references are not played out."""
        reader.unheard("referUrl")
        reader.known("trim", "recordingTrack", "recordingConfigurationId", "referMethod", "events", "passports")
        reader.known("ringTone")
        nouns = tuple(reader.children(_NOUNS, 13215, text=True))
        return cls(
            nouns=_together(reader, nouns) or (Number.written(reader.text()),),
            action=reader.address("action"),
            method=reader.method(13210),
            timeout=reader.whole("timeout", 30, 13212, SHORTEST_RING, LONGEST_RING),
            time_limit=reader.whole("timeLimit", 14400, 13216),
            caller_id=reader.given("callerId"),
            hangup_on_star=reader.flag("hangupOnStar", 13213, default=False),
            sequential=reader.flag("sequential", 13218, default=False),
            answer_on_bridge=reader.flag("answerOnBridge", 13219, default=False),
            record=reader.choice("record", "do-not-record", 13217, _RECORD),
            recorded=recordings.callbacks(reader, 13210),
        )

    def run(self, call: Call) -> Steps[Next]:
        """Connect, and go to the action with the outcome.

        Every outcome leads there, also the caller's hanging up, though then nobody executes the answer. Without an
        action the next verb follows, even after a finished conversation.
        """
        if not self.answer_on_bridge:
            call.answer()
        outcome = Outcome()
        try:
            with self._recording(call, outcome):
                yield from self._connect(call, outcome)
        except HungUp:
            if self.action is not None and call.world.rules.dial_gone == "action":
                call.tell(Target(self.action, self.method, outcome.params()))
            raise
        except Redirected:
            raise  # what REST orders is what comes next: nobody is asked what to do after the <Dial>
        return None if self.action is None else Target(self.action, self.method, outcome.params())

    def _connect(self, call: Call, outcome: Outcome) -> Steps[None]:
        for noun in self.nouns:
            if isinstance(noun, Unsimulated):
                noun.give_up()
            if isinstance(noun, Queue):
                return (yield from noun.connect(call, self.timeout, self.time_limit, outcome, star=self.hangup_on_star))
            if isinstance(noun, Conference):
                return (yield from noun.connect(call, self.time_limit, outcome, star=self.hangup_on_star))
        for callees in self._groups(call):
            ring = Ring(call, callees, self.caller_id or parameters.number_of(call.caller), self.timeout, outcome)
            yield from ring.run(self.time_limit, star=self.hangup_on_star)
            if outcome.bridged:
                break
        return None

    def _groups(self, call: Call) -> list[list[Callee]]:
        """Give whom to ring, in the groups that ring at once; what cannot be dialled fails alone."""
        callees = [noun for noun in self.nouns if isinstance(noun, Number | Client | Sip) and self._good(noun, call)]
        if self.sequential:
            return [[callee] for callee in callees]
        return [list(callees)] if callees else []

    def _good(self, callee: Callee, call: Call) -> bool:
        if callee.address is None:
            call.warn(*callee.wrong)
        elif wrong := self._hidden(callee, call):
            call.warn(13214, wrong)
        else:
            return True
        call.note(Dialled(call.now, callee.text, "failed"))
        return False

    def _hidden(self, callee: Callee, call: Call) -> str:
        """Tell why nobody would see who calls: what is shown is a number of this call or one of the account.

        A telephone shows numbers only, so a client, who has none, must be given one, and so must a SIP phone without.
        """
        given, own = self.caller_id, {call.leg.own, *call.world.numbers} - {""}
        if isinstance(callee, Number) and not parameters.is_on_network(call.caller):
            shown = given or parameters.number_of(call.caller)
            if not shown:
                return f"{call.caller} has no number to show: callerId is needed"
            numbers = {call.called} if parameters.is_number(call.called) else set()
            own |= numbers | {parameters.number_of(call.caller)}
            return "" if shown in own else f"callerId {shown} is no number of the account"
        if given in {"", call.caller, call.called, *own}:
            return ""
        return f"callerId {given} is neither a number of this call nor one of the account"

    @contextmanager
    def _recording(self, call: Call, outcome: Outcome) -> Iterator[None]:
        """Record the talk, or the ringing too; of a call that nobody answered nothing is kept."""
        if self.record == "do-not-record" or isinstance(self.nouns[0], Conference):
            yield
            return
        channels = 2 if self.record.endswith("dual") else 1
        recording = recordings.make(call, "DialVerb", self.recorded, channels)
        if self.record.startswith("record-from-ringing"):
            recordings.begin(call, recording)
        else:
            outcome.connects = partial(recordings.begin, call, recording)
        try:
            yield
        finally:
            if outcome.bridged:
                recordings.end(call, recording)
                outcome.recording = recording.url
            else:
                recordings.leave(call, recording)


def _together(reader: Reader, nouns: tuple[Noun, ...]) -> tuple[Noun, ...]:
    """Keep what may be dialled together: ten numbers at most, or one conference or queue alone."""
    rooms = [noun for noun in nouns if isinstance(noun, Queue | Conference)]
    if rooms and len(nouns) > 1:
        reader.warn(13000, "a <Conference> or <Queue> stands alone in its <Dial>; the first of them is dialled")
        return (rooms[0],)
    if len(nouns) > MOST_NUMBERS:
        reader.warn(13250, f"more than {MOST_NUMBERS} numbers; the rest is not dialled")
    return nouns[:MOST_NUMBERS]
