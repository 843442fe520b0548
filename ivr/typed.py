"""What people type, read as they mean it: full-width digits, blanks, days and moments as Japan writes them.

Keyboards set to Japanese send `１１` for 11 and `　` for a blank, and nobody should have to notice. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

REIWA = 2018
"""The year before the first of the era."""
_DAY = re.compile(
    r"(?:(\d{4})|(?:令和|R)\s?(\d{1,2}|元))\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})(?!\d)\s?日?"
    r"(?:\s?\([月火水木金土日]\))?",
    re.IGNORECASE,
)
_BARE = re.compile(r"(\d{4})()(\d\d)(\d\d)")
_APART = re.compile(r"[\s\u002d\u2010-\u2015\u2212\u30fc]+")
"""Blanks, and whatever looks like a hyphen on the keyboards of Japan."""
_TIME = re.compile(r"[T\s]*(\d{1,2})\s?(?::|時)\s?(?:(\d{1,2})\s?分?)?(?![\d:])")


def text(given: str) -> str:
    """Read a line: full-width and narrow letters are the same (NFKC), blanks at its ends are none."""
    return unicodedata.normalize("NFKC", given).strip()


def name(given: str) -> str:
    """Read a name of somebody or something that is kept in small letters: `Ｈanako ` is `hanako`."""
    return text(given).casefold()


def code(given: str) -> str:
    """Read a code whose groups somebody set apart: `１２３ ４５６` and `123-456` are `123456`."""
    return _APART.sub("", text(given))


def day(given: str) -> date:
    """Read a day: `2026-11-24`, `2026/11/24`, `20261124`, `2026年11月24日(火)` or `令和8年11月24日`.

    Raises ValueError that says how to write one.
    """
    plain = text(given)
    found = _DAY.fullmatch(plain) or _BARE.fullmatch(plain)
    if found is None:
        raise ValueError(f"{given!r} is not a day such as 2026-11-24")
    return _date(found)


def moment(given: str) -> str:
    """Write a day, or one with an hour, as ISO 8601 does: `2026年11月24日(火) 18時30分` is `2026-11-24T18:30`.

    Whatever is none that people write is given back as it is, for whoever reads it to refuse.
    """
    plain = text(given)
    found = _DAY.match(plain)
    time = _TIME.match(plain, found.end()) if found else None
    if found is None or (time is None and found.end() < len(plain)):
        return plain
    try:
        written = _date(found).isoformat()
    except ValueError:
        return plain
    if time is None:
        return written
    return f"{written}T{int(time[1]):02}:{int(time[2] or 0):02}{plain[time.end() :]}"


def _date(found: re.Match[str]) -> date:
    year, of_era, month, day_ = found.groups()
    return date(int(year) if year else REIWA + (1 if of_era == "元" else int(of_era)), int(month), int(day_))
