"""Results as JUnit XML, as test reports of build servers read it.

`time` is the length of the call on its own clock in seconds: how long callers are on the line is what matters here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr.phone.enact import Played

_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def written(played: Sequence[Played]) -> bytes:
    """Write results as one suite."""
    counts = {
        "tests": str(len(played)),
        "failures": str(sum(not one.passed for one in played)),
        "errors": "0",
        "skipped": str(sum(bool(one.skipped) for one in played)),
        "time": f"{sum(one.seconds for one in played):.3f}",
    }
    suites = ET.Element("testsuites", {"name": "ivr test", **counts})
    suite = ET.SubElement(suites, "testsuite", {"name": "scenarios", **counts})
    for one in played:
        line = str(one.problems[0].line if one.problems else 1)
        where = {"classname": one.file.removesuffix(".yaml"), "name": _clean(one.title), "file": one.file, "line": line}
        case = ET.SubElement(suite, "testcase", {**where, "time": f"{one.seconds:.3f}"})
        if one.skipped:
            ET.SubElement(case, "skipped", {"message": _clean(one.skipped)})
        if one.problems:
            failure = ET.SubElement(case, "failure", {"message": _clean(one.problems[0].text), "type": "scenario"})
            lines = [f"{one.file}:{problem.line}: {problem.text}" for problem in one.problems]
            failure.text = _clean("\n".join([*lines, "", *one.transcript]))
    text: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return text


def _clean(text: str) -> str:
    return _NOT_XML.sub("?", text)
