"""`create_app(settings)`: builds everything once, registers the blueprints, nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flask import Flask, Response

from ivr import twilio, webhooks
from ivr.board import Board, Ticker
from ivr.records.events import caller_key
from ivr.records.spool import Spool
from ivr.sets.current import Current

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ivr.settings import Settings

MAX_BODY = 64 * 1024
"""Bytes of a request; Twilio's are a few kilobytes."""


def create_app(
    settings: Settings,
    now: Callable[[], datetime] | None = None,
    *,
    published: bool = False,
    records: Path | None = None,
) -> Flask:
    """Build the application; raises FindingsError where flows, prompts or facts cannot be used.

    `published` is for what answers callers: they hear the published set and, once the ticker runs, each later one.
    Without it the files of the root answer. `records` is the folder in which turns are recorded, that of all data
    unless it is given.
    """
    current = Current(settings, published=published)
    spool = Spool((records or settings.data) / "spool", settings.record_sync)
    board = Board()
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
        caller_key=caller_key(settings.data),
        board=lambda: board,
        now=now or (lambda: datetime.now(webhooks.TOKYO)),
    )
    # synced on both sides, since loading another set may take a second
    app.extensions["ticker"] = Ticker([spool.sync, current.refresh, spool.sync])
    app.register_blueprint(webhooks.voice)
    app.register_blueprint(webhooks.audio)
    app.add_url_rule("/healthz", view_func=lambda: Response("ok\n", content_type="text/plain"))
    return app
