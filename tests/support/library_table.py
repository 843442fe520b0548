"""Which attributes and children each TwiML element has, taken from Twilio's own library by asking it to write them.

Twilio publishes no schema. The library's methods are generated from the one that it keeps, so what they can write is
the second opinion on what this project reads and writes.
"""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from twilio.twiml import TwiML, voice_response

if TYPE_CHECKING:
    from collections.abc import Iterator

Table = dict[str, dict[str, frozenset[str]]]
ROOT = "Response"
_XML = "{http://www.w3.org/XML/1998/namespace}"
WRONGLY_ALONE = {"Queue", "Prompt"}
"""The library lets these stand right under Response, where Twilio's pages know them only within Dial and Pay."""
LACKING = {("Dial", "Number"): {"callReason", "clientNotificationUrl"}}


@cache
def table() -> Table:
    """Give the attributes of every child by its parent: `table()["Dial"]["Number"]`."""
    found: Table = {}
    for _, kind in inspect.getmembers(voice_response, inspect.isclass):
        if issubclass(kind, TwiML) and kind is not TwiML:
            parent = kind.__new__(kind)
            TwiML.__init__(parent)
            children = found.setdefault(_name(kind), {})
            children.update(_children(parent))
    for wrong in WRONGLY_ALONE:
        del found[ROOT][wrong]
    return found


def problems(document: str | bytes) -> list[str]:
    """Say what in a document the library could not have written; nothing where all is well."""
    root = ET.fromstring(document)  # noqa: S314  (documents that this project wrote)
    if root.tag != ROOT:
        return [f"the root is {root.tag}"]
    return [*(f"{name} on Response" for name in root.attrib), *_problems(root)]


def _problems(element: ET.Element) -> Iterator[str]:
    allowed = table().get(element.tag, {})
    for child in element:
        if child.tag not in allowed:
            yield f"<{child.tag}> in <{element.tag}>"
            continue
        known = allowed[child.tag] | LACKING.get((element.tag, child.tag), set())
        names = (name.replace(_XML, "xml:") for name in child.attrib)
        yield from (f"{name} on <{child.tag}>" for name in names if name not in known)
        yield from _problems(child)


def _children(parent: TwiML) -> Iterator[tuple[str, frozenset[str]]]:
    for name, method in inspect.getmembers(type(parent), inspect.isfunction):
        if name.startswith("_") or hasattr(TwiML, name):
            continue
        parameters = [each for each in inspect.signature(method).parameters if each not in ("self", "kwargs")]
        child = getattr(parent, name)(**dict.fromkeys(parameters, "x"))
        yield child.name, frozenset(child.attrs)


def _name(kind: type[TwiML]) -> str:
    """Give the element's name: a class does not tell, but whatever it makes does."""
    required = [
        each
        for each, parameter in inspect.signature(kind.__init__).parameters.items()
        if parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD and each != "self"
    ]
    made = kind(**dict.fromkeys(required, "x"))
    return str(made.name)
