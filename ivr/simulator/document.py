"""From an answer to a list of verbs: content types, size, XML, root (Twilio's page on TwiML), each with its code.

XML entities need a document type declaration, and that is refused: no document can blow up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from ivr.simulator.place import CALL
from ivr.simulator.process import Trouble
from ivr.simulator.reader import Reader
from ivr.simulator.verbs import VERBS
from ivr.simulator.verbs.play import Play
from ivr.simulator.verbs.say import Say

if TYPE_CHECKING:
    from ivr.simulator.place import Place
    from ivr.simulator.reader import Verb, Warn
    from ivr.simulator.wire import Answer

SIZE_LIMIT = 65536
TWIML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})


@dataclass
class Element:
    """An XML element with the line on which it begins; children are elements and texts in their order."""

    name: str
    attributes: dict[str, str]
    line: int
    children: list[Element | str] = field(default_factory=list)


def verbs(answer: Answer, warn: Warn, place: Place = CALL) -> list[Verb]:
    """Read an answer as Twilio does; raises Trouble 11750, 11770, 12100, 12102 or 12300, warns of the rest.

    `place` tells which verbs may stand there; its own codes are raised for what stops the document.
    """
    body, kind = answer.response.body, answer.content_type
    if kind.startswith("audio/"):
        return [Play(answer.url)]
    if kind not in TWIML_TYPES | {"text/plain"}:
        raise Trouble(12300, f"{answer.url} answered with content type {kind or '(none)'}; TwiML is text/xml")
    if len(body) > SIZE_LIMIT:
        raise Trouble(11750, f"{answer.url} answered {len(body)} bytes; a document may have {SIZE_LIMIT}")
    if not body:
        raise Trouble(11770, f"{answer.url} answered nothing at all")
    try:
        root = _parse(body)
    except Trouble:
        if kind != "text/plain":
            raise
        return [Say(body.decode(errors="replace").strip())]
    return _content(root, answer.url, warn, place)


def _content(root: Element, url: str, warn: Warn, place: Place) -> list[Verb]:
    if root.name != "Response":
        raise Trouble(12102, f"the root of a document is <Response>, not <{root.name}>")
    reader = Reader(root, url, warn)
    reader.known(*(name for name in root.attributes if name.startswith(("xmlns", "xsi:"))))
    for child in root.children:
        if isinstance(child, Element) and child.name in place.refused:
            raise Trouble(
                place.refused[child.name], f"line {child.line}, <{child.name}> must not stand in a {place.name}"
            )
    allowed = VERBS if place.verbs is None else {name: VERBS[name] for name in VERBS if name in place.verbs}
    content = list(reader.children(allowed, 12200))
    reader.finish()
    return content


def _parse(body: bytes) -> Element:
    parser = expat.ParserCreate()
    top = Element("", {}, 0)
    stack = [top]

    def start(name: str, attributes: dict[str, str]) -> None:
        element = Element(name, attributes, parser.CurrentLineNumber)
        stack[-1].children.append(element)
        stack.append(element)

    def text(data: str) -> None:
        stack[-1].children.append(data)

    def refuse(*_doctype: object) -> None:
        raise Trouble(12100, "a document type declaration is not accepted")

    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: stack.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body, True)  # noqa: FBT003  (expat takes no keyword)
    except expat.ExpatError as error:
        raise Trouble(12100, f"not well-formed XML: {error}") from error
    (root,) = (child for child in top.children if isinstance(child, Element))
    return root
