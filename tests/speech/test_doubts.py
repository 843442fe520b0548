"""What no rule reads is a finding: every sign of the Japanese standards, numbers, Latin words, and 方."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pytest

from ivr.findings import Finding
from ivr.speech.doubts import INITIALS
from ivr.speech.frontend import FrontEnd
from ivr.speech.lexicon import Lexicon
from ivr.speech.reading import normalise

if TYPE_CHECKING:
    from pathlib import Path

BASE = "ココワデス"
QUIET = set(' \u3000"“”＂「」『』')
"""Marks that only show how words belong together: nothing is lost without them."""
PAUSES = set("!?(),;[]、。【】・！？（），；［］")
LETTERS = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        [
            "エイ",
            "ビー",
            "シー",
            "ディー",
            "イー",
            "エフ",
            "ジー",
            "エイチ",
            "アイ",
            "ジェイ",
            "ケイ",
            "エル",
            "エム",
            "エヌ",
            "オー",
            "ピー",
            "キュー",
            "アール",
            "エス",
            "ティー",
            "ユー",
            "ブイ",
            "ダブリュー",
            "エックス",
            "ワイ",
            "ゼット",
        ],
        strict=True,
    )
)
SIGNS = {"#": "シャープ", "*": "コメジルシ", "+": "プラス", "&": "アンド", "@": "アットマーク", "〆": "シメ"}


def standard() -> list[str]:
    """List each character of JIS X 0201, 0208, 0213 and the makers' own rows that is no kanji in use."""
    rows = [bytes([one]) for one in range(0x20, 0x100)]
    rows += [bytes([one, two]) for one in range(0x81, 0xFF) for two in range(0x40, 0xFF)]
    rows += [b"\x8f" + bytes([one, two]) for one in range(0xA1, 0xFF) for two in range(0xA1, 0xFF)]
    found: set[str] = set()
    for codec in ("euc_jis_2004", "cp932"):
        for row in rows:
            found |= set(row.decode(codec, "ignore"))
    return sorted(
        mark
        for mark in found
        if (mark.isprintable() or mark == "\u3000") and not unicodedata.name(mark, "").startswith("CJK ")
    )


@pytest.fixture
def front(words: Lexicon, tmp_path: Path) -> FrontEnd:
    return FrontEnd(words, tmp_path)


def test_every_sign_of_the_standards_is_read_or_found(words: Lexicon, front: FrontEnd) -> None:
    marks = standard()
    assert {*"①Ⅱ㎝㈱℃☎→※ｶ㍻№%：＃*Ａ☆㊤々ヵ"} - set(marks) == set()
    silent, read = set(), {}
    for mark in marks:
        reading = normalise(f"ここは{mark}です", words)
        kana = front.kana(reading.text)
        if reading.doubts:
            continue
        if kana.replace("、", "") == BASE:
            silent.add(mark)
        elif not unicodedata.name(mark).startswith(("HIRAGANA", "KATAKANA")):
            read[unicodedata.normalize("NFKC", mark)] = kana.removeprefix("ココワ").removesuffix("デス")
    assert silent == QUIET | PAUSES
    digits = dict(
        zip("0123456789", ["ゼロ", "イチ", "ニ", "サン", "ヨン", "ゴ", "ロク", "ナナ", "ハチ", "キュー"], strict=True)
    )
    assert read == SIGNS | digits | LETTERS


def long(kana: str) -> str:
    """Write the names of letters in one way: エイ and エー sound alike."""
    return re.sub("(エ|ェ|ケ)イ", r"\1ー", kana)


