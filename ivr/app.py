"""`create_app(settings)`: builds everything once, registers the blueprints, nothing else."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import structlog
from flask import Flask

from ivr import twilio, webhooks
from ivr.board import Board, BoardWatch, Ticker
from ivr.health import LOOK_SECONDS, Health, health
from ivr.metrics import Metrics
from ivr.records.callers import KEY_FILE, caller_keys
from ivr.records.spool import Nowhere, Spool
from ivr.records.store import Store, StoreError
from ivr.records.switches import BoardReader
from ivr.sets.current import Current
from ivr.sets.known import KnownFlows
from ivr.settings import LOCAL_TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ivr.settings import Settings

log = structlog.get_logger(__name__)
MAX_BODY = 64 * 1024
"""Bytes of a request; Twilio's are a few kilobytes."""


def create_app(
    settings: Settings,
    now: Callable[[], datetime] | None = None,
    *,
    published: bool = False,
    records: Path | None = None,
    pages: bool = True,
) -> Flask:
    """Build the application; raises FindingsError where flows, prompts or facts cannot be used.

    `published` is for what answers callers: they hear the published set and, once the ticker runs, each later one.
    Without it the files of the root answer. `records` is the folder in which turns are recorded, that of all data
    unless it is given. Calls need no `pages`: neither the tester's phone nor the console.
    """
    current = Current(settings, published=published)
    spool = Spool((records or settings.data) / "spool", settings.record_sync)
    clock = now or (lambda: datetime.now(webhooks.TOKYO))
    store = _store(settings)
    board = _board(store, clock)
    metrics = Metrics()
    caller_key = caller_keys(settings.data, settings.caller_keys)[0]
    app = Flask(__name__, static_folder=None)
    app.extensions["current"] = current
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.extensions["ivr"] = webhooks.Service(
        current=current.now,
        library=current.library,
        spool=spool,
        tokens=twilio.Tokens(settings.signing_token(), settings.accepted_test_token),
        public_url=settings.public_url,
        own_number=settings.own_number,
        caller_key=caller_key,
        board=board.current,
        now=clock,
        metrics=metrics,
    )
    well = Health(
        data=settings.data,
        folder=spool.folder,
        store=store,
        spool=spool,
        current=current.now,
        now=clock,
        keys=_kept_keys(settings, caller_key),
        metrics=metrics,
        token=settings.metrics_token,
        local=settings.local,
    )
    app.extensions["health"] = well
    # synced on both sides, since loading another set may take a second
    app.extensions["ticker"] = Ticker([spool.sync, current.refresh, spool.sync])
    app.extensions["board"] = board
    # a ticker of its own: a store that answers late must not keep records from the disk
    app.extensions["board_ticker"] = Ticker([board.refresh])
    app.extensions["health_ticker"] = Ticker([well.look], LOOK_SECONDS)
    app.register_blueprint(webhooks.voice)
    app.register_blueprint(webhooks.audio)
    if pages and settings.local:
        add_phone(app, app, settings)
    app.register_blueprint(health)
    if pages and store is not None:
        add_console(app, store, settings, clock)
    return app


def add_console(app: Flask, store: Store, settings: Settings, clock: Callable[[], datetime]) -> None:
    """Let an application of its own answer below /console and, where the service is live, below /phone."""
    from ivr.console.app import beside, create_console  # noqa: PLC0415  (its libraries, where there is a store)

    os.environ.setdefault("MPLCONFIGDIR", str(settings.data / "matplotlib"))
    console = create_console(
        store,
        clock,
        KnownFlows(settings),
        key=settings.console_key,
        secure=settings.public_url.startswith("https:"),
        proxies=settings.trusted_proxies,
    )
    prefixes = ("/console",) if settings.local else ("/console", "/phone")
    console.config["PHONE"] = settings.local or bool(settings.accepted_test_token)
    if console.config["PHONE"] and not settings.local:
        add_phone(console, app, settings)
    app.extensions["console"] = console
    app.wsgi_app = beside(app.wsgi_app, console, prefixes)  # type: ignore[assignment,method-assign]


def _store(settings: Settings) -> Store | None:
    """Give the store; None for an address that cannot be: then nothing is switched, and calls go on."""
    try:
        return Store(settings.store_url)
    except StoreError as error:
        log.error("board_off", reason=str(error), remedy="correct IVR_STORE_URL")  # noqa: TRY400  (the reason says it)
        return None


def _board(store: Store | None, clock: Callable[[], datetime]) -> BoardWatch:
    """Watch what people switch."""
    if store is None:
        return BoardWatch(Board)
    reader = BoardReader(store)
    return BoardWatch(lambda: reader.read(clock()))


def _kept_keys(settings: Settings, caller_key: bytes) -> dict[Path, str]:
    """Give the files under IVR_DATA that hold what this process signs and hashes with, and what they begin with."""
    kept = {} if settings.caller_keys else {settings.data / KEY_FILE: caller_key.decode()}
    if settings.local:
        kept[settings.data / LOCAL_TOKEN] = settings.signing_token()
    return kept


def add_phone(app: Flask, helpline: Flask, settings: Settings) -> None:
    """Add the tester's phone, which calls an application of its own: same words and sound, records that go nowhere."""
    from ivr.phone.page import Phone, page  # noqa: PLC0415  (a service without a phone does not need it)

    ours: webhooks.Service = helpline.extensions["ivr"]
    called = Flask(__name__, static_folder=None)
    called.extensions["ivr"] = replace(
        ours,
        spool=Nowhere(settings.data / "spool"),
        tokens=twilio.Tokens("", settings.test_token),
    )
    called.register_blueprint(webhooks.voice)
    called.register_blueprint(webhooks.audio)
    url = f"{settings.public_url}/voice"
    app.extensions["phone"] = Phone(
        called,
        url,
        settings.test_token,
        ours.current,
        ours.library,
        numbers=settings.shown_numbers,
        open=settings.local,
    )
    app.register_blueprint(page)
