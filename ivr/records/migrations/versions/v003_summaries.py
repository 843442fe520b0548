"""What reports count of each call, jobs of the background process, and the indexes of both."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.records.tables import Moment

revision = "003"
down_revision = "002"


def upgrade() -> None:
    """Add the columns and the table; calls that are there already are counted by the next background process."""
    for column in (
        sa.Column("summed", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("day", sa.String(10), nullable=False, server_default=""),
        sa.Column("hour", sa.Integer()),
        sa.Column("subject", sa.String(64), nullable=False, server_default=""),
        sa.Column("answer", sa.String(64), nullable=False, server_default=""),
        sa.Column("answer_keys", sa.Integer()),
        sa.Column("answer_seconds", sa.Integer()),
        sa.Column("outcome", sa.String(16), nullable=False, server_default=""),
        sa.Column("left", sa.String(64), nullable=False, server_default=""),
        sa.Column("repeat", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("calls", column)
    op.add_column("turns", sa.Column("cut", sa.Boolean()))
    op.create_index("ix_calls_summed_test_began", "calls", ["summed", "test", "began"])
    op.create_index("ix_calls_summed_test_day", "calls", ["summed", "test", "day"])
    op.create_index("ix_calls_caller_hash_began", "calls", ["caller_hash", "began"])
    op.create_table(
        "jobs",
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("due", Moment(), nullable=False),
        sa.Column("leased_until", Moment()),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("done", Moment()),
        sa.Column("outcome", sa.String(200), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("kind", "name", name="pk_jobs"),
    )
    op.create_index("ix_jobs_done_due", "jobs", ["done", "due"])
