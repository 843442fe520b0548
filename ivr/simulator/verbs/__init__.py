"""The verbs that a document may hold: one class and file each, named like its element.

A verb parses strictly to a value and is then run. A new one is a new file and a line here; until then a call that
comes to a verb that Twilio has and this table only names ends with an error that says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.simulator.verbs.dial import Dial
from ivr.simulator.verbs.enqueue import Enqueue
from ivr.simulator.verbs.gather import Gather
from ivr.simulator.verbs.hangup import Hangup
from ivr.simulator.verbs.leave import Leave
from ivr.simulator.verbs.pause import Pause
from ivr.simulator.verbs.play import Play
from ivr.simulator.verbs.record import Record
from ivr.simulator.verbs.redirect import Redirect
from ivr.simulator.verbs.reject import Reject
from ivr.simulator.verbs.say import Say
from ivr.simulator.verbs.unsimulated import Unsimulated

if TYPE_CHECKING:
    from ivr.simulator.reader import Verb

_ALL = (Dial, Enqueue, Gather, Hangup, Leave, Pause, Play, Record, Redirect, Reject, Say)
UNSIMULATED = ("Connect", "Echo", "Pay", "Refer", "Sms", "Start", "Stop")
VERBS: dict[str, type[Verb]] = {
    **{verb.__name__: verb for verb in _ALL},
    **dict.fromkeys(UNSIMULATED, Unsimulated),
}
