"""Google's translate voice over the network, by the gTTS library; each sentence is at least one request.

What leaves the house is the text of prompts, nothing of any call. The library does not verify the service's certificate
(gTTS 2.5.4, `stream`), so listen to what came before it goes live.
"""

from __future__ import annotations

import importlib
import io
import re
from typing import Any, ClassVar

import numpy as np

from ivr.speech.engines.base import Engine, EngineError, Sound

_OWN_ADDRESS = "https://translate.google.com"
_PATH = "_/TranslateWebserverUi/data/batchexecute"
_LIMIT = 100
_TIMEOUT = (10.0, 30.0)
_SLOW_BELOW = 5.5
_TOO_MANY = 429
_SERVER_FAULT = 500
_LONGEST_WAIT = 120.0
_CLAUSE = re.compile(r"[^、。\uff1f\uff01]*[、。\uff1f\uff01]?")


class GttsEngine(Engine):
    """Google's voice. It knows two speeds only: any rate below 5.5 morae a second is its slow one.

    The voice's `address` replaces https://translate.google.com, for a proxy of the house or a stand-in.
    """

    name: ClassVar[str] = "gtts"
    parallel: ClassVar[bool] = False
    attempts: ClassVar[int] = 5
    interval: ClassVar[float] = 1.0
    """Seconds between two requests: the service bars whoever asks faster."""
    _next = 0.0

    def synthesize(self, text: str, rate: float) -> Sound:
        """Ask for the words part by part, at most 100 characters each, and decode the MP3 that comes."""
        sounds = [self._part(part, slow=rate < _SLOW_BELOW) for part in _parts(text)]
        return Sound(np.concatenate([sound.samples for sound in sounds]), sounds[0].rate)

    @property
    def address(self) -> str:
        """Give the base address of the service."""
        return (self.voice.address or _OWN_ADDRESS).rstrip("/")

    def _part(self, text: str, *, slow: bool) -> Sound:
        if (wait := self._next - self.clock()) > 0:
            self.sleep(wait)
        library = importlib.import_module("gtts.tts")
        request = _client(library, f"{self.address}/{_PATH}")(
            text, lang=self.voice.language, slow=slow, lang_check=False, pre_processor_funcs=[], timeout=_TIMEOUT
        )
        mp3 = io.BytesIO()
        try:
            request.write_to_fp(mp3)
        except library.gTTSError as error:
            raise self._failure(error) from error
        except ValueError as error:  # Base64 or UTF-8 that is none
            raise self._garbled(error) from error
        finally:
            self._next = self.clock() + self.interval
        return self._decoded(mp3)

    def _decoded(self, mp3: io.BytesIO) -> Sound:
        soundfile = importlib.import_module("soundfile")
        mp3.seek(0)
        try:
            samples, rate = soundfile.read(mp3, always_2d=True)
        except soundfile.LibsndfileError as error:
            raise self._garbled(error) from error
        return Sound(np.asarray(samples, np.float64).mean(axis=1), int(rate))

    def _garbled(self, error: Exception) -> EngineError:
        return EngineError(
            f"{self.address} sent no MP3 that can be decoded ({error}). {_REMEDY}",
            f"{self.address} から届いた音声を再生できません({error})。{_REMEDY_JA}",
            retry=True,
        )

    def _failure(self, error: Any) -> EngineError:  # noqa: ANN401  (gTTSError is not typed)
        answer = error.rsp
        if answer is None:
            return EngineError(
                f"Google's speech service at {self.address} cannot be reached; check the network and the proxy "
                f"settings. {_REMEDY}",
                f"Google の音声サービス {self.address} に接続できません。"
                f"ネットワークとプロキシの設定を確かめてください。{_REMEDY_JA}",
                retry=True,
            )
        later = answer.status_code == _TOO_MANY or answer.status_code >= _SERVER_FAULT
        why = "it asks for fewer requests" if answer.status_code == _TOO_MANY else f"{answer.reason}"
        return EngineError(
            f"Google's speech service at {self.address} answered {answer.status_code} ({why}). {_REMEDY}",
            f"Google の音声サービス {self.address} が {answer.status_code} を返しました。{_REMEDY_JA}",
            retry=later,
            wait=_asked_wait(answer.headers.get("Retry-After", "")),
        )


_REMEDY = (
    "What was made is kept: run `ivr prompts build` again later, or make the prompts with the embedded voice: "
    "`ivr prompts build --engine quick`"
)
_REMEDY_JA = (
    "できた分は残っています。後でもう一度 ivr prompts build を実行するか、"
    "内蔵の音声で作ってください: ivr prompts build --engine quick"
)


def _asked_wait(header: str) -> float:
    return min(_LONGEST_WAIT, float(header)) if header.isdigit() else 0.0


def _client(library: Any, url: str) -> Any:  # noqa: ANN401  (gtts has no types)
    class Client(library.gTTS):  # type: ignore[misc]  # gTTS has no types
        """The library's own client, its requests sent to another address."""

        def _prepare_requests(self) -> list[Any]:
            prepared: list[Any] = super()._prepare_requests()
            for request in prepared:
                request.prepare_url(url, None)
            return prepared

    return Client


def _parts(text: str) -> list[str]:
    """Pack whole clauses into requests: the library would cut Japanese, without blanks, in the middle of a word."""
    packs = [""]
    for clause in _CLAUSE.findall(text):
        for piece in (clause[at : at + _LIMIT] for at in range(0, len(clause), _LIMIT)):
            if len(packs[-1]) + len(piece) > _LIMIT:
                packs.append("")
            packs[-1] += piece
    return packs
