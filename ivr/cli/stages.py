"""Where scenarios are played: the helpline in this process with records of its own, or a service elsewhere."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self

from ivr.cli.service import answering, example_office, over_http, quiet_settings
from ivr.phone.enact import UnplayableError, play
from ivr.phone.scenario import NO_OFFICE
from ivr.records.store import Store
from ivr.simulator import faults as wire
from ivr.work import Mover

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ivr.phone.enact import Played
    from ivr.phone.place import Service
    from ivr.phone.scenario import Faults, Loaded
    from ivr.records.store import Turn


def play_all(url: str | None, token: str | None, loaded: Sequence[Loaded]) -> Iterator[Played]:
    """Play scenarios one after another, on one stage."""
    if url is None:
        with Here(token) as here:
            yield from (play(one, here) for one in loaded)
        return
    with over_http(url, token) as service:
        elsewhere = Elsewhere(service)
        yield from (play(one, elsewhere) for one in loaded)


class Here:
    """The helpline in this process. Its records lie in a folder that goes with it; use it in a `with` statement."""

    def __init__(self, token: str | None = None) -> None:
        """Read the settings; `token` signs, else the test token. What the faults do to the service is not logged."""
        self._token = token
        self._settings = quiet_settings(logging.CRITICAL)
        self._stack = ExitStack()
        self._made: dict[tuple[bool, bool, str | None], Service] = {}

    def __enter__(self) -> Self:
        """Make the folder."""
        self._folder = Path(self._stack.enter_context(TemporaryDirectory(prefix="ivr-")))
        return self

    def __exit__(self, *_exc: object) -> None:
        """Let the helpline go, and everything that it recorded."""
        self._stack.close()

    @contextmanager
    def service(self, faults: Faults, office: str | None) -> Iterator[Service]:
        """Give the helpline, without its sound or its records, or with an office, where that is asked for."""
        kind = bool(faults.audio_gone), bool(faults.store_gone), office
        if kind not in self._made:
            self._made[kind] = self._make(silent=kind[0], away=kind[1], office=office)
        yield self._made[kind]

    def turns(self, call: str) -> Sequence[Turn]:
        """Move what was recorded into a store, and give the turns of a call."""
        with Store(f"sqlite:///{self._folder / 'store.db'}") as store:
            store.upgrade()
            mover = Mover(self._folder / "spool", store)
            mover.move()
            mover.close()
            record = store.call(call)
        return record.turns if record else ()

    def _make(self, *, silent: bool, away: bool, office: str | None) -> Service:
        settings, records = self._settings, self._folder
        if office is not None:
            settings = settings.model_copy(update=example_office("" if office == NO_OFFICE else office))
        if silent:
            data = self._folder / "silent"
            data.mkdir(exist_ok=True)
            settings = settings.model_copy(update={"data": data})
        if away:
            records = self._folder / "away"
            records.write_text("a file where a folder should be: nothing can be recorded")
        return self._stack.enter_context(answering(settings, records, self._token))


class Elsewhere:
    """A service that runs elsewhere: what it records cannot be seen, nor its store taken away."""

    def __init__(self, service: Service) -> None:
        """Take a service."""
        self._service = service

    @contextmanager
    def service(self, faults: Faults, office: str | None) -> Iterator[Service]:
        """Give the service; without its sounds where that is asked for."""
        if office is not None:
            raise UnplayableError("when the office of a service that runs elsewhere answers is not set from here")
        if faults.store_gone:
            raise UnplayableError("the store of a service that runs elsewhere cannot be taken away from here")
        yield replace(self._service, fetch=wire.silent(self._service.fetch)) if faults.audio_gone else self._service

    def turns(self, _call: str) -> None:
        """Know nothing of what it records."""
        return
