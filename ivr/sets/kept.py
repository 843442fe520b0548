"""Where sets are kept: `<data>/sets`.

`<version>/` holds a copy of every YAML file of flows/ and prompts/, and `set.json`; `current` tells which set callers
hear, which ones they heard before it and which versions are held back; `refused.json` why the files of the root could
not be published, while that is so. Everything appears whole or not at all: a copy is made under another name, and
`current` is replaced in one step.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ivr.findings import Finding, FindingsError
from ivr.speech.disk import disk_failed, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMAT = 1
FOLDERS = ("flows", "prompts")
KEPT_WITH_SOUND = 3
"""So many sets keep their sound, the one that callers hear included."""
LONGEST_CALL = timedelta(hours=24)
"""Twilio's page "TwiML voice": a call may last four hours, or 24 where that was asked for."""
PUBLISH, ROLL_BACK = "flows publish", "flows rollback"
LATER = 75
"""Exit code of a publication that asks to be tried again later (EX_TEMPFAIL of sysexits.h)."""
_VERSION = re.compile(r"[0-9a-f]{8}")
_DRAFT = ".draft-"


class BusyError(RuntimeError):
    """Another process is publishing at this moment."""


@dataclass(frozen=True)
class Use:
    """When callers began to hear a set, and with which voice set; it ends where the next use begins.

    `by` is who let them hear it, `what` by which command.
    """

    version: str
    voice_set: str
    since: datetime
    by: str = ""
    what: str = PUBLISH


@dataclass(frozen=True)
class Uses:
    """What callers hear and heard, newest first, and the versions that nobody publishes until the files change."""

    all: tuple[Use, ...] = ()
    held: tuple[str, ...] = ()

    @property
    def now(self) -> Use | None:
        """What callers hear; None where nothing was published yet."""
        return self.all[0] if self.all else None

    def distinct(self) -> tuple[Use, ...]:
        """Give the latest use of each version, newest first."""
        latest: dict[str, Use] = {}
        for use in self.all:
            latest.setdefault(use.version, use)
        return tuple(latest.values())

    def with_sound(self, now: datetime) -> tuple[Use, ...]:
        """Give the uses whose sound is kept: of the last sets, and those in which a call of this moment may be."""
        last = self.distinct()[:KEPT_WITH_SOUND]
        ended = (None, *(use.since for use in self.all))
        return tuple(
            use
            for use, end in zip(self.all, ended, strict=False)
            if use in last or end is None or end > now - LONGEST_CALL
        )

    def then(self, use: Use) -> Uses:
        """Let callers hear another set, or the same with another voice set; what nobody needs is forgotten."""
        return replace(self, all=(use, *self.with_sound(use.since)))

    def to_json(self) -> str:
        """Write it as `current` holds it."""
        uses = [{**vars(use), "since": use.since.isoformat()} for use in self.all]
        return json.dumps({"format": FORMAT, "uses": uses, "held": list(self.held)}, indent=1) + "\n"

    @classmethod
    def from_json(cls, content: bytes) -> Uses:
        """Read it; raises ValueError for anything else."""
        with _broken("current"):
            data = _known(json.loads(content))
            return cls(tuple(map(_use, data["uses"])), tuple(map(_version, data["held"])))


@dataclass(frozen=True)
class Kept:
    """A set on disk: when it was published last, and how much is in it."""

    version: str
    published: datetime
    voice_set: str
    nodes: int
    prompts: int

    def to_json(self) -> str:
        """Write it as `set.json`."""
        return json.dumps({"format": FORMAT, **vars(self), "published": self.published.isoformat()}, indent=1) + "\n"

    @classmethod
    def from_json(cls, content: bytes) -> Kept:
        """Read it; raises ValueError for anything else."""
        with _broken("set.json"):
            data = _known(json.loads(content))
            counts = int(data["nodes"]), int(data["prompts"])
            return cls(_version(data["version"]), _moment(data["published"]), str(data["voice_set"]), *counts)


@dataclass(frozen=True)
class Refusal:
    """Why the files of the root could not be published, and when that was tried."""

    at: datetime
    findings: tuple[Finding, ...]

    def to_json(self) -> str:
        """Write it as `refused.json`."""
        findings = [finding.as_json() for finding in self.findings]
        return json.dumps({"at": self.at.isoformat(), "findings": findings}, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, content: bytes) -> Refusal:
        """Read it; raises ValueError for anything else."""
        with _broken("refused.json"):
            data = json.loads(content)
            return cls(_moment(data["at"]), tuple(Finding(**finding) for finding in data["findings"]))


