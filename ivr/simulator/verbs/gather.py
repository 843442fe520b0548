"""<Gather>: listen for keys, during its prompts and after them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from ivr.simulator.events import Silence
from ivr.simulator.process import HungUp, Target, Wait
from ivr.simulator.verbs.pause import Pause
from ivr.simulator.verbs.play import Play
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
    """What is said, and which keys end it.

    `finish_on_key` is one key or empty (then every key is data); `keys` is false where only speech is listened for.
    `timeout` is in seconds, from the last word or the last key on.
    """

    action: str
    method: str = "POST"
    timeout: int = 5
    digits: int = _UNLIMITED
    finish_on_key: str = "#"
    action_on_empty: bool = False
    keys: bool = True
    prompts: tuple[Say | Play | Pause, ...] = ()

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read the attributes of Twilio's page on <Gather>; speech itself is not played out."""
        inputs = reader.choice("input", "dtmf", 13326, _INPUTS)
        if "speech" in inputs:
            reader.warn(0, "the simulator's caller does not speak")
        reader.known("speechTimeout", "maxSpeechTime", "speechModel", "enhanced", "profanityFilter", "hints", "debug")
        reader.known("language", "partialResultCallback", "partialResultCallbackMethod")
        reader.unheard("bargeIn")
        return cls(
            action=reader.address("action") or reader.base,
            method=reader.method(13312),
            timeout=reader.whole("timeout", 5, 13313),
            digits=reader.whole("numDigits", _UNLIMITED, 13314),
            finish_on_key=_finish_on_key(reader),
            action_on_empty=reader.flag("actionOnEmptyResult", 13338, default=False),
            keys="dtmf" in inputs,
            prompts=tuple(reader.children(_PROMPTS, 13320)),
        )

    def run(self, call: Call) -> Steps[Next]:
        """Speak and listen; go to the action with what was collected, or on to the next verb with nothing."""
        for prompt in self.prompts:
            if isinstance(prompt, Play):
                prompt.sound(call)  # Twilio fetches every file before the first sound
        call.answer()
        key = yield from self._prompted(call)
        digits, finish = yield from self._collected(call, key)
        if digits or self.action_on_empty:
            return self._target(call, digits, finish)
        return None

    def _target(self, call: Call, digits: str, finish: str = "") -> Target:
        result = {"Digits": digits, "FinishedOnKey": finish, "msg": "Gather End"}
        if not digits and call.world.rules.empty_digits == "absent":
            del result["Digits"]
        return Target(self.action, self.method, result)

    def _prompted(self, call: Call) -> Steps[str | None]:
        """Play the prompts until one is cut short by a key, and give that key."""
        for prompt in self.prompts:
            with closing(prompt.run(call)) as steps:
                for wait in steps:
                    key = yield replace(wait, keys=self.keys)
                    if key is not None:
                        return key
        return None

    def _collected(self, call: Call, key: str | None) -> Steps[tuple[str, str]]:
        """Collect keys until one finishes, enough are there, or the timeout passes; give them and the finishing key."""
        digits = ""
        while True:
            if key is None:
                began = call.now
                try:
                    key = yield Wait(began + self.timeout, "listening", keys=self.keys)
                except HungUp:
                    if digits and call.world.rules.gather_gone == "action":
                        call.tell(self._target(call, digits))
                    raise
                if key is None:
                    call.note(Silence(began, float(self.timeout)))
                    return digits, ""
            if key == self.finish_on_key:
                return digits, key
            digits += key
            if len(digits) == self.digits:
                return digits, ""
            key = None


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
