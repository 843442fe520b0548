"""`ivr simulator serve` as a process of its own, a service beside it, and Twilio's own client library between them."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import requests
from click.testing import CliRunner
from patience import PATIENCE, until
from twilio.rest import Client

from ivr.cli import group
from ivr.simulator.rest import RemoteTwilio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT, TOKEN, NUMBER = "AC" + "1" * 32, "secret", "+815000000000"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Write nothing."""


@pytest.fixture
def client(port: int) -> Client:
    return Client(ACCOUNT, TOKEN, http_client=RemoteTwilio(f"http://127.0.0.1:{port}"))


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def service(client: Client) -> Iterator[str]:
    """Run a service that gives orders over REST while it answers."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/xml")])
        if environ["PATH_INFO"] == "/voice":
            client.messages.create(to="+819012345678", from_=NUMBER, body="welcome")
            return [b'<Response><Gather numDigits="1" timeout="600" action="/key"><Say>a</Say></Gather></Response>']
        return [b"<Response><Say>thank you</Say></Response>"]

    server = make_server("127.0.0.1", 0, app, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/voice"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def twilio(port: int, service: str, tmp_path: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "ivr.cli", "simulator", "serve", "--port", str(port), "--account", ACCOUNT),
            *("--token", TOKEN, "--number", f"{NUMBER}={service}", "--person", "+81398765432=busy"),
        ],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "IVR_DATA": str(tmp_path)},
        stderr=subprocess.PIPE,
    )
    base = f"http://127.0.0.1:{port}"
    until(lambda: answers(base))
    yield base
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert process.stderr is not None
    told = process.stderr.read().decode()
    process.stderr.close()
    assert f"{NUMBER} -> {service}" in told
    assert "Traceback" not in told


def answers(base: str) -> bool:
    try:
        return requests.get(f"{base}/state.json", timeout=PATIENCE).ok
    except requests.ConnectionError:
        return False


def state(base: str) -> dict[str, Any]:
    told: dict[str, Any] = requests.get(f"{base}/state.json", timeout=PATIENCE).json()
    return told


def test_page_calls_presses_and_hangs_up_while_the_service_gives_orders(twilio: str, client: Client) -> None:
    assert (
        requests.post(f"{twilio}/calls", json={"from": "+819012345678", "to": NUMBER}, timeout=PATIENCE).status_code
        == 202
    )
    call = until(lambda: next((one for one in state(twilio)["calls"] if one["doing"] == "listening"), None))
    requests.post(f"{twilio}/calls/{call['sid']}/press", json={"key": "1"}, timeout=PATIENCE)
    until(lambda: state(twilio)["calls"][0]["status"] == "completed")
    kinds = [event["kind"] for event in state(twilio)["calls"][0]["events"]]
    assert kinds == ["Texted", "Heard", "Key", "Heard", "Ended"]
    assert {one["status"] for one in state(twilio)["requests"]} == {200}
    until(lambda: client.messages.list()[0].status == "delivered")
    assert state(twilio)["messages"][0]["body"] == "welcome"


def test_client_library_places_and_ends_calls_in_real_time(twilio: str, client: Client, service: str) -> None:
    busy = client.calls.create(to="+81398765432", from_=NUMBER, url=service)
    until(lambda: client.calls(busy.sid).fetch().status == "busy")
    made = client.calls.create(to="+81312345678", from_=NUMBER, url=service)
    assert made.status == "queued"
    until(lambda: client.calls(made.sid).fetch().status == "in-progress")
    client.calls(made.sid).update(status="completed")
    until(lambda: client.calls(made.sid).fetch().status == "completed")
    assert {one["method"] for one in state(twilio)["rest"]} == {"GET", "POST"}


def test_page_holds_no_script_or_style_and_other_hosts_are_refused(twilio: str) -> None:
    page = requests.get(twilio, timeout=PATIENCE)
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=|https?://", page.text)
    for path in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert requests.get(twilio + path, timeout=PATIENCE).status_code == 200
    assert requests.get(twilio, headers={"Host": "evil.example"}, timeout=PATIENCE).status_code == 403


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/calls", {"from": "0312345678", "to": NUMBER}, 400),
        ("/calls", {"from": "anonymous", "to": "+810000"}, 400),
        ("/calls/CA1/press", {"key": "1"}, 404),
        ("/calls", None, 415),
    ],
)
def test_bad_orders_are_refused(twilio: str, path: str, body: dict[str, str] | None, status: int) -> None:
    answer = requests.post(twilio + path, json=body, timeout=PATIENCE)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--number", "110=http://127.0.0.1/voice"], 2, "'110' is not a number"),
        (["--number", f"{NUMBER}=localhost"], 2, "is not an address"),
        (["--person", "+81312345678=asleep"], 2, "NUMBER=OUTCOME"),
        (["--port", "70000"], 2, "--port"),
    ],
)
def test_wrong_settings(
    arguments: list[str], code: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IVR_DATA", str(tmp_path))
    done = CliRunner(mix_stderr=False).invoke(group, ["simulator", "serve", *arguments])
    assert (done.exit_code, words in done.stderr) == (code, True), done.stderr


def test_port_that_somebody_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_DATA", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = CliRunner(mix_stderr=False).invoke(group, ["simulator", "serve", "--port", port])
    assert (done.exit_code, f"port {port} cannot be used" in done.stderr) == (1, True), done.stderr


def test_the_examples_of_the_guide_work() -> None:
    guide = (ROOT / "ivr/simulator/README.md").read_text("utf-8")
    space: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", guide, re.DOTALL):
        exec(block, space)  # noqa: S102  (our own guide)
    assert space["message"].sid.startswith("SM")
