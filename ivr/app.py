"""`create_app(settings)`: builds everything once, registers the blueprints, nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flask import Flask, Response

from ivr import twilio, twiml, webhooks
from ivr.board import Board, Ticker
from ivr.content import load
from ivr.records.events import caller_key
from ivr.records.spool import Spool
from ivr.speech.store import AudioLibrary

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr.settings import Settings

MAX_BODY = 64 * 1024
"""Bytes of a request; Twilio's are a few kilobytes."""


def create_app(settings: Settings, now: Callable[[], datetime] | None = None) -> Flask:
    """Build the application; raises FindingsError where flows, prompts or facts cannot be used."""
    content = load(settings.root, settings.office_phone, settings.office_hours)
    library = AudioLibrary(settings.data)
    spool = Spool(settings.data / "spool", settings.record_sync)
    board = Board()
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.extensions["ivr"] = webhooks.Service(
        content=content,
        library=library,
        spool=spool,
        tokens=twilio.Tokens(settings.signing_token(), settings.test_token),
        public_url=settings.public_url,
        own_number=settings.own_number,
        caller_key=caller_key(settings.data),
        last_resort=twiml.last_resort(content.last_resort()),
        board=lambda: board,
        now=now or (lambda: datetime.now(webhooks.TOKYO)),
    )
    app.extensions["ticker"] = Ticker([library.refresh, spool.sync])
    app.register_blueprint(webhooks.voice)
    app.register_blueprint(webhooks.audio)
    app.add_url_rule("/healthz", view_func=lambda: Response("ok\n", content_type="text/plain"))
    return app
