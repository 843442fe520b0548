"""How a <Gather> listens to speech (Twilio's page on <Gather>): it understands the words that the caller is given."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from ivr.simulator.events import Spoke
from ivr.simulator.process import Target, Wait

if TYPE_CHECKING:
    from ivr.simulator.call import Call
    from ivr.simulator.process import Steps
    from ivr.simulator.reader import Reader

LONGEST_SPEECH = 60
MOST_HINTS, LONGEST_HINT = 500, 100


@dataclass(frozen=True)
class Recognition:
    """When speech is over: after a `pause` in seconds (None: Twilio's own idea of one), or after `longest` seconds."""

    pause: int | None = None
    longest: int = LONGEST_SPEECH
    partial: Target | None = None

    @classmethod
    def parse(cls, reader: Reader, timeout: int | None, *, listens: bool) -> Self | None:
        """Read the attributes that belong to speech; None where none is listened to, though they may stand there."""
        pause = reader.seconds_or_auto("speechTimeout", timeout, 13327)
        if reader.given("speechModel") and pause is None:
            reader.warn(13335, "speechTimeout=auto does not go with a speechModel")
        longest = reader.whole("maxSpeechTime", LONGEST_SPEECH, 13328, 1, LONGEST_SPEECH)
        hints = [hint.strip() for hint in reader.given("hints").split(",")]
        if len(hints) > MOST_HINTS or max(map(len, hints)) > LONGEST_HINT:
            reader.warn(13330, f"hints are {MOST_HINTS} at most, of {LONGEST_HINT} characters each")
        reader.flag("enhanced", 13339, default=False)
        reader.flag("debug", 13336, default=False)
        reader.known("language", "profanityFilter")
        partial, method = reader.address("partialResultCallback"), reader.method(12200, "partialResultCallbackMethod")
        return cls(pause, longest, Target(partial, method) if partial else None) if listens else None


@dataclass
class Ear:
    """Listens on a call to what is said from now on, until it is `closed`; without `recognition` to nothing."""

    call: Call
    recognition: Recognition | None
    closed: bool = False
    _known: int = field(init=False)

    def __post_init__(self) -> None:
        """Forget what was said before."""
        self._known = len(self.call.events)

    @property
    def used(self) -> bool:
        """Whether the caller has begun to speak."""
        return bool(self.recognition and not self.closed and self._speech())

    def wait(self, wait: Wait) -> Steps[str | None]:
        """Wait as asked for, and for speech too; gives a key, and None after speech or when the time is over."""
        return (yield replace(wait, speech=self.recognition is not None and not self.closed))

    def understood(self, recognition: Recognition) -> Steps[dict[str, str]]:
        """Listen to the end of what is said, and give it as the parameters of the action."""
        told = 0
        while True:
            speech = self._speech()
            end = min(max(each.t + each.seconds for each in speech), speech[0].t + recognition.longest)
            pause = self.call.world.rules.speech_pause if recognition.pause is None else recognition.pause
            if self.call.now >= end and recognition.partial and told < len(speech):
                told = len(speech)
                so_far = {"UnstableSpeechResult": _words(speech)}
                self.call.tell(replace(recognition.partial, params=so_far), "in-progress")
            if self.call.now >= end + pause:
                sure = min(each.confidence for each in speech)
                return {"SpeechResult": _words(speech), "Confidence": f"{sure:.8f}"}
            yield Wait(end if self.call.now < end else end + pause, "hearing", speech=True)

    def _speech(self) -> list[Spoke]:
        return [event for event in self.call.events[self._known :] if isinstance(event, Spoke)]


def _words(speech: list[Spoke]) -> str:
    return " ".join(each.words for each in speech if each.words)
