"""A caller with a list of things to do: listens, and presses each key when a person would."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from ivr.phone.items import HangUp, Idle, Press, Say, Silent
from ivr.simulator import Heard, Key, Silence, Spoke, estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ivr.phone.items import Item
    from ivr.simulator import Call

_LONG = 3600.0
"""Seconds in which nothing happens: too long to be on the way to anything."""
_HEARABLE = ("speaking", "pausing", "listening", "ringing", "talking")


class Caller:
    """Does items on one call. A passage is everything heard between two inputs: a key, or a silence waited out.

    With `eager` a key is pressed at the start of each passage, else as soon as the option it chooses was said, or
    where none is, when the passage ends.
    """

    def __init__(self, call: Call, *, eager: bool = False) -> None:
        """Take a call in hand, which has just been dialled."""
        self.call = call
        self.eager = eager
        self.done: list[Item] = []
        self._seen = 0
        self._began: float | None = None
        self._options: set[str] = set()
        self._silences = 0
        self._look()

    def play(self, items: Iterable[Item]) -> None:
        """Do every item, then listen until the service waits for a key, and hang up there.

        Items that are left when the call is over are named in a warning.
        """
        left = [item for item in items if not self.do(item)]
        if left:
            self.call.warn(0, f"the call was over before: {' '.join(map(str, left))}")
        self.listen()
        if not self.call.over:
            self.call.hang_up()

    def do(self, item: Item) -> bool:
        """Do one item; tells whether the call was still there for it. What was done is kept in `done`."""
        if self.call.over or (isinstance(item, Press) and not self._press(item.key, item.at)):
            return False
        self.done.append(item)
        match item:
            case Silent():
                silences = self._silences
                self._pass(lambda: self._silences > silences)
            case Idle(seconds):
                self._pass(until=self.call.now + seconds)
            case Say(words):
                self._say(words)
            case HangUp():
                self.call.hang_up()
        return True

    def listen(self) -> None:
        """Listen until the service waits for a key or puts the caller on hold, or the call is over."""
        self._pass(lambda: self.call.doing == "listening" or self.call.held)

    def listen_for(self, done: Callable[[], bool]) -> None:
        """Listen until something is so, on hold too; give up where a key is waited for, or nothing will ever come."""
        self._pass(lambda: done() or self.call.doing == "listening" or self._left_alone())

    def _left_alone(self) -> bool:
        """Tell a caller on hold for whom nothing is under way but the end of every call after four hours."""
        world = self.call.world
        return self.call.held and self.call.doing == "waiting" and world.wakes - world.now > _LONG

    def _press(self, key: str, at: float | None) -> bool:
        if self.eager or at is not None:
            self._pass(lambda: self._began is not None)
            self._pass(until=(self._began or 0.0) + (at or 0.0))
        else:
            self._pass(lambda: key in self._options or self.call.doing == "listening")
        if self.call.over:
            return False
        self.call.press(key)
        self._look()
        return True

    def _say(self, words: str) -> None:
        """Say something once the passage is over, and wait until it was understood."""
        self._pass(lambda: self.call.doing == "listening")
        if not self.call.over:
            self.call.speak_up(estimate(words), words)
            self._look()
            self._pass(lambda: self.call.doing != "hearing")

    def _pass(self, done: Callable[[], bool] = lambda: False, *, until: float = inf) -> None:
        """Let time pass, one thing after another, until something is so or a second has come."""
        while not (self.call.over or done()):
            if self.call.world.wakes > until:
                self.call.world.run(until)
                return
            self.call.step()
            self._look()

    def _look(self) -> None:
        """Keep up with the call: an input ends a passage, the first that can be heard begins the next."""
        for event in self.call.events[self._seen :]:
            if isinstance(event, Key | Silence | Spoke):
                self._began = None
                self._options = set()
                self._silences += isinstance(event, Silence)
            elif isinstance(event, Heard) and event.option and not event.cut:
                self._options.add(event.option)
        self._seen = len(self.call.events)
        if self._began is None and self.call.doing in _HEARABLE:
            self._began = self.call.now
