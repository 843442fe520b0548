"""`ivr prompts`: make the spoken prompts, check their readings, list them, try one out."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from ivr import cli, log
from ivr.findings import FindingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ivr.content import Content
    from ivr.passage import Passage, Sentence
    from ivr.settings import Settings
    from ivr.speech.approved import Heard
    from ivr.speech.disk import Pruned
    from ivr.speech.frontend import FrontEnd
    from ivr.speech.lexicon import Lexicon
    from ivr.speech.store import AudioLibrary
    from ivr.speech.voices import Voice

TOKYO = ZoneInfo("Asia/Tokyo")
_EVERY = 10.0
"""Seconds between two lines of progress where nobody watches."""
_MANY = 20
"""So many new readings are approved at once without asking: nobody looks at more by the way."""
_STAGES = {"speak": "speaking", "join": "joining"}
_MARKED = re.compile(r"\{[^{}|]+\|([^{}]+)\}")
_ROOT = click.option(
    "--root", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Holds flows/ and prompts/."
)
_ENGINE = click.option("--engine", type=click.Choice(["quick", "gtts", "tone"]), help="Take the first voice of it.")
_VOICE = click.option("--voice", "voice_name", default="", help="A voice of prompts/voices.yaml.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON value and nothing else.")


@click.group(context_settings=cli.HELP)
def prompts() -> None:
    """Make and examine the spoken prompts."""
    log.setup(level=logging.WARNING)


@prompts.command()
@cli.LANGUAGE
@_ROOT
@_ENGINE
@_VOICE
@click.option("--processes", type=click.IntRange(1, 256), help="How many to use; as many as cores unless given.")
@click.option("--prune", is_flag=True, help="Then clear away what neither a kept set nor a running call uses.")
@click.option("--keep", type=click.IntRange(1, 100), default=2, show_default=True, help="Sets that --prune keeps.")
@_JSON
def build(
    root: Path | None,
    engine: str | None,
    voice_name: str,
    processes: int | None,
    keep: int,
    *,
    prune: bool,
    as_json: bool,
) -> None:
    """Make every prompt that is missing, then switch to the new set as a whole."""
    from ivr.speech import build as making  # noqa: PLC0415  (help does not need it)
    from ivr.speech import lexicon  # noqa: PLC0415

    settings, top, content = _open(root)
    voice = _chosen(top, voice_name, engine or settings.engine)
    with _failures():
        with _progress() as progress:
            made = making.build(
                content.passages,
                voice,
                lexicon.load(top),
                settings.data,
                place=content.place,
                progress=progress,
                processes=processes,
            )
        pruned = _pruned(settings, keep) if prune else None
    done = asdict(made) | ({"pruned": asdict(pruned)} if pruned else {})
    if as_json:
        click.echo(json.dumps(done, ensure_ascii=False))
        return
    click.echo(
        f"{made.passages} passages, {made.seconds / 60:.1f} minutes, voice {made.voice}: {made.spoken} sentences "
        f"spoken, {made.written} files written, set {made.set_id} {'now' if made.switched else 'already'} in use",
        err=True,
    )
    if pruned:
        click.echo(f"{pruned.files} old files cleared away, {pruned.size / 1e6:.1f} MB", err=True)


def _pruned(settings: Settings, keep: int) -> Pruned:
    """Clear away old sound, but none that belongs to a published set or that a running call may ask for."""
    from ivr.sets.clear import voice_sets  # noqa: PLC0415
    from ivr.speech import disk  # noqa: PLC0415

    now = datetime.now(TOKYO)
    try:
        needed = voice_sets(settings.data, now)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"nothing was cleared away: {error}; `ivr flows publish` mends that") from error
    return disk.prune(settings.data, now.timestamp(), keep, needed)


@prompts.command()
@cli.LANGUAGE
@_ROOT
@click.option("--approve", is_flag=True, help="Write the readings as they are now into prompts/readings/.")
@click.option("--yes", is_flag=True, help="Approve also many new readings without asking, for scripts.")
@_JSON
def check(root: Path | None, *, approve: bool, yes: bool, as_json: bool) -> None:
    """Compare how every sentence is read with the approved readings; exit 1 where one is new or has changed."""
    from ivr.findings import errors  # noqa: PLC0415
    from ivr.speech import approved, lexicon, openings  # noqa: PLC0415

    settings, top, content = _open(root)
    language, words = content.prompts.language, lexicon.load(top)
    front = _front(words, settings)
    all_spoken = (sentence for passage in content.passages for sentence in passage.sentences)
    sentences = list({sentence.spoken: sentence for sentence in all_spoken}.values())
    heard, wrong = openings.hear(sentences, content.office, front, words)
    findings = sorted({*front.misread(words), *approved.unsayable(sentences, front, words, content.place), *wrong})
    if approve and not findings:
        _look(heard, approved.load(top, language), _front(lexicon.Lexicon(), settings), yes=yes)
        place = approved.write(top, language, approved.register(heard))
        cli.tell(
            f"readings of {len(heard)} sentences approved in {place}", f"{len(heard)} 文の読みを {place} に書きました"
        )
    else:
        known = approved.load(top, language)
        findings += [*sorted(approved.check(heard, known, content.place)), *approved.unused(heard, known, language)]
    if as_json:
        click.echo(json.dumps([finding.as_json() for finding in findings], ensure_ascii=False, indent=1))
    else:
        cli.print_findings(findings)
        cli.tell(
            f"{len(heard)} sentences, {len(findings)} findings", f"{len(heard)} 文、見つかったこと {len(findings)} 件"
        )
    if errors(findings):
        raise SystemExit(1)


def _look(heard: list[Heard], known: dict[str, str], plain: FrontEnd, *, yes: bool) -> None:
    """Show which new readings are not the dictionary's own; where many are new, ask whether they are right."""
    from ivr.speech import approved  # noqa: PLC0415

    new = approved.news(heard, known)
    for part, (kana, other) in approved.unlike(heard, new, plain).items():
        click.echo(f"{part}: {kana} (dictionary / 辞書: {other})", err=True)
    if len(new) <= _MANY or yes:
        return
    if not sys.stdin.isatty():
        raise click.ClickException(
            f"{len(new)} readings are new: look at them with `ivr prompts check`, then approve them at a terminal, "
            "or with --approve --yes"
        )
    click.confirm(f"{len(new)} readings are new. Approve them all? / すべて承認しますか", abort=True, err=True)


