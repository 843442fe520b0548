"""What people switch is heard by the callers of every process of a running service, and nothing waits for the store."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from patience import today

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from conftest import Served

NEWS = "システムの不具合で"
CLOSED = "今日は、荏原郵便局は、臨時にお休みです。"
PROCESSES = 2
HOLD = """
import sqlite3, sys
store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("PRAGMA locking_mode = EXCLUSIVE")
store.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""
"""Takes the whole store, readers included, until its input ends."""


@pytest.fixture
def served(serve: Callable[..., AbstractContextManager[Served]]) -> Iterator[Served]:
    with serve(WEB_CONCURRENCY=str(PROCESSES)) as found:
        yield found


def ivr_board(served: Served, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ivr.cli", "board", *arguments],
        env=served.environ,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def later() -> str:
    return (datetime.now(ZoneInfo("Asia/Tokyo")) + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M")


def test_a_switch_is_heard_whichever_process_answers(served: Served) -> None:
    opening = served.post("/voice", test=True).said
    assert NEWS not in opening
    ivr_board(served, "announce", "announce_system", "--until", later())
    served.waits_for(lambda: len(served.lines("board_changed", "version=1")) == PROCESSES)
    heard = [served.post("/voice", test=True).said for _ in range(20)]
    assert all(NEWS in said for said in heard)
    lost, _, rest = heard[0].partition(NEWS)
    assert lost.endswith("カードをなくしたかたはイチ。")
    assert "暗証番号はニ" in rest
    (entry,) = json.loads(ivr_board(served, "--json"))
    ivr_board(served, "end", str(entry["number"]))
    served.waits_for(lambda: len(served.lines("board_changed", "version=2")) == PROCESSES)
    assert {served.post("/voice", test=True).said for _ in range(10)} == {opening}


def test_a_counter_that_is_closed_is_told_where_its_hours_are_asked(served: Served) -> None:
    assert CLOSED not in asked(served)
    today()  # a counter is closed until midnight
    ivr_board(served, "close", "荏原郵便局")
    served.waits_for(lambda: CLOSED in asked(served))


def asked(served: Served) -> str:
    """Ask for the hours of the reset of a PIN: key 6, then 1."""
    menu = served.post(served.post("/voice", test=True).action, test=True, Digits="6")
    return served.post(menu.action, test=True, Digits="1").said


def test_without_the_store_the_last_board_stays_in_force_and_calls_are_answered(served: Served) -> None:
    today()
    ivr_board(served, "close", "荏原郵便局")
    served.waits_for(lambda: CLOSED in asked(served))
    served.waits_for(lambda: len(served.lines("board_changed")) == PROCESSES)
    store = served.data / "store.db"
    store.rename(served.data / "away.db")
    try:
        served.waits_for(lambda: served.lines("board_away"))
        assert CLOSED in asked(served)
    finally:
        (served.data / "away.db").rename(store)
    served.waits_for(lambda: served.lines("board_back"))


def test_a_store_that_hangs_holds_up_no_turn_and_loses_none(
    serve: Callable[..., AbstractContextManager[Served]],
) -> None:
    with serve("--work") as found:
        found.waits_for(lambda: (found.data / "store.db").exists() and not found.lines("board_away"))
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(found.data / "store.db")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        for number in range(20):
            assert found.post("/voice", test=True, CallSid=f"CA{number:032x}").status == 200
        assert holder.poll() is None
        holder.communicate()
        found.waits_for(lambda: found.rows("SELECT count(*) FROM turns") == [(20,)])
