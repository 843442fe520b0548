"""<Dial>: connect the caller with someone, and come back when that is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ivr.simulator.events import Dialled
from ivr.simulator.process import HungUp, Target, Wait
from ivr.simulator.verbs.number import Number
from ivr.simulator.verbs.unsimulated import Unsimulated

if TYPE_CHECKING:
    from ivr.simulator.call import Call
    from ivr.simulator.people import Person
    from ivr.simulator.process import Next, Steps
    from ivr.simulator.reader import Reader

_NOUNS: dict[str, type[Number | Unsimulated]] = {
    "Number": Number,
    **dict.fromkeys(("Application", "Client", "Conference", "Queue", "Sim", "Sip", "WhatsApp"), Unsimulated),
}
MOST_NUMBERS = 10
SHORTEST_RING, LONGEST_RING = 5, 600


@dataclass(frozen=True)
class Dial:
    """Whom to ring, all together or one after the other; times in seconds."""

    nouns: tuple[Number | Unsimulated, ...]
    action: str | None = None
    method: str = "POST"
    timeout: int = 30
    time_limit: int = 14400
    caller_id: str = ""
    hangup_on_star: bool = False
    sequential: bool = False

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read the attributes of Twilio's page on <Dial>; recording and ring tones are not played out."""
        reader.unheard("record", "recordingStatusCallback", "referUrl")
        reader.known("trim", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent", "recordingTrack")
        reader.known("recordingConfigurationId", "referMethod", "events", "passports", "ringTone")
        reader.flag("answerOnBridge", 13219, default=False)
        nouns = tuple(reader.children(_NOUNS, 13215, text=True))
        if len(nouns) > MOST_NUMBERS:
            reader.warn(13250, f"more than {MOST_NUMBERS} numbers; the rest is not dialled")
        return cls(
            nouns=nouns[:MOST_NUMBERS] or (Number.written(reader.text()),),
            action=reader.address("action"),
            method=reader.method(13210),
            timeout=reader.whole("timeout", 30, 13212, SHORTEST_RING, LONGEST_RING),
            time_limit=reader.whole("timeLimit", 14400, 13216),
            caller_id=reader.given("callerId"),
            hangup_on_star=reader.flag("hangupOnStar", 13213, default=False),
            sequential=reader.flag("sequential", 13218, default=False),
        )

    def run(self, call: Call) -> Steps[Next]:
        """Ring, let them talk, and go to the action with the outcome.

        Every outcome leads there, also the caller's hanging up, though then nobody executes the answer. Without an
        action the next verb follows, even after a finished conversation.
        """
        call.answer()
        result = {"DialCallStatus": "failed", "DialBridged": "false"}
        try:
            for numbers in self._groups(call):
                yield from self._connect(call, numbers, result)
                if result["DialBridged"] == "true":
                    break
        except HungUp:
            if self.action is not None:
                call.tell(Target(self.action, self.method, result))
            raise
        return None if self.action is None else Target(self.action, self.method, result)

    def _groups(self, call: Call) -> list[list[str]]:
        """Give the numbers to ring, in the groups that ring at once; what cannot be dialled fails alone."""
        numbers = [number for noun in self.nouns if (number := self._dialable(noun, call))]
        if self.sequential:
            return [[number] for number in numbers]
        return [numbers] if numbers else []

    def _dialable(self, noun: Number | Unsimulated, call: Call) -> str | None:
        if isinstance(noun, Unsimulated):
            noun.give_up()
        number = noun.e164
        if number is None:
            call.warn(13223, f"{noun.text!r} is not a number that can be dialled; write E.164, as +81312345678")
        elif self.caller_id not in {"", call.caller, call.line.number, *call.world.numbers}:
            call.warn(13214, f"callerId {self.caller_id} is neither a number of this call nor one of the account")
            number = None
        if number is None:
            call.note(Dialled(call.now, noun.text, "failed"))
        return number

    def _connect(self, call: Call, numbers: list[str], result: dict[str, str]) -> Steps[None]:
        """Ring the telephones of some people; the first who answers talks with the caller, the rest stops ringing."""
        began = call.now
        people = {number: call.world.people(number) for number in numbers}
        reactions = {number: person.reaction(self.timeout) for number, person in people.items()}
        answering = [number for number, (_, how) in reactions.items() if how == "answered"]
        first = min(answering, key=lambda number: reactions[number][0], default=None)
        rings, how = reactions[first] if first else max(reactions.values())
        status = dict.fromkeys(numbers, "canceled")
        result.update(DialCallStatus="canceled", DialCallSid=call.world.sid())
        try:
            yield Wait(began + rings, "ringing")
            result["DialCallStatus"] = "completed" if first else how
            status |= {number: how for number, (after, how) in reactions.items() if after <= rings}
            status |= dict.fromkeys(answering, "canceled")
            if first:
                status[first] = "answered"
                result["DialBridged"] = "true"
                yield from self._talk(call, people[first], result)
        finally:
            for number, became in status.items():
                call.note(Dialled(began, number, became))

    def _talk(self, call: Call, person: Person, result: dict[str, str]) -> Steps[None]:
        """Let them talk until the person hangs up, the time limit passes, or the caller's star ends it."""
        began = call.now
        end = began + min(person.talks, self.time_limit)
        try:
            while call.now < end:
                key = yield Wait(end, "talking", keys=self.hangup_on_star)
                if key == "*":
                    break
        finally:
            result["DialCallDuration"] = str(round(call.now - began))
