"""Twilio's side of the wire: signatures of requests, and what a form says that the caller did.

Rules: Twilio's pages "Webhooks security" and "TwiML voice request parameters". A signature covers the public URL
exactly as Twilio requested it, and every form parameter, blank ones included.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from twilio.request_validator import RequestValidator

from ivr import number
from ivr.call import Dialled, Heard, Key, Silence
from ivr.settings import TEST_ACCOUNT_SID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.datastructures import MultiDict

_SID = re.compile(r"CA[0-9a-f]{32}")
_CODE = re.compile(r"[0-9]{5}")
CALL_STATUSES = frozenset(
    {"queued", "initiated", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"}
)
"""Words that Twilio's page "Call resource" knows."""
Signer = Literal["account", "test"]


@dataclass(frozen=True)
class Tokens:
    """The two tokens; one never opens the other's door. `test` is empty where test calls are refused."""

    account: str
    test: str


def signer(tokens: Tokens, url: str, form: MultiDict[str, str], signature: str) -> Signer | None:
    """Tell whose signature a request bears, or None: forged, altered, or signed for another address.

    The test account's requests are checked with the test token alone, and all others with the account's alone.
    """
    whose: Signer = "test" if is_test(form) else "account"
    token = tokens.test if whose == "test" else tokens.account
    if not token or not signature:
        return None
    return whose if RequestValidator(token).validate(url, form, signature) else None


def is_test(form: MultiDict[str, str]) -> bool:
    """Tell whether a request comes, or says that it comes, from the account of simulated calls."""
    return form.get("AccountSid") == TEST_ACCOUNT_SID


def requested_url(public_url: str, environ: Mapping[str, object]) -> str:
    """Rebuild the address that Twilio requested from the public URL and the raw path and query.

    Not from Flask's `request.url`, which is decoded, nor from X-Forwarded headers, which anyone can send.
    """
    raw = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "")
    decoded = str(environ.get("PATH_INFO", "")).encode("latin-1", "replace")  # WSGI hands bytes over as Latin-1
    path = raw.partition("?")[0] if raw.startswith("/") else quote(decoded, safe="/:@!$&'()*+,;=~")
    query = str(environ.get("QUERY_STRING", ""))
    return public_url + path + (f"?{query}" if query else "")


def heard_key(form: MultiDict[str, str]) -> Heard:
    """Read what a Gather collected; a result without a key is silence, whichever way Twilio sends it."""
    digits = form.get("Digits", "")
    return Key(digits) if digits else Silence()


def heard_dial(form: MultiDict[str, str]) -> Dialled:
    """Read how a Dial ended; when the caller has hung up meanwhile Twilio reports the call as completed."""
    talked = form.get("DialCallDuration", "")
    seconds = int(talked) if re.fullmatch(r"[0-9]{1,6}", talked) else 0
    return Dialled(form.get("DialCallStatus", ""), gone=form.get("CallStatus") == "completed", seconds=seconds)


def error_code(form: MultiDict[str, str]) -> str:
    """Give the five digits by which Twilio's error dictionary names what failed, or nothing."""
    code = form.get("ErrorCode", "")
    return code if _CODE.fullmatch(code) else ""


def call_sid(form: MultiDict[str, str]) -> str | None:
    """Give the call's id, or None where it cannot be one."""
    sid = form.get("CallSid", "")
    return sid if _SID.fullmatch(sid) else None


def caller(form: MultiDict[str, str]) -> str:
    """Give the caller's number in E.164, or nothing: withheld, in any of Twilio's spellings, or not a number."""
    return number.caller(form.get("From", ""))


def called(form: MultiDict[str, str]) -> str:
    """Give our own number, the one that was called, or nothing where the call did not come by a number."""
    ours = form.get("To", "").strip()
    return ours if number.is_number(ours) else ""
