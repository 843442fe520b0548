"""Where Twilio's documents are silent, or reports from the field disagree with them: every choice has a name here.

The defaults are the documented behaviour; where there is none, what most sources agree on. A service that works with
every choice works with Twilio, whichever is true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Rules:
    """How this world's Twilio decides.

    `siblings`: telephones that ring together stop when the first is picked up, or only when a whisper was accepted.
    `dial_gone`: a caller who hangs up during <Dial> has its action requested (reported from the field), or not.
    `gather_gone`: a caller who hangs up after some digits has the action of <Gather> requested, or not.
    `empty_digits`: an empty result is sent as a blank `Digits`, or without it.
    `empty_queue`: the DialCallStatus of a <Dial> that waited for an empty queue in vain.
    `silent_record`: a recording without a sound is followed by the next verb, or by its action.
    `speech_pause`: seconds of silence that end what a caller says where speechTimeout is `auto`.
    `queue_size`: members that a queue made by <Enqueue> takes (older editions say 100).
    `ring_buffer`: seconds for which it really rings beyond the timeout of <Dial> (documented as up to 5).
    `relative_redirect`: a relative address in <Redirect> is resolved (as documented) in silence, or with a remark: one
    report from the field says that it goes wrong.
    `get_order`: a GET sends its parameters in the order that was signed, or in another (two reports from the field).
    """

    siblings: Literal["answer", "accept"] = "answer"
    dial_gone: Literal["action", "nothing"] = "action"
    gather_gone: Literal["action", "nothing"] = "nothing"
    empty_digits: Literal["blank", "absent"] = "blank"
    empty_queue: Literal["no-answer", "completed"] = "no-answer"
    silent_record: Literal["next", "action"] = "next"
    speech_pause: float = 1.0
    queue_size: int = 1000
    ring_buffer: float = 0.0
    relative_redirect: Literal["silent", "remarked"] = "silent"
    get_order: Literal["signed", "other"] = "signed"


DOCUMENTED = Rules()
