"""X-Twilio-Signature, written from Twilio's page "Webhooks security" alone, and ways to get it wrong on purpose."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import urlsplit

Signer = Callable[[str, Mapping[str, str]], str | None]
"""Turns the address and the form of a request into its signature; None sends the request without one."""


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """Sign a request: HMAC-SHA1 over the address and every form parameter, sorted by name, in base64.

    A GET has no form: its parameters stand in the address already. Values are the decoded ones, blank ones included.
    """
    text = signed_url(url) + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()


def signed_url(url: str) -> str:
    """Give the address as Twilio signs it: no fragment, no user name; a port only over http."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https" and parts.port is not None:
        host = host.removesuffix(f":{parts.port}")
    return parts._replace(netloc=host, fragment="").geturl()


def signer(token: str) -> Signer:
    """Sign as the account does whose auth token this is."""
    return partial(signature, token)


def unsigned(_url: str, _form: Mapping[str, str]) -> None:
    """Send no signature."""


def tampered(token: str) -> Signer:
    """Sign another call's form: what a man in the middle who changes a parameter sends."""
    return lambda url, form: signature(token, url, {**form, "CallSid": "CA" + "0" * 32})


def leaving_out(token: str, *names: str) -> Signer:
    """Sign a form without some parameters: a report from the field says so of CallToken and StirVerstat."""
    return lambda url, form: signature(token, url, {name: form[name] for name in form if name not in names})


def stale(token: str) -> Signer:
    """Sign the same address under the other scheme: what a service behind a TLS-ending proxy often checks."""

    def sign(url: str, form: Mapping[str, str]) -> str:
        scheme, _, rest = url.partition("://")
        return signature(token, f"{'http' if scheme == 'https' else 'https'}://{rest}", form)

    return sign
