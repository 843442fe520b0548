"""Writing files whole or not at all, with words for a disk that refuses; and clearing away what nobody needs."""

from __future__ import annotations

import errno
import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr.speech.store import Manifest, Shelf

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_HEADER = struct.Struct("<4sI4s28sI")
_SAMPLE_BYTES = 2
GRACE = 3600.0
"""Seconds that a set, a file or a draft is left alone after its last use: calls and builds that run need it."""


class BuildError(RuntimeError):
    """Speech could not be made or kept; says where and what to do, in English and Japanese."""

    def __init__(self, text: str, text_ja: str) -> None:
        """Keep the words; both are kept so that the error survives the way back from a worker process."""
        super().__init__(text, text_ja)
        self.text, self.text_ja = text, text_ja

    def __str__(self) -> str:
        """Give the English words."""
        return self.text


@dataclass(frozen=True)
class Pruned:
    """What was cleared away: number of files, and bytes."""

    files: int
    size: int


def write(path: Path, content: bytes, *, sync: bool = False) -> None:
    """Put a file in place in one step; raises BuildError and leaves nothing behind. `sync` waits for the disk."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise disk_failed(path, error) from error
    finally:
        if draft.exists():
            draft.unlink()


def whole_samples(path: Path) -> int | None:
    """Count the samples of one of our WAV files by its header; None if it is missing, cut off or another format."""
    try:
        with path.open("rb") as file:
            riff, _, kind, _, length = _HEADER.unpack(file.read(_HEADER.size))
            size = os.fstat(file.fileno()).st_size
    except (OSError, struct.error):
        return None
    if riff != b"RIFF" or kind != b"WAVE" or length != size - _HEADER.size:
        return None
    return int(length) // _SAMPLE_BYTES


def disk_failed(path: Path, error: OSError) -> BuildError:
    """Say what a disk error means and what helps."""
    where = error.filename or path
    if error.errno in _FULL:
        return BuildError(
            f"{where}: the disk is full ({error.strerror}). Free some space (`ivr prompts build --prune` clears away "
            "old prompts) and run `ivr prompts build` again: what was made is kept, callers hear the set in use",
            f"{where}: ディスクがいっぱいです({error.strerror})。空きを作ってから"
            "(古い音声は ivr prompts build --prune で消せます)、もう一度 ivr prompts build を"
            "実行してください。できた分は残り、通話には今の音声が使われます",
        )
    if error.errno in _FORBIDDEN:
        return BuildError(
            f"{where}: cannot be written ({error.strerror}). IVR_DATA must be a folder that this user may write to",
            f"{where}: 書き込めません({error.strerror})。IVR_DATA には、書き込みのできる場所を指定してください",
        )
    return BuildError(f"{where}: {error.strerror or error}", f"{where}: 読み書きできません({error.strerror or error})")


def prune(data: Path, now: float, keep: int = 2, needed: Collection[str] = ()) -> Pruned:
    """Clear away what neither the `needed` voice sets, nor the last `keep` ones, nor any build of the last hour uses.

    `now` is in seconds since 1970, as files are dated. `needed` are ids that published words name. Raises BuildError
    if a voice set that is kept cannot be read, since then nobody knows what is needed.
    """
    shelf = Shelf(data)
    try:
        kept = [Manifest.read(path) for path in _kept(shelf, now, keep, needed)]
        gone = list(_unused(shelf, kept, now))
        size = sum(path.stat().st_size for path in gone)
        for path in gone:
            path.unlink(missing_ok=True)
    except ValueError as error:
        raise BuildError(
            f"{shelf.top}: nothing was cleared away, a set cannot be read ({error}). Run `ivr prompts build` first",
            f"{shelf.top}: 音声一式を読めないため、何も消していません({error})。"
            "先に ivr prompts build を実行してください",
        ) from error
    except OSError as error:
        raise disk_failed(shelf.top, error) from error
    return Pruned(len(gone), size)


def _kept(shelf: Shelf, now: float, keep: int, needed: Collection[str]) -> Iterator[Path]:
    replaced = float("inf")  # when a newer voice set took the place of one
    named = {shelf.current_id(), *needed}
    for place, path in enumerate(shelf.manifests()):
        if place < keep or path.stem in named or replaced > now - GRACE:
            yield path
        replaced = path.stat().st_mtime


def _unused(shelf: Shelf, kept: list[Manifest], now: float) -> Iterator[Path]:
    entries = [entry for manifest in kept for entry in manifest.passages.values()]
    needed = {shelf.manifest(manifest.id) for manifest in kept}
    needed |= {shelf.wav(entry.name) for entry in entries} | {shelf.index(entry.name) for entry in entries}
    needed |= {shelf.sentences / f"{sentence}.wav" for entry in entries for sentence in entry.sentences}
    for folder in (shelf.files, shelf.sentences, shelf.sets):
        for path in sorted(folder.glob("*")):
            if path not in needed and path.stat().st_mtime < now - GRACE:
                yield path
