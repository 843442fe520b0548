"""The table of facts: every number, deadline, fee and list that callers hear stands once, with its source.

`flows/facts.yaml` holds values in checked types, the section and lines of the ward's page that they come from
(with a hash of each line, not its words), and the places that the page leaves open (`unsettled`). Pure after
loading; what else is a fact (counters, hours) is joined by whoever owns it.
"""

from ivr.facts.table import FILE, PAGE_DATE, Fact, Facts, Lines, Section, Unsettled, as_json, checked_lines, line_hash
from ivr.facts.values import (
    BadValueError,
    Clock,
    Count,
    Day,
    Digits,
    Duration,
    FactType,
    Papers,
    Phone,
    Text,
    Value,
    Words,
    YearDays,
    Yen,
    clock_words,
    day_words,
    digit_words,
    kanji,
    parse_date,
    parse_time,
    parse_value,
    words,
)

__all__ = [
    "FILE",
    "PAGE_DATE",
    "BadValueError",
    "Clock",
    "Count",
    "Day",
    "Digits",
    "Duration",
    "Fact",
    "FactType",
    "Facts",
    "Lines",
    "Papers",
    "Phone",
    "Section",
    "Text",
    "Unsettled",
    "Value",
    "Words",
    "YearDays",
    "Yen",
    "as_json",
    "checked_lines",
    "clock_words",
    "day_words",
    "digit_words",
    "kanji",
    "line_hash",
    "parse_date",
    "parse_time",
    "parse_value",
    "words",
]
