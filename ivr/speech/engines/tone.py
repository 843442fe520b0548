"""Tones as long as the words would be: for tests and for trying a flow, at once and the same everywhere."""

from __future__ import annotations

import zlib
from typing import ClassVar

import numpy as np

from ivr.speech import morae
from ivr.speech.engines.base import Engine, Sound

_RATE = 8000
_REST = 0.3
_LOWEST = 300
_STEP = 25
_STEPS = 24


class ToneEngine(Engine):
    """A tone for each clause, its pitch made from the words, at exactly the rate that is asked for."""

    name: ClassVar[str] = "tone"
    parallel: ClassVar[bool] = False  # done before another process would have started

    def synthesize(self, text: str, rate: float) -> Sound:
        """Hum the words of a normalised text; a clause is never shorter than one mora."""
        rest = np.zeros(round(_REST * _RATE))
        parts = [part for clause in morae.clauses(text) for part in (self._tone(clause, rate), rest)]
        return Sound(np.concatenate(parts), _RATE)

    @staticmethod
    def _tone(clause: str, rate: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        seconds = max(1, morae.estimate(clause)) / rate
        pitch = _LOWEST + _STEP * (zlib.crc32(clause.encode()) % _STEPS)
        return np.asarray(0.5 * np.sin(np.arange(round(seconds * _RATE)) / _RATE * 2 * np.pi * pitch))
