"""What a person has to decide before a voice may say it: signs, numbers and words that no rule reads for sure.

A dictionary reads most of them somehow, also wrongly. So only what a rule reads passes; all else is a finding that asks
for words, or for a reading as {漢字|よみ}.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr.speech import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@dataclass(frozen=True)
class Twofold:
    """A word that is read in two ways: how, where it begins, and what around it leaves only one of them.

    `told` matches from before the word to behind it; there the dictionary reads it rightly, or a rule does.
    """

    word: str
    readings: tuple[str, str]
    at: str
    told: str

    def undecided(self, text: str) -> Iterator[Undecided]:
        """Give each place of a text at which nothing tells how the word is read."""
        for match in re.finditer(self.at, text):
            if not any(told.start() <= match.start() < told.end() for told in re.finditer(self.told, text)):
                before = _PAUSE.split(text[max(0, match.start() - 3) : match.start()])[-1]
                behind = _PAUSE.split(text[match.end() : match.end() + 2])[0]
                yield Undecided(self.word, self.readings, f"{before}{match.group()}{behind}")


@dataclass(frozen=True)
class Undecided:
    """A word with two readings, and the words around it."""

    word: str
    readings: tuple[str, str]
    around: str


_NUMERAL = f"[{numbers.NUMERALS}0-9]"
_TWOFOLD = (
    Twofold(
        "方",
        ("かた", "ほう"),
        "方",
        "方[法向針面式角言位策便眼円程]|[地夕双両一他片四八処親味貴彼行先当遠後前下側平立快漢奥裏大仕見]方|[長正多]方形"
        "|あなた方|(?<=[ぁ-ん])方々|(?:[使扱言払買]い|[きぎしじちにびみりえけげせぜてでねべめれ])方",
    ),
    Twofold("開", ("あ", "ひら"), f"(?<![{_KANJI}])開(?=[いかきくこ])", "を開"),
    Twofold("空", ("あ", "す"), f"(?<![{_KANJI}])空(?=[いかきくこ])", "空き(?:地|家|箱|びん)"),
    Twofold("行", ("い", "おこな"), f"(?<![{_KANJI}])行(?=っ)", "(?:[にへをて]|んで)行っ|行って(?:い[まるなた]|おり)"),
    Twofold("十分", ("じゅうぶん", "じゅっぷん"), f"(?<!{_NUMERAL})(?<!時)十分", "十分(?:[にな前後以過間]|ほど|おき)"),
    Twofold(
        "一日",
        ("いちにち", "ついたち"),
        f"(?<!{_NUMERAL})(?<!月)一日",
        "一日(?:[中間目以当おずあも分]|かか|で(?!す)|に(?:[一二三四五1-9]|つき))",
    ),
    Twofold("表", ("おもて", "ひょう"), f"(?<![{_KANJI}])表(?![{_KANJI}さしすせわ])", "表[とや・、]裏|裏[とや・、]表"),
    Twofold("何で", ("なにで", "なんで"), "何で", "何で(?:[もす]|しょ)"),
    Twofold("一行", ("いちぎょう", "いっこう"), f"(?<!{_NUMERAL})一行", "一行[目分]"),
)
"""方 after the stem of a verb (書き方, 確かめ方) is always かた; 行 is おこな after を, and before っている."""


def either(text: str) -> list[Undecided]:
    """List the words of a text that can be read in two ways, where nothing around them tells in which."""
    return [place for twofold in _TWOFOLD for place in twofold.undecided(text)]


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
