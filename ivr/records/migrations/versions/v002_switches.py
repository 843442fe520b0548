"""What people have switched, and who changed what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.records.tables import Moment

revision = "002"
down_revision = "001"


def upgrade() -> None:
    """Create the tables of the board and of the audit log."""
    op.create_table(
        "switches",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("begins", Moment(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("ended", Moment()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_switches"),
    )
    op.create_index("ix_switches_version", "switches", ["version"])
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("what", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
