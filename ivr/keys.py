"""The keys of a telephone: which a menu may offer, which mean the same everywhere, and what each is called aloud."""

from __future__ import annotations

from ivr.chosen import Chosen

OPTION_KEYS = ("1", "2", "3", "4", "5", "6", "9")
RESERVED_KEYS = {"7": "slow", "8": "languages"}
REPEAT, BACK, PERSON = "#", "*", "0"
COMMON_KEYS = {REPEAT: Chosen.REPEAT, BACK: Chosen.BACK, PERSON: Chosen.PERSON}
SPOKEN = {REPEAT: "シャープ", BACK: "コメジルシ", PERSON: "ゼロ"}
"""Names of the keys that are not simply read as digits."""
