"""<Say>, by Twilio's page on it.

| attribute | values | default |
|---|---|---|
| voice | man, woman, alice, Polly.*, Google.* | man |
| language | a language tag | en-US |
| loop | whole number, 0 = 1000 times | 1 |

Text: basic voices 4096, Polly 3000, Google 5000 single-byte characters, at most 4500 percent-encoded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr.simulator import Caption, Sound, estimate

if TYPE_CHECKING:
    from tests.simulator.conftest import Codes, Service


def test_words_nobody_described_are_one_sentence_of_estimated_length(service: Service) -> None:
    call = service.dial("<Say>お待ちください。</Say>")
    call.listen()
    (heard,) = call.heard
    assert (heard.text, heard.estimated, heard.cut) == ("お待ちください。", True, False)
    assert heard.seconds == estimate("お待ちください。")


def test_lengths_are_counted_by_morae() -> None:
    assert estimate("あいうえおかきくけこさしす") == 2.0
    assert estimate("きょ") == estimate("き")
    assert estimate("ああ。") == round(2 / 6.5 + 0.5, 2)
    assert estimate("漢") > estimate("か")
    assert estimate("twelve letters") == round(13 / 14, 2)
    assert estimate("") == 0.0


def test_captions_give_the_sentences(service: Service) -> None:
    known = Sound(3.0, (Caption("一。", 0.0, 1.0, prompt="one"), Caption("二。", 1.5, 2.5, "2", "two")), estimated=True)
    call = service.dial("<Say> 一。\n  二。 </Say>", captions={"一。 二。": known}.get)
    call.listen()
    assert [(h.t, h.text, h.prompt, h.option, h.estimated) for h in call.heard] == [
        (0.0, "一。", "one", "", True),
        (1.5, "二。", "two", "2", True),
    ]
    assert call.seconds == 3.0


def test_key_during_a_bare_say_is_lost(service: Service, codes: Codes) -> None:
    call = service.dial("<Say>はい。</Say>")
    call.press("1")
    assert codes(call) == [0]
    assert call.warnings[0].text == "key 1 is lost: nothing listens while the call is speaking"
    call.listen()
    assert [heard.cut for heard in call.heard] == [False]


def test_hanging_up_cuts_it(service: Service) -> None:
    call = service.dial("<Say>ああああああああああああああああああああ</Say>")
    call.wait(1)
    call.hang_up()
    assert [(heard.seconds, heard.cut) for heard in call.heard] == [(1.0, True)]
    assert call.ended == "caller"


def test_loop_repeats_and_zero_is_a_thousand_times(service: Service) -> None:
    call = service.dial('<Say loop="3">はい</Say>')
    call.listen()
    assert len(call.heard) == 3
    endless = service.dial('<Say loop="0">はい</Say>')
    endless.listen()
    assert len(endless.heard) == 1000


def test_markup_is_not_spoken(service: Service, codes: Codes) -> None:
    call = service.dial('<Say voice="Polly.Takumi-Neural">はい<break time="1s"/><s>どうぞ</s><b>!</b></Say>')
    call.listen()
    assert [heard.text for heard in call.heard] == ["はいどうぞ!"]
    assert codes(call) == [12200]


@pytest.mark.parametrize(
    ("say", "code"),
    [
        ("<Say/>", 13520),
        ("<Say> \n </Say>", 13520),
        (f"<Say>{'a' * 4097}</Say>", 13521),
        (f'<Say voice="Polly.Mizuki">{"a" * 3001}</Say>', 13521),
        (f"<Say>{'字' * 501}</Say>", 13521),
    ],
)
def test_what_is_empty_or_too_long_is_skipped(service: Service, codes: Codes, say: str, code: int) -> None:
    call = service.dial(f"{say}<Say>next</Say>")
    call.listen()
    assert codes(call) == [code]
    assert [heard.text for heard in call.heard] == ["next"]


def test_the_longest_texts_are_said(service: Service, codes: Codes) -> None:
    for say in (f"<Say>{'a' * 4096}</Say>", f'<Say voice="Google.ja-JP-Wavenet-B">{"字" * 500}</Say>'):
        assert codes(service.dial(say)) == []


def test_wrong_values_are_warnings_and_defaults(service: Service, codes: Codes) -> None:
    call = service.dial('<Say voice="robot" language="日本語" loop="-1" speed="2">はい</Say>')
    call.listen()
    assert codes(call) == [13511, 12200, 13510, 12200]
    assert len(call.heard) == 1
