"""<Play>: a sound file, or keys as tones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ivr.simulator.sound import SILENT, Caption, Sound
from ivr.simulator.verbs.say import FOREVER

if TYPE_CHECKING:
    from ivr.simulator.call import Call
    from ivr.simulator.process import Next, Steps
    from ivr.simulator.reader import Reader

_TONE_SECONDS = 0.2
_WAITS = {"w": 0.5, "W": 1.0}


@dataclass(frozen=True)
class Play:
    """A sound by its address, or tones; `wrong_type` is the code for something that is no audio."""

    url: str
    loop: int = 1
    tones: str = ""
    wrong_type: int = 13420

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read the address, resolved against the document's own; tones are for a Play outside a Gather."""
        tones = reader.matching("digits", "", 13430, r"[0-9A-D#*wW]+")
        if tones and reader.within == "Gather":
            reader.warn(12200, "digits cannot be played within a Gather")
            tones = ""
        loop = reader.whole("loop", 1, 13410, least=0)
        text = reader.text()
        return cls(reader.resolved(text) if text else "", loop or FOREVER, tones, reader.code(13420, 13325))

    def sound(self, call: Call) -> Sound:
        """Fetch the file, once a call, and tell what it sounds like; a failure is a warning and silence."""
        if self.tones:
            return _tones(self.tones)
        if not self.url:
            call.warn(11100, "<Play> without an address")
            return SILENT
        return call.recording(self.url, self.wrong_type)

    def run(self, call: Call) -> Steps[Next]:
        """Play it."""
        sound = self.sound(call)
        call.answer()
        for _ in range(self.loop):
            yield from call.speak(sound, self.url or f"tones:{self.tones}")
        return None


def _tones(keys: str) -> Sound:
    seconds = sum(_WAITS.get(key, _TONE_SECONDS) for key in keys)
    return Sound(seconds, (Caption(f"(tones {keys})", 0.0, seconds),), estimated=True)
