"""`ivr serve` as a process of its own on a free port, and a Twilio that signs what it sends there."""

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
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree as ET

import pytest
from library_table import problems
from patience import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
TEST_SID = "AC" + "0" * 28 + "7e57"
REAL_SID = "AC" + "1" * 32
OURS = "+815012345678"
CALL = "CA" + "0123456789abcdef" * 2
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def sign(token: str, url: str, form: dict[str, str]) -> str:
    """Sign as Twilio's page says, with nothing of its library and nothing of ours."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@dataclass(frozen=True)
class Answer:
    """What the service answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> ET.Element:
        """Read the TwiML, which must be what Twilio's own library could have written."""
        assert problems(self.body) == []
        return ET.fromstring(self.body)  # noqa: S314  (our own)

    @property
    def verbs(self) -> list[str]:
        """Name the verbs at the top of the document."""
        return [verb.tag for verb in self.document]

    @property
    def action(self) -> str:
        """Give the address that a key, or the end of a transfer, leads to."""
        return next(verb for verb in self.document.iter() if verb.tag in {"Gather", "Dial"}).attrib["action"]

    @property
    def redirect(self) -> str:
        """Give the address that silence leads to."""
        return self.document.findtext("Redirect") or ""

    @property
    def said(self) -> str:
        """Everything that Twilio's own voice says."""
        return "".join(say.text or "" for say in self.document.iter("Say"))


