"""`/console/calls`: the latest calls, and one of them explained; `/console/audit`: who changed what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, current_app, render_template, request

from ivr.chosen import Chosen
from ivr.console.here import store
from ivr.hours import TOKYO
from ivr.records import audit as changes
from ivr.sets.explained import explain

if TYPE_CHECKING:
    from datetime import datetime


MOST = 200
TRIES_JA = {Chosen.SILENCE: "無言", Chosen.WRONG: "まちがったボタン"}
STATES_JA = {"open": "電話に出られる時間", "closed": "時間外", "unset": "電話番号の設定がない"}
pages = Blueprint("calls", __name__)
log_of_changes = Blueprint("audit", __name__)


@pages.get("/calls")
def list_calls() -> str:
    """List the latest calls, simulated ones only with `?tests=1`."""
    with_tests = request.args.get("tests") == "1"
    found = [call for call in store().latest(MOST) if with_tests or not call.test]
    return render_template("calls.html", calls=found, with_tests=with_tests)


@pages.get("/calls/<call>")
def show(call: str) -> str:
    """Explain one call; a simulated one of the same id with `?test=1`."""
    record = store().call(call, test=request.args.get("test") == "1")
    if record is None:
        abort(404)
    told = explain(record, store(), current_app.extensions["flows"])
    return render_template("call.html", told=told, call=record.call, tries=TRIES_JA, states=STATES_JA)


@log_of_changes.get("/audit")
def show_changes() -> str:
    """List what people changed."""
    return render_template("audit.html", entries=changes.entries(store(), MOST))


def in_tokyo(moment: datetime | None) -> str:
    """Write a moment for people."""
    return moment.astimezone(TOKYO).strftime("%Y-%m-%d %H:%M:%S") if moment else ""
