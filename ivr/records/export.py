"""Calls as rows of a spreadsheet: what was counted of each, and nothing about who called.

A call's id leads, at Twilio, to the number that called; it is left out for that reason.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ivr.hours import TOKYO
from ivr.records.tables import calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ivr.records.report import Period
    from ivr.records.store import Store
    from ivr.titles import Titles

COLUMNS = {
    "began": "moment of the first event, Tokyo, to the second (ISO 8601)",
    "seconds": "length of the call as Twilio reported it; empty without its status callback",
    "status": "Twilio's CallStatus at the end; empty without it",
    "subject": "as in the report",
    "answer": "node of the first answer; empty without one",
    "answer_keys": "keys pressed until then",
    "answer_seconds": "seconds until then",
    "outcome": "menu, person or given_up, as in the report",
    "left": "node at which the call ended",
    "asked": "node after which the caller was asked whether the answer helped; empty if not",
    "helped": "1 if the caller replied that it did, 0 that it did not; empty without a reply",
    "repeat": "1 if the same number had called within 24 hours before, else 0",
    "flow_version": "version of the flow that answered",
}
TITLES = {
    "subject_title": "title of `subject` in Japanese, by the version that answered",
    "answer_title": "title of the node `answer`",
    "left_title": "title of the node `left`",
    "asked_title": "title of the node `asked`",
}
COLUMNS_AND_TITLES = {**COLUMNS, **TITLES}
"""Name and meaning of each column."""
_CHUNK = 5000


def rows(store: Store, period: Period, titles_of: Callable[[str], Titles]) -> Iterator[tuple[object, ...]]:
    """Give the counted calls of a period in the order in which they began; raises StoreError.

    `titles_of` gives the titles of a version; each is asked for once.
    """
    known = cache(titles_of)
    days = calls.c.day.between(period.first.isoformat(), period.last.isoformat())
    query = sa.select(*(calls.c[name] for name in COLUMNS)).where(days, calls.c.summed, calls.c.test.is_(False))
    with store.transaction() as connection:
        found = connection.execution_options(yield_per=_CHUNK).execute(query.order_by(calls.c.began, calls.c.call))
        for row in found:
            began, *values = row
            titles = known(row.flow_version)
            named = (titles.subject(row.subject), *map(titles.node, (row.answer, row.left, row.asked)))
            yield began.astimezone(TOKYO).isoformat(timespec="seconds"), *map(_cell, values), *named


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    return "" if value is None else value
