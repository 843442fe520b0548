"""Several calls on one world in any order of doing: what must be so whatever happens.

A service whose documents lead from everywhere to everywhere (menus, queues, a conference, dialling, recordings), and
callers who press, speak, wait and hang up as they like, while calls in progress are redirected or ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from ivr.simulator import KEYS, Call, HungUp, Person, Redirected, Target, World

if TYPE_CHECKING:
    from tests.simulator.conftest import Service

BACK = "<Redirect>/voice</Redirect>"
DOCUMENTS = {
    "/voice": f'<Gather numDigits="1" action="/choice" input="dtmf speech" timeout="3"><Say>menu</Say></Gather>{BACK}',
    "/queue": '<Enqueue waitUrl="/wait" action="/left">line</Enqueue>',
    "/wait": '<Say>please wait</Say><Gather numDigits="1" action="/away" timeout="2"/>',
    "/away": "<Leave/>",
    "/left": f"<Say>out of the queue</Say>{BACK}",
    "/next": '<Dial action="/after" timeout="10" timeLimit="60"><Queue url="/hello">line</Queue></Dial>',
    "/hello": "<Say>you are connected</Say>",
    "/room": '<Dial action="/after" hangupOnStar="true"><Conference waitUrl="/music">room</Conference></Dial>',
    "/music": "<Say>music</Say><Pause length='5'/>",
    "/dial": '<Dial action="/after" record="true" timeout="15"><Number url="/whisper">+81312345678</Number></Dial>',
    "/whisper": '<Gather numDigits="1" action="/accept" timeout="4"><Say>press 1</Say></Gather><Hangup/>',
    "/accept": "<Say>thank you</Say>",
    "/after": f"<Say>over</Say>{BACK}",
    "/record": '<Record action="/kept" maxLength="20"/><Say>nothing</Say>',
    "/kept": f"<Say>kept</Say>{BACK}",
    "/bye": "<Say>bye</Say><Hangup/>",
}
CHOICES = {"1": "/queue", "2": "/next", "3": "/room", "4": "/dial", "5": "/record", "6": "/bye", "7": "/nowhere"}
PEOPLE = st.sampled_from(
    [
        Person(after=2, talks=20, keys="1"),
        Person(after=2, talks=20),
        Person(after=3, talks=5, keys="1", hangs_up=4),
        Person("busy"),
        Person("no-answer"),
        Person("failed"),
    ]
)


def choice(request: object) -> str:
    """Answer a key with the way it chooses."""
    return f"<Redirect>{CHOICES.get(request.form.get('Digits', ''), '/voice')}</Redirect>"  # type: ignore[attr-defined]


class Machine(RuleBasedStateMachine):
    """Does things to the calls of one world, and looks at all of them after each."""

    calls = Bundle("calls")

    def __init__(self, service: type[Service]) -> None:
        """Let one call be answered already."""
        super().__init__()
        self.service = service({**DOCUMENTS, "/choice": choice})
        self.person = Person()
        self.now = 0.0
        first = self.service.dial(people=lambda _number: self.person)
        self.world: World = first.world

    @rule(target=calls)
    def dial(self) -> Call:
        """Another call comes in."""
        return self.world.dial(self.service.line(), "+819000000000")

    @rule(person=PEOPLE)
    def people_change(self, person: Person) -> None:
        """Who is dialled from now on does something else."""
        self.person = person

    @rule(call=calls, key=st.sampled_from(KEYS))
    def press(self, call: Call, key: str) -> None:
        """Press a key."""
        if not call.over:
            call.press(key)

    @rule(call=calls, seconds=st.sampled_from([0.0, 0.5, 3.0, 12.0, 70.0]))
    def wait(self, call: Call, seconds: float) -> None:
        """Let time pass."""
        call.wait(seconds)

    @rule(call=calls, seconds=st.sampled_from([1.0, 9.0]), words=st.sampled_from(["", "yes"]))
    def speak(self, call: Call, seconds: float, words: str) -> None:
        """Say something."""
        if not call.over:
            call.speak_up(seconds, words)

    @rule(call=calls)
    def hang_up(self, call: Call) -> None:
        """Have enough of it."""
        if not call.over:
            call.hang_up()

    @rule(call=calls, path=st.sampled_from(sorted(DOCUMENTS)))
    def redirect(self, call: Call, path: str) -> None:
        """Send the call elsewhere, as the service may over REST."""
        if not call.over:
            call.interrupt(Redirected(Target(f"{self.service.base}{path}")))
            self.world.run(self.world.now)

    @rule(call=calls)
    def end(self, call: Call) -> None:
        """End the call, as the service may over REST."""
        if not call.over:
            call.interrupt(HungUp("service"))
            self.world.run(self.world.now)

    @invariant()
    def time_goes_forward(self) -> None:
        """Nothing is due before now."""
        assert self.world.now >= self.now
        self.now = self.world.now
        assert self.world.wakes >= self.now

    @invariant()
    def what_is_over_is_over(self) -> None:
        """Keep an end an end: nothing more happens to the call."""
        for call in self.world.calls:
            assert call.over is (call.ended_at is not None)
            assert not (call.over and (call.held or call.wakes < float("inf")))

    @invariant()
    def nobody_is_where_they_are_not(self) -> None:
        """Queues and conferences hold who is there, once."""
        for queue in self.world.queues.values():
            inside = [member.call for member in queue.members]
            assert len(set(inside)) == len(inside) <= queue.max_size
            assert all(not call.over and call.held for call in inside)
            assert not any(call.over for call in queue.waiting)
        for room in self.world.conferences:
            present = [one.call for one in room.participants]
            assert not any(call.over for call in present)
            assert not (room.over and present)

    @invariant()
    def nobody_talks_alone(self) -> None:
        """Whoever talks outside a conference has someone who talks too."""
        present = {one.call for room in self.world.conferences for one in room.participants}
        talking = [call for call in self.world.calls if call.doing == "talking" and call not in present]
        assert len(talking) != 1

    @invariant()
    def every_child_ends_with_its_parent(self) -> None:
        """Who was dialled is gone with the caller, unless sent elsewhere."""
        for call in self.world.calls:
            parent = call.leg.parent
            assert not (parent and parent.over and not call.over and not call.apart)

    @invariant()
    def every_request_was_answered_or_warned_of(self) -> None:
        """No failed request goes unsaid."""
        for call in self.world.calls:
            failed = sum(request.status >= 400 for request in call.requests)
            assert failed <= len(call.warnings)

    def teardown(self) -> None:
        """Everybody hangs up, and nothing is left."""
        for call in self.world.calls:
            if not call.over:
                call.hang_up()
        self.world.run(self.world.now + 1)
        assert all(call.over for call in self.world.calls)
        assert not any(queue.members or queue.waiting for queue in self.world.queues.values())
        assert all(recording.status in ("completed", "absent") for recording in self.world.recordings)


def test_world_holds_together_whatever_is_done(service_factory: type[Service]) -> None:
    often = settings(max_examples=60, stateful_step_count=40, deadline=None)
    run_state_machine_as_test(lambda: Machine(service_factory), settings=often)
