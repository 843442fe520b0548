"""Services for simulated calls: the helpline of the settings in this process, or any that runs elsewhere."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ivr import cli
from ivr.app import create_app
from ivr.findings import FindingsError
from ivr.log import setup
from ivr.phone import captions, place
from ivr.sets.current import Current
from ivr.simulator import Http, wsgi
from ivr.speech.store import AudioLibrary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr.sets.current import Set
    from ivr.settings import Settings
    from ivr.simulator import Captions


@contextmanager
def in_process(token: str | None = None) -> Iterator[place.Service]:
    """Make the helpline of the settings answer in this process; `token` signs, else the test token.

    What people have switched on the board is heard, as it is by every caller.
    """
    settings = quiet_settings()
    with answering(settings, settings.data, token, single=True) as service:
        yield service


@contextmanager
def apart(settings: Settings, token: str | None = None) -> Iterator[tuple[place.Service, Path]]:
    """Make it answer with the sound of the settings and records of its own, which are gone afterwards.

    Gives the service and the folder of these records: nothing comes near those of real calls.
    """
    with TemporaryDirectory(prefix="ivr-") as folder, answering(settings, Path(folder), token) as service:
        yield service, Path(folder)


@contextmanager
def answering(settings: Settings, records: Path, token: str | None, *, single: bool = False) -> Iterator[place.Service]:
    """Make the helpline answer in this process, with the folder in which it records.

    For a `single` call with the board, and with the captions of what it says alone, which are there sooner.
    """
    app = create_app(settings, records=records, pages=False)
    if single:
        app.extensions["board"].refresh()
    ours = app.extensions["ivr"]
    words = captions.captions(
        ours.library.index,
        lambda: ours.content.said if single else ours.content.everything,
        lambda: ours.current().words,
    )
    secret = settings.test_token if token is None else token
    try:
        yield place.Service(wsgi(app), f"{settings.public_url}/voice", secret, words, numbers=settings.shown_numbers)
    finally:
        ours.spool.close()


@contextmanager
def over_http(url: str, token: str | None = None) -> Iterator[place.Service]:
    """Reach a running service by its voice webhook; sounds that are ours are known by their names."""
    settings = quiet_settings()
    words = own_words(settings)
    secret = settings.test_token if token is None else token
    with Http() as http:
        yield place.Service(http, url, secret, words, numbers=settings.shown_numbers)


def own_words(settings: Settings) -> Captions:
    """Know the words of our own sounds, wherever they play; those alone where the files of the root cannot be used."""
    found = cache(partial(_set, settings))
    everything = cache(lambda: ours.content.everything if (ours := found()) else ())
    return captions.captions(
        AudioLibrary(settings.data).index,
        everything,
        lambda: ours.words if (ours := found()) else str,
    )


def quiet_settings(level: int = logging.WARNING) -> Settings:
    """Read the settings, and log nothing below a level."""
    settings = cli.settings()
    setup(settings.log_format, level=level)
    return settings


def example_office(hours: str) -> dict[str, str]:
    """Give the settings for an office that answers in these hours; without hours for none. Nobody is really called."""
    return {"office_phone": "+81312345678" if hours else "", "office_hours": hours}


def _set(settings: Settings) -> Set | None:
    try:
        return Current(settings).now()
    except FindingsError:
        return None
