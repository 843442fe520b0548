"""A Turn as TwiML: the only place that writes TwiML. Pure; it is handed the names of the files that exist.

Keys work at any moment because everything that is heard before a key is nested in the Gather (Twilio drops keys
pressed before a Gather begins). `finishOnKey=""` makes `#` and `*` keys. Silence falls through to a Redirect, so it
arrives under an address of its own. All addresses are absolute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from twilio.twiml.voice_response import Dial as DialVerb
from twilio.twiml.voice_response import Gather, VoiceResponse

from ivr.call import Dial, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ivr.call import Turn
    from ivr.passage import Passage

TYPE = "text/xml; charset=utf-8"
LANGUAGES = {"ja": "ja-JP"}
VOICES = {"ja": "Polly.Kazuha-Neural"}
"""Twilio's own voices, for words without a file; its basic voice does not speak Japanese."""
SAY_LIMIT = 450
"""Characters of Japanese in one Say: Twilio's limit is 4500 percent-encoded ones, and one kanji takes nine."""


LAST_RESORT_FILE = "flows/last-resort.xml"
_ORIGIN = (
    "prompts/ja/common.yaml の last_resort から作られます。手で直さず、その文や電話番号を直したら、"
    ".venv/bin/ivr flows last-resort で書き直し、TwiML Bin にも貼り直してください。"
    "Made from the prompt last_resort: renew it with `ivr flows last-resort`, then in the TwiML Bin."
)


class Addresses(Protocol):
    """Absolute addresses under the public URL."""

    def turn(self, position: str, after: str = "") -> str:
        """Give the address of the next turn; `after` is empty for a key, `silence` or `dialled`."""

    def audio(self, name: str) -> str:
        """Give the address of an audio file by its name."""


class Sound(Protocol):
    """How passages are heard."""

    def file_of(self, passage: Passage) -> str | None:
        """Give the name of the file that says a passage; None where there is none to play."""

    def words(self, spoken: str) -> str:
        """Give the words of a sentence so that Twilio's own voice, which knows no readings of ours, reads them."""


def render(turn: Turn, addresses: Addresses, sound: Sound, caller_id: str) -> str:
    """Write a turn as one document; a passage without a file is said by Twilio's own Japanese voice."""
    response = VoiceResponse()
    position = turn.position.encode()
    if isinstance(turn.then, Wait):
        gather = Gather(
            input="dtmf",
            num_digits=1,
            finish_on_key="",
            timeout=turn.then.seconds,
            action=addresses.turn(position),
            method="POST",
        )
        _speak(gather, turn.passages, addresses, sound)
        response.append(gather)
        response.redirect(addresses.turn(position, "silence"), method="POST")
        return str(response)
    _speak(response, turn.passages, addresses, sound)
    if isinstance(turn.then, Dial):
        response.append(_dial(turn.then, addresses.turn(position, "dialled"), caller_id))
    else:
        response.hangup()
    return str(response)


def last_resort(passage: Passage, words: Callable[[str], str]) -> str:
    """Write the document that needs nothing of ours to run: words for Twilio's own voice, then the end."""
    response = VoiceResponse()
    for _ in range(2):
        _say(response, passage, words)
        response.pause(length=1)
    response.hangup()
    return str(response)


def last_resort_file(passage: Passage, words: Callable[[str], str]) -> str:
    """Write the same document for a file that people paste elsewhere: it says where it comes from."""
    declaration, end, rest = last_resort(passage, words).partition("?>")
    return f"{declaration}{end}\n<!-- {_ORIGIN} -->\n{rest}\n"


def _speak(parent: VoiceResponse | Gather, passages: Iterable[Passage], addresses: Addresses, sound: Sound) -> None:
    for passage in passages:
        name = sound.file_of(passage)
        if name:
            parent.play(addresses.audio(name))
        else:
            _say(parent, passage, sound.words)


def _say(parent: VoiceResponse | Gather, passage: Passage, words: Callable[[str], str]) -> None:
    for part in _parts(words(sentence.spoken) for sentence in passage.sentences):
        parent.say(part, voice=VOICES[passage.language], language=LANGUAGES[passage.language])


def _parts(sentences: Iterable[str]) -> Iterable[str]:
    """Join sentences to pieces that every voice takes."""
    part = ""
    for sentence in sentences:
        if part and len(part) + len(sentence) > SAY_LIMIT:
            yield part
            part = ""
        part += sentence
    if part:
        yield part


def _dial(then: Dial, action: str, caller_id: str) -> DialVerb:
    """Dial one number; the action comes back in every outcome, and the caller ID is always our own number."""
    verb = DialVerb(
        caller_id=caller_id or None, timeout=then.timeout, time_limit=then.limit, action=action, method="POST"
    )
    verb.number(then.number)
    return verb
