"""The finished sound: which file says which passage. All that a process answering calls needs; makes nothing.

Under `<data>/audio`: `files/<name>.wav` with its index `<name>.json` beside it; `sets/<id>.json`, the manifest of a
voice set, which is all passages in one voice; `current`, the id of the voice set made last. Published words name the
voice set that belongs to them (`ivr/sets`); words that are not published are spoken with the last one. A name is the
hash of words, voice and format, so a file never changes. Whatever is missing or broken becomes a finding, never an
exception: then the words are spoken by `<Say>` instead.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ivr.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

MANIFEST_FORMAT = 1
_NAME = re.compile(r"[0-9a-f]{24}")
_SET_ID = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True)
class Said:
    """One sentence in a file: its words, the option that it offers, and the seconds at which it begins and ends."""

    prompt: str
    text: str
    spoken: str
    option: str
    begin: float
    end: float


@dataclass(frozen=True)
class Index:
    """What is heard in a file: its length in seconds and its sentences in order."""

    seconds: float
    sentences: tuple[Said, ...]

    def to_json(self) -> str:
        """Write the index as it lies beside its file."""
        sentences = [vars(sentence) for sentence in self.sentences]
        return json.dumps({"seconds": self.seconds, "sentences": sentences}, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, content: str | bytes) -> Index:
        """Read an index; raises ValueError for anything that is none."""
        try:
            data = json.loads(content)
            return cls(float(data["seconds"]), tuple(Said(**sentence) for sentence in data["sentences"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not an index of a sound file: {error!r}") from error


@dataclass(frozen=True)
class Entry:
    """A passage in a set: its file, length in seconds, size in bytes, and the sentences it is made of."""

    name: str
    seconds: float
    size: int
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """A complete voice set: passages in one voice, by passage key."""

    id: str
    voice: str
    passages: Mapping[str, Entry]

    def to_json(self) -> str:
        """Write the manifest; equal sets give equal bytes."""
        passages = {key: vars(entry) for key, entry in sorted(self.passages.items())}
        content = {"format": MANIFEST_FORMAT, "voice": self.voice, "passages": passages}
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Read a manifest file; raises OSError, or ValueError for anything that is none."""
        try:
            data = json.loads(path.read_bytes())
            if data["format"] != MANIFEST_FORMAT:
                raise ValueError(f"made by another version (format {data['format']!r})")
            return cls(path.stem, str(data["voice"]), {key: _entry(item) for key, item in data["passages"].items()})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a manifest: {error!r}") from error