@dataclass
class Served:
    """A running service, as Twilio and the people who run it see it."""

    process: subprocess.Popen[bytes]
    port: int
    data: Path
    log: Path
    public: str
    environ: dict[str, str] = field(default_factory=dict)

    def token(self, name: str = "local-token") -> str:
        """Read a token that the service keeps."""
        return (self.data / name).read_text().strip()

    def signature(self, path: str, form: dict[str, str], kept: str = "local-token") -> str:
        """Sign a form for one of our public addresses with a token that the service keeps."""
        return sign(self.token(kept), self.public + path, form)

    def send(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        """Send a request as it stands."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def form(self, *, test: bool = False, **more: str) -> dict[str, str]:
        """Give the parameters of every request, and more."""
        return {
            "CallSid": CALL,
            "AccountSid": TEST_SID if test else REAL_SID,
            "From": "+819012345678",
            "To": OURS,
            "CallStatus": "in-progress",
            "ApiVersion": "2010-04-01",
            "Direction": "inbound",
            "FromCity": "",
            **more,
        }

    def post(self, url: str, *, test: bool = False, headers: dict[str, str] | None = None, **more: str) -> Answer:
        """Request an address as Twilio does: signed for the public address, with the parameters of every request."""
        if url.startswith("/"):
            url = self.public + url
        form = self.form(test=test, **more)
        parts = urlsplit(url)
        token = self.token("test-token" if test else "local-token")
        return self.send(
            "POST",
            parts.path + (f"?{parts.query}" if parts.query else ""),
            urlencode(form).encode(),
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Twilio-Signature": sign(token, url, form),
                **(headers or {}),
            },
        )

    def logged(self) -> str:
        """Give everything that was written to standard output and standard error so far."""
        if not self.log.exists():
            return ""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.log.read_text("utf-8", errors="replace"))

    def lines(self, *words: str) -> list[str]:
        """Give the lines of the log that hold all of these words."""
        return [line for line in self.logged().splitlines() if all(word in line for word in words)]

    def waits_for(self, what: Callable[[], object]) -> None:
        """Wait until something is so; it is an error if it never is."""
        until(what, lambda: f"it never came to that:\n{self.logged()}")

    def waits_until_it_answers(self) -> None:
        """Wait until the service answers, or fail with what it wrote when it does not live to do so."""
        self.waits_for(lambda: self.process.poll() is not None or self.answers())
        assert self.process.poll() is None, self.logged()

    def answers(self) -> bool:
        """Tell whether the web server takes requests."""
        with suppress(OSError, http.client.HTTPException):
            return self.send("GET", "/healthz").status == 200
        return False

    def works(self) -> None:
        """Run the background process once: it moves what was recorded into the store."""
        subprocess.run(
            [sys.executable, "-m", "ivr.cli", "work", "--once"],
            env=self.environ,
            cwd=REPOSITORY,
            check=True,
            capture_output=True,
        )

    def rows(self, question: str, *values: object) -> list[tuple[object, ...]]:
        """Ask the store; `?` in the question stands for a value. No rows while a process is still making its tables."""
        with closing(sqlite3.connect(self.data / "store.db")) as store:
            try:
                return store.execute(question, values).fetchall()
            except sqlite3.OperationalError as error:
                if not str(error).startswith(("no such table", "no such column")):
                    raise
                return []

    def children(self) -> list[int]:
        """List the processes below this one, parents first."""
        found = [self.process.pid]
        for parent in found:
            for listed in Path(f"/proc/{parent}/task").glob("*/children"):
                found += map(int, listed.read_text().split())
        return found[1:]

    def session(self) -> list[int]:
        """List every process that began with this one, also those whose parent has gone."""
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                state, _, _, session = path.read_text().rpartition(")")[2].split()[:4]
                if int(session) == self.process.pid and state != "Z":
                    found.append(int(path.parent.name))
        return found

    def stops(self, number: int = signal.SIGTERM) -> int:
        """Ask the service to stop, and give its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def free_port() -> int:
    """Find a port that nobody has now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def clean_environ(**more: str) -> dict[str, str]:
    """Give this process's environment without any setting of the helpline."""
    ours = ("IVR_", "TWILIO_", "LC_", "LANG", "PORT", "WEB_CONCURRENCY", "COV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "LC_ALL": "C.UTF-8", "WEB_CONCURRENCY": "1", "IVR_SPEECH_ENGINE": "tone", **more}


@contextmanager
def running(folder: Path, *arguments: str, answers: bool = True, **environ: str) -> Iterator[Served]:
    """Run `ivr serve` with these arguments and settings until the end of the block."""
    port = int(environ.get("PORT") or free_port())
    data = Path(environ.get("IVR_DATA") or folder / "data")
    given = clean_environ(**{"IVR_DATA": str(data), "PORT": str(port), **environ})
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
    served = Served(process, port, data, log, given.get("IVR_PUBLIC_URL", f"http://127.0.0.1:{port}"), given)
    try:
        if answers:
            served.waits_until_it_answers()
        yield served
    finally:
        served.stops()
        for left in served.session():
            os.kill(left, signal.SIGKILL)
        kept.join()


def _end_with_us() -> None:
    """Let the kernel stop the service when these tests are killed before they can."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _keep(output: IO[bytes] | None, log: Path) -> None:
    """Copy what a process writes into a file: the process itself may not be allowed to write any."""
    assert output is not None
    with output, log.open("wb", buffering=0) as file:
        while chunk := output.read1(65536):
            file.write(chunk)


@pytest.fixture
def serve(tmp_path: Path) -> Callable[..., object]:
    """Give the block that runs `ivr serve` with settings of its own."""
    return lambda *arguments, **environ: running(tmp_path, *arguments, **environ)


@pytest.fixture(scope="session")
def helpline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run the helpline of this repository in local mode, two processes and no recorded voice, for all tests here."""
    with running(tmp_path_factory.mktemp("helpline"), WEB_CONCURRENCY="2") as served:
        yield served


@pytest.fixture(scope="session")
def voiced_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make every prompt of the repository with the tone engine, once."""
    data = tmp_path_factory.mktemp("voiced") / "data"
    subprocess.run(
        [sys.executable, "-m", "ivr.cli", "prompts", "build"],
        env=clean_environ(IVR_DATA=str(data)),
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    return data
