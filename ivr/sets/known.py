"""What is known of the flow of a version: from the set that is kept, else from the files of the root."""

from __future__ import annotations

import contextlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ivr import content as contents
from ivr import flow, titles
from ivr.check import Lengths, timeline
from ivr.content import TODAY
from ivr.findings import FindingsError
from ivr.flow import Answer
from ivr.hours import TOKYO
from ivr.records.summary import Known, Word
from ivr.sets.kept import Sets
from ivr.speech.store import AudioLibrary, Shelf
from ivr.titles import Titles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr.board import Board
    from ivr.content import Content
    from ivr.passage import Passage
    from ivr.records.store import Turn
    from ivr.settings import Settings

_VOICE = re.compile(r"[0-9a-f]{8,12}")
REMEMBERED = 4
"""Versions whose words are kept in memory: a night in which many were published is read once each."""
TITLED = 256
"""Versions whose titles are."""


class KnownFlows:
    """Looks flows up by the version that a call heard; each is read once."""

    def __init__(self, settings: Settings) -> None:
        """Read nothing yet."""
        self._settings = settings
        self._sets = Sets(settings.data)
        self._library: AudioLibrary | None = None
        self.content = lru_cache(REMEMBERED)(self._content)
        self._voice = lru_cache(REMEMBERED)(self._lengths)
        self._titled = lru_cache(TITLED)(self._kept_titles)
        self._today = lru_cache(1)(lambda *_stamp: titles.of(flow.load(settings.root)))

    def __call__(self, version: str) -> Known:
        """Give what is known; raises FindingsError where neither the set nor the root can be read."""
        content = self.content(version)
        prompts = {name: list(_prompts(content, name)) for name in content.flow.nodes}

        def words(turn: Turn, board: Board) -> list[Word]:
            own = {prompt for prompt, _ in prompts.get(turn.node, ())}
            said = timeline(self.lengths(turn.voice_version), _passages(content, turn, board))
            return [Word(each.prompt if each.prompt in own else "", each.begin, each.end) for each in said]

        kinds = {name: node.kind for name, node in content.flow.nodes.items()}
        return Known(content.flow.top.start, kinds, prompts, words)

    def titles(self, *versions: str) -> Titles:
        """Give the titles of versions: of a name the first that is known, at last that of today's files.

        What is not kept or cannot be read has none.
        """
        found = Titles()
        for version in dict.fromkeys(versions):
            with contextlib.suppress(FindingsError, OSError):
                found = found.over(self._titled(version))
        with contextlib.suppress(FindingsError, OSError):
            stamp = (self._settings.root / flow.FILE).stat()
            found = found.over(self._today(stamp.st_mtime_ns, stamp.st_size, stamp.st_ino))
        return found

    def lengths(self, voice_version: str = "") -> Lengths:
        """Give how long sentences are in a voice set, named by its first digits; without it by the one used now."""
        kept = self._voice(voice_version) if _VOICE.fullmatch(voice_version) else None
        if kept:
            return kept
        if self._library is None:
            self._library = AudioLibrary(self._settings.data)
        self._library.refresh()
        return Lengths(self._library)

    def _lengths(self, voice_version: str) -> Lengths | None:
        found = sorted(Shelf(self._settings.data).sets.glob(f"{voice_version}*.json"))
        return Lengths(AudioLibrary(self._settings.data, found[0].stem)) if found else None

    def _kept_titles(self, version: str) -> Titles:
        """Read the titles of a set that is kept; raises FindingsError where it is not, and then is asked again."""
        folder = self._sets.folder(version)
        if not version or not folder.is_dir():
            raise FindingsError([])
        return titles.of(flow.load(folder))

    def _content(self, version: str) -> Content:
        folder = self._sets.folder(version)
        root = folder if version and folder.is_dir() else self._settings.root
        return contents.load(root, self._settings)


def _passages(content: Content, turn: Turn, board: Board) -> tuple[Passage, ...]:
    """Give what was said after a turn, up to where the common keys are explained."""
    node, at = content.flow.nodes.get(turn.node), turn.at.astimezone(TOKYO)
    if node is None:
        return ()
    opens = turn.kind == "answer"
    return (
        content.announced(turn.node, at, board)
        if opens
        else (*content.today(node, at, board), *content.body(turn.node))
    )


def _prompts(content: Content, name: str) -> Iterator[tuple[str, bool]]:
    """List what a node says, in order, each prompt once, with whether it offers a key."""
    node = content.flow.nodes[name]
    if isinstance(node, Answer) and (node.hours or node.office):
        yield TODAY, False
    sentences = [sentence for passage in content.body(name) for sentence in passage.sentences]
    for prompt in dict.fromkeys(sentence.prompt for sentence in sentences):
        yield prompt, any(sentence.option for sentence in sentences if sentence.prompt == prompt)
