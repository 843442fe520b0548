"""A small helpline on disk that tests may change while it runs, its sets, and a Twilio that signs what it sends."""

from __future__ import annotations

import base64
import ctypes
import hashlib
import hmac
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from dated import dated
from patience import PATIENCE, until

from ivr.records.spool import HEARTBEAT
from ivr.sets.kept import Sets
from ivr.sets.publish import Publisher
from ivr.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 25, 10, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
REAL_SID = "AC" + "1" * 32
PROCESSES = 2
"""Web processes that `running` begins with: requests come to any of them, under load to one again and again."""
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
FLOW = "flows/helpline.yaml"
WORDS = "prompts/ja/words.yaml"


@dataclass(frozen=True)
class Root:
    """A folder with flows/ and prompts/ that a test may change at any time."""

    path: Path

    def change(self, file: str, old: str, new: str) -> None:
        """Replace a text that stands exactly once in a file, as an editor saves it: in one step."""
        text = (self.path / file).read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        draft = self.path / f"{file}.new"
        draft.write_text(text.replace(old, new), "utf-8")
        draft.replace(self.path / file)

    def line(self, file: str, text: str) -> int:
        """Give the number of the last line that begins with or holds a text."""
        lines = (self.path / file).read_text("utf-8").splitlines()
        return max(number for number, line in enumerate(lines, 1) if text in line)

    def says(self, words: str) -> None:
        """Give the answer about papers other words."""
        file = self.path / WORDS
        file.write_text(re.sub(r"(?m)^papers: .*$", f"papers: {words}", file.read_text("utf-8")), "utf-8")


@pytest.fixture
def root(tmp_path: Path, small_helpline: Callable[[Path], Path]) -> Root:
    """Write the small helpline where a test may change it."""
    return Root(small_helpline(tmp_path / "root"))


@pytest.fixture
def settings(root: Root, tmp_path: Path) -> Callable[..., Settings]:
    """Read settings for the small helpline with the tone engine, and whatever else is given."""

    def read(**more: str) -> Settings:
        given = {"IVR_ROOT": str(root.path), "IVR_DATA": str(tmp_path / "data"), "IVR_SPEECH_ENGINE": "tone"}
        return Settings.from_env({**given, **more})

    return read


@dataclass
class Days:
    """Publishes and goes back for the small helpline; each time, by the files too, is a day later than the last."""

    settings: Callable[..., Settings]
    now: datetime = NOW

    @property
    def sets(self) -> Sets:
        """What is kept."""
        return Sets(self.settings().data)

    @property
    def heard(self) -> str:
        """Version that callers hear; empty for none."""
        use = self.sets.uses().now
        return use.version if use else ""

    def publish(self, *, held_too: bool = False, **more: str) -> str:
        """Publish; gives what was done."""
        self.now += timedelta(days=1)
        with dated(self.settings().data / "audio", self.now):
            return Publisher(self.settings(**more)).publish(self.now, held_too=held_too).done

    def back(self, version: str = "") -> str:
        """Go back; gives the version that callers then hear."""
        self.now += timedelta(days=1)
        with dated(self.settings().data / "audio", self.now):
            return Publisher(self.settings()).roll_back(self.now, version).version


@pytest.fixture
def days(settings: Callable[..., Settings]) -> Days:
    """Give the one who publishes."""
    return Days(settings)


