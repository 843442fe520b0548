"""Every engine of the registry speaks; the quick one at the pace that callers need; Google's with all its moods."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, ClassVar, get_args

import numpy as np
import pytest

from ivr.speech import audio, morae
from ivr.speech.engines import ENGINES
from ivr.speech.engines.base import Engine, EngineError, Sound
from ivr.speech.frontend import FrontEnd
from ivr.speech.lexicon import Lexicon
from ivr.speech.reading import normalise
from ivr.speech.voices import Voice

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Google

TEXT = "カードをなくしたときは、一を押してください。"
SENTENCES = """\
カードをなくした方は、イチを押してください。
この電話で、マイナンバーや暗証番号をお尋ねすることは、決してありません。
カードの一時停止は、二十四時間、三百六十五日、受け付けています。
ご自宅の外でなくしたときは、警察署に遺失届を出してください。
見つかったマイナンバーカードと、本人確認書類を一点、お持ちください。
代理人の手続きは、原則として、二回の来庁が必要です。
火曜日だけは、午後七時まで受け付けています。
もう一度聞くときは、シャープを、前に戻るときは、コメジルシを押してください。""".splitlines()
NUMBERS = ["ゼロイチニーゼロ、キュウゴー、ゼロイチナナハチ。", "ゼロサン、ゴーナナヨンニー、ロクロクロクゼロ。"]


@pytest.fixture
def engine(voice: Callable[[str], Voice], words: Lexicon, tmp_path: Path) -> Callable[..., Engine]:
    def make(name: str, **changes: object) -> Engine:
        return ENGINES[name](voice(name).model_copy(update=changes), words, tmp_path)

    return make


def test_the_registry_holds_what_voices_may_name() -> None:
    assert set(ENGINES) == set(get_args(Voice.model_fields["engine"].annotation))


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_speaks_a_sentence_as_long_as_its_words(
    name: str, engine: Callable[..., Engine], google: Google
) -> None:
    sound = engine(name, **({"address": google.address} if name == "gtts" else {})).say(TEXT, 6.65)
    made = audio.telephone(sound.samples, sound.rate, 1, 0.3)
    assert 1.5 < len(made) / audio.RATE < 6
    assert sound.samples.ndim == 1


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_names_its_version_and_loads_nothing(name: str) -> None:
    script = (
        "import sys; from ivr.speech.engines import ENGINES\n"
        f"print(ENGINES[{name!r}].version().split()[0])\n"
        "print([m for m in ('pyopenjtalk', 'gtts', 'onnxruntime', 'soundfile', 'soxr') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"{name}-{ENGINES[name].revision}\n[]\n"


def _rate(texts: list[str], voice: Voice, pace: str, words: Lexicon, folder: Path) -> float:
    """Morae a second over some sentences, pauses apart."""
    speaker, front, tempo = ENGINES["quick"](voice, words, folder), FrontEnd(words, folder), voice.tempo(pace)
    beats = seconds = 0.0
    for spoken in texts:
        text = normalise(spoken, words).text
        pauses = len(morae.clauses(text)) - 1
        sound = speaker.say(text, tempo.rate)
        made = audio.telephone(sound.samples, sound.rate, pauses, tempo.comma)
        beats += morae.count(front.kana(text))
        seconds += len(made) / audio.RATE - pauses * tempo.comma
    return beats / seconds


def test_normal_speed_is_six_to_seven_morae_a_second(
    voice: Callable[[str], Voice], words: Lexicon, tmp_path: Path
) -> None:
    assert _rate(SENTENCES, voice("quick"), "normal", words, tmp_path) == pytest.approx(6.65, abs=0.2)


def test_numbers_to_write_down_are_said_at_four_morae_a_second(
    voice: Callable[[str], Voice], words: Lexicon, tmp_path: Path
) -> None:
    assert _rate(NUMBERS, voice("quick"), "slow", words, tmp_path) == pytest.approx(4.0, abs=0.2)


def test_the_quick_voice_gives_the_same_samples_again(engine: Callable[..., Engine]) -> None:
    speaker = engine("quick")
    first = speaker.say(TEXT, 6.65)
    speaker.say("別の文です。", 4.0)
    assert np.array_equal(first.samples, speaker.say(TEXT, 6.65).samples)
    assert np.array_equal(first.samples, engine("quick").say(TEXT, 6.65).samples)


class _Silent(Engine):
    name: ClassVar[str] = "silent"

    def synthesize(self, text: str, rate: float) -> Sound:
        del text, rate
        return Sound(np.zeros(800), 8000)


class _Moody(Engine):
    """Fails twice, then speaks."""

    name: ClassVar[str] = "moody"
    attempts: ClassVar[int] = 3
    failures = 2

    def synthesize(self, text: str, rate: float) -> Sound:
        del text, rate
        self.failures -= 1
        if self.failures >= 0:
            raise EngineError("not now", "今はできません", retry=True, wait=7.0 * self.failures)
        return Sound(np.ones(800), 8000)


def test_an_engine_that_stays_silent_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="the engine silent gave no sound for 'はい。'"):
        _Silent(Voice(engine="tone"), Lexicon(), tmp_path).say("はい。", 6.0)


def test_a_failure_is_tried_again_after_a_while_or_as_long_as_the_service_asks(tmp_path: Path) -> None:
    waits: list[float] = []
    speaker = _Moody(Voice(engine="tone"), Lexicon(), tmp_path, sleep=waits.append)
    assert len(speaker.say("はい。", 6.0).samples) == 800
    assert waits == [7.0, 4.0]


def test_the_last_failure_is_the_error(tmp_path: Path) -> None:
    speaker = _Moody(Voice(engine="tone"), Lexicon(), tmp_path, sleep=lambda _: None)
    speaker.failures = 3
    with pytest.raises(EngineError, match="not now"):
        speaker.say("はい。", 6.0)


class _Clock:
    """A clock that only waiting moves on."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(round(seconds, 3))
        self.now += seconds


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def online(voice: Callable[[str], Voice], google: Google, clock: _Clock, words: Lexicon, tmp_path: Path) -> Engine:
    at_home = voice("gtts").model_copy(update={"address": google.address})
    return ENGINES["gtts"](at_home, words, tmp_path, clock=clock, sleep=clock.sleep)


