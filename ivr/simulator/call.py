"""One simulated call: a caller's hand on the keypad, and the documents that the service answers with."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC
from email.utils import format_datetime
from math import ceil, inf
from typing import TYPE_CHECKING

from ivr.simulator import document, parameters
from ivr.simulator.events import Ended, Event, Heard, Key, Played, Requested, Warned
from ivr.simulator.process import HungUp, LimitReached, NotSimulated, Stop, Target, Trouble, Wait
from ivr.simulator.sound import PLAYABLE, SILENT, Caption, Sound, measure, said
from ivr.simulator.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr.simulator.events import EndedBy, HungUpBy
    from ivr.simulator.process import Doing, Next, Steps
    from ivr.simulator.wire import Answer
    from ivr.simulator.world import World

KEYS = "0123456789*#"
DOCUMENTS_WITHOUT_A_KEY = 250
"""The simulator's own step limit: so many documents in a row while the caller does nothing are going in circles."""
CALL_SECONDS = 14400
"""Twilio ends every call after four hours."""
_HUNG_UP: dict[EndedBy, HungUpBy] = {"caller": "caller", "service": "service", "error": "twilio", "limit": "twilio"}
APPLICATION_ERROR = "We are sorry, an application error has occurred. Goodbye."


@dataclass(frozen=True)
class Line:
    """A telephone number of the account, in E.164, and the addresses set for it; empty ones are not set."""

    number: str
    voice_url: str
    voice_method: str = "POST"
    fallback_url: str = ""
    fallback_method: str = "POST"
    status_url: str = ""
    status_method: str = "POST"


class CallOverError(RuntimeError):
    """A key or a hang-up on a call that has ended."""


