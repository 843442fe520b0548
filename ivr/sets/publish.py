"""Publishing: the files of the root become the set that callers hear, or stay out and say why; and going back.

A copy of the files is checked, its sound made, its lengths measured; only then, in one step, callers hear it. A process
may be killed at any moment in between: nothing half is ever heard, and sound that was made is not made again.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import structlog

from ivr import content as contents
from ivr.board import Board
from ivr.check import Lengths
from ivr.check import findings as check
from ivr.findings import Finding, FindingsError, errors
from ivr.sets.kept import PUBLISH, ROLL_BACK, BusyError, Kept, Refusal, Sets, Use, Uses
from ivr.sets.kept import contents as files
from ivr.speech import build as speech
from ivr.speech import lexicon, voices
from ivr.speech.disk import BuildError
from ivr.speech.store import AudioLibrary

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from ivr.content import Content
    from ivr.settings import Settings
    from ivr.speech.build import Built, Progress

WATCH = "ivr work"
"""Who publishes what somebody has saved."""
log = structlog.get_logger(__name__)


class UnknownSetError(LookupError):
    """There is no set of that version, or none to go back to."""


@dataclass(frozen=True)
class Outcome:
    """What publishing did: the set that callers now hear, and whether the files of the root were held back."""

    done: Literal["published", "unchanged", "held"]
    version: str
    voice_set: str
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Publisher:
    """Publishes for one data folder, with the voice of the settings, on behalf of somebody (`by`).

    `progress` hears how speech is made.
    """

    settings: Settings
    progress: Progress | None = None
    by: str = WATCH

    @property
    def sets(self) -> Sets:
        """The sets of the data folder."""
        return Sets(self.settings.data)

    def publish(self, now: datetime, *, held_too: bool = False) -> Outcome:
        """Let callers hear the files of the root, unless they are held back and `held_too` does not say otherwise.

        Raises FindingsError for files that cannot be used and BuildError where disk, engine or a process fails: both
        are kept for `ivr flows list`, and callers go on hearing what they heard. Raises BusyError, with nothing done,
        where another process publishes.
        """
        with self.sets.publishing():
            self.sets.sweep()
            try:
                outcome = self._publish(now, held_too=held_too)
            except FindingsError as error:
                self._note(now, error.findings)
                self._renew(now)
                raise
            except BuildError as error:
                self._note(now, [Finding(str(self.sets.top), 0, "error", error.text, error.text_ja)])
                raise
            self.sets.forget_refusal()
            return outcome

    def roll_back(self, now: datetime, version: str = "") -> Kept:
        """Let callers hear an earlier set: the one published before theirs, unless `version` names another.

        The files of the root are then held back until they change. Raises UnknownSetError, FindingsError for a set
        that can no longer be used, and BuildError.
        """
        kept = self._earlier(version)
        folder = self.sets.folder(kept.version)
        content = self._load(folder)
        if content.version != kept.version:
            raise FindingsError([_damaged(kept.version)])
        voice_set = self._speak(content, folder).set_id
        root = self._root_version()
        with self.sets.switching():
            uses = self._uses()
            held = {root, *([uses.now.version] if uses.now else [])} - {"", kept.version}
            spoken = replace(kept, voice_set=voice_set)
            self._switch(replace(uses, held=tuple(sorted(held))), spoken, now, ROLL_BACK)
        return spoken

    def _publish(self, now: datetime, *, held_too: bool) -> Outcome:
        before = self._uses()
        with self.sets.staged(self.settings.root) as draft:
            content = self._load(draft)
            if content.version in before.held and not held_too:
                return self._held(now)
            built = self._speak(content, draft)
            warnings = self._checked(content, built, now)
            speech.use(self.settings.data, built.set_id)
            kept = Kept(content.version, now, built.set_id, len(content.flow.nodes), len(content.prompts.by_name))
            with self.sets.switching():
                if self._uses() != before:
                    raise BusyError("another set took over while this one was made; look at `ivr flows list`")
                if self._same(before, kept, draft):
                    self._hold_nothing(before)
                    return Outcome("unchanged", kept.version, kept.voice_set, warnings)
                self.sets.keep(draft, kept)
                use = Use(kept.version, kept.voice_set, now, self.by)
                self.sets.write_uses(replace(before, held=()).then(use))
        return Outcome("published", kept.version, kept.voice_set, warnings)

    def _same(self, before: Uses, kept: Kept, draft: Path) -> bool:
        """Tell whether callers hear this already, from a set on disk that is whole."""
        use = before.now
        if not use or (use.version, use.voice_set) != (kept.version, kept.voice_set):
            return False
        with contextlib.suppress(FindingsError):
            return files(self.sets.folder(kept.version)) == files(draft)
        return False

    def _hold_nothing(self, uses: Uses) -> None:
        """Hold back no version any more: the files are what callers hear, so whatever they become is a change."""
        if uses.held:
            self.sets.write_uses(replace(uses, held=()))

    def _switch(self, uses: Uses, kept: Kept, now: datetime, what: str = PUBLISH) -> None:
        self.sets.write_kept(kept)
        self.sets.write_uses(uses.then(Use(kept.version, kept.voice_set, now, self.by, what)))

    def _held(self, now: datetime) -> Outcome:
        self._renew(now)
        use = self._uses().now
        return Outcome("held", use.version if use else "", use.voice_set if use else "")

    def _renew(self, now: datetime) -> None:
        """Give what callers hear its sound again where it lacks some: the settings or the voice may have changed."""
        before = self._uses()
        kept = next((kept for kept in self.sets.kept() if before.now and kept.version == before.now.version), None)
        if not kept:
            return
        folder = self.sets.folder(kept.version)
        try:
            voice_set = self._speak(self._load(folder), folder).set_id
            with self.sets.switching():
                if self._uses() == before and before.now and before.now.voice_set != voice_set:
                    self._switch(before, replace(kept, voice_set=voice_set), now)
        except (FindingsError, BuildError) as error:
            log.error("set_unusable", version=kept.version, reason=str(error), remedy="run `ivr flows list`")  # noqa: TRY400  (the reason says it)

    def _load(self, folder: Path) -> Content:
        return contents.load(folder, self.settings)

    def _speak(self, content: Content, folder: Path) -> Built:
        """Make what is missing of a set's sound; as long as it may still be refused, nobody else is given that."""
        return speech.build(
            content.passages,
            voices.choose(voices.load(folder), engine=self.settings.engine),
            lexicon.load(folder),
            self.settings.data,
            place=content.place,
            progress=self.progress,
            switch=False,
        )

    def _checked(self, content: Content, built: Built, now: datetime) -> tuple[Finding, ...]:
        """Check everything, lengths as they are spoken; gives the warnings, which stop nothing."""
        found = list(check(content, Lengths(AudioLibrary(self.settings.data, built.set_id)), now, Board()))
        if errors(found):
            raise FindingsError(found)
        return tuple(sorted(set(found)))

    def _uses(self) -> Uses:
        try:
            return self.sets.uses()
        except (OSError, ValueError):
            return self.sets.recovered()

    def _earlier(self, version: str) -> Kept:
        """Find the set to go back to."""
        kept, use = self.sets.kept(), self._uses().now
        here = next((one.published for one in kept if use and one.version == use.version), None)
        for one in kept:
            if one.version == version or (not version and here and one.published < here):
                return one
        known = ", ".join(one.version for one in kept) or "none"
        wanted = f"no set {version}" if version else "no set that was published before the one that callers hear"
        raise UnknownSetError(f"there is {wanted}; kept are: {known}")

    def _root_version(self) -> str:
        """Give the version that the files of the root would have; empty where they cannot be used anyway."""
        try:
            return self._load(self.settings.root).version
        except FindingsError:
            return ""

    def _note(self, now: datetime, findings: list[Finding]) -> None:
        """Keep why nothing was published; where the disk does not even take that, the log has it."""
        with contextlib.suppress(BuildError):
            self.sets.note_refusal(Refusal(now, tuple(findings)))


def _damaged(version: str) -> Finding:
    return Finding(
        f"sets/{version}",
        0,
        "error",
        "the files of this set are not those that were published: take another set",
        "この版のファイルは、公開したときと同じではありません。別の版を使ってください",
    )
