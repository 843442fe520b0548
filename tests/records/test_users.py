"""Who may sign in: passwords, one-time codes, lock-out, sessions that end; on both kinds of store."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pyotp
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from click.testing import CliRunner, Result

from ivr.cli.user import ROLES as OFFERED
from ivr.cli.user import user as command
from ivr.records import audit
from ivr.records.retention import Periods, purge
from ivr.records.tables import attempts, sessions, users
from ivr.records.tries import FROM_ANYWHERE, LOCKED, REMEMBERED, TRIES
from ivr.records.users import IDLE, ROLES, WHOLE, RefusedError, UserError, Users, normal, normal_password

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr.records.store import Store

PASSWORD = "correct horse battery"
WRONG = "wrong wrong wrong"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
WIDE = {ord(narrow): wide for narrow, wide in zip("0123456789- ", "０１２３４５６７８９－\u3000", strict=True)}


class At:
    """A clock that is set by hand."""

    def __init__(self, now: datetime) -> None:
        """Stand still at a moment."""
        self.now = now

    def __call__(self) -> datetime:
        """Give the moment."""
        return self.now


@pytest.fixture
def at(opened: datetime) -> At:
    return At(opened)


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let argon2 cost next to nothing: some tests try hundreds of passwords."""
    monkeypatch.setattr("ivr.records.users._HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def known(store: Store, at: At) -> Users:
    """Know one supervisor."""
    found = Users(store, at)
    found.add("hanako", "supervisor", PASSWORD, "root")
    return found


def refused(known: Users, password: str = WRONG, code: str = "", name: str = "hanako", address: str = "") -> str:
    with pytest.raises(RefusedError) as caught:
        known.sign_in(name, password, code, address)
    return caught.value.reason


def test_who_signs_in_is_known_until_they_sign_out(known: Users, store: Store) -> None:
    token = known.sign_in("hanako", PASSWORD, "")
    found = known.session(token)
    assert found is not None
    assert (found.name, found.role, found.totp) == ("hanako", "supervisor", False)
    with store.transaction() as connection:
        kept = connection.execute(sa.select(sessions.c.token, users.c.password).join(users)).one()
    assert token not in kept.token
    assert PASSWORD not in kept.password
    assert kept.password.startswith("$argon2id$")
    known.sign_out(token)
    assert known.session(token) is None
    assert known.session("") is None


def test_a_session_ends_unused_and_in_any_case(known: Users, at: At) -> None:
    token = known.sign_in("hanako", PASSWORD, "")
    at.now += IDLE + timedelta(seconds=1)
    assert known.session(token) is None
    began = at.now
    token = known.sign_in("hanako", PASSWORD, "")
    while at.now < began + WHOLE - IDLE:
        at.now += IDLE - timedelta(minutes=1)
        assert known.session(token)
    at.now = began + WHOLE + timedelta(seconds=1)
    assert known.session(token) is None


def test_whatever_is_wrong_is_refused_and_why_is_for_the_log(known: Users) -> None:
    assert refused(known) == "password"
    assert refused(known, PASSWORD, name="taro") == "unknown or locked"
    assert refused(known, "") == "password"
    assert refused(known, "x" * 100_000) == "password"
    assert refused(known, PASSWORD, name="hanako' or 1=1 --") == "unknown or locked"


def test_after_some_tries_nobody_gets_in_for_a_while(known: Users, at: At, store: Store) -> None:
    for _ in range(TRIES - 1):
        refused(known)
    known.sign_in("hanako", PASSWORD, "")
    for _ in range(TRIES):
        assert refused(known) == "password"
    assert refused(known, PASSWORD) == "unknown or locked"
    at.now += LOCKED - timedelta(seconds=1)
    assert refused(known, PASSWORD) == "unknown or locked"
    at.now += timedelta(seconds=2)
    known.sign_in("hanako", PASSWORD, "")
    for _ in range(TRIES):
        refused(known)
    known.unlock("hanako", "root")
    known.sign_in("hanako", PASSWORD, "")
    whats = [(entry.what, entry.after) for entry in audit.entries(store, 20)]
    assert ("sign-in", "locked for 15 minutes for one address") in whats
    assert ("user unlock", "open") in whats


def test_failures_from_one_address_keep_nobody_out_elsewhere(known: Users) -> None:
    for _ in range(TRIES):
        refused(known, address="stranger")
    assert refused(known, PASSWORD, address="stranger") == "unknown or locked"
    assert known.sign_in("hanako", PASSWORD, "", "desk")
    # ---- what succeeds at the desk opens nothing elsewhere
    assert refused(known, PASSWORD, address="stranger") == "unknown or locked"
    (user,) = known.all()
    assert user.locked_until


def test_failures_from_everywhere_keep_a_name_out_but_where_somebody_got_in_lately(
    known: Users, at: At, store: Store
) -> None:
    known.sign_in("hanako", PASSWORD, "", "desk")
    for number in range(FROM_ANYWHERE):
        assert refused(known, address=f"stranger {number // (TRIES - 1)}") == "password"
    assert refused(known, PASSWORD, address="another stranger") == "unknown or locked"
    assert known.sign_in("hanako", PASSWORD, "", "desk")
    assert refused(known, PASSWORD, address="another stranger") == "unknown or locked"
    assert "locked for 15 minutes but for the addresses that are theirs" in [
        entry.after for entry in audit.entries(store, 20)
    ]
    at.now += LOCKED + timedelta(seconds=1)
    assert known.sign_in("hanako", PASSWORD, "", "another place")
    # ---- an address that nobody got in from for long is one like any other
    at.now += REMEMBERED + timedelta(days=1)
    for number in range(FROM_ANYWHERE):
        assert refused(known, address=f"other stranger {number // (TRIES - 1)}") == "password"
    assert refused(known, PASSWORD, address="desk") == "unknown or locked"


def test_another_password_or_an_unlocking_forgets_what_was_counted_and_where_somebody_got_in(
    known: Users, store: Store
) -> None:
    for number in range(FROM_ANYWHERE):
        refused(known, address=f"stranger {number // (TRIES - 1)}")
    for act in (lambda: known.unlock("hanako", "root"), lambda: known.set_password("hanako", PASSWORD, "root")):
        refused(known)
        act()
        with store.transaction() as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(attempts)) == 0
            assert connection.execute(sa.select(users.c.tries, users.c.locked_until)).all() == [(0, None)]
    known.sign_in("hanako", PASSWORD, "")
    known.remove("hanako", "root")
    with store.transaction() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(attempts)) == 0


