"""<Say>: words in a voice of Twilio's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

if TYPE_CHECKING:
    from ivr.simulator.call import Call
    from ivr.simulator.document import Element
    from ivr.simulator.process import Next, Steps
    from ivr.simulator.reader import Reader

FOREVER = 1000
"""How often `loop="0"` really repeats."""
URL_ENCODED_LIMIT = 4500
_LIMITS = {"Polly": 3000, "Google": 5000}
_BASIC_LIMIT = 4096
_VOICE = r"man|woman|alice|(?:Polly|Google)\.[\w.-]+"
_LANGUAGE = r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*"
_WORDS = frozenset({"break", "emphasis", "phoneme", "prosody", "say-as", "sub"})
_SENTENCES = _WORDS | {"lang", "w"}
_ALL = _SENTENCES | {"p", "s"}
_SSML = {
    "Say": _ALL,
    "lang": _ALL,
    "prosody": _ALL,
    "p": _SENTENCES | {"s"},
    "s": _SENTENCES,
    "emphasis": _SENTENCES,
    "w": _WORDS,
}
"""What may stand in each element of SSML (Twilio's page on text-to-speech); the others hold text alone."""
_SSML_ATTRIBUTES = {
    "break": frozenset({"strength", "time"}),
    "emphasis": frozenset({"level"}),
    "lang": frozenset({"xml:lang"}),
    "phoneme": frozenset({"alphabet", "ph"}),
    "prosody": frozenset({"pitch", "rate", "volume"}),
    "say-as": frozenset({"interpret-as", "format"}),
    "sub": frozenset({"alias"}),
    "w": frozenset({"role"}),
}


@dataclass(frozen=True)
class Say:
    """A text, said as often as `loop` says; empty where Twilio would say nothing of it."""

    text: str
    loop: int = 1

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read the text without its SSML, whose effect on the length is not counted."""
        voice = reader.matching("voice", "man", reader.code(13511, 13321), _VOICE)
        reader.matching("language", "en-US", 12200, _LANGUAGE)
        loop = reader.whole("loop", 1, reader.code(13510, 13322), least=0)
        reader.followed = True
        _check_ssml(reader, reader.element)
        return cls(_sayable(reader, voice), loop or FOREVER)

    def run(self, call: Call) -> Steps[Next]:
        """Speak; the words are heard sentence by sentence where someone knows them."""
        call.answer()
        for _ in range(self.loop if self.text else 0):
            yield from call.speak(call.words(self.text), self.text, said=True)
        return None


def _check_ssml(reader: Reader, element: Element) -> None:
    for child in element.children:
        if isinstance(child, str):
            continue
        if child.name not in _SSML.get(element.name, frozenset()):
            reader.warn(12200, f"<{child.name}> has no place in <{element.name}>")
            continue
        for name in child.attributes.keys() - _SSML_ATTRIBUTES.get(child.name, frozenset()):
            reader.warn(12200, f"there is no attribute {name} in <{child.name}>")
        _check_ssml(reader, child)


def _sayable(reader: Reader, voice: str) -> str:
    """Skip what is empty (13520) or too long (13521): limits count bytes, as Twilio counts single-byte characters."""
    text = reader.text()
    limit = _LIMITS.get(voice.partition(".")[0], _BASIC_LIMIT)
    if not text:
        reader.warn(13520, "there is nothing to say")
    elif len(text.encode()) > limit or len(quote(text)) > URL_ENCODED_LIMIT:
        reader.warn(
            13521, f"the text is too long: {limit} bytes and {URL_ENCODED_LIMIT} percent-encoded characters are said"
        )
        return ""
    return re.sub(r"\s+", " ", text)
