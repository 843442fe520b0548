"""How Japanese says numbers, worked out here by hand: the measure for what the voice reads.

Katakana as pronounced (は as ワ, ー where a vowel is long). Nothing of the product and no dictionary takes part: tables
of words, and the sound changes between a number and what it counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

UNITS = ("", "イチ", "ニ", "サン", "ヨン", "ゴ", "ロク", "ナナ", "ハチ", "キュー")
_HUNDREDS = {3: "サンビャク", 6: "ロッピャク", 8: "ハッピャク"}
_THOUSANDS = {3: "サンゼン", 8: "ハッセン"}
_HOURS = ("レー", "イチ", "ニ", "サン", "ヨ", "ゴ", "ロク", "シチ", "ハチ", "ク")
_MINUTES = (
    "",
    "イップン",
    "ニフン",
    "サンプン",
    "ヨンプン",
    "ゴフン",
    "ロップン",
    "ナナフン",
    "ハップン",
    "キューフン",
)
_MONTHS = ("", "イチ", "ニ", "サン", "シ", "ゴ", "ロク", "シチ", "ハチ", "ク", "ジュー", "ジューイチ", "ジューニ")
_DAYS = {
    1: "ツイタチ",
    2: "フツカ",
    3: "ミッカ",
    4: "ヨッカ",
    5: "イツカ",
    6: "ムイカ",
    7: "ナノカ",
    8: "ヨーカ",
    9: "ココノカ",
    10: "トーカ",
    14: "ジューヨッカ",
    17: "ジューシチニチ",
    19: "ジュークニチ",
    20: "ハツカ",
    24: "ニジューヨッカ",
    27: "ニジューシチニチ",
    29: "ニジュークニチ",
}
WEEKDAYS = dict(
    zip(
        "月火水木金土日",
        ("ゲツヨービ", "カヨービ", "スイヨービ", "モクヨービ", "キンヨービ", "ドヨービ", "ニチヨービ"),
        strict=True,
    )
)
_THINGS = ("", "ヒトツ", "フタツ", "ミッツ", "ヨッツ", "イツツ", "ムッツ", "ナナツ", "ヤッツ", "ココノツ", "トー")
_SHORT = {1: "イッ", 6: "ロッ", 8: "ハッ", 10: "ジュッ"}
"""What 1, 6, 8 and 10 become before a word that begins with k, s, t, h or p; which of them do depends on the sound."""


def number(value: int) -> str:
    """Say a number from 1 to 99,999,999 that counts nothing."""
    if not 1 <= value < 100_000_000:
        raise ValueError(value)
    myriads, rest = divmod(value, 10_000)
    return (number(myriads) + "マン" if myriads else "") + _below_myriad(rest)


def _below_myriad(value: int) -> str:
    thousands, hundreds, tens, units = (int(digit) for digit in f"{value:04}")
    return (
        _THOUSANDS.get(thousands, _times(thousands, "セン"))
        + _HUNDREDS.get(hundreds, _times(hundreds, "ヒャク"))
        + _times(tens, "ジュー")
        + UNITS[units]
    )


def _times(digit: int, place: str) -> str:
    return "" if digit == 0 else place if digit == 1 else UNITS[digit] + place


def hour(value: int) -> str:
    """Say the hour of a time of day, 0 to 24, with its 時."""
    tens, units = divmod(value, 10)
    said = _HOURS[units] if units or not tens else ""
    return _times(tens, "ジュー") + said + "ジ"


def minute(value: int, counter: str = "") -> str:
    """Say minutes, 1 or more, with their 分 (and 間 where `counter` is カン)."""
    units = value % 10
    if units:
        return number(value).removesuffix(UNITS[units]) + _MINUTES[units] + counter
    return _joined(value, (10, 100)) + "プン" + counter


def clock(hours: int, minutes: int, *, half: bool = False) -> str:
    """Say 八時三十分, with `half` 八時半."""
    return hour(hours) + ("" if not minutes else "ハン" if half and minutes == 30 else minute(minutes))


def month(value: int) -> str:
    """Say the name of a month."""
    return _MONTHS[value] + "ガツ"


def day_of_month(value: int) -> str:
    """Say the name of a day of the month."""
    return _DAYS.get(value) or number(value) + "ニチ"


def days(value: int) -> str:
    """Say how many days: 一日 is イチニチ, others have the name of the date; above 31 their ends stay."""
    if value == 1:
        return "イチニチ"
    if value in _DAYS:
        return _DAYS[value]
    end = {4: "ヨッカ", 7: "シチニチ", 9: "クニチ"}.get(value % 10)
    return number(value).removesuffix(UNITS[value % 10]) + end if end else number(value) + "ニチ"


def yen(amount: int) -> str:
    """Say an amount of yen: only 四円 has a sound of its own."""
    return _four(number(amount)) + "エン"


def _old(said: str) -> str:
    """Say シチ and ク where a number ends in seven and nine, as hours and days do."""
    for new, old in (("ナナ", "シチ"), ("キュー", "ク")):
        if said.endswith(new):
            return said.removesuffix(new) + old
    return said


def _four(said: str) -> str:
    return said.removesuffix("ヨン") + "ヨ" if said.endswith("ヨン") else said


def things(value: int) -> str:
    """Say 一つ to 九つ."""
    return _THINGS[value]


def people(value: int) -> str:
    """Say how many people: 一人, 二人 and 四人 have sounds of their own."""
    if value in (1, 2):
        return ("", "ヒトリ", "フタリ")[value]
    said = _four(number(value))
    return (said.removesuffix("ナナ") + "シチ" if said.endswith("ナナ") else said) + "ニン"


def counters() -> tuple[str, ...]:
    """List the counter words that it has a rule for, the longest first."""
    return tuple(sorted((*_COUNTERS, *_SPECIAL), key=len, reverse=True))


def counted(value: int, counter: str) -> str:
    """Say a number from 1 on before a counter word, given as it is written."""
    special = _SPECIAL.get(counter)
    if special:
        return special(value)
    said, changes, own = _COUNTERS[counter]
    if value in own:
        return own[value]
    return _joined(value, changes) + said


def _joined(value: int, changes: tuple[int, ...]) -> str:
    """Join a number to a counter: its last word is doubled where the sound asks for it."""
    said = number(value)
    tens, units = divmod(value % 100, 10)
    if units in changes:
        return said.removesuffix(UNITS[units]) + _SHORT[units]
    if not units and tens and 10 in changes:
        return said.removesuffix("ジュー") + _SHORT[10]
    if not units and not tens and 100 in changes:
        return said.removesuffix("ク") + "ッ"
    return said


_COUNTERS: dict[str, tuple[str, tuple[int, ...], dict[int, str]]] = {
    "回": ("カイ", (1, 6, 10, 100), {}),
    "回目": ("カイメ", (1, 6, 10, 100), {}),
    "か月": ("カゲツ", (1, 6, 10, 100), {}),
    "カ月": ("カゲツ", (1, 6, 10, 100), {}),
    "カ所": ("カショ", (1, 6, 10, 100), {}),
    "ヶ月": ("カゲツ", (1, 6, 10, 100), {}),
    "か所": ("カショ", (1, 6, 10, 100), {}),
    "週間": ("シューカン", (1, 8, 10), {}),
    "種類": ("シュルイ", (1, 8, 10), {}),
    "歳": ("サイ", (1, 8, 10), {20: "ハタチ"}),
    "点": ("テン", (1, 8, 10), {}),
    "通": ("ツー", (1, 8, 10), {}),
    "桁": ("ケタ", (1, 6, 10, 100), {1: "ヒトケタ", 2: "フタケタ"}),
    "枚": ("マイ", (), {}),
    "秒": ("ビョー", (), {}),
    "番": ("バン", (), {}),
    "号": ("ゴー", (), {}),
    "名": ("メー", (), {}),
    "度": ("ド", (), {}),
    "件": ("ケン", (1, 6, 10, 100), {}),
    "個": ("コ", (1, 6, 10, 100), {}),
    "部": ("ブ", (), {}),
    "台": ("ダイ", (), {}),
    "倍": ("バイ", (), {}),
    "週": ("シュー", (1, 8, 10), {}),
    "センチ": ("センチ", (1, 8, 10), {}),
    "パーセント": ("パーセント", (10,), {}),
    "文字": ("モジ", (), {1: "ヒトモジ"}),
}
_SPECIAL: dict[str, Callable[[int], str]] = {
    "日": days,
    "日間": lambda value: days(value) + "カン",
    "分": minute,
    "分間": lambda value: minute(value, "カン"),
    "円": yen,
    "人": people,
    "時間": lambda value: _old(_four(number(value))) + "ジカン",
    "年": lambda value: _four(number(value)) + "ネン",
    "階": lambda value: number(value) + "ガイ" if value % 10 == 3 else _joined(value, (1, 6, 10, 100)) + "カイ",
    "つ": things,
    "本": lambda value: _puffed(value, "ポン", "ボン", "ホン"),
}


def _puffed(value: int, doubled: str, voiced: str, plain: str) -> str:
    said = _joined(value, (1, 6, 8, 10, 100))
    if said.endswith("ッ"):
        return said + doubled
    return said + (voiced if value % 10 == 3 else plain)