class Call:
    """A call from `caller` to a line; everything that happens is in `events`, in the order in which it was over.

    Made by `World.dial`. Time passes in `wait`, `listen` and `step` only, for all calls of the world.
    """

    def __init__(self, world: World, line: Line, caller: str, midway: Target | None = None) -> None:
        """Dial, and request the first document, or the one `midway` as a call that has long been answered."""
        self.world = world
        self.line = line
        self.caller = caller
        self.sid = world.sid()
        self.events: list[Event] = []
        self.ended: EndedBy | None = None
        self._began = world.now
        self._answered: float | None = None if midway is None else world.now
        self._first = midway or Target(line.voice_url, line.voice_method)
        self._ended_at: float | None = None
        self._documents = 0
        self._recordings: dict[str, Sound] = {}
        self._wire = Wire(world.fetch, world.sign, world.latency, lambda: self.now, self.note, world.token)
        self._life = self._live()
        self._wait = Wait(world.now, "requesting")
        self._go_on(None)

    # What a caller does

    def press(self, key: str) -> None:
        """Press a key now; outside a Gather, or while a webhook is under way, it is lost with a warning."""
        if len(key) != 1 or key not in KEYS:
            raise ValueError(f"{key!r} is not one of the keys {KEYS}")
        self._must_be_alive()
        self.note(Key(self.now, key))
        if self._wait.keys:
            self._documents = 0
            self._go_on(key)
        else:
            self.warn(0, f"key {key} is lost: nothing listens while the call is {self.doing}")

    def hang_up(self) -> None:
        """Hang up now."""
        self._must_be_alive()
        self._throw(HungUp())

    def wait(self, seconds: float) -> None:
        """Do nothing for so many seconds."""
        self.world.run(self.world.now + seconds)

    def listen(self) -> list[Heard]:
        """Listen until the service waits for a key or the call is over; give what was heard from now on."""
        before = len(self.events)
        while self.doing not in ("listening", "over"):
            self.step()
        return sorted((event for event in self.events[before:] if isinstance(event, Heard)), key=lambda heard: heard.t)

    def step(self) -> None:
        """Let time pass until the next thing happens in the world."""
        self.world.run(self.world.wakes)

    # What a tester sees

    @property
    def now(self) -> float:
        """The second of the world's clock: verbs reckon with it."""
        return self.world.now

    @property
    def seconds(self) -> float:
        """How long the call has lasted, or did last."""
        return round((self.now if self._ended_at is None else self._ended_at) - self._began, 3)

    @property
    def wakes(self) -> float:
        """The second of the world's clock at which this call goes on by itself."""
        return inf if self.ended else min(self._wait.until, self._began + CALL_SECONDS)

    @property
    def doing(self) -> Doing:
        """What the call is doing; `listening` is a Gather that has said everything and waits for a key."""
        return "over" if self.ended else self._wait.doing

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self.ended is not None

    @property
    def answered(self) -> bool:
        """Whether the service has answered: by the first verb that can be heard."""
        return self._answered is not None

    @property
    def heard(self) -> Sequence[Heard]:
        """Every sentence heard so far, by the second at which it began."""
        return sorted((event for event in self.events if isinstance(event, Heard)), key=lambda heard: heard.t)

    @property
    def requests(self) -> Sequence[Requested]:
        """Every exchange over HTTP so far."""
        return [event for event in self.events if isinstance(event, Requested)]

    @property
    def warnings(self) -> Sequence[Warned]:
        """Every warning and error so far."""
        return [event for event in self.events if isinstance(event, Warned)]

    # What verbs do

    def note(self, event: Event) -> None:
        """Write down what happened; `t` comes in as a second of the world and is kept as one of this call."""
        self.events.append(replace(event, t=round(event.t - self._began, 3)))

    def warn(self, code: int, text: str) -> None:
        """Write down a warning by Twilio's code; 0 is the simulator's own."""
        self.note(Warned(self.now, code, text))

    def answer(self) -> None:
        """Answer the call, if that has not been done."""
        if self._answered is None:
            self._answered = self.now

    def words(self, text: str) -> Sound:
        """Give the sound of a text of <Say>."""
        return self.world.captions(text) or said(text)

    def recording(self, url: str, wrong_type: int) -> Sound:
        """Give the sound at an address, fetched once a call; a failure is a warning and silence."""
        if url not in self._recordings:
            try:
                self._recordings[url] = self._fetched(url, wrong_type)
            except Trouble as trouble:
                self.warn(trouble.code, str(trouble))
                self._recordings[url] = SILENT
        return self._recordings[url]

    def speak(self, sound: Sound, source: str, *, said: bool = False) -> Steps[None]:
        """Let a sound be heard, sentence by sentence; `source` is its address, or the words that were `said`."""
        began = self.now
        try:
            for caption in sound.captions:
                if began + caption.begin > self.now:
                    yield Wait(began + caption.begin, "speaking")
                yield from self._sentence(began, caption, estimated=sound.estimated)
            if began + sound.seconds > self.now:
                yield Wait(began + sound.seconds, "speaking")
        finally:
            if self.now > began:
                self.note(Played(began, source, round(self.now - began, 3), said))

    def tell(self, target: Target, status: str = "completed") -> None:
        """Request something whose answer is not executed; that it fails is a warning and no more."""
        try:
            self._wire.ask(target, self._parameters(status))
        except Trouble as trouble:
            self.warn(trouble.code, str(trouble))

    # The life of a call

    def proceed(self) -> None:
        """Go on, because the second has come for which the call waited; the world calls this."""
        if self.now >= self._began + CALL_SECONDS:
            self._throw(LimitReached(f"Twilio ends a call after {CALL_SECONDS} s"))
        else:
            self._go_on(None)

    def _live(self) -> Steps[None]:
        by: EndedBy = "service"
        status = "completed"
        try:
            status = (yield from self._conversation()).status
        except HungUp:
            by, status = "caller", status if self.answered else "no-answer"
        except LimitReached as limit:
            by = "limit"
            self.warn(0, str(limit))
        except (Trouble, NotSimulated) as error:
            by = "error"
            if isinstance(error, NotSimulated):
                self.warn(0, str(error))
            with suppress(HungUp, LimitReached):
                yield from self.speak(said(APPLICATION_ERROR), APPLICATION_ERROR, said=True)
        self._end(by, status)

    def _conversation(self) -> Steps[Stop]:
        target = self._first
        while True:
            try:
                following = yield from self._document(target)
            except Trouble as trouble:
                following = self._fallback(target, trouble)
            if not isinstance(following, Target):
                return following or Stop()
            target = following

    def _document(self, target: Target) -> Steps[Next]:
        self._documents += 1
        if self._documents > DOCUMENTS_WITHOUT_A_KEY:
            raise LimitReached(f"{DOCUMENTS_WITHOUT_A_KEY} documents in a row without a key: going in circles")
        answer = yield from self._request(target)
        if answer.content_type.startswith("audio/"):
            self._recordings[answer.url] = self._sound(answer.url, answer, 13420)
        for verb in document.verbs(answer, self.warn):
            following = yield from verb.run(self)
            if following is not None:
                return following
        self.answer()
        return None

    def _request(self, target: Target) -> Steps[Answer]:
        """Request a document; the time that this takes passes before anything else, also before a failure shows."""
        self._wire.spent = 0.0
        try:
            return self._wire.ask(target, self._parameters("in-progress" if self.answered else "ringing"))
        finally:
            if self._wire.spent:
                yield Wait(self.now + self._wire.spent, "requesting")

    def _fallback(self, failed: Target, trouble: Trouble) -> Target:
        """Turn to the fallback address, in the same state of the call; raises if that failed itself, or none is set."""
        self.warn(trouble.code, str(trouble))
        if not self.line.fallback_url or "ErrorCode" in failed.params:
            raise trouble
        params = {"ErrorCode": str(trouble.code), "ErrorUrl": failed.url}
        return Target(self.line.fallback_url, self.line.fallback_method, params)

    def _end(self, by: EndedBy, status: str) -> None:
        self.ended, self._ended_at = by, self.now
        self.note(Ended(self.now, _HUNG_UP[by]))
        if self.line.status_url:
            seconds = 0 if self._answered is None else round(self.now - self._answered)
            params = {
                "CallDuration": str(seconds),
                "Duration": str(ceil(seconds / 60)),
                "Timestamp": format_datetime(self.world.moment.astimezone(UTC), usegmt=True),
                "CallbackSource": "call-progress-events",
                "SequenceNumber": "0",
            }
            self.tell(Target(self.line.status_url, self.line.status_method, params), status)

    def _sentence(self, began: float, caption: Caption, *, estimated: bool) -> Steps[None]:
        start, end = began + caption.begin, began + caption.end
        try:
            yield Wait(end, "speaking")
        finally:
            cut = self.now < end
            seconds = round(min(self.now, end) - start, 3)
            if seconds > 0 or not cut:
                self.note(Heard(start, caption.text, seconds, caption.prompt, caption.option, cut, estimated))

    def _fetched(self, url: str, wrong_type: int) -> Sound:
        return self._sound(url, self._wire.get(url), wrong_type)

    def _sound(self, url: str, answer: Answer, wrong_type: int) -> Sound:
        if answer.content_type not in PLAYABLE:
            raise Trouble(wrong_type, f"{url} is {answer.content_type or 'of no type'}, which cannot be played")
        known = self.world.captions(url)
        if known is not None:
            return known
        try:
            seconds = measure(answer.response.body, answer.content_type)
        except ValueError as error:
            raise Trouble(0, f"{url}: {error}") from error
        return Sound(seconds, (Caption(url, 0.0, seconds),))

    def _parameters(self, status: str) -> dict[str, str]:
        standard = parameters.standard(
            sid=self.sid, account=self.world.account, caller=self.caller, called=self.line.number, status=status
        )
        return {**standard, **self.world.added(self.world.moment)}

    def _must_be_alive(self) -> None:
        if self.ended:
            raise CallOverError(f"the call is over: ended by {self.ended}")

    def _go_on(self, key: str | None) -> None:
        with suppress(StopIteration):
            self._wait = self._life.send(key)

    def _throw(self, error: HungUp | LimitReached) -> None:
        with suppress(StopIteration):
            self._wait = self._life.throw(error)
