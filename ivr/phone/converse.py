"""A call by hand: listen to a passage, type what to do, listen on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.phone.items import Silent, parse
from ivr.phone.report import lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr.phone.caller import Caller
    from ivr.phone.items import Item

HELP = "Type keys (0-9 * #), nothing for silence, wait:SECONDS, say:WORDS, hangup."


def converse(caller: Caller, ask: Callable[[], str | None], show: Callable[[str], None]) -> list[Item]:
    """Show each passage and ask for items until the call is over; give the items that were done.

    `ask` gives a line, or None where the caller walks away; an empty line is silence.
    """
    done: list[Item] = []
    shown = 0
    while True:
        caller.listen()
        events = caller.call.events
        for text in lines(sorted(events[shown:], key=lambda event: event.t)):
            show(text)
        shown = len(events)
        if caller.call.over:
            return done
        typed = ask()
        if typed is None:
            caller.call.hang_up()
            continue
        try:
            items = parse(typed) or [Silent()]
        except ValueError as error:
            show(str(error))
            continue
        done += [item for item in items if caller.do(item)]
