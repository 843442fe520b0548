"""The sound of a whole call, as the caller hears it: prompts, keys, ringing; mono, 8 kHz, 16 bit.

Prompts are placed at the second at which they were heard and cut where they were cut. Words that Twilio's own voice
would say have no sound here: they are as long a silence, with a low tick at the beginning, so that nobody takes them
for a pause. Talk with a person is silence too.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile
import soxr

from ivr.simulator import Key, Played, Request, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ivr.simulator import Call, Fetch

    Samples = np.ndarray[Any, np.dtype[np.float32]]

RATE = 8000
"""Samples a second: what a telephone carries."""
KEY_SECONDS, KEY_LEVEL = 0.12, 0.2
_LOW, _HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
_PAD = ("123A", "456B", "789C", "*0#D")
TONES = {key: (_LOW[row], _HIGH[column]) for row, keys in enumerate(_PAD) for column, key in enumerate(keys)}
"""The two frequencies of each key in Hz (ITU-T Q.23)."""
RING_HZ, RING_BEAT_HZ, RING_ON, RING_EVERY, RING_LEVEL = 400, 16, 1.0, 3.0, 0.15
"""A Japanese telephone rings at 400 Hz, beaten at 16 Hz, one second in three."""
_TICK_SECONDS, _TICK_HZ, _TICK_LEVEL = 0.06, 220, 0.1


def write(call: Call, fetch: Fetch, path: Path) -> float:
    """Write a finished call as WAV and give its length in seconds; raises OSError where the file cannot be written."""
    samples = render(call, fetch)
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE, format="WAV", subtype="PCM_16")
    path.write_bytes(buffer.getvalue())
    return len(samples) / RATE


def encoded(call: Call, fetch: Fetch, kind: str = "WAV") -> bytes:
    """Give a finished call as a sound file, `WAV` or `MP3`."""
    buffer = io.BytesIO()
    subtype = "PCM_16" if kind == "WAV" else "MPEG_LAYER_III"
    soundfile.write(buffer, render(call, fetch), RATE, format=kind, subtype=subtype)
    return buffer.getvalue()


def render(call: Call, fetch: Fetch) -> Samples:
    """Mix everything that was heard on a call; sounds are fetched once each, those that cannot be had are silent."""
    mixed = np.zeros(round(call.seconds * RATE), np.float32)
    known: dict[str, Samples] = {}
    for begin, seconds, source in _sounds(call):
        if source not in known:
            known[source] = _source(source, fetch)
        _add(mixed, known[source][: round(seconds * RATE)], begin)
    for begin, seconds in _rings(call):
        _add(mixed, _ring(seconds), begin)
    for event in call.events:
        if isinstance(event, Key):
            _add(mixed, tone(event.key), event.t)
    return np.clip(mixed, -1.0, 1.0)


def tone(key: str, seconds: float = KEY_SECONDS) -> Samples:
    """Give the sound of a key."""
    low, high = TONES[key]
    return _sine(low, seconds, KEY_LEVEL) + _sine(high, seconds, KEY_LEVEL)


def _sounds(call: Call) -> Iterator[tuple[float, float, str]]:
    for event in call.events:
        if isinstance(event, Played):
            yield event.t, event.seconds, "" if event.said else event.source


def _rings(call: Call) -> Iterator[tuple[float, float]]:
    """Tell when it rang and for how long, from the calls that were placed meanwhile."""
    for child in call.children:
        ringing = child.seconds - child.talked
        yield child.made - call.made, ringing


def _source(source: str, fetch: Fetch) -> Samples:
    if not source:
        return _sine(_TICK_HZ, _TICK_SECONDS, _TICK_LEVEL)
    if source.startswith("tones:"):
        keys = [key for key in source.removeprefix("tones:") if key in TONES]
        return np.concatenate([tone(key, 0.2) for key in keys]) if keys else np.zeros(0, np.float32)
    try:
        return decoded(fetch(Request("GET", source)).body)
    except (Trouble, ValueError):
        return np.zeros(0, np.float32)


def decoded(body: bytes) -> Samples:
    """Read any audio file to mono samples at 8 kHz; raises ValueError where it is none."""
    try:
        samples, rate = soundfile.read(io.BytesIO(body), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ValueError(f"audio that cannot be read: {error}") from error
    mono: Samples = samples.mean(axis=1, dtype=np.float32)
    return mono if rate == RATE else np.asarray(soxr.resample(mono, rate, RATE), np.float32)


def _ring(seconds: float) -> Samples:
    at = np.arange(round(seconds * RATE)) / RATE
    wave = np.sin(2 * np.pi * RING_HZ * at) * (1 + np.sin(2 * np.pi * RING_BEAT_HZ * at)) / 2
    return np.asarray(np.where(at % RING_EVERY < RING_ON, wave * RING_LEVEL, 0.0), np.float32)


def _sine(hertz: float, seconds: float, level: float) -> Samples:
    at = np.arange(round(seconds * RATE)) / RATE
    return np.asarray(np.sin(2 * np.pi * hertz * at) * level, np.float32)


def _add(mixed: Samples, samples: Samples, begin: float) -> None:
    """Lay samples over what is there from a second on; what would come after the end is not heard."""
    start = round(begin * RATE)
    part = mixed[start : start + len(samples)]
    part += samples[: len(part)]
