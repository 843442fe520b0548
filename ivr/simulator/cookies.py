"""Cookies of one call, kept like a browser does (Twilio's page on TwiML), with the virtual clock."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.cookies import CookieError, Morsel, SimpleCookie
from math import inf
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from ivr.simulator.fetch import Response


@dataclass(frozen=True)
class _Cookie:
    value: str
    host_only: bool
    secure: bool
    expires: float


class Cookies:
    """What services asked to be sent again, by domain, path and name."""

    def __init__(self) -> None:
        """Begin with none, as every call does."""
        self._kept: dict[tuple[str, str, str], _Cookie] = {}

    def keep(self, url: str, response: Response, now: float) -> None:
        """Take the Set-Cookie headers of an answer that came at a second of the clock; unreadable ones are ignored."""
        for header in response.all("Set-Cookie"):
            try:
                morsels = SimpleCookie(header).values()
            except CookieError:
                continue
            for morsel in morsels:
                self._put(url, morsel, now + _lifetime(morsel, response))

    def header(self, url: str, now: float) -> str:
        """Give the Cookie header for an address at a second of the clock, the longest path first."""
        parts = urlsplit(url)
        fitting = [
            (path, name, cookie.value)
            for (domain, path, name), cookie in self._kept.items()
            if cookie.expires > now
            and (parts.scheme == "https" or not cookie.secure)
            and _is_host(parts.hostname or "", domain, exactly=cookie.host_only)
            and _is_below(parts.path or "/", path)
        ]
        fitting.sort(key=lambda item: -len(item[0]))
        return "; ".join(f"{name}={value}" for _, name, value in fitting)

    def _put(self, url: str, morsel: Morsel[str], expires: float) -> None:
        host, own = urlsplit(url).hostname or "", morsel["domain"].lstrip(".").lower()
        if own and not _is_host(host, own, exactly=False):
            return
        path = morsel["path"] if morsel["path"].startswith("/") else _folder(url)
        cookie = _Cookie(morsel.coded_value, not own, bool(morsel["secure"]), expires)
        self._kept[own or host, path, morsel.key] = cookie


def _lifetime(morsel: Morsel[str], response: Response) -> float:
    """Give the seconds that a cookie lives: an expiry is counted from the answer's own Date, whose clock set it."""
    if morsel["max-age"]:
        return float(morsel["max-age"]) if morsel["max-age"].lstrip("-").isdigit() else inf
    try:
        until = parsedate_to_datetime(morsel["expires"])
        return (until - parsedate_to_datetime(response.header("Date"))).total_seconds()
    except (ValueError, TypeError):
        return inf


def _is_host(host: str, domain: str, *, exactly: bool) -> bool:
    return host == domain or (not exactly and host.endswith(f".{domain}"))


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _folder(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[0] or "/"
