"""Turns as TwiML: each row is a turn and exactly the document that Twilio gets for it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from ivr import twiml
from ivr.call import Dial, HangUp, Turn, Wait
from ivr.passage import Passage, Sentence
from ivr.position import Position

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = '<?xml version="1.0" encoding="UTF-8"?><Response>'
END = "</Response>"
BASE = "https://helpline.example.jp"
OWN = "+815012345678"
VOICE = 'language="ja-JP" voice="Polly.Kazuha-Neural"'
HERE = Position("opening", 5, turn=2)
AT = f"{BASE}/voice/at/1.opening..0.0.2.0.ja.n.00000000.00000000.5"


class Addresses:
    """The addresses that the tests expect."""

    def turn(self, position: str, after: str = "") -> str:
        """Give the address of the next turn."""
        return f"{BASE}/voice/at/{position}" + (f"/{after}" if after else "")

    def audio(self, name: str) -> str:
        """Give the address of a file."""
        return f"{BASE}/audio/{name}.wav"


class Sound:
    """The file of one passage, and words marked as those that went through the rules for Twilio's voice."""

    def file_of(self, passage: Passage) -> str | None:
        """Give the name of the file, if there is one."""
        return FILES.get(passage.key)

    def words(self, spoken: str) -> str:
        """Give the words as they are read."""
        return spoken.replace("番", "バン")


class Nothing(Sound):
    """No files at all."""

    def file_of(self, passage: Passage) -> None:
        """Give none."""


def passage(*sentences: str) -> Passage:
    return Passage("ja", tuple(Sentence("p", f"({spoken})", spoken) for spoken in sentences))


HELLO, MORE = passage("こんにちは。", "一番です。"), passage("二番です。")
FILES = {HELLO.key: "0" * 24}
GATHER = f'<Gather action="{AT}" finishOnKey="" input="dtmf" method="POST" numDigits="1" timeout="6">'
GATHER_NOTHING = f'<Gather action="{AT}" finishOnKey="" input="dtmf" method="POST" numDigits="1" timeout="10" />'
REDIRECT = f'<Redirect method="POST">{AT}/silence</Redirect>'
DIAL = (
    f'<Dial action="{AT}/dialled" callerId="{OWN}" method="POST" timeLimit="3600" timeout="22">'
    "<Number>+81120950178</Number></Dial>"
)

TABLE = {
    "a file and a wait": (
        Turn(HERE, (HELLO,), Wait(6), "x"),
        f"{GATHER}<Play>{BASE}/audio/{'0' * 24}.wav</Play></Gather>{REDIRECT}",
    ),
    "words where a file is missing": (
        Turn(HERE, (HELLO, MORE), Wait(6), "x"),
        f"{GATHER}<Play>{BASE}/audio/{'0' * 24}.wav</Play><Say {VOICE}>二バンです。</Say></Gather>{REDIRECT}",
    ),
    "nothing to say and a wait": (
        Turn(HERE, (), Wait(10), "x"),
        f"{GATHER_NOTHING}{REDIRECT}",
    ),
    "a transfer": (
        Turn(HERE, (HELLO,), Dial("+81120950178", "suspension_phone", 22, 3600), "x"),
        f"<Play>{BASE}/audio/{'0' * 24}.wav</Play>{DIAL}",
    ),
    "a transfer without its file": (
        Turn(HERE, (MORE,), Dial("+81120950178", "suspension_phone", 22, 3600), "x"),
        f"<Say {VOICE}>二バンです。</Say>{DIAL}",
    ),
    "a farewell": (
        Turn(HERE, (HELLO,), HangUp(), "x"),
        f"<Play>{BASE}/audio/{'0' * 24}.wav</Play><Hangup />",
    ),
    "a caller who is gone": (Turn(HERE, (), HangUp(), "gone"), "<Hangup />"),
    "words with marks of XML": (
        Turn(HERE, (passage("<a> & \"b\" 'c'。"),), HangUp(), "x"),
        f"<Say {VOICE}>&lt;a&gt; &amp; \"b\" 'c'。</Say><Hangup />",
    ),
}


@pytest.mark.parametrize("what", TABLE)
def test_a_turn_is_written_exactly_so(what: str) -> None:
    turn, expected = TABLE[what]
    assert twiml.render(turn, Addresses(), Sound(), OWN) == HEAD + expected + END


def test_without_a_number_of_our_own_no_caller_id_is_written() -> None:
    turn = Turn(HERE, (), Dial("+81120950178", "x", 22, 3600), "x")
    written = twiml.render(turn, Addresses(), Nothing(), "")
    assert written == HEAD + DIAL.replace(f' callerId="{OWN}"', "") + END


def test_the_last_resort_is_said_twice_and_ends() -> None:
    said = f'<Say {VOICE}>こんにちは。一バンです。</Say><Pause length="1" />'
    assert twiml.last_resort(HELLO, Nothing().words) == f"{HEAD}{said}{said}<Hangup />{END}"


def said(*sentences: str) -> list[str]:
    turn = Turn(HERE, (passage(*sentences),), HangUp(), "x")
    document = ET.fromstring(twiml.render(turn, Addresses(), Nothing(), OWN))  # noqa: S314  (our own)
    return [found.text or "" for found in document.findall("Say")]


def test_long_words_are_divided_at_the_end_of_sentences() -> None:
    long = ["あ" * 199 + "。", "い" * 199 + "。", "う" * 199 + "。"]
    assert said(*long) == [long[0] + long[1], long[2]]


def test_words_that_just_fit_stay_together() -> None:
    assert said("あ" * 449 + "。") == ["あ" * 449 + "。"]
    assert said("あ" * 224 + "。", "い" * 224 + "。") == ["あ" * 224 + "。" + "い" * 224 + "。"]


def test_no_say_is_empty() -> None:
    turn = Turn(HERE, (Passage("ja", ()),), Wait(6), "x")
    assert "<Say" not in twiml.render(turn, Addresses(), Nothing(), OWN)


def nested() -> Iterator[str]:
    for turn, _ in TABLE.values():
        if isinstance(turn.then, Wait):
            document = ET.fromstring(twiml.render(turn, Addresses(), Nothing(), OWN))  # noqa: S314  (our own)
            yield " ".join(child.tag for child in document)


def test_everything_heard_before_a_key_stands_inside_the_gather() -> None:
    assert set(nested()) == {"Gather Redirect"}
