"""The simulator's reading of TwiML against what Twilio's own library can write, and against nonsense."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from library_table import table
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from ivr.simulator import Response
from ivr.simulator.document import verbs
from ivr.simulator.verbs import UNSIMULATED, VERBS
from ivr.simulator.wire import Answer

if TYPE_CHECKING:
    from tests.simulator.conftest import Codes, Reply, Service

HEAD, TAIL = '<?xml version="1.0" encoding="UTF-8"?><Response>', "</Response>"
VALUES = {"loop": "1", "length": "2", "timeout": "9", "num_digits": "1", "time_limit": "60", "voice": "alice"}
CALLBACKS = {
    "record": "true",
    "status_callback_event": "ringing completed",
    "status_callback_method": "GET",
    "recording_status_callback_event": "completed",
    "recording_status_callback_method": "GET",
}
FLAGS = ("action_on_empty_result", "hangup_on_star", "sequential", "answer_on_bridge", "enhanced", "debug", "barge_in")
NOT_VERBS = {"queue", "prompt"}
"""The library lets these stand right under Response, which Twilio does not know."""


def written(method: Any, *content: str) -> dict[str, str]:  # noqa: ANN401  (one of the library's many functions)
    """Give every attribute that the library can write with a verb, with a value that is right."""
    names = list(inspect.signature(method).parameters)[1 + len(content) : -1]
    special = {
        "method": "GET",
        "partial_result_callback_method": "GET",
        "reason": "busy",
        "input": "dtmf",
        "language": "ja-JP",
        "finish_on_key": "*",
        **CALLBACKS,
    }
    return {name: special.get(name, VALUES.get(name, "true" if name in FLAGS else "1")) for name in names}


@pytest.mark.parametrize(
    ("verb", "content"),
    [("say", "はい"), ("play", "https://service.example/a"), ("redirect", "https://service.example/b"), ("dial", "")],
)
def test_every_attribute_of_a_verb_with_content_is_known(
    service: Service, codes: Codes, verb: str, content: str
) -> None:
    response = VoiceResponse()
    method = getattr(response, verb)
    method(content, **written(getattr(VoiceResponse, verb), content))
    assert 12200 not in codes(service.dial(str(response)[len(HEAD) : -len(TAIL)]))


@pytest.mark.parametrize("verb", ["gather", "pause", "hangup", "reject"])
def test_every_attribute_of_a_verb_without_content_is_known(service: Service, codes: Codes, verb: str) -> None:
    response = VoiceResponse()
    getattr(response, verb)(**written(getattr(VoiceResponse, verb)))
    assert set(codes(service.dial(str(response)[len(HEAD) : -len(TAIL)]))) <= {0, 11200}


def test_every_attribute_of_a_number_is_known(service: Service, codes: Codes) -> None:
    dial = Dial()
    dial.number("+81312345678", **written(Dial.number, "+81312345678"))
    assert set(codes(service.dial(str(dial).removeprefix(HEAD.removesuffix("<Response>"))))) <= {0}


def test_every_verb_of_the_library_has_a_name_here() -> None:
    methods = [name for name in dir(VoiceResponse) if not name.startswith("_")]
    others = {"MAP", "add_child", "append", "nest", "to_xml", "xml"}
    assert {name.capitalize() for name in methods if name not in others | NOT_VERBS} == set(VERBS)


def test_every_child_of_a_gather_in_the_library_may_stand_there(service: Service, codes: Codes) -> None:
    gather = Gather()
    gather.say("一")
    gather.pause()
    gather.play("https://service.example/a")
    assert codes(service.dial(str(gather).removeprefix(HEAD.removesuffix("<Response>")))) == [11200]


names = st.sampled_from([*VERBS, "Number", "Client", "break", "say", "Response"])
attributes = st.dictionaries(
    st.sampled_from(["loop", "timeout", "numDigits", "finishOnKey", "action", "method", "length", "voice", "input"]),
    st.sampled_from(
        ["", "0", "1", "-1", "99999999999999999999", "true", "GET", "#", "日本", "http://[", "/x", "a" * 50]
    ),
    max_size=3,
)


def element(name: str, given_attributes: dict[str, str], children: list[str]) -> str:
    pairs = "".join(f' {key}="{value}"' for key, value in given_attributes.items())
    return f"<{name}{pairs}>{''.join(children)}</{name}>"


trees = st.recursive(
    st.sampled_from(["", "text", "/voice", "+81312345678", "&amp;", "<![CDATA[<]]>"]),
    lambda inner: st.builds(element, names, attributes, st.lists(inner, max_size=3)),
    max_leaves=8,
)


@settings(deadline=None)
@given(trees, st.lists(st.sampled_from("1#"), max_size=3))
def test_no_document_leads_to_a_traceback_or_a_hang(service_factory: type[Service], tree: str, keys: list[str]) -> None:
    call = service_factory().dial(tree)
    for key in keys:
        call.wait(2)
        if not call.over:
            call.press(key)
    call.wait(20000)
    assert call.over


@settings(deadline=None)
@given(st.binary(max_size=60), st.sampled_from(["text/xml", "text/plain", "audio/wav", "audio/mpeg"]))
def test_no_bytes_do_either(service_factory: type[Service], reply_kind: type[Reply], body: bytes, kind: str) -> None:
    call = service_factory().dial(reply_kind(body, kind=kind))
    call.wait(20000)
    assert call.over


SIMULATED = [
    "Response",
    *(name for name in VERBS if name not in UNSIMULATED),
    "Number",
    "Client",
    "Sip",
    "Queue",
    "Conference",
]
WITHIN = {"Number": "Dial", "Client": "Dial", "Sip": "Dial", "Queue": "Dial", "Conference": "Dial"}
NAMED_ONLY = {*UNSIMULATED, "Application", "Sim", "WhatsApp", "Task"}
"""What the simulator knows by name and ends the call at, truthfully."""
NO_PLACE = re.compile(r"has no place in <\w+>")


def read(document: str) -> list[str]:
    """Let the simulator read a document without running it; gives its warnings."""
    warned: list[str] = []
    answer = Answer("https://service.example/a", Response(200, (("Content-Type", "text/xml"),), document.encode()))
    verbs(answer, lambda _code, text: warned.append(text))
    return warned


def around(parent: str, inner: str) -> str:
    """Write something within an element that stands where it may."""
    if parent == "Response":
        return f"<Response>{inner}</Response>"
    element = f"<{parent}>{inner}</{parent}>"
    return f"<Response><Dial>{element}</Dial></Response>" if parent in WITHIN else f"<Response>{element}</Response>"


@pytest.mark.parametrize("parent", SIMULATED)
def test_nesting_is_that_of_the_library(parent: str) -> None:
    every = {child for children in table().values() for child in children} - {"Sms"}
    allowed = set(table().get(parent, {}))
    refused = {child for child in every if any(NO_PLACE.search(text) for text in read(around(parent, f"<{child}/>")))}
    assert every - refused == allowed & every


@pytest.mark.parametrize(
    ("parent", "child"),
    [(parent, child) for parent in SIMULATED for child in sorted(table().get(parent, {})) if child not in NAMED_ONLY],
)
def test_attributes_are_those_of_the_library(parent: str, child: str) -> None:
    known = table()[parent][child]
    written = "".join(f' {name}="1"' for name in sorted({*known, "colour"}))
    unknown = [text for text in read(around(parent, f"<{child}{written}/>")) if "no attribute" in text]
    assert [re.sub(r".*no attribute (\S+).*", r"\1", text) for text in unknown] == ["colour"]
