"""The people at the other end of a Dial: scripted, so that every outcome can be had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Outcome = Literal["answered", "busy", "no-answer", "failed", "canceled"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True)
class Person:
    """What somebody does whose number is dialled.

    `after` is how many seconds it rings until the outcome; someone who answers talks for `talks` seconds and hangs up.
    Before that, `keys` answer what a whisper document asks: one of them each time that it listens, and none once they
    are used up. `hangs_up` is how many seconds after answering they hang up whatever goes on; None is never.
    """

    outcome: Outcome = "answered"
    after: float = 4.0
    talks: float = 30.0
    keys: str = ""
    hangs_up: float | None = None

    def reaction(self, timeout: float) -> tuple[float, Outcome]:
        """Tell after how many seconds of ringing it is over, and how: nobody is waited for beyond the timeout."""
        if self.outcome == "no-answer" or self.after > timeout:
            return timeout, "no-answer"
        return self.after, self.outcome
