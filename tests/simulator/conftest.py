"""A service for the simulator to call: documents by path, and a note of every request that came in."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest

from ivr.simulator import Line, World, signer, wsgi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ivr.simulator import Call

    Codes = Callable[[Call], list[int]]
    Wav = Callable[[float], "Reply"]

TOKEN = "12345"
BASE = "https://service.example"


@dataclass(frozen=True)
class Reply:
    """Anything but a plain TwiML document."""

    body: bytes = b""
    status: str = "200 OK"
    kind: str = "text/xml"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Received:
    """One request as the service saw it."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: dict[str, str]


@dataclass
class Service:
    """Answers `documents[path]`: TwiML, a Reply, a list of them for one request after another, or a function."""

    documents: dict[str, Any] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    token: str = TOKEN
    base: str = BASE

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as WSGI wants it."""
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0)).decode()
        request = Received(
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"],
            dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)),
            dict(parse_qsl(body, keep_blank_values=True)),
            {name[5:].replace("_", "-").title(): value for name, value in environ.items() if name[:5] == "HTTP_"},
        )
        self.received.append(request)
        reply = self._reply(request)
        kind = (("Content-Type", reply.kind),) if reply.kind else ()
        start_response(reply.status, [*kind, *reply.headers])
        return [reply.body]

    def _reply(self, request: Received) -> Reply:
        answer = self.documents.get(request.path, Reply(b"gone", "404 Not Found", "text/plain"))
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if callable(answer):
            answer = answer(request)
        return answer if isinstance(answer, Reply) else Reply(f"<Response>{answer}</Response>".encode())

    def dial(
        self,
        document: object = None,
        *,
        caller: str = "+819000000000",
        line: dict[str, str] | None = None,
        **world: Any,  # noqa: ANN401  (any field of a World)
    ) -> Call:
        """Call `/voice`, which answers with `document`; `line` and `world` change what they are named after."""
        if document is not None:
            self.documents["/voice"] = document
        settings: dict[str, Any] = {
            "fetch": wsgi(self),
            "sign": signer(self.token),
            "start": datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
            "random": Random(7),
        }
        return World(**{**settings, **world}).dial(self.line(**(line or {})), caller)

    def line(self, **settings: str) -> Line:
        """Give the number whose voice webhook is `/voice`."""
        return Line(**{"number": "+815000000000", "voice_url": f"{self.base}/voice", **settings})

    def paths(self) -> list[str]:
        """List the requested paths in order."""
        return [request.path for request in self.received]


@pytest.fixture
def service() -> Service:
    """Give a service that knows no document yet."""
    return Service()


@pytest.fixture
def reply() -> type[Reply]:
    """Answer something else than a plain TwiML document."""
    return Reply


@pytest.fixture
def wav() -> Wav:
    """Make WAV files of so many seconds, 8 kHz, 16 bit."""

    def make(seconds: float) -> Reply:
        target = io.BytesIO()
        with wave.open(target, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(8000)
            out.writeframes(b"\0\0" * int(8000 * seconds))
        return Reply(target.getvalue(), kind="audio/wav")

    return make


@pytest.fixture
def codes() -> Codes:
    """Give the codes of a call's warnings, in order."""
    return lambda call: [warning.code for warning in call.warnings]


@pytest.fixture(scope="session")
def service_factory() -> type[Service]:
    """Make services for tests that need one an example."""
    return Service


@pytest.fixture(scope="session")
def reply_kind() -> type[Reply]:
    """Answer something else than a plain TwiML document, in tests that run many examples."""
    return Reply
