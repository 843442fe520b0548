"""How long something sounds, and which words are heard when.

Lengths come from whoever knows them (`Captions`), else from the audio itself, else from counting the words.
"""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass
from typing import Protocol

MORAE_A_SECOND = 6.5
KANJI_MORAE = 1.8
LATIN_LETTERS_A_SECOND = 14
COMMA_SECONDS, STOP_SECONDS = 0.25, 0.5

_WORDS = re.compile(
    r"(?P<small>[ゃゅょぁぃぅぇぉゎャュョァィゥェォヮ])|(?P<kana>[\u3041-\u309f\u30a0-\u30ff])"
    r"|(?P<kanji>[\u3400-\u9fff々])|(?P<digit>[0-9０-９])|(?P<letter>\w)"
    r"|(?P<comma>[、,，;:：])|(?P<stop>[。．.!?！？])"
)
_SECONDS = {
    "small": 0.0,
    "kana": 1 / MORAE_A_SECOND,
    "kanji": KANJI_MORAE / MORAE_A_SECOND,
    "digit": 2 / MORAE_A_SECOND,
    "letter": 1 / LATIN_LETTERS_A_SECOND,
    "comma": COMMA_SECONDS,
    "stop": STOP_SECONDS,
}
# Twilio's page on <Play> lists these types and no others.
PLAYABLE = frozenset(
    f"audio/{name}"
    for name in ("mpeg", "wav", "wave", "x-wav", "aiff", "x-aifc", "x-aiff", "x-gsm", "gsm", "ulaw", "basic")
)
_RAW_BYTES_A_SECOND = {"audio/ulaw": 8000, "audio/basic": 8000, "audio/gsm": 1650, "audio/x-gsm": 1650}


@dataclass(frozen=True)
class Caption:
    """A sentence within a sound: from which to which second, the key that it offers, the prompt it comes from."""

    text: str
    begin: float
    end: float
    option: str = ""
    prompt: str = ""


@dataclass(frozen=True)
class Sound:
    """Something to be heard: its length in seconds and its sentences in their order."""

    seconds: float
    captions: tuple[Caption, ...] = ()
    estimated: bool = False


class Captions(Protocol):
    """Whoever knows the words behind an address of <Play>, or the sentences in a text of <Say>."""

    def __call__(self, source: str, /) -> Sound | None:
        """Give the sound of a Play address or a Say text, or None if it is not known."""


SILENT = Sound(0.0)


def nothing_known(_source: str) -> None:
    """Know no captions: a <Play> is then called by its address, a <Say> is one long sentence."""


def estimate(text: str) -> float:
    """Count how many seconds a text takes to say: Japanese by morae (6.5 a second), other words by letters."""
    return round(sum(_SECONDS[found.lastgroup or ""] for found in _WORDS.finditer(text)), 2)


def said(text: str) -> Sound:
    """Make the sound of a text that nobody described: one sentence, its length estimated."""
    seconds = estimate(text)
    return Sound(seconds, (Caption(text, 0.0, seconds),), estimated=True)


def measure(body: bytes, content_type: str) -> float:
    """Measure audio in seconds by its header; raises ValueError where it cannot be read."""
    if body[:4] == b"RIFF":
        return _riff_seconds(body)
    if content_type in _RAW_BYTES_A_SECOND:
        return len(body) / _RAW_BYTES_A_SECOND[content_type]
    return _decoded_seconds(body)


def _riff_seconds(body: bytes) -> float:
    """Read RIFF/WAVE chunk by chunk: its byte rate also covers μ-law, which the standard library refuses."""
    rate, at = 0, 12
    while at + 8 <= len(body):
        kind, size = struct.unpack_from("<4sI", body, at)
        if kind == b"fmt " and at + 20 <= len(body):
            (rate,) = struct.unpack_from("<I", body, at + 16)
        if kind == b"data" and rate:
            return float(min(size, len(body) - at - 8) / rate)
        at += 8 + size + size % 2
    raise ValueError("a WAV file without sound")


def _decoded_seconds(body: bytes) -> float:
    import soundfile  # noqa: PLC0415  (heavy, and only for what is not WAV)

    try:
        return float(soundfile.info(io.BytesIO(body)).duration)
    except soundfile.LibsndfileError as error:
        raise ValueError(f"audio that cannot be read: {error}") from error
