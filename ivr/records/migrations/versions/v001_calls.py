"""Calls, their turns, transfers and faults, and how far each spool is in the store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.records.tables import Moment

revision = "001"
down_revision = None


def upgrade() -> None:
    """Create the first tables."""
    op.create_table(
        "calls",
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("began", Moment(), nullable=False),
        sa.Column("answered", Moment()),
        sa.Column("caller_hash", sa.String(32), nullable=False, server_default=""),
        sa.Column("caller_tail", sa.String(2), nullable=False, server_default=""),
        sa.Column("flow_version", sa.String(64), nullable=False, server_default=""),
        sa.Column("voice_version", sa.String(64), nullable=False, server_default=""),
        sa.Column("ended", Moment()),
        sa.Column("status", sa.String(64), nullable=False, server_default=""),
        sa.Column("seconds", sa.Integer()),
        sa.PrimaryKeyConstraint("call", "test", name="pk_calls"),
    )
    op.create_index("ix_calls_began", "calls", ["began"])
    _create_turns()
    _of_call(
        "transfers",
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("to", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(64), nullable=False),
        key=("call", "test", "turn"),
    )
    _of_call(
        "faults",
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        key=("call", "test", "turn"),
    )
    op.create_table(
        "spools",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_spools"),
    )


def _create_turns() -> None:
    _of_call(
        "turns",
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("option", sa.String(64), nullable=False),
        sa.Column("came_from", sa.String(64), nullable=False),
        sa.Column("flow_version", sa.String(64), nullable=False),
        sa.Column("voice_version", sa.String(64), nullable=False),
        key=("call", "test", "turn", "kind"),
    )


def _of_call(table: str, *columns: sa.Column[object], key: tuple[str, ...]) -> None:
    op.create_table(
        table,
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint(*key, name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["call", "test"], ["calls.call", "calls.test"], name=f"fk_{table}_calls", ondelete="CASCADE"
        ),
    )
