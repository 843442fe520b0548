"""Jobs that are claimed with a lease, and what is done every night."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from ivr.records.jobs import Job, Jobs
from ivr.records.store import Store, StoreAwayError
from ivr.work import LEASE, PUT_OFF, Daily

if TYPE_CHECKING:
    from collections.abc import Iterator

NIGHT = datetime(2026, 11, 27, 3, 30, tzinfo=ZoneInfo("Asia/Tokyo"))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store(store_url) as made:
        made.upgrade()
        yield made


def test_a_job_is_done_once_and_not_before_it_is_due(store: Store) -> None:
    jobs = Jobs(store)
    for _ in range(2):
        jobs.plan("purge", "2026-11-27", NIGHT)
    assert jobs.claim(("purge",), NIGHT - MINUTE, LEASE) is None
    job = jobs.claim(("purge",), NIGHT, LEASE)
    assert job == Job("purge", "2026-11-27", NIGHT, 1)
    assert jobs.claim(("purge",), NIGHT, LEASE) is None
    jobs.finish(job, NIGHT, "nothing")
    jobs.plan("purge", "2026-11-27", NIGHT)
    assert jobs.claim(("purge",), NIGHT + 2 * LEASE, LEASE) is None


def test_a_job_of_a_worker_that_died_is_taken_over_and_its_late_word_counts_no_more(store: Store) -> None:
    jobs = Jobs(store)
    jobs.plan("purge", "2026-11-27", NIGHT)
    dead = jobs.claim(("purge",), NIGHT, LEASE)
    taken = jobs.claim(("purge",), NIGHT + LEASE, LEASE)
    assert dead
    assert taken == Job("purge", "2026-11-27", NIGHT, 2)
    jobs.put_off(dead, NIGHT + 9 * LEASE, "late")
    assert jobs.claim(("purge",), NIGHT + 2 * LEASE, LEASE) is not None


def test_workers_at_the_same_time_get_different_jobs(store: Store) -> None:
    jobs = Jobs(store)
    for number in range(12):
        jobs.plan("purge", f"{number:02}", NIGHT)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: Jobs(store).claim(("purge",), NIGHT, LEASE), range(12)))
    assert sorted(job.name for job in found if job) == [f"{number:02}" for number in range(12)]


def test_a_kind_that_this_worker_does_not_know_is_left_to_others(store: Store) -> None:
    Jobs(store).plan("later", "x", NIGHT)
    assert Jobs(store).claim(("purge",), NIGHT, LEASE) is None


class Clock:
    """A moment that a test sets."""

    now = NIGHT - MINUTE

    def __call__(self) -> datetime:
        """Give it."""
        return self.now


def test_what_is_daily_is_done_once_a_night(store: Store) -> None:
    clock, done = Clock(), []
    daily = Daily(store, {"purge": lambda: done.append(clock.now) or "nothing"}, lambda: True, clock)
    for now in (NIGHT - MINUTE, NIGHT, NIGHT + MINUTE, NIGHT + timedelta(hours=20), NIGHT + timedelta(days=1)):
        clock.now = now
        daily.run()
    assert done == [NIGHT, NIGHT + timedelta(days=1)]


def test_a_worker_that_starts_in_the_morning_makes_up_for_the_night(store: Store) -> None:
    clock, done = Clock(), []
    clock.now = NIGHT + timedelta(hours=5)
    Daily(store, {"purge": lambda: done.append(1) or ""}, lambda: True, clock).run()
    Daily(store, {"purge": lambda: done.append(2) or ""}, lambda: True, clock).run()
    assert done == [1]


def test_one_that_does_not_lead_does_nothing(store: Store) -> None:
    Daily(store, {"purge": lambda: pytest.fail("done")}, lambda: False, Clock()).run()
    assert Jobs(store).claim(("purge",), NIGHT, LEASE) is None


def test_what_fails_is_tried_again_later_and_said(store: Store) -> None:
    clock, tries = Clock(), []

    def task() -> str:
        tries.append(clock.now)
        if len(tries) == 1:
            raise StoreAwayError("locked")
        return "done"

    clock.now = NIGHT
    daily = Daily(store, {"purge": task}, lambda: True, clock)
    with capture_logs() as logs:
        daily.run()
        clock.now = NIGHT + PUT_OFF - MINUTE
        daily.run()
        clock.now = NIGHT + PUT_OFF
        daily.run()
    assert tries == [NIGHT, NIGHT + PUT_OFF]
    assert [(line["event"], line.get("reason")) for line in logs] == [("job_failed", "locked"), ("job_done", None)]
