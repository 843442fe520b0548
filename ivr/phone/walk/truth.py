"""Are the words about hours true? What was heard, read from the words alone, against `ivr.hours` counter by counter."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ivr.content import TODAY
from ivr.flow import Answer
from ivr.hours.table import FILE
from ivr.phone.walk.claims import Known, wrong
from ivr.phone.walk.spoken import HoursReader

if TYPE_CHECKING:
    from datetime import datetime

    from ivr.content import Content
    from ivr.hours import Hours, ProcedureId, Who
    from ivr.phone.walk.state import Passage


class Truth:
    """Checks words about hours against one table."""

    def __init__(self, table: Hours) -> None:
        """Learn the words of the table."""
        self._hours = table
        self._reader = HoursReader(table)
        self._told: dict[tuple[ProcedureId, Who, datetime, str], list[str]] = {}

    def problems(self, procedure: ProcedureId, who: Who, at: datetime, text: str) -> list[str]:
        """Say what is wrong with what is said about a procedure at a moment; where words can be read twice, the best.

        `text` are all sentences that depend on the day, as heard.
        """
        asked = (procedure, who, at, text)
        if asked not in self._told:
            self._told[asked] = self._problems(*asked)
        return self._told[asked]

    def _problems(self, procedure: ProcedureId, who: Who, at: datetime, text: str) -> list[str]:
        readings = self._reader.read(text, at.date())
        if not readings:
            return [f"these words are none of {FILE}, so nobody can tell whether they are true"]
        serving = self._hours.serving(procedure, who)
        known = Known(self._hours, procedure, who, at, tuple(offer.counter for offer in serving))
        return min((list(wrong(said, known)) for said in readings), key=len)


def disagreements(content: Content, truth: Truth, node: str, at: datetime, passage: Passage) -> list[str]:
    """Say where the hours heard at a node are not those of the table; nothing where the node tells none."""
    place = content.flow.nodes.get(node)
    if not isinstance(place, Answer) or place.hours is None:
        return []
    text = "".join(sentence.text for sentence in passage.sentences if sentence.prompt == TODAY)
    if not text:
        return [f"no words about today's hours at {at:%Y-%m-%dT%H:%M}"]
    found = truth.problems(cast("ProcedureId", place.hours.procedure), place.hours.who, at, text)
    return [f"{text!r} at {at:%Y-%m-%dT%H:%M}: {problem}" for problem in found]
