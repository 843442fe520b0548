"""Who may sign in to the pages for people of the office: names, roles, passwords, one-time codes, sessions.

A try is counted before the password is looked at, so that no number of tries at once gets around the limit. What is
wrong about a try is never told to whoever made it: an unknown name costs the same time and is answered the same. What
people type is brought into one form first (NFKC): full-width letters and digits are those that are meant.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, cast, get_args

import pyotp
import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from ivr import typed
from ivr.records import audit, tries
from ivr.records.store import StoreRefusedError
from ivr.records.tables import sessions, users

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from ivr.records.store import Store

Role = Literal["operator", "supervisor", "editor", "auditor"]
ROLES: tuple[Role, ...] = get_args(Role)
NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
SHORTEST, LONGEST = 12, 200
"""Characters of a password."""
IDLE = timedelta(minutes=30)
WHOLE = timedelta(hours=12)
"""A session ends after so long without a request, and in any case after so long."""
TOUCH = timedelta(minutes=1)
"""So often is it written down that a session is in use."""
PERIOD = 30
"""Seconds for which a one-time code is new (RFC 6238); the one before and the one after are taken too."""
_HASHER = PasswordHasher()
_WHERE = {"here": "for one address", "everywhere": "but for the addresses that are theirs"}


class UserError(ValueError):
    """Something about a user cannot be as it is asked for; says what to do instead."""


class RefusedError(Exception):
    """Nobody gets in with this name, password and code: why is in `reason`, for logs alone."""

    def __init__(self, reason: str) -> None:
        """Remember why."""
        super().__init__("refused")
        self.reason = reason


@dataclass(frozen=True)
class User:
    """Somebody who may sign in; `locked_until` is the aware moment until which they are kept out somewhere, if any."""

    name: str
    role: Role
    totp: bool
    locked_until: datetime | None
    added: datetime


class Users:
    """The users of a store. Everything raises StoreError; what is changed is in the log of changes, by whom."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        """Touch nothing yet."""
        self._store = store
        self._now = now

    @cached_property
    def _nobody(self) -> str:
        """Give the hash of a password that nobody has: what an unknown name is compared with."""
        return _HASHER.hash(secrets.token_hex(16))

    def all(self) -> tuple[User, ...]:
        """List them by name."""
        with self._store.transaction() as connection:
            until = tries.locked(connection)
            rows = connection.execute(sa.select(users).order_by(users.c.name)).mappings()
            return tuple(_user(row, until.get(row["name"])) for row in rows)

    def add(self, name: str, role: Role, password: str, by: str) -> None:
        """Add somebody; raises UserError for a name that is taken or is none, and a password that is too easy."""
        name = normal(name)
        if not NAME.fullmatch(name):
            raise UserError("a name is 2 to 32 small letters, digits and . _ -, beginning with a letter")
        row = {"name": name, "role": role, "password": _hashed(name, password), "totp": "", "totp_used": 0, "tries": 0}
        try:
            with self._store.transaction(writes=True) as connection:
                connection.execute(sa.insert(users).values(**row, added=self._now()))
                self._note(connection, by, "user add", name, "", role)
        except StoreRefusedError as error:
            raise UserError(f"there is somebody called {name} already: see `ivr user list`") from error

    def set_role(self, name: str, role: Role, by: str) -> None:
        """Give somebody another role, which holds from their next request on."""
        self._change(name, by, "user role", lambda user: (user.role, role), {"role": role})

    def set_password(self, name: str, password: str, by: str) -> None:
        """Give somebody another password; who is signed in under that name is signed out."""
        values = {"password": _hashed(normal(name), password)}
        self._change(name, by, "user password", lambda _: ("", "changed"), values, ends=True, forgets=True)

    def set_totp(self, name: str, secret: str, by: str) -> None:
        """Ask somebody for one-time codes made with a secret from now on, or with an empty one no longer."""
        now = "on" if secret else "off"
        values = {"totp": secret, "totp_used": 0}
        self._change(name, by, "user totp", lambda user: ("on" if user.totp else "off", now), values, ends=True)

    def unlock(self, name: str, by: str) -> None:
        """Let somebody try again at once."""
        self._change(
            name, by, "user unlock", lambda user: ("locked" if user.locked_until else "", "open"), forgets=True
        )

    def remove(self, name: str, by: str) -> None:
        """Let somebody in no more; what they changed stays in the log of changes."""
        with self._store.transaction(writes=True) as connection:
            user = self._one(connection, name)
            connection.execute(sa.delete(users).where(users.c.name == user.name))
            self._note(connection, by, "user remove", user.name, user.role, "removed")

    def proves(self, name: str, password: str, address: str = "") -> bool:
        """Tell whether this is somebody's password: for changing it. A wrong one counts as a try that failed."""
        name = normal(name)
        row = self._try(name, address)
        if row is None or not self._verified(row, password):
            return False
        with self._store.transaction(writes=True) as connection:
            tries.excused(connection, name, address)
        return True

    def sign_in(self, name: str, password: str, code: str, address: str = "") -> str:
        """Begin a session and give its token, which only the browser keeps; raises RefusedError.

        `address` stands for where the try comes from: failures count for the name there, see `ivr.records.tries`.
        """
        name = normal(name)
        row = self._try(name, address)
        if row is None:
            _matches(self._nobody, password)
            raise RefusedError("unknown or locked")
        if not self._verified(row, password):
            raise RefusedError("password")
        used = _counter(row["totp"], code, self._now(), row["totp_used"]) if row["totp"] else row["totp_used"]
        if used is None:
            raise RefusedError("code")
        token, now = secrets.token_urlsafe(32), self._now()
        with self._store.transaction(writes=True) as connection:
            # once more, under the lock: the same code could have been taken by another request meanwhile
            still = users.c.totp_used < used if row["totp"] else sa.true()
            changed = connection.execute(sa.update(users).where(users.c.name == name, still).values(totp_used=used))
            if not changed.rowcount:
                raise RefusedError("code used already")
            tries.succeeded(connection, name, address, now)
            if _HASHER.check_needs_rehash(row["password"]):
                fresh = _HASHER.hash(normal_password(password))
                connection.execute(sa.update(users).where(users.c.name == name).values(password=fresh))
            connection.execute(sa.insert(sessions).values(token=_digest(token), user=name, began=now, seen=now))
            self._note(connection, name, "sign-in", name, "", "signed in")
        return token

    def session(self, token: str) -> User | None:
        """Give who a token stands for, or None when the session is over or there never was one."""
        now, digest = self._now(), _digest(token)
        query = sa.select(users, sessions.c.began, sessions.c.seen).join_from(sessions, users)
        with self._store.transaction() as connection:
            row = connection.execute(query.where(sessions.c.token == digest)).mappings().first()
        if row is None:
            return None
        if now - row["seen"] > IDLE or now - row["began"] > WHOLE:
            self.sign_out(token)
            return None
        if now - row["seen"] > TOUCH:
            with self._store.transaction(writes=True) as connection:
                connection.execute(sa.update(sessions).where(sessions.c.token == digest).values(seen=now))
        return _user(row)

    def sign_out(self, token: str) -> None:
        """End a session."""
        with self._store.transaction(writes=True) as connection:
            connection.execute(sa.delete(sessions).where(sessions.c.token == _digest(token)))

    def _try(self, name: str, address: str) -> sa.RowMapping | None:
        """Count a try; gives the user as it was, or None for nobody and while it is locked."""
        now = self._now()
        with self._store.transaction(writes=True) as connection:
            query = sa.select(users).where(users.c.name == name).with_for_update()
            row = connection.execute(query).mappings().first()
            locks = tries.count(connection, row, address, now) if row else None
            if locks:
                told = f"locked for {tries.LOCKED.seconds // 60} minutes {_WHERE[locks]}"
                self._note(connection, name, "sign-in", name, "open", told)
            return None if locks is None else row

    def _verified(self, row: sa.RowMapping, password: str) -> bool:
        return _matches(row["password"], password)

    def _change(
        self,
        name: str,
        by: str,
        what: str,
        told: Callable[[User], tuple[str, str]],
        values: Mapping[str, object] = MappingProxyType({}),
        *,
        ends: bool = False,
        forgets: bool = False,
    ) -> None:
        with self._store.transaction(writes=True) as connection:
            user = self._one(connection, name)
            before, after = told(user)
            if values:
                connection.execute(sa.update(users).where(users.c.name == user.name).values(**values))
            if ends:
                connection.execute(sa.delete(sessions).where(sessions.c.user == user.name))
            if forgets:
                tries.forget(connection, user.name)
            self._note(connection, by, what, user.name, before, after)

    def _one(self, connection: sa.Connection, name: str) -> User:
        row = connection.execute(sa.select(users).where(users.c.name == normal(name))).mappings().first()
        if row is None:
            raise UserError(f"there is nobody called {name}: see `ivr user list`")
        return _user(row, tries.locked(connection).get(row["name"]))

    def _note(self, connection: sa.Connection, by: str, what: str, name: str, before: str, after: str) -> None:
        audit.note(connection, audit.Entry(self._now(), by, what, name, before, after))


