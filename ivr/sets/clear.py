"""Clearing away what nobody needs: words of sets that no recorded call names, sound that no call can ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from ivr.sets.kept import BusyError, Sets
from ivr.speech.disk import prune

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime
    from pathlib import Path

    from ivr.sets.kept import Uses

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Cleared:
    """What was cleared away: versions whose words went, and files and bytes of sound."""

    words: tuple[str, ...] = ()
    files: int = 0
    size: int = 0


def voice_sets(data: Path, now: datetime) -> frozenset[str]:
    """Give the voice sets whose sound is kept; raises OSError and ValueError where nobody can tell."""
    return frozenset(use.voice_set for use in Sets(data).uses().with_sound(now))


def clear(data: Path, now: datetime, named: Callable[[], Collection[str]]) -> Cleared:
    """Clear away what is not needed at this moment; `named` gives the versions that recorded calls name.

    Sets that keep their sound keep their words too. Nothing happens before the first set was published, and while
    another process publishes. Raises BuildError, ValueError where `current` cannot be read, and what `named` raises:
    then nobody knows what is needed.
    """
    sets = Sets(data)
    try:
        with sets.publishing():
            uses = sets.uses()
            if not uses.now:
                return Cleared()
            words = _clear_words(sets, now, named)
            sound = prune(data, now.timestamp(), keep=1, needed={use.voice_set for use in uses.with_sound(now)})
    except BusyError:
        return Cleared()
    if words or sound.files:
        log.info("sets_cleared", versions=words, files=sound.files, size=sound.size)
    return Cleared(words, sound.files, sound.size)


def _clear_words(sets: Sets, now: datetime, named: Callable[[], Collection[str]]) -> tuple[str, ...]:
    if not _old(sets, sets.uses(), now):
        return ()
    needed = named()
    with sets.switching():
        # read again: somebody may have gone back to an old set in the meantime
        gone = tuple(version for version in _old(sets, sets.uses(), now) if version not in needed)
        for version in gone:
            sets.forget(version)
    return gone


def _old(sets: Sets, uses: Uses, now: datetime) -> list[str]:
    with_sound = {use.version for use in uses.with_sound(now)}
    return [kept.version for kept in sets.kept() if kept.version not in with_sound]
