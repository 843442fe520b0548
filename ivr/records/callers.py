"""A caller's number as records keep it: a keyed hash and the last two digits. The number itself is never kept.

Keys come from the settings, or stand in a file of the data folder, one a line. The first one is used; the others only
find again what was recorded while they were.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from ivr.findings import Finding, FindingsError
from ivr.number import is_number
from ivr.settings import SHORTEST_KEY, kept_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

KEY_FILE = "caller-key"
"""Of the data folder; holds the keys where the settings have none."""


def mask_caller(number: str, key: bytes) -> tuple[str, str]:
    """Give a caller's number as keyed hash (32 hexadecimal digits) and its last two digits.

    `number` is E.164; anything else, as for a withheld number, gives two empty strings.
    """
    if not is_number(number):
        return "", ""
    return hmac.digest(key, number.encode(), hashlib.sha256).hex()[:32], number[-2:]


def hashes(numbers: Iterable[str], keys: Sequence[bytes]) -> tuple[str, ...]:
    """Give every hash under which one of the numbers (E.164) may have been recorded; none for what is no number."""
    return tuple(digest for number in numbers for key in keys if (digest := mask_caller(number, key)[0]))


def caller_keys(data: Path, given: Sequence[str] = ()) -> tuple[bytes, ...]:
    """Give the keys of the settings, else those of the data folder, made with mode 0600 on first use.

    Raises FindingsError for a file that holds no key: with a short one a hash could be turned back into a number.
    """
    if given:
        return tuple(key.encode() for key in given)
    path = data / KEY_FILE
    keys = kept_token(path).split()
    if not keys or any(len(key) < SHORTEST_KEY for key in keys):
        raise FindingsError([_no_key(str(path))])
    return tuple(key.encode() for key in keys)


def rotate(data: Path) -> int:
    """Put a new key before those of the data folder, in one step; gives how many there are now.

    Processes that answer calls use it from their next start on. Raises FindingsError as `caller_keys`, and OSError.
    """
    keys = [key.decode() for key in caller_keys(data)]
    path = data / KEY_FILE
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    try:
        draft.write_text("\n".join([secrets.token_hex(16), *keys]) + "\n")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return len(keys) + 1


def _no_key(path: str) -> Finding:
    return Finding(
        path,
        0,
        "error",
        f"holds no key ({SHORTEST_KEY} characters or more): put it back from a backup, or delete it to have a new "
        "one made (earlier callers are then no longer recognised)",
        f"鍵({SHORTEST_KEY}文字以上)がありません。バックアップから戻すか、消して作り直してください"
        "(以前の発信者とは別人として扱われます)",
    )
