"""Twilio's REST side, locally: Calls, Messages, Queues and their members, as version 2010-04-01 answers them.

    rest = Rest(world, token="secret")
    client = twilio.rest.Client(world.account, "secret", http_client=LocalTwilio(rest))
    client.calls.create(to="+81312345678", from_="+815000000000", url="https://service.example/voice")
    world.run(30)

The client library is used as it is; only its documented `http_client` is another one.
"""

from ivr.simulator.rest.api import Rest
from ivr.simulator.rest.client import LocalTwilio, RemoteTwilio

__all__ = ["LocalTwilio", "RemoteTwilio", "Rest"]
