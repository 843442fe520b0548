"""The register of approved readings: what changes is found, what tables repeat is kept once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr.findings import Finding, FindingsError
from ivr.passage import Sentence
from ivr.speech import approved
from ivr.speech.lexicon import Lexicon

if TYPE_CHECKING:
    from pathlib import Path


class _Reader:
    """A front end of a few known parts."""

    def __init__(self, **readings: str) -> None:
        self.readings = readings

    def clauses(self, text: str) -> list[tuple[str, str]]:
        parts = text.strip("。").split("、")
        return [(part, self.readings.get(part, part)) for part in parts]

    def unread(self, text: str) -> list[str]:
        return [mark for mark in text if mark == "鿿"]


class _Context(_Reader):
    """Reads 方 otherwise where it follows 右へ."""

    def clauses(self, text: str) -> list[tuple[str, str]]:
        return [(part, "ホー" if part == "方" and "右へ" in text else kana) for part, kana in super().clauses(text)]


def place(prompt: str) -> tuple[str, int]:
    return (f"prompts/ja/{prompt}.yaml", 4)


def spoken(*texts: str) -> list[Sentence]:
    return [Sentence("a", text, text) for text in texts]


def heard(reader: _Reader, *texts: str) -> list[approved.Heard]:
    return approved.hear(spoken(*texts), reader, Lexicon())


def test_sentences_from_tables_share_their_parts() -> None:
    said = heard(_Reader(), *(f"{counter}は、{hour}までです。" for counter in "アイウエオ" for hour in "カキクケコ"))
    assert len(said) == 25
    assert list(approved.register(said)) == [
        *(f"{name}は" for name in "アイウエオ"),
        *(f"{hour}までです" for hour in "カキクケコ"),
    ]


def test_what_was_approved_passes_until_a_reading_changes() -> None:
    before = heard(_Reader(旧氏="キューウジ"), "旧氏、はい。")
    known = approved.register(before)
    assert known == {"はい": "はい", "旧氏": "キューウジ"}
    assert list(approved.check(before, known, place)) == []
    after = heard(_Reader(旧氏="キューシ"), "旧氏、はい。", "旧氏です、旧氏。", "旧氏。")
    assert [finding.text for finding in approved.check(after, known, place)] == [
        "prompt a: the reading of 「旧氏」 has changed from キューウジ to キューシ",
        "prompt a: the reading of 「旧氏です」 is not approved yet: 旧氏です",
    ]


def test_a_finding_names_the_place_in_both_languages() -> None:
    (finding,) = approved.check(heard(_Reader(旧氏="キューウジ"), "旧氏。"), {}, place)
    assert finding == Finding(
        "prompts/ja/a.yaml",
        4,
        "error",
        "prompt a: the reading of 「旧氏」 is not approved yet: キューウジ",
        "プロンプト「a」: 「旧氏」の読み キューウジ は、まだ確かめられていません",
    )


def test_a_part_read_in_two_ways_is_kept_with_its_whole_sentences() -> None:
    said = heard(_Context(方="カタ"), "右へ、方。", "お待ちの、方。", "はい。")
    known = approved.register(said)
    assert known == {"お待ちの、方。": "お待ちの、カタ", "はい": "はい", "右へ、方。": "右へ、ホー"}
    assert list(approved.check(said, known, place)) == []
    flipped = heard(_Reader(方="カタ"), "右へ、方。")
    assert [finding.text for finding in approved.check(flipped, known, place)] == [
        "prompt a: the reading of 「右へ、方。」 has changed from 右へ、ホー to 右へ、カタ"
    ]


def test_readings_of_words_nobody_says_are_a_warning() -> None:
    (finding,) = approved.unused(heard(_Reader(), "はい。"), {"はい": "はい", "いいえ": "イイエ"}, "ja")
    assert (finding.level, finding.file) == ("warning", "prompts/readings/ja.yaml")
    assert finding.text == "1 readings are said nowhere any more (いいえ …); --approve takes them out"


def test_what_would_be_silent_is_found() -> None:
    found = approved.unsayable(spoken("※はい。", "鿿です。", "はい。"), _Reader(), Lexicon(), place)
    assert [finding.text for finding in found] == [
        "prompt a: no voice says ※ in '※はい。'; write it in words",
        "prompt a: 鿿 would not be heard in '鿿です。'; give it a reading as {word|かな}",
    ]


def test_the_register_reads_back_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    known = {"no": "ノー", "010": "イチ", "よろしいですか": "ヨロシーデスカ", "a: b": "エー", "#": "シャープ"}
    assert approved.write(tmp_path, "ja", known) == tmp_path / "prompts/readings/ja.yaml"
    assert approved.load(tmp_path, "ja") == known
    assert [path.name for path in (tmp_path / "prompts/readings").iterdir()] == ["ja.yaml"]


def test_no_register_approves_nothing(tmp_path: Path) -> None:
    assert approved.load(tmp_path, "ja") == {}


def test_a_register_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/readings").write_text("in the way")
    with pytest.raises(FindingsError, match=r"prompts/readings/ja\.yaml:0: error: cannot be written"):
        approved.write(tmp_path, "ja", {})


def test_a_register_of_another_shape_is_refused(tmp_path: Path, root: Path) -> None:
    del root
    (tmp_path / "prompts/readings").mkdir(parents=True)
    (tmp_path / "prompts/readings/ja.yaml").write_text("旧氏: [キューウジ]\n")
    with pytest.raises(FindingsError, match=r"prompts/readings/ja\.yaml:1: error: 旧氏"):
        approved.load(tmp_path, "ja")


def test_what_is_new_is_told_where_the_dictionary_reads_it_otherwise() -> None:
    said = [
        approved.Heard("a", "5分から、かた。", (("5分から", "ゴフンカラ"), ("かた", "カタ")), "五分から、方。"),
        approved.Heard("a", "はい。", (("はい", "ハイ"),), "はい。"),
    ]
    plain = _Reader(五分から="ゴブカラ", 方="ホー", はい="ハイ")
    assert approved.news(said, {"かた": "カタ"}) == {"5分から": "ゴフンカラ", "はい": "ハイ"}
    new = approved.news(said, {"かた": "カタ"})
    assert approved.unlike(said, new, plain) == {"5分から": ("ゴフンカラ", "ゴブカラ")}
    assert approved.unlike(said, {}, plain) == {}
