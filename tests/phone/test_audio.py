"""The sound of a whole call: at its seconds, cut where it was cut, keys that can be told from their tones."""

from __future__ import annotations

import io
import wave
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from ivr.phone import audio
from ivr.phone.place import TOKYO
from ivr.simulator import Caption, Line, Person, Sound, World, signer, wsgi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ivr.simulator import Call

RATE = 8000
FOUND = {(low, high): key for key, (low, high) in audio.TONES.items()}


def hum(hertz: float, seconds: float, rate: int = RATE, kind: str = "WAV", subtype: str = "ULAW") -> bytes:
    target = io.BytesIO()
    at = np.arange(int(seconds * rate)) / rate
    soundfile.write(target, 0.5 * np.sin(2 * np.pi * hertz * at), rate, format=kind, subtype=subtype)
    return target.getvalue()


SOUNDS = {"/a.wav": hum(300, 4.0), "/b.wav": hum(500, 2.0, 22050, subtype="PCM_16")}
GATHER = '<Gather numDigits="1" finishOnKey="" timeout="5" action="/key"><Play>/a.wav</Play></Gather>'
DOCUMENTS = {"/voice": GATHER, "/key": "<Play>/b.wav</Play><Say>words</Say><Dial>+81312345678</Dial>"}


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path in SOUNDS:
        start_response("200 OK", [("Content-Type", "audio/wav")])
        return [SOUNDS[path]]
    start_response("200 OK", [("Content-Type", "text/xml")])
    return [f"<Response>{DOCUMENTS[path]}</Response>".encode()]


def words(source: str) -> Sound | None:
    return Sound(1.5, (Caption("words", 0.0, 1.5),), estimated=True) if source == "words" else None


@pytest.fixture
def call() -> Call:
    world = World(
        fetch=wsgi(app),
        sign=signer("t"),
        start=datetime(2026, 11, 24, 12, tzinfo=TOKYO),
        random=Random(1),
        captions=words,
        people=lambda _number: Person(after=4.0, talks=3.0),
    )
    made = world.dial(Line("+815000000000", "https://service.example/voice"), "+815000000001")
    made.wait(1.5)
    made.press("7")
    made.listen()
    return made


def power(samples: np.ndarray[Any, Any], hertz: float) -> float:
    """Measure one frequency as Goertzel does, with nothing of what made it."""
    at = np.arange(len(samples)) / RATE
    return float(abs(np.dot(samples, np.exp(-2j * np.pi * hertz * at))) / max(1, len(samples)))


def key_in(samples: np.ndarray[Any, Any]) -> str:
    low = max((697, 770, 852, 941), key=lambda hertz: power(samples, hertz))
    high = max((1209, 1336, 1477, 1633), key=lambda hertz: power(samples, hertz))
    return FOUND[low, high]


def at(samples: np.ndarray[Any, Any], begin: float, end: float) -> np.ndarray[Any, Any]:
    return samples[int(begin * RATE) : int(end * RATE)]


def test_file_is_as_long_as_the_call_and_of_telephone_quality(call: Call, tmp_path: Path) -> None:
    seconds = audio.write(call, wsgi(app), tmp_path / "call.wav")
    with wave.open(str(tmp_path / "call.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (1, RATE, 2)
        assert file.getnframes() / RATE == pytest.approx(call.seconds, abs=0.001)
    assert seconds == pytest.approx(12.0, abs=0.001)


def test_prompts_sound_at_their_seconds_and_stop_at_the_key(call: Call) -> None:
    samples = audio.render(call, wsgi(app))
    assert power(at(samples, 0.2, 1.4), 300) > 0.2
    assert power(at(samples, 1.7, 3.4), 300) < 0.01
    assert power(at(samples, 1.7, 3.4), 500) > 0.2
    assert power(at(samples, 3.6, 4.9), 500) < 0.01


def test_keys_can_be_told_from_their_tones(call: Call) -> None:
    samples = audio.render(call, wsgi(app))
    assert key_in(at(samples, 1.5, 1.6)) == "7"
    assert [key_in(audio.tone(key)) for key in "1234567890*#"] == list("1234567890*#")


def test_words_without_a_file_are_a_tick_and_ringing_is_heard(call: Call) -> None:
    samples = audio.render(call, wsgi(app))
    assert power(at(samples, 3.5, 3.55), 220) > 0.02
    assert np.abs(at(samples, 3.6, 4.9)).max() < 0.01
    assert power(at(samples, 5.1, 5.9), 400) > 0.02
    assert np.abs(at(samples, 6.1, 7.9)).max() < 0.01
    assert power(at(samples, 8.1, 8.9), 400) > 0.02
    assert np.abs(at(samples, 9.1, 11.9)).max() < 0.01


def test_sound_that_cannot_be_had_is_silence(call: Call) -> None:
    def nothing(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "audio/wav")])
        return [b"no sound"] if environ else []

    assert np.abs(at(audio.render(call, wsgi(nothing)), 0.0, 1.4)).max() == 0.0


def test_call_can_be_had_as_mp3(call: Call) -> None:
    body = audio.encoded(call, wsgi(app), "MP3")
    assert soundfile.info(io.BytesIO(body)).format == "MP3"
    assert len(audio.decoded(body)) / RATE == pytest.approx(call.seconds, abs=0.2)