def test_addresses_are_forgotten_when_nobody_came_from_there_for_long(known: Users, at: At, store: Store) -> None:
    known.sign_in("hanako", PASSWORD, "", "desk")
    at.now += REMEMBERED - timedelta(hours=1)
    known.sign_in("hanako", PASSWORD, "", "home")
    at.now += timedelta(hours=2)
    purge(store, Periods(1, 1, 1, 1), at.now)
    with store.transaction() as connection:
        assert connection.scalars(sa.select(attempts.c.address)).all() == ["home"]


def test_the_right_password_counts_against_nobody_however_often_it_is_given(known: Users) -> None:
    for _ in range(2 * TRIES):
        assert known.proves("hanako", PASSWORD)
    for _ in range(TRIES - 1):
        assert not known.proves("hanako", WRONG)
    assert known.proves("hanako", PASSWORD)
    for _ in range(TRIES):
        assert not known.proves("hanako", WRONG)
    assert not known.proves("hanako", PASSWORD)


@pytest.mark.parametrize("name", ["hanako", "Hanako", " hanako ", "HANAKO", "ｈａｎａｋｏ", "Ｈanako\u3000"])
def test_a_name_is_known_however_it_is_typed(known: Users, name: str) -> None:
    token = known.sign_in(name, PASSWORD, "")
    found = known.session(token)
    assert found
    assert (found.name, known.proves(name, PASSWORD)) == ("hanako", True)
    with pytest.raises(UserError, match="already"):
        known.add(name, "editor", PASSWORD, "root")
    known.set_role(name, "editor", "root")
    known.set_totp(name, "", "root")
    known.set_password(name, PASSWORD, "root")
    known.unlock(name, "root")
    known.remove(name, "root")
    assert known.all() == ()


