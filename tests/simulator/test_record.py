"""<Record>, by Twilio's page on it.

| attribute | values | default |
|---|---|---|
| action, method | address, GET or POST | the document itself, POST |
| timeout | seconds of silence that end it, 0 = none do | 5 |
| finishOnKey | keys that end it | 1234567890*# |
| maxLength | 1 to 3600 s; with transcription 120 | 3600, 120 |
| playBeep, trim, transcribe | true false; trim-silence do-not-trim; true false | true, trim-silence, false |
| recordingStatusCallback, …Method, …Event | address, method, in-progress completed absent | none, POST, completed |

A caller who hangs up has the action requested with Digits=hangup; of pure silence the next verb follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr.simulator import Recorded, Redirected, Rules, Target

if TYPE_CHECKING:
    from tests.simulator.conftest import Codes, Service

RECORD = '<Record action="/kept" timeout="4"/><Say>nothing heard</Say>'


@pytest.fixture
def box(service: Service) -> Service:
    service.documents |= {"/kept": "<Say>thank you</Say>", "/told": ""}
    return service


def test_what_was_spoken_is_kept_without_the_silence_after_it(box: Service) -> None:
    call = box.dial(RECORD)
    call.wait(0.5)
    assert call.doing == "recording"
    call.speak_up(7)
    call.listen()
    form = box.received[-1].form
    assert (form["RecordingDuration"], form["Digits"], form["RecordingUrl"]) == ("7", "", call.world.recordings[0].url)
    assert [heard.text for heard in call.heard] == ["(beep)", "thank you"]
    assert call.heard[1].t == 11.5
    assert [event.seconds for event in call.events if isinstance(event, Recorded)] == [7]


def test_silence_is_kept_where_it_is_not_trimmed(box: Service) -> None:
    call = box.dial(RECORD.replace("<Record", '<Record trim="do-not-trim" playBeep="false"'))
    call.speak_up(7)
    call.listen()
    assert box.received[-1].form["RecordingDuration"] == "11"


def test_speaking_on_keeps_the_recording_going(box: Service) -> None:
    call = box.dial(RECORD.replace("<Record", '<Record playBeep="false"'))
    call.speak_up(3)
    call.wait(6)
    call.speak_up(3)
    call.listen()
    assert box.received[-1].form["RecordingDuration"] == "9"


@pytest.mark.parametrize(
    ("keys", "pressed", "ends"), [("#", "1", False), ("#", "#", True), ("", "#", False), ("-1", "1", False)]
)
def test_only_the_finishing_keys_end_it(box: Service, keys: str, pressed: str, *, ends: bool) -> None:
    call = box.dial(f'<Record action="/kept" finishOnKey="{keys}"/>')
    call.wait(0.5)
    call.speak_up(30)
    call.wait(10)
    call.press(pressed)
    assert ("/kept" in box.paths()) is ends
    if ends:
        assert (box.received[-1].form["Digits"], box.received[-1].form["RecordingDuration"]) == (pressed, "10")


def test_any_key_ends_it_by_default_and_the_longest_length_too(box: Service) -> None:
    call = box.dial('<Record action="/kept" maxLength="20"/>')
    call.wait(0.5)
    call.speak_up(60)
    call.listen()
    assert box.received[-1].form["RecordingDuration"] == "20"
    call = box.dial('<Record action="/kept"/>')
    call.wait(0.5)
    call.speak_up(60)
    call.wait(2)
    call.press("7")
    assert box.received[-1].form["Digits"] == "7"


def test_hanging_up_requests_the_action_which_nobody_executes(box: Service) -> None:
    call = box.dial(RECORD)
    call.wait(0.5)
    call.speak_up(60)
    call.wait(5)
    call.hang_up()
    form = box.received[-1].form
    assert (form["Digits"], form["RecordingDuration"], form["CallStatus"]) == ("hangup", "5", "completed")
    assert [heard.text for heard in call.heard] == ["(beep)"]


def test_pure_silence_goes_on_with_the_next_verb_unless_the_rule_says_otherwise(box: Service) -> None:
    for rules, text in ((Rules(), "nothing heard"), (Rules(silent_record="action"), "thank you")):
        call = box.dial(RECORD, rules=rules)
        call.listen()
        assert [heard.text for heard in call.heard][1:] == [text]
    assert box.received[-1].form["RecordingDuration"] == "0"


def test_without_an_action_the_document_itself_is_requested(box: Service) -> None:
    box.documents["/voice"] = ["<Record/>", "<Say>again</Say>"]
    call = box.dial()
    call.wait(0.5)
    call.speak_up(2)
    call.listen()
    assert (box.paths(), call.heard[-1].text) == (["/voice", "/voice"], "again")


def test_callbacks_as_asked_for(box: Service) -> None:
    attributes = 'recordingStatusCallback="/told" recordingStatusCallbackEvent="in-progress completed absent"'
    call = box.dial(RECORD.replace("<Record", f"<Record {attributes}"))
    call.wait(0.5)
    call.speak_up(2)
    call.listen()
    call = box.dial(RECORD.replace("<Record", f"<Record {attributes}"))
    call.listen()
    forms = [request.form for request in box.received if request.path == "/told"]
    assert [form["RecordingStatus"] for form in forms] == ["in-progress", "completed", "in-progress", "absent"]
    assert {form["RecordingSource"] for form in forms} == {"RecordVerb"}
    assert (forms[1]["RecordingSid"][:2], forms[1]["RecordingDuration"]) == ("RE", "2")


def test_a_call_that_is_redirected_meanwhile_ends_the_recording_without_the_action(box: Service) -> None:
    box.documents["/elsewhere"] = "<Say>elsewhere</Say>"
    attributes = 'recordingStatusCallback="/told" recordingStatusCallbackEvent="completed absent"'
    for spoken, status in ((3, "completed"), (0, "absent")):
        call = box.dial(RECORD.replace("<Record", f"<Record {attributes}"))
        call.wait(0.5)
        call.speak_up(spoken)
        call.wait(2)
        call.interrupt(Redirected(Target(f"{box.base}/elsewhere")))
        call.listen()
        assert call.heard[-1].text == "elsewhere"
        assert (call.world.recordings[0].status, call.world.recordings[0].seconds) == (status, min(spoken, 2))
        assert [r.form["RecordingStatus"] for r in box.received if r.path == "/told"][-1] == status
    assert "/kept" not in box.paths()


def test_wrong_values_are_warnings_and_defaults(box: Service, codes: Codes) -> None:
    call = box.dial(
        '<Record method="PUT" timeout="x" finishOnKey="A" maxLength="0" playBeep="1" trim="x" transcribe="true"'
        ' transcribeCallback="/t" colour="red"/>'
    )
    call.listen()
    assert sorted(codes(call)) == [0, 12200, 13610, 13612, 13613, 13614, 13615, 13616]


def test_circles_of_silence_end(box: Service) -> None:
    call = box.dial("<Record/><Redirect/>")
    call.wait(15000)
    assert call.ended == "limit"
