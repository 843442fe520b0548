"""How long a webhook may take and how often it is tried: Twilio's page "Webhooks connection overrides".

An address may end in a fragment such as `#rc=2&rp=5xx,ct&rt=3000`; it is neither sent nor signed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

CONNECT_SECONDS = 5.0
BUDGET_SECONDS = 15.0
"""Twilio's hard limit for one request with all its tries, on its page about availability and reliability."""
POLICIES = frozenset({"4xx", "5xx", "ct", "rt"})
_MOST_RETRIES = 5
_LEAST_MS = 100


@dataclass(frozen=True)
class Budget:
    """Seconds to connect, for one try and for all of them; `retries` follow what `policies` name.

    `4xx` and `5xx` are answers, `ct` is a server that cannot be reached, `rt` one that takes too long.
    """

    connect: float = CONNECT_SECONDS
    read: float = BUDGET_SECONDS
    total: float = BUDGET_SECONDS
    retries: int = 1
    policies: frozenset[str] = frozenset({"ct"})

    @classmethod
    def of(cls, url: str) -> Budget:
        """Read the fragment of an address; what Twilio does not know there is left at its default."""
        try:
            given = dict(parse_qsl(urlsplit(url).fragment))
        except ValueError:
            return cls()
        policies = frozenset(given.get("rp", "").split(","))
        if policies == {"all"}:
            policies = POLICIES
        return cls(
            _seconds(given.get("ct", ""), 10000, CONNECT_SECONDS),
            _seconds(given.get("rt", ""), 15000, BUDGET_SECONDS),
            _seconds(given.get("tt", ""), 15000, BUDGET_SECONDS),
            _whole(given.get("rc", ""), 0, _MOST_RETRIES, 1),
            policies if policies <= POLICIES else cls.policies,
        )

    def tries_again(self, failure: str, attempt: int, spent: float) -> bool:
        """Tell whether another try follows, the first being attempt 0, `spent` seconds after the first began."""
        return failure in self.policies and attempt < self.retries and spent < self.total


def _seconds(text: str, most_ms: int, default: float) -> float:
    return _whole(text, _LEAST_MS, most_ms, round(default * 1000)) / 1000


def _whole(text: str, least: int, most: int, default: int) -> int:
    return int(text) if re.fullmatch(r"\d{1,5}", text, re.ASCII) and least <= int(text) <= most else default