@prompts.command("list")
@cli.LANGUAGE
@_ROOT
@_JSON
def list_(root: Path | None, *, as_json: bool) -> None:
    """List every passage with its length and its file; those without a file are spoken by Twilio's voice."""
    from ivr.speech.store import AudioLibrary  # noqa: PLC0415

    settings, _, content = _open(root)
    library = AudioLibrary(settings.data)
    rows = [_row(library, passage) for passage in content.passages]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(map(_line, rows)))
    cli.print_findings(library.findings)
    there = [row for row in rows if row["file"]]
    total = sum(row["seconds"] for row in there)
    click.echo(
        f"{len(there)} of {len(rows)} passages, {total / 60:.1f} minutes, voice {library.voice or '-'}", err=True
    )


@prompts.command()
@cli.LANGUAGE
@click.argument("text")
@_ROOT
@_ENGINE
@_VOICE
@click.option("--pace", type=click.Choice(["normal", "slow"]), default="normal", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the sound to this WAV file.")
@_JSON
def say(
    text: str,
    root: Path | None,
    engine: str | None,
    voice_name: str,
    pace: Any,  # noqa: ANN401  (click gives one of the two)
    out: Path | None,
    *,
    as_json: bool,
) -> None:
    """Show how a sentence is read: as engines get it, in kana, its morae; with --out also how it sounds.

    What nothing reads for sure is told as a warning; in a prompt it is an error.
    """
    from ivr.passage import Sentence  # noqa: PLC0415
    from ivr.speech import lexicon, morae  # noqa: PLC0415
    from ivr.speech.reading import normalise  # noqa: PLC0415

    settings = cli.settings()
    top = root or settings.root
    words = lexicon.load(top)
    sentence = Sentence("TEXT", text, _MARKED.sub(r"\1", text), pace=pace)
    reading = normalise(sentence.spoken, words)
    if findings := replace(reading, unread=(), either=()).findings(("TEXT", 0), "TEXT"):
        raise FindingsError(findings)
    cli.print_findings(replace(doubt, level="warning") for doubt in reading.findings(("TEXT", 0), "TEXT"))
    kana = _front(words, settings).kana(reading.text)
    said: dict[str, Any] = {"text": reading.text, "kana": kana, "morae": morae.count(kana)}
    if out:
        said |= _sounded(out, sentence, _chosen(top, voice_name, engine or settings.engine), words, settings)
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(f"{name:<8} {value}" for name, value in said.items()))


