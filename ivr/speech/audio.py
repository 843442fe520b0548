"""From an engine's samples to telephone sound: every sentence equally loud, clean at its ends, never clipped.

Order: mono, 8 kHz, 200-3400 Hz (the telephone passes no more), trim, pauses set, loudness, limiter, fades. The result
is 16-bit linear WAV: Twilio takes it as it takes mu-law, encodes once for whatever line the caller is on, and every
browser plays it. Values are floats in -1..1, times seconds, levels dB below full scale.
"""

from __future__ import annotations

import io
import wave
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

FORMAT = "wav-8000-pcm16/1"
"""Name of this chain; a change that alters its sound needs a new one, so that files get new names."""
RATE = 8000
HEAD = 0.15
TAIL = 0.30
LOUDNESS = -22.0
"""Active-speech level: RMS 2600 of 32767, RFC 7874 section 3."""
PEAK = -3.0
_TRIM = -45.0
_ACTIVE = -35.0
_FRAME = RATE // 100
_LOUD_FRAME = RATE // 50
_BAND = (200.0, 3400.0)
_TAPS = 255
_GUARD = 2
_FADE = RATE // 200
_LOOK_AHEAD = RATE // 200
_SHORTEST_PAUSE = 12
_FULL = 32767
_SAMPLE_BYTES = 2


def telephone(samples: NDArray[np.floating], rate: int, pauses: int, comma: float) -> NDArray[np.int16]:
    """Make one sentence ready to be joined with others.

    `samples` are mono or (frames, channels); the longest `pauses` silences inside become `comma` seconds each.
    Raises ValueError for sound without any speech in it.
    """
    sound = _band(_resampled(_mono(samples), rate))
    sound = _trimmed(sound)
    sound = _faded(set_pauses(sound, pauses, comma))
    sound = _limited(sound * (_gain(LOUDNESS) / active_level(sound)))
    return np.round(_faded(sound) * _FULL).astype(np.int16)


def joined(sentences: Iterable[tuple[NDArray[np.int16], float]]) -> tuple[NDArray[np.int16], list[tuple[float, float]]]:
    """Join sentences, each with the silence after it; give the sound and when each begins and ends, in seconds."""
    parts, at = [_silence(HEAD)], round(HEAD * RATE)
    times: list[tuple[float, float]] = []
    pause = 0.0
    for sentence, after in sentences:
        if times:
            parts.append(_silence(pause))
            at += len(parts[-1])
        times.append((at / RATE, (at + len(sentence)) / RATE))
        parts.append(sentence)
        at += len(sentence)
        pause = after
    return np.concatenate([*parts, _silence(TAIL)]), times