@dataclass(frozen=True)
class Shelf:
    """The places under a data folder."""

    data: Path

    @property
    def top(self) -> Path:
        """Folder of all sound."""
        return self.data / "audio"

    @property
    def files(self) -> Path:
        """Folder of the passages and their indexes."""
        return self.top / "files"

    @property
    def sets(self) -> Path:
        """Folder of the manifests."""
        return self.top / "sets"

    @property
    def sentences(self) -> Path:
        """Folder of single sentences, from which passages are joined."""
        return self.top / "sentences"

    @property
    def lexicon(self) -> Path:
        """Folder of the user dictionaries of the front end."""
        return self.top / "lexicon"

    @property
    def current(self) -> Path:
        """File that names the voice set made last."""
        return self.top / "current"

    def wav(self, name: str) -> Path:
        """Place of a passage's sound."""
        return self.files / f"{name}.wav"

    def index(self, name: str) -> Path:
        """Place of a passage's index."""
        return self.files / f"{name}.json"

    def manifest(self, set_id: str) -> Path:
        """Place of a set's manifest."""
        return self.sets / f"{set_id}.json"

    def current_id(self) -> str:
        """Read the id of the voice set made last; empty if there is none. Raises OSError and ValueError."""
        try:
            set_id = self.current.read_text("ascii").strip()
        except FileNotFoundError:
            return ""
        if not _SET_ID.fullmatch(set_id):
            raise ValueError(f"{set_id!r} is not the id of a set")
        return set_id

    def manifests(self) -> Iterator[Path]:
        """List the manifests, the newest first."""
        return iter(
            sorted(self.sets.glob("*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
        )


@dataclass(frozen=True)
class VoiceSet:
    """A voice set in memory; swapped as a whole, so that a reader never sees half of a new one.

    `id` has 12 hexadecimal digits, empty where nothing was made. `findings` is what is missing or broken; callers hear
    `<Say>` instead of it.
    """

    id: str = ""
    voice: str = ""
    names: Mapping[str, Entry] = field(default_factory=dict)
    indexes: Mapping[str, Index] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def name_for(self, passage_key: str) -> str | None:
        """Give the file that says a passage; None where there is none to play."""
        entry = self.names.get(passage_key)
        return entry.name if entry else None


class AudioLibrary:
    """A voice set kept in memory. Reading it touches no disk; `refresh` does, from a thread, once a second."""

    def __init__(self, data: Path, set_id: str = "") -> None:
        """Load the voice set of that id, or the one made last and then each later one; never fails, see `findings`."""
        self.shelf = Shelf(data)
        self._follows = set_id
        self._stamp = _stamp(self.shelf, set_id)
        self._loaded = _load(self.shelf, set_id, VoiceSet())

    @property
    def now(self) -> VoiceSet:
        """The voice set as it is at this moment, for whoever needs more than one thing of the same."""
        return self._loaded

    @property
    def version(self) -> str:
        """Id of the voice set, 12 hexadecimal digits; empty without one."""
        return self._loaded.id

    @property
    def voice(self) -> str:
        """Name of the voice; empty without a voice set."""
        return self._loaded.voice

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is missing or broken; callers hear `<Say>` instead of it."""
        return self._loaded.findings

    def name_for(self, passage_key: str) -> str | None:
        """Give the file that says a passage; None where there is none to play."""
        return self._loaded.name_for(passage_key)

    def index(self, name: str) -> Index | None:
        """Give the index of a file of this voice set, or of another one that is still kept (from disk)."""
        index = self._loaded.indexes.get(name)
        if index or not _NAME.fullmatch(name):
            return index
        try:
            return Index.from_json(self.shelf.index(name).read_bytes())
        except (OSError, ValueError):
            return None

    def path(self, name: str) -> Path | None:
        """Give the place of a file, whichever voice set it is of; None for a name that is none or is not there."""
        path = self.shelf.wav(name)
        return path if _NAME.fullmatch(name) and path.is_file() else None

    def follow(self, set_id: str) -> None:
        """Load the voice set of that id and stay with it; one that cannot be read leaves what is loaded."""
        if set_id != self._follows:
            self._follows = set_id
            self._reload(_stamp(self.shelf, set_id))

    def refresh(self, needed: Callable[[], Iterable[str]] = tuple) -> bool:
        """Look whether the voice set is another one or files came or went, and load what is there; tell whether it did.

        Costs two `stat` calls when nothing changed. A voice set that cannot be read leaves the one that is loaded; so
        does one made later, for words that may never be heard, that lacks a passage of the `needed` ones (by key).
        """
        stamp = _stamp(self.shelf, self._follows)
        if stamp == self._stamp:
            return False
        before = self._loaded
        self._reload(stamp)
        if any(before.name_for(key) and not self._loaded.name_for(key) for key in needed()):
            self._loaded = _load(self.shelf, before.id, before)
        return True

    def _reload(self, stamp: tuple[object, ...]) -> None:
        self._loaded = _load(self.shelf, self._follows, self._loaded)
        self._stamp = stamp


def complete(shelf: Shelf, entry: Entry) -> bool:
    """Tell whether a passage's file and index are there and whole, by their sizes."""
    return _size(shelf.wav(entry.name)) == entry.size and _size(shelf.index(entry.name)) > 0


def whole(shelf: Shelf, set_id: str) -> bool:
    """Tell whether a voice set is there with all its files, from its manifest and their sizes."""
    try:
        manifest = Manifest.read(shelf.manifest(set_id))
    except (OSError, ValueError):
        return False
    return all(complete(shelf, entry) for entry in manifest.passages.values())


def _load(shelf: Shelf, follows: str, before: VoiceSet) -> VoiceSet:
    try:
        set_id = follows or shelf.current_id()
        if not set_id:
            return VoiceSet(findings=(_nothing(shelf),))
        manifest = Manifest.read(shelf.manifest(set_id))
    except (OSError, ValueError) as error:
        kept = _checked(shelf, Manifest(before.id, before.voice, before.names), before.indexes)
        return replace(kept, findings=(_broken(shelf, error), *kept.findings))
    return _checked(shelf, manifest, before.indexes)


def _checked(shelf: Shelf, manifest: Manifest, known: Mapping[str, Index]) -> VoiceSet:
    names: dict[str, Entry] = {}
    indexes: dict[str, Index] = {}
    findings: list[Finding] = []
    for key, entry in manifest.passages.items():
        try:
            # a name never changes its content: while files come in every second, nothing is read twice
            indexes[entry.name] = _index(shelf, entry, known.get(entry.name))
            names[key] = entry
        except (OSError, ValueError) as error:
            findings.append(_lost(shelf, entry, error))
    return VoiceSet(manifest.id, manifest.voice, names, indexes, tuple(findings))


def _index(shelf: Shelf, entry: Entry, known: Index | None) -> Index:
    if not complete(shelf, entry):
        raise ValueError("missing or cut off")
    return known or Index.from_json(shelf.index(entry.name).read_bytes())


def _entry(data: Mapping[str, Any]) -> Entry:
    name = str(data["name"])
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a sound file")
    return Entry(name, float(data["seconds"]), int(data["size"]), tuple(data["sentences"]))


def _stamp(shelf: Shelf, follows: str) -> tuple[object, ...]:
    """Say in what state manifest or pointer and the folder of files are: they change when a name comes or goes."""
    return (_state(shelf.manifest(follows) if follows else shelf.current), _state(shelf.files))


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  (once a second in every process)
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _nothing(shelf: Shelf) -> Finding:
    return Finding(
        str(shelf.current),
        0,
        "warning",
        "no prompts have been made yet: callers hear Twilio's voice. Run `ivr prompts build`",
        "音声がまだ作られていません。Twilio の音声で読み上げます。ivr prompts build を実行してください",
    )


def _broken(shelf: Shelf, error: Exception) -> Finding:
    return Finding(
        str(shelf.top),
        0,
        "warning",
        f"the set of prompts in use cannot be read ({error}). Run `ivr prompts build`",
        f"使用中の音声一式を読めません({error})。ivr prompts build を実行してください",
    )


def _lost(shelf: Shelf, entry: Entry, error: Exception) -> Finding:
    return Finding(
        str(shelf.wav(entry.name)),
        0,
        "warning",
        f"cannot be played ({error}): callers hear Twilio's voice instead. Run `ivr prompts build`",
        f"再生できません({error})。代わりに Twilio の音声で読み上げます。ivr prompts build を実行してください",
    )
