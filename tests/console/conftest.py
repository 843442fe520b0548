"""The console over a real store, with somebody of each role; forms are sent as browsers send them, token included."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import structlog
import structlog.testing
from argon2 import PasswordHasher

from ivr.app import create_app
from ivr.records.store import Store
from ivr.records.users import ROLES, Users
from ivr.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

PASSWORD = "correct horse battery"
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
LIVE = {"TWILIO_AUTH_TOKEN": "0123456789abcdef0123456789abcdef", "IVR_PUBLIC_URL": "https://helpline.example.jp"}


class At:
    """A clock that is set by hand."""

    def __init__(self, now: datetime) -> None:
        """Stand still at a moment."""
        self.now = now

    def __call__(self) -> datetime:
        """Give the moment."""
        return self.now


@dataclass
class Visitor:
    """Somebody with a browser: cookies are kept, forms are filled in on the page that holds them."""

    client: FlaskClient

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path)

    def sends(self, page: str, to: str = "", **form: str) -> TestResponse:
        """Open a page, fill in its form and send it."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(page).text)
        return self.client.post(to or page, data={**form, **({"csrf_token": token[1]} if token else {})})

    def signs_in(self, name: str = "supervisor", password: str = PASSWORD, code: str = "") -> TestResponse:
        """Sign in."""
        return self.sends("/console/sign-in", name=name, password=password, code=code)


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let argon2 cost next to nothing: some tests try hundreds of passwords."""
    monkeypatch.setattr("ivr.records.users._HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def at() -> At:
    return At(NOW)


@pytest.fixture
def store(tmp_path: Path, busy_seconds: float) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'data' / 'store.db'}", busy_seconds=busy_seconds) as made:
        made.upgrade()
        yield made


@pytest.fixture
def users(store: Store, at: At) -> Users:
    """Add somebody of each role, called by it."""
    found = Users(store, at)
    for role in ROLES:
        found.add(role, role, PASSWORD, "root")
    return found


@pytest.fixture
def app(
    small_helpline: Callable[[Path], Path], tmp_path: Path, at: At, users: Users, request: pytest.FixtureRequest
) -> Iterator[Flask]:
    """Make the whole application; `@pytest.mark.parametrize("app", [LIVE], indirect=True)` for another mode."""
    assert users.all()
    root = small_helpline(tmp_path / "root")
    environ = {"IVR_ROOT": str(root), "IVR_DATA": str(tmp_path / "data"), **getattr(request, "param", {})}
    made = create_app(Settings.from_env(environ), at)
    yield made
    made.extensions["ivr"].spool.close()


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app.test_client())


@pytest.fixture
def capture() -> Iterator[Callable[[], list[str]]]:
    """Give the names of the events logged so far."""
    with structlog.testing.capture_logs() as lines:
        yield lambda: [str(line["event"]) for line in lines]
