"""Reads one TwiML element strictly: every attribute is a typed value, or a warning by Twilio's code and the default.

What nobody asked for is unknown (12200). Attributes that Twilio knows but that change nothing a caller could hear are
`known`; those that would change something which this simulator cannot play out are `unheard`, with a remark.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from ivr.simulator.wire import absolute

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ivr.simulator.call import Call
    from ivr.simulator.document import Element
    from ivr.simulator.process import Next, Steps

Warn = Callable[[int, str], None]
Value = TypeVar("Value")
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
SCHEMA = 12200


class Part(Protocol):
    """A verb or noun: parsed strictly to a value."""

    @classmethod
    def parse(cls, reader: Reader) -> Self:
        """Read the element; whatever Twilio only warns of becomes a warning and a default."""


class Verb(Part, Protocol):
    """Something that a call does."""

    def run(self, call: Call) -> Steps[Next]:
        """Do it, yielding every wait; tell what follows."""


P = TypeVar("P", bound=Part)


class Reader:
    """One element; `within` names the element around it, `followed` tells that somebody reads the elements in it."""

    def __init__(self, element: Element, base: str, warn: Warn, within: str = "") -> None:
        """Read an element of the document at the address `base`."""
        self.element = element
        self.within = within
        self.base = base
        self._warn = warn
        self._left = dict(element.attributes)
        self.followed = False

    def warn(self, code: int, text: str) -> None:
        """Report something by its code, with the line and the element."""
        self._warn(code, f"line {self.element.line}, <{self.element.name}>: {text}")

    def code(self, alone: int, in_gather: int) -> int:
        """Choose between the codes for a verb on its own and within a Gather."""
        return in_gather if self.within == "Gather" else alone

    def given(self, name: str, default: str = "") -> str:
        """Read an attribute as it is."""
        return self._left.pop(name, default)

    def whole(self, name: str, default: int, code: int, least: int = 1, most: int = 10**9) -> int:
        """Read a whole number within limits."""

        def read(text: str) -> int | None:
            value = int(text) if _WHOLE.fullmatch(text) else -1
            return value if least <= value <= most else None

        return self._read(name, default, code, read, f"must be a whole number from {least} to {most}")

    def seconds_or_auto(self, name: str, default: int | None, code: int) -> int | None:
        """Read a positive whole number of seconds, or `auto`, which is None."""

        def read(text: str) -> int | None:
            return int(text) if _WHOLE.fullmatch(text) and int(text) > 0 else None

        if self.element.attributes.get(name, "").strip() == "auto":
            del self._left[name]
            return None
        return self._read(name, default, code, read, "must be a whole number from 1 on, or auto")

    def flag(self, name: str, code: int, *, default: bool) -> bool:
        """Read true or false."""
        return self._read(name, default, code, {"true": True, "false": False}.get, "must be true or false")

    def choice(self, name: str, default: str, code: int, choices: Mapping[str, str]) -> str:
        """Read one of a few words; the mapping turns its spellings into values."""
        return self._read(name, default, code, choices.get, f"must be one of {', '.join(sorted(set(choices)))}")

    def words(self, name: str, default: tuple[str, ...], code: int, known: tuple[str, ...]) -> tuple[str, ...]:
        """Read some words of a few, separated by blanks."""

        def read(text: str) -> tuple[str, ...] | None:
            words = tuple(text.split())
            return words if words and set(words) <= set(known) else None

        return self._read(name, default, code, read, f"must be some of {' '.join(known)}")

    def method(self, code: int, name: str = "method") -> str:
        """Read an HTTP method; POST unless GET is written."""
        return self.choice(name, "POST", code, {"GET": "GET", "POST": "POST", "get": "GET", "post": "POST"})

    def address(self, name: str) -> str | None:
        """Read an address, resolved against the document's own; blank is that document, none is None."""
        return self.resolved(self._left.pop(name)) if name in self._left else None

    def resolved(self, text: str) -> str:
        """Resolve an address against the document's own; blank is that document."""
        return absolute(self.base, text)

    def matching(self, name: str, default: str, code: int, pattern: str) -> str:
        """Read a text of a certain form."""
        return self._read(
            name, default, code, lambda text: text if re.fullmatch(pattern, text) else None, "has not the right form"
        )

    def known(self, *names: str) -> None:
        """Accept attributes that change nothing here."""
        for name in names:
            self._left.pop(name, None)

    def unheard(self, *names: str) -> None:
        """Accept attributes whose effect is not played out, and say so."""
        for name in names:
            if self._left.pop(name, None) is not None:
                self.warn(0, f"the simulator does nothing with {name}")

    def text(self) -> str:
        """Give the text of the element and of everything in it, with single blanks."""
        return " ".join(_all_text(self.element).split())

    def children(self, kinds: Mapping[str, type[P]], code: int, *, text: bool = False) -> Iterator[P]:
        """Read the elements within; what may not stand here is skipped with a warning."""
        self.followed = True
        for child in self.element.children:
            if isinstance(child, str):
                if child.strip() and not text:
                    self.warn(SCHEMA, f"text has no place here: {child.strip()[:40]!r}")
                continue
            inner = Reader(child, self.base, self._warn, self.element.name)
            if child.name in kinds:
                yield inner.read(kinds[child.name])
            else:
                inner.warn(code, f"has no place in <{self.element.name}> and is skipped")

    def read(self, kind: type[P]) -> P:
        """Read the whole element as one kind of verb or noun."""
        part = kind.parse(self)
        self.finish()
        return part

    def finish(self) -> None:
        """Report what Twilio does not know here: attributes, and elements in one that holds none."""
        for child in self.element.children:
            if not self.followed and not isinstance(child, str):
                self.warn(SCHEMA, f"<{child.name}> has no place in <{self.element.name}> and is skipped")
        for name in self._left:
            self.warn(SCHEMA, f"there is no attribute {name}")

    def _read(self, name: str, default: Value, code: int, read: Callable[[str], Value | None], rule: str) -> Value:
        if name not in self._left:
            return default
        text = self._left.pop(name)
        value = read(text.strip())
        if value is None:
            self.warn(code, f"{name}={text!r} {rule}; {default!r} is used")
            return default
        return value


def _all_text(element: Element) -> str:
    return "".join(child if isinstance(child, str) else _all_text(child) for child in element.children)
