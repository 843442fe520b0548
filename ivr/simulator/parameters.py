"""The parameters that Twilio sends with every request that may answer TwiML (its page on voice requests).

Who calls is a number, a SIP address (page "SIP and TwiML Interaction") or a client of the account.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

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


LONGEST_IDENTITY = 256
LONGEST_ADDRESS = 255
CLIENT = "client:"
_CLIENT = re.compile(rf"client:[^\s\x00-\x1f]{{1,{LONGEST_IDENTITY}}}")
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_SIP = re.compile(
    rf"sips?:(?P<user>[A-Za-z0-9\-_.!~*'()&=+$,;/%]+)@(?P<host>{_HOST}|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{1,5}})?"
    r"(?:;[A-Za-z0-9\-_.!~*'()%=:+]+)*(?P<headers>\?[^\s?#]*)?"
)
"""RFC 3261, section 25.1, without a password; headers stand behind the question mark, as in <Sip>."""
SIP_SOURCE = "192.0.2.10"
"""Where simulated SIP calls come from: an address of the block for documentation."""


def is_client(text: str) -> bool:
    """Tell a client of the account: `client:` and its identity."""
    return bool(_CLIENT.fullmatch(text))


def is_sip(text: str) -> bool:
    """Tell a SIP address such as `sip:anna@example.jp`, with or without headers (`?X-Room=3`)."""
    return len(text) <= LONGEST_ADDRESS and bool(_SIP.fullmatch(text))


def is_on_network(text: str) -> bool:
    """Tell somebody on the telephone network: who calls by SIP or from an app is nowhere that Twilio could name."""
    return not text.startswith((CLIENT, "sip:", "sips:"))


def is_caller(text: str) -> bool:
    """Tell who can call: a number, a withheld one, a SIP address, a client."""
    return is_number(text) or text.lower() in WITHHELD or is_client(text) or is_sip(text)


def number_of(caller: str) -> str:
    """Give the number that a SIP address has for a user, or nothing: a telephone can show nothing else."""
    found = _SIP.fullmatch(caller)
    return found["user"] if found and is_number(found["user"]) else ""


def without_headers(address: str) -> str:
    """Give a SIP address as it stands in From and To."""
    return address.partition("?")[0]


def sip(caller: str, called: str, sid: str) -> dict[str, str]:
    """Give the parameters that only calls to a SIP domain have; headers that begin with X- travel on."""
    user = _SIP.fullmatch(caller)
    headers = parse_qsl((user["headers"] or "?")[1:], keep_blank_values=True) if user else []
    return {
        "SipDomain": called.rpartition("@")[2],
        "SipUsername": user["user"] if user else "",
        "SipCallId": f"{sid[2:].lower()}@{SIP_SOURCE}",
        "SipSourceIp": SIP_SOURCE,
        **{f"SipHeader_{name}": value for name, value in headers if name.lower().startswith("x-")},
    }


def standard(
    *, sid: str, account: str, caller: str, called: str, status: str, direction: str = "inbound"
) -> dict[str, str]:
    """Give the parameters of a call's request.

    What Twilio does not know is sent as an empty value, and is then part of the signature; the undocumented
    Caller and Called always repeat From and To. CallToken comes with inbound calls, is opaque and looks like JSON.
    """
    inbound = direction == "inbound"
    placed = [("From", caller), ("To", called), ("Caller", caller), ("Called", called)]
    places = {
        f"{side}{place}": _country(number) if place == "Country" else ""
        for side, number in (placed if is_on_network(caller) else ())
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
