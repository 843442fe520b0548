"""The hands of `ivr walk`: processes that each have the helpline to themselves, with records that nobody keeps."""

from __future__ import annotations

import atexit
import logging
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, Self

from ivr.cli.service import apart, example_office
from ivr.content import load
from ivr.log import setup
from ivr.phone.place import TOKYO
from ivr.phone.walk import explore
from ivr.phone.walk.moments import office_moments
from ivr.phone.walk.state import farewells

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ivr.phone.walk.explore import Door, Expanded, Walked
    from ivr.phone.walk.state import Stand, State
    from ivr.settings import Settings

CHUNK = 24
"""States that a process takes at a time."""
EXAMPLE_HOURS = "mon-fri 08:30-17:00"
"""Of the office for the walk where none is set."""
_walkers: dict[str, explore.Walker] = {}


class Pool:
    """Processes for one helpline. Close it when done."""

    def __init__(self, settings: Settings, jobs: int) -> None:
        """Start so many processes. Which calls are asked whether an answer helped is not left to the second."""
        self._settings = settings.model_copy(update={"survey_percent": 0})
        self._pool = ProcessPoolExecutor(jobs, get_context("spawn"), _prepare)

    def __enter__(self) -> Self:
        """Use it in a `with` statement."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Stop the processes."""
        self._pool.shutdown(cancel_futures=True)

    def starts(self, at: datetime) -> list[State]:
        """Give the states with which a walk begins at a moment."""
        return self._pool.submit(_starts, self._settings, at).result()

    def expand(self, states: Sequence[State]) -> Iterator[Expanded]:
        """Press every key at some states."""
        chunks = [states[first : first + CHUNK] for first in range(0, len(states), CHUNK)]
        for done in self._pool.map(partial(_expand, self._settings), chunks):
            yield from done

    def bases(self, moments: Sequence[datetime]) -> Iterator[Walked]:
        """Enter every node once at each moment."""
        return self._pool.map(partial(_walked, self._settings, "base"), moments)

    def compared(self, moments: Sequence[datetime]) -> Iterator[Walked]:
        """Enter every node once at each moment, at the first with every silence and wrong key."""
        first = self._pool.submit(_walked, self._settings, "tries", moments[0])
        rest = self.bases(moments[1:])
        yield first.result()
        yield from rest

    def offices(self) -> Iterator[tuple[str, Walked]]:
        """Enter every node once, with every try in vain, where the office answers now, is closed, is not set.

        Where none is set that is what the walk itself is about, and the office is an example.
        """
        set_here = bool(self._settings.office_phone)
        office = self._settings if set_here else self._settings.model_copy(update=example_office(EXAMPLE_HOURS))
        found = office_moments(load(office.root, office), _MONDAY)
        asked = [(f"an office that {_STATES[state]}", office, at) for state, at in found.items()]
        if set_here:
            asked.append(("no office is set", self._settings.model_copy(update=example_office("")), _MONDAY))
        walks = [(words, self._pool.submit(_walked, settings, "tries", at)) for words, settings, at in asked]
        yield from ((words, walked.result()) for words, walked in walks)

    def surveyed(self, at: datetime) -> Walked:
        """Enter every node once in a call that is asked whether an answer helped."""
        return self._pool.submit(_surveyed, self._settings, at).result()

    def visits(self, moments: Sequence[datetime], known: Sequence[Door]) -> Iterator[Walked]:
        """Hear some nodes again at each moment."""
        return self._pool.map(partial(_visit, self._settings, known), moments, chunksize=8)

    def changed(self, states: Sequence[State]) -> Iterator[list[tuple[Stand, str]]]:
        """Look whether anything but its stand decides what comes after each state."""
        chunks = [states[first : first + CHUNK] for first in range(0, len(states), CHUNK)]
        return self._pool.map(partial(_changed, self._settings), chunks)


def _prepare() -> None:
    setup("text", level=logging.CRITICAL)


def _walker(settings: Settings) -> explore.Walker:
    """Give this process's walker for some settings; it is made on first use, and its records go with the process."""
    key = settings.model_dump_json()
    if key not in _walkers:
        stack = ExitStack()
        service, _ = stack.enter_context(apart(settings))
        atexit.register(stack.close)
        content = load(settings.root, settings)
        _walkers[key] = explore.Walker(service, farewells(content))
    return _walkers[key]


def _starts(settings: Settings, at: datetime) -> list[State]:
    return list(explore.starts(_walker(settings), at))


def _expand(settings: Settings, states: Sequence[State]) -> list[Expanded]:
    return list(explore.expand(_walker(settings), states))


def _walked(settings: Settings, depth: explore.Depth, at: datetime) -> Walked:
    walker = _walker(settings)
    return explore.explore(list(explore.starts(walker, at)), partial(explore.expand, walker), depth)


def _surveyed(settings: Settings, at: datetime) -> Walked:
    walker = _walker(settings)
    return explore.explore([explore.surveyed(walker, at)], partial(explore.expand, walker), "base")


def _visit(settings: Settings, known: Sequence[Door], at: datetime) -> Walked:
    return explore.visit(_walker(settings), at, known)


def _changed(settings: Settings, states: Sequence[State]) -> list[tuple[Stand, str]]:
    return explore.changed(_walker(settings), states, len(states))


_MONDAY = datetime(2026, 11, 30, 10, tzinfo=TOKYO)
"""No holiday."""
_STATES = {"open": "answers now", "closed": "is closed"}
