"""What all engines share: retries, timing, the check that there is sound at all, and one log line for each sentence.

A provider writes one method, `synthesize`, and raises EngineError from it.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import structlog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from ivr.speech.lexicon import Lexicon
    from ivr.speech.voices import Voice

_SILENT = 1e-4
_log = structlog.get_logger(__name__)


class EngineError(RuntimeError):
    """A sentence could not be made; says why and what to do, in English and Japanese.

    `retry` tells that the same request may succeed later, `wait` how many seconds the service asked for.
    """

    def __init__(self, text: str, text_ja: str, retry: bool = False, wait: float = 0.0) -> None:  # noqa: FBT001, FBT002  (positional: it crosses process borders by its args)
        """Keep the words; all arguments are kept so that the error survives the way back from a worker process."""
        super().__init__(text, text_ja, retry, wait)
        self.text, self.text_ja, self.retry, self.wait = text, text_ja, retry, wait

    def __str__(self) -> str:
        """Give the English words."""
        return self.text


@dataclass(frozen=True)
class Sound:
    """What an engine said: mono samples in -1..1, possibly a little beyond, and their rate in Hz."""

    samples: NDArray[np.float64]
    rate: int


class Engine(ABC):
    """One way to make speech. An instance serves one thread; making it may take a second."""

    name: ClassVar[str]
    packages: ClassVar[tuple[str, ...]] = ()
    """The distributions that make the sound: their versions are part of every file name."""
    revision: ClassVar[int] = 1
    """Our own part of the version; a change of the sound needs a new one."""
    knows_lexicon: ClassVar[bool] = False
    """Whether it reads with our front end; else it gets the lexicon's words in kana."""
    parallel: ClassVar[bool] = True
    attempts: ClassVar[int] = 1

    def __init__(
        self,
        voice: Voice,
        lexicon: Lexicon,
        folder: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Get ready to speak; `folder` lies under the data folder and may hold what is worth keeping."""
        self.voice = voice
        self.lexicon = lexicon
        self.folder = folder
        self.clock = clock
        self.sleep = sleep

    @classmethod
    @cache
    def version(cls) -> str:
        """Name everything of the engine that changes its sound; loads nothing."""
        return " ".join([f"{cls.name}-{cls.revision}", *(f"{name} {version(name)}" for name in cls.packages)])

    @abstractmethod
    def synthesize(self, text: str, rate: float) -> Sound:
        """Speak a normalised text at about `rate` morae a second, pauses apart; raises EngineError."""

    def say(self, text: str, rate: float) -> Sound:
        """Speak, again after a while where that may help; raises EngineError when it is given up."""
        began = self.clock()
        for attempt in range(1, self.attempts + 1):
            try:
                sound = self._checked(text, rate)
            except EngineError as error:
                _log.warning("speech_failed", engine=self.name, attempt=attempt, error=error.text)
                if not error.retry or attempt == self.attempts:
                    raise
                self.sleep(max(self.backoff(attempt), error.wait))
            else:
                took = round(self.clock() - began, 3)
                seconds = round(len(sound.samples) / sound.rate, 3)
                _log.debug("speech_made", engine=self.name, attempt=attempt, took=took, seconds=seconds)
                return sound
        raise AssertionError("attempts must be at least 1")

    def backoff(self, attempt: int) -> float:
        """Give the seconds to wait after a failed attempt: 2, 4, 8, … at most a minute."""
        return float(min(60, 2**attempt))

    def _checked(self, text: str, rate: float) -> Sound:
        sound = self.synthesize(text, rate)
        if not len(sound.samples) or not np.isfinite(sound.samples).all() or np.abs(sound.samples).max() < _SILENT:
            raise EngineError(
                f"the engine {self.name} gave no sound for {text!r}; check its reading with `ivr prompts say`",
                f"エンジン {self.name} が「{text}」を音にできませんでした。ivr prompts say で読みを確かめてください",
            )
        return sound
