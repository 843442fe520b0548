"""Every key where it matters whether the office answers, through the real webhooks, for some of its settings."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from ivr.cli.service import apart
from ivr.content import load
from ivr.findings import errors
from ivr.flow import Office, Transfer
from ivr.hours import TOKYO
from ivr.keys import PERSON
from ivr.phone.walk import explore
from ivr.phone.walk.explore import SILENCE, Expanded
from ivr.phone.walk.findings import findings
from ivr.phone.walk.moments import office_moments
from ivr.phone.walk.state import farewells
from ivr.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ivr.content import Content
    from ivr.phone.walk.state import State

MONDAY = datetime(2026, 11, 30, 10, tzinfo=TOKYO)


def near_the_office(content: Content) -> set[str]:
    """Name where forks lead, and where calls go on from the office's telephone."""
    nodes = content.flow.nodes
    forks = {target for node in nodes.values() if isinstance(node, Office) for _, target in node.edges()}
    lines = [node for node in nodes.values() if isinstance(node, Transfer) and node.to == "office"]
    return forks | {target for line in lines for _, target in line.edges()}


def cut(content: Content, walker: explore.Walker, states: Sequence[State]) -> Iterator[Expanded]:
    """Press every key, but go on only near the office, and from the opening by silence and by key 0."""
    near = near_the_office(content)
    for done in explore.expand(walker, states):
        vain = {edge.target for edge in done.edges if edge.input in (SILENCE, PERSON)}
        kept = [state for state in done.following if state.stand.node in near or state.stand in vain]
        yield Expanded(done.state, done.passage, done.edges, tuple(kept))


@pytest.mark.parametrize("hours", ["", "mon-fri 08:30-17:00, sun 09:00-12:00", "sat 18:17-24:00, sun 00:00-03:41"])
def test_nothing_is_wrong_wherever_the_office_matters(hours: str, tmp_path: Path) -> None:
    office = {"IVR_OFFICE_PHONE": "03-1234-5678", "IVR_OFFICE_HOURS": hours} if hours else {}
    settings = Settings.from_env({"IVR_DATA": str(tmp_path), **office})
    content = load(settings.root, settings)
    moments = office_moments(content, MONDAY)
    assert set(moments) == ({"open", "closed"} if hours else {"unset"})
    seen = set()
    with apart(settings) as (service, _):
        for at in moments.values():
            walker = explore.Walker(service, farewells(content))
            starts = list(explore.starts(walker, at))
            walked = explore.explore(starts, lambda states: cut(content, walker, states), "tries")  # noqa: B023
            assert errors(findings(content, [walked])) == [], at
            seen |= {stand.node for stand in walked.heard}
    assert seen >= (near_the_office(content) - {"person_unknown", "person_closed"} if hours else {"person_unknown"})
