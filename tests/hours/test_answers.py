"""What `ivr hours` answers, case by case: who is served where, and what the page's words make of a moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ivr.hours import PROCEDURES, WHO, answer, answers, holiday

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr.hours import Hours, ProcedureId, Who

    Moment = Callable[[str], datetime]

CENTRES = ["shinagawa-1", "osaki-1", "oi-1", "ebara-1", "ebara-4", "yashio"]
ALL = ["ward-office", "main-hall", "second-hall", *CENTRES, "meguro", "post-office"]


def places(table: Hours, procedure: ProcedureId, who: Who) -> dict[str, list[str]]:
    """Sort the counters by what is offered there."""
    sorted_: dict[str, list[str]] = {"yes": [], "no": [], "unknown": []}
    for counter, offer in table.procedures[procedure].offers[who].items():
        sorted_[{True: "yes", False: "no", None: "unknown"}[offer.offered]].append(counter)
    return {name: [counter for counter in ALL if counter in found] for name, found in sorted_.items() if found}


FULL_LIST = {
    "yes": ["ward-office", *CENTRES, "meguro", "post-office"],
    "unknown": ["main-hall", "second-hall"],
}
TWO_PLACES = {"yes": ["ward-office", "main-hall", "second-hall", "meguro"], "no": [*CENTRES, "post-office"]}
TWO_UNKNOWN = {"no": [*CENTRES, "post-office"], "unknown": ["ward-office", "main-hall", "second-hall", "meguro"]}
REGISTER = {"yes": ["ward-office", "main-hall", *CENTRES], "no": ["second-hall", "meguro", "post-office"]}
REGISTER_UNKNOWN = {"no": ["second-hall", "meguro", "post-office"], "unknown": ["ward-office", "main-hall", *CENTRES]}
OFFICE = {"yes": ["ward-office"], "no": [*CENTRES, "meguro", "post-office"], "unknown": ["main-hall", "second-hall"]}
OFFICE_UNKNOWN = {
    "no": [*CENTRES, "meguro", "post-office"],
    "unknown": ["ward-office", "main-hall", "second-hall"],
}
MAIN = {"yes": ["ward-office", "main-hall"], "no": ["second-hall", *CENTRES, "meguro", "post-office"]}
MAIN_UNKNOWN = {"no": ["second-hall", *CENTRES, "meguro", "post-office"], "unknown": ["ward-office", "main-hall"]}
SECOND = {"yes": ["ward-office", "second-hall"], "no": ["main-hall", *CENTRES, "meguro", "post-office"]}
SECOND_UNKNOWN = {"no": ["main-hall", *CENTRES, "meguro", "post-office"], "unknown": ["ward-office", "second-hall"]}
NOWHERE = {"no": ALL}
UNSAID = {"unknown": ALL}

OFFERED = {
    "suspension": dict.fromkeys(WHO, NOWHERE),
    "cancellation": dict.fromkeys(WHO, UNSAID),
    "found": {"self": OFFICE, "legal": OFFICE_UNKNOWN, "agent": OFFICE_UNKNOWN, "household": OFFICE_UNKNOWN},
    "reissue": {"self": SECOND, "legal": SECOND, "agent": SECOND, "household": SECOND_UNKNOWN},
    "pin": {"self": FULL_LIST, "legal": TWO_PLACES, "agent": TWO_PLACES, "household": TWO_UNKNOWN},
    "name": dict.fromkeys(WHO, REGISTER),
    "address": dict.fromkeys(WHO, REGISTER),
    "move-certificate": {"self": NOWHERE, "legal": NOWHERE, "agent": NOWHERE, "household": OFFICE},
    "certificate": {"self": FULL_LIST, "legal": TWO_PLACES, "agent": TWO_PLACES, "household": TWO_UNKNOWN},
    "residence-period": dict.fromkeys(WHO, OFFICE),
    "special-extension": dict.fromkeys(WHO, OFFICE),
    "former-name": {"self": REGISTER, "legal": REGISTER_UNKNOWN, "agent": REGISTER, "household": REGISTER},
    "returned-notice": {"self": MAIN, "legal": MAIN, "agent": MAIN, "household": MAIN_UNKNOWN},
}


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_who_is_served_where(hours: Hours, procedure: ProcedureId) -> None:
    assert {who: places(hours, procedure, who) for who in WHO} == OFFERED[procedure]


TUESDAY, WEDNESDAY, SATURDAY, SUNDAY = "2026-11-24", "2026-11-25", "2026-11-21", "2026-11-29"
HOLIDAY_MONDAY, HOLIDAY_TUESDAY, SUBSTITUTE = "2026-11-23", "2026-11-03", "2026-05-06"
HOLIDAY_SUNDAY, BETWEEN_HOLIDAYS = "2026-05-03", "2026-09-22"
LATE, DAY, POST, NOON = "08:30-19:00", "08:30-17:00", "10:00-16:00", "10:00-15:00"
MEGURO, SECOND_HALL = "目黒行政サービスコーナー", "第二庁舎3階 交付特設会場"

CASES = [
    # PIN, the person: the ward office and the first centre of Ebara stay open on Tuesdays and open on Sundays
    ("品川区役所", "pin", "self", f"{WEDNESDAY}T08:29", True, False, DAY, f"{WEDNESDAY}T08:30", "stated"),
    ("品川区役所", "pin", "self", f"{WEDNESDAY}T08:30", True, True, DAY, "2026-11-26T08:30", "stated"),
    ("品川区役所", "pin", "self", f"{WEDNESDAY}T16:59:59", True, True, DAY, "2026-11-26T08:30", "stated"),
    ("品川区役所", "pin", "self", f"{WEDNESDAY}T17:00", True, False, DAY, "2026-11-26T08:30", "stated"),
    ("品川区役所", "pin", "self", f"{TUESDAY}T18:59", True, True, LATE, f"{WEDNESDAY}T08:30", "stated"),
    ("品川区役所", "pin", "self", f"{TUESDAY}T19:00", True, False, LATE, f"{WEDNESDAY}T08:30", "stated"),
    ("品川区役所", "pin", "self", f"{SUNDAY}T12:00", True, True, DAY, "2026-11-30T08:30", "stated"),
    ("品川区役所", "pin", "self", f"{SATURDAY}T12:00", True, False, None, "2026-11-22T08:30", "word"),
    ("荏原第一地域センター", "pin", "self", f"{TUESDAY}T18:30", True, True, LATE, f"{WEDNESDAY}T08:30", "stated"),
    ("品川第一地域センター", "pin", "self", f"{TUESDAY}T18:30", True, False, DAY, f"{WEDNESDAY}T08:30", "stated"),
    ("品川第一地域センター", "pin", "self", f"{SUNDAY}T12:00", True, False, None, "2026-11-30T08:30", "word"),
    ("荏原第四地域センター", "pin", "self", f"{WEDNESDAY}T12:00", True, True, DAY, "2026-11-26T08:30", "stated"),
    (MEGURO, "pin", "self", f"{SUNDAY}T09:59", True, False, NOON, f"{SUNDAY}T10:00", "stated"),
    (MEGURO, "pin", "self", f"{SUNDAY}T14:59", True, True, NOON, "2026-11-30T08:30", "stated"),
    (MEGURO, "pin", "self", f"{SUNDAY}T15:00", True, False, NOON, "2026-11-30T08:30", "stated"),
    (MEGURO, "pin", "self", f"{TUESDAY}T18:00", True, True, LATE, f"{WEDNESDAY}T08:30", "stated"),
    ("荏原郵便局", "pin", "self", f"{TUESDAY}T16:00", True, False, POST, f"{WEDNESDAY}T10:00", "stated"),
    ("荏原郵便局", "pin", "self", f"{TUESDAY}T15:59", True, True, POST, f"{WEDNESDAY}T10:00", "stated"),
    # a national holiday is no weekday, whatever weekday it falls on
    ("品川区役所", "pin", "self", f"{HOLIDAY_MONDAY}T12:00", True, False, None, f"{TUESDAY}T08:30", "word"),
    ("品川区役所", "pin", "self", f"{HOLIDAY_TUESDAY}T18:00", True, False, None, "2026-11-04T08:30", "word"),
    ("荏原郵便局", "pin", "self", f"{SUBSTITUTE}T12:00", True, False, None, "2026-05-07T10:00", "word"),
    ("品川区役所", "pin", "self", f"{BETWEEN_HOLIDAYS}T12:00", True, False, None, "2026-09-24T08:30", "word"),
    # a Sunday that is a holiday, and the turn of the year: the section says nothing
    ("品川区役所", "pin", "self", f"{HOLIDAY_SUNDAY}T12:00", True, None, None, "2026-05-07T08:30", "none"),
    ("品川区役所", "pin", "self", f"{HOLIDAY_SUNDAY}T17:00", True, False, None, "2026-05-07T08:30", "none"),
    (MEGURO, "pin", "self", f"{HOLIDAY_SUNDAY}T09:00", True, False, None, "2026-05-07T08:30", "none"),
    ("品川第一地域センター", "pin", "self", f"{HOLIDAY_SUNDAY}T12:00", True, False, None, "2026-05-07T08:30", "word"),
    ("荏原郵便局", "pin", "self", "2026-12-31T12:00", True, None, None, "2027-01-04T10:00", "none"),
    ("荏原郵便局", "pin", "self", "2026-12-31T16:00", True, False, None, "2027-01-04T10:00", "none"),
    ("品川区役所", "pin", "self", "2026-12-29T18:00", True, None, None, "2027-01-04T08:30", "none"),
    ("品川区役所", "pin", "self", "2026-12-28T12:00", True, True, DAY, "2027-01-04T08:30", "stated"),
    ("品川区役所", "pin", "self", "2027-01-01T12:00", True, False, None, "2027-01-04T08:30", "word"),
    ("品川区役所", "pin", "self", "2027-01-02T12:00", True, False, None, "2027-01-04T08:30", "word"),
    ("品川区役所", "pin", "self", "2027-01-03T12:00", True, None, None, "2027-01-04T08:30", "none"),
    # the person's table names no hall
    ("本庁舎3階 戸籍住民課", "pin", "self", f"{WEDNESDAY}T12:00", None, None, None, None, "none"),
    (SECOND_HALL, "pin", "self", f"{WEDNESDAY}T20:00", None, False, None, None, "none"),
    (SECOND_HALL, "pin", "self", f"{SATURDAY}T12:00", None, False, None, None, "word"),
    # PIN, an agent: two places, both halls
    ("本庁舎3階 戸籍住民課", "pin", "agent", f"{TUESDAY}T18:00", True, True, LATE, f"{WEDNESDAY}T08:30", "stated"),
    (SECOND_HALL, "pin", "legal", f"{SUNDAY}T12:00", True, True, DAY, "2026-11-30T08:30", "stated"),
    ("品川区役所", "pin", "agent", f"{TUESDAY}T18:00", True, True, LATE, f"{WEDNESDAY}T08:30", "stated"),
    ("荏原郵便局", "pin", "agent", f"{TUESDAY}T12:00", False, False, None, None, "stated"),
    ("荏原第一地域センター", "pin", "legal", f"{TUESDAY}T12:00", False, False, None, None, "word"),
    (MEGURO, "certificate", "agent", f"{SUNDAY}T10:00", True, True, NOON, "2026-11-30T08:30", "stated"),
    ("荏原第一地域センター", "certificate", "legal", f"{TUESDAY}T12:00", False, False, None, None, "stated"),
    ("品川区役所", "pin", "household", f"{TUESDAY}T12:00", None, None, None, None, "none"),
    ("品川区役所", "pin", "household", f"{TUESDAY}T03:00", None, False, None, None, "none"),
    # reissue: hours that name no days, closings that are stated
    ("品川区役所", "reissue", "self", f"{TUESDAY}T18:00", True, True, LATE, f"{WEDNESDAY}T08:30", "stated"),
    (SECOND_HALL, "reissue", "agent", f"{WEDNESDAY}T17:00", True, False, DAY, "2026-11-26T08:30", "stated"),
    ("本庁舎3階 戸籍住民課", "reissue", "self", f"{WEDNESDAY}T12:00", False, False, None, None, "word"),
    ("品川区役所", "reissue", "self", f"{SUNDAY}T12:00", True, None, None, "2026-11-30T08:30", "none"),
    ("品川区役所", "reissue", "self", f"{SUNDAY}T08:29", True, False, None, "2026-11-30T08:30", "none"),
    ("品川区役所", "reissue", "self", f"{SUNDAY}T17:00", True, False, None, "2026-11-30T08:30", "none"),
    ("品川区役所", "reissue", "self", f"{SATURDAY}T12:00", True, False, None, f"{TUESDAY}T08:30", "stated"),
    ("品川区役所", "reissue", "self", f"{HOLIDAY_TUESDAY}T12:00", True, False, None, "2026-11-04T08:30", "stated"),
    ("品川区役所", "reissue", "self", f"{HOLIDAY_SUNDAY}T12:00", True, False, None, "2026-05-07T08:30", "stated"),
    ("品川区役所", "reissue", "self", f"{SUBSTITUTE}T12:00", True, False, None, "2026-05-07T08:30", "stated"),
    ("品川区役所", "reissue", "self", "2026-12-28T16:59", True, True, DAY, "2027-01-04T08:30", "stated"),
    ("品川区役所", "reissue", "self", "2026-12-29T12:00", True, False, None, "2027-01-04T08:30", "stated"),
    ("品川区役所", "reissue", "self", "2027-01-03T12:00", True, False, None, "2027-01-04T08:30", "stated"),
    # sections without hours: what the counter keeps for other things, never more than unknown
    ("品川区役所", "name", "self", f"{TUESDAY}T12:00", True, None, LATE, None, "other-section"),
    ("品川区役所", "name", "self", f"{SUNDAY}T12:00", True, None, DAY, None, "other-section"),
    ("品川区役所", "name", "self", f"{SATURDAY}T12:00", True, None, None, None, "other-section"),
    ("品川区役所", "name", "self", f"{HOLIDAY_MONDAY}T12:00", True, None, None, None, "other-section"),
    ("品川区役所", "name", "self", "2026-12-31T12:00", True, None, None, None, "other-section"),
    ("品川区役所", "address", "agent", f"{WEDNESDAY}T03:00", True, None, DAY, None, "other-section"),
    ("大崎第一地域センター", "address", "household", f"{TUESDAY}T12:00", True, None, DAY, None, "other-section"),
    ("大崎第一地域センター", "address", "self", f"{TUESDAY}T16:59", True, None, DAY, None, "other-section"),
    ("大崎第一地域センター", "address", "self", f"{TUESDAY}T17:00", True, False, DAY, None, "stated"),
    ("大崎第一地域センター", "former-name", "self", f"{SUNDAY}T12:00", True, False, None, None, "stated"),
    ("荏原第一地域センター", "former-name", "self", f"{SUNDAY}T12:00", True, None, DAY, None, "other-section"),
    (MEGURO, "name", "self", f"{SUNDAY}T12:00", False, False, None, None, "word"),
    ("品川区役所", "found", "self", f"{WEDNESDAY}T12:00", True, None, DAY, None, "other-section"),
    ("品川区役所", "found", "agent", f"{WEDNESDAY}T12:00", None, None, None, None, "none"),
    ("品川区役所", "move-certificate", "household", f"{SUNDAY}T12:00", True, None, DAY, None, "other-section"),
    ("八潮地域センター", "move-certificate", "household", f"{WEDNESDAY}T12:00", False, False, None, None, "stated"),
    ("品川区役所", "move-certificate", "self", f"{WEDNESDAY}T12:00", False, False, None, None, "word"),
    ("品川区役所", "residence-period", "self", f"{TUESDAY}T18:00", True, None, LATE, None, "other-section"),
    (SECOND_HALL, "special-extension", "self", f"{TUESDAY}T12:00", None, None, None, None, "none"),
    ("戸籍住民課", "returned-notice", "self", f"{TUESDAY}T12:00", True, None, LATE, None, "other-section"),
    # nothing to open
    ("品川区役所", "suspension", "self", f"{WEDNESDAY}T12:00", False, False, None, None, "word"),
    ("品川区役所", "cancellation", "self", f"{WEDNESDAY}T12:00", None, None, None, None, "none"),
    ("荏原郵便局", "cancellation", "legal", f"{WEDNESDAY}T03:00", None, None, None, None, "none"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("counter", "procedure", "who", "moment", "offered", "is_open", "today", "following", "basis"), CASES
)
def test_a_moment_at_a_counter(  # noqa: PLR0913, PLR0917  (one case is one row)
    hours: Hours,
    at: Moment,
    counter: str,
    procedure: ProcedureId,
    who: Who,
    moment: str,
    offered: bool | None,  # noqa: FBT001
    is_open: bool | None,  # noqa: FBT001
    today: str | None,
    following: str | None,
    basis: str,
) -> None:
    entry = answer(hours, hours.named(counter), procedure, who, at(moment)).as_json()
    assert (entry["offered"], entry["open"], entry["today"], entry["next"], entry["basis"]) == (
        offered,
        is_open,
        today,
        following,
        basis,
    )


def test_an_entry_of_the_json_list(hours: Hours, at: Moment) -> None:
    entry = answer(hours, hours.named("荏原郵便局"), "pin", "self", at("2026-11-24T18:30")).as_json()
    assert entry == {
        "counter": "荏原郵便局",
        "procedure": "pin",
        "who": "self",
        "offered": True,
        "open": False,
        "today": "10:00-16:00",
        "next": "2026-11-25T10:00",
        "basis": "stated",
        "why": "受付時間がこの手続きの節に書かれている",
        "section": "3",
    }


def test_without_a_procedure_every_one_is_answered(hours: Hours, at: Moment) -> None:
    counters = [hours.named("品川区役所"), hours.named("荏原郵便局")]
    found = answers(hours, counters, None, "self", at("2026-11-24T12:00"))
    assert [(one.counter, one.procedure) for one in found] == [
        (counter.name, procedure) for counter in counters for procedure in PROCEDURES
    ]


@pytest.mark.parametrize(
    ("name", "counter"),
    [
        ("品川区役所", "ward-office"),
        ("区役所", "ward-office"),
        ("品川区役所本庁舎3階戸籍住民課・第2庁舎3階特設会場", "ward-office"),
        ("品川区役所3階 戸籍住民課 戸籍住民担当(住民異動)(第2庁舎3階特設会場)", "ward-office"),
        ("品川区役所第二庁舎3階 交付特設会場", "second-hall"),
        ("第２庁舎３階特設会場", "second-hall"),
        ("品川区役所3階 戸籍住民課 戸籍住民担当(住民異動)", "main-hall"),
        ("品川区役所 本庁舎3階 戸籍住民課 戸籍住民担当(住民異動)", "main-hall"),
        ("本庁舎三階戸籍住民課", "main-hall"),
        ("荏原第一地域センター", "ebara-1"),
        ("目黒行政サービスコーナー", "meguro"),
        ("post-office", "post-office"),
    ],
)
def test_counters_answer_to_the_names_of_the_page(hours: Hours, name: str, counter: str) -> None:
    assert hours.named(name).id == counter


def test_an_unknown_counter(hours: Hours) -> None:
    with pytest.raises(KeyError):
        hours.named("地域センター")


def test_a_moment_is_tokyos_whatever_its_offset(hours: Hours) -> None:
    morning_in_tokyo = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    entry = answer(hours, hours.named("品川区役所"), "pin", "self", morning_in_tokyo)
    assert (entry.open, entry.next and entry.next.isoformat()) == (True, "2026-11-25T08:30:00+09:00")


def test_a_moment_out_of_range_is_refused(hours: Hours, at: Moment) -> None:
    counter = hours.named("品川区役所")
    with pytest.raises(ValueError, match="a moment needs its offset from UTC"):
        answer(hours, counter, "pin", "self", at("2026-11-24T12:00").replace(tzinfo=None))
    with pytest.raises(ValueError, match="national holidays are known from 1950 to 2098, not for 2150"):
        answer(hours, counter, "pin", "self", at("2150-01-01T12:00"))


def test_national_holidays_with_substitutes_and_days_between(at: Moment) -> None:
    days = ["2026-05-03", "2026-05-06", "2026-05-07", "2026-09-22", "2027-03-22", "2026-12-31"]
    assert [holiday(at(f"{day}T00:00").date()) for day in days] == [
        "憲法記念日",
        "振替休日",
        "",
        "国民の休日",
        "振替休日",
        "",
    ]
