"""One simulated call: a caller's hand on the keypad, and the documents that the service answers with."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from inspect import GEN_RUNNING, getgeneratorstate
from math import ceil, inf
from typing import TYPE_CHECKING

from ivr.simulator import document, parameters
from ivr.simulator.events import Ended, Event, Heard, Key, Played, Requested, Spoke, Texted, Warned
from ivr.simulator.fetch import Response
from ivr.simulator.place import CALL, WHISPER, Place
from ivr.simulator.process import (
    HungUp,
    Interrupted,
    LimitReached,
    NotSimulated,
    Redirected,
    Stop,
    Target,
    Trouble,
    Wait,
)
from ivr.simulator.sound import PLAYABLE, SILENT, Caption, Sound, measure, said
from ivr.simulator.wire import Answer, Wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr.simulator.bridge import Bridge
    from ivr.simulator.events import EndedBy, HungUpBy
    from ivr.simulator.leg import Leg
    from ivr.simulator.process import Doing, Next, Steps
    from ivr.simulator.world import World

KEYS = "0123456789*#"
DOCUMENTS_WITHOUT_A_KEY = 250
"""The simulator's own step limit: so many documents in a row while the caller does nothing are going in circles."""
CALL_SECONDS = 14400
"""Twilio ends every call after four hours."""
_HUNG_UP: dict[EndedBy, HungUpBy] = {
    "caller": "caller",
    "person": "person",
    "service": "service",
    "error": "twilio",
    "limit": "twilio",
}
_CALLBACK_STATUS = {"initiated": "initiated", "ringing": "ringing", "answered": "in-progress"}
APPLICATION_ERROR = "We are sorry, an application error has occurred. Goodbye."


class CallOverError(RuntimeError):
    """A key or a hang-up on a call that has ended."""


