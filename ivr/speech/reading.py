"""One normaliser before every engine: written spoken-Japanese in, text that no engine misreads or drops out.

Pure text rules, no dictionary, so that each voice (also Twilio's `<Say>`) gets the same words. What no rule knows how
to speak is reported as lost instead of being dropped in silence. Normalising twice changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ivr.facts import digit_words
from ivr.findings import Finding
from ivr.speech import doubts, morae, numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr.speech.doubts import Undecided
    from ivr.speech.lexicon import Lexicon

_KANJI = r"\u3400-\u9fff々"
_TELEPHONE = r"(?<![\d-])(?<!\d、)(0\d{1,4})([-、])(\d{1,4})\2(\d{3,4})(?![\d-])"
_RANGE = rf"(?<=[0-9{numbers.NUMERALS}時分半秒日月年週回点枚人歳階円桁間火水木金土曜])\s*[~〜]\s*"
_DASH = "[-—―ー]"
"""Also what keyboards put there for a hyphen: two dashes, and the mark that makes kana long."""
_HYPHEN_RANGE = (
    rf"(?<=[時分半日月年円歳回点枚人階曜火水木金土])\s*{_DASH}\s*(?=[0-9{numbers.NUMERALS}午正翌月火水木金土日])"
)
_COUNTED_RANGE = (
    rf"(?<=[0-9{numbers.NUMERALS}])({numbers.COUNTER}間?)\s*(?:[~〜]|{_DASH})\s*(?=[0-9{numbers.NUMERALS}翌])"
)
_DAYS = "月火水木金土日"
_COUNT = rf"[0-9{numbers.NUMERALS}]"
_BETTER = r"方が(?=よ[いくかけろ]|良|いい|早|安|便利|確実)"
_HYPHENS = dict.fromkeys(map(ord, "‐‑‒–−﹣"), "-")
_SPOKEN = re.compile(
    rf"[\u3400-\u9fff〆ぁ-ゔァ-ヴー0-9A-Za-z、。\uff1f\uff01 ]|(?<=[{_KANJI}])々"
    rf"|(?<=[{_KANJI}0-9])[ヵヶゕゖ](?=[{_KANJI}])|(?<=\d)\.(?=\d)"
)


def _telephone(match: re.Match[str]) -> str:
    return "、".join(digit_words(part) for part in match.group(1, 3, 4))


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match.group(1)), int(match.group(2))
    return f"{hour}時{minute}分" if minute else f"{hour}時"


# The order matters: numbers while their marks still stand, then words, then marks, then punctuation.
_WRITTEN: tuple[numbers.Rule, ...] = (
    (r"[「」『』\"“”]", ""),  # a front end makes a pause of each of them, also before a particle
    (r"\s+", " "),
    (r"(?<![0-9A-Za-z]) | (?![0-9A-Za-z])", ""),
    (r"(?<=\d),(?=\d{3})", ""),
    (r"[()\[\]【】・,;]", "、"),
    (_TELEPHONE, _telephone),
    (r"¥\s*(\d+)", r"\1円"),
    (r"(?<![\d:])([01]?\d|2[0-4]):([0-5]\d)(?![\d:])", _clock),
    (r"(?<!\d)0(?=\d[時月日])", ""),
    (r"(?<=時)(?:0{1,2}|零|〇)分(?!間)", ""),
    (r"(?<=時)0(?=[1-9]分)", ""),
    (rf"(?<![0-9{_KANJI}])([{_DAYS}])\s*(?:[~〜]|{_DASH})\s*([{_DAYS}])(?![{_KANJI}])", r"\1曜から\2曜"),
    (rf"(?:(?<![{_KANJI}])|(?<=第[一二三四五1-5]))([{_DAYS}])(?=(?:、[{_DAYS}])*、[{_DAYS}]曜)", r"\1曜"),
    (_RANGE, "から"),
    (_HYPHEN_RANGE, "から"),
    (_COUNTED_RANGE, r"\1から"),
    (
        rf"(?<![0-9{numbers.NUMERALS}-])({_COUNT}{{1,5}}){_DASH}({_COUNT}{{1,5}})(?={numbers.COUNTER})",
        r"\1から\2",
    ),
    *numbers.RULES,
    (rf"(?<=[ぁ-ん])(?<!あなた){_BETTER}", "ほうが"),
    (r"(?<=[ぁ-ん])(?<!あなた)方々", "かたがた"),
    (rf"(?<=[ぁ-ん])(?<!あなた)方(?![{_KANJI}])", "かた"),
    (rf"(?<![{_KANJI}])行(?=[わいうえおな])", "おこな"),
    ("おこなな", "おこな"),  # 行なって, the older spelling
    (r"(?<=を)行っ(?=[てた])|(?<![にへで])行っ(?=てい[まるなた]|ており)", "おこなっ"),
    (rf"(?<![{_KANJI}])封(?=[しさすせ])", "ふう"),
    (rf"(?<=[数何])[ヶヵ](?=[{_KANJI}])", "か"),
    (rf"(?<=[{_KANJI}])(?<![{numbers.NUMERALS}])[ヶヵ](?=[{_KANJI}])", "が"),  # place names: 旗ヶ丘
    (r"#", "シャープ"),
    (r"[*]", "コメジルシ"),
    (r"\+", "プラス"),
    (r"&", "アンド"),
    (r"(?<=\d)%", "パーセント"),
    (r"@", "アットマーク"),
    (r"\?", "\uff1f"),
    (r"!", "\uff01"),
    (r"、{2,}", "、"),
    (r"、(?=[。\uff1f\uff01])|(?<=[。\uff1f\uff01])、|^、|、$", ""),
)
_RULES = tuple((re.compile(pattern), replacement) for pattern, replacement in _WRITTEN)


@dataclass(frozen=True)
class Reading:
    """A text as every engine gets it, and what in it a person has to write otherwise.

    `lost` are characters that no voice says, `unread` signs, words and numbers that no rule reads, `either` the words
    that can be read in two ways, such as 方.
    """

    text: str
    lost: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    either: tuple[Undecided, ...] = ()

    @property
    def doubts(self) -> tuple[str, ...]:
        """Give all that has to be written otherwise; empty where every voice can say the text."""
        return (*self.lost, *self.unread, *(place.around for place in self.either))

    def findings(self, place: tuple[str, int], prompt: str) -> list[Finding]:
        """Report what would be dropped or misread, and a sentence without a word; `place` is file and line."""
        told = [
            Finding(*place, "error", f"prompt {prompt}: {text}", f"プロンプト「{prompt}」: {text_ja}")
            for text, text_ja in self._told()
        ]
        if not told and not any(part for part in morae.clauses(self.text)):
            text, text_ja = f"nothing to say in {self.text!r}", f"読み上げる言葉がありません({self.text})"
            return [Finding(*place, "error", f"prompt {prompt}: {text}", f"プロンプト「{prompt}」: {text_ja}")]
        return told

    def _told(self) -> Iterator[tuple[str, str]]:
        if self.lost:
            marks = " ".join(self.lost)
            yield (
                f"no voice says {marks} in {self.text!r}; write it in words",
                f"「{marks}」は読み上げられません。言葉で書いてください({self.text})",
            )
        if self.unread:
            marks = " ".join(self.unread)
            yield (
                f"no rule reads {marks} in {self.text!r}; write it in words, or give a reading as {{word|かな}}",
                f"「{marks}」の読み方が決まりません。言葉で書くか、{{言葉|よみ}} と読みを書いてください({self.text})",
            )
        for place in self.either:
            word, (one, other) = place.word, place.readings
            either, either_ja = (f"{{{word}|{one}}}{joint}{{{word}|{other}}}" for joint in (" or ", " か "))
            yield (
                f"{word} in 「{place.around}」 may be {one} or {other}; write {either}",
                f"「{place.around}」の「{word}」は「{one}」か「{other}」か決まりません。{either_ja} と書いてください",
            )


def normalise(text: str, lexicon: Lexicon) -> Reading:
    """Make a text fit for any engine: readings as voice engines need them, marks in words, 、。 as the only pauses."""
    usual = lexicon.rewritten(unicodedata.normalize("NFKC", text).translate(_HYPHENS))
    ruled, lost = _ruled(usual)
    signs = doubts.disguised(text)
    made = {*signs.values(), *"".join(signs.values())} - set(text)
    unread = (*signs, *(part for part in doubts.unread(ruled) if part not in made))
    return Reading(ruled, tuple(mark for mark in lost if mark not in made), unread, tuple(doubts.either(usual)))


def plain(text: str, lexicon: Lexicon) -> str:
    """Give the words for a voice that knows nothing of ours, as Twilio's `<Say>`: numbers and hard words in kana."""
    return lexicon.in_kana(normalise(text, lexicon).text)


@lru_cache(maxsize=8192)
def _ruled(text: str) -> tuple[str, tuple[str, ...]]:
    before = None
    while text != before:  # what one rule made may be a case for another
        before = text
        for pattern, replacement in _RULES:
            text = pattern.sub(replacement, text)
    spoken = {match.start() for match in _SPOKEN.finditer(text)}
    lost = dict.fromkeys(mark for at, mark in enumerate(text) if at not in spoken)
    return text, tuple(lost)
