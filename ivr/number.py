"""What a caller's number is: one notion for the way in, as Twilio sends it, and the way out, as a person types it.

Whatever is accepted on the way in is found on the way out, also a number that nobody could dial: what a network sends
as the caller's number need not be one. So nothing here asks whether a number is in use.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHHELD = frozenset({"+266696687", "+86282452253", "+8656696", "+2562533", "+7378742833"})
"""What Twilio sends instead of a number that is withheld: words, typed on the keys of a telephone."""
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SCHEME = re.compile(r"\s*(sip|sips|client|whatsapp|messenger|tel)\s*:", re.IGNORECASE)
_NOUGHT = "(0)"
"""As in +81 (0)3: dialled within the country and left out from abroad."""
_JAPAN = "81"
_DIALLED_ABROAD = ("00", "010")
"""What is dialled before the number of a country, in most of the world and in Japan."""
_MARKS = frozenset("()[].,/・ー〜~−")


class NoNumberError(ValueError):
    """What was typed is no telephone number; says so in both languages, without repeating it."""

    def __init__(self, text: str, text_ja: str) -> None:
        """Keep the words."""
        super().__init__(text)
        self.text_ja = text_ja


def is_number(text: str) -> bool:
    """Tell whether a text has the form of E.164."""
    return _E164.fullmatch(text) is not None


def caller(sent: str) -> str:
    """Give the number (E.164) that a call came from, or nothing: withheld, in any of Twilio's spellings, or no number.

    A caller by SIP (`sip:anna@example.jp`) or from an app (`client:anna`) has none: nothing is kept of who it was.
    """
    number = sent.strip()
    return number if is_number(number) and number not in WITHHELD else ""


def typed(text: str) -> tuple[str, ...]:
    """Give every number (E.164) that a person may mean: national or international, with blanks, marks, wide digits.

    More than one where a number can be read in two ways, as 00… can. Raises NoNumberError.
    """
    scheme = _SCHEME.match(text)
    if (scheme and scheme[1].lower() != "tel") or "@" in unicodedata.normalize("NFKC", text):
        raise NoNumberError(
            "that is no telephone number: of callers by SIP or from an app nothing is kept that tells who called, so "
            "nothing can be found by it; their calls stand in `ivr records list`, as calls without a number",
            "電話番号ではありません。SIP やアプリからの電話は、だれからかを残していないので、探すことも消すことも"
            "できません。その電話は、番号のない電話として `ivr records list` に出ます",
        )
    plain = _plain(text[scheme.end() :] if scheme else text)
    found = tuple(dict.fromkeys(filter(caller, _readings(plain))))
    if not found:
        if any(number in WITHHELD for number in _readings(plain)):
            raise NoNumberError(
                "that number stands for a withheld one: nothing is kept that tells who called",
                "その番号は「非通知」を表します。だれからの電話かは残していません",
            )
        raise NoNumberError(
            "that is no telephone number; write 03-1234-5678 or +81312345678",
            "電話番号ではありません。03-1234-5678 や +81312345678 のように入れてください",
        )
    return found


def _plain(text: str) -> str:
    """Leave digits, a plus at the beginning, and `(0)`; of anything else that is no mark nothing is left at all."""
    kept = []
    for character in unicodedata.normalize("NFKC", text):
        if unicodedata.decimal(character, None) is not None:
            kept.append(str(unicodedata.decimal(character)))
        elif character in "+()":
            kept.append(character)
        elif not (character.isspace() or character in _MARKS or unicodedata.category(character) in {"Pd", "Cf"}):
            return ""
    noughts = "".join(kept).replace(_NOUGHT, "n")
    return noughts.replace("(", "").replace(")", "").replace("n", _NOUGHT)


def _readings(plain: str) -> Iterator[str]:
    """Read a number in every way in which it can be meant."""
    for written in dict.fromkeys((plain.replace(_NOUGHT, ""), plain.replace(_NOUGHT, "0"))):
        digits = written.removeprefix("+")
        if not digits.isascii() or not digits.isdecimal():
            continue
        yield f"+{digits}"
        if digits.startswith(f"{_JAPAN}0"):
            yield f"+{_JAPAN}{digits.removeprefix(f'{_JAPAN}0')}"
        if written.startswith("+"):
            continue
        for prefix in _DIALLED_ABROAD:
            if digits.startswith(prefix):
                yield from _readings(f"+{digits.removeprefix(prefix)}")
        if digits.startswith("0"):
            yield f"+{_JAPAN}{digits.removeprefix('0')}"
