"""Are the words about hours true? What was heard, read from the words alone, against `ivr.hours` counter by counter."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ivr import hours
from ivr.content import TODAY
from ivr.flow import Answer
from ivr.phone.walk.spoken import claim

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, time

    from ivr.content import Content
    from ivr.hours import ProcedureId
    from ivr.phone.walk.spoken import Claim
    from ivr.phone.walk.state import Passage


def disagreements(content: Content, node: str, at: datetime, passage: Passage) -> list[str] | None:
    """Say where the hours heard at a node are not those of the table; None where none were to be checked."""
    place = content.flow.nodes.get(node)
    if not isinstance(place, Answer) or place.hours is None:
        return None
    text = "".join(sentence.text for sentence in passage.sentences if sentence.prompt == TODAY)
    if not text:
        return [f"no words about today's hours at {at:%Y-%m-%dT%H:%M}"]
    procedure = cast("ProcedureId", place.hours.procedure)
    offers = content.hours.serving(procedure, place.hours.who)
    counters = [content.hours.counters[offer.counter] for offer in offers]
    found = [hours.answer(content.hours, counter, procedure, place.hours.who, at) for counter in counters]
    said = claim(text)
    if said is None:
        return None
    return [f"{text!r} at {at:%Y-%m-%dT%H:%M}: {problem}" for problem in _problems(said, found, at)]


def _problems(said: Claim, found: Sequence[hours.Answer], at: datetime) -> Iterator[str]:
    opened = [answer for answer in found if answer.open]
    if said.unstated:
        if opened:
            yield f"the page does give hours: {opened[0].counter} is open"
        return
    if said.open is True and not opened:
        yield "nothing is open"
    if said.open is False and opened:
        yield f"{opened[0].counter} is open"
    if said.open:
        yield from _wrong_ends(said.until, opened, at)
    if said.next:
        yield from _wrong_opening(said, found, at)


def _wrong_ends(until: Sequence[time], opened: Sequence[hours.Answer], at: datetime) -> Iterator[str]:
    ends = {end for answer in opened for begin, end in answer.today if begin <= at.time() < end}
    for moment in sorted(ends ^ set(until)):
        yield f"something closes at {moment:%H:%M}" if moment in ends else f"nothing closes at {moment:%H:%M}"


def _wrong_opening(said: Claim, found: Sequence[hours.Answer], at: datetime) -> Iterator[str]:
    nexts = [answer.next for answer in found if answer.next]
    if not nexts:
        yield "no opening is in sight"
        return
    first = min(nexts)
    weekday = at.weekday() if said.weekday is None else said.weekday
    if (first.time(), first.weekday()) != (said.next, weekday):
        yield f"the next opening is {first:%Y-%m-%dT%H:%M}"
