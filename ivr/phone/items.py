"""What a caller does, as `ivr call --keys` writes it: items separated by blanks, each read to a value."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ivr.findings import BadValueError

_SECONDS = r"\d{1,5}(?:\.\d{1,3})?"
_PRESS = re.compile(rf"(?P<key>[0-9*#])(?:@(?P<at>{_SECONDS}))?", re.ASCII)
_WAIT = re.compile(rf"wait:(?P<seconds>{_SECONDS})", re.ASCII)
_SAY = re.compile(r"say:(?P<words>.+)")
FORMS = "a key (0-9, *, #), a key at a second of the passage (2@4.5), silence, wait:SECONDS, say:WORDS or hangup"
FORMS_JA = "ボタン(0-9、*、#)、案内が始まって何秒かのボタン(2@4.5)、silence、wait:秒、say:言葉、hangup"


@dataclass(frozen=True)
class Press:
    """Press a key: `at` so many seconds after the passage began, else as soon as its option was said."""

    key: str
    at: float | None = None

    def __str__(self) -> str:
        """Write it as an item."""
        return self.key if self.at is None else f"{self.key}@{self.at:g}"


@dataclass(frozen=True)
class Silent:
    """Press nothing until the service goes on by itself."""

    def __str__(self) -> str:
        """Write it as an item."""
        return "silence"


@dataclass(frozen=True)
class Idle:
    """Press nothing for so many seconds."""

    seconds: float

    def __str__(self) -> str:
        """Write it as an item."""
        return f"wait:{self.seconds:g}"


@dataclass(frozen=True)
class Say:
    """Say something, where a service listens to speech; on the command line without blanks."""

    words: str

    def __str__(self) -> str:
        """Write it as an item."""
        return f"say:{self.words}"


@dataclass(frozen=True)
class HangUp:
    """Hang up."""

    def __str__(self) -> str:
        """Write it as an item."""
        return "hangup"


Item = Press | Silent | Idle | Say | HangUp


def parse(text: str) -> list[Item]:
    """Read items; raises ValueError that names the first which is none, and what there is."""
    return [_item(word) for word in text.split()]


def seconds(text: str) -> float:
    """Read a length of time in seconds; raises ValueError for anything but digits with a decimal point."""
    if not re.fullmatch(_SECONDS, text, re.ASCII):
        raise BadValueError(
            f"{text!r} is not a number of seconds such as 0.5", f"「{text}」は 0.5 のような秒数ではありません"
        )
    return float(text)


def _item(word: str) -> Item:
    if word in ("silence", "timeout"):
        return Silent()
    if word == "hangup":
        return HangUp()
    if found := _WAIT.fullmatch(word):
        return Idle(float(found["seconds"]))
    if found := _SAY.fullmatch(word):
        return Say(found["words"])
    if found := _PRESS.fullmatch(word):
        return Press(found["key"], None if found["at"] is None else float(found["at"]))
    raise BadValueError(f"{word!r} is not {FORMS}", f"「{word}」は使えません。書けるのは、{FORMS_JA}")
