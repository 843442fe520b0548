"""<Hangup>, by Twilio's page on it: no attributes; as the first verb the call is answered all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulator.conftest import Codes, Service


def test_ends_the_call(service: Service, codes: Codes) -> None:
    call = service.dial('<Hangup now="1"/><Say>never</Say>')
    assert (call.ended, call.seconds, call.answered) == ("service", 0.0, True)
    assert call.heard == []
    assert codes(call) == [12200]


def test_so_does_the_end_of_a_document_and_an_empty_one(service: Service) -> None:
    for document in ("<Pause/>", ""):
        call = service.dial(document)
        call.listen()
        assert (call.ended, call.answered) == ("service", True)
