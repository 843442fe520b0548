"""What is said together: sentences in their order, and the name under which their sound is known.

Values only. `prompts` makes them, `speech` gives them sound, `twiml` writes them down.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Literal

Pace = Literal["normal", "slow"]


@dataclass(frozen=True)
class Sentence:
    """One sentence as it is written, as it is spoken, and the key that it offers.

    `text` is what captions show; `spoken` is the same with readings in kana and numbers in words, ready
    for any engine. `option` is the key the sentence offers, or empty. `pause` is the silence after it in
    seconds.
    """

    prompt: str
    text: str
    spoken: str
    option: str = ""
    pace: Pace = "normal"
    pause: float = 0.4


@dataclass(frozen=True)
class Passage:
    """Sentences that are always said together: one audio file."""

    language: str
    sentences: tuple[Sentence, ...]

    @cached_property
    def key(self) -> str:
        """Name the passage by everything in it: a changed word is a new name (24 hexadecimal digits)."""
        content = json.dumps([self.language, [asdict(s) for s in self.sentences]], ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()[:24]

    @property
    def spoken(self) -> str:
        """Give the words for a voice that reads text, where there is no file."""
        return "".join(sentence.spoken for sentence in self.sentences)
