"""Every procedure for every kind of visitor at every kind of moment: whole calls as data, in `calls/procedures/`."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel, ConfigDict, Field

from ivr.cli.service import in_process
from ivr.facts import Facts
from ivr.hours import PROCEDURES, WHO, Who, load
from ivr.phone import items, place
from ivr.phone.caller import Caller
from ivr.simulator import Key
from ivr.yamlfile import parse, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ivr.phone.place import Service
    from ivr.simulator import Heard

FOLDER = Path(__file__).parent / "calls" / "procedures"
ROOT = Path(__file__).parent.parent
TODAY = "today"
DATE = "令和六年九月一日"
"""The date of the page, as callers hear it."""
MOMENTS = {
    "weekday_noon": "2026-11-25T12:00",
    "tuesday_evening": "2026-11-24T18:00",
    "sunday_morning": "2026-11-29T09:00",
    "sunday_afternoon": "2026-11-29T16:00",
    "saturday": "2026-11-28T11:00",
    "holiday": "2026-11-23T11:00",
    "new_years_eve": "2026-12-31T11:00",
    "night": "2026-11-26T03:00",
}
FEW = 4
"""An answer begins after at most so many keys, the one in the opening included."""


class Visit(BaseModel):
    """One visitor: `keys` lead to the answer, which `hears` the words; `layers` are its details by further keys.

    `case` tells visits of one `who` apart. `not_heard` are words that neither the answer nor a layer says. `hours` are
    the keys, behind the answer, to today's truth, which `at` holds for each moment, whole; without them there is no
    counter whose hours could be told. `same` are other ways, from the opening on, on which the same truth is heard.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    who: Who
    case: str = ""
    keys: str
    hears: tuple[str, ...] = Field(min_length=1)
    not_heard: tuple[str, ...] = ()
    layers: dict[str, tuple[str, ...]]
    hours: str | None = None
    same: tuple[str, ...] = ()
    at: dict[str, str] = Field(default_factory=dict)


class Procedure(BaseModel):
    """One procedure of the page, by its name in `ivr hours --for`, with its visitors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    section: str
    visits: tuple[Visit, ...]


FILES = {path.stem: parse(read(path, path.parent), Procedure) for path in sorted(FOLDER.glob("*.yaml"))}
every_visit = pytest.mark.parametrize(
    "visit",
    [
        pytest.param(visit, id=" ".join(filter(None, (name, visit.who, visit.case))))
        for name, procedure in FILES.items()
        for visit in procedure.visits
    ],
)
every_moment = pytest.mark.parametrize("moment", MOMENTS)


@pytest.fixture(scope="module")
def helpline() -> Iterator[Service]:
    with in_process() as service:
        yield service


def heard(helpline: Service, keys: str, moment: str) -> list[Heard]:
    """Place a call and give what was heard in full after its last key."""
    given = place.Circumstances(place.moment(MOMENTS[moment]), place.caller(place.CALLER), "answered")
    call = place.dial(helpline, given, Random(1))
    Caller(call).play(items.parse(keys))
    last = max(event.t for event in call.events if isinstance(event, Key))
    return [item for item in call.heard if item.t >= last and not item.cut]


def words(said: Sequence[Heard]) -> str:
    return "".join(item.text for item in said)


def missing(fragments: Sequence[str], told: str) -> list[str]:
    return [fragment for fragment in fragments if fragment not in told]


def dated_layers(visit: Visit) -> list[str]:
    return [keys for keys, fragments in visit.layers.items() if DATE in fragments]


def test_every_procedure_has_its_calls() -> None:
    assert list(FILES) == sorted(PROCEDURES)


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_every_kind_of_visitor_calls(procedure: str) -> None:
    visits = FILES[procedure].visits
    assert list(dict.fromkeys(visit.who for visit in visits)) == list(WHO)
    assert len({(visit.who, visit.case) for visit in visits}) == len(visits)


def test_calls_name_the_section_of_the_page_that_the_table_of_hours_names() -> None:
    table = load(ROOT, Facts.load(ROOT)).procedures
    assert {name: given.section for name, given in FILES.items()} == {name: table[name].section for name in PROCEDURES}


@every_visit
def test_a_visitor_is_told_about_every_moment_or_about_none(visit: Visit) -> None:
    assert list(visit.at) == (list(MOMENTS) if visit.hours is not None else [])


@every_visit
def test_the_answer_begins_after_few_keys(visit: Visit) -> None:
    assert len(visit.keys.split()) <= FEW


@every_moment
@every_visit
def test_the_answer_says_what_it_must_at_any_hour(visit: Visit, moment: str, helpline: Service) -> None:
    assert missing(visit.hears, words(heard(helpline, visit.keys, moment))) == []


@every_visit
def test_every_layer_says_what_it_must_and_not_what_it_must_not(visit: Visit, helpline: Service) -> None:
    told = {keys: words(heard(helpline, f"{visit.keys} {keys}", "weekday_noon")) for keys in visit.layers}
    assert {keys: gone for keys, said in told.items() if (gone := missing(visit.layers[keys], said))} == {}
    told[""] = words(heard(helpline, visit.keys, "weekday_noon"))
    assert {keys: wrong for keys, said in told.items() if (wrong := [w for w in visit.not_heard if w in said])} == {}


@every_visit
def test_the_details_say_from_which_date_the_information_is(visit: Visit, helpline: Service) -> None:
    layers = dated_layers(visit)
    assert layers != [], "no layer of this answer tells the date"
    assert DATE in words(heard(helpline, f"{visit.keys} {layers[0]}", "night"))


@every_moment
@every_visit
def test_today_is_told_first_and_as_it_is(visit: Visit, moment: str, helpline: Service) -> None:
    for keys in (f"{visit.keys} {visit.hours or ''}", *visit.same):
        told = heard(helpline, keys, moment)
        today = [item for item in told if item.prompt == TODAY]
        assert words(today) == visit.at.get(moment, ""), keys
        assert told[: len(today)] == today, keys
