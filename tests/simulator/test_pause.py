"""<Pause>, by Twilio's page on it.

| attribute | values | default |
|---|---|---|
| length | positive whole seconds | 1 |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulator.conftest import Codes, Service


def test_silence_of_its_length(service: Service, codes: Codes) -> None:
    call = service.dial('<Pause/><Pause length="3"/><Say>はい</Say>')
    assert call.doing == "pausing"
    call.press("1")
    call.listen()
    assert [heard.t for heard in call.heard] == [4.0]
    assert codes(call) == [0]


def test_wrong_length_is_a_warning_and_one_second(service: Service, codes: Codes) -> None:
    for length in ("0", "-1", "1.5", "x", "٣"):
        call = service.dial(f'<Pause length="{length}"/>')
        call.listen()
        assert (codes(call), call.seconds) == ([13910], 1.0)


def test_as_first_verb_it_does_not_answer(service: Service) -> None:
    call = service.dial("<Pause/><Say>はい</Say>")
    assert not call.answered
    call.wait(1)
    assert call.answered