@pytest.mark.parametrize("typed", ["{}", "{0[0]} {0[1]}", " {} ", "{0[0]}-{0[1]}"])
@pytest.mark.parametrize("wide", [False, True])
def test_a_one_time_code_is_known_however_it_is_typed(known: Users, at: At, typed: str, wide: bool) -> None:  # noqa: FBT001
    known.set_totp("hanako", SECRET, "root")
    code = pyotp.TOTP(SECRET).at(at.now)
    written = typed.format(code) if typed.count("[") == 0 else typed.format((code[:3], code[3:]))
    assert known.sign_in("hanako", PASSWORD, written.translate(WIDE) if wide else written)


def test_a_password_is_the_same_from_every_keyboard_and_kept_ones_stay_right(known: Users, store: Store) -> None:
    wide = "ｃorrect horse ﾊﾞｯﾃﾘｰ"
    known.set_password("hanako", wide, "root")
    assert known.sign_in("hanako", normal_password(wide), "")
    assert known.sign_in("hanako", wide, "")
    # ---- kept as it was typed, by an earlier version
    with store.transaction(writes=True) as connection:
        connection.execute(sa.update(users).values(password=PasswordHasher().hash(wide)))
    assert known.sign_in("hanako", wide, "")
    assert refused(known, "ｗrong wrong wrong") == "password"
    assert normal("Ｈanako ") == "hanako"


@pytest.mark.parametrize("busy_seconds", [120.0])  # what is tried is the count, not how soon a busy disk is through
def test_many_tries_at_once_are_no_more_tries(known: Users) -> None:
    reasons: list[str] = []

    def tries() -> None:
        try:
            known.sign_in("hanako", "wrong wrong wrong", "")
        except RefusedError as error:
            reasons.append(error.reason)

    threads = [threading.Thread(target=tries) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reasons) == len(threads)
    assert reasons.count("password") <= TRIES
    assert "unknown or locked" in reasons


def test_a_one_time_code_is_asked_for_and_taken_once(known: Users, at: At) -> None:
    before = known.sign_in("hanako", PASSWORD, "")
    known.set_totp("hanako", SECRET, "root")
    assert known.session(before) is None
    code = pyotp.TOTP(SECRET).at(at.now)
    assert refused(known, PASSWORD, "") == "code"
    assert refused(known, PASSWORD, "000000" if code != "000000" else "111111") == "code"
    assert refused(known, code=code) == "password"
    known.sign_in("hanako", PASSWORD, f"{code[:3]} {code[3:]}")
    assert refused(known, PASSWORD, code) == "code"
    late = pyotp.TOTP(SECRET).at(at.now)
    at.now += timedelta(seconds=90)
    assert refused(known, PASSWORD, late) == "code"
    known.sign_in("hanako", PASSWORD, pyotp.TOTP(SECRET).at(at.now - timedelta(seconds=25)))
    known.set_totp("hanako", "", "root")
    known.sign_in("hanako", PASSWORD, "")


def test_a_new_password_or_role_holds_at_once(known: Users) -> None:
    token = known.sign_in("hanako", PASSWORD, "")
    known.set_role("hanako", "auditor", "root")
    found = known.session(token)
    assert found
    assert found.role == "auditor"
    known.set_password("hanako", "another horse battery", "root")
    assert known.session(token) is None
    assert refused(known, PASSWORD) == "password"
    assert known.proves("hanako", "another horse battery")
    assert not known.proves("hanako", PASSWORD)
    token = known.sign_in("hanako", "another horse battery", "")
    known.remove("hanako", "root")
    assert known.session(token) is None
    assert known.all() == ()


