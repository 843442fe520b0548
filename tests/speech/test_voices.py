"""prompts/voices.yaml: what it may hold, and how a voice is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr.findings import FindingsError
from ivr.speech import voices
from ivr.speech.voices import Tempo, Voice

if TYPE_CHECKING:
    from pathlib import Path


def _written(root: Path, text: str) -> Path:
    (root / "prompts").mkdir()
    (root / "prompts/voices.yaml").write_text(text)
    return root


def test_the_first_voice_of_an_engine_is_taken_unless_one_is_named(root: Path) -> None:
    known = voices.load(root)
    assert {engine: voices.choose(known, engine=engine).name for engine in ("quick", "gtts", "tone")} == {
        "quick": "mei",
        "gtts": "google",
        "tone": "tone",
    }
    assert voices.choose(known, name="google", engine="quick").engine == "gtts"


def test_a_voice_that_does_not_exist_is_answered_with_those_that_do(root: Path) -> None:
    with pytest.raises(FindingsError) as caught:
        voices.choose(voices.load(root), name="mai")
    assert str(caught.value) == (
        "prompts/voices.yaml:0: error: no voice 'mai'; there are: mei (quick), google (gtts), tone (tone)"
    )


def test_mistakes_are_named_with_their_lines(tmp_path: Path) -> None:
    top = _written(
        tmp_path,
        "voices:\n  a:\n    engine: loud\n  b:\n    engine: tone\n    normal: {rate: 60, comma: 0.3}\n    pitch: 3\n"
        "  c:\n    engine: gtts\n    address: translate.example\n",
    )
    with pytest.raises(FindingsError) as caught:
        voices.load(top)
    assert [(finding.line, finding.text.split(": ")[0]) for finding in caught.value.findings] == [
        (3, "voices.a.engine"),
        (6, "voices.b.normal.rate"),
        (7, "voices.b.pitch"),
        (10, "voices.c.address"),
    ]


def test_no_voices_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FindingsError, match=r"prompts/voices\.yaml:0: error: this file is missing"):
        voices.load(tmp_path)


def test_a_pace_has_its_own_tempo() -> None:
    voice = Voice(engine="tone", slow=Tempo(rate=4, comma=0.8))
    assert (voice.tempo("normal").rate, voice.tempo("slow").rate) == (6.65, 4.0)
