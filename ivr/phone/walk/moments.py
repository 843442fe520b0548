"""Classes of moments: moments at which every answer about hours is the same are one, and one of them is walked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from ivr import hours
from ivr.flow import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr.content import Content
    from ivr.hours import ProcedureId, Who

DAYS = 400
"""So far ahead moments are looked for: a year's end, every holiday, every weekday."""


@dataclass(frozen=True)
class Moments:
    """The first moment of each class: by what is open (`answers`), and by the words that say so (`words`)."""

    answers: tuple[datetime, ...]
    words: tuple[datetime, ...]


def classes(content: Content, first: datetime, days: int = DAYS) -> Moments:
    """Find the classes among all moments from `first` (aware) on; `first` itself stands for its own."""
    asked = tuple(dict.fromkeys(_asked(content)))
    answers: dict[object, datetime] = {}
    words: dict[object, datetime] = {}
    last = first + timedelta(days=days)
    changes = {*hours.changes(content.hours, first, last), *content.office.changes(first, last)}
    for moment in (first, *sorted(changes)):
        said = tuple(hours.spoken_hours(content.hours, procedure, who, moment) for procedure, who in asked)
        office = (content.office.state(moment), content.office.says(moment) if content.office.number else ())
        if (said, office) in words:
            continue
        words[said, office] = moment
        known = tuple(_answers(content, procedure, who, moment) for procedure, who in asked)
        answers.setdefault((known, office[0]), moment)
    return Moments(tuple(answers.values()), tuple(words.values()))


def office_moments(content: Content, first: datetime, days: int = DAYS) -> dict[str, datetime]:
    """Give the first moment from `first` on at which the office answers its telephone, and at which it does not."""
    found: dict[str, datetime] = {}
    for moment in (first, *content.office.changes(first, first + timedelta(days=days))):
        found.setdefault(content.office.state(moment), moment)
    return found


def _asked(content: Content) -> Iterator[tuple[ProcedureId, Who]]:
    for node in content.flow.nodes.values():
        if isinstance(node, Answer) and node.hours:
            yield cast("ProcedureId", node.hours.procedure), node.hours.who


def _answers(content: Content, procedure: ProcedureId, who: Who, moment: datetime) -> tuple[object, ...]:
    found = hours.statuses(content.hours, procedure, who, moment)
    return tuple((each.until, each.later, each.been, each.unknown) for each in found)
