"""<Reject>, by Twilio's page on it.

| attribute | values | default |
|---|---|---|
| reason | rejected, busy | rejected |

It refuses a call that is not answered yet: as the first verb.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import Codes, Service

STATUS = {"status_url": "https://service.example/status"}


@pytest.mark.parametrize(
    ("reason", "status"), [("", "no-answer"), (' reason="busy"', "busy"), (' reason="x"', "no-answer")]
)
def test_refuses_before_the_answer(service: Service, codes: Codes, reason: str, status: str) -> None:
    service.documents["/status"] = ""
    call = service.dial(f"<Reject{reason}/>", line=STATUS)
    assert (call.ended, call.answered) == ("service", False)
    last = service.received[-1]
    assert (last.path, last.form["CallStatus"], last.form["CallDuration"]) == ("/status", status, "0")
    assert codes(call) == ([13810] if "x" in reason else [])


def test_after_the_answer_it_only_hangs_up(service: Service, codes: Codes) -> None:
    service.documents["/status"] = ""
    call = service.dial("<Say>はい</Say><Reject/>", line=STATUS)
    call.listen()
    assert service.received[-1].form["CallStatus"] == "completed"
    assert codes(call) == [0]