@pytest.mark.parametrize("word", INITIALS)
def test_initials_are_said_letter_by_letter(word: str, words: Lexicon, front: FrontEnd) -> None:
    reading = normalise(f"{word}です。", words)
    spelled = "".join(LETTERS[letter] for letter in word) + "デス"
    assert (reading.doubts, long(front.kana(reading.text))) == ((), long(spelled))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("①は、Ⅱです", ("①", "Ⅱ")),
        ("㎝と㈱と№", ("㎝", "㈱", "№")),
        ("ｶｰﾄﾞです", ("ｶ", "ｰ", "ﾄ", "ﾞ")),
        ("½です", ("½",)),
        ("LINEとTwilioとｗｅｂ", ("LINE", "Twilio", "web")),
        ("七一一九と7119、九割", ("七一一九", "7119", "九割")),
        ("Ａ書類、５％、１０時、（任意）、ＪＰＫＩ", ()),
        ("午前8時30分~午後5時、03-5742-6660、1,000円", ()),
    ],
)
def test_what_no_rule_reads_is_told(text: str, found: tuple[str, ...]) -> None:
    assert normalise(text, Lexicon()).unread == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("郵送の方が簡単です", ("郵送の方が簡",)),
        ("右の方です", ("右の方です",)),
        ("お待ちの方は、早い方へ", ("待ちの方は", "早い方へ")),
        ("申請された方、この方", ("された方", "この方")),
        ("方がいい", ("方がい",)),
        ("品川方と、大人方", ("品川方と", "大人方")),
        ("方法、方向、地方、夕方、両方、一方、行方、味方、方針、平方", ()),
        ("使い方、確かめ方、書き方、取り方、あなた方", ()),
        ("方々へ", ("方々へ",)),
        ("お待ちの方々", ()),
        ("お待ちのかた、右のほう", ()),
        ("窓口が開いています", ("窓口が開いて",)),
        ("日曜に開く所、開かない所", ("日曜に開く所", "開かな")),
        ("封筒を開いて、画面を開きます", ()),
        ("開始、開封、展開、画面を開けて", ()),
        ("朝は空いています", ("朝は空いて",)),
        ("空欄、空き地", ()),
        ("窓口で行った", ("窓口で行った",)),
        ("郵便局へ行った、取りに行って、手続きを行った、持って行って、行っていません", ()),
        ("十分です", ("十分です",)),
        ("十分かかります", ("十分かか",)),
        ("十分に、十分な、十分前、十分間、二十分、八時十分", ()),
        ("一日です", ("一日です",)),
        ("一日から", ("一日から",)),
        ("一日中、一日かかる、八月一日、二十一日、一日間", ()),
        ("カードの表です", ("ードの表です",)),
        ("表と裏、表面、表示、一覧表、代表", ()),
        ("何で払いますか", ("何で払い",)),
        ("何でも", ()),
        ("一行です", ("一行です",)),
    ],
)
def test_a_word_with_two_readings_is_told_where_nothing_says_which(text: str, found: tuple[str, ...]) -> None:
    assert tuple(place.around for place in normalise(text, Lexicon()).either) == found


@pytest.mark.parametrize(
    ("text", "kana"),
    [
        ("封筒を開いて", "フートーヲヒライテ"),
        ("画面を開きます", "ガメンヲヒラキマス"),
        ("郵便局へ行った", "ユービンキョクエイッタ"),
        ("取りに行って", "トリニイッテ"),
        ("持って行って", "モッテイッテ"),
        ("手続きを行った", "テツズキヲオコナッタ"),
        ("転送は行っていません", "テンソーワオコナッテイマセン"),
        ("十分に", "ジューブンニ"),
        ("十分な", "ジューブンナ"),
        ("十分前", "ジュップンマエ"),
        ("十分以内", "ジュップンイナイ"),
        ("十分間", "ジュップンカン"),
        ("十分ほど", "ジュップンホド"),
        ("十分おきに", "ジュップンオキニ"),
        ("一日中", "イチニチジュー"),
        ("一日目", "イチニチメ"),
        ("一日以内", "イチニチイナイ"),
        ("一日かかります", "イチニチカカリマス"),
        ("一日に一回", "イチニチニイッカイ"),
        ("一日あたり", "イチニチアタリ"),
        ("表と裏", "オモテトウラ"),
        ("何でも", "ナンデモ"),
        ("何ですか", "ナンデスカ"),
    ],
)
def test_a_word_with_two_readings_is_read_rightly_where_it_passes(
    text: str, kana: str, words: Lexicon, front: FrontEnd
) -> None:
    reading = normalise(text, words)
    assert (reading.doubts, front.kana(reading.text)) == ((), kana)


def test_each_doubt_says_what_to_write_in_two_languages(words: Lexicon) -> None:
    assert normalise("①は、右の方です。", words).findings(("prompts/ja/a.yaml", 3), "note") == [
        Finding(
            "prompts/ja/a.yaml",
            3,
            "error",
            "prompt note: no rule reads ① in '1は、右のかたです。'; write it in words, "
            "or give a reading as {word|かな}",
            "プロンプト「note」: 「①」の読み方が決まりません。言葉で書くか、{言葉|よみ} と読みを書いてください"
            "(1は、右のかたです。)",
        ),
        Finding(
            "prompts/ja/a.yaml",
            3,
            "error",
            "prompt note: 方 in 「右の方です」 may be かた or ほう; write {方|かた} or {方|ほう}",
            "プロンプト「note」: 「右の方です」の「方」は「かた」か「ほう」か決まりません。"
            "{方|かた} か {方|ほう} と書いてください",
        ),
    ]


def test_the_ke_of_place_names_is_said(words: Lexicon, front: FrontEnd) -> None:
    texts = ["旗ヶ丘です。", "数ヶ月です。", "1ヶ月です。", "三ヵ所です。", "八ヶ岳です。"]
    assert [front.kana(normalise(text, words).text) for text in texts] == [
        "ハタガオカデス",
        "スーカゲツデス",
        "イッカゲツデス",
        "サンカショデス",
        "ヤツガタケデス",
    ]
