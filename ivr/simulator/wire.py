"""Twilio's web client for one call: signs, keeps cookies, follows redirects, and gives up as Twilio does."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit

from ivr.simulator.budget import Budget
from ivr.simulator.cookies import Cookies
from ivr.simulator.events import Requested
from ivr.simulator.fetch import Request, Response
from ivr.simulator.process import Target, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ivr.simulator.fetch import Fetch
    from ivr.simulator.signature import Signer

    _Params = Mapping[str, str]
    _Send = Callable[[str, str, _Params], Response]

REDIRECTS = 10
_KEEPING_THE_METHOD = (307, 308)
_LOOSE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_HEADERS = {"User-Agent": "TwilioProxy/1.1", "Accept": "*/*"}


@dataclass(frozen=True)
class Answer:
    """What an address answered in the end, and the address itself: the base of relative ones in it."""

    url: str
    response: Response

    @property
    def content_type(self) -> str:
        """Give the media type in small letters, without parameters; empty if there is none."""
        return self.response.header("Content-Type").partition(";")[0].strip().lower()


@dataclass
class Wire:
    """The exchanges of one call.

    `clock` gives the present second of the call, `note` is told every exchange. `spent` is how many virtual seconds
    the exchanges took since it was last set to 0: `latency` each, or where that is None, as long as they really took.
    """

    fetch: Fetch
    sign: Signer
    latency: float | None
    clock: Callable[[], float]
    note: Callable[[Requested], None]
    idempotency: Callable[[], str]
    get_order: str = "signed"
    spent: float = 0.0

    def __post_init__(self) -> None:
        """Begin without cookies."""
        self._cookies = Cookies()
        self._budget = Budget()

    def ask(self, target: Target, standard: _Params) -> Answer:
        """Request a document with the call's parameters; raises Trouble for every answer that is not one.

        A redirect is followed with the standard parameters alone: Twilio's page on <Gather> says that Digits are not
        sent again. 307 and 308 keep the method, any other redirect becomes a GET.
        """
        return self._follow(target.method, target.url, {**standard, **target.params}, standard, self._signed)

    def get(self, url: str) -> Answer:
        """Fetch a sound: without the call's parameters (Twilio's page on <Play>), and without virtual time."""
        spent = self.spent
        try:
            return self._follow("GET", url, {}, {}, self._exchange)
        finally:
            self.spent = spent

    def _follow(self, method: str, url: str, params: _Params, standard: _Params, send: _Send) -> Answer:
        for _ in range(REDIRECTS + 1):
            self._budget = Budget.of(url)
            url = requestable(url)
            response = send(method, url, params)
            if not _is_redirect(response):
                return Answer(url, _good(url, response))
            method = method if response.status in _KEEPING_THE_METHOD else "GET"
            url, params = absolute(url, response.header("Location")), standard
        raise Trouble(11215, f"more than {REDIRECTS} redirects, the last one to {url}")

    def _signed(self, method: str, url: str, params: _Params) -> Response:
        headers, body, form = {**_HEADERS, "I-Twilio-Idempotency-Token": self.idempotency()}, b"", params
        sent = url
        if method == "GET":
            url, form = f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(params)}", {}
            sent = _reordered(url) if self.get_order == "other" else url
        else:
            body = urlencode(params).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        signature = self.sign(url, form)
        if signature is not None:
            headers["X-Twilio-Signature"] = signature
        return self._exchange(method, sent, params, headers, body)

    def _exchange(
        self, method: str, url: str, params: _Params, headers: Mapping[str, str] = _HEADERS, body: bytes = b""
    ) -> Response:
        """Send, and send again with the user name of the address only when asked for it."""
        user, bare = _split_user(url)
        response = self._timed(Request(method, bare, {**headers, **self._cookie(bare)}, body), params)
        if response.status == 401 and user:  # noqa: PLR2004  (Unauthorized)
            basic = {"Authorization": f"Basic {base64.b64encode(user.encode()).decode()}"}
            response = self._timed(Request(method, bare, {**headers, **self._cookie(bare), **basic}, body), params)
        return response

    def _timed(self, request: Request, params: _Params) -> Response:
        """Send, and again as often as the address wants it: the same request, with the same idempotency token."""
        began, budget = self.spent, self._budget
        for attempt in range(budget.retries + 1):
            try:
                response = self._once(request, params, budget.total - (self.spent - began))
            except Trouble as trouble:
                if not budget.tries_again(trouble.kind, attempt, self.spent - began):
                    raise
            else:
                if not budget.tries_again(f"{response.status // 100}xx", attempt, self.spent - began):
                    break
        return response

    def _once(self, request: Request, params: _Params, left: float) -> Response:
        limit = min(self._budget.read, left)
        request = replace(request, connect=self._budget.connect, read=limit)
        began = self.clock() + self.spent
        try:
            response = self.fetch(request)
        except Trouble as trouble:
            self.spent += min(max(trouble.seconds, self.latency or 0.0), limit)
            self.note(Requested(began, request.method, request.url, 0, 0.0, params))
            raise
        ms = round(response.seconds * 1000, 1)
        self.note(Requested(began, request.method, request.url, response.status, ms, params, response.body))
        seconds = response.late + (response.seconds if self.latency is None else self.latency)
        self.spent += min(seconds, limit)
        if max(seconds, response.seconds) > limit:
            raise Trouble(11205, f"{request.url} took longer than {limit:g} s", kind="rt")
        self._cookies.keep(request.url, response, self.clock())
        return response

    def _cookie(self, url: str) -> Mapping[str, str]:
        value = self._cookies.header(url, self.clock())
        return {"Cookie": value} if value else {}


def absolute(base: str, reference: str) -> str:
    """Resolve an address against the document that it stands in (RFC 3986); what cannot be one is left alone."""
    try:
        return urljoin(base, reference.strip())
    except ValueError:
        return reference


def requestable(url: str) -> str:
    """Write an address as it goes out, so that what is signed is what is sent; raises Trouble 11100 if none can.

    What may not stand in an address is escaped, escapes get capital letters, the fragment goes.
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.encode("idna").decode()
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise Trouble(11100, f"not an address that can be requested: {url!r}")
    path, query = _escaped(parts.path) or "/", _escaped(parts.query)
    return parts._replace(netloc=host, path=path, query=query, fragment="").geturl()


def _reordered(url: str) -> str:
    """Turn the order of the parameters round: two reports say that Twilio sends a GET in another than it signs."""
    parts = urlsplit(url)
    return parts._replace(query="&".join(reversed(parts.query.split("&")))).geturl()


def _escaped(part: str) -> str:
    quoted = quote(_LOOSE_PERCENT.sub("%25", part), safe="/:@!$&'()*+,;=?%~")
    return _ESCAPE.sub(lambda found: found[0].upper(), quoted)


def _split_user(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    return unquote(user), parts._replace(netloc=host).geturl()


def _is_redirect(response: Response) -> bool:
    return response.status in (301, 302, 303, *_KEEPING_THE_METHOD) and bool(response.header("Location"))


def _good(url: str, response: Response) -> Response:
    if not 200 <= response.status < 300:  # noqa: PLR2004  (success)
        raise Trouble(11200, f"{url} answered {response.status}")
    return response
