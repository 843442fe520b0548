"""What the application that answers this request works with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    from ivr.records.store import Store


def store() -> Store:
    """Give the store."""
    found: Store = current_app.extensions["store"]
    return found