class Sets:
    """The sets of one data folder."""

    def __init__(self, data: Path) -> None:
        """Touch nothing yet."""
        self.top = data / "sets"
        self.current = self.top / "current"
        self.refused = self.top / "refused.json"

    def folder(self, version: str) -> Path:
        """Place of a set: a folder that holds flows/ and prompts/."""
        return self.top / version

    def uses(self) -> Uses:
        """Read what callers hear and heard; raises OSError and ValueError."""
        try:
            return Uses.from_json(self.current.read_bytes())
        except FileNotFoundError:
            return Uses()

    def recovered(self) -> Uses:
        """Work out from the sets themselves what callers heard, for when `current` cannot be read."""
        return Uses(tuple(Use(kept.version, kept.voice_set, kept.published) for kept in self.kept()))

    def state(self) -> tuple[int, int, int] | None:
        """Say in what state `current` is: it changes with every other set. One `stat` call."""
        try:
            found = os.stat(self.current)  # noqa: PTH116  (once a second in every process)
        except OSError:
            return None
        return (found.st_ino, found.st_mtime_ns, found.st_size)

    def kept(self) -> list[Kept]:
        """List the sets that are there, the one published last first."""
        found = []
        for path in self.top.glob("*/set.json"):
            if _VERSION.fullmatch(path.parent.name):
                with contextlib.suppress(OSError, ValueError):
                    found.append(Kept.from_json(path.read_bytes()))
        return sorted(found, key=lambda kept: (kept.published, kept.version), reverse=True)

    def refusal(self) -> Refusal | None:
        """Give why the files of the root could not be published; None where nothing is known to be wrong with them."""
        try:
            return Refusal.from_json(self.refused.read_bytes())
        except (OSError, ValueError):
            return None

    def note_refusal(self, refusal: Refusal) -> None:
        """Keep why the files of the root could not be published; raises BuildError."""
        write(self.refused, refusal.to_json().encode())

    def forget_refusal(self) -> None:
        """Nothing is known to be wrong with the files of the root any more."""
        self.refused.unlink(missing_ok=True)

    @contextlib.contextmanager
    def publishing(self) -> Iterator[None]:
        """Be the one that publishes or clears away; raises BusyError where another process is, and BuildError."""
        with self._lock("publishing.lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
            yield

    @contextlib.contextmanager
    def switching(self) -> Iterator[None]:
        """Be the one that changes what callers hear: for moments only. Raises BuildError."""
        with self._lock("switching.lock", fcntl.LOCK_EX):
            yield

    @contextlib.contextmanager
    def staged(self, root: Path) -> Iterator[Path]:
        """Copy the files of a root, so that what is checked is what is published; the copy goes unless it was kept.

        Raises FindingsError for a file that cannot be read, and BuildError for a disk that refuses.
        """
        draft = self.top / f"{_DRAFT}{os.getpid()}"
        try:
            for name, content in contents(root).items():
                write(draft / name, content, sync=True)
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def keep(self, draft: Path, kept: Kept) -> None:
        """Put a copy in the place of its version; what is there already stays if it is the same. Raises BuildError."""
        folder = self.folder(kept.version)
        try:
            if folder.exists() and contents(folder) != contents(draft):
                self._remove(folder)
            if folder.exists():
                self.write_kept(kept)
                return
            write(draft / "set.json", kept.to_json().encode(), sync=True)
            draft.rename(folder)
            _sync(self.top)
        except OSError as error:
            raise disk_failed(folder, error) from error

    def write_kept(self, kept: Kept) -> None:
        """Replace what is known about a set; raises BuildError."""
        write(self.folder(kept.version) / "set.json", kept.to_json().encode(), sync=True)

    def write_uses(self, uses: Uses) -> None:
        """Replace what callers hear, in one step; raises BuildError. Only while `switching`."""
        write(self.current, uses.to_json().encode(), sync=True)
        _sync(self.top)

    def forget(self, version: str) -> None:
        """Remove the words of a set; raises BuildError."""
        try:
            self._remove(self.folder(version))
        except OSError as error:
            raise disk_failed(self.folder(version), error) from error

    def sweep(self) -> None:
        """Remove copies that a process left when it was killed. Only while `publishing`."""
        for draft in self.top.glob(f"{_DRAFT}*"):
            shutil.rmtree(draft, ignore_errors=True)

    def _remove(self, folder: Path) -> None:
        """Take a folder away in one step, then its files: nobody meets half of it."""
        gone = self.top / f"{_DRAFT}gone-{os.getpid()}"
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    @contextlib.contextmanager
    def _lock(self, name: str, how: int) -> Iterator[None]:
        try:
            self.top.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.top / name, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise disk_failed(self.top, error) from error
        try:
            _take(lock, how)
            yield
        finally:
            os.close(lock)


def contents(root: Path) -> dict[str, bytes]:
    """Read every file that makes a set, by its name under the root; raises FindingsError for one that cannot be."""
    found: dict[str, bytes] = {}
    findings = []
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        try:
            found[name] = path.read_bytes()
        except OSError as error:
            findings.append(_unreadable(name, error))
    if findings:
        raise FindingsError(findings)
    return found


def stamp(root: Path) -> tuple[object, ...]:
    """Say in what state the files of a root are, from names, sizes and dates alone: it changes when one is saved."""
    found: list[object] = []
    for path in _files(root):
        with contextlib.suppress(OSError):
            state = path.stat()
            found.append((str(path), state.st_ino, state.st_mtime_ns, state.st_size))
    return tuple(found)


def _files(root: Path) -> list[Path]:
    return sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.yaml"))


def _unreadable(name: str, error: OSError) -> Finding:
    return Finding(name, 0, "error", f"cannot be read: {error.strerror}", f"読めません: {error.strerror}")


def _take(lock: int, how: int) -> None:
    try:
        fcntl.flock(lock, how)
    except BlockingIOError as error:
        raise BusyError("another process is publishing at this moment; try again when it is done") from error


def _sync(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextlib.contextmanager
def _broken(what: str) -> Iterator[None]:
    """Turn everything that can be wrong with a file into one kind of error."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{what} cannot be read: {error!r}") from error


def _known(data: Any) -> Any:  # noqa: ANN401  (JSON holds anything)
    if data["format"] != FORMAT:
        raise ValueError(f"made by another version (format {data['format']!r})")
    return data


def _version(value: object) -> str:
    if not _VERSION.fullmatch(str(value)):
        raise ValueError(f"{value!r} is not the version of a set")
    return str(value)


def _use(data: Any) -> Use:  # noqa: ANN401  (JSON holds anything)
    heard = _version(data["version"]), str(data["voice_set"]), _moment(data["since"])
    return Use(*heard, str(data.get("by", "")), str(data.get("what", PUBLISH)))


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(str(value))
    if moment.utcoffset() is None:
        raise ValueError(f"{value!r} has no offset")
    return moment
