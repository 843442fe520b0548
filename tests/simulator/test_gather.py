"""<Gather>, by Twilio's page on it.

| attribute | values | default |
|---|---|---|
| input | dtmf, speech, dtmf speech | dtmf |
| action | address | the present document |
| method | GET, POST | POST |
| timeout | positive whole seconds | 5 |
| numDigits | positive whole number | unlimited |
| finishOnKey | one key, or blank | # |
| actionOnEmptyResult | true, false | false |
| speechTimeout | positive whole seconds, or auto (not with a speechModel: 13335) | timeout |
| maxSpeechTime | seconds, 60 at most | 60 |
| hints | 500 at most, 100 characters each | none |
| partialResultCallback, …Method | address, GET or POST | none, POST |
| language, speechModel, enhanced, profanityFilter, debug | read; change nothing here | |

Children: Say, Play, Pause. Of keys and speech the first wins, and the other is dropped. A key ends a prompt at once;
the timeout counts from the last word or the last key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.simulator import KEYS, Caption, Silence, Sound

if TYPE_CHECKING:
    from tests.simulator.conftest import Codes, Reply, Service, Wav

MENU = (
    '<Gather numDigits="1" finishOnKey="" timeout="6" action="/key"><Say>Press.</Say></Gather>'
    "<Redirect>/none</Redirect>"
)


def spoken(_source: str) -> Sound:
    """Speak five seconds: two options."""
    return Sound(5.0, (Caption("One.", 0.5, 2.0, option="1"), Caption("Two.", 2.5, 4.5, option="2")))


def digits(service: Service) -> list[str]:
    return [request.form["Digits"] for request in service.received if "Digits" in request.form]


def test_key_during_the_prompt_cuts_it_and_goes_to_the_action(service: Service) -> None:
    service.documents["/key"] = "<Hangup/>"
    call = service.dial(MENU, captions=spoken)
    call.wait(3)
    call.press("7")
    assert [(heard.text, heard.t, heard.seconds, heard.cut) for heard in call.heard] == [
        ("One.", 0.5, 1.5, False),
        ("Two.", 2.5, 0.5, True),
    ]
    assert service.paths() == ["/voice", "/key"]
    assert service.received[1].form["Digits"] == "7"
    assert call.ended == "service"
    assert call.seconds == 3.0


def test_key_between_sentences_cuts_nothing_and_the_next_is_not_heard(service: Service) -> None:
    service.documents["/key"] = "<Hangup/>"
    call = service.dial(MENU, captions=spoken)
    call.wait(2.25)
    call.press("1")
    assert [(heard.text, heard.cut) for heard in call.heard] == [("One.", False)]


def test_key_at_the_very_start_of_a_sentence_leaves_nothing_of_it(service: Service) -> None:
    service.documents["/key"] = "<Hangup/>"
    call = service.dial(MENU, captions=spoken)
    call.wait(2.5)
    call.press("1")
    assert [heard.text for heard in call.heard] == ["One."]


def test_silence_lasts_the_timeout_and_falls_to_the_next_verb(service: Service) -> None:
    service.documents["/none"] = "<Hangup/>"
    call = service.dial(MENU, captions=spoken)
    call.listen()
    assert call.doing == "listening"
    call.wait(5.999)
    assert service.paths() == ["/voice"]
    call.wait(0.001)
    assert service.paths() == ["/voice", "/none"]
    assert "Digits" not in service.received[1].form
    assert [event for event in call.events if isinstance(event, Silence)] == [Silence(5.0, 6.0)]


def test_hash_and_star_are_keys_where_nothing_finishes(service: Service) -> None:
    for key in "#*":
        service.documents["/key"] = "<Hangup/>"
        service.dial(MENU).press(key)
    assert digits(service) == ["#", "*"]


def test_finishing_key_is_not_in_digits(service: Service) -> None:
    call = service.dial('<Gather action="/key"/>')
    service.documents["/key"] = "<Hangup/>"
    for key in "12#":
        call.press(key)
    assert digits(service) == ["12"]
    assert service.received[1].form["FinishedOnKey"] == "#"
    assert service.received[1].form["msg"] == "Gather End"


def test_finishing_key_alone_is_an_empty_result(service: Service) -> None:
    call = service.dial('<Gather action="/key"/><Redirect>/next</Redirect>')
    service.documents["/next"] = "<Hangup/>"
    call.press("#")
    assert service.paths() == ["/voice", "/next"]


@pytest.mark.parametrize("end", ["#", ""])
def test_empty_result_goes_to_the_action_where_asked_for(service: Service, end: str) -> None:
    call = service.dial('<Gather action="/key" actionOnEmptyResult="true"/>')
    service.documents["/key"] = "<Hangup/>"
    if end:
        call.press(end)
    else:
        call.wait(5)
    assert digits(service) == [""]


def test_each_key_restarts_the_timeout(service: Service) -> None:
    call = service.dial('<Gather action="/key" timeout="3"><Pause length="2"/></Gather>')
    service.documents["/key"] = "<Hangup/>"
    call.wait(1)
    call.press("4")
    call.wait(2.9)
    call.press("2")
    call.wait(2.9)
    assert digits(service) == []
    call.wait(0.1)
    assert digits(service) == ["42"]
    assert [event.t for event in call.events if isinstance(event, Silence)] == [3.9]


def test_action_defaults_to_the_present_document_and_may_be_a_get(service: Service) -> None:
    service.documents["/voice"] = ['<Gather method="GET" numDigits="1"/>', "<Hangup/>"]
    call = service.dial()
    call.press("5")
    assert [(request.method, request.path) for request in service.received] == [("POST", "/voice"), ("GET", "/voice")]
    assert service.received[1].query["Digits"] == "5"


def test_every_file_is_fetched_before_the_first_sound_and_once_a_call(service: Service, wav: Wav) -> None:
    service.documents |= {"/a.wav": wav(2), "/b.wav": wav(1)}
    call = service.dial("<Gather><Say>Hello.</Say><Play>/a.wav</Play><Play>/b.wav</Play><Play>/a.wav</Play></Gather>")
    assert service.paths() == ["/voice", "/a.wav", "/b.wav"]
    call.listen()
    assert service.paths() == ["/voice", "/a.wav", "/b.wav"]
    assert [heard.seconds for heard in call.heard[1:]] == [2.0, 1.0, 2.0]


def test_hanging_up_while_it_listens_requests_nothing(service: Service) -> None:
    call = service.dial('<Gather action="/key"/>')
    call.press("1")
    call.hang_up()
    assert service.paths() == ["/voice"]
    assert call.ended == "caller"


def test_keys_of_a_gather_for_speech_alone_are_lost(service: Service, codes: Codes) -> None:
    call = service.dial('<Gather input="speech" speechTimeout="auto" language="ja-JP"><Say>Speak.</Say></Gather>')
    call.press("1")
    assert codes(call) == [0]
    assert "lost" in call.warnings[0].text


SPEECH = (
    '<Gather input="dtmf speech" action="/said" timeout="6" speechTimeout="2" partialResultCallback="/partly">'
    "<Say>Press or say.</Say></Gather><Redirect>/none</Redirect>"
)


@pytest.fixture
def ear(service: Service) -> Service:
    service.documents |= {"/said": "<Hangup/>", "/partly": "", "/none": "<Hangup/>"}
    return service


def test_speech_cuts_the_prompt_and_goes_to_the_action_after_a_silence(ear: Service) -> None:
    call = ear.dial(SPEECH, captions=spoken)
    call.wait(3)
    call.speak_up(1.5, "カードをなくしました", 0.75)
    assert call.takes_speech
    call.listen()
    call.wait(60)
    assert [heard.cut for heard in call.heard] == [False, True]
    form = ear.received[-1].form
    assert (form["SpeechResult"], float(form["Confidence"]), "Digits" in form) == ("カードをなくしました", 0.75, False)
    assert (ear.received[-1].path, call.seconds) == ("/said", 6.5)


def test_speaking_on_within_the_silence_belongs_to_it(ear: Service) -> None:
    call = ear.dial(SPEECH)
    call.listen()
    call.speak_up(1, "カードを", 0.5)
    call.wait(2.5)
    call.speak_up(1, "なくしました")
    call.wait(60)
    told = [(request.path, request.form.get("UnstableSpeechResult")) for request in ear.received[1:]]
    assert told == [("/partly", "カードを"), ("/partly", "カードを なくしました"), ("/said", None)]
    assert ear.received[1].form["CallStatus"] == "in-progress"
    assert ear.received[-1].form["SpeechResult"] == "カードを なくしました"
    assert ear.received[-1].form["Confidence"] == "0.50000000"


def test_what_comes_first_wins(ear: Service) -> None:
    call = ear.dial(SPEECH)
    call.press("4")
    call.speak_up(2, "なくしました")
    call.wait(60)
    assert (ear.received[-1].form["Digits"], "SpeechResult" in ear.received[-1].form) == ("4", False)
    assert ["lost" in warning.text for warning in call.warnings] == [True]
    call = ear.dial(SPEECH)
    call.speak_up(2, "なくしました")
    call.wait(0.5)
    call.press("#")
    call.wait(60)
    assert (ear.received[-1].form["SpeechResult"], "Digits" in ear.received[-1].form) == ("なくしました", False)
    assert "lost" in call.warnings[0].text


def test_speech_that_nobody_understands_is_an_empty_result(ear: Service) -> None:
    call = ear.dial(SPEECH)
    call.speak_up(1)
    call.wait(60)
    assert "/none" in ear.paths()
    call = ear.dial(SPEECH.replace("<Gather", '<Gather actionOnEmptyResult="true"'))
    call.speak_up(1)
    call.wait(60)
    assert ear.received[-1].form["SpeechResult"] == ""


def test_silence_where_speech_is_offered_ends_as_any_other(ear: Service) -> None:
    call = ear.dial(SPEECH, captions=spoken)
    call.wait(60)
    assert ([event.seconds for event in call.events if isinstance(event, Silence)], call.seconds) == ([6.0], 11.0)


@pytest.mark.parametrize(
    ("attributes", "seconds"),
    [('speechTimeout="auto"', 4.0), ('timeout="4"', 7.0), ('speechTimeout="9" maxSpeechTime="2"', 11.0)],
)
def test_when_speech_is_over(ear: Service, attributes: str, seconds: float) -> None:
    call = ear.dial(f'<Gather input="speech" action="/said" {attributes}/>')
    call.speak_up(3, "はい")
    call.wait(60)
    assert call.seconds == seconds


def test_nothing_listens_to_speech_where_it_is_not_offered(service: Service, codes: Codes) -> None:
    call = service.dial(MENU)
    call.speak_up(2, "なくしました")
    assert (codes(call), call.takes_speech) == ([0], False)
    assert "nothing listens to speech" in call.warnings[0].text


def test_wrong_values_of_speech_are_warnings_and_defaults(service: Service, codes: Codes) -> None:
    hints = ",".join(["x"] * 501)
    call = service.dial(
        f'<Gather input="speech" speechTimeout="0" maxSpeechTime="x" enhanced="yes" debug="1" hints="{hints}"'
        ' partialResultCallbackMethod="PUT"/>'
    )
    assert sorted(codes(call)) == [12200, 13327, 13328, 13330, 13336, 13339]
    call = service.dial('<Gather input="speech" speechTimeout="auto" speechModel="default"/>')
    assert codes(call) == [13335]


def test_wrong_values_are_warnings_and_defaults(service: Service, codes: Codes) -> None:
    call = service.dial(
        '<Gather input="voice" method="PUT" timeout="0" numDigits="-1" finishOnKey="##" actionOnEmptyResult="yes"'
        ' language="ja-JP" bargeIn="false" numDigit="1" finishOnkey=""/><Redirect>/next</Redirect>'
    )
    service.documents["/next"] = "<Hangup/>"
    assert sorted(codes(call)) == [0, 12200, 12200, 13311, 13312, 13313, 13314, 13326, 13338]
    call.wait(5)
    assert call.ended == "service"


def test_a_finishing_key_that_is_none_is_a_warning(service: Service, codes: Codes) -> None:
    assert codes(service.dial('<Gather finishOnKey="A"/>')) == [13310]


def test_only_say_play_and_pause_may_be_nested(service: Service, codes: Codes) -> None:
    call = service.dial("<Gather>text<Say>One.</Say><Redirect>/x</Redirect><Hangup/></Gather><Hangup/>")
    assert codes(call) == [12200, 13320, 13320]
    call.listen()
    assert [heard.text for heard in call.heard] == ["One."]


def test_codes_of_nested_verbs_are_the_gathers_own(service: Service, reply: type[Reply], codes: Codes) -> None:
    service.documents["/page"] = reply(b"<html/>", kind="text/html")
    call = service.dial(
        '<Gather><Say voice="nobody" loop="x">One.</Say><Play>/page</Play><Play digits="1">/page</Play></Gather>'
    )
    assert sorted(codes(call)) == [12200, 13321, 13322, 13325]


@settings(deadline=None)
@given(
    pressed=st.lists(st.sampled_from(KEYS), max_size=6),
    limit=st.integers(1, 5) | st.none(),
    finish=st.sampled_from(["", *KEYS]),
)
def test_rules_of_collecting_keys(
    service_factory: type[Service], pressed: list[str], limit: int | None, finish: str
) -> None:
    """An independent reading of steps 3 to 6: what is collected is what stands before the end, whichever it is."""
    service = service_factory()
    service.documents["/key"] = "<Hangup/>"
    service.documents["/next"] = "<Hangup/>"
    number = "" if limit is None else f' numDigits="{limit}"'
    call = service.dial(
        f'<Gather action="/key" finishOnKey="{finish}"{number}/><Redirect>/next</Redirect>',
    )
    for key in pressed:
        if not call.over:
            call.press(key)
    call.wait(5)
    expected = "".join(pressed).split(finish)[0] if finish else "".join(pressed)
    expected = expected if limit is None else expected[:limit]
    assert digits(service) == ([expected] if expected else [])
    assert service.paths()[1] == ("/key" if expected else "/next")