def _sounded(out: Path, sentence: Sentence, voice: Voice, words: Lexicon, settings: Settings) -> dict[str, Any]:
    """Write the sound of a sentence; say where it lies and how long it is."""
    from ivr.speech import audio  # noqa: PLC0415
    from ivr.speech.build import say as spoken  # noqa: PLC0415
    from ivr.speech.disk import write  # noqa: PLC0415

    with _failures():
        wav = spoken(sentence, voice, words, settings.data)
        write(out, wav)
    seconds = len(audio.from_wav(wav)) / audio.RATE
    return {"voice": voice.name, "file": str(out), "seconds": round(seconds, 3)}


def _open(root: Path | None) -> tuple[Settings, Path, Content]:
    from ivr.content import load  # noqa: PLC0415

    settings = cli.settings()
    top = root or settings.root
    return settings, top, load(top, settings)


def _chosen(top: Path, name: str, engine: str) -> Voice:
    from ivr.speech import voices  # noqa: PLC0415

    return voices.choose(voices.load(top), name=name, engine=engine)


def _front(words: Lexicon, settings: Settings) -> FrontEnd:
    from ivr.speech.frontend import FrontEnd  # noqa: PLC0415
    from ivr.speech.store import Shelf  # noqa: PLC0415

    return FrontEnd(words, Shelf(settings.data).lexicon)


@contextmanager
def _failures() -> Iterator[None]:
    """Print why speech could not be made, in the language of the terminal, and exit with 1."""
    from ivr.speech.disk import BuildError  # noqa: PLC0415

    try:
        yield
    except BuildError as error:
        click.echo(f"error: {error.text_ja if cli.language() == 'ja' else error.text}", err=True)
        raise SystemExit(1) from error


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Give a function that shows progress on stderr: a bar for a person, a line now and then for a log."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(_STAGES[stage], total=total)
            bars.update(tasks[stage], completed=done)

        yield show


def _lines() -> Callable[[str, int, int], None]:
    last = dict.fromkeys(_STAGES, float("-inf"))

    def show(stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - last[stage] >= _EVERY:
            last[stage] = now
            click.echo(f"{_STAGES[stage]}: {done} of {total}", err=True)

    return show


def _line(row: dict[str, Any]) -> str:
    length = f"{row['seconds']:6.1f} s" if row["file"] else "       -"
    return f"{length}  {row['file'] or 'no file yet':<30}  {', '.join(row['prompts'])}  {row['text']}"


def _row(library: AudioLibrary, passage: Passage) -> dict[str, Any]:
    name = library.name_for(passage.key)
    index = library.index(name) if name else None
    return {
        "prompts": list(dict.fromkeys(sentence.prompt for sentence in passage.sentences)),
        "text": "".join(sentence.text for sentence in passage.sentences),
        "seconds": index.seconds if index else None,
        "file": f"{name}.wav" if index else None,
    }
