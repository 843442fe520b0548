"""A local Twilio: calls any voice webhook, interprets the TwiML that it answers with, keeps virtual time.

It is written from Twilio's documentation alone and imports nothing of any service, so that a rule misread on one side
shows on the other. In short:

    world = World(fetch=wsgi(app), sign=signer("token"), start=noon, random=Random(1))
    call = world.dial(Line("+815000000000", "https://example.com/voice"), caller="+815000000001")
    call.listen()          # until the service waits for a key
    call.press("1")
    call.wait(3)
    call.hang_up()
    call.heard, call.requests, call.warnings, call.ended
"""

from ivr.simulator.call import KEYS, Call, CallOverError
from ivr.simulator.conferences import Conference, Participant
from ivr.simulator.events import (
    Dialled,
    Ended,
    EndedBy,
    Event,
    Heard,
    Joined,
    Key,
    Played,
    Queued,
    Recorded,
    Requested,
    Silence,
    Spoke,
    Texted,
    Warned,
)
from ivr.simulator.fetch import Fetch, Http, Request, Response, wsgi
from ivr.simulator.leg import Callbacks, Leg, Line
from ivr.simulator.parameters import WITHHELD, is_caller, is_number
from ivr.simulator.people import OUTCOMES, Outcome, Person
from ivr.simulator.process import HungUp, Redirected, Target, Trouble
from ivr.simulator.queues import Member, Queue
from ivr.simulator.recordings import Recording
from ivr.simulator.rules import Rules
from ivr.simulator.signature import Signer, leaving_out, signature, signer, stale, tampered, unsigned
from ivr.simulator.sound import Caption, Captions, Sound, estimate
from ivr.simulator.world import World

__all__ = [
    "KEYS",
    "OUTCOMES",
    "WITHHELD",
    "Call",
    "CallOverError",
    "Callbacks",
    "Caption",
    "Captions",
    "Conference",
    "Dialled",
    "Ended",
    "EndedBy",
    "Event",
    "Fetch",
    "Heard",
    "Http",
    "HungUp",
    "Joined",
    "Key",
    "Leg",
    "Line",
    "Member",
    "Outcome",
    "Participant",
    "Person",
    "Played",
    "Queue",
    "Queued",
    "Recorded",
    "Recording",
    "Redirected",
    "Request",
    "Requested",
    "Response",
    "Rules",
    "Signer",
    "Silence",
    "Sound",
    "Spoke",
    "Target",
    "Texted",
    "Trouble",
    "Warned",
    "World",
    "estimate",
    "is_caller",
    "is_number",
    "leaving_out",
    "signature",
    "signer",
    "stale",
    "tampered",
    "unsigned",
    "wsgi",
]