class Call:
    """A leg of a call; everything that happens on it is in `events`, in the order in which it was over.

    Made by `World.dial`, by `World.place`, or by a <Dial>: then it is one of its parent's `children`. Time passes in
    `wait`, `listen` and `step` only, for all calls of the world.
    """

    def __init__(self, world: World, leg: Leg) -> None:
        """Make a call that is queued: `begin` places it."""
        self.world = world
        self.leg = leg
        self.sid = world.sid()
        self.events: list[Event] = []
        self.children: list[Call] = []
        self.ended: EndedBy | None = None
        self.bridge: Bridge | None = None
        self.held = False
        self._holds = self._known_holds = 0
        self.made = world.now
        self.ready = False
        self.apart = False
        self.speaks_until = 0.0
        self.place = CALL
        self._began = world.now
        self._answered: float | None = world.now if leg.midway else None
        self._ended_at: float | None = None
        self._leaves = inf
        self._final = ""
        self._placed = False
        self._told = 0
        self._documents = 0
        self._counted_at = world.now
        self._keys = iter(leg.person.keys if leg.person else "")
        self._recordings: dict[str, Sound] = {}
        self._wire = Wire(
            world.fetch, world.sign, world.latency, lambda: self.now, self.note, world.token, world.rules.get_order
        )
        self._life = self._live()
        self._wait = Wait(inf, "queued")

    def begin(self) -> None:
        """Place the call; the first request of an inbound one goes out now."""
        self._placed = True
        self._began = self._counted_at = self.now
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

    def speak_up(self, seconds: float, words: str = "", confidence: float = 0.9) -> None:
        """Speak for so many seconds from now on: for a <Record>, or words for a <Gather> that listens to speech.

        `confidence` (0 to 1) is how sure the recognition is of the words. Where nothing listens they are lost, with a
        warning.
        """
        self._must_be_alive()
        self.speaks_until = max(self.speaks_until, self.now + seconds)
        self.note(Spoke(self.now, seconds, words, confidence))
        if self._wait.speech:
            self._documents = 0
            self._go_on(None)
        elif words and self.doing not in ("recording", "talking"):
            self.warn(0, f"{words!r} is lost: nothing listens to speech while the call is {self.doing}")
        else:
            self.nudge()

    def hang_up(self) -> None:
        """Hang up now; whoever talked to this call hears of it at once."""
        self._must_be_alive()
        self.interrupt(HungUp("person" if self.leg.person else "caller"))
        self.world.run(self.world.now)

    def wait(self, seconds: float) -> None:
        """Do nothing for so many seconds."""
        self.world.run(self.world.now + seconds)

    def listen(self) -> list[Heard]:
        """Listen until the service waits for a key, puts the caller on hold, or the call is over.

        Gives what was heard from now on. A caller who is on hold already listens on, for as long as anything happens.
        """
        before = len(self.events)
        while self.doing not in ("listening", "over") and not (self.held and self._holds > self._known_holds):
            if self.world.wakes == inf or (self.held and self._wait.until == inf):
                break
            self.step()
        self._known_holds = self._holds
        return sorted((event for event in self.events[before:] if isinstance(event, Heard)), key=lambda heard: heard.t)

    def step(self) -> None:
        """Let time pass until the next thing happens in the world."""
        self.world.run(self.world.wakes)

    # What a tester sees

    @property
    def caller(self) -> str:
        """Who calls: From."""
        return self.leg.caller

    @property
    def called(self) -> str:
        """Who is called: To."""
        return self.leg.called

    @property
    def now(self) -> float:
        """The second of the world's clock: verbs reckon with it."""
        return self.world.now

    @property
    def seconds(self) -> float:
        """How long the call has lasted, or did last."""
        return round((self.now if self._ended_at is None else self._ended_at) - self._began, 3)

    @property
    def talked(self) -> float:
        """Seconds since the call was answered, until its end; 0 if nobody has."""
        return 0.0 if self._answered is None else (self._ended_at or self.now) - self._answered

    @property
    def answered_at(self) -> float | None:
        """The second of the world's clock at which it was answered."""
        return self._answered

    @property
    def ended_at(self) -> float | None:
        """The second of the world's clock at which it ended."""
        return self._ended_at

    @property
    def wakes(self) -> float:
        """The second of the world's clock at which this call goes on by itself."""
        if self.ended or not self._placed:
            return inf
        return min(self._wait.until, self._leaves, self._began + CALL_SECONDS)

    @property
    def doing(self) -> Doing:
        """What the call is doing; `listening` is a Gather that has said everything and waits for a key."""
        return "over" if self.ended else self._wait.doing

    @property
    def takes_speech(self) -> bool:
        """Whether a <Gather> listens to what the caller says."""
        return self._wait.speech

    @property
    def status(self) -> str:
        """The CallStatus, in Twilio's words."""
        if self.ended:
            return self._final
        if not self._placed:
            return "queued"
        return "ringing" if self._answered is None else "in-progress"

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self.ended is not None

    @property
    def answered(self) -> bool:
        """Whether it was answered: an inbound call is, by the first verb that can be heard."""
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

    @property
    def texts(self) -> Sequence[tuple[str, str]]:
        """Every text message that went out during the call: to whom, and its words."""
        return [(event.to, event.text) for event in self.events if isinstance(event, Texted)]

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

    def hold(self) -> None:
        """Put the call on hold: it waits for somebody, and `interrupt` may end that."""
        self.held = True
        self._holds += 1

    def converses(self) -> None:
        """Begin to talk with someone: a scripted person hangs up when they have said what they had to."""
        if self.leg.person:
            self._leaves = min(self._leaves, self.now + self.leg.person.talks)

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
        """Request something whose answer is not executed; that it fails is a warning and no more.

        `status` is the CallStatus that it is told with.
        """
        try:
            self._wire.ask(target, self._parameters(status))
        except Trouble as trouble:
            self.warn(trouble.code, str(trouble))

    def perform(self, target: Target, place: Place) -> Steps[Next]:
        """Run a document in a place within the call, and all that follow it; tell how the last one ended."""
        before, self.place = self.place, place
        try:
            following: Next = target
            while isinstance(following, Target):
                following = yield from self._document(following, place)
        finally:
            self.place = before
        return following

    # What other calls and REST do

    def nudge(self) -> None:
        """Let the call look again at what it waits for: something has changed for it."""
        if self._wait.nudged:
            self._wait = replace(self._wait, until=self.now)

    def interrupt(self, order: HungUp | Redirected | Interrupted | LimitReached) -> None:
        """Throw an order into whatever the call is doing; one that is in the middle of a step finishes that first.

        That something `Interrupted` concerns calls on hold alone; others are only nudged. What it means for the other
        side of a conversation happens when time goes on, if only with `world.run(world.now)`.
        """
        if self.over:
            return
        if isinstance(order, Interrupted) and not self.held:
            self.nudge()
        elif not self._placed and isinstance(order, HungUp):
            self._end(order.by, order.status or "canceled")
        elif getgeneratorstate(self._life) == GEN_RUNNING:
            self.world.soon(lambda: self.interrupt(order))
        else:
            with suppress(StopIteration):
                self._wait = self._life.throw(order)
            self._scripted()

    # The life of a call

    def proceed(self) -> None:
        """Go on, because the second has come for which the call waited; the world calls this."""
        if self.now >= self._began + CALL_SECONDS:
            self.interrupt(LimitReached(f"Twilio ends a call after {CALL_SECONDS} s"))
        elif self.now >= self._leaves:
            self._leaves = inf
            self.interrupt(HungUp("person"))
        else:
            self._go_on(None)

    def _live(self) -> Steps[None]:
        by: EndedBy = "service"
        status = "completed"
        try:
            if self.leg.person:
                yield from self._rung()
            status = (yield from self._conversation()).status
        except HungUp as gone:
            by, status = gone.by, gone.status or ("completed" if self.answered else "no-answer")
        except LimitReached as limit:
            by = "limit"
            self.warn(0, str(limit))
        except (Trouble, NotSimulated) as error:
            by = "error"
            if isinstance(error, NotSimulated):
                self.warn(0, str(error))
            with suppress(HungUp, LimitReached, Redirected):
                yield from self.speak(said(APPLICATION_ERROR), APPLICATION_ERROR, said=True)
        self._end(by, status)

    def _rung(self) -> Steps[None]:
        """Ring somebody up, for as long as they let it ring."""
        person = self.leg.person
        if person is None:
            return
        self._call_back("initiated")
        self._call_back("ringing")
        after, how = person.reaction(self.leg.timeout)
        yield Wait(self.now + after, "ringing")
        if how != "answered":
            raise HungUp("person", how)
        self.answer()
        if person.hangs_up is not None:
            self._leaves = self.now + person.hangs_up
        self._call_back("answered")
        if self.leg.parent:
            self.leg.parent.nudge()

    def _conversation(self) -> Steps[Stop]:
        target = self.leg.first
        while True:
            try:
                following = yield from self._part(target)
            except Trouble as trouble:
                following = self._fallback(target, trouble)
            except Redirected as order:
                self.apart, self._documents = True, 0
                following = order.target
            if not isinstance(following, Target):
                return following if isinstance(following, Stop) else Stop()
            target = following

    def _part(self, target: Target | None) -> Steps[Next]:
        """Run one document; a leg of a <Dial> runs its whisper to the end and is then connected."""
        if self.leg.parent is None or self.apart:
            return (yield from self._document(target, CALL)) if target else None
        if target:
            following = yield from self.perform(target, WHISPER)
            if following is not None:
                return following
        yield from self._connected(self.leg.parent)
        return None

    def _connected(self, parent: Call) -> Steps[None]:
        self.ready = True
        parent.nudge()
        while self.bridge is None:
            yield Wait(inf, "waiting", nudged=True)
        yield from self.bridge.hold(self)

    def _document(self, target: Target, place: Place) -> Steps[Next]:
        self._count_document(place)
        answer = yield from self._request(target, place)
        if answer.content_type.startswith("audio/"):
            self._recordings[answer.url] = self._sound(answer.url, answer, 13420)
        for verb in document.verbs(answer, self.warn, place):
            following = yield from verb.run(self)
            if following is not None:
                return following
        if place is CALL:
            self.answer()
        return None

    def _count_document(self, place: Place) -> None:
        """Look out for circles; a wait document may come round for ever, as long as time passes."""
        if place not in (CALL, WHISPER) and self.now >= self._counted_at + 1.0:
            self._documents = 0
        self._counted_at = self.now
        self._documents += 1
        if self._documents > DOCUMENTS_WITHOUT_A_KEY:
            raise LimitReached(f"{DOCUMENTS_WITHOUT_A_KEY} documents in a row without a key: going in circles")

    def _request(self, target: Target, place: Place) -> Steps[Answer]:
        """Request a document; the time that this takes passes before anything else, also before a failure shows."""
        if target.twiml:
            return Answer(target.url, Response(200, (("Content-Type", "text/xml"),), target.twiml.encode()))
        self._wire.spent = 0.0
        status = "in-progress" if self.answered else "ringing"
        try:
            return self._wire.ask(target, {**self._parameters(status), **place.params()})
        finally:
            if self._wire.spent:
                yield Wait(self.now + self._wire.spent, "requesting")

    def _fallback(self, failed: Target | None, trouble: Trouble) -> Target:
        """Turn to the fallback address, in the same state of the call; raises if that failed itself, or none is set."""
        self.warn(trouble.code, str(trouble))
        fallback = self.leg.fallback
        if fallback is None or failed is None or "ErrorCode" in failed.params:
            raise trouble
        return replace(fallback, params={"ErrorCode": str(trouble.code), "ErrorUrl": failed.url})

    def _end(self, by: EndedBy, status: str) -> None:
        self.ended, self._ended_at, self._final, self.held = by, self.now, status, False
        self.note(Ended(self.now, _HUNG_UP[by]))
        if self.leg.parent:
            self.leg.parent.nudge()
        if self._placed:
            self._call_back("completed")

    def _call_back(self, event: str) -> None:
        """Tell what became of the call to whoever asked for that event (Twilio's page on the call resource)."""
        callbacks = self.leg.callbacks
        if not callbacks.url or event not in callbacks.events:
            return
        params = {
            "Timestamp": self.world.stamp,
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self._told),
        }
        self._told += 1
        if event == "completed":
            seconds = round(self.talked)
            params |= {"CallDuration": str(seconds), "Duration": str(ceil(seconds / 60))}
        status = _CALLBACK_STATUS.get(event, self._final)
        self.tell(Target(callbacks.url, callbacks.method, params), status)

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
        parent = self.leg.parent
        standard = parameters.standard(
            sid=self.sid,
            account=self.world.account,
            caller=self.caller,
            called=self.called,
            status=status,
            direction=self.leg.direction,
        )
        if self.leg.sip:
            standard |= parameters.sip(self.leg.sip, self.called, self.sid)
        if parent:
            standard["ParentCallSid"] = parent.sid
        return {**standard, **self.world.added(self.world.moment)}

    def _must_be_alive(self) -> None:
        if self.ended:
            raise CallOverError(f"the call is over: ended by {self.ended}")

    def _go_on(self, key: str | None) -> None:
        with suppress(StopIteration):
            self._wait = self._life.send(key)
        self._scripted()

    def _scripted(self) -> None:
        """Let a scripted person press the next key, now that the call listens."""
        while not self.over and self._wait.doing == "listening" and self._wait.keys and (key := next(self._keys, "")):
            self.note(Key(self.now, key))
            self._documents = 0
            with suppress(StopIteration):
                self._wait = self._life.send(key)
