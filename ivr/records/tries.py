"""Tries to sign in that failed: who is kept out for a while, and from where.

A few failures keep a name out for the address that they came from, so nobody can keep somebody else out from afar.
Many, from wherever, keep it out for every address but those from which it signed in lately: guessing from a thousand
addresses comes to an end too, and who sits at their own desk is let in all the same.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from ivr.records.tables import attempts, users

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

TRIES = 5
"""So many failures in a row from one address keep a name out there."""
FROM_ANYWHERE = 50
"""So many failures since somebody last got in under a name keep it out everywhere else."""
LOCKED = timedelta(minutes=15)
"""How long somebody is kept out."""
REMEMBERED = timedelta(days=90)
"""How long an address from which somebody got in counts as theirs."""
_CLEAN: Mapping[str, Any] = {"tries": 0, "locked_until": None}

Locked = Literal["", "here", "everywhere"]


def count(connection: sa.Connection, user: sa.RowMapping, address: str, now: datetime) -> Locked | None:
    """Count a try before it is looked at; None if nobody is let in now, else what this try locks unless it succeeds.

    `user` is the row of the user, held by this transaction.
    """
    name = user["name"]
    here = connection.execute(sa.select(attempts).where(_of(name, address))).mappings().first()
    known = here is not None and here["proved"] is not None and here["proved"] > now - REMEMBERED
    if (here and _locked(here, now)) or (_locked(user, now) and not known):
        return None
    locked_here, values = _counted(here["tries"] if here else 0, TRIES, now)
    if here:
        connection.execute(sa.update(attempts).where(_of(name, address)).values(**values, seen=now))
    else:
        connection.execute(sa.insert(attempts).values(user=name, address=address, proved=None, seen=now, **values))
    everywhere, values = _counted(user["tries"], FROM_ANYWHERE, now)
    if not _locked(user, now):
        connection.execute(sa.update(users).where(users.c.name == name).values(**values))
    return "everywhere" if everywhere else "here" if locked_here else ""


def succeeded(connection: sa.Connection, name: str, address: str, now: datetime) -> None:
    """Take back what was counted against a name at an address; the address is theirs from now on."""
    excused(connection, name, address)
    connection.execute(sa.update(attempts).where(_of(name, address)).values(proved=now, seen=now))


def excused(connection: sa.Connection, name: str, address: str) -> None:
    """Take back what was counted against a name at an address, for somebody who is signed in there already."""
    connection.execute(sa.update(attempts).where(_of(name, address)).values(**_CLEAN))
    connection.execute(sa.update(users).where(users.c.name == name).values(tries=0))


def forget(connection: sa.Connection, name: str) -> None:
    """Take back everything that was counted against a name, and forget its addresses."""
    connection.execute(sa.delete(attempts).where(attempts.c.user == name))
    connection.execute(sa.update(users).where(users.c.name == name).values(**_CLEAN))


def forget_old(connection: sa.Connection, now: datetime) -> None:
    """Forget addresses from which nobody has tried for long."""
    connection.execute(sa.delete(attempts).where(attempts.c.seen < now - REMEMBERED))


def locked(connection: sa.Connection) -> dict[str, datetime]:
    """Give until when each name is kept out somewhere, its latest such moment; also moments that are over."""
    found = sa.union_all(
        sa.select(users.c.name, users.c.locked_until),
        sa.select(attempts.c.user, attempts.c.locked_until),
    )
    latest: dict[str, datetime] = {}
    for name, until in connection.execute(found):
        if until and until > latest.get(name, until - LOCKED):
            latest[name] = until
    return latest


def _counted(tries: int, most: int, now: datetime) -> tuple[bool, Mapping[str, Any]]:
    """Count one more; tells whether that locks, and what is then kept."""
    if tries + 1 >= most:
        return True, {"tries": 0, "locked_until": now + LOCKED}
    return False, {"tries": tries + 1, "locked_until": None}


def _locked(row: sa.RowMapping, now: datetime) -> bool:
    return row["locked_until"] is not None and row["locked_until"] > now


def _of(name: str, address: str) -> sa.ColumnElement[bool]:
    return sa.and_(attempts.c.user == name, attempts.c.address == address)
