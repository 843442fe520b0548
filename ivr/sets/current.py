"""What answers calls in a process: words and sound that fit each other, swapped as a whole while calls go on.

A turn takes the set once, at its beginning, and reads memory only. `Current.refresh` looks at the disk, from a thread,
once a second. Whatever is wrong on the disk leaves the set in use as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import structlog

from ivr import content as contents
from ivr import twiml
from ivr.findings import FindingsError, errors
from ivr.sets.kept import Sets, Use, Uses
from ivr.sets.kept import contents as files
from ivr.speech import lexicon as lexicons
from ivr.speech.lexicon import Lexicon
from ivr.speech.reading import plain
from ivr.speech.store import AudioLibrary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ivr.content import Content
    from ivr.findings import Finding
    from ivr.passage import Passage
    from ivr.settings import Settings
    from ivr.speech.store import VoiceSet

AGAIN = 60
"""A set that could not be used is tried again at every one of so many looks, and whenever another one is named."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Set:
    """Words and sound of one version, and the document for when everything else fails; immutable."""

    content: Content
    voice_set: VoiceSet
    lexicon: Lexicon
    last_resort: str

    def file_of(self, passage: Passage) -> str | None:
        """Give the name of the file that says a passage; None where there is none to play."""
        return self.voice_set.name_for(passage.key)

    def words(self, spoken: str) -> str:
        """Give the words of a sentence for Twilio's own voice, which knows neither our rules nor our lexicon."""
        return plain(spoken, self.lexicon)


class Current:
    """The set that answers in this process: the published one, or the files of the root themselves."""

    def __init__(self, settings: Settings, *, published: bool = False) -> None:
        """Load it. `published` is for processes that answer callers; tools use the root, so editors hear their words.

        Raises FindingsError where the root cannot be used and, with `published`, no set can be used either.
        """
        self.library = AudioLibrary(settings.data)
        self._settings = settings
        self._sets = Sets(settings.data) if published else None
        self._seen = self._sets.state() if self._sets else None
        self._wait = 0
        self._set = self._made(self._first(self._sets) if self._sets else self._root())

    def now(self) -> Set:
        """Give the set in use, at once: take it once for everything that must fit together."""
        return self._set

    def refresh(self) -> None:
        """Look whether another set was published or its sound has changed, and let it take over: for a `Ticker`."""
        content = self._published(self._sets) if self._sets else self._set.content
        self.library.refresh(lambda: [passage.key for passage in content.passages])
        before = self._set
        if content is not before.content or self.library.now is not before.voice_set:
            self._set = self._made(content)
        if content is not before.content:
            log.info("set_taken_over", version=content.version, before=before.content.version)

    def _made(self, content: Content) -> Set:
        words = _lexicon(content)
        document = twiml.last_resort(content.last_resort(), partial(plain, lexicon=words))
        return Set(content, self.library.now, words, document)

    def _root(self) -> Content:
        return contents.load(self._settings.root, self._settings)

    def _first(self, sets: Sets) -> Content:
        """Find what to begin with: what callers heard last, else the root, else what they heard earlier."""
        latest, *earlier = (*_uses(sets).distinct(), None)
        content = self._usable(sets, latest)
        if content:
            self._compare(sets, content.version)
            return content
        try:
            return self._root()
        except FindingsError as error:
            found = (self._usable(sets, use) for use in earlier)
            content = next((content for content in found if content), None)
            if not content:
                raise
            tell_refused(error.findings, content.version)
            return content

    def _usable(self, sets: Sets, use: Use | None) -> Content | None:
        if not use:
            return None
        try:
            content = self._open(sets, use)
        except (FindingsError, ValueError) as error:
            log.error("set_unusable", version=use.version, reason=str(error), remedy="run `ivr flows list`")  # noqa: TRY400  (the reason says it)
            return None
        self.library.follow(use.voice_set)
        return content

    def _open(self, sets: Sets, use: Use) -> Content:
        """Load the words of a set; raises FindingsError, and ValueError where they are not what was published."""
        folder = sets.folder(use.version)
        content = contents.load(folder, self._settings)
        if content.version != use.version:
            raise ValueError(f"{folder} does not hold what was published: its files make {content.version}")
        return content

    def _compare(self, sets: Sets, version: str) -> None:
        """Say why callers do not hear the files of the root, where they do not."""
        try:
            if files(self._settings.root) == files(sets.folder(version)):
                return
            self._root()
        except FindingsError as error:
            tell_refused(error.findings, version)
            return
        remedy = "`ivr work` publishes them unless they are held; `ivr flows list` shows that"
        log.info("root_not_published", root=str(self._settings.root), stays=version, remedy=remedy)

    def _published(self, sets: Sets) -> Content:
        """Give the words that callers are to hear from now on; where they cannot be used, those that they hear."""
        state, content = sets.state(), self._set.content
        if state == self._seen and not self._wait:
            return content
        if state == self._seen and self._wait > 1:
            self._wait -= 1
            return content
        self._seen, self._wait = state, 0
        try:
            use = sets.uses().now
            if use:
                content = content if use.version == content.version else self._open(sets, use)
                self.library.follow(use.voice_set)
        except (FindingsError, OSError, ValueError) as error:
            self._wait = AGAIN
            remedy = "`ivr flows rollback` or `ivr flows publish` name another set"
            log.error("set_not_taken_over", reason=str(error), stays=content.version, remedy=remedy)  # noqa: TRY400  (the reason says it)
            return self._set.content
        return content


def tell_refused(findings: Iterable[Finding], stays: str) -> None:
    """Log why the files of the root cannot be published, each error with its file and line; warnings are not told."""
    found = errors(findings)
    for finding in found:
        log.error("set_finding", file=f"{finding.file}:{finding.line}", reason=finding.text)
    remedy = "mend the files: they are looked at again as soon as they change; `ivr flows list` shows what is wrong"
    log.error("set_refused", errors=len(found), stays=stays or "nothing", remedy=remedy)


def _lexicon(content: Content) -> Lexicon:
    """Read the readings of a set; without them the rules alone decide, and no caller is cut off."""
    try:
        return lexicons.load(content.root)
    except FindingsError as error:
        log.error("lexicon_unusable", reason=str(error), remedy="mend it: `ivr check` shows the line")  # noqa: TRY400  (the reason says it)
        return Lexicon()


def _uses(sets: Sets) -> Uses:
    try:
        return sets.uses()
    except (OSError, ValueError) as error:
        log.error("sets_unreadable", reason=str(error), remedy="the set published last is taken; run `ivr flows list`")  # noqa: TRY400  (the reason says it)
        return sets.recovered()
