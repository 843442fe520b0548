"""<Record>: keep what the caller says."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Self

from ivr.simulator import recordings
from ivr.simulator.events import Heard, Played
from ivr.simulator.leg import NOBODY, Callbacks
from ivr.simulator.process import HungUp, LimitReached, Redirected, Target, Wait

if TYPE_CHECKING:
    from ivr.simulator.call import Call
    from ivr.simulator.process import Next, Steps
    from ivr.simulator.reader import Reader
    from ivr.simulator.recordings import Recording

BEEP_SECONDS = 0.5
BEEP = "tones:beep"
LONGEST, LONGEST_TRANSCRIBED = 3600, 120
ALL_KEYS = "1234567890*#"
_TRIM = {"trim-silence": "trim-silence", "do-not-trim": "do-not-trim"}


@dataclass(frozen=True)
class Record:
    """How long to listen: `timeout` is the silence that ends it (0: none does), `longest` the whole, in seconds."""

    action: str
    method: str = "POST"
    timeout: int = 5
    finish_on_key: str = ALL_KEYS
    longest: int = LONGEST
    beep: bool = True
    trim: bool = True
    told: Callbacks = NOBODY

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read the attributes of Twilio's page on <Record>; nothing is transcribed."""
        transcribed = reader.flag("transcribe", 13617, default=False)
        if transcribed:
            reader.warn(0, "the simulator does not transcribe")
        reader.known("transcribeCallback", "recordingConfigurationId", "recordingTrack", "channels")
        longest = LONGEST_TRANSCRIBED if transcribed else LONGEST
        return cls(
            action=reader.address("action") or reader.base,
            method=reader.method(13610),
            timeout=reader.whole("timeout", 5, 13612, least=0),
            finish_on_key=reader.matching("finishOnKey", ALL_KEYS, 13613, r"[0-9*#]*|-1").removeprefix("-1"),
            longest=reader.whole("maxLength", longest, 13614, 1, longest),
            beep=reader.flag("playBeep", 13615, default=True),
            trim=reader.choice("trim", "trim-silence", 13616, _TRIM) == "trim-silence",
            told=recordings.callbacks(reader, 13610),
        )

    def run(self, call: Call) -> Steps[Next]:
        """Beep, listen, and go to the action with the recording; of pure silence nothing is kept."""
        call.answer()
        if self.beep:
            yield Wait(call.now + BEEP_SECONDS, "speaking")
            call.note(Heard(call.now - BEEP_SECONDS, "(beep)", BEEP_SECONDS))
            call.note(Played(call.now - BEEP_SECONDS, BEEP, BEEP_SECONDS))
        began, recording = call.now, recordings.make(call, "RecordVerb", self.told)
        recordings.begin(call, recording)
        try:
            key = yield from self._listen(call, began)
        except (HungUp, Redirected, LimitReached) as end:
            spoken = _spoken(call, began)
            kept = self._kept(call, recording, began, spoken, "hangup")
            if spoken and isinstance(end, HungUp):
                call.tell(kept)
            raise
        spoken = _spoken(call, began)
        kept = self._kept(call, recording, began, spoken, key)
        return None if not spoken and call.world.rules.silent_record == "next" else kept

    def _listen(self, call: Call, began: float) -> Steps[str]:
        """Listen until a key, enough silence or the end; give the key."""
        end = began + self.longest
        while True:
            voice = max(began, min(call.speaks_until, end))
            quiet = voice + self.timeout if self.timeout else inf
            until = min(end, quiet)
            if call.now >= until:
                return ""
            key = yield Wait(until, "recording", keys=bool(self.finish_on_key), nudged=True)
            if key is not None and key in self.finish_on_key:
                return key

    def _kept(self, call: Call, recording: Recording, began: float, spoken: float, key: str) -> Target:
        """End the recording, and give the request that tells the action of it."""
        if spoken or call.world.rules.silent_record == "action":
            recordings.end(call, recording, spoken if self.trim else call.now - began)
        else:
            recordings.leave(call, recording)
        params = {"RecordingUrl": recording.url, "RecordingDuration": str(recording.seconds), "Digits": key}
        return Target(self.action, self.method, params)


def _spoken(call: Call, began: float) -> float:
    """Tell for how many seconds somebody has spoken since then."""
    return max(0.0, min(call.speaks_until, call.now) - began)
