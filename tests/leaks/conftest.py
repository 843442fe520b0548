"""A running helpline whose every output can be searched for what must not be there, in whatever spelling."""

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
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest
from patience import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
PUBLIC = "https://helpline.example.jp"
TOKEN = "5c0ffee5c0ffee5c0ffee5c0ffee5c0f"
TEST_TOKEN = "7e577e577e577e577e577e577e577e57"
METRICS_TOKEN = "m37r1c5m37r1c5m37r1c5"
PASSWORD = "correct horse battery staple"
TEST_SID = "AC" + "0" * 28 + "7e57"
REAL_SID = "AC" + "1" * 32
KANA = ["ゼロ", "イチ", "ニー", "サン", "ヨン", "ゴー", "ロク", "ナナ", "ハチ", "キュウ"]
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def spellings(value: str) -> dict[str, bytes]:
    """Write a value in the ways in which it could be found again."""
    wide = value.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
    written = {
        "plain": value,
        "grouped": "-".join(re.findall(".{1,4}", value)),
        "blanks": " ".join(re.findall(".{1,4}", value)),
        "spaced": " ".join(value),
        "listed": ", ".join(value),
        "wide": wide,
        "wide, quoted": quote(wide),
        "wide, escaped": wide.encode("unicode_escape").decode(),
        "quoted twice": quote(quote(wide)),
        "percent": "".join(f"%{ord(char):02X}" for char in value),
        "reversed": value[::-1],
        "hexadecimal": value.encode().hex(),
        "md5": hashlib.md5(value.encode()).hexdigest(),  # noqa: S324  (as somebody might)
        "sha1": hashlib.sha1(value.encode()).hexdigest(),  # noqa: S324
        "sha256": hashlib.sha256(value.encode()).hexdigest(),
    }
    if value.isdigit():
        written["kana"] = "".join(KANA[int(digit)] for digit in value)
        written["number"] = str(int(value))
        written["base 36"] = _base36(int(value))
    found = {name: text.encode() for name, text in written.items()}
    found["utf-16"] = value.encode("utf-16-le")
    for shift in range(3):
        first, last = -(-8 * shift // 6), 8 * (shift + len(value)) // 6  # of the letters that nothing around it changes
        found[f"base64, {shift}"] = base64.b64encode(b" " * shift + value.encode())[first:last]
    return found


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits


def found_in(content: bytes, value: str) -> list[str]:
    """List the spellings of a value that stand in some bytes; a PIN of four counts only where it stands alone."""
    if len(value) > 4:
        return [name for name, written in spellings(value).items() if written in content]
    alone = rb"(?<![0-9A-Za-z])" + re.escape(value.encode()) + rb"(?![0-9A-Za-z])"
    wide = spellings(value)["wide"]
    return ["plain"] * bool(re.search(alone, content)) + ["wide"] * (wide in content)


@dataclass
class Watched:
    """A running helpline; everything that it answers, writes and says is kept."""

    process: subprocess.Popen[bytes]
    port: int
    data: Path
    environ: dict[str, str]
    said: bytearray = field(default_factory=bytearray)
    answered: bytearray = field(default_factory=bytearray)
    cookie: str = ""

    def visit(self, path: str, form: dict[str, str] | None = None) -> str:
        """Open a page of the office, or send its form as a browser does; keep the answer, give its text."""
        headers = {"Cookie": self.cookie} if self.cookie else {}
        if form is not None:
            signed = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.visit(path))
            form = {**form, "csrf_token": signed[1] if signed else ""}
            headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        before = len(self.answered)
        self.send("POST" if form else "GET", path, urlencode(form).encode() if form else b"", headers)
        answer = bytes(self.answered[before:]).decode()
        for cookie in re.findall(r"__Host-console=[^;']*", answer):
            self.cookie = cookie
        return answer

    def send(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> int:
        """Send a request; keep the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            self.answered += str(response.getheaders()).encode() + response.read() + b"\n"
            return response.status
        finally:
            connection.close()

    def raw(self, request: bytes) -> None:
        """Send bytes that may be no request at all; keep what comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as line, suppress(OSError):
            line.sendall(request)
            line.shutdown(socket.SHUT_WR)
            while chunk := line.recv(65536):
                self.answered += chunk

    def post(
        self, path: str, *, test: bool = False, signed: bool = True, headers: dict[str, str] | None = None, **more: str
    ) -> int:
        """Send a form as Twilio does, signed or not."""
        form = {"AccountSid": TEST_SID if test else REAL_SID, "To": "+815012345678", **more}
        text = PUBLIC + path + "".join(name + form[name] for name in sorted(form))
        token = TEST_TOKEN if test else TOKEN
        signature = base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()
        given = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        if signed:
            given["X-Twilio-Signature"] = signature
        return self.send("POST", path, urlencode(form).encode(), given)

    def command(self, *arguments: str, said: bytes = b"") -> bytes:
        """Run another command of the helpline, which reads what is said; give what it prints."""
        return subprocess.run(
            [sys.executable, "-m", "ivr.cli", *arguments],
            env=self.environ,
            cwd=REPOSITORY,
            check=True,
            capture_output=True,
            input=said,
        ).stdout

    def places(self) -> dict[str, bytes]:
        """Give everything that was written, said or answered, by where it stands; drafts may vanish while we look."""
        files = {}
        for path in sorted(self.data.rglob("*")):
            with suppress(FileNotFoundError, IsADirectoryError):
                name = path.relative_to(self.data).as_posix()
                files[name] = name.encode() + path.read_bytes()
        return {**files, "the log": bytes(self.said), "the answers": bytes(self.answered)}

    def stops(self) -> None:
        """End it, so that everything is written."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)


@pytest.fixture(params=["text", "json"])
def watched(
    request: pytest.FixtureRequest, tmp_path: Path, small_helpline: Callable[[Path], Path]
) -> Iterator[Watched]:
    """Run a helpline with web and background process, as with Twilio, in each form of log."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ours = ("IVR_", "TWILIO_", "LC_", "LANG")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
        "LC_ALL": "C.UTF-8",
        "IVR_ROOT": str(small_helpline(tmp_path / "root")),
        "IVR_DATA": str(tmp_path / "data"),
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
        "IVR_LOG_FORMAT": request.param,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "IVR_PUBLIC_URL": PUBLIC,
        "IVR_TEST_TOKEN": TEST_TOKEN,
        "IVR_METRICS_TOKEN": METRICS_TOKEN,
        "IVR_SPEECH_ENGINE": "tone",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "ivr.cli", "serve", "--work"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environ,
        cwd=REPOSITORY,
        start_new_session=True,
        preexec_fn=_end_with_us,  # noqa: PLW1509  (it makes one system call)
    )
    made = Watched(process, port, tmp_path / "data", environ)
    kept = threading.Thread(target=_keep, args=(process.stdout, made.said))
    kept.start()
    try:
        _wait(made)
        yield made
    finally:
        made.stops()
        kept.join()


def _end_with_us() -> None:
    """Let the kernel stop the service when these tests are killed before they can."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _keep(output: IO[bytes] | None, said: bytearray) -> None:
    assert output is not None
    with output:
        while chunk := output.read1(65536):
            said += chunk


def _wait(made: Watched) -> None:
    def answers() -> bool:
        assert made.process.poll() is None, bytes(made.said).decode()
        with suppress(OSError, http.client.HTTPException):
            return made.send("GET", "/healthz") == 200
        return False

    until(answers, lambda: bytes(made.said).decode())


@pytest.fixture
def look() -> object:
    """Give the search, so that it can be tried itself."""
    return found_in


@pytest.fixture
def spell() -> object:
    """Give the spellings, so that each can be tried."""
    return spellings
