"""Passages: a name that changes with every word, and with nothing else."""

from __future__ import annotations

import re
from dataclasses import fields, replace

from ivr.passage import Passage, Sentence

SENTENCE = Sentence("hello", "品川区、一番。", "しながわく、イチバン。", option="1", pace="normal", pause=0.4)
CHANGED = {"prompt": "other", "text": "一番。", "spoken": "イチ。", "option": "2", "pace": "slow", "pause": 0.5}


def test_equal_words_have_the_same_name_everywhere() -> None:
    first, second = (Passage("ja", (SENTENCE, replace(SENTENCE, option="2"))) for _ in range(2))
    assert first.key == second.key
    assert re.fullmatch(r"[0-9a-f]{24}", first.key)


def test_whatever_changes_changes_the_name() -> None:
    assert set(CHANGED) == {field.name for field in fields(Sentence)}
    passages = [Passage("ja", (replace(SENTENCE, **{name: value}),)) for name, value in CHANGED.items()]
    passages += [Passage("ja", (SENTENCE,)), Passage("en", (SENTENCE,)), Passage("ja", (SENTENCE, SENTENCE))]
    passages += [Passage("ja", ()), Passage("ja", (SENTENCE, passages[0].sentences[0]))]
    passages += [Passage("ja", (passages[0].sentences[0], SENTENCE))]
    assert len({passage.key for passage in passages}) == len(passages)


def test_the_words_for_a_voice_are_all_sentences_in_order() -> None:
    assert Passage("ja", (SENTENCE, replace(SENTENCE, spoken="ニバン。"))).spoken == "しながわく、イチバン。ニバン。"
