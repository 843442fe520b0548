"""The telephone chain: band, loudness, peaks, pauses, ends, and that joining changes none of it."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from ivr.speech import audio


def tone(seconds: float, hertz: float = 1000, rate: int = 48000, level: float = 0.5) -> np.ndarray:
    return level * np.sin(np.arange(round(seconds * rate)) / rate * 2 * np.pi * hertz)


def silence(seconds: float, rate: int = 48000) -> np.ndarray:
    return np.zeros(round(seconds * rate))


def level(samples: np.ndarray) -> float:
    return round(20 * float(np.log10(audio.active_level(samples / 32767))), 1)


@pytest.mark.parametrize("loud", [0.001, 0.05, 0.9, 1.4])
@pytest.mark.parametrize("rate", [8000, 22050, 24000, 48000])
def test_every_sentence_comes_out_equally_loud(loud: float, rate: int) -> None:
    made = audio.telephone(tone(1.0, 900, rate, loud), rate, 0, 0.3)
    assert (made.dtype, level(made)) == (np.int16, -22.0)


def test_stereo_becomes_mono() -> None:
    one = tone(0.5)
    assert np.array_equal(audio.telephone(np.stack([one, one], 1), 48000, 0, 0.3), audio.telephone(one, 48000, 0, 0.3))


def test_no_peak_passes_the_limit_and_no_sample_wraps() -> None:
    rng = np.random.default_rng(7)
    speech = tone(2.0, 700, level=0.02) + 1.2 * (rng.random(96000) > 0.9995)
    made = audio.telephone(speech, 48000, 0, 0.3)
    assert np.abs(made.astype(int)).max() <= round(32767 * 10 ** (-3 / 20))
    assert np.abs(made.astype(int)).max() > 16000


@pytest.mark.parametrize(("hertz", "heard"), [(60, False), (300, True), (1000, True), (3200, True), (3900, False)])
def test_only_what_a_telephone_passes_is_left(hertz: float, heard: bool) -> None:  # noqa: FBT001
    mixed = tone(1.0, 1000, level=0.25) + tone(1.0, hertz, level=0.25)
    spectrum = np.abs(np.fft.rfft(audio.telephone(mixed, 48000, 0, 0.3)[800:4800] * np.hanning(4000)))
    at, reference = spectrum[round(hertz / 2)], spectrum[500]
    assert (at > reference * 0.3, at < reference * 0.01) == (heard, not heard)


def test_silence_around_the_words_is_cut() -> None:
    made = audio.telephone(np.concatenate([silence(0.7), tone(1.0), silence(1.3)]), 48000, 0, 0.3)
    assert len(made) / audio.RATE == pytest.approx(1.05, abs=0.03)


def test_pauses_become_as_long_as_the_voice_says() -> None:
    spoken = np.concatenate([tone(0.5), silence(0.9), tone(0.5), silence(0.2), tone(0.5)])
    short, long = (len(audio.telephone(spoken, 48000, 2, comma)) / audio.RATE for comma in (0.3, 0.8))
    assert (round(short, 1), round(long - short, 2)) == (2.1, 1.0)


def test_a_stop_inside_a_word_is_no_pause() -> None:
    spoken = np.concatenate([tone(0.5), silence(0.16), tone(0.5), silence(0.5), tone(0.5)])
    assert len(audio.telephone(spoken, 48000, 1, 0.8)) / audio.RATE == pytest.approx(1.5 + 0.16 + 0.8, abs=0.05)


def test_speaking_time_leaves_pauses_out() -> None:
    spoken = audio.telephone(np.concatenate([tone(0.5), silence(0.5), tone(0.7)]), 48000, 1, 0.8)
    assert audio.speaking_seconds(spoken) == pytest.approx(1.2, abs=0.1)


def test_ends_are_silent_so_that_no_joint_clicks() -> None:
    made = audio.telephone(np.concatenate([tone(0.5), silence(0.5), tone(0.5)]), 48000, 1, 0.5)
    whole, _ = audio.joined([(made, 0.4), (made, 0.0)])
    assert (made[0], made[-1]) == (0, 0)
    assert np.abs(np.diff(whole.astype(int))).max() == np.abs(np.diff(made.astype(int))).max()


def test_sentences_are_joined_with_head_pauses_and_tail() -> None:
    one = audio.telephone(tone(0.5), 48000, 0, 0.3)
    length = len(one) / audio.RATE
    whole, times = audio.joined([(one, 0.4), (one, 9.0)])
    assert [tuple(round(at, 3) for at in time) for time in times] == [
        (0.15, round(0.15 + length, 3)),
        (round(0.55 + length, 3), round(0.55 + 2 * length, 3)),
    ]
    assert len(whole) / audio.RATE == pytest.approx(0.15 + 2 * length + 0.4 + 0.3)
    assert level(whole) == pytest.approx(level(one), abs=0.3)


def test_files_are_what_twilio_plays_and_read_back_the_same() -> None:
    made = audio.telephone(tone(0.5), 48000, 0, 0.3)
    content = audio.to_wav(made)
    with soundfile.SoundFile(io.BytesIO(content)) as file:
        assert (file.format, file.subtype, file.samplerate, file.channels) == ("WAV", "PCM_16", 8000, 1)
        assert np.array_equal(file.read(dtype="int16"), made)
    assert np.array_equal(audio.from_wav(content), made)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound at all", audio.to_wav(np.zeros(99, np.int16))[:-7]])
def test_a_broken_file_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"not a WAV file|cut off"):
        audio.from_wav(content)


@pytest.mark.parametrize("nothing", [np.zeros(48000), np.zeros(0)])
def test_sound_without_speech_is_refused(nothing: np.ndarray) -> None:
    with pytest.raises(ValueError, match="no sound"):
        audio.telephone(nothing, 48000, 0, 0.3)