def environ(root: Root, data: Path, **more: str) -> dict[str, str]:
    """Give the environment of a process of the small helpline."""
    ours = ("IVR_", "TWILIO_", "LC_", "LANG", "PORT", "WEB_CONCURRENCY", "COV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    given = {"IVR_ROOT": str(root.path), "IVR_DATA": str(data), "IVR_SPEECH_ENGINE": "tone", "LC_ALL": "C.UTF-8"}
    return {**kept, **given, "WEB_CONCURRENCY": str(PROCESSES), **more}


@pytest.fixture
def ivr(root: Root, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command on the small helpline."""

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ivr.cli", *arguments],
            env=environ(root, tmp_path / "data", **more),
            cwd=REPOSITORY,
            check=False,
            capture_output=True,
            text=True,
        )

    return run


@dataclass(frozen=True)
class Answer:
    """What the service answered."""

    status: int
    body: bytes

    @property
    def document(self) -> ET.Element:
        """Read the TwiML."""
        return ET.fromstring(self.body)  # noqa: S314  (our own)

    @property
    def action(self) -> str:
        """Give the address that a key leads to."""
        return next(self.document.iter("Gather")).attrib["action"]

    @property
    def version(self) -> str:
        """Give the version of the set that answered, as it travels with the call."""
        return self.action.split(".")[-3]

    @property
    def plays(self) -> list[str]:
        """List the addresses of the sounds."""
        return [verb.text or "" for verb in self.document.iter("Play")]


@dataclass
class Served:
    """A running helpline, web and background process."""

    process: subprocess.Popen[bytes]
    port: int
    data: Path
    log: Path
    environ: dict[str, str]

    @property
    def public(self) -> str:
        """Address of the service."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def sets(self) -> Sets:
        """What is kept."""
        return Sets(self.data)

    def send(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        """Send a request as it stands."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.read())
        finally:
            connection.close()

    def get(self, url: str) -> Answer:
        """Fetch a sound."""
        return self.send("GET", urlsplit(url).path)

    def post(self, url: str, **more: str) -> Answer:
        """Request an address as Twilio does, signed, as a real call."""
        url = self.public + url if url.startswith("/") else url
        form = {"CallSid": "CA" + "0" * 32, "AccountSid": REAL_SID, "From": "+819012345678", "To": "+81501234567"}
        form |= more
        text = url + "".join(name + form[name] for name in sorted(form))
        token = (self.data / "local-token").read_text().strip()
        signature = base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
        return self.send("POST", urlsplit(url).path, urlencode(form).encode(), headers)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command on the same helpline."""
        return subprocess.run(
            [sys.executable, "-m", "ivr.cli", *arguments],
            env=self.environ,
            cwd=REPOSITORY,
            check=False,
            capture_output=True,
            text=True,
        )

    def says(self, answer: Answer) -> str:
        """Give the words of an answer: of its sounds, from the index beside each, and of Twilio's voice."""
        said = ""
        for verb in answer.document.iter():
            if verb.tag == "Say":
                said += verb.text or ""
            if verb.tag == "Play":
                index = self.data / "audio/files" / f"{(verb.text or '')[-28:-4]}.json"
                said += "".join(re.findall(r'"text": "([^"]*)"', index.read_text("utf-8")))
        return said

    def logged(self, *words: str) -> list[str]:
        """Give the lines of the log that hold all of these words."""
        text = re.sub(r"\x1b\[[0-9;]*m", "", self.log.read_text("utf-8", errors="replace"))
        return [line for line in text.splitlines() if all(word in line for word in words)]

    def waits_for(self, what: Callable[[], object]) -> None:
        """Wait until something is so; it is an error if it never is."""

        def so() -> object:
            assert self.process.poll() is None, "\n".join(self.logged())
            return what()

        until(so, lambda: "\n".join(self.logged()))

    def waits_for_a_beat(self) -> None:
        """Wait until the background process has begun another round."""
        heart = self.data / "spool" / HEARTBEAT
        last = heart.stat().st_mtime_ns
        self.waits_for(lambda: heart.stat().st_mtime_ns != last)

    def answers(self) -> bool:
        """Tell whether the web server takes requests."""
        with suppress(OSError, http.client.HTTPException):
            return self.send("GET", "/healthz").status == 200
        return False

    def hears(self, version: str) -> bool:
        """Tell whether callers are answered with a version, whichever web process takes them: many call."""
        return all(self.post("/voice").version == version for _ in range(12))

    def taken_over(self, version: str, before: str = "") -> bool:
        """Tell whether every web process has said that it went over to a version, from the one before if given."""
        return len(self.logged("set_taken_over", f"version={version}", f"before={before}")) >= PROCESSES


@contextmanager
def running(root: Root, folder: Path, *arguments: str, **more: str) -> Iterator[Served]:
    """Run `ivr serve` with these arguments until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = environ(root, folder / "data", PORT=str(port), **more)
    log = folder / f"log-{time.monotonic_ns()}.txt"
    process = subprocess.Popen(
        [sys.executable, "-m", "ivr.cli", "serve", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=given,
        cwd=REPOSITORY,
        start_new_session=True,
        preexec_fn=_end_with_us,  # noqa: PLW1509  (it makes one system call)
    )
    kept = threading.Thread(target=_keep, args=(process.stdout, log))
    kept.start()
    served = Served(process, port, folder / "data", log, given)
    try:
        served.waits_for(served.answers)
        yield served
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        kept.join()


def _end_with_us() -> None:
    """Let the kernel stop the service when these tests are killed before they can."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _keep(output: IO[bytes] | None, log: Path) -> None:
    assert output is not None
    with output, log.open("wb", buffering=0) as file:
        while chunk := output.read1(65536):
            file.write(chunk)


@pytest.fixture
def serve(root: Root, tmp_path: Path) -> Callable[..., object]:
    """Give the block that runs `ivr serve` on the small helpline."""
    return lambda *arguments, **more: running(root, tmp_path, *arguments, **more)
