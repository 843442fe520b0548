"""Which prompt was being said when a key came or the caller hung up, replies to the survey, and days added up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "005"
down_revision = "004"


def upgrade() -> None:
    """Add columns and tables; of calls that are counted already it stays unknown which prompt was being said."""
    for table in ("calls", "turns"):
        op.add_column(table, sa.Column("reached", sa.String(64)))
        op.add_column(table, sa.Column("midway", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("calls", sa.Column("asked", sa.String(64), nullable=False, server_default=""))
    op.add_column("calls", sa.Column("helped", sa.Boolean()))
    op.create_table(
        "said",
        sa.Column("flow_version", sa.String(64), nullable=False),
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("prompt", sa.String(64), nullable=False),
        sa.Column("offers", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("flow_version", "node", "place", name="pk_said"),
    )
    op.create_table(
        "counts",
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("flow_version", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("a", sa.String(64), nullable=False),
        sa.Column("b", sa.String(64), nullable=False),
        sa.Column("c", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "flow_version", "kind", "a", "b", "c", name="pk_counts"),
    )
    op.create_table(
        "days",
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("fresh", sa.Boolean(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_days"),
    )
    op.execute(
        "INSERT INTO days (day, fresh, changes) SELECT DISTINCT day, FALSE, 0 FROM calls WHERE summed AND NOT test"
    )
