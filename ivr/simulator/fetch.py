"""One exchange over HTTP, with a WSGI application in this process or with any server; no rule of Twilio's in here."""

from __future__ import annotations

import io
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError, ReadTimeoutError
from urllib3.util import Retry

from ivr.simulator.budget import BUDGET_SECONDS, CONNECT_SECONDS
from ivr.simulator.process import Trouble

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

READ_BYTES = 65536


@dataclass(frozen=True)
class Request:
    """A request as it goes out: the address without fragment and user name, and how many seconds it may take."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    connect: float = CONNECT_SECONDS
    read: float = BUDGET_SECONDS


@dataclass(frozen=True)
class Response:
    """An answer as it came in; `seconds` is the real time that it took, `late` what comes on top on a call's clock."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    seconds: float = 0.0
    late: float = 0.0

    def header(self, name: str) -> str:
        """Give the first header of this name, in any case, or nothing."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        """Give every header of this name."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


Fetch = Callable[[Request], Response]
"""Sends one request, follows nothing, keeps nothing; raises Trouble with Twilio's code if there is no answer."""


def wsgi(app: WSGIApplication) -> Fetch:
    """Make a fetch function that calls an application in this process, whatever the host in the address.

    An application that raises answers 500 with the traceback, as behind a server.
    """

    def fetch(request: Request) -> Response:
        began = time.perf_counter()
        try:
            status, headers, body = _serve(app, _environ(request))
        except Exception:  # noqa: BLE001  (a server survives whatever its application does)
            status, headers, body = 500, [("Content-Type", "text/plain")], traceback.format_exc().encode()
        return Response(status, tuple(headers), body, time.perf_counter() - began)

    return fetch


def _environ(request: Request) -> WSGIEnvironment:
    parts = urlsplit(request.url)
    raw = parts._replace(scheme="", netloc="").geturl() or "/"
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path or "/").decode("latin-1"),
        "QUERY_STRING": parts.query,
        "RAW_URI": raw,
        "REQUEST_URI": raw,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(request.body)),
        "HTTP_HOST": parts.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ


def _serve(app: WSGIApplication, environ: WSGIEnvironment) -> tuple[int, list[tuple[str, str]], bytes]:
    answer: list[tuple[int, list[tuple[str, str]]]] = []
    body = bytearray()

    def start(status: str, headers: list[tuple[str, str]], _exc_info: object = None, /) -> Callable[[bytes], object]:
        answer.append((int(status.split(maxsplit=1)[0]), headers))
        return body.extend

    begin: StartResponse = start
    pieces = app(environ, begin)
    try:
        for piece in pieces:
            body += piece
    finally:
        if hasattr(pieces, "close"):
            pieces.close()
    status, headers = answer[-1]
    return status, headers, bytes(body)


class Http:
    """A fetch function for any server: connections are kept, cookies, redirects and passwords are the caller's affair.

    Connecting may take `connect` seconds, a whole exchange `budget` seconds of the clock handed in, or less where the
    request says so.
    Close it when done.
    """

    def __init__(
        self,
        connect: float = CONNECT_SECONDS,
        budget: float = BUDGET_SECONDS,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Open a pool of connections that ignores proxies and passwords of the environment."""
        self._connect, self._budget = connect, budget
        self._clock = clock
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=Retry(0, read=False)))

    def __call__(self, request: Request) -> Response:
        """Send one request; raises Trouble 11100, 11205, 11206, 11210, 11220 or 11237."""
        began = self._clock()
        connect, budget = min(self._connect, request.connect), min(self._budget, request.read)
        try:
            prepared = self._session.prepare_request(
                requests.Request(request.method, request.url, dict(request.headers), data=request.body)
            )
            prepared.url = request.url  # what was signed goes out: requests would decode %7E on its own
            with self._session.send(prepared, stream=True, timeout=(connect, budget), allow_redirects=False) as answer:
                body = self._body(answer, began + budget)
        except (requests.RequestException, HTTPError) as error:
            raise _trouble(error, request) from error
        return Response(answer.status_code, tuple(answer.raw.headers.items()), body, self._clock() - began)

    def _body(self, answer: requests.Response, until: float) -> bytes:
        """Read what comes as it comes: a server that drips must not stretch the budget byte by byte."""
        body = bytearray()
        while piece := answer.raw.read1(READ_BYTES, decode_content=True):
            body += piece
            if self._clock() > until:
                raise requests.Timeout("the answer was not complete in time")
        return bytes(body)

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def __enter__(self) -> Self:
        """Use it in a `with` statement."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Close every connection."""
        self.close()


_UNREACHED = {
    NameResolutionError: (11210, "the host is not known"),
    NewConnectionError: (11205, "nobody answers there"),
}


def _trouble(error: Exception, request: Request) -> Trouble:
    reasons = {type(getattr(item, "reason", None)) for item in error.args}
    if isinstance(error, requests.exceptions.SSLError):
        return Trouble(11237 if "certificate" in str(error).lower() else 11220, f"TLS failed: {error}")
    if isinstance(error, requests.ConnectTimeout):
        return Trouble(11205, f"nobody answers there in time: {error}", request.connect, "ct")
    if isinstance(error, requests.Timeout | ReadTimeoutError):
        return Trouble(11205, f"no answer in time: {error}", request.read, "rt")
    if isinstance(error, requests.exceptions.InvalidURL | ValueError):
        return Trouble(11100, f"not an address: {error}")
    for reason, (code, words) in _UNREACHED.items():
        if reason in reasons:
            return Trouble(code, f"{words}: {error}", kind="ct")
    return Trouble(11206, f"not a proper HTTP answer: {error}")
