"""The report of a walk as one page that needs nothing else: the flow drawn, the worst ways to be listened to."""

from __future__ import annotations

import base64
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ivr import graph
from ivr.cli.service import apart
from ivr.findings import errors
from ivr.phone import audio, items, place
from ivr.phone.caller import Caller

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ivr.phone.place import Service
    from ivr.phone.walk.report import Heard, Report
    from ivr.settings import Settings


def page(report: Report, settings: Settings) -> str:
    """Write the page; the calls of the worst ways are placed again to be heard."""
    templates = Environment(
        loader=PackageLoader("ivr.phone"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    with apart(settings) as (service, _):
        worst = [(title, list(_rows(service, rows))) for title, rows in _worst(report)]
    wrong = len(errors(report.findings))
    return templates.get_template("walk.html").render(
        made=f"{datetime.now(place.TOKYO):%Y-%m-%d %H:%M}",
        version=report.content.version,
        wrong=wrong,
        warned=len(report.findings) - wrong,
        missed=report.missed,
        coverage=[("場所", report.nodes), ("つながり", report.edges), ("プロンプト", report.prompts)],
        states=sum(len(walked.heard) for walked in report.walk.all),
        presses=sum(len(walked.edges) for walked in report.walk.all),
        moments=len(report.walk.walks),
        person=report.worst["longest_way_to_a_person"],
        findings=report.findings,
        worst=worst,
        drawing=Markup(graph.svg(report.content.flow, _classes(report))),  # noqa: S704  (our own drawing)
        passages=[each.as_json() for each in report.heard],
    )


def _worst(report: Report) -> Iterator[tuple[str, list[Heard]]]:
    yield "長い案内", report.longest_passages
    yield "言葉のない時間が長いところ", [each for each, _ in report.longest_silences]
    yield "始まるのが遅い案内", report.latest


def _rows(service: Service, rows: Iterable[Heard]) -> Iterator[dict[str, Any]]:
    for each in rows:
        yield {
            "node": each.state.stand.node,
            "title": each.title,
            "keys": each.state.way.keys,
            "begins": each.begins,
            "seconds": each.passage.seconds,
            "text": each.passage.text,
            "sound": "" if each.office else _sound(service, each),
        }


def _sound(service: Service, each: Heard) -> str:
    """Place the call again and give it as MP3 in base64; ways that no keys describe have no sound."""
    way = each.state.way
    try:
        wanted = items.parse(way.keys)
    except ValueError:
        return ""
    given = place.Circumstances(each.state.at, dial=way.dial or "answered")  # type: ignore[arg-type]
    call = place.dial(service, given, Random(1))  # noqa: S311  (ids of a call that nobody keeps)
    Caller(call).play(wanted)
    return base64.b64encode(audio.encoded(call, service.fetch, "MP3")).decode()


def _classes(report: Report) -> dict[str, str]:
    classes = {name: "missed" if name in report.nodes.missing else "covered" for name in report.content.flow.nodes}
    return classes | {finding.node: "wrong" for finding in errors(report.findings) if finding.node}
