"""What Alembic runs: the steps, on the connection and in the transaction of `Store.upgrade`."""

from __future__ import annotations

from alembic import context

from ivr.records.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
