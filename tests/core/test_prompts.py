"""The words: how they become sentences, and every way in which an editor can spoil them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ivr import prompts
from ivr.facts import Facts
from ivr.passage import Sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Root

    from ivr.findings import Finding

    Refused = Callable[[Callable[[], object]], list[Finding]]

REPOSITORY = Path(__file__).resolve().parents[2]
WORDS = "prompts/ja/words.yaml"


@pytest.fixture(scope="module")
def facts() -> Facts:
    return Facts.load(REPOSITORY)


def said(root: Root, facts: Facts, text: str, key: str = "") -> tuple[Sentence, ...]:
    root.add(WORDS, f"tried: {text}\n")
    return prompts.load(root.path, "ja").sentences("tried", facts, key)


def test_a_prompt_becomes_its_sentences(root: Root, facts: Facts) -> None:
    assert said(root, facts, "一つ目です。二つ目ですか？三つ目") == (
        Sentence("tried", "一つ目です。", "一つ目です。", pause=0.35),
        Sentence("tried", "二つ目ですか？", "二つ目ですか？", pause=0.35),
        Sentence("tried", "三つ目", "三つ目", pause=0.35),
    )


def test_a_fact_is_shown_and_spoken_in_its_own_ways(root: Root, facts: Facts) -> None:
    written, spoken = facts.speak("suspension_phone")
    assert (written, spoken != written) == ("0120-95-0178", True)
    assert said(root, facts, "番号は{suspension_phone}。次。") == (
        Sentence("tried", "番号は0120-95-0178。", f"番号は{spoken}。", pause=0.35),
        Sentence("tried", "次。", "次。", pause=0.35),
    )


def test_a_slow_fact_makes_its_own_sentence_slow(root: Root, facts: Facts) -> None:
    first, second = said(root, facts, "番号は{suspension_phone:slow}。次。")
    assert (first.pace, first.pause, second.pace, second.pause) == ("slow", 0.8, "normal", 0.35)


def test_a_reading_is_spoken_and_not_shown(root: Root, facts: Facts) -> None:
    assert said(root, facts, '"{旧氏|きゅううじ}の{方|かた}。"') == (
        Sentence("tried", "旧氏の方。", "きゅううじのかた。", pause=0.35),
    )


@pytest.mark.parametrize(
    ("key", "word"),
    [("1", "イチ"), ("2", "ニー"), ("3", "サン"), ("4", "ヨン"), ("5", "ゴー"), ("6", "ロク"), ("9", "キュウ")],
)
def test_an_option_shows_and_says_the_key_that_the_flow_gives_it(key: str, word: str, root: Root, facts: Facts) -> None:
    assert said(root, facts, "紛失は、{key}。", key) == (
        Sentence("tried", f"紛失は、{key}。", f"紛失は、{word}。", option=key, pause=0.5),
    )


def test_only_the_last_sentence_of_an_option_offers_it(root: Root, facts: Facts) -> None:
    first, second = said(root, facts, "紛失ですか？それなら、{key}。", "2")
    assert (first.option, second.option) == ("", "2")


def test_the_lines_of_a_block_are_one_text(root: Root, facts: Facts) -> None:
    assert said(root, facts, "|\n  一つ目は\n  長いです。\n  二つ目です。") == (
        Sentence("tried", "一つ目は長いです。", "一つ目は長いです。", pause=0.35),
        Sentence("tried", "二つ目です。", "二つ目です。", pause=0.35),
    )


def test_finished_words_are_split_alike() -> None:
    assert prompts.split("today", "１つ。２つ。", "ひとつ。ふたつ。") == (
        Sentence("today", "１つ。", "ひとつ。", pause=0.35),
        Sentence("today", "２つ。", "ふたつ。", pause=0.35),
    )


def test_a_prompt_knows_where_it_stands_and_which_facts_it_names(root: Root) -> None:
    found = prompts.load(root.path, "ja").by_name
    assert (found["papers"].file, found["papers"].line) == (WORDS, root.line(WORDS, "papers:", after="talked"))
    assert list(found["papers"].facts()) == ["reissue_fee"]
    assert list(found["nobody_known"].facts()) == ["ward_phone"]
    assert list(found["offer_lost"].facts()) == []


@pytest.mark.parametrize("text", ['""', "", '"  "', "|\n\n", "[]", "{}", "[a]", "{a: b}"])
def test_a_prompt_without_words_is_found(text: str, root: Root, refused: Refused) -> None:
    root.add(WORDS, f"empty: {text}\n")
    findings = refused(lambda: prompts.load(root.path, "ja"))
    assert [(item.file, item.line, item.level, item.text) for item in findings] == [
        (WORDS, root.line(WORDS, "empty:"), "error", "prompt empty has no words")
    ]


@pytest.mark.parametrize("text", ["。", "、。", '"？"'])
def test_a_prompt_that_only_has_marks_is_found(text: str, root: Root, facts: Facts) -> None:
    root.add(WORDS, f"empty: {text}\n")
    assert [item.line for item in _findings(root, facts)] == [root.line(WORDS, "empty:")]


def test_a_prompt_that_stands_in_two_files_is_found_with_both_places(root: Root, refused: Refused) -> None:
    (root.path / "prompts/ja/zz.yaml").write_text("# more\nhello: もう一つ。\n", "utf-8")
    (finding,) = refused(lambda: prompts.load(root.path, "ja"))
    assert (finding.file, finding.line, finding.text) == (
        "prompts/ja/zz.yaml",
        2,
        f"prompt hello also stands in {WORDS}:{root.line(WORDS, 'hello:')}",
    )


def test_a_prompt_that_stands_twice_in_one_file_is_found(root: Root, refused: Refused) -> None:
    root.add(WORDS, "hello: もう一つ。\n")
    (finding,) = refused(lambda: prompts.load(root.path, "ja"))
    assert (finding.line, finding.text) == (
        root.line(WORDS, "hello: も"),
        f"the key 'hello' stands twice here; the first is on line {root.line(WORDS, 'hello:')}",
    )


@pytest.mark.parametrize("text", ["greeting こんにちは\n", "- a\n- b\n", "|\n  words\n"])
def test_a_file_that_is_no_map_of_words_is_found(text: str, root: Root, refused: Refused) -> None:
    (root.path / "prompts/ja/zz.yaml").write_text(text, "utf-8")
    assert {item.file for item in refused(lambda: prompts.load(root.path, "ja"))} == {"prompts/ja/zz.yaml"}


def test_every_unreadable_file_is_found_at_once(root: Root, refused: Refused) -> None:
    (root.path / "prompts/ja/a.yaml").write_text("one: {a}: b\n", "utf-8")
    (root.path / "prompts/ja/b.yaml").write_text("empty:\n", "utf-8")
    (root.path / "prompts/ja/c.yaml").write_bytes("東京: 駅".encode("shift_jis"))
    findings = refused(lambda: prompts.load(root.path, "ja"))
    assert [item.file for item in findings] == ["prompts/ja/a.yaml", "prompts/ja/b.yaml", "prompts/ja/c.yaml"]


def test_the_invented_words_are_faultless(root: Root, facts: Facts) -> None:
    assert list(prompts.check(prompts.load(root.path, "ja"), facts)) == []


SPOILED = {
    "手数料は{reisue_fee}。": "there is no fact 'reisue_fee'",
    "手数料は{reissue_fee:loudly}。": "loudly",
    "手数料は{REISSUE_FEE}。": "{REISSUE_FEE} is neither a fact nor a reading",
    '"{}です。"': "{} is neither a fact nor a reading",
    "手数料は{ reissue_fee }。": "{ reissue_fee } is neither a fact nor a reading",
    "手数料は{reissue_fee:}。": "{reissue_fee:} is neither a fact nor a reading",
    '"{旧氏|kyuuuji}です。"': "{旧氏|kyuuuji}: the reading must be kana",
    '"{旧氏|旧氏}です。"': "{旧氏|旧氏}: the reading must be kana",
    '"{旧氏|}です。"': "{旧氏|}: the reading must be kana",
    '"{|きゅううじ}です。"': "{|きゅううじ}: the reading must be kana",
    '"{旧氏|きゅう|うじ}です。"': "{旧氏|きゅう|うじ}: the reading must be kana",
    "手数料は{reissue_fee。": "by hand",
    "手数料はreissue_fee}。": "by hand",
    '"{{reissue_fee}}です。"': "by hand",
    "手数料は1000円。": "by hand",
    "手数料は１０００円。": "by hand",
    "電話は03-5742-6660。": "by hand",
    '"{14日|じゅうよっか}以内です。"': "by hand",
    "電話は{ward_phone}ですので、おかけください。": "ward_phone",
    "手数料は千円です。": "has '千円' written by hand",
    "窓口は三階です。": "has '三階' written by hand",
    "十四日以内です。": "has '十四日' written by hand",
    "午前八時半からです。": "has '八時' written by hand",
    "一点お持ちください。": "has '一点' written by hand",
    "条件は三つです。": "has '三つ' written by hand",
    "代理なら二回です。": "has '二回' written by hand",
    "十五歳未満です。": "has '十五歳' written by hand",
    "ゼロを押してください。": "has 'ゼロ' written by hand",
    "シャープでもう一度。": "has 'シャープ' written by hand",
    "正午からです。": "has '正午' written by hand",
    "持ち物です{=reisue_fee}。": "there is no fact 'reisue_fee'",
    "おたずねください{?nowhere}。": "there is no unsettled place 'nowhere'",
    "おたずねください{?reissue_fee}。": "there is no unsettled place 'reissue_fee'",
    '"{key:again}を押してください。"': "there is no fact 'key'",
}
NOT_COUNTED = (
    "もう一度、一つずつ、一緒に。",
    "一回目と二回目の持ち物。",
    "品川第一と荏原第四。",
    "一時停止は、一日中できます。",
    "一部だけです。",
)


@pytest.mark.parametrize("text", NOT_COUNTED)
def test_words_that_count_nothing_may_be_written(text: str, root: Root, facts: Facts) -> None:
    root.change(WORDS, "was_strange: 分かりませんでした。", f"was_strange: {text}")
    assert _findings(root, facts) == []


def test_the_common_keys_have_names(root: Root, facts: Facts) -> None:
    (sentence,) = said(root, facts, '"{key:repeat}、{key:back}、{key:person}。"')
    assert (sentence.text, sentence.spoken, sentence.option) == ("シャープ、コメジルシ、ゼロ。",) * 2 + ("",)


def test_marks_are_silent_and_told_apart(root: Root, facts: Facts) -> None:
    (sentence,) = said(root, facts, "番号は{ward_phone}{=reissue_fee_may}{?reissue_fee_reasons}。")
    assert sentence.text == "番号は03-5742-6660。"
    prompt = prompts.load(root.path, "ja").by_name["tried"]
    assert (list(prompt.facts()), list(prompt.asks())) == (["ward_phone", "reissue_fee_may"], ["reissue_fee_reasons"])


@pytest.mark.parametrize("text", SPOILED)
def test_spoiled_words_are_found_at_their_line(text: str, root: Root, facts: Facts) -> None:
    root.change(WORDS, "was_strange: 分かりませんでした。", f"was_strange: {text}")
    found = list(_findings(root, facts))
    assert {(item.file, item.line, item.level) for item in found} == {
        (WORDS, root.line(WORDS, "was_strange: "), "error")
    }
    assert any(SPOILED[text] in item.text for item in found), [item.text for item in found]
    assert all(any("ぁ" <= char <= "ヿ" for char in item.text_ja) for item in found)


def _findings(root: Root, facts: Facts) -> list[Finding]:
    try:
        return list(prompts.check(prompts.load(root.path, "ja"), facts))
    except prompts.FindingsError as error:
        return error.findings


def test_every_spoiled_prompt_is_found_at_once(root: Root, facts: Facts) -> None:
    root.change(WORDS, "papers: 費用", "papers: お{nowhere}費用")
    root.change(WORDS, "shut: 時間外です。", "shut: 5時までです。")
    assert sorted(item.line for item in _findings(root, facts)) == [
        root.line(WORDS, "papers: お"),
        root.line(WORDS, "shut: "),
    ]
