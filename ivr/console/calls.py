"""`/console/calls`: the latest calls, and one of them explained; `/console/audit`: who changed what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, current_app, render_template, request

from ivr.console import dates
from ivr.console.here import store
from ivr.findings import FindingsError
from ivr.records import audit as changes
from ivr.sets.explained import explain
from ivr.titles import CHANGES, DIALLED, STATUSES

if TYPE_CHECKING:
    from datetime import datetime

    from ivr.sets.known import KnownFlows

MOST = 200
pages = Blueprint("calls", __name__)
log_of_changes = Blueprint("audit", __name__)


@pages.get("/calls")
def list_calls() -> str:
    """List the latest calls, simulated ones only with `?tests=1`."""
    with_tests = request.args.get("tests") == "1"
    found = [call for call in store().latest(MOST) if with_tests or not call.test]
    titles = {version: _flows().titles(version) for version in {call.flow_version for call in found}}
    return render_template("calls.html", calls=found, with_tests=with_tests, titles=titles, statuses=STATUSES)


@pages.get("/calls/<call>")
def show(call: str) -> str:
    """Explain one call; a simulated one of the same id with `?test=1`."""
    record = store().call(call, test=request.args.get("test") == "1")
    if record is None:
        abort(404)
    told = explain(record, store(), _flows())
    return render_template("call.html", told=told, call=record.call, statuses=STATUSES, dialled=DIALLED)


@log_of_changes.get("/audit")
def show_changes() -> str:
    """List what people changed."""
    return render_template("audit.html", entries=changes.entries(store(), MOST), changes=CHANGES, subjects=_switched())


def _switched() -> dict[str, str]:
    """Give what may be switched on the board in the words of today: announcements as they are said, counters."""
    try:
        content = _flows().content("")
    except FindingsError:
        return {}
    said = {name: content.announcement(name).sentences for name in content.flow.top.announcements}
    announced = {name: "".join(sentence.text for sentence in sentences) for name, sentences in said.items()}
    return {**announced, **{name: counter.name for name, counter in content.hours.counters.items()}}


def _flows() -> KnownFlows:
    found: KnownFlows = current_app.extensions["flows"]
    return found


def in_tokyo(moment: datetime | None) -> str:
    """Write a moment for people."""
    return dates.moment(moment) if moment else ""