def test_what_cannot_be_is_refused_in_words(known: Users) -> None:
    for name in ("", "x", "花子", "1abc", "a b", "a" * 33):
        with pytest.raises(UserError, match="a name is"):
            known.add(name, "editor", PASSWORD, "root")
    with pytest.raises(UserError, match="already"):
        known.add("hanako", "editor", PASSWORD, "root")
    for easy in ("short", "x" * 201, "aaaaaaaaaaaaaaa", "my-name-is-taro"):
        with pytest.raises(UserError, match="password"):
            known.add("taro", "editor", easy, "root")
    for change in (known.unlock, known.remove):
        with pytest.raises(UserError, match="nobody called taro"):
            change("taro", "root")
    assert [user.name for user in known.all()] == ["hanako"]


def test_sessions_that_are_over_are_forgotten_at_night(known: Users, at: At, store: Store) -> None:
    known.sign_in("hanako", PASSWORD, "")
    at.now += timedelta(hours=1)
    known.sign_in("hanako", PASSWORD, "")
    purge(store, Periods(1, 1, 1, 1), at.now)
    with store.transaction() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(sessions)) == 1


@pytest.fixture
def ivr_user(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("IVR_STORE_URL", store_url)
    return lambda *arguments, said="": CliRunner().invoke(command, arguments, input=said)


def test_the_command_does_all_of_it_and_shows_no_password(
    ivr_user: Callable[..., Result], store: Store, at: At
) -> None:
    assert OFFERED == ROLES
    added = ivr_user("add", "hanako", "--role", "editor", said=f"{PASSWORD}\n{PASSWORD}\n")
    assert (added.exit_code, PASSWORD in added.output) == (0, False)
    assert ivr_user("add", "taro", "--role", "auditor", "--stdin", said=PASSWORD + "\n").exit_code == 0
    assert ivr_user("role", "taro", "operator").exit_code == 0
    assert "operator" in ivr_user("list").output
    assert '"name": "hanako"' in ivr_user("list", "--json").output
    shown = ivr_user("totp", "hanako")
    secret = shown.output.split()[-1]
    assert len(secret) == 32
    Users(store, at).sign_in("hanako", PASSWORD, pyotp.TOTP(secret).at(at.now))
    assert ivr_user("totp", "hanako", "--off").exit_code == 0
    assert ivr_user("password", "hanako", "--stdin", said="another horse battery\n").exit_code == 0
    assert ivr_user("unlock", "hanako").exit_code == 0
    assert ivr_user("remove", "taro").exit_code == 0
    wrong = ivr_user("remove", "taro")
    assert (wrong.exit_code, "nobody called taro" in wrong.output) == (1, True)
    assert ivr_user("add", "taro", "--role", "king", "--stdin").exit_code == 2
    text = str(audit.entries(store, 50))
    assert not any(secret in text for secret in (PASSWORD, secret, "another horse"))


def test_the_command_reads_names_and_roles_however_they_are_typed(
    ivr_user: Callable[..., Result], store: Store, at: At
) -> None:
    added = ivr_user("add", "Ｈanako ", "--role", " ＥＤＩＴＯＲ", "--stdin", said=f"{PASSWORD}\r\n")
    assert (added.exit_code, added.output) == (0, "hanako may sign in as editor\n")
    again = ivr_user("add", "HANAKO", "--role", "editor", "--stdin", said=f"{PASSWORD}\n")
    assert (again.exit_code, "somebody called hanako already" in again.output) == (1, True)
    assert ivr_user("role", "Hanako", "Auditor").exit_code == 0
    assert [(user.name, user.role) for user in Users(store, at).all()] == [("hanako", "auditor")]
    assert Users(store, at).sign_in("ＨＡＮＡＫＯ", PASSWORD, "")
