"""`ivr call` against services that are out of order: a named error with Twilio's code, never a hang or a traceback."""

from __future__ import annotations

import json
import os
import socketserver
import threading
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from raw_http import take

from ivr.cli import group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HEAD = "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n"


def answer(body: str, kind: str = "text/xml", status: str = "200 OK") -> bytes:
    return (HEAD.format(status, kind, len(body.encode())) + body).encode()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes | None], str]]:
    """Serve the same bytes to everybody; None is a server that takes a request and says nothing."""
    for name in [name for name in os.environ if name.startswith(("IVR_", "TWILIO_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("IVR_DATA", str(tmp_path))
    wanted: list[bytes | None] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            take(self.rfile)
            if wanted[0] is None:
                self.rfile.read()  # until the caller gives up
            else:
                self.wfile.write(wanted[0])

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()

        def serving(said: bytes | None) -> str:
            wanted[:] = [said]
            return f"http://127.0.0.1:{made.server_address[1]}/"

        yield serving
        made.shutdown()


LARGE = "<Response><Say>" + "あ" * 40_000 + "</Say></Response>"
BAD = {
    "malformed": (answer("<Response><Say>"), 12100),
    "a blank line first": (answer('\n<?xml version="1.0"?><Response/>'), 12100),
    "another root": (answer("<Answer/>"), 12102),
    "a page": (answer("<!doctype html><html><body><p>Oops<br></body></html>", "text/html"), 12100),
    "a tidy page": (answer("<html><body>Oops</body></html>", "text/html"), 12102),
    "JSON": (answer("{}", "application/json"), 12300),
    "no type": (answer("<Response/>").replace(b"Content-Type: text/xml\r\n", b""), 12300),
    "nothing at all": (answer(""), 11770),
    "100 kB": (answer(LARGE), 11750),
    "an error": (answer("<Response/>", status="500 Oops"), 11200),
    "not found": (answer("<Response/>", status="404 Not Found"), 11200),
    "a closed connection": (b"", 11206),
    "half an answer": (answer("<Response/>")[:-3], 11206),
    "no HTTP": (b"hello\r\n\r\n", 11206),
    "an endless redirect": (
        b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        11215,
    ),
    "an entity bomb": (answer('<!DOCTYPE a [<!ENTITY b "b">]><Response><Say>&b;</Say></Response>'), 12100),
}


def run(url: str) -> tuple[int, dict[str, object], str]:
    done = CliRunner(mix_stderr=False).invoke(group, ["call", "--url", url, "--keys", "", "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, json.loads(done.stdout), done.stderr


def codes(told: dict[str, object]) -> list[int]:
    events = told["events"]
    assert isinstance(events, list)
    return [event["code"] for event in events if event["kind"] == "warning"]


@pytest.mark.parametrize("what", BAD)
def test_bad_answers_are_named_by_twilios_code(server: Callable[[bytes | None], str], what: str) -> None:
    said, code = BAD[what]
    exit_code, told, stderr = run(server(said))
    assert (exit_code, told["ended"], codes(told)) == (1, "error", [code])
    assert "Traceback" not in stderr


def test_documents_that_lead_to_themselves_end(server: Callable[[bytes | None], str]) -> None:
    exit_code, told, _ = run(server(answer("<Response><Redirect/></Response>")))
    assert (exit_code, told["ended"]) == (1, "limit")


def test_server_that_says_nothing_is_given_up_in_time(server: Callable[[bytes | None], str]) -> None:
    exit_code, told, _ = run(f"{server(None)}#rt=300")
    assert (exit_code, told["ended"], codes(told)) == (1, "error", [11205])