def to_wav(samples: NDArray[np.int16]) -> bytes:
    """Write 8 kHz mono 16-bit samples as a WAV file; equal samples give equal bytes."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def from_wav(content: bytes) -> NDArray[np.int16]:
    """Read what `to_wav` wrote; raises ValueError for anything else or a file that was cut off."""
    try:
        with wave.open(io.BytesIO(content), "rb") as reader:
            frames = reader.getnframes()
            data = reader.readframes(frames)
    except (wave.Error, EOFError) as error:
        raise ValueError(f"not a WAV file: {error}") from error
    if len(data) != frames * _SAMPLE_BYTES:
        raise ValueError(f"cut off: {len(data)} of {frames * _SAMPLE_BYTES} bytes")
    return np.frombuffer(data, "<i2").astype(np.int16)


def active_level(samples: NDArray[np.floating]) -> float:
    """Give the RMS of the 20 ms frames that lie within 35 dB of the loudest one; raises ValueError for silence."""
    energy = _energies(samples, _LOUD_FRAME)
    if not len(energy) or energy.max() <= 0 or not np.isfinite(energy.max()):
        raise ValueError("there is no sound in it")
    return float(np.sqrt(energy[energy > energy.max() * _gain(_ACTIVE) ** 2].mean()))


def speaking_seconds(samples: NDArray[np.floating]) -> float:
    """Measure how long somebody speaks, silences of 120 ms and more left out; for rates in morae a second."""
    runs = _silences(samples)
    return len(samples) / RATE - sum(end - begin for begin, end in runs) * _FRAME / RATE


def set_pauses(samples: NDArray[np.float64], pauses: int, comma: float) -> NDArray[np.float64]:
    """Make the longest `pauses` silences `comma` seconds long; shorter ones are stops inside a word (っ, t, k)."""
    runs = sorted(_silences(samples), key=lambda run: run[0] - run[1])[:pauses]
    parts, last = [], 0
    for begin, end in sorted(runs):
        parts += [_faded(samples[last : (begin + _GUARD) * _FRAME]), np.zeros(_pause_size(comma))]
        last = (end - _GUARD) * _FRAME
    return np.concatenate([*parts, _faded(samples[last:]) if runs else samples])


def _pause_size(comma: float) -> int:
    return max(0, round(comma * RATE) - 2 * _GUARD * _FRAME)


def _mono(samples: NDArray[np.floating]) -> NDArray[np.float64]:
    sound = np.asarray(samples, np.float64)
    return sound.mean(axis=1) if sound.ndim > 1 else sound


def _resampled(samples: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    import soxr  # noqa: PLC0415  (only makers of sound need it, readers of WAV do not)

    if rate == RATE or not len(samples):
        return samples
    return np.asarray(soxr.resample(samples, rate, RATE, quality="VHQ"), np.float64)


def _band(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.convolve(samples, _kernel())[_TAPS // 2 : -(_TAPS // 2)] if len(samples) else samples


@lru_cache(maxsize=1)
def _kernel() -> NDArray[np.float64]:
    """Make the band pass: the difference of two windowed low passes, symmetric, so that no phase is bent."""
    at = np.arange(_TAPS) - _TAPS // 2
    low, high = (2 * edge / RATE * np.sinc(2 * edge / RATE * at) for edge in _BAND)
    return np.asarray((high - low) * np.hamming(_TAPS))


def _trimmed(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cut what is 45 dB below the loudest frame at both ends, leaving 20 ms for soft consonants."""
    voiced = np.flatnonzero(_voiced(samples))
    if not len(voiced):
        raise ValueError("there is no sound in it")
    begin, end = max(0, voiced[0] - _GUARD), voiced[-1] + 1 + _GUARD
    return samples[begin * _FRAME : end * _FRAME]


def _voiced(samples: NDArray[np.floating]) -> NDArray[np.bool_]:
    energy = _energies(samples, _FRAME)
    return energy > (energy.max() if len(energy) else 0) * _gain(_TRIM) ** 2


def _silences(samples: NDArray[np.floating]) -> list[tuple[int, int]]:
    """Find the silences of 120 ms and more between two voiced frames, as (first frame, frame after the last)."""
    voiced = np.flatnonzero(_voiced(samples))
    gaps = np.flatnonzero(np.diff(voiced) > _SHORTEST_PAUSE)
    return [(int(voiced[gap]) + 1, int(voiced[gap + 1])) for gap in gaps]


def _energies(samples: NDArray[np.floating], size: int) -> NDArray[np.float64]:
    whole = np.asarray(samples, np.float64)
    whole = np.pad(whole, (0, -len(whole) % size))
    return np.asarray((whole.reshape(-1, size) ** 2).mean(axis=1))


def _limited(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keep every sample within -3 dB by turning down 5 ms ahead of a peak, smoothly."""
    peak = _gain(PEAK)
    need = peak / np.maximum(np.abs(samples), peak)
    if need.min() == 1:
        return samples
    size = 2 * _LOOK_AHEAD + 1
    lowest = sliding_window_view(np.pad(need, 2 * _LOOK_AHEAD, constant_values=1.0), size).min(axis=1)
    smooth = sliding_window_view(lowest, size).mean(axis=1)
    return np.asarray(samples * smooth)


def _faded(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Let a sound begin and end at zero over 5 ms: a joint must not click."""
    size = min(_FADE, len(samples) // 2)
    slope = np.sin(np.arange(size) / max(1, size) * np.pi / 2) ** 2
    sound = samples.copy()
    sound[:size] *= slope
    sound[len(sound) - size :] *= slope[::-1]
    return sound


def _silence(seconds: float) -> NDArray[np.int16]:
    return np.zeros(round(seconds * RATE), np.int16)


def _gain(decibels: float) -> float:
    return float(10 ** (decibels / 20))
