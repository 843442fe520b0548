"""What the speech tests share: the project's own words and voices, passages, and a stand-in for Google's service."""

from __future__ import annotations

import base64
import io
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import numpy as np
import pytest
import soundfile

from ivr.passage import Passage, Sentence
from ivr.speech import lexicon, voices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ivr.speech.lexicon import Lexicon
    from ivr.speech.voices import Voice

ROOT = Path(__file__).parents[2]
GOOGLE_PATH = "/_/TranslateWebserverUi/data/batchexecute"


@pytest.fixture(scope="session")
def root() -> Path:
    """Give the folder that holds the project's own prompts."""
    return ROOT


@pytest.fixture(scope="session")
def words() -> Lexicon:
    """Give the project's own lexicon."""
    return lexicon.load(ROOT)


@pytest.fixture(scope="session")
def voice() -> Callable[[str], Voice]:
    """Give the project's own voice of an engine."""
    known = voices.load(ROOT)
    return lambda engine: voices.choose(known, engine=engine)


@pytest.fixture(scope="session")
def passage() -> Callable[..., Passage]:
    """Make a passage of sentences; prompt names are a, b, c, …."""

    def make(*spoken: str) -> Passage:
        names = "abcdefghij"
        return Passage("ja", tuple(Sentence(names[at], f"[{text}]", text) for at, text in enumerate(spoken)))

    return make


@dataclass
class Google:
    """Google's translate service as gTTS 2.5.4 calls it: POST with `f.req`, MP3 as Base64 inside a line of JSON.

    `answers` are the status codes of the next requests (200 after the last), or the text of a line sent with 200.
    """

    address: str
    answers: list[int | str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[list[Any]] = field(default_factory=list)

    def line(self, text: str) -> str:
        """Speak a text: 0.1 s of tone a character, as the service's line."""
        audio = json.dumps([base64.b64encode(mp3(len(text) * 0.1)).decode()])
        return json.dumps([["wrb.fr", "jQ1olc", audio, None, None, None, "generic"]], separators=(",", ":"))


def mp3(seconds: float) -> bytes:
    """Make an MP3 of a tone at 24 kHz, as the service sends it."""
    file = io.BytesIO()
    tone = 0.3 * np.sin(np.arange(round(seconds * 24000)) / 24000 * 2 * np.pi * 440)
    soundfile.write(file, tone, 24000, format="MP3")
    return file.getvalue()


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    """Run the stand-in on 127.0.0.1."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if self.path != GOOGLE_PATH:
                self.send_error(404)
                return
            [[[rpc, parameters, _, kind]]] = json.loads(parse_qs(body)["f.req"][0])
            if (rpc, kind) != ("jQ1olc", "generic"):
                self.send_error(400)
                return
            stand_in.asked.append(json.loads(parameters))
            answer = stand_in.answers.pop(0) if stand_in.answers else 200
            if isinstance(answer, int) and answer != 200:
                self.send_response(answer)
                for name, value in stand_in.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            line = answer if isinstance(answer, str) else stand_in.line(stand_in.asked[-1][0])
            content = f")]}}'\n\n{line}\n".encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stand_in = Google(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield stand_in
        server.shutdown()
        thread.join()
