"""Whole calls as data: every caller in `tests/calls/` hears what they need in time, with the real prompts."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from ivr.cli.service import in_process
from ivr.phone import reasons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr.phone.place import Service

CALLS = sorted((Path(__file__).parent / "calls").glob("*.yaml"))


@pytest.fixture(scope="module")
def helpline() -> Iterator[Service]:
    with in_process() as service:
        yield service


@pytest.mark.parametrize("path", CALLS, ids=[path.stem for path in CALLS])
def test_caller_hears_what_they_need(path: Path, helpline: Service) -> None:
    assert reasons.tell(reasons.load(path), helpline, Random(1)).problems == ()


def test_the_most_common_reasons_are_answered_soon(helpline: Service) -> None:
    told = [reasons.tell(reason, helpline, Random(1)) for path in CALLS if (reason := reasons.load(path)).common]
    assert len(told) == 10
    assert reasons.too_slow(told) == []


def test_there_are_calls() -> None:
    assert len(CALLS) >= 15
