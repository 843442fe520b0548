"""Which counter is open for what, for whom, when: pure, the clock is handed in.

`flows/counters.yaml` holds the counters, their hours, who is served where by the ward's page, and the wording;
`flows/closed_days.yaml` the days on which something is closed against that. One set of rows answers `ivr hours`
and makes the sentences that callers hear.
"""

from ivr.hours.answer import Answer, Openings, answer, answers, changes, openings
from ivr.hours.closings import closed_today, warnings
from ivr.hours.day import FIRST_YEAR, LAST_YEAR, TOKYO, Day, Kind, day_of, holiday, kind_of, tokyo
from ivr.hours.every import Way, all_spoken_hours, every_way, spoken_ways, usual_ways
from ivr.hours.load import load
from ivr.hours.spans import Span
from ivr.hours.spoken import Status, spoken_hours, statuses
from ivr.hours.table import (
    CLOSED_FILE,
    FILE,
    PROCEDURES,
    WHO,
    Basis,
    Closing,
    Counter,
    Group,
    Hours,
    Offer,
    Pattern,
    Procedure,
    ProcedureId,
    Who,
    normal,
)

__all__ = [
    "CLOSED_FILE",
    "FILE",
    "FIRST_YEAR",
    "LAST_YEAR",
    "PROCEDURES",
    "TOKYO",
    "WHO",
    "Answer",
    "Basis",
    "Closing",
    "Counter",
    "Day",
    "Group",
    "Hours",
    "Kind",
    "Offer",
    "Openings",
    "Pattern",
    "Procedure",
    "ProcedureId",
    "Span",
    "Status",
    "Way",
    "Who",
    "all_spoken_hours",
    "answer",
    "answers",
    "changes",
    "closed_today",
    "day_of",
    "every_way",
    "holiday",
    "kind_of",
    "load",
    "normal",
    "openings",
    "spoken_hours",
    "spoken_ways",
    "statuses",
    "tokyo",
    "usual_ways",
    "warnings",
]
