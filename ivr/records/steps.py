"""The steps that made the tables of a store, by Alembic: which a store has, and taking those that it lacks.

Alembic takes a quarter of a second to load, so only what makes or checks a store asks for this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

if TYPE_CHECKING:
    import sqlalchemy as sa


class UnknownStepError(ValueError):
    """A store has taken a step that this version of the program does not know; its words are the step."""


def taken(connection: sa.Connection) -> str | None:
    """Return the last step that a store took; None without tables. Raises UnknownStepError."""
    found = MigrationContext.configure(connection).get_current_revision()
    try:
        _steps().get_revision(found or "head")
    except CommandError as error:
        raise UnknownStepError(found) from error
    return found


def last() -> str | None:
    """Return the last step that there is."""
    return _steps().get_current_head()


def take(connection: sa.Connection) -> None:
    """Take every step that a store lacks, within the transaction of the connection."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _steps() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "ivr.records:migrations")
    return config
