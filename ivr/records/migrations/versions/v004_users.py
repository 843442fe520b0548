"""Who may sign in, and who is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.records.tables import Moment

revision = "004"
down_revision = "003"


def upgrade() -> None:
    """Add both tables, empty: the first user comes with `ivr user add`."""
    op.create_table(
        "users",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password", sa.String(200), nullable=False),
        sa.Column("totp", sa.String(64), nullable=False),
        sa.Column("totp_used", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("locked_until", Moment()),
        sa.Column("added", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_users"),
    )
    op.create_table(
        "sessions",
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("user", sa.String(32), nullable=False),
        sa.Column("began", Moment(), nullable=False),
        sa.Column("seen", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("token", name="pk_sessions"),
        sa.ForeignKeyConstraint(["user"], ["users.name"], name="fk_sessions_users", ondelete="CASCADE"),
    )
