"""Make the sound of a helpline: what is missing, on all cores, and then switch to the new voice set as a whole.

A voice set is switched to only when every file of it is there. What was made before an interruption, a full disk or a
service that gave up is kept, and the next run goes on from there. Files appear under their names whole or not at all.
"""

from __future__ import annotations

import itertools
import os
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ivr.findings import FindingsError
from ivr.speech import audio, morae, plan
from ivr.speech.disk import BuildError, disk_failed, whole_samples, write
from ivr.speech.engines import ENGINES
from ivr.speech.engines.base import EngineError
from ivr.speech.store import Entry, Index, Manifest, Said, Shelf, whole
from ivr.speech.workers import spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from ivr.passage import Passage, Sentence
    from ivr.speech.engines.base import Engine
    from ivr.speech.lexicon import Lexicon
    from ivr.speech.plan import Job, Plan, Planned
    from ivr.speech.voices import Voice

    Progress = Callable[[str, int, int], None]

_JOBS_WORTH_A_PROCESS = 20
_SAMPLE_BYTES = 2
_HEADER_BYTES = 44


@dataclass(frozen=True)
class Built:
    """What a run did: the set in use now and its length in seconds, sentences spoken and files written for it."""

    set_id: str
    voice: str
    passages: int
    seconds: float
    spoken: int
    written: int
    switched: bool


@dataclass(frozen=True)
class Task:
    """All that a process needs to speak sentences into a data folder."""

    voice: Voice
    lexicon: Lexicon
    shelf: Shelf

    def path(self, job: Job) -> Path:
        """Place of a sentence's sound."""
        return self.shelf.sentences / f"{job.id}.wav"

    def speaker(self) -> plan.Speaker:
        """Say how words will sound, without loading anything."""
        engine = ENGINES[self.voice.engine]
        return plan.Speaker(self.voice, self.lexicon, engine.version(), engine.knows_lexicon)

    def engine(self) -> Engine:
        """Make the voice's engine; what it needs is loaded with its first sentence."""
        return ENGINES[self.voice.engine](self.voice, self.lexicon, self.shelf.lexicon)


def build(  # noqa: PLR0913  (three of them are seldom given)
    passages: Iterable[Passage],
    voice: Voice,
    lexicon: Lexicon,
    data: Path,
    *,
    place: Callable[[str], tuple[str, int]] = plan.place_unknown,
    progress: Progress | None = None,
    processes: int | None = None,
    switch: bool = True,
) -> Built:
    """Make all that is missing of a voice set and, unless `switch` says no, let it be the one made last.

    `progress` hears (stage, done, all), the stages being "speak" and "join"; `place` gives a prompt's file and line;
    `processes` defaults to the number of cores. Raises FindingsError for words that no voice can say, before anything
    is made, and BuildError when the disk, the engine or a process fails.
    """
    task = Task(voice, lexicon, Shelf(data))
    planned = plan.make(passages, task.speaker(), place)
    with _explained(task.shelf):
        missing = [] if whole(task.shelf, planned.id) else _incomplete(task.shelf, planned)
        report = progress or _no_progress
        spoken = _speak(task, _unspoken(task, missing), report, processes or os.cpu_count() or 1)
        for done, item in enumerate(missing, 1):
            _join(task, item)
            report("join", done, len(missing))
        manifest = _manifest(task.shelf, planned)
        _keep(task.shelf, manifest, touch=not switch)
        switched = switch and _switch(task.shelf, manifest.id)
    seconds = sum(entry.seconds for entry in manifest.passages.values())
    return Built(planned.id, voice.name, len(manifest.passages), seconds, spoken, len(missing), switched)


def use(data: Path, set_id: str) -> None:
    """Let a voice set that was built be the one made last; raises BuildError."""
    shelf = Shelf(data)
    with _explained(shelf):
        _switch(shelf, set_id)


def say(sentence: Sentence, voice: Voice, lexicon: Lexicon, data: Path) -> bytes:
    """Speak one sentence as it sounds in a passage of its own, as WAV; raises FindingsError and BuildError."""
    task = Task(voice, lexicon, Shelf(data))
    with _explained(task.shelf):
        samples = _spoken(task, task.engine(), plan.job(sentence, task.speaker()))
    return audio.to_wav(audio.joined([(samples, 0.0)])[0])


def _no_progress(_stage: str, _done: int, _all: int) -> None:
    """Keep quiet."""


