"""<Gather>: listen for keys and for speech, during its prompts and after them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from ivr.simulator.events import Silence
from ivr.simulator.process import HungUp, Target, Wait
from ivr.simulator.verbs.pause import Pause
from ivr.simulator.verbs.play import Play
from ivr.simulator.verbs.recognition import Ear, Recognition
from ivr.simulator.verbs.say import Say

if TYPE_CHECKING:
    from ivr.simulator.call import Call
    from ivr.simulator.process import Next, Steps
    from ivr.simulator.reader import Reader

_PROMPTS: dict[str, type[Say | Play | Pause]] = {"Say": Say, "Play": Play, "Pause": Pause}
_INPUTS = {"dtmf": "dtmf", "speech": "speech", "dtmf speech": "dtmf speech", "speech dtmf": "dtmf speech"}
_UNLIMITED = 10**9


@dataclass(frozen=True)
class Gather:
    """What is said, and what ends it: keys, speech, or whichever comes first.

    `finish_on_key` is one key or empty (then every key is data); `keys` is false where only speech is listened for.
    `timeout` is in seconds, from the last word or the last key on; `speech` says how speech is listened for, if it is.
    """

    action: str
    method: str = "POST"
    timeout: int = 5
    digits: int = _UNLIMITED
    finish_on_key: str = "#"
    action_on_empty: bool = False
    keys: bool = True
    speech: Recognition | None = None
    prompts: tuple[Say | Play | Pause, ...] = ()

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read the attributes of Twilio's page on <Gather>."""
        inputs = reader.choice("input", "dtmf", 13326, _INPUTS)
        speech = "speech" in inputs
        reader.unheard("bargeIn")
        timeout = reader.seconds_or_auto("timeout", 5, 13313) if speech else reader.whole("timeout", 5, 13313)
        return cls(
            action=reader.address("action") or reader.base,
            method=reader.method(13312),
            timeout=timeout or 5,
            digits=reader.whole("numDigits", _UNLIMITED, 13314),
            finish_on_key=_finish_on_key(reader),
            action_on_empty=reader.flag("actionOnEmptyResult", 13338, default=False),
            keys="dtmf" in inputs,
            speech=Recognition.parse(reader, timeout, listens=speech),
            prompts=tuple(reader.children(_PROMPTS, 13320)),
        )

    def run(self, call: Call) -> Steps[Next]:
        """Speak and listen; go to the action with what was collected, or on to the next verb with nothing."""
        for prompt in self.prompts:
            if isinstance(prompt, Play):
                prompt.sound(call)  # Twilio fetches every file before the first sound
        call.answer()
        ear = Ear(call, self.speech)
        key = yield from self._prompted(ear)
        digits, finish = yield from self._collected(ear, key)
        if ear.used and self.speech:
            result = yield from ear.understood(self.speech)
            return Target(self.action, self.method, result) if result["SpeechResult"] or self.action_on_empty else None
        if digits or self.action_on_empty:
            return self._target(call, digits, finish)
        return None

    def _target(self, call: Call, digits: str, finish: str = "") -> Target:
        result = {"Digits": digits, "FinishedOnKey": finish, "msg": "Gather End"}
        if not digits and call.world.rules.empty_digits == "absent":
            del result["Digits"]
        return Target(self.action, self.method, result)

    def _prompted(self, ear: Ear) -> Steps[str | None]:
        """Play the prompts until one is cut short, and give the key that did it, if it was one."""
        for prompt in self.prompts:
            with closing(prompt.run(ear.call)) as steps:
                for wait in steps:
                    key = yield from ear.wait(replace(wait, keys=self.keys))
                    if key is not None or ear.used:
                        return key
        return None

    def _collected(self, ear: Ear, key: str | None) -> Steps[tuple[str, str]]:
        """Collect keys until one finishes, enough are there, or the timeout passes; give them and the finishing key."""
        call, digits = ear.call, ""
        while not ear.used:
            if key is None:
                began = call.now
                try:
                    key = yield from ear.wait(Wait(began + self.timeout, "listening", keys=self.keys))
                except HungUp:
                    if digits and call.world.rules.gather_gone == "action":
                        call.tell(self._target(call, digits))
                    raise
                if key is None:
                    if not ear.used:
                        call.note(Silence(began, float(self.timeout)))
                    break
            if key == self.finish_on_key:
                return digits, key
            digits += key
            if len(digits) == self.digits:
                break
            ear.closed, key = True, None  # keys came first: what is said from now on is dropped
        return digits, ""


def _finish_on_key(reader: Reader) -> str:
    """Read the key that ends the input: one of them (13310, 13311), or none where the value is blank."""
    key = reader.given("finishOnKey", "#")
    if len(key) > 1:
        reader.warn(13311, f"finishOnKey={key!r} is more than one key; '#' is used")
        return "#"
    if key and key not in "0123456789#*":
        reader.warn(13310, f"finishOnKey={key!r} is no key; '#' is used")
        return "#"
    return key
