"""What a set consists of, worked out from words alone: which sentences to speak, which files to join from them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr.findings import FindingsError
from ivr.speech import audio
from ivr.speech.reading import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ivr.findings import Finding
    from ivr.passage import Pace, Passage, Sentence
    from ivr.speech.lexicon import Lexicon
    from ivr.speech.voices import Voice


@dataclass(frozen=True)
class Speaker:
    """All that decides how words will sound: a voice, its engine's version, the lexicon and who applies it."""

    voice: Voice
    lexicon: Lexicon
    version: str
    knows_lexicon: bool


@dataclass(frozen=True)
class Job:
    """One sentence to be spoken: `id` names its sound, `text` is normalised for the engine."""

    id: str
    text: str
    pace: Pace


@dataclass(frozen=True)
class Planned:
    """One passage: the name of its file and its sentences' jobs, in order."""

    passage: Passage
    name: str
    jobs: tuple[Job, ...]


@dataclass(frozen=True)
class Plan:
    """A whole set: its id and its passages by key."""

    id: str
    voice: Voice
    passages: Mapping[str, Planned]

    def jobs(self) -> dict[str, Job]:
        """Give each distinct sentence once, in the order of the passages."""
        return {job.id: job for planned in self.passages.values() for job in planned.jobs}


def place_unknown(prompt: str) -> tuple[str, int]:
    """Say where a prompt stands, for whoever does not know better."""
    return (f"prompts ({prompt})", 0)


def make(
    passages: Iterable[Passage],
    speaker: Speaker,
    place: Callable[[str], tuple[str, int]] = place_unknown,
) -> Plan:
    """Plan a set; raises FindingsError with every sentence that no voice can say.

    `place` gives a prompt's file and line.
    """
    distinct = {passage.key: passage for passage in passages}
    findings: list[Finding] = []
    planned = {}
    for key, passage in distinct.items():
        for sentence in passage.sentences:
            findings += normalise(sentence.spoken, speaker.lexicon).findings(place(sentence.prompt), sentence.prompt)
        jobs = tuple(job(sentence, speaker) for sentence in passage.sentences)
        planned[key] = Planned(passage, _hash(key, audio.FORMAT, *(job.id for job in jobs)), jobs)
    if findings:
        raise FindingsError(findings)
    set_id = _hash(speaker.voice.name, *sorted(f"{key} {item.name}" for key, item in planned.items()))[:12]
    return Plan(set_id, speaker.voice, planned)


def job(sentence: Sentence, speaker: Speaker) -> Job:
    """Give what an engine has to say for a sentence; its id changes with what changes the sound, and only then."""
    voice, lexicon = speaker.voice, speaker.lexicon
    text = normalise(sentence.spoken, lexicon).text
    words: tuple[tuple[str, str, int], ...] = ()
    if speaker.knows_lexicon:
        words = lexicon.relevant(text)
    else:
        text = lexicon.in_kana(text)
    tempo = voice.tempo(sentence.pace).model_dump_json()
    return Job(_hash(text, words, speaker.version, voice.language, tempo, audio.FORMAT), text, sentence.pace)


def _hash(*content: object) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:24]
