"""What a call leaves behind: every turn, by names, and nothing when nothing can be written; the call goes on."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Answer, Served

WHOLE_CALL = "CA" + "a" * 32


@pytest.fixture
def alone(serve: Callable[..., object]) -> Iterator[Served]:
    """Run a helpline for one test, whose processes may be treated badly."""
    with serve() as served:
        yield served


def goes(served: Served, call: str, *keys: str, test: bool = False, **more: str) -> Answer:
    """Place a call: open it and press the keys."""
    answer = served.post("/voice", test=test, CallSid=call, **more)
    for key in keys:
        if key == "silence":
            answer = served.post(answer.redirect, test=test, CallSid=call, **more)
        else:
            answer = served.post(answer.action, test=test, CallSid=call, Digits=key, **more)
        assert answer.status == 200
    return answer


def test_the_report_counts_a_real_call_that_is_over_and_no_simulated_one(serve: Callable[..., object]) -> None:
    with serve("--work") as served:
        goes(served, "CA" + "b" * 32, "6", "1")
        served.post("/voice/status", CallSid="CA" + "b" * 32, CallStatus="completed", CallDuration="45")
        goes(served, "CA" + "c" * 32, "1", test=True)
        served.post("/voice/status", test=True, CallSid="CA" + "c" * 32, CallStatus="completed", CallDuration="9")
        served.waits_for(lambda: served.rows("select count(*) from calls where ended is not null") == [(2,)])
        served.waits_for(lambda: served.rows("select count(*) from turns") == [(3 + 2,)])  # from several processes
        served.waits_for(lambda: served.rows("select count(*) from calls where summed") == [(1,)])
        done = subprocess.run(
            [sys.executable, "-m", "ivr.cli", "records", "report", "--period", "2020-01-01..2099-12-31", "--json"],
            env=served.environ,
            check=True,
            capture_output=True,
        )
    found = json.loads(done.stdout)
    assert (found["calls"], found["menu"], found["person"], found["given_up"]) == (1, 1, 0, 0)
    assert list(found["subjects"]) == ["hours"]
    assert (found["answer_keys"], found["places"]["hours_which"]["keys"]) == (2, 1)


def test_every_turn_of_a_call_is_recorded_by_names(helpline: Served) -> None:
    line = goes(helpline, WHOLE_CALL, "silence", "7", "1", "1")
    after = helpline.post(line.action, CallSid=WHOLE_CALL, DialCallStatus="no-answer")
    helpline.post(after.action, CallSid=WHOLE_CALL, Digits="*")
    helpline.post("/voice/status", CallSid=WHOLE_CALL, CallStatus="completed", CallDuration="61")
    helpline.works()
    assert helpline.rows(
        "select turn, kind, came_from, option, node, test from turns where call = ? order by turn", WHOLE_CALL
    ) == [
        (0, "answer", "", "answer", "opening", 0),
        (1, "turn", "opening", "silence", "opening", 0),
        (2, "turn", "opening", "wrong", "opening", 0),
        (3, "turn", "opening", "lost", "lost", 0),
        (4, "turn", "lost", "connect", "suspension_line", 0),
        (5, "transfer", "suspension_line", "no-answer", "suspension_failed", 0),
        (6, "turn", "suspension_failed", "back", "lost", 0),
    ]
    assert helpline.rows("select caller_tail, status, seconds, test from calls where call = ?", WHOLE_CALL) == [
        ("78", "completed", 61, 0)
    ]
    assert len(helpline.rows("select caller_hash from calls where call = ?", WHOLE_CALL)[0][0]) == 32


def test_the_number_that_was_dialled_is_kept_by_its_name(helpline: Served) -> None:
    call = "CA" + "b" * 32
    line = goes(helpline, call, "1", "1")
    helpline.post(line.action, CallSid=call, DialCallStatus="busy")
    helpline.works()
    assert helpline.rows('select "to", outcome from transfers where call = ?', call) == [("suspension_phone", "busy")]


def test_a_request_that_comes_twice_is_one_turn(helpline: Served) -> None:
    call = "CA" + "c" * 32
    first = helpline.post("/voice", CallSid=call)
    helpline.post("/voice", CallSid=call)
    for _ in range(3):
        helpline.post(first.action, CallSid=call, Digits="1")
    for _ in range(2):
        helpline.post("/voice/status", CallSid=call, CallStatus="completed", CallDuration="9")
    helpline.works()
    assert helpline.rows("select turn, option from turns where call = ? order by turn", call) == [
        (0, "answer"),
        (1, "lost"),
    ]
    assert helpline.rows("select count(*) from calls where call = ?", call) == [(1,)]


def test_test_calls_are_marked_and_never_meet_real_ones(helpline: Served) -> None:
    call = "CA" + "d" * 32
    goes(helpline, call, "1", test=True)
    goes(helpline, call, "2")
    helpline.works()
    assert helpline.rows("select test, option from turns where call = ? and turn = 1 order by test", call) == [
        (0, "pin"),
        (1, "lost"),
    ]


WITHHELD = ["anonymous", "Anonymous", "Restricted", "unknown", "Unavailable", "private", "blocked", "+266696687",
            "+86282452253", "+8656696", "+2562533", "+7378742833", "7378742833", "", "sip:anna@example.jp"]  # fmt: skip


def test_a_withheld_caller_is_served_alike_and_kept_as_nobody(helpline: Served) -> None:
    calls = {f"CA{number:032x}": spelling for number, spelling in enumerate(WITHHELD, 0xE000)}
    answers = {goes(helpline, call, "1", From=spelling, Caller=spelling).said for call, spelling in calls.items()}
    assert answers == {goes(helpline, "CA" + "9" * 32, "1").said}
    helpline.works()
    kept = helpline.rows(
        "select caller_hash, caller_tail from calls where call in (select value from json_each(?))",
        json.dumps(list(calls)),
    )
    assert kept == [("", "")] * len(WITHHELD)
    assert helpline.rows("select caller_tail from calls where call = ?", "CA" + "9" * 32) == [("78",)]


def test_the_same_caller_is_recognised_and_another_one_is_not(helpline: Served) -> None:
    calls = {f"CA{number:032x}": caller for number, caller in enumerate(["+819011112222", "+819011112223"] * 2, 0xF000)}
    for call, caller in calls.items():
        helpline.post("/voice", CallSid=call, From=caller)
    helpline.works()
    hashes = helpline.rows(
        "select caller_hash from calls where call in (select value from json_each(?)) order by call",
        json.dumps(list(calls)),
    )
    assert hashes == hashes[:2] * 2
    assert len(set(hashes)) == 2


@pytest.mark.parametrize("sid", ["", "CA", "123456789012", "CA" + "0" * 31, "CA" + "0" * 32 + "\n", "x" * 5000])
def test_a_call_without_a_proper_id_is_answered_all_the_same(sid: str, helpline: Served) -> None:
    assert goes(helpline, sid, "1").verbs == ["Gather", "Redirect"]
    assert helpline.post("/voice/status", CallSid=sid, CallStatus="completed").status == 204


def limited(served: Served, size: int) -> None:
    """Let the processes of a service write no file any longer than `size` bytes: a disk that is full."""
    for pid in served.children():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_on_a_full_disk_the_call_goes_on_and_it_is_said_aloud(alone: Served) -> None:
    before, during, after = ("CA" + digit * 32 for digit in "123")
    whole = goes(alone, before, "silence", "1", "2", "1").said
    limited(alone, 0)
    assert goes(alone, during, "silence", "1", "2", "1").said == whole
    assert alone.post("/voice/status", CallSid=during, CallStatus="completed").status == 204
    assert alone.post("/voice/fallback", CallSid=during, ErrorCode="11200").status == 200
    alone.waits_for(lambda: alone.lines("turn_not_recorded", "free space under IVR_DATA"))
    alone.waits_for(lambda: alone.lines("spool_write_failed", "free space there"))
    limited(alone, resource.RLIM_INFINITY)
    assert goes(alone, after, "silence", "1", "2", "1").said == whole
    alone.waits_for(lambda: alone.lines("spool_writes_again"))
    alone.works()
    assert alone.rows("select call, count(*) from turns group by call order by call") == [(before, 5), (after, 5)]


def test_a_folder_for_records_that_cannot_be_used_stops_no_call(serve: Callable[..., object]) -> None:
    with serve() as served:
        (served.data / "spool").write_text("in the way")
        assert goes(served, "CA" + "4" * 32, "1", "2").verbs == ["Gather", "Redirect"]
        served.waits_for(lambda: served.lines("spool_write_failed"))


def test_what_a_killed_process_had_recorded_is_not_lost(alone: Served) -> None:
    call = "CA" + "5" * 32
    goes(alone, call, "1", "2")
    for pid in [alone.process.pid, *alone.children()]:
        os.kill(pid, signal.SIGKILL)
    alone.process.wait()
    alone.works()
    assert alone.rows("select option from turns where call = ? order by turn", call) == [
        ("answer",),
        ("lost",),
        ("next",),
    ]
