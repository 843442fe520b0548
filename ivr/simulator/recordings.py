"""Recordings: what was recorded of a call, and who is told (Twilio's pages on <Record>, <Dial> and recordings)."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING, Literal

from ivr.simulator.leg import Callbacks
from ivr.simulator.process import Target

if TYPE_CHECKING:
    from datetime import datetime

    from ivr.simulator.call import Call
    from ivr.simulator.reader import Reader

RECORDING_EVENTS = ("in-progress", "completed", "absent")
Source = Literal["RecordVerb", "DialVerb"]


@dataclass(frozen=True)
class Recording:
    """A recording of so many seconds; its sound itself is not kept: nobody really spoke."""

    sid: str
    call_sid: str
    url: str
    source: Source
    began: datetime
    seconds: int
    channels: int = 1


def callbacks(reader: Reader, wrong_method: int) -> Callbacks:
    """Read the attributes that name who is told of a recording."""
    events = reader.words("recordingStatusCallbackEvent", ("completed",), 12200, RECORDING_EVENTS)
    url = reader.address("recordingStatusCallback") or ""
    return Callbacks(url, reader.method(wrong_method, "recordingStatusCallbackMethod"), frozenset(events))


def make(call: Call, source: Source, began: datetime, seconds: float, channels: int = 1) -> Recording:
    """Keep a recording of a call in its world; `seconds` 0 is a recording of nothing."""
    sid = f"RE{call.world.token()}"
    url = f"https://api.twilio.com/2010-04-01/Accounts/{call.world.account}/Recordings/{sid}"
    recording = Recording(sid, call.sid, url, source, began, round(seconds), channels)
    call.world.recordings.append(recording)
    return recording


def tell(call: Call, recording: Recording, told: Callbacks, status: str) -> None:
    """Tell the status of a recording to whoever asked for it."""
    if not told.url or status not in told.events:
        return
    params = {
        "AccountSid": call.world.account,
        "CallSid": recording.call_sid,
        "RecordingSid": recording.sid,
        "RecordingUrl": recording.url,
        "RecordingStatus": status,
        "RecordingDuration": str(recording.seconds),
        "RecordingChannels": str(recording.channels),
        "RecordingStartTime": format_datetime(recording.began, usegmt=True),
        "RecordingSource": recording.source,
        "RecordingTrack": "both",
    }
    call.world.tell(Target(told.url, told.method), params)
