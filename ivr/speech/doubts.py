"""What a person has to decide before a voice may say it: signs, words and numbers that no rule reads, and 方.

A dictionary reads most of them somehow, also wrongly. So only what a rule reads passes; all else is a finding that asks
for words, or for a reading as {漢字|よみ}.
"""

from __future__ import annotations

import re
import unicodedata

from ivr.speech import numbers

_KANJI = r"\u3400-\u9fff々"
INITIALS = (
    "AI",
    "ATM",
    "CD",
    "DVD",
    "GPS",
    "IC",
    "ID",
    "JPKI",
    "NFC",
    "NHK",
    "OS",
    "PC",
    "PDF",
    "QR",
    "SMS",
    "URL",
    "USB",
)
"""Said letter by letter; of other words in Latin letters nobody can tell (LINE, PIN)."""
_LATIN = re.compile(r"[A-Za-z]+")
_USUAL = re.compile(r"[\uff01-\uff5e\uffe5\u3000\uf900-\ufaff\U0002f800-\U0002fa1f]")
"""Full-width marks, and kanji that Unicode has twice."""
_PAUSE = re.compile("[、。]")
_NAMED = (
    "方[法向針面式角言位策便眼円程]|[地夕双両一他片四八処親味貴彼行先当遠後前下側平立快漢奥裏大仕見]方|[長正多]方形"
    "|あなた方|(?<=[ぁ-ん])方々|(?:[使扱言払買]い|[きぎしじちにびみりえけげせぜてでねべめれ])方"
)
"""Words in which 方 is read in one way; after the stem of a verb (書き方, 確かめ方) it is always かた."""


def either(text: str) -> list[str]:
    """List each place at which 方 may be かた or ほう, with the characters around it."""
    return [
        _PAUSE.split(text[max(0, at.start() - 3) : at.start()])[-1]
        + "方"
        + _PAUSE.split(text[at.end() : at.end() + 2])[0]
        for at in re.finditer("方", text)
        if not any(named.start() <= at.start() < named.end() for named in re.finditer(_NAMED, text))
    ]


def disguised(written: str) -> dict[str, str]:
    """Map characters that stand for others to these: ① Ⅱ ㎝ ㈱ ℃ …, half-width kana; full-width letters are usual."""
    return {mark: unicodedata.normalize("NFKC", mark) for mark in written if _stands_for_others(mark)}


def unread(text: str) -> list[str]:
    """List the words in Latin letters and the numbers of a normalised text that no rule reads."""
    words = [word for word in _LATIN.findall(text) if word not in INITIALS and not (len(word) == 1 and word.isupper())]
    return list(dict.fromkeys((*words, *numbers.unread(text))))


def _stands_for_others(mark: str) -> bool:
    if _USUAL.match(mark):
        return False
    return unicodedata.normalize("NFKC", mark) != mark or unicodedata.combining(mark) > 0
