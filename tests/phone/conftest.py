"""A small helpline for the phone to call: plain WSGI, a menu with two options, an answer, a transfer."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from ivr.phone.caller import Caller
from ivr.phone.items import parse
from ivr.phone.place import TOKYO, Circumstances, Service, dial
from ivr.simulator import Caption, Sound, wsgi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ivr.simulator import Call

    Play = Callable[..., Call]

TOKEN = "test-token"
START = datetime(2026, 11, 24, 18, 30, tzinfo=TOKYO)

GATHER = '<Gather numDigits="1" finishOnKey="" timeout="6" action="/{}">{}</Gather><Redirect>/{}</Redirect>'
DOCUMENTS = {
    "/voice": GATHER.format("key", "<Say>menu</Say>", "lost"),
    "/lost": GATHER.format("key", "<Say>again</Say>", "goodbye"),
    "/answer": "<Say>first</Say>" + GATHER.format("key", "<Say>answer</Say>", "goodbye"),
    "/dial": '<Say>wait</Say><Dial action="/after" timeout="20">+81312345678</Dial>',
    "/after": "<Say>bye</Say>",
    "/goodbye": "<Say>bye</Say>",
    "/number": '<Gather numDigits="3" action="/answer"/>',
    "/circle": "<Redirect>/circle</Redirect>",
    "/voice/status": "",
    "/voice/fallback": "<Say>sorry</Say>",
}
KEYS = {"1": "/answer", "2": "/dial", "3": "/number", "4": "/circle", "5": "/nowhere"}
SOUNDS = {
    "menu": Sound(
        9.0,
        (
            Caption("ようこそ。", 0.5, 2.0, prompt="greeting"),
            Caption("一。", 2.5, 4.0, "1", "first"),
            Caption("二。", 4.5, 6.0, "2", "second"),
            Caption("以上です。", 7.0, 8.5, prompt="end"),
        ),
    ),
    "again": Sound(4.0, (Caption("もう一度。", 0.0, 2.0), Caption("二。", 2.0, 3.5, "2"))),
    "first": Sound(1.0, (Caption("前置き。", 0.0, 1.0),)),
    "answer": Sound(3.0, (Caption("答え。", 0.0, 3.0),)),
    "wait": Sound(2.0, (Caption("おつなぎします。", 0.0, 2.0),)),
    "bye": Sound(1.0, (Caption("さようなら。", 0.0, 1.0),)),
    "sorry": Sound(1.0, (Caption("すみません。", 0.0, 1.0),)),
}


@dataclass
class Helpline:
    """Answers by path; remembers the forms that came in."""

    forms: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as WSGI wants it."""
        form = dict(
            parse_qsl(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0)).decode(), keep_blank_values=True)
        )
        self.forms.append(form)
        self.headers.append({name: str(value) for name, value in environ.items() if name.startswith("HTTP_")})
        path = KEYS.get(form["Digits"], "/lost") if environ["PATH_INFO"] == "/key" else environ["PATH_INFO"]
        found = path in DOCUMENTS
        start_response("200 OK" if found else "404 Not Found", [("Content-Type", "text/xml")])
        return [f"<Response>{DOCUMENTS.get(path, '')}</Response>".encode()]


@pytest.fixture
def helpline() -> Helpline:
    """Give a helpline that nobody has called yet."""
    return Helpline()


@pytest.fixture
def service(helpline: Helpline) -> Service:
    """Give the helpline as a service in this process."""
    return Service(wsgi(helpline), "https://helpline.example/voice", TOKEN, SOUNDS.get)


@pytest.fixture
def play(service: Service) -> Play:
    """Call the helpline and do items: what is left of the settings is that of `Circumstances`."""

    def play(keys: str, **given: Any) -> Call:  # noqa: ANN401  (any field of Circumstances)
        circumstances = Circumstances(**{"at": START, **given})
        call = dial(service, circumstances, Random(1))
        Caller(call, eager=circumstances.eager).play(parse(keys))
        return call

    return play


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Write nothing."""


@pytest.fixture
def address(helpline: Helpline) -> Iterator[str]:
    """Run the helpline behind a real server; give the address of its voice webhook."""
    server = make_server("127.0.0.1", 0, helpline, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/voice"
    server.shutdown()
    thread.join()
    server.server_close()
