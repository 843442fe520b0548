"""The API itself: who may ask, which resource an address names, and what it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ivr.simulator import messages
from ivr.simulator.rest import calls, queues, texts
from ivr.simulator.rest.asked import Asked, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ivr.simulator.call import Call
    from ivr.simulator.queues import Queue
    from ivr.simulator.world import World

    Answer = tuple[int, dict[str, Any] | None]

VERSION = "2010-04-01"
_PATH = re.compile(rf"/{VERSION}/Accounts/(?P<account>[^/.]+)/(?P<rest>[^?]+?)(?:\.json)?")


class Order(Protocol):
    """Does something to the world: at once, or as soon as nothing is in the middle of a step."""

    def __call__(self, action: Callable[[], None], /) -> None:
        """Do it."""


def at_once(action: Callable[[], None]) -> None:
    """Do it now; a call that is in the middle of a step finishes that by itself."""
    action()


@dataclass
class Rest:
    """The API of one account over a world. `asked` keeps every request with its answer, for whoever looks."""

    world: World
    token: str
    order: Order = at_once
    asked: list[tuple[str, str, int]] = field(default_factory=list)

    def handle(
        self, method: str, path: str, params: Mapping[str, Sequence[str]], user: tuple[str, str] | None
    ) -> Answer:
        """Answer a request: HTTP status, and the body as it goes into JSON (None: no body)."""
        try:
            answer = self._answer(method.upper(), path, Asked(params), user)
        except Refused as refused:
            answer = refused.status, refused.body()
        self.asked.append((method.upper(), path, answer[0]))
        return answer

    def _answer(self, method: str, path: str, asked: Asked, user: tuple[str, str] | None) -> Answer:
        if user != (self.world.account, self.token):
            raise Refused(401, 20003, "Authenticate")
        found = _PATH.fullmatch(path)
        if not found or found["account"] != self.world.account:
            raise _missing(path)
        kind, *rest = found["rest"].split("/")
        handlers = {"Calls": self._calls, "Messages": self._messages, "Queues": self._queues}
        if kind not in handlers:
            raise _missing(path)
        return handlers[kind](method, path, rest, asked)

    def _calls(self, method: str, path: str, rest: list[str], asked: Asked) -> Answer:
        if not rest and method == "POST":
            call = calls.create(self.world, asked)
            told = calls.shown(call)
            self.order(call.begin)
            return 201, told
        if not rest and method == "GET":
            wanted = {name: asked.text(name) for name in ("To", "From", "Status", "ParentCallSid")}
            found = [calls.shown(call) for call in reversed(self.world.calls) if _fits(call, wanted)]
            return 200, asked.page(found, "calls", path)
        call = self._call(path, rest)
        if method == "GET":
            return 200, calls.shown(call)
        if method == "POST":
            self.order(calls.update(call, asked))
            return 200, calls.shown(call)
        raise _no_method(method)

    def _messages(self, method: str, path: str, rest: list[str], asked: Asked) -> Answer:
        if not rest and method == "POST":
            message = texts.create(self.world, asked)
            told = texts.shown(self.world, message)
            self.order(lambda: messages.send(self.world, message))
            return 201, told
        sent = {message.sid: message for message in self.world.messages}
        if not rest and method == "GET":
            wanted = {"to": asked.text("To"), "sender": asked.text("From")}
            found = [
                texts.shown(self.world, one)
                for one in reversed(self.world.messages)
                if all(getattr(one, name) == value for name, value in wanted.items() if value)
            ]
            return 200, asked.page(found, "messages", path)
        if len(rest) != 1 or rest[0] not in sent:
            raise _missing(path)
        if method == "GET":
            return 200, texts.shown(self.world, sent[rest[0]])
        raise _no_method(method)

    def _queues(self, method: str, path: str, rest: list[str], asked: Asked) -> Answer:
        if not rest and method == "POST":
            return 201, queues.shown(self.world, queues.create(self.world, asked))
        if not rest and method == "GET":
            every = [queues.shown(self.world, queue) for queue in self.world.queues.values()]
            return 200, asked.page(every, "queues", path)
        queue = next((queue for queue in self.world.queues.values() if rest and queue.sid == rest[0]), None)
        if queue is None:
            raise _missing(path)
        if rest[1:2] == ["Members"]:
            return self._members(method, path, queue, rest[2:], asked)
        if len(rest) != 1:
            raise _missing(path)
        if method == "POST":
            queues.update(self.world, queue, asked)
        elif method == "DELETE":
            queues.delete(self.world, queue)
            return 204, None
        elif method != "GET":
            raise _no_method(method)
        return 200, queues.shown(self.world, queue)

    def _members(self, method: str, path: str, queue: Queue, rest: list[str], asked: Asked) -> Answer:
        if not rest and method == "GET":
            every = [queues.shown_member(self.world, queue, one) for one in queue.members]
            return 200, asked.page(every, "queue_members", path)
        if len(rest) != 1:
            raise _missing(path)
        if method == "GET":
            return 200, queues.shown_member(self.world, queue, queues.member(queue, rest[0]))
        if method == "POST":
            one, action = queues.dequeue(queue, rest[0], asked)
            told = queues.shown_member(self.world, queue, one)
            self.order(action)
            return 200, told
        raise _no_method(method)

    def _call(self, path: str, rest: list[str]) -> Call:
        found = next((call for call in self.world.calls if rest == [call.sid]), None)
        if found is None:
            raise _missing(path)
        return found


def _fits(call: Call, wanted: Mapping[str, str]) -> bool:
    has = {
        "To": call.called,
        "From": call.caller,
        "Status": call.status,
        "ParentCallSid": call.leg.parent.sid if call.leg.parent else "",
    }
    return all(has[name] == value for name, value in wanted.items() if value)


def _missing(path: str) -> Refused:
    return Refused(404, 20404, f"The requested resource {path} was not found")


def _no_method(method: str) -> Refused:
    return Refused(405, 20004, f"Method {method} is not allowed")
