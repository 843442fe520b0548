"""Days and moments as the pages write them, whatever the language of the browser: `2026年11月24日(火) 18:30:05`."""

from __future__ import annotations

import re
from datetime import date, datetime

from ivr.hours import TOKYO

WEEKDAYS = "月火水木金土日"
_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?|T\d\d:\d\d:\d\d[+-]\d\d:\d\d)?")


def day(value: date) -> str:
    """Write a day."""
    return f"{value.year}年{value.month}月{value.day}日({WEEKDAYS[value.weekday()]})"


def moment(value: datetime) -> str:
    """Write an aware moment to the second, as Tokyo's clocks show it."""
    local = value.astimezone(TOKYO)
    return f"{day(local)} {local:%H:%M:%S}"


def written(value: object) -> object:
    """Write whatever a page shows that is a day or a moment, also one in ISO 8601; everything else stays as it is."""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, str) and _WRITTEN.fullmatch(value):
        return _written(value)
    return value


def _written(text: str) -> str:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return text
    if read.tzinfo:
        return moment(read)
    time = text[len("2026-11-24") :]
    return f"{day(read)}{time}"
