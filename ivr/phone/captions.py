"""The words behind sounds: from the index beside each audio file, and for <Say> from the passages themselves.

Audio files are named by a hash of their content, so the last part of an address tells what is said, wherever the
helpline runs.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ivr.simulator import Caption, Sound
from ivr.speech.morae import estimated_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ivr.passage import Passage, Sentence
    from ivr.simulator import Captions
    from ivr.speech.store import Index

_KANA = re.compile(r"[\u3041-\u30ff]")


def captions(
    index: Callable[[str], Index | None],
    passages: Callable[[], Iterable[Passage]],
    words: Callable[[], Callable[[str], str]],
) -> Captions:
    """Know what a helpline says: `index` by the name of a file, `passages` what it says, asked for words not yet known.

    `words` gives how Twilio's voice gets what is spoken (`twiml.Sound.words`).
    """
    texts: dict[str, Sequence[Sentence]] = {}
    known: set[str] = set()

    def learn() -> None:
        new = {passage.key: passage for passage in passages() if passage.key not in known}
        known.update(new)
        for text, sentences in runs(new.values(), words()).items():
            texts.setdefault(text, sentences)

    def sound(source: str) -> Sound | None:
        parts = urlsplit(source)
        if parts.scheme in ("http", "https"):
            found = index(PurePosixPath(parts.path).stem)
            return recorded(found) if found else None
        if not _KANA.search(source):
            return None  # all that we say has kana; asking for the passages takes a while
        if bare(source) not in texts:
            learn()
        sentences = texts.get(bare(source))
        return spoken(sentences) if sentences else None

    return sound


def recorded(index: Index) -> Sound:
    """Give the sound of a file from its index."""
    sentences = (Caption(said.text, said.begin, said.end, said.option, said.prompt) for said in index.sentences)
    return Sound(index.seconds, tuple(sentences))


def spoken(sentences: Iterable[Sentence]) -> Sound:
    """Give the sound of sentences that Twilio's voice says: lengths counted by morae, each pause after its sentence."""
    told, begin = [], 0.0
    for sentence in sentences:
        end = begin + estimated_seconds(sentence.spoken, slow=sentence.pace == "slow")
        told.append(Caption(sentence.text, round(begin, 3), round(end, 3), sentence.option, sentence.prompt))
        begin = end + sentence.pause
    return Sound(round(begin, 3), tuple(told), estimated=True)


def runs(passages: Iterable[Passage], words: Callable[[str], str]) -> Mapping[str, Sequence[Sentence]]:
    """List every run of sentences within a passage by its words: a long passage is said in several pieces."""
    found: dict[str, Sequence[Sentence]] = {}
    for passage in passages:
        sentences = passage.sentences
        said = [bare(words(sentence.spoken)) for sentence in sentences]
        for first in range(len(sentences)):
            for end in range(first + 1, len(sentences) + 1):
                found.setdefault("".join(said[first:end]), sentences[first:end])
    return found


def bare(text: str) -> str:
    """Drop all blanks: XML does not keep them as they were written."""
    return "".join(text.split())
