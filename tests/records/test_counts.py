"""Days added up: a report says the same whether a day is added up or its calls are counted one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from ivr.records import counts, retention, tables
from ivr.records.counts import MANY, Days
from ivr.records.events import Event
from ivr.records.report import Period, Report, Words, report
from ivr.records.store import Store
from ivr.records.tables import counts as added
from ivr.records.tables import days, said

if TYPE_CHECKING:
    from conftest import Calls

TOKYO = ZoneInfo("Asia/Tokyo")
TUESDAY = datetime(2026, 11, 24, 18, 30, tzinfo=TOKYO)
DAY = Period(date(2026, 11, 24), date(2026, 11, 24))
WEEK = Period(date(2026, 11, 18), date(2026, 11, 24))
LATER = date(2026, 11, 25)
PIN = ((10, "pin", "pin"), (5, "store", "store"))
STEPS = (
    (),
    PIN,
    ((4, "lost", "lost"),),
    (*PIN, (30, "asked", "store"), (2, "helped", "store")),
    (*PIN, (30, "asked", "store"), (9, "not_helped", "store"), (9, "silence", "store")),
    ((30, "silence", "opening"), (9, "wrong", "opening")),
    ((2, "person", "line"), (20, "busy", "busy")),
    ((2, "person", "line"), (20, "talked", "line")),
)


def many(calls: Calls, number: int = 60) -> None:
    """Make calls of every kind on some days, by two versions of the flow."""
    random = Random(7)
    for _ in range(number):
        at = TUESDAY - timedelta(days=random.randrange(5), minutes=random.randrange(1000))
        more = {"at": at, "flow": random.choice(("0a1b2c3d", "9e9e9e9e")), "caller": random.choice("abc ").strip()}
        call = calls.add(*random.choice(STEPS), **more)
        if random.random() < 0.1:
            calls.store.write([Event(call, 9, "fault", at, detail={"code": "11200"})])
    calls.add(*PIN, test=True)
    while calls.counted():
        pass


def fresh(store: Store) -> set[str]:
    with store.transaction() as connection:
        return set(connection.scalars(sa.select(days.c.day).where(days.c.fresh.is_(True))))


def all_of(store: Store) -> list[Report]:
    """Report every period that could differ."""
    versions = ("", "0a1b2c3d", "9e9e9e9e", "ffffffff")
    return [report(store, Period(period.first, period.last, version)) for period in (DAY, WEEK) for version in versions]


def test_a_report_is_the_same_whether_its_days_are_added_up_or_not(calls: Calls, store: Store) -> None:
    many(calls)
    one_by_one = all_of(store)
    assert one_by_one[4].total.asked > one_by_one[4].total.helped > 0
    assert one_by_one[4].prompts["greeting"].heard > 0
    assert Days(store).add_up(date(2026, 11, 23)) == 3  # some of the days
    assert all_of(store) == one_by_one
    assert Days(store).add_up(LATER) == 2
    assert len(fresh(store)) == 5
    assert all_of(store) == one_by_one
    assert Days(store).add_up(LATER) == 0
    with store.transaction() as connection:
        assert not list(counts.read(connection, Period(date(2026, 1, 1), date(2026, 1, 2))))


def test_days_that_an_older_version_counted_are_added_up_too(store: Store, store_url: str) -> None:
    url = f"{store_url}.older" if store_url.startswith("sqlite") else store_url
    _make_older(url, store)
    with Store(url) as upgraded:
        upgraded.upgrade()
        assert report(upgraded, DAY).total.calls == 1
        assert Days(upgraded).add_up(LATER) == 1
        found = report(upgraded, DAY)
        assert (found.total.outcomes, found.places["store"].left, dict(found.prompts)) == ({"menu": 1}, 1, {})


def _make_older(url: str, store: Store) -> None:
    """Make a store as the step before left it, with one call that is counted."""
    steps = Config()
    steps.set_main_option("script_location", "ivr.records:migrations")
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        if engine.name == "postgresql":
            store.close()
            connection.execute(sa.text("DROP SCHEMA public CASCADE"))
            connection.execute(sa.text("CREATE SCHEMA public"))
        steps.attributes["connection"] = connection
        command.upgrade(steps, "004")
        told = {"summed": True, "day": "2026-11-24", "hour": 18, "subject": "pin", "outcome": "menu", "left": "store"}
        calls = sa.Table("calls", sa.MetaData(), autoload_with=connection)
        began = TUESDAY.astimezone(UTC)
        connection.execute(sa.insert(calls).values(call="CA1", test=False, began=began, **told))
    engine.dispose()


def test_an_older_version_s_lost_positions_are_told_from_lost_cards(calls: Calls, store: Store) -> None:
    card = calls.add((4, "lost", "lost"))
    unreadable, gone, strange = (calls.add((4, "silence", "opening")) for _ in range(3))
    assert calls.counted() == 4
    days = Days(store)
    assert days.add_up(date(2026, 12, 1)) == 1

    def as_it_was(call: str, turn: int, kind: str, option: str, came_from: str) -> None:
        values = {"turn": turn, "kind": kind, "option": option, "came_from": came_from}
        step = (tables.turns.c.call == call, tables.turns.c.turn == 1)
        connection.execute(sa.update(tables.turns).where(*step).values(**values))

    with store.transaction(writes=True) as connection:
        as_it_was(unreadable, 43_000, "turn", "lost", "opening")
        as_it_was(gone, 1, "turn", "lost", "")
        as_it_was(strange, 1, "transfer", "other", "line")
        row = {"call": strange, "test": False, "turn": 1, "at": TUESDAY, "node": "line", "to": "office"}
        connection.execute(sa.insert(tables.transfers).values(**row, outcome="other"))
        wrongly = sa.update(tables.calls).where(tables.calls.c.call.in_([unreadable, gone]))
        connection.execute(wrongly.values(subject="lost", outcome="menu"))
        tables.attempts.drop(connection)  # what came later still
        connection.execute(sa.text("update alembic_version set version_num = '005'"))
    store.upgrade()
    options = {}
    for call in (card, unreadable, gone, strange):
        record = store.call(call)
        assert record
        options[call] = [(turn.option, turn.came_from) for turn in record.turns[1:]]
        assert [transfer.outcome for transfer in record.transfers] == (["unknown"] if call == strange else [])
    assert options == {
        card: [("lost", "opening")],
        unreadable: [("position_lost", "")],
        gone: [("position_lost", "")],
        strange: [("unknown", "line")],
    }
    assert calls.counted() == 3
    for _ in range(2):
        found = report(store, Period(date(2026, 11, 24), date(2026, 11, 24)))
        assert {name: group.calls for name, group in found.subjects.items()} == {"none": 3, "lost": 1}
        days.add_up(date(2026, 12, 1))


def test_today_is_not_added_up_before_it_is_over(calls: Calls, store: Store) -> None:
    calls.add(*PIN)
    calls.counted()
    assert Days(store).add_up(date(2026, 11, 24)) == 0
    assert report(store, DAY).total.calls == 1
    assert Days(store).add_up(LATER) == 1


def test_a_late_event_is_in_the_next_report(calls: Calls, store: Store) -> None:
    call = calls.add(*PIN)
    calls.counted()
    Days(store).add_up(LATER)
    late = {"came_from": "store"}
    store.write([Event(call, 3, "turn", TUESDAY + timedelta(seconds=40), "line", "person", "0a1b2c3d", detail=late)])
    assert (fresh(store), report(store, DAY).total.calls) == (set(), 0)
    calls.counted()
    assert report(store, DAY).total.outcomes == {"given_up": 1}
    Days(store).add_up(LATER)
    assert report(store, DAY).total.outcomes == {"given_up": 1}


def test_what_is_erased_or_too_old_is_in_no_report(calls: Calls, store: Store) -> None:
    calls.add(*PIN, caller="a")
    calls.add(*PIN)
    calls.add(*PIN, at=TUESDAY - timedelta(days=3))
    calls.counted()
    Days(store).add_up(LATER)
    retention.erase(store, ["a" * 32], TUESDAY, "taro")
    assert [report(store, period).total.calls for period in (DAY, WEEK)] == [1, 2]
    retention.purge(store, retention.Periods(1, 2, 1, 1), TUESDAY)
    assert [report(store, period).total.calls for period in (DAY, WEEK)] == [1, 1]
    Days(store).add_up(LATER)
    assert [report(store, period).total.calls for period in (DAY, WEEK)] == [1, 1]


def test_what_no_kept_call_names_is_forgotten_with_it(calls: Calls, store: Store) -> None:
    calls.add(*PIN, at=TUESDAY - timedelta(days=3), flow="9e9e9e9e")
    calls.add(*PIN)
    calls.counted()
    Days(store).add_up(LATER)
    retention.purge(store, retention.Periods(1, 2, 1, 1), TUESDAY)
    Days(store).add_up(LATER)
    with store.transaction() as connection:
        assert set(connection.scalars(sa.select(said.c.flow_version))) == {"0a1b2c3d"}
        assert set(connection.scalars(sa.select(added.c.flow_version))) == {"0a1b2c3d"}


def test_a_day_that_changes_while_it_is_added_up_is_done_again(calls: Calls, store: Store) -> None:
    call = calls.add(*PIN)
    calls.counted()
    late = TUESDAY + timedelta(seconds=40)
    event = Event(call, 3, "turn", late, "line", "person", "0a1b2c3d", detail={"came_from": "store"})

    class Hurried(Days):
        """Somebody writes between looking what is due and doing it."""

        def _add_up(self, day: str, changes: int) -> bool:
            store.write([event])
            return super()._add_up(day, changes)

    assert Hurried(store).add_up(LATER) == 0
    assert fresh(store) == set()
    calls.counted()
    assert Days(store).add_up(LATER) == 1
    assert report(store, DAY).total.outcomes == {"given_up": 1}


def test_two_who_add_up_the_same_day_do_it_once(calls: Calls, store: Store) -> None:
    many(calls, 20)
    expected = all_of(store)
    first, second = Days(store), Days(store)
    assert first.add_up(LATER) + second.add_up(LATER) == len(fresh(store))
    assert all_of(store) == expected


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_many_days_are_added_up_in_many_rounds(calls: Calls, store: Store) -> None:
    for number in range(MANY + 2):
        calls.add(at=TUESDAY - timedelta(days=number))
    calls.counted()
    assert [Days(store).add_up(LATER) for _ in range(3)] == [MANY, 2, 0]


def test_prompts_are_counted_by_how_often_they_are_cut_short(calls: Calls, store: Store) -> None:
    calls.add((10, "pin", "pin"), (6.5, "store", "store"), (12.5, "back", "pin"))  # in the pause within `papers`
    calls.add((15.5, "pin", "pin"), (3, "store", "store"), ended=True)  # hung up at once: in `place`
    calls.add((30, "silence", "opening"), (1, "pin", "pin"))  # after other words: not known
    calls.add((3, "lost", "lost"), flow="9e9e9e9e")
    calls.counted()
    found = report(store, DAY).prompts
    assert found["greeting"] == Words(heard=4, cut=1)
    assert found["offer_lost"] == Words(heard=3, cut=1)
    assert found["offer_pin"] == Words(heard=2, cut=1)
    assert found["papers"] == Words(heard=1, cut=1)
    assert found["place"] == Words(heard=2, hung_up=1)
    assert found["offer_store"] == Words(heard=4, cut=1, hung_up=2)
    assert "to_hours" not in found
    assert next(iter(found)) == "offer_store"


def test_a_late_event_between_two_turns_makes_it_unknown_what_was_cut(calls: Calls, store: Store) -> None:
    call = calls.add((3, "pin", "pin"), (5, "store", "store"))
    calls.counted()
    assert report(store, DAY).prompts["greeting"].cut == 1
    late = {"came_from": "opening"}
    at = TUESDAY + timedelta(seconds=1)
    store.write([Event(call, 7, "turn", at, "opening", "wrong", "0a1b2c3d", detail=late)])
    calls.counted()
    assert report(store, DAY).prompts["greeting"] == Words(heard=1, cut=1)  # the wrong key; the next came after others


def test_whether_it_helped_is_told_by_subject_and_prompt(calls: Calls, store: Store) -> None:
    asked = (*PIN, (30, "asked", "store"))
    calls.add(*asked, (2, "helped", "store"))
    calls.add(*asked, (2, "helped", "store"), (2, "not_helped", "store"))
    calls.add(*asked)
    calls.add(*asked, (9, "silence", "store"))
    calls.add((4, "lost", "lost"))
    calls.counted()
    found = report(store, DAY)
    total, pin, lost = found.total, found.subjects["pin"], found.subjects["lost"]
    assert (total.asked, total.helped, total.not_helped) == (pin.asked, pin.helped, pin.not_helped) == (4, 1, 1)
    assert (lost.asked, lost.helped) == (0, 0)
    for prompt, times in (("place", 4), ("papers", 4), ("to_hours", 0), ("greeting", 0)):
        words = found.prompts[prompt]
        assert (words.asked, words.helped, words.not_helped) == (times, times // 4, times // 4), prompt
    places = found.places["store"]
    assert (places.keys, places.silence, places.wrong) == (0, 1, 0)
    assert found.answer_keys == 2