def forget_sessions(connection: sa.Connection, now: datetime) -> None:
    """Remove sessions that are over and that nobody came back to."""
    over = sa.or_(sessions.c.seen < now - IDLE, sessions.c.began < now - WHOLE)
    connection.execute(sa.delete(sessions).where(over))
    tries.forget_old(connection, now)


def normal(name: str) -> str:
    """Bring a name as somebody typed it into the form in which it is kept."""
    return typed.name(name)


def normal_password(password: str) -> str:
    """Bring a password into the form that is hashed: another keyboard may send other signs for the same (RFC 8265)."""
    return unicodedata.normalize("NFKC", password)


def check_password(name: str, password: str) -> None:
    """Raise UserError for a password that is too easy."""
    password = normal_password(password)
    if not SHORTEST <= len(password) <= LONGEST:
        raise UserError(f"a password has {SHORTEST} to {LONGEST} characters")
    if name in password.lower() or len(set(password)) < SHORTEST // 2:
        raise UserError("this password is too easy: not the name, and not the same few characters again and again")


def _hashed(name: str, password: str) -> str:
    check_password(name, password)
    return _HASHER.hash(normal_password(password))


def _matches(hashed: str, password: str) -> bool:
    """Compare as it is kept, and as it was typed: so it was kept before."""
    forms = dict.fromkeys((normal_password(password[: LONGEST + 1]), password[: LONGEST + 1]))
    return any(_verifies(hashed, form[: LONGEST + 1]) for form in forms)


def _verifies(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (Argon2Error, InvalidHashError):
        return False


def _counter(secret: str, code: str, now: datetime, used: int) -> int | None:
    """Give the period that a one-time code belongs to; None for a wrong one, and for one that was taken already."""
    digits = typed.code(code)
    totp, present = pyotp.TOTP(secret, interval=PERIOD), int(now.timestamp()) // PERIOD
    for counter in (present - 1, present, present + 1):
        if counter > used and hmac.compare_digest(totp.generate_otp(counter).encode(), digits.encode()):
            return counter
    return None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _unlocked(user: User) -> tuple[str, str]:
    return "locked" if user.locked_until else "", "open"


def _user(row: sa.RowMapping, locked_until: datetime | None = None) -> User:
    return User(row["name"], cast("Role", row["role"]), bool(row["totp"]), locked_until, row["added"])
