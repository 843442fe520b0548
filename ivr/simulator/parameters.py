"""The parameters that Twilio sends with every request that may answer TwiML (its page on voice requests)."""

from __future__ import annotations

import re

_PLACES = ("City", "State", "Zip", "Country")
_COUNTRIES = {"+81": "JP", "+1": "US", "+44": "GB", "+49": "DE"}
_E164 = re.compile(r"\+[1-9]\d{6,14}")

WITHHELD = frozenset(
    {
        "anonymous",
        "restricted",
        "unknown",
        "unavailable",
        "private",
        "blocked",
        "+266696687",
        "+86282452253",
        "+8656696",
        "+2562533",
        "+7378742833",
        "266696687",
        "86282452253",
        "8656696",
        "2562533",
        "7378742833",
    }
)
"""What stands in From, in any case of letters, when the caller withholds the number; digits spell it on a keypad."""


def is_number(text: str) -> bool:
    """Tell a telephone number in E.164 that is not one of the spellings of a withheld one."""
    return bool(_E164.fullmatch(text)) and text not in WITHHELD


def standard(
    *, sid: str, account: str, caller: str, called: str, status: str, direction: str = "inbound"
) -> dict[str, str]:
    """Give the parameters of a call's request.

    What Twilio does not know is sent as an empty value, and is then part of the signature; the undocumented
    Caller and Called always repeat From and To. CallToken comes with inbound calls, is opaque and looks like JSON.
    """
    inbound = direction == "inbound"
    places = {
        f"{side}{place}": _country(number) if place == "Country" else ""
        for side, number in (("From", caller), ("To", called), ("Caller", caller), ("Called", called))
        for place in _PLACES
    }
    return {
        "CallSid": sid,
        "AccountSid": account,
        "From": caller,
        "To": called,
        "Caller": caller,
        "Called": called,
        "CallStatus": status,
        "ApiVersion": "2010-04-01",
        "Direction": direction,
        **({"CallToken": f'{{"parentCallInfoToken":"{sid[::-1]}","identityHeaderTokens":[]}}'} if inbound else {}),
        **places,
    }


def _country(number: str) -> str:
    if not is_number(number):
        return ""
    return next((country for prefix, country in _COUNTRIES.items() if number.startswith(prefix)), "")
