"""Spools and store compared: what is lacking is found, whatever it is, and stored again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from ivr.cli.records import records
from ivr.records import audit, retention
from ivr.records.tables import calls, faults, transfers, turns
from ivr.records.verify import repair, verify
from ivr.work import Mover

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from ivr.records.events import Event
    from ivr.records.spool import Spool
    from ivr.records.store import Store

DIGEST = "ab" * 16


@pytest.fixture
def moved(folder: Path, spool: Spool, store: Store, event: Callable[..., Event]) -> None:
    """Record one call with everything that can happen in it, and another; move both; the files stay open."""
    for recorded in (
        event(0, "answer", detail={"caller_hash": DIGEST, "caller_tail": "78"}),
        event(1),
        event(1),
        event(2, "transfer", detail={"to": "ward_phone"}, option="busy"),
        event(3, "fault", detail={"code": "11200"}),
        event(0, "status", detail={"status": "ringing"}),
        event(0, "status", detail={"status": "completed", "seconds": "61"}),
        event(0, "answer", call="CA2"),
    ):
        assert spool.append(recorded)
    mover = Mover(folder, store)
    mover.move()
    mover.close()


@pytest.mark.usefixtures("moved")
def test_what_was_moved_agrees_and_what_was_not_is_on_its_way(
    folder: Path, store: Store, spool: Spool, event: Callable[..., Event]
) -> None:
    spool.append(event(4))
    found = verify(folder, store)
    assert (found.files, found.agreed, found.waiting, found.agrees) == (1, 8, 1, True)
    assert (found.erased, found.aside, found.unreadable) == (0, 0, 0)


LOSSES = {
    "the whole call": (sa.delete(calls).where(calls.c.call != "CA2"), 7),
    "a turn": (sa.delete(turns).where(turns.c.kind == "turn"), 2),
    "the opening": (sa.delete(turns).where(turns.c.kind == "answer", turns.c.call != "CA2"), 1),
    "a transfer": (sa.delete(transfers), 1),
    "a fault": (sa.delete(faults), 1),
    "the end": (sa.update(calls).values(ended=None), 1),
    "when it was answered": (sa.update(calls).where(calls.c.call == "CA2").values(answered=None), 1),
}


@pytest.mark.usefixtures("moved")
@pytest.mark.parametrize("loss", LOSSES)
def test_whatever_the_store_lost_is_found_and_stored_again(folder: Path, store: Store, loss: str) -> None:
    statement, lost = LOSSES[loss]
    with store.transaction(writes=True) as connection:
        connection.execute(statement)
    found = verify(folder, store)
    assert (len(found.missing), found.agrees) == (lost, False)
    assert repair(store, found) == lost
    if loss == "the opening":
        assert verify(folder, store).agreed == 8
    assert verify(folder, store).agrees


@pytest.mark.usefixtures("moved")
def test_calls_erased_on_request_are_not_called_lost(
    folder: Path, store: Store, opened: datetime, event: Callable[..., Event], spool: Spool
) -> None:
    retention.erase(store, [DIGEST], opened.replace(hour=23, minute=0), "somebody")
    found = verify(folder, store)
    assert (found.erased, found.agreed, found.agrees) == (7, 1, True)
    later = event(9, at=opened.replace(hour=23, minute=30))
    spool.append(later)
    mover = Mover(folder, store)
    mover.move()
    with store.transaction(writes=True) as connection:
        connection.execute(sa.delete(calls).where(calls.c.call != "CA2"))
    assert verify(folder, store).missing == [later]
    mover.close()


@pytest.mark.usefixtures("moved")
def test_lines_that_cannot_be_stored_are_counted_where_they_are(folder: Path, store: Store) -> None:
    [path] = folder.glob("*.spool")
    with path.open("ab") as file:
        file.write(b"spoilt\nspoilt again\n")
    mover = Mover(folder, store)
    mover.move()
    mover.close()
    found = verify(folder, store)
    assert (found.aside, found.unreadable, found.agrees) == (2, 0, True)
    for aside in folder.glob("*.bad"):
        aside.unlink()
    assert verify(folder, store).unreadable == 2


@pytest.mark.usefixtures("moved")
def test_a_file_that_was_cut_is_named(folder: Path, store: Store) -> None:
    [path] = folder.glob("*.spool")
    with path.open("r+b") as file:
        file.truncate(10)
    found = verify(folder, store)
    assert (found.shorter, found.agrees) == ([path.name], False)


@pytest.mark.usefixtures("moved")
def test_the_command_says_what_is_lacking_and_what_to_do(
    store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IVR_DATA", str(tmp_path))
    monkeypatch.setenv("IVR_STORE_URL", store_url)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(records, ["verify", *arguments])

    assert run().exit_code == 0
    assert "1 spools: 8 events are in " in run().output
    with store.transaction(writes=True) as connection:
        connection.execute(sa.delete(transfers))
    told = run()
    assert told.exit_code == 1
    assert "lacking: 2026-11-24 18:30:10 CA0123456789abcdef0123456789abcdef transfer 2\n" in told.output
    assert "--repair" in told.output
    as_json = run("--json")
    assert as_json.exit_code == 1
    assert json.loads(as_json.output)["missing"][0]["kind"] == "transfer"
    assert run("--repair").exit_code == 0
    assert [(entry.what, entry.after) for entry in audit.entries(store, 5)] == [
        ("records verify", "1 events stored again")
    ]
    assert run().exit_code == 0
