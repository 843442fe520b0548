"""Arithmetic on the hours of one day. Nothing here knows a counter."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Span: TypeAlias = "tuple[time, time]"
"""From the first time on, until before the second."""
ALL_DAY: Span = (time.min, time.max)
"""A whole day: `time.max` stands for the midnight at its end, which `time` cannot hold."""


def holds(spans: Iterable[Span], now: time) -> bool:
    """Tell whether a time lies in one of the spans: the first minute does, the closing minute does not."""
    return any(begin <= now and (now < end or end == time.max) for begin, end in spans)


def without(spans: Iterable[Span], taken: Iterable[Span]) -> tuple[Span, ...]:
    """Give what is left of spans when others are taken out; sorted."""
    left = list(spans)
    for out, back in taken:
        parts = [part for begin, end in left for part in ((begin, min(end, out)), (max(begin, back), end))]
        left = [(begin, end) for begin, end in parts if begin < end]
    return tuple(sorted(set(left)))


def common(spans: Iterable[Span], others: Iterable[Span]) -> tuple[Span, ...]:
    """Give the times that lie in a span of both; sorted."""
    pairs = ((max(a, c), min(b, d)) for a, b in spans for c, d in tuple(others))
    return tuple(sorted((begin, end) for begin, end in pairs if begin < end))