def test_google_is_asked_by_the_real_library(online: Engine, google: Google) -> None:
    sound = online.say("カードをなくしたとき。", 6.65)
    assert google.asked == [["カードをなくしたとき。", "ja", None, "null"]]
    assert sound.rate == 24000
    assert len(sound.samples) / sound.rate == pytest.approx(1.1, abs=0.1)


def test_google_knows_one_slow_speed(online: Engine, google: Google) -> None:
    online.say("ゼロサン。", 4.0)
    assert google.asked == [["ゼロサン。", "ja", True, "null"]]


def test_long_sentences_are_asked_for_in_parts_that_end_at_a_pause(
    online: Engine, google: Google, clock: _Clock
) -> None:
    clause = "あ" * 45 + "、"
    online.say(clause * 3 + "い" * 120 + "。", 6.65)
    assert [asked[0] for asked in google.asked] == [clause * 2, clause, "い" * 100, "い" * 20 + "。"]
    assert clock.waits == [1.0, 1.0, 1.0]


def test_google_is_asked_at_most_once_a_second(online: Engine, clock: _Clock) -> None:
    online.say("一。", 6.65)
    online.say("二。", 6.65)
    assert clock.waits == [1.0]


def test_too_many_requests_and_server_faults_are_waited_out(online: Engine, google: Google, clock: _Clock) -> None:
    google.answers = [429, 500, 503]
    online.say("はい。", 6.65)
    assert len(google.asked) == 4
    assert clock.waits == [2.0, 4.0, 8.0]


def test_google_is_waited_for_as_long_as_it_asks(online: Engine, google: Google, clock: _Clock) -> None:
    google.answers, google.headers = [429], {"Retry-After": "30"}
    online.say("はい。", 6.65)
    assert clock.waits == [30.0]


def test_a_refusal_is_not_repeated(online: Engine, google: Google) -> None:
    google.answers = [403]
    with pytest.raises(EngineError, match=rf"at {google.address} answered 403 \(Forbidden\)"):
        online.say("はい。", 6.65)
    assert len(google.asked) == 1


def test_giving_up_names_the_service_and_the_way_out(online: Engine, google: Google) -> None:
    google.answers = [500] * 9
    with pytest.raises(EngineError) as caught:
        online.say("はい。", 6.65)
    assert len(google.asked) == 5
    assert caught.value.text.endswith("make the prompts with the embedded voice: `ivr prompts build --engine quick`")
    assert caught.value.text_ja.startswith(f"Google の音声サービス {google.address} が 500 を返しました。")


@pytest.mark.parametrize("line", ["", '[["wrb.fr","jQ1olc","[\\"bm8gTVAz\\"]"]]', '[["wrb.fr","jQ1olc","[\\"x\\"]"]]'])
def test_an_answer_without_sound_is_tried_again(line: str, online: Engine, google: Google) -> None:
    google.answers = [line]
    assert len(online.say("はい。", 6.65).samples) > 0
    assert len(google.asked) == 2


def test_a_service_that_cannot_be_reached_is_named(
    voice: Callable[[str], Voice], clock: _Clock, google: Google, words: Lexicon, tmp_path: Path
) -> None:
    del google  # its fixture keeps the proxies of this machine out
    nobody = voice("gtts").model_copy(update={"address": "http://127.0.0.1:9/"})
    with pytest.raises(EngineError, match=r"Google's speech service at http://127\.0\.0\.1:9 cannot be reached"):
        ENGINES["gtts"](nobody, words, tmp_path, clock=clock, sleep=clock.sleep).say("はい。", 6.65)
    assert clock.waits == [2.0, 4.0, 8.0, 16.0]


def test_errors_survive_the_way_back_from_a_process() -> None:
    import pickle  # noqa: PLC0415

    error = pickle.loads(pickle.dumps(EngineError("a", "b", retry=True, wait=3.0)))  # noqa: S301
    assert (error.text, error.text_ja, error.retry, error.wait) == ("a", "b", True, 3.0)
