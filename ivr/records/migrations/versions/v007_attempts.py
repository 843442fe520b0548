"""Tries to sign in, by name and address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.records.tables import Moment

revision = "007"
down_revision = "006"


def upgrade() -> None:
    """Add the table, empty: whoever was locked stays so under every address."""
    op.create_table(
        "attempts",
        sa.Column("user", sa.String(32), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("locked_until", Moment()),
        sa.Column("proved", Moment()),
        sa.Column("seen", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("user", "address", name="pk_attempts"),
        sa.ForeignKeyConstraint(["user"], ["users.name"], name="fk_attempts_users", ondelete="CASCADE"),
    )
