"""The normaliser and the front end: each row of what was measured as wrong or lost, and what must stay as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.findings import Finding, FindingsError
from ivr.speech import lexicon, morae
from ivr.speech.frontend import FrontEnd
from ivr.speech.lexicon import Lexicon, Word
from ivr.speech.reading import normalise, plain

if TYPE_CHECKING:
    from pathlib import Path

HEARD = [
    ("お待ちの方は、こちらです。", "お待ちのかたは、こちらです。", "オマチノカタワ、コチラデス"),
    ("申請された方が来ます。", "申請されたかたが来ます。", "シンセーサレタカタガキマス"),
    ("15歳未満の方と一緒に。", "15歳未満のかたと一緒に。", "ジューゴサイミマンノカタトイッショニ"),
    ("来庁した方が早いです。", "来庁したほうが早いです。", "ライチョーシタホーガハヤイデス"),
    ("手続きの方法は二つです。", "手続きの方法は二つです。", "テツズキノホーホーワフタツデス"),
    ("原則、法定代理人の同行が必要です。", None, "ゲンソク、ホーテーダイリニンノドーコーガヒツヨーデス"),
    ("本人と法定代理人です。", None, "ホンニントホーテーダイリニンデス"),
    ("4桁に限り、法定代理人のみで。", None, "ヨンケタニカギリ、ホーテーダイリニンノミデ"),
    ("ただ法定代理人のみでも。", None, "タダホーテーダイリニンノミデモ"),
    ("旧氏の併記。", None, "キューウジノヘーキ"),
    ("届出人の書類。", None, "トドケデニンノショルイ"),
    ("手続きを行ってください。", "手続きをおこなってください。", "テツズキヲオコナッテクダサイ"),
    ("窓口で行います。", "窓口でおこないます。", "マドグチデオコナイマス"),
    ("転送は、行っていません。", "転送は、おこなっていません。", "テンソーワ、オコナッテイマセン"),
    ("区役所に行っています。", None, "クヤクショニイッテイマス"),
    ("区役所に行ってください。", None, "クヤクショニイッテクダサイ"),
    ("封した委任状。", "ふうした委任状。", "フーシタイニンジョー"),
    ("同封した書類。", None, "ドーフーシタショルイ"),
    ("6~16桁です。", "6から16桁です。", "ロクカラジューロッケタデス"),
    ("午前8時30分〜午後5時。", "午前8時30分から午後5時。", "ゴゼンハチジサンジュップンカラゴゴゴジ"),
    ("1～2カ月後。", "1から2カ月後。", "イチカラニカゲツゴ"),
    ("10時00分。", "10時。", "ジュージ"),
    ("17:30です。", "17時30分です。", "ジューシチジサンジュップンデス"),
    ("08:05です。", "8時5分です。", "ハチジゴフンデス"),
    ("J-LISから。", "ジェイリスから。", "ジェイリスカラ"),
    ("Ｊ－ＬＩＳから。", "ジェイリスから。", "ジェイリスカラ"),
    ("#を、*を。", "シャープを、コメジルシを。", "シャープヲ、コメジルシヲ"),
    ("＋と¥1,000。", "プラスと1000円。", "プラストセンエン"),
    ("0120、95、0178です。", None, "ゼロイチニーゼロ、キュウゴー、ゼロイチナナハチデス"),
    ("0120-95-0178です。", None, "ゼロイチニーゼロ、キュウゴー、ゼロイチナナハチデス"),
    ("荏原、八潮、大崎。", None, "エバラ、ヤシオ、オーサキ"),
    ("附番、券面、返戻、罹災。", None, "フバン、ケンメン、ヘンレー、リサイ"),
    ("1点、2カ月、14日以内、3階。", None, "イッテン、ニカゲツ、ジューヨッカイナイ、サンガイ"),
    ("令和5年9月20日、1,000円。", None, "レーワゴネンクガツハツカ、センエン"),
    ("JPKIアプリ。", None, "ジェーピーケーアイアプリ"),
    ("何をなくしましたか。", None, "ナニヲナクシマシタカ"),
    ("何度でも。何階ですか。", None, "ナンドデモ、ナンガイデスカ"),
]


@pytest.fixture(scope="module")
def front(words: Lexicon, tmp_path_factory: pytest.TempPathFactory) -> FrontEnd:
    return FrontEnd(words, tmp_path_factory.mktemp("lexicon"))


@pytest.mark.parametrize(("text", "normal", "kana"), HEARD, ids=[row[0] for row in HEARD])
def test_what_was_misread_is_read_as_wanted(
    text: str, normal: str | None, kana: str, words: Lexicon, front: FrontEnd
) -> None:
    reading = normalise(text, words)
    assert reading.lost == ()
    assert (reading.text if normal else None, front.kana(reading.text)) == (normal, kana)


@pytest.mark.parametrize("mark", list("※<>◎●→=/~_^|$°☆♪…:"))
def test_a_mark_that_no_rule_speaks_is_reported_not_dropped(mark: str, words: Lexicon) -> None:
    reading = normalise(f"ここは{mark}です。", words)
    assert [finding.level for finding in reading.findings(("prompts/ja/a.yaml", 3), "greeting")] == ["error"]


def test_a_lost_mark_is_named_with_its_place_in_two_languages(words: Lexicon) -> None:
    assert normalise("※注意<はい>", words).findings(("prompts/ja/a.yaml", 3), "note") == [
        Finding(
            "prompts/ja/a.yaml",
            3,
            "error",
            "prompt note: no voice says ※ < > in '※注意<はい>'; write it in words",
            "プロンプト「note」: 「※ < >」は読み上げられません。言葉で書いてください(※注意<はい>)",
        )
    ]


def test_a_sentence_without_a_word_is_reported(words: Lexicon) -> None:
    (finding,) = normalise("、。", words).findings(("f", 1), "empty")
    assert finding.text == "prompt empty: nothing to say in '。'"


def test_brackets_make_no_pause_before_a_particle(words: Lexicon) -> None:
    assert normalise("「はい」を、(任意で)どうぞ。", words).text == "はいを、任意で、どうぞ。"


@given(
    st.text(alphabet="方行封のをてったし時分0123456789:-~,、。？！（）「」#*+¥カード法定代理人 aBＣｱ～", max_size=30)
)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text, Lexicon())
    assert normalise(once.text, Lexicon()).text == once.text


def test_voices_without_our_dictionary_get_its_words_in_kana(words: Lexicon) -> None:
    assert (
        plain("旧氏の方は、法定代理人と届出人へ。", words) == "キューウジのかたは、ホーテーダイリニンとトドケデニンへ。"
    )


def test_only_words_that_occur_in_a_text_count_for_its_sound(words: Lexicon) -> None:
    assert words.relevant("旧氏の併記") == (("旧氏", "キューウジ", 0),)


def test_every_word_of_the_lexicon_is_read_as_it_is_written_there(words: Lexicon, front: FrontEnd) -> None:
    assert front.misread(words) == []


def test_a_word_that_the_front_end_reads_otherwise_is_found(front: FrontEnd) -> None:
    other = Lexicon({"旧氏": Word(reading="モトウジ")}, lines={"旧氏": 7})
    (finding,) = front.misread(other)
    assert (finding.line, finding.text) == (7, "'旧氏' is still read キューウジ, not モトウジ")


def test_a_word_without_a_sound_is_found(front: FrontEnd) -> None:
    assert front.unread("これは※です。") == ["※"]


def test_parts_between_pauses_keep_their_own_reading(front: FrontEnd) -> None:
    assert front.clauses("9時から、法定代理人が来ます。") == [
        ("9時から", "クジカラ"),
        ("法定代理人が来ます", "ホーテーダイリニンガキマス"),
    ]


@pytest.mark.parametrize(
    ("kana", "beats"), [("キャット", 3), ("ジェイリス", 4), ("コーフ", 3), ("、", 0), ("がっこう", 4)]
)
def test_morae_are_counted_on_kana(kana: str, beats: int) -> None:
    assert morae.count(kana) == beats


def test_lengths_can_be_estimated_without_a_dictionary() -> None:
    assert morae.estimate("カードの一時停止") == round(4 + 4 * 1.7)
    assert morae.estimated_seconds("カードは、こちら。", slow=True) == 7 / 4.0 + 0.8


def test_a_lexicon_with_mistakes_is_refused_with_every_line(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/lexicon.yaml").write_text(
        "words:\n  旧氏: きゅううじ\n  A面: エーメン\n  届出人: {reading: トドケデニン, accent: 9}\n"
        "rewrites:\n  J-LIS: J-LIS\n"
    )
    with pytest.raises(FindingsError) as caught:
        lexicon.load(tmp_path)
    assert [str(finding) for finding in caught.value.findings] == [
        "prompts/lexicon.yaml:2: error: '旧氏': the reading 'きゅううじ' must be katakana",
        "prompts/lexicon.yaml:3: error: 'A面' has other characters than kanji and kana; put it under rewrites",
        "prompts/lexicon.yaml:4: error: '届出人': accent 9 lies behind the last of 6 morae",
        "prompts/lexicon.yaml:6: error: 'J-LIS': 'J-LIS' must be kana or kanji, and not empty",
    ]


def test_no_lexicon_is_an_empty_one(tmp_path: Path) -> None:
    assert lexicon.load(tmp_path) == Lexicon()


@pytest.mark.parametrize("words", [("旧,氏",), ("旧,氏", "旧氏")])
def test_a_word_that_mecab_does_not_take_is_an_error(words: tuple[str, ...], tmp_path: Path) -> None:
    # the loader refuses such a word; this one slips past it to show that the entries are counted
    with pytest.raises(FindingsError, match=f"only 0 of {len(words)} words were taken"):
        FrontEnd(Lexicon({word: Word(reading="キューウジ") for word in words}), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_making_a_dictionary_keeps_the_standard_output_clean(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    FrontEnd(Lexicon({"旧氏": Word(reading="キューウジ")}), tmp_path)
    assert capfd.readouterr().out == ""


def test_without_onnxruntime_nothing_is_read_otherwise_in_silence(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['onnxruntime'] = None\n"
        "from pathlib import Path\n"
        "from ivr.speech.frontend import FrontEnd\n"
        "from ivr.speech.lexicon import Lexicon\n"
        "FrontEnd(Lexicon(), Path(sys.argv[1]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.stderr.splitlines()[-1].startswith(
        "ivr.findings.FindingsError: environment:0: error: speech cannot be made: "
    )


def test_telemetry_is_off_before_onnxruntime_is_loaded(tmp_path: Path) -> None:
    script = (
        "import os, sys; os.environ.pop('ORT_DISABLE_TELEMETRY', None)\n"
        "from pathlib import Path\n"
        "from ivr.speech.frontend import FrontEnd\n"
        "from ivr.speech.lexicon import Lexicon\n"
        "import ivr.speech.engines\n"
        "print('onnxruntime' in sys.modules)\n"
        "FrontEnd(Lexicon(), Path(sys.argv[1]))\n"
        "print('onnxruntime' in sys.modules, os.environ['ORT_DISABLE_TELEMETRY'])\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "False\nTrue 1\n"
