"""What stands in the address of a page of the office: whatever it is, the page says in words what cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from ivr.records.events import Event

if TYPE_CHECKING:
    from conftest import At, Visitor

    from ivr.records.store import Store

NO_DAYS = ["0001-01-01", "0000-00-00", "9999-12-31", "10000-01-01", "1969-12-31", "2200-01-01", "yesterday", "²", "%00",
           "%ff", "-1", "2026-11-31", "2026-11-24T10:00", "9" * 3000]  # fmt: skip
NO_VERSIONS = ["typo", "deadbeef", "0A1B2C3D", "0a1b2c3d ", "%00", "%ff", "²", "'", "flow:0a1b2c3d", "9" * 3000]
HEARD = "0a1b2c3d"
WRONG_PERIOD = "期間が正しくありません"
WRONG_VERSION = "その版の電話はありません"


@pytest.fixture
def heard(store: Store, at: At) -> None:
    """Record a call that heard one version of the flow."""
    store.write([Event("CA1", 0, "answer", at.now, "opening", "answer", HEARD)])


@pytest.mark.usefixtures("heard")
def test_days_that_are_none_are_said_to_be_wrong(visitor: Visitor) -> None:
    visitor.signs_in()
    asked = [f"{name}={day}" for name in ("from", "to") for day in NO_DAYS]
    asked += [f"compare=period&{name}={day}" for name in ("from2", "to2") for day in NO_DAYS]
    asked += ["from=2026-11-24&to=2026-11-23", "from=2010-01-01&to=2026-01-01"]
    asked += [f"from={day}&to={day}&compare=previous" for day in ("0001-01-01", "1970-01-01", "9999-12-31")]
    found = {each: visitor.get(f"/console/reports/calls.csv?{each}") for each in asked}
    assert {each: answer.status_code for each, answer in found.items() if answer.status_code != 400} == {}
    assert [each for each, answer in found.items() if WRONG_PERIOD not in answer.text] == []


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("form", ["flow={}", "compare=flow:{}"])
def test_a_version_that_nobody_heard_is_told_with_those_there_are(visitor: Visitor, form: str) -> None:
    visitor.signs_in()
    for version in NO_VERSIONS:
        answer = visitor.get(f"/console/reports/calls.csv?{form.format(version)}")
        assert answer.status_code == 400
        assert f"{WRONG_VERSION}。ある版:{HEARD}(1件)" in answer.text
    assert visitor.get(f"/console/reports/calls.csv?{form.format(HEARD)}").status_code == 200
    assert visitor.get("/console/reports/calls.csv?compare=flow:").status_code == 400


def test_what_nothing_can_be_compared_with_is_told(visitor: Visitor) -> None:
    visitor.signs_in()
    for how in ("typo", "²", "%00", "prevous", "period2"):
        answer = visitor.get(f"/console/reports/calls.csv?compare={how}")
        assert (answer.status_code, answer.text) == (400, "くらべる相手が正しくありません。一覧から選んでください。\n")
    assert "まだ電話の記録がありません" in visitor.get("/console/reports/calls.csv?flow=deadbeef").text


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("from=0001-01-01&to=0001-01-02&compare=previous", WRONG_PERIOD),
        ("from=1970-01-01&to=1970-01-02&compare=previous", WRONG_PERIOD),
        ("from=9999-12-30&to=9999-12-31", WRONG_PERIOD),
        ("flow=typo", WRONG_VERSION),
        ("compare=flow:typo", WRONG_VERSION),
        ("compare=typo", "くらべる相手が正しくありません"),
    ],
)
def test_the_report_itself_says_it_and_shows_the_last_week(visitor: Visitor, asked: str, words: str) -> None:
    visitor.signs_in()
    answer = visitor.get(f"/console/reports?{asked}")
    assert answer.status_code == 400
    assert f'<p class="error" role="alert">{words}' in answer.text
    assert 'value="2026年11月18日(水)"' in answer.text
    assert "typo" not in answer.text


def test_a_call_that_cannot_be_is_not_there(visitor: Visitor) -> None:
    visitor.signs_in()
    for call in ("CA2", "%00", "a%00b", "%ff", quote("\u00b2"), "x" * 3000, "'"):
        for asked in ("", "?test=1", "?test=%00", "?test=9"):
            assert visitor.get(f"/console/calls/{call}{asked}").status_code == 404
    for asked in ("tests=1", "tests=%00", "tests=²", "limit=-1"):
        assert visitor.get(f"/console/calls?{asked}").status_code == 200
        assert visitor.get(f"/console/audit?{asked}").status_code == 200
