"""Twilio's REST side, locally, asked by Twilio's own client library (`http_client` is its documented argument).

| resource | create | fetch, list | update |
|---|---|---|---|
| Calls | To, From, Url or Twiml, Timeout, StatusCallback…, Fallback… | yes | Url or Twiml; Status completed, canceled |
| Messages | To, From or MessagingServiceSid, Body, StatusCallback, ValidityPeriod | yes | |
| Queues, Members | FriendlyName, MaxSize | yes | FriendlyName, MaxSize; Url dequeues |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from ivr.simulator import HungUp, Person
from ivr.simulator.messages import Fate
from ivr.simulator.rest import LocalTwilio, Rest

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr.simulator import Call, World
    from tests.simulator.conftest import Received, Service

TO, FROM, MOBILE = "+81312345678", "+815000000000", "+819012345678"
TOKEN = "12345"


@pytest.fixture
def world(service: Service) -> World:
    service.documents |= {"/out": "<Say>hello</Say><Pause length='60'/>", "/told": "", "/new": "<Say>new</Say>"}
    made = service.dial("<Hangup/>").world
    made.people = lambda _number: Person(after=2)
    service.received.clear()
    return made


@pytest.fixture
def client(world: World) -> Client:
    return Client(world.account, TOKEN, http_client=LocalTwilio(Rest(world, TOKEN)))


def refused(ask: Callable[[], object]) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as caught:
        ask()
    assert caught.value.msg
    return caught.value.status, caught.value.code


def told(service: Service) -> list[dict[str, str]]:
    return [request.form for request in service.received if request.path == "/told"]


def test_a_call_is_placed_rung_answered_and_told_of(service: Service, world: World, client: Client) -> None:
    made = client.calls.create(
        to=TO,
        from_=FROM,
        url=f"{service.base}/out",
        status_callback=f"{service.base}/told",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
        timeout=20,
    )
    assert (made.status, made.direction, made.to, made.duration) == ("queued", "outbound-api", TO, None)
    world.run(1)
    assert client.calls(made.sid).fetch().status == "ringing"
    world.run(5)
    live = client.calls(made.sid).fetch()
    assert (live.status, live.start_time.isoformat()) == ("in-progress", "2026-11-24T09:00:02+00:00")
    world.run(100)
    done = client.calls(made.sid).fetch()
    assert done.status == "completed"
    assert int(done.duration) >= 60
    assert [form["CallStatus"] for form in told(service)] == ["initiated", "ringing", "in-progress", "completed"]
    (asked,) = [request for request in service.received if request.path == "/out"]
    assert (asked.form["CallSid"], asked.form["Direction"]) == (made.sid, "outbound-api")


def test_a_call_may_bring_its_document_along(world: World, client: Client) -> None:
    made = client.calls.create(to="client:desk", from_=FROM, twiml="<Response><Say>inline</Say></Response>")
    world.run(30)
    (call,) = [call for call in world.calls if call.sid == made.sid]
    assert [heard.text for heard in call.heard] == ["inline"]


def test_a_call_in_progress_is_sent_elsewhere_and_ended(service: Service, world: World, client: Client) -> None:
    made = client.calls.create(to=TO, from_=FROM, url=f"{service.base}/out")
    assert refused(lambda: client.calls(made.sid).update(url=f"{service.base}/new")) == (400, 21220)
    world.run(4)
    client.calls(made.sid).update(url=f"{service.base}/new", method="POST")
    world.run(4.1)
    (call,) = [call for call in world.calls if call.sid == made.sid]
    assert "/new" in service.paths()
    client.calls(made.sid).update(status="completed")
    assert (call.ended, call.status) == ("service", "completed")
    assert refused(lambda: client.calls(made.sid).update(status="completed")) == (400, 21220)


def test_a_ringing_call_is_canceled_but_an_answered_one_is_not(service: Service, world: World, client: Client) -> None:
    made = client.calls.create(to=TO, from_=FROM, url=f"{service.base}/out", status_callback=f"{service.base}/told")
    world.run(1)
    assert client.calls(made.sid).update(status="canceled").sid == made.sid
    assert client.calls(made.sid).fetch().status == "canceled"
    assert [form["CallStatus"] for form in told(service)] == ["canceled"]
    answered = client.calls.create(to=TO, from_=FROM, url=f"{service.base}/out")
    world.run(8)
    assert refused(lambda: client.calls(answered.sid).update(status="canceled")) == (400, 21220)


def test_calls_are_listed_newest_first_and_by_what_is_asked(service: Service, world: World, client: Client) -> None:
    sids = [client.calls.create(to=to, from_=FROM, url=f"{service.base}/out").sid for to in (TO, MOBILE, TO)]
    assert [call.sid for call in client.calls.list()][:3] == sids[::-1]
    assert [call.sid for call in client.calls.list(to=TO)] == [sids[2], sids[0]]
    assert [call.sid for call in client.calls.list(status="completed")] == [world.calls[0].sid]
    assert [call.sid for call in client.calls.stream(page_size=1)][:3] == sids[::-1]


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"to": ""}, (400, 21201)),
        ({"from_": ""}, (400, 21213)),
        ({"to": "110"}, (400, 21211)),
        ({"url": ""}, (400, 21205)),
        ({"url": "http://under_score.example/"}, (400, 21205)),
        ({"url": "ftp://a.example/"}, (400, 21205)),
        ({"twiml": "<Response>" + "x" * 4000 + "</Response>"}, (400, 32018)),
        ({"timeout": 3}, (400, 20001)),
        ({"method": "PUT"}, (400, 21206)),
        ({"send_digits": "1" * 33}, (400, 20001)),
        ({"status_callback": "nowhere"}, (400, 21609)),
        ({"status_callback_event": ["picked"]}, (400, 21626)),
        ({"application_sid": "AP" + "0" * 32}, (400, 21218)),
    ],
)
def test_calls_that_twilio_refuses(
    service: Service, client: Client, changes: dict[str, Any], answer: tuple[int, int]
) -> None:
    good = {"to": TO, "from_": FROM, "url": f"{service.base}/out"}
    assert refused(lambda: client.calls.create(**{**good, **changes})) == answer


def test_caller_must_be_one_of_the_account_where_it_has_numbers(service: Service, world: World, client: Client) -> None:
    world.numbers = frozenset({FROM})
    assert refused(lambda: client.calls.create(to=TO, from_=TO, url=f"{service.base}/out")) == (400, 21210)
    assert refused(lambda: client.messages.create(to=MOBILE, from_=TO, body="x")) == (400, 21606)
    assert client.calls.create(to=TO, from_=FROM, url=f"{service.base}/out").status == "queued"


def test_a_text_is_sent_delivered_and_told_of(service: Service, world: World, client: Client) -> None:
    made = client.messages.create(to=MOBILE, from_=FROM, body="予約は十時です", status_callback=f"{service.base}/told")
    assert (made.status, made.body, made.error_code) == ("queued", "予約は十時です", None)
    world.run(1)
    assert client.messages(made.sid).fetch().status == "sent"
    world.run(5)
    assert client.messages(made.sid).fetch().status == "delivered"
    assert [form["MessageStatus"] for form in told(service)] == ["sent", "delivered"]
    form = told(service)[-1]
    assert (form["MessageSid"], form["SmsSid"], form["To"], form["RawDlrDoneDate"]) == (
        made.sid,
        made.sid,
        MOBILE,
        "2611240900",
    )
    assert [message.sid for message in client.messages.list(to=MOBILE)] == [made.sid]
    assert client.messages.list(to=TO) == []


@pytest.mark.parametrize(
    ("to", "fate", "status", "code"),
    [
        (TO, None, "undelivered", 30006),
        ("+818012345678", None, "delivered", None),
        ("+14155550100", None, "delivered", None),
        (MOBILE, Fate("failed", 9.0, 30003), "failed", 30003),
    ],
)
def test_what_becomes_of_texts(
    service: Service, world: World, client: Client, to: str, fate: Fate | None, status: str, code: int | None
) -> None:
    if fate:
        world.texts = lambda _number: fate
    made = client.messages.create(to=to, messaging_service_sid="MG1", body="x", status_callback=f"{service.base}/told")
    world.run(20)
    found = client.messages(made.sid).fetch()
    assert (found.status, found.error_code) == (status, code)
    assert told(service)[-1].get("ErrorCode") == (str(code) if code else None)


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"to": ""}, (400, 21604)),
        ({"from_": ""}, (400, 21603)),
        ({"body": ""}, (400, 21602)),
        ({"body": "あ" * 1601}, (400, 21617)),
        ({"to": "anonymous"}, (400, 21211)),
        ({"to": "+266696687"}, (400, 21211)),
        ({"validity_period": 0}, (400, 20001)),
        ({"validity_period": 36001}, (400, 20001)),
    ],
)
def test_texts_that_twilio_refuses(client: Client, changes: dict[str, Any], answer: tuple[int, int]) -> None:
    good = {"to": MOBILE, "from_": FROM, "body": "x"}
    assert refused(lambda: client.messages.create(**{**good, **changes})) == answer


def test_a_text_during_a_call_stands_on_that_call(service: Service, client: Client, world: World) -> None:
    service.documents["/voice"] = "<Pause length='60'/>"
    call = world.dial(service.line(), MOBILE)
    client.messages.create(to=MOBILE, from_=FROM, body="リンクです")
    assert call.texts == [(MOBILE, "リンクです")]


@pytest.fixture
def waiting(service: Service, world: World) -> list[Call]:
    service.documents["/voice"] = '<Enqueue action="/left">support</Enqueue>'
    service.documents["/left"] = "<Hangup/>"
    calls = []
    for number in range(3):
        calls.append(world.dial(service.line(), f"+8190000000{number:02d}"))
        world.run(world.now + 10)
    return calls


def left(service: Service) -> list[Received]:
    return [request for request in service.received if request.path == "/left"]


def test_queues_and_their_members(client: Client, waiting: list[Call]) -> None:
    (queue,) = client.queues.list()
    assert (queue.friendly_name, queue.current_size, queue.max_size, queue.average_wait_time) == (
        "support",
        3,
        1000,
        20,
    )
    members = client.queues(queue.sid).members.list()
    assert [(one.call_sid, one.position, one.wait_time) for one in members] == [
        (waiting[0].sid, 1, 30),
        (waiting[1].sid, 2, 20),
        (waiting[2].sid, 3, 10),
    ]
    one = client.queues(queue.sid).members(waiting[1].sid).fetch()
    assert (one.position, one.date_enqueued.isoformat()) == (2, "2026-11-24T09:00:10+00:00")
    assert client.queues(queue.sid).members("Front").fetch().call_sid == waiting[0].sid


def test_a_member_is_taken_out_once(service: Service, client: Client, world: World, waiting: list[Call]) -> None:
    (queue,) = client.queues.list()
    here = client.queues(queue.sid)
    assert here.members(waiting[1].sid).update(url=f"{service.base}/new").call_sid == waiting[1].sid
    world.run(world.now + 5)
    assert [heard.text for heard in waiting[1].heard] == ["new"]
    assert [request.form["QueueResult"] for request in left(service)] == ["redirected"]
    status, _ = refused(lambda: here.members(waiting[1].sid).update(url=f"{service.base}/new"))
    assert status == 400
    here.members("Front").update(url=f"{service.base}/new")
    assert [one.call_sid for one in here.members.list()] == [waiting[2].sid]


def test_queues_are_made_changed_and_removed(client: Client, world: World, waiting: list[Call]) -> None:
    made = client.queues.create(friendly_name="desk", max_size=2)
    assert (made.max_size, made.current_size) == (2, 0)
    changed = client.queues(made.sid).update(friendly_name="counter", max_size=5)
    assert (changed.friendly_name, changed.max_size, "desk" in world.queues) == ("counter", 5, False)
    assert client.queues(made.sid).delete()
    assert "counter" not in world.queues
    assert refused(lambda: client.queues(world.queues["support"].sid).delete())[0] == 400
    waiting[0].hang_up()


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        (lambda client: client.queues.create(friendly_name=""), 400),
        (lambda client: client.queues.create(friendly_name="x" * 65), 400),
        (lambda client: client.queues.create(friendly_name="x", max_size=5001), 400),
        (lambda client: client.queues("QU" + "0" * 32).fetch(), 404),
        (lambda client: client.calls("CA" + "0" * 32).fetch(), 404),
        (lambda client: client.messages("SM" + "0" * 32).fetch(), 404),
        (lambda client: client.calls("CA" + "0" * 32).delete(), 404),
        (lambda client: client.conferences("CF1").fetch(), 404),
    ],
    ids=["no name", "long name", "too large", "no queue", "no call", "no message", "delete", "conferences"],
)
def test_what_is_not_there_or_cannot_be(client: Client, ask: Callable[[Client], object], status: int) -> None:
    assert refused(lambda: ask(client))[0] == status


def test_only_the_account_itself_is_let_in(world: World) -> None:
    rest = Rest(world, TOKEN)
    for account, token in ((world.account, "wrong"), ("AC" + "1" * 32, TOKEN)):
        stranger = Client(account, token, http_client=LocalTwilio(rest))
        assert refused(lambda: stranger.calls("CA1").fetch()) == (401, 20003)  # noqa: B023  (asked at once)
    assert rest.handle("GET", "/2010-04-01/Accounts/x/Calls.json", {}, None)[0] == 401
    assert (
        rest.handle(
            "PATCH", f"/2010-04-01/Accounts/{world.account}/Calls/{world.calls[0].sid}.json", {}, (world.account, TOKEN)
        )[0]
        == 405
    )


def test_a_service_may_order_from_within_its_webhook(service: Service, world: World, client: Client) -> None:
    def answer(request: Received) -> str:
        client.calls(request.form["CallSid"]).update(url=f"{service.base}/new")
        client.calls.create(to=TO, from_=FROM, url=f"{service.base}/out")
        client.messages.create(to=MOBILE, from_=FROM, body="x")
        return "<Say>never heard</Say>"

    service.documents |= {"/voice": "<Say>a</Say><Redirect>/next</Redirect>", "/next": answer}
    call = world.dial(service.line(), MOBILE)
    world.run(world.now + 60)
    assert [heard.text for heard in call.heard] == ["a", "new"]
    assert world.calls[-1].called == TO
    assert world.calls[-1].heard[0].text == "hello"


def test_the_world_outlives_orders_for_calls_that_are_over(world: World, client: Client) -> None:
    call = world.calls[0]
    call.interrupt(HungUp("service"))
    assert refused(lambda: client.calls(call.sid).update(status="completed")) == (400, 21220)
