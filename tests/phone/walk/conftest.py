"""The small helpline in this process, whose documents and words a test may spoil on their way to the walk."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from ivr.app import create_app
from ivr.phone import captions, place
from ivr.phone.walk import explore
from ivr.phone.walk.findings import findings
from ivr.phone.walk.state import farewells
from ivr.settings import Settings
from ivr.simulator import wsgi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from ivr.content import Content
    from ivr.findings import Finding
    from ivr.phone.walk.explore import Walked
    from ivr.simulator import Sound

AT = datetime(2026, 11, 25, 10, 0, tzinfo=place.TOKYO)


@dataclass
class Spoiled:
    """The helpline, with what is done to its answers: `document(path, form, text)`, and to its sounds: `sound`."""

    content: Content
    app: Any
    service: place.Service
    document: Callable[[str, str, str], str] = lambda _path, _form, text: text
    sound: Callable[[Sound], Sound] = lambda sound: sound
    walked: list[Walked] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as the application does, and spoil that."""
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        text = b"".join(self.app(environ, start_response)).decode()
        return [self.document(environ["PATH_INFO"], body.decode(), text).encode()]

    @property
    def walker(self) -> explore.Walker:
        """Walk through what is spoiled."""

        def words(source: str) -> Sound | None:
            found = self.service.captions(source)
            return self.sound(found) if found else None

        service = place.Service(wsgi(self), self.service.url, self.service.token, words)
        return explore.Walker(service, farewells(self.content))

    def walk(self, depth: explore.Depth = "full", at: datetime = AT) -> Walked:
        """Walk everywhere."""
        walker = self.walker
        return explore.explore(list(explore.starts(walker, at)), lambda states: explore.expand(walker, states), depth)

    def found(self, depth: explore.Depth = "full") -> list[Finding]:
        """Walk everywhere and judge."""
        return findings(self.content, [self.walk(depth)])


@pytest.fixture
def spoiled(tmp_path: Path, small_helpline: Callable[[Path], Path]) -> Iterator[Spoiled]:
    root = small_helpline(tmp_path / "root")
    settings = Settings.from_env({"IVR_DATA": str(tmp_path / "data"), "IVR_ROOT": str(root)})
    app = create_app(settings)
    ours = app.extensions["ivr"]
    words = captions.captions(ours.library.index, lambda: ours.content.everything, lambda: ours.current().words)
    service = place.Service(wsgi(app), f"{settings.public_url}/voice", settings.test_token, words)
    yield Spoiled(ours.content, app, service)
    ours.spool.close()
