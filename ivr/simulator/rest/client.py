"""HTTP clients for the `twilio` library: the API in this process, or one that `ivr simulator serve` runs.

twilio.rest.Client(account, token, http_client=LocalTwilio(rest))
twilio.rest.Client(account, token, http_client=RemoteTwilio("http://127.0.0.1:8100"))
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import requests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr.simulator.rest.api import Rest

    Params = Mapping[str, Any] | None
    User = tuple[str, str] | None


@dataclass(frozen=True)
class Reply:
    """An answer as the library reads it."""

    status_code: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """Give the body as bytes."""
        return self.text.encode()

    @property
    def ok(self) -> bool:
        """Tell success."""
        return self.status_code < 400  # noqa: PLR2004  (errors begin there)


class LocalTwilio:
    """Hands every request to an API in this process."""

    def __init__(self, rest: Rest) -> None:
        """Take the API."""
        self._rest = rest

    def request(  # noqa: PLR0913, PLR0917  (the library's own signature)
        self,
        method: str,
        uri: str,
        params: Params = None,
        data: Params = None,
        headers: Mapping[str, str] | None = None,
        auth: User = None,
        timeout: float | None = None,
        allow_redirects: bool = False,  # noqa: FBT001, FBT002  (the library's own signature)
    ) -> Reply:
        """Answer as Twilio would; time does not pass."""
        del headers, timeout, allow_redirects
        parts = urlsplit(uri)
        values = parse_qs(parts.query, keep_blank_values=True)
        for given in (params, data):
            values |= {name: _listed(value) for name, value in (given or {}).items() if value is not None}
        status, body = self._rest.handle(method, parts.path, values, auth)
        return Reply(status, "" if body is None else json.dumps(body), {"Content-Type": "application/json"})


class RemoteTwilio:
    """Sends every request to another address than Twilio's, with path and everything else as they are."""

    def __init__(self, base: str) -> None:
        """Take the address, such as http://127.0.0.1:8100."""
        self._base = base.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False

    def request(  # noqa: PLR0913, PLR0917  (the library's own signature)
        self,
        method: str,
        uri: str,
        params: Params = None,
        data: Params = None,
        headers: Mapping[str, str] | None = None,
        auth: User = None,
        timeout: float | None = None,
        allow_redirects: bool = False,  # noqa: FBT001, FBT002  (the library's own signature)
    ) -> Reply:
        """Send it there."""
        parts = urlsplit(uri)
        url = self._base + parts.path + (f"?{parts.query}" if parts.query else "")
        answer = self._session.request(
            method,
            url,
            params=params,
            data=data,
            headers=headers,
            auth=auth,
            timeout=timeout or 30,
            allow_redirects=allow_redirects,
        )
        return Reply(answer.status_code, answer.text, dict(answer.headers))


def _listed(value: object) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in values]
