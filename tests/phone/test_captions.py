"""The words behind sounds: files by their name, Twilio's voice by its words."""

from __future__ import annotations

from ivr.passage import Passage, Sentence
from ivr.phone.captions import captions
from ivr.simulator import Caption, Sound
from ivr.speech.morae import estimated_seconds
from ivr.speech.store import Index, Said

INDEX = Index(
    4.2, (Said("menu", "一は1。", "イチワイチ。", "1", 0.15, 1.9), Said("end", "以上。", "イジョー。", "", 2.4, 3.9))
)
PASSAGE = Passage(
    "ja",
    (
        Sentence("menu", "一は1。", "いちわいち。", "1", pause=0.5),
        Sentence("slow", "二。", "に。", "2", "slow", pause=0.8),
        Sentence("end", "以上 です。", "いじょう です。"),
    ),
)


def test_words_that_twilio_gets_otherwise_than_they_are_written_are_known_too() -> None:
    passage = Passage("ja", (Sentence("late", "午前0時から。", "午前零時から。"),))
    known = captions({}.get, lambda: [passage], lambda: lambda spoken: spoken.replace("零時", "レージ"))
    found = known("午前レージから。")
    assert found is not None
    assert [caption.text for caption in found.captions] == ["午前0時から。"]
    assert known("午前零時から。") is None


def test_a_file_is_known_by_its_name_wherever_it_lies() -> None:
    known = captions({"abc": INDEX}.get, lambda: (), lambda: str)
    sound = Sound(4.2, (Caption("一は1。", 0.15, 1.9, "1", "menu"), Caption("以上。", 2.4, 3.9, "", "end")))
    assert known("https://a.example/audio/abc.wav") == sound
    assert known("http://127.0.0.1:8000/x/abc.wav?v=1") == sound
    assert known("https://a.example/audio/other.wav") is None
    assert known("https://a.example/") is None


def test_what_a_voice_says_is_found_by_its_words_and_estimated() -> None:
    known = captions({}.get, lambda: [PASSAGE], lambda: str)
    sound = known("いちわいち。に。いじょう\nです。")
    first, second, third = (
        estimated_seconds("いちわいち。"),
        estimated_seconds("に。", slow=True),
        estimated_seconds("いじょう です。"),
    )
    assert sound is not None
    assert sound.estimated
    assert [(caption.prompt, caption.option, caption.text) for caption in sound.captions] == [
        ("menu", "1", "一は1。"),
        ("slow", "2", "二。"),
        ("end", "", "以上 です。"),
    ]
    assert [caption.begin for caption in sound.captions] == [0.0, round(first + 0.5, 3), round(first + second + 1.3, 3)]
    assert sound.seconds == round(first + 0.5 + second + 0.8 + third + 0.4, 3)


def test_a_part_of_a_passage_is_found_too() -> None:
    known = captions({}.get, lambda: [PASSAGE], lambda: str)
    sound = known("に。いじょうです。")
    assert sound is not None
    assert [caption.prompt for caption in sound.captions] == ["slow", "end"]


def test_words_that_are_not_ours_are_unknown() -> None:
    known = captions({}.get, lambda: [PASSAGE], lambda: str)
    assert known("Welcome.") is None
    assert known("に。いち") is None


def test_passages_are_only_asked_for_when_needed() -> None:
    asked: list[int] = []

    def passages() -> list[Passage]:
        asked.append(1)
        return [PASSAGE]

    known = captions({"abc": INDEX}.get, passages, lambda: str)
    known("https://a.example/abc.wav")
    assert asked == []
    known("に。")
    known("に。")
    assert asked == [1]
