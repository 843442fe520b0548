"""Which counter is open for what, for whom, when: pure, the clock is handed in.

`flows/counters.yaml` holds the counters, their hours, who is served where by the ward's page, and the wording;
`flows/closed_days.yaml` the days on which something is closed against that. One set of rows answers `ivr hours`
and makes the sentences that callers hear.
"""

from ivr.hours.answer import LOOK_AHEAD, Answer, Openings, answer, answers, changes, openings
from ivr.hours.closings import closed_today, warnings
from ivr.hours.day import FIRST_YEAR, LAST_YEAR, TOKYO, Day, Kind, day_of, holiday, kind_of, tokyo
from ivr.hours.every import CALENDAR, Way, all_spoken_hours, every_way, spoken_ways, usual_ways
from ivr.hours.load import load
from ivr.hours.spans import Span, common, holds, without
from ivr.hours.spoken import FAR, Status, spoken_day, spoken_hours, spoken_time, statuses
from ivr.hours.table import (
    CLOSED_FILE,
    FILE,
    PROCEDURES,
    TELEPHONE,
    TELEPHONE_NAME,
    TELEPHONE_NAMES,
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
    "CALENDAR",
    "CLOSED_FILE",
    "FAR",
    "FILE",
    "FIRST_YEAR",
    "LAST_YEAR",
    "LOOK_AHEAD",
    "PROCEDURES",
    "TELEPHONE",
    "TELEPHONE_NAME",
    "TELEPHONE_NAMES",
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
    "common",
    "day_of",
    "every_way",
    "holds",
    "holiday",
    "kind_of",
    "load",
    "normal",
    "openings",
    "spoken_day",
    "spoken_hours",
    "spoken_time",
    "spoken_ways",
    "statuses",
    "tokyo",
    "usual_ways",
    "warnings",
    "without",
]
