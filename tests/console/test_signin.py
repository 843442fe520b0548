"""Nobody sees anything without signing in, and then only what their role may see."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pyotp
import pytest
import sqlalchemy as sa
from patience import PATIENCE
from werkzeug.test import Client

from ivr.console.app import ACCESS, AT_ONCE, EVERYBODY, OPEN, beside
from ivr.records import audit
from ivr.records.tables import sessions
from ivr.records.tries import TRIES
from ivr.records.users import IDLE, ROLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask

    from ivr.records.store import Store
    from ivr.records.users import Users
    from tests.console.conftest import At, Visitor

PASSWORD = "correct horse battery"
LIVE = {"TWILIO_AUTH_TOKEN": "0123456789abcdef0123456789abcdef", "IVR_PUBLIC_URL": "https://helpline.example.jp"}
PAGES = {
    "/console/reports": EVERYBODY,
    "/console/reports/calls.csv": EVERYBODY,
    "/console/account": EVERYBODY,
    "/console/calls": ACCESS["calls."],
    "/console/audit": ACCESS["audit."],
}


@pytest.mark.parametrize("path", ["/console", *PAGES, "/console/calls/CA1", "/console/nowhere"])
def test_without_signing_in_there_is_nothing(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/console/sign-in?next=%2Fconsole")
    assert visitor.client.post(path).status_code in {400, 401, 405}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_its_pages_and_no_other(visitor: Visitor, role: str) -> None:
    assert visitor.signs_in(role).status_code == 302
    for path, roles in PAGES.items():
        answer = visitor.get(path)
        assert answer.status_code == (200 if role in roles else 403), path
        shown = visitor.get("/console/reports").text
        if path in {"/console/calls", "/console/audit"}:
            assert (f'href="{path}"' in shown) is (role in roles)


def test_every_page_there_is_says_who_may_see_it(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.extensions["console"].url_map.iter_rules()}
    assert {name for name in endpoints if name not in OPEN and not any(map(name.startswith, ACCESS))} == set()
    assert set().union(*ACCESS.values()) == set(ROLES)


def test_what_was_wrong_is_not_told(visitor: Visitor, users: Users) -> None:
    users.set_totp("auditor", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "root")
    pages = [
        visitor.signs_in("nobody"),
        visitor.signs_in("supervisor", "wrong wrong wrong"),
        visitor.signs_in("auditor", PASSWORD, "000000"),
        visitor.signs_in("auditor"),
    ]
    texts = {re.sub(r'value="[^"]*"', "", page.text) for page in pages}
    assert [page.status_code for page in pages] == [403] * 4
    assert len(texts) == 1
    assert not any(PASSWORD in page.text for page in pages)


def test_a_one_time_code_lets_in(visitor: Visitor, users: Users, at: At) -> None:
    users.set_totp("auditor", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "root")
    code = pyotp.TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").at(at.now)
    assert visitor.signs_in("auditor", PASSWORD, code).status_code == 302


def tries(visitor: Visitor, name: str, times: int, came: str, password: str = "") -> list[int]:
    """Try to get in, from an address that the proxies name."""
    visitor.client.environ_base["HTTP_X_FORWARDED_FOR"] = came
    return [visitor.signs_in(name, password or "wrong wrong wrong").status_code for _ in range(times)]


def test_too_many_tries_lock_the_name_and_slow_the_name_down_there(visitor: Visitor, store: Store) -> None:
    for _ in range(TRIES):
        visitor.signs_in("supervisor", "wrong wrong wrong")
    assert visitor.signs_in("supervisor").status_code == 403
    assert visitor.signs_in("editor").status_code == 302
    visitor.sends("/console/reports", "/console/sign-out")
    statuses = [visitor.signs_in("nobody").status_code for _ in range(21)]
    assert (statuses[0], statuses[-2:]) == (403, [403, 429])
    assert [entry.after for entry in audit.entries(store, 50) if entry.what == "sign-in"][-1].startswith("locked")


@pytest.mark.parametrize("name", ["nobody", "supervisor2", "editor"])
def test_a_stranger_at_the_same_address_keeps_nobody_out(visitor: Visitor, name: str) -> None:
    assert set(tries(visitor, name, 60, "192.0.2.7")) == {403, 429}
    assert tries(visitor, "supervisor", 1, "198.51.100.1", PASSWORD) == [302]


def test_an_address_that_tries_one_name_after_the_other_is_slowed_down(visitor: Visitor) -> None:
    statuses = [tries(visitor, f"nobody{number}", 1, "192.0.2.7")[0] for number in range(130)]
    assert statuses == [403] * 120 + [429] * 10


@pytest.mark.parametrize("app", [{"IVR_TRUSTED_PROXIES": "1"}], indirect=True)
def test_behind_a_proxy_that_is_trusted_each_address_counts_by_itself(visitor: Visitor) -> None:
    assert set(tries(visitor, "supervisor", 60, "192.0.2.7")) == {403, 429}
    assert tries(visitor, "supervisor", 1, "192.0.2.7", PASSWORD) == [429]
    assert tries(visitor, "supervisor", 1, "198.51.100.1", PASSWORD) == [302]


@pytest.mark.parametrize("app", [{"IVR_TRUSTED_PROXIES": "1"}], indirect=True)
def test_what_a_stranger_writes_before_the_proxy_does_counts_for_nothing(visitor: Visitor) -> None:
    for number in range(TRIES):
        assert tries(visitor, "supervisor", 1, f"203.0.113.{number}, 192.0.2.7") == [403]
    assert tries(visitor, "supervisor", 1, "203.0.113.99, 192.0.2.7", PASSWORD) == [403]
    assert tries(visitor, "supervisor", 1, "203.0.113.0", PASSWORD) == [302]


@pytest.mark.parametrize("app", [{"IVR_TRUSTED_PROXIES": "1"}], indirect=True)
def test_one_line_of_ipv6_is_one_address(visitor: Visitor) -> None:
    for number in range(TRIES):
        tries(visitor, "supervisor", 1, f"2001:db8:1:1::{number}")
    assert tries(visitor, "supervisor", 1, "2001:db8:1:1:ffff::1", PASSWORD) == [403]
    assert tries(visitor, "supervisor", 1, "2001:db8:1:2::1", PASSWORD) == [302]


def test_without_trusted_proxies_what_they_say_counts_for_nothing_and_is_told_once(
    visitor: Visitor, capture: Callable[[], list[str]]
) -> None:
    for number in range(TRIES):
        tries(visitor, "supervisor", 1, f"203.0.113.{number}")
    assert tries(visitor, "supervisor", 1, "198.51.100.1", PASSWORD) == [403]
    assert [line for line in capture() if line == "proxy_not_trusted"] == ["proxy_not_trusted"]


@pytest.mark.parametrize("typed", ["Supervisor", " supervisor", "ｓｕｐｅｒｖｉｓｏｒ", "SUPERVISOR　"])
def test_a_name_is_known_however_it_is_typed(visitor: Visitor, typed: str) -> None:
    assert visitor.signs_in(typed).status_code == 302


def test_a_one_time_code_in_full_width_lets_in(visitor: Visitor, users: Users, at: At) -> None:
    users.set_totp("auditor", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "root")
    code = pyotp.TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").at(at.now)
    wide = code.translate({ord(digit): chr(ord(digit) - ord("0") + ord("０")) for digit in "0123456789"})
    assert visitor.signs_in("auditor", PASSWORD, wide).status_code == 302


def test_new_passwords_that_are_refused_lock_nobody(visitor: Visitor) -> None:
    visitor.signs_in("editor")
    for _ in range(2 * TRIES):
        page = visitor.sends("/console/account", old=PASSWORD, new="editor editor", again="editor editor")
        assert (page.status_code, "かんたんすぎる" in page.text) == (400, True)
    visitor.sends("/console/reports", "/console/sign-out")
    assert visitor.signs_in("editor").status_code == 302


def test_a_wrong_old_password_still_counts(visitor: Visitor) -> None:
    visitor.signs_in("editor")
    for _ in range(TRIES):
        visitor.sends("/console/account", old="wrong wrong wrong", new="another horse", again="another horse")
    page = visitor.sends("/console/account", old=PASSWORD, new="another horse battery", again="another horse battery")
    assert page.status_code == 400
    visitor.sends("/console/reports", "/console/sign-out")
    assert visitor.signs_in("editor").status_code == 403


def test_who_hammers_one_name_uses_up_nothing_of_others_at_that_address(visitor: Visitor) -> None:
    assert set(tries(visitor, "nobody", 130, "192.0.2.7")) == {403, 429}
    assert visitor.signs_in("supervisor").status_code == 302


SAME = ["192.0.2.7", "192.0.2.7:4711", " 192.0.2.7", "::ffff:192.0.2.7", "[::ffff:c000:207]:443"]


@pytest.mark.parametrize("app", [{"IVR_TRUSTED_PROXIES": "1"}], indirect=True)
def test_an_address_is_one_however_a_proxy_writes_it(visitor: Visitor) -> None:
    assert [tries(visitor, "supervisor", 1, came) for came in SAME] == [[403]] * TRIES
    assert [tries(visitor, "supervisor", 1, came, PASSWORD) for came in SAME] == [[403]] * len(SAME)
    assert tries(visitor, "supervisor", 1, "::ffff:198.51.100.1", PASSWORD) == [302]
    assert tries(visitor, "editor", 1, "unknown", PASSWORD) == [302]


def test_what_was_typed_and_from_where_stays_out_of_the_log(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    assert tries(visitor, "my.secret.word", 21, "")[-1] == 429
    assert "exceeded" in caplog.text
    assert not any(word in caplog.text for word in ("my.secret.word", "127.0.0.1"))


def test_what_is_no_try_counts_for_nothing(visitor: Visitor) -> None:
    for _ in range(TRIES):
        assert visitor.signs_in("editor", "").status_code == 200
        assert visitor.sends("/console/sign-in", name="editor", password="x" * 201).status_code == 200
        assert visitor.sends("/console/sign-in", name="editor", password="wrong", code="1" * 17).status_code == 200
        form = {"name": "editor", "password": "wrong wrong wrong", "csrf_token": "old"}
        assert visitor.client.post("/console/sign-in", data=form).status_code == 400
    assert visitor.signs_in("editor").status_code == 302


@pytest.mark.parametrize(
    ("new", "again", "words"),
    [
        ("short", "short", "12文字から200文字までにしてください。"),
        ("x" * 201, "x" * 201, "12文字から200文字までにしてください。"),
        ("e\u0301" * 6, "e\u0301" * 6, "12文字から200文字までにしてください。"),
        ("another horse battery", "another horse", "二回の入力がちがいます。"),
        ("another horse battery", "", "二回の入力がちがいます。"),
        ("", "", "入れてください。"),
        ("Ｅditor editor", "Ｅditor editor", "かんたんすぎるパスワードです。"),
        ("ababababababab", "ababababababab", "かんたんすぎるパスワードです。"),
    ],
)
def test_new_passwords_that_cannot_be_are_told_and_lock_nobody(
    visitor: Visitor, new: str, again: str, words: str
) -> None:
    visitor.signs_in("editor")
    for _ in range(TRIES + 1):
        assert words in visitor.sends("/console/account", old=PASSWORD, new=new, again=again).text
    wide = "ａｎｏｔｈｅｒ　ｈｏｒｓｅ　ｂａｔｔｅｒｙ"
    assert visitor.sends("/console/account", old=PASSWORD, new=wide, again="another horse battery").status_code == 302
    assert visitor.signs_in("editor", "another horse battery").status_code == 302


def test_a_wrong_code_after_the_right_password_counts(visitor: Visitor, users: Users, at: At) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    users.set_totp("auditor", secret, "root")
    right = pyotp.TOTP(secret).at(at.now)
    wrong = "000000" if right != "000000" else "111111"
    assert [visitor.signs_in("auditor", PASSWORD, wrong).status_code for _ in range(TRIES)] == [403] * TRIES
    assert visitor.signs_in("auditor", PASSWORD, right).status_code == 403


def test_a_form_without_its_token_does_nothing(visitor: Visitor, store: Store) -> None:
    form = {"name": "supervisor", "password": PASSWORD}
    assert visitor.client.post("/console/sign-in", data=form).status_code == 400
    assert visitor.client.post("/console/sign-in", data={**form, "csrf_token": "x"}).status_code == 400
    with store.transaction() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(sessions)) == 0
    visitor.signs_in()
    assert visitor.client.post("/console/sign-out").status_code == 400
    assert visitor.get("/console/reports").status_code == 200


def test_signing_out_ends_the_session_for_good(visitor: Visitor, app: Flask) -> None:
    visitor.signs_in()
    cookie = visitor.client.get_cookie("console")
    assert cookie
    assert visitor.sends("/console/reports", "/console/sign-out").status_code == 302
    assert visitor.get("/console/reports").status_code == 302
    thief = app.test_client()
    thief.set_cookie("console", cookie.value)
    assert thief.get("/console/reports").status_code == 302


def test_an_unused_session_ends(visitor: Visitor, at: At) -> None:
    visitor.signs_in()
    at.now += IDLE + timedelta(seconds=1)
    assert visitor.get("/console/reports").status_code == 302


def test_a_role_that_was_taken_away_holds_at_once(visitor: Visitor, users: Users) -> None:
    visitor.signs_in()
    users.set_role("supervisor", "editor", "root")
    assert visitor.get("/console/audit").status_code == 403
    users.remove("supervisor", "root")
    assert visitor.get("/console/reports").status_code == 302


def test_ones_own_password_is_changed_with_the_old_one(visitor: Visitor, store: Store) -> None:
    visitor.signs_in("editor")
    fresh = {"new": "another horse battery", "again": "another horse battery"}
    assert visitor.sends("/console/account", old="wrong wrong wrong", **fresh).status_code == 400
    unequal = visitor.sends("/console/account", old=PASSWORD, new=fresh["new"], again="something else")
    assert "二回の入力がちがいます" in unequal.text
    easy = visitor.sends("/console/account", old=PASSWORD, new="editor editor", again="editor editor")
    assert "かんたんすぎる" in easy.text
    assert visitor.sends("/console/account", old=PASSWORD, **fresh).status_code == 302
    assert visitor.get("/console/reports").status_code == 302
    assert visitor.signs_in("editor").status_code == 403
    assert visitor.signs_in("editor", fresh["new"]).status_code == 302
    entry = next(entry for entry in audit.entries(store, 20) if entry.what == "user password")
    assert (entry.who, entry.subject, entry.after) == ("editor", "editor", "changed")


@pytest.mark.parametrize(
    ("wanted", "leads"),
    [
        ("/console/audit?x=1", "/console/audit?x=1"),
        ("https://evil.example/", "/console"),
        ("//evil.example/console", "/console"),
        ("/console\\@evil.example", "/console"),
        ("/consolex//evil.example", "/console"),
        ("", "/console"),
    ],
)
def test_after_signing_in_one_is_where_one_wanted_to_be_and_never_elsewhere(
    visitor: Visitor, wanted: str, leads: str
) -> None:
    page = "/console/sign-in"
    token = re.search(r'value="([^"]+)"', visitor.get(page).text)
    assert token
    form = {"name": "auditor", "password": PASSWORD, "csrf_token": token[1]}
    answer = visitor.client.post(page, query_string={"next": wanted}, data=form)
    assert answer.headers["Location"] == leads


def test_nothing_foreign_runs_and_nothing_is_kept(visitor: Visitor) -> None:
    visitor.signs_in()
    for path in ("/console/sign-in", *PAGES, "/console/nowhere"):
        answer = visitor.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert not re.search(r"<script|style=|\son\w+=", answer.text)


def test_in_local_mode_the_cookie_is_for_scripts_never(visitor: Visitor) -> None:
    cookies = visitor.signs_in().headers.getlist("Set-Cookie")
    assert any(re.match(r"console=.*HttpOnly; Path=/; SameSite=Lax", cookie) for cookie in cookies)


@pytest.mark.parametrize("app", [LIVE], indirect=True)
def test_live_the_cookie_goes_over_https_to_this_host_alone(visitor: Visitor) -> None:
    visitor.client.get("/console/sign-in")
    answer = visitor.client.get("/console/sign-in", base_url="https://helpline.example.jp")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert re.match(r"__Host-console=[^;]+; Secure; HttpOnly; Path=/; SameSite=Lax", cookie)
    assert "max-age" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize("app", [LIVE], indirect=True)
def test_live_the_testers_phone_is_behind_the_sign_in(app: Flask) -> None:
    client = app.test_client()
    base = "https://helpline.example.jp"
    assert client.get("/phone", base_url=base).headers["Location"].startswith("/console/sign-in?next=%2Fphone")
    assert client.post("/phone/calls", json={}, base_url=base).status_code in {400, 401}
    for role, status in (("auditor", 403), ("editor", 200)):
        client = app.test_client()
        token = re.search(r'value="([^"]+)"', client.get("/console/sign-in", base_url=base).text)
        assert token
        form = {"name": role, "password": PASSWORD, "csrf_token": token[1]}
        headers = {"Referer": f"{base}/console/sign-in"}
        client.post("/console/sign-in", data=form, base_url=base, headers=headers)
        page = client.get("/phone", base_url=base)
        assert page.status_code == status
    signed = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    assert signed
    call = {"at": "2026-11-24T10:00", "inputs": []}
    assert client.post("/phone/calls", json=call, base_url=base).status_code == 400
    headers = {"X-CSRFToken": signed[1], "Referer": f"{base}/phone"}
    done = client.post("/phone/calls", json=call, base_url=base, headers=headers)
    assert done.status_code == 200, done.text


@pytest.mark.parametrize("app", [{**LIVE, "IVR_TEST_CALLS": "refuse"}], indirect=True)
def test_where_simulated_calls_are_refused_there_is_no_phone(visitor: Visitor) -> None:
    base = "https://helpline.example.jp"
    assert visitor.client.get("/phone", base_url=base).status_code == 302
    assert 'href="/phone"' not in visitor.get("/console/sign-in").text


def test_without_the_store_the_pages_say_so_and_calls_go_on(visitor: Visitor, app: Flask, tmp_path: Path) -> None:
    visitor.signs_in()
    store = tmp_path / "data" / "store.db"
    store.rename(store.with_name("away"))
    answer = visitor.get("/console/reports")
    assert answer.status_code == 503
    assert "データベースにつながりません" in answer.text
    assert visitor.signs_in().status_code == 503
    assert app.test_client().post("/voice").status_code == 403
    assert app.test_client().get("/healthz").status_code == 200
    store.with_name("away").rename(store)
    assert visitor.get("/console/reports").status_code == 200


def test_the_console_leaves_no_trace_on_answers_to_twilio(app: Flask) -> None:
    answer = app.test_client().get(f"/audio/{'ab' * 12}.wav")
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_pages_that_take_long_leave_threads_for_calls() -> None:
    held, go, entered = [], threading.Event(), threading.Semaphore(0)

    def slow(_environ: object, start_response: Callable[[str, list[tuple[str, str]]], object]) -> list[bytes]:
        entered.release()
        assert go.wait(PATIENCE)
        start_response("200 OK", [])
        return [b"page"]

    def calls(_environ: object, start_response: Callable[[str, list[tuple[str, str]]], object]) -> list[bytes]:
        start_response("200 OK", [])
        return [b"call"]

    client = Client(beside(calls, slow, ("/console",)))
    pages = [threading.Thread(target=lambda: held.append(client.get("/console/reports").data)) for _ in range(AT_ONCE)]
    for page in pages:
        page.start()
    for _ in pages:
        assert entered.acquire(timeout=PATIENCE)
    busy = client.get("/console/reports")
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "5")
    assert client.get("/voice").data == b"call"
    go.set()
    for page in pages:
        page.join()
    assert held == [b"page"] * AT_ONCE
    for _ in range(AT_ONCE + 1):
        assert client.get("/console/reports").status_code == 200
