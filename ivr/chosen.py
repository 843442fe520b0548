"""The words that records keep of what was heard, beside the names of a flow's options: each stands here alone.

Whoever writes a record, counts it or explains it means these; `ivr check` refuses an option that bears such a name.
"""

from __future__ import annotations

from enum import StrEnum


class Chosen(StrEnum):
    """What a turn keeps where no option of the flow was chosen."""

    ANSWER = "answer"
    REPEAT = "repeat"
    BACK = "back"
    PERSON = "person"
    LIMIT = "limit"
    SILENCE = "silence"
    SILENCE_END = "silence_end"
    WRONG = "wrong"
    WRONG_END = "wrong_end"
    ASKED = "asked"
    HELPED = "helped"
    NOT_HELPED = "not_helped"
    POSITION_LOST = "position_lost"
    """Where the call stood could not be read, or is no node any more: the opening, with an apology."""
    UNFIT = "unfit"
    """A name that has the form of no name, as a record keeps it."""


class Ended(StrEnum):
    """How a transfer ended: Twilio's words (page "Dial", DialCallStatus), and ours."""

    COMPLETED = "completed"
    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"
    """A word that Twilio never sent before."""
    TALKED = "talked"
    """The caller hung up after a talk."""
    GONE = "gone"
    """The caller hung up before anybody answered."""


NO_SUBJECT = "none"
"""The subject of a call in whose opening nothing was chosen."""
KEPT = frozenset({*Chosen, *Ended, NO_SUBJECT})
SILENT = frozenset({Chosen.SILENCE, Chosen.SILENCE_END})
MISTAKEN = frozenset({Chosen.WRONG, Chosen.WRONG_END})
REPLIES = frozenset({Chosen.HELPED, Chosen.NOT_HELPED})
REACHED = frozenset({Ended.COMPLETED, Ended.ANSWERED, Ended.TALKED})
"""Somebody was there."""