def _incomplete(shelf: Shelf, planned: Plan) -> list[Planned]:
    return [
        item
        for item in planned.passages.values()
        if whole_samples(shelf.wav(item.name)) is None or not shelf.index(item.name).exists()
    ]


def _unspoken(task: Task, missing: Iterable[Planned]) -> list[Job]:
    distinct = {job.id: job for item in missing for job in item.jobs}
    return [job for job in distinct.values() if whole_samples(task.path(job)) is None]


def _speak(task: Task, jobs: Sequence[Job], progress: Progress, processes: int) -> int:
    counter = itertools.count(1)

    def done() -> None:
        progress("speak", next(counter), len(jobs))

    worth = -(-len(jobs) // _JOBS_WORTH_A_PROCESS)
    if ENGINES[task.voice.engine].parallel and min(processes, worth) > 1:
        spread(jobs, min(processes, worth), partial(_speaker, task), done)
    else:
        speak = _speaker(task)
        for job in jobs:
            speak(job)
            done()
    return len(jobs)


def _speaker(task: Task) -> Callable[[Job], None]:
    return partial(_make, task, task.engine())


def _make(task: Task, engine: Engine, job: Job) -> None:
    write(task.path(job), audio.to_wav(_spoken(task, engine, job)))


def _spoken(task: Task, engine: Engine, job: Job) -> NDArray[np.int16]:
    tempo = task.voice.tempo(job.pace)
    try:
        sound = engine.say(job.text, tempo.rate)
        return audio.telephone(sound.samples, sound.rate, len(morae.clauses(job.text)) - 1, tempo.comma)
    except FindingsError as error:  # made plain text, which survives the way back from a process
        texts_ja = "\n".join(finding.format("ja") for finding in error.findings)
        raise BuildError(str(error), texts_ja) from error
    except ValueError as error:
        raise BuildError(
            f"{job.text!r} made by the engine {engine.name} cannot be used: {error}",
            f"「{job.text}」(エンジン {engine.name})の音声が使えません: {error}",
        ) from error


def _join(task: Task, item: Planned) -> None:
    sounds = [audio.from_wav(task.path(job).read_bytes()) for job in item.jobs]
    sentences = item.passage.sentences
    pauses = (sentence.pause for sentence in sentences)
    samples, times = audio.joined(zip(sounds, pauses, strict=True))
    said = (
        Said(sentence.prompt, sentence.text, sentence.spoken, sentence.option, round(begin, 3), round(end, 3))
        for sentence, (begin, end) in zip(sentences, times, strict=True)
    )
    index = Index(_seconds(len(samples)), tuple(said))
    # the index first: where there is a sound, its index is there too
    write(task.shelf.index(item.name), index.to_json().encode())
    write(task.shelf.wav(item.name), audio.to_wav(samples))


def _manifest(shelf: Shelf, planned: Plan) -> Manifest:
    passages = {}
    for key, item in planned.passages.items():
        samples = whole_samples(shelf.wav(item.name))
        if samples is None:
            raise BuildError(
                f"{shelf.wav(item.name)} has vanished while prompts were built; run `ivr prompts build` again",
                f"{shelf.wav(item.name)} が作成中に消えました。もう一度 ivr prompts build を実行してください",
            )
        size = _HEADER_BYTES + _SAMPLE_BYTES * samples
        passages[key] = Entry(item.name, _seconds(samples), size, tuple(job.id for job in item.jobs))
    return Manifest(planned.id, planned.voice.name, passages)


def _keep(shelf: Shelf, manifest: Manifest, *, touch: bool) -> None:
    """Write the manifest where it is not there; the order in which they were touched is that in which they are kept."""
    path, content = shelf.manifest(manifest.id), manifest.to_json().encode()
    if not path.exists() or path.read_bytes() != content:
        write(path, content, sync=True)
    if touch:
        path.touch()


def _switch(shelf: Shelf, set_id: str) -> bool:
    """Make the voice set the one made last, in one step; tell whether it was another before."""
    try:
        if shelf.current_id() == set_id:
            return False
    except ValueError:
        pass  # a broken pointer is replaced
    shelf.manifest(set_id).touch()
    write(shelf.current, f"{set_id}\n".encode(), sync=True)
    return True


def _seconds(samples: int) -> float:
    return round(samples / audio.RATE, 3)


@contextmanager
def _explained(shelf: Shelf) -> Iterator[None]:
    """Turn what can go wrong while speech is made into words."""
    try:
        yield
    except EngineError as error:
        raise BuildError(error.text, error.text_ja) from error
    except OSError as error:
        raise disk_failed(shelf.top, error) from error
