"""Recordings: what was recorded of a call, and who is told (Twilio's pages on <Record>, <Dial> and recordings)."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING, Literal

from ivr.simulator.events import Recorded
from ivr.simulator.leg import Callbacks
from ivr.simulator.process import Target

if TYPE_CHECKING:
    from datetime import datetime

    from ivr.simulator.call import Call
    from ivr.simulator.reader import Reader

RECORDING_EVENTS = ("in-progress", "completed", "absent")
Source = Literal["RecordVerb", "DialVerb"]


@dataclass
class Recording:
    """A recording of so many seconds, as far as it has come; its sound is not kept: nobody really spoke."""

    sid: str
    call_sid: str
    url: str
    source: Source
    began: datetime
    channels: int
    told: Callbacks
    seconds: int = 0
    status: str = ""


def callbacks(reader: Reader, wrong_method: int) -> Callbacks:
    """Read the attributes that name who is told of a recording."""
    events = reader.words("recordingStatusCallbackEvent", ("completed",), 12200, RECORDING_EVENTS)
    url = reader.address("recordingStatusCallback") or ""
    return Callbacks(url, reader.method(wrong_method, "recordingStatusCallbackMethod"), frozenset(events))


def make(call: Call, source: Source, told: Callbacks, channels: int = 1) -> Recording:
    """Keep a recording of a call in its world, before anything is recorded."""
    world = call.world
    sid = f"RE{world.token()}"
    url = f"https://api.twilio.com/2010-04-01/Accounts/{world.account}/Recordings/{sid}"
    recording = Recording(sid, call.sid, url, source, world.utc, channels, told)
    world.recordings.append(recording)
    return recording


def begin(call: Call, recording: Recording) -> None:
    """Record from here on."""
    recording.began, recording.status = call.world.utc, "in-progress"
    _tell(call, recording)


def end(call: Call, recording: Recording, seconds: float | None = None) -> None:
    """Keep what was recorded, or so many seconds of it."""
    if seconds is None:
        seconds = (call.world.utc - recording.began).total_seconds()
    recording.seconds, recording.status = round(seconds), "completed"
    call.note(Recorded(call.now, recording.url, recording.seconds))
    _tell(call, recording)


def leave(call: Call, recording: Recording) -> None:
    """Keep nothing of it: there was nothing to hear."""
    recording.status = "absent"
    _tell(call, recording)


def _tell(call: Call, recording: Recording) -> None:
    """Tell the status of a recording to whoever asked for it."""
    told = recording.told
    if not told.url or recording.status not in told.events:
        return
    params = {
        "AccountSid": call.world.account,
        "CallSid": recording.call_sid,
        "RecordingSid": recording.sid,
        "RecordingUrl": recording.url,
        "RecordingStatus": recording.status,
        "RecordingDuration": str(recording.seconds),
        "RecordingChannels": str(recording.channels),
        "RecordingStartTime": format_datetime(recording.began, usegmt=True),
        "RecordingSource": recording.source,
        "RecordingTrack": "both",
    }
    call.world.tell(Target(told.url, told.method), params)
