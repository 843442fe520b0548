"""Jobs in processes: all done, errors brought home, no process left and none waited for in vain."""

from __future__ import annotations

import multiprocessing
import os
from functools import partial
from operator import methodcaller
from typing import TYPE_CHECKING

import pytest

from ivr.speech.disk import BuildError
from ivr.speech.workers import spread

if TYPE_CHECKING:
    from pathlib import Path


def test_every_job_is_done_once_and_counted(tmp_path: Path) -> None:
    jobs = [tmp_path / str(number) for number in range(7)]
    counted: list[int] = []
    spread(jobs, 2, partial(methodcaller, "mkdir"), lambda: counted.append(1))
    assert (sorted(tmp_path.iterdir()), len(counted)) == (jobs, 7)
    assert multiprocessing.active_children() == []


def test_more_processes_than_jobs_and_no_jobs_are_fine(tmp_path: Path) -> None:
    spread([tmp_path / "one"], 3, partial(methodcaller, "mkdir"), int)
    spread([], 3, partial(methodcaller, "mkdir"), int)
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_the_error_of_a_job_is_raised_here_and_ends_all() -> None:
    with pytest.raises(ValueError, match="invalid literal for int"):
        spread(["1", "x", *"23456789"], 2, partial(partial, int), int)
    assert multiprocessing.active_children() == []


def test_a_process_that_is_killed_is_noticed() -> None:
    with pytest.raises(BuildError, match="a process that made speech was killed"):
        spread([9, 9, 9], 2, partial(partial, os._exit), int)
    assert multiprocessing.active_children() == []


def test_an_interruption_here_ends_all(tmp_path: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        spread([tmp_path / str(number) for number in range(9)], 2, partial(methodcaller, "mkdir"), interrupt)
    assert multiprocessing.active_children() == []
