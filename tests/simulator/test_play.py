"""<Play>, by Twilio's page on it.

| attribute | values | default |
|---|---|---|
| loop | whole number, 0 = 1000 times | 1 |
| digits | 0-9 A-D # * w W, not within a Gather | none |

Fetched by GET without the call's parameters. Types: mpeg wav wave x-wav aiff x-aifc x-aiff x-gsm gsm ulaw.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from ivr.simulator import Caption, Played, Sound

if TYPE_CHECKING:
    from tests.simulator.conftest import Codes, Reply, Service, Wav


def test_length_is_that_of_the_file_and_it_is_called_by_its_address(service: Service, wav: Wav) -> None:
    service.documents["/a.wav"] = wav(2.5)
    call = service.dial("<Play>/a.wav</Play>")
    call.listen()
    (heard,) = call.heard
    assert (heard.text, heard.seconds, heard.estimated) == ("https://service.example/a.wav", 2.5, False)


def test_fetched_by_get_without_parameters_or_signature(service: Service, wav: Wav) -> None:
    service.documents["/a.wav"] = wav(1)
    call = service.dial("<Play>/a.wav?v=1</Play>")
    fetch = service.received[1]
    assert (fetch.method, fetch.query, fetch.form) == ("GET", {"v": "1"}, {})
    assert "X-Twilio-Signature" not in fetch.headers
    assert call.requests[1].params == {}


def test_captions_give_sentences_but_the_file_is_fetched_all_the_same(service: Service, wav: Wav) -> None:
    service.documents["/a.wav"] = wav(9)
    known = Sound(3.0, (Caption("一。", 0.15, 2.7, prompt="one"),))
    call = service.dial("<Play>/a.wav</Play>", captions={"https://service.example/a.wav": known}.get)
    call.listen()
    assert [(heard.t, heard.text, heard.seconds, heard.prompt) for heard in call.heard] == [(0.15, "一。", 2.55, "one")]
    assert call.seconds == 3.0
    assert service.paths() == ["/voice", "/a.wav"]


def test_missing_file_is_a_warning_and_silence_even_with_captions(service: Service, codes: Codes) -> None:
    known = Sound(3.0, (Caption("一。", 0.0, 3.0),))
    call = service.dial("<Play>/a.wav</Play><Play>/a.wav</Play><Say>next</Say>", captions=lambda _source: known)
    call.listen()
    assert codes(call) == [11200]
    assert [heard.text for heard in call.heard] == ["一。"]
    assert call.seconds == 3.0


def test_wrong_type_is_a_warning_and_silence(service: Service, reply: type[Reply], codes: Codes) -> None:
    service.documents |= {"/a": reply(b"<html/>", kind="text/html"), "/b": reply(b"RIFF", kind="")}
    call = service.dial("<Play>/a</Play><Play>/b</Play>")
    call.listen()
    assert codes(call) == [13420, 13420]
    assert call.heard == []


def test_redirected_file_is_played(service: Service, reply: type[Reply], wav: Wav) -> None:
    service.documents |= {"/a": reply(status="302 Found", headers=(("Location", "/b.wav"),)), "/b.wav": wav(1)}
    call = service.dial("<Play>/a</Play>")
    call.listen()
    assert [heard.seconds for heard in call.heard] == [1.0]
    assert service.received[2].method == "GET"


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


MULAW = struct.pack("<HHIIHH", 7, 1, 8000, 8000, 1, 8)


@pytest.mark.parametrize(
    ("kind", "body", "seconds"),
    [
        ("audio/wav", riff((b"fmt ", MULAW), (b"LIST", b"odd"), (b"data", b"\0" * 4000)), 0.5),
        ("audio/wav", riff((b"fmt ", MULAW), (b"data", b"\0" * 4000))[:-2000], 0.25),
        ("audio/ulaw", b"\0" * 8000, 1.0),
        ("audio/basic", b"\0" * 4000, 0.5),
        ("audio/x-gsm", b"\0" * 3300, 2.0),
    ],
)
def test_lengths_of_the_types_that_telephones_use(
    service: Service, reply: type[Reply], kind: str, body: bytes, seconds: float
) -> None:
    service.documents["/a"] = reply(body, kind=kind)
    call = service.dial("<Play>/a</Play>")
    call.listen()
    assert [heard.seconds for heard in call.heard] == [seconds]


@pytest.mark.parametrize(("kind", "form"), [("audio/mpeg", "MP3"), ("audio/aiff", "AIFF")])
def test_lengths_of_other_types(service: Service, reply: type[Reply], kind: str, form: str) -> None:
    target = io.BytesIO()
    soundfile.write(target, np.zeros(16000, "float32"), 8000, format=form)
    service.documents["/a"] = reply(target.getvalue(), kind=kind)
    call = service.dial("<Play>/a</Play>")
    call.listen()
    assert [round(heard.seconds, 1) for heard in call.heard] == [2.0]


@pytest.mark.parametrize(
    "body",
    [b"no sound at all", riff((b"data", b"\0" * 80)), riff((b"fmt ", MULAW)), riff((b"fmt ", b"\0\0")), b""],
)
def test_unreadable_audio_is_a_remark_and_silence(
    service: Service, reply: type[Reply], codes: Codes, body: bytes
) -> None:
    service.documents["/a"] = reply(body, kind="audio/wav")
    call = service.dial("<Play>/a</Play>")
    call.listen()
    assert codes(call) == [0]
    assert call.heard == []


def test_tones_have_their_lengths(service: Service) -> None:
    call = service.dial('<Play digits="1w#W9"/>')
    call.listen()
    assert [(heard.text, heard.seconds, heard.estimated) for heard in call.heard] == [("(tones 1w#W9)", 2.1, True)]


def test_loop(service: Service, wav: Wav, codes: Codes) -> None:
    service.documents["/a.wav"] = wav(1)
    call = service.dial('<Play loop="2">/a.wav</Play><Play loop="x">/a.wav</Play>')
    call.listen()
    assert call.seconds == 3.0
    assert codes(call) == [13410]
    assert service.paths() == ["/voice", "/a.wav"]


def test_without_an_address_or_with_wrong_tones(service: Service, codes: Codes) -> None:
    call = service.dial('<Play/><Play digits="E"/><Play>http://[oops</Play><Play>ftp://x/a.wav</Play>')
    call.listen()
    assert codes(call) == [13430, 11100, 11100, 11100, 11100]


def test_a_sound_is_noted_as_a_whole_for_as_long_as_it_was_heard(service: Service, wav: Wav) -> None:
    service.documents["/a.wav"] = wav(4.0)
    call = service.dial('<Gather numDigits="1"><Play>/a.wav</Play></Gather>')
    call.wait(1.5)
    call.press("1")
    assert [event for event in call.events if isinstance(event, Played)] == [Played(0.0, f"{service.base}/a.wav", 1.5)]
