"""A position that could not be read has a word of its own: it was `lost`, like the key for a lost card.

The two can be told apart. Where the node was none any more, nothing was noted as the place; where nothing could be
read, the turn counts on from a multiple of a thousand, and no key is ever the first after that. An unknown end of a
transfer was `other`, like an option. The calls and days that this concerns are counted anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "006"
down_revision = "005"


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns))


_calls = _table("calls", "call", "test", "day", "summed")
_turns = _table("turns", "call", "test", "turn", "kind", "came_from", "option")
_transfers = _table("transfers", "node", "outcome")
_days = _table("days", "day", "fresh", "changes")
_LOST = sa.and_(
    _turns.c.option == "lost",
    _turns.c.kind != "answer",
    sa.or_(_turns.c.came_from == "", sa.and_(_turns.c.turn >= sa.literal(1000), _turns.c.turn % 1000 == 0)),
)
_UNKNOWN = sa.and_(_turns.c.option == "other", _turns.c.kind == "transfer")


def upgrade() -> None:
    """Rename what stands for something else."""
    for these in (_LOST, _UNKNOWN):
        theirs = sa.exists().where(_turns.c.call == _calls.c.call, _turns.c.test == _calls.c.test, these)
        concerned = sa.and_(_calls.c.summed.is_(sa.true()), theirs)
        days = sa.select(_calls.c.day).where(concerned)
        op.execute(sa.update(_days).where(_days.c.day.in_(days)).values(fresh=False, changes=_days.c.changes + 1))
        op.execute(sa.update(_calls).where(concerned).values(summed=False))
    op.execute(sa.update(_turns).where(_LOST).values(option="position_lost", came_from=""))
    op.execute(sa.update(_turns).where(_UNKNOWN).values(option="unknown"))
    op.execute(sa.update(_transfers).where(_transfers.c.outcome == "other").values(outcome="unknown"))
    op.execute(sa.update(_transfers).where(_transfers.c.outcome == "lost").values(outcome="position_lost", node=""))
