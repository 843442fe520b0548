"""What is known of the flow of a version: from the set that is kept, else from the files of the root."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ivr import content as contents
from ivr.board import Board
from ivr.check import Lengths, timeline
from ivr.content import TODAY
from ivr.flow import Answer
from ivr.hours import TOKYO
from ivr.records.summary import Known, Word
from ivr.sets.kept import Sets
from ivr.speech.store import AudioLibrary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ivr.content import Content
    from ivr.settings import Settings

REMEMBERED = 4
"""Versions whose words are kept in memory: a night in which many were published is read once each."""


class KnownFlows:
    """Looks flows up by the version that a call heard; each is read once."""

    def __init__(self, settings: Settings) -> None:
        """Read nothing yet."""
        self._settings = settings
        self._sets = Sets(settings.data)
        self._library: AudioLibrary | None = None
        self.content = lru_cache(REMEMBERED)(self._content)

    def __call__(self, version: str) -> Known:
        """Give what is known; raises FindingsError where neither the set nor the root can be read."""
        content = self.content(version)
        lengths = self.lengths()

        def words(name: str, at: datetime) -> list[Word]:
            node = content.flow.nodes.get(name)
            passages = (*content.today(node, at.astimezone(TOKYO), Board()), *content.body(name)) if node else ()
            return [Word(s.prompt, s.begin, s.end) for s in timeline(lengths, passages)]

        kinds = {name: node.kind for name, node in content.flow.nodes.items()}
        prompts = {name: list(_prompts(content, name)) for name in content.flow.nodes}
        return Known(content.flow.top.start, kinds, prompts, words)

    def lengths(self) -> Lengths:
        """Give how long sentences are, by the sound that is used now."""
        if self._library is None:
            self._library = AudioLibrary(self._settings.data)
        self._library.refresh()
        return Lengths(self._library)

    def _content(self, version: str) -> Content:
        folder = self._sets.folder(version)
        root = folder if version and folder.is_dir() else self._settings.root
        return contents.load(root, self._settings)


def _prompts(content: Content, name: str) -> Iterator[tuple[str, bool]]:
    """List what a node says, in order, each prompt once, with whether it offers a key."""
    node = content.flow.nodes[name]
    if isinstance(node, Answer) and (node.hours or node.office):
        yield TODAY, False
    sentences = [sentence for passage in content.body(name) for sentence in passage.sentences]
    for prompt in dict.fromkeys(sentence.prompt for sentence in sentences):
        yield prompt, any(sentence.option for sentence in sentences if sentence.prompt == prompt)
