"""A request to the REST API as the resources read it, and how it is refused: with Twilio's error body."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ivr.simulator.leg import Callbacks
from ivr.simulator.parameters import is_number

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_URL = re.compile(r"https?://[^\s/_]+(?:[/?#]\S*)?")
_METHODS = ("GET", "POST")
_MOST_A_PAGE = 1000


class Refused(Exception):  # noqa: N818  (an answer of the API, not a failure of ours)
    """A request that Twilio refuses: HTTP status, its code and its words."""

    def __init__(self, status: int, code: int, message: str) -> None:
        """Keep all three."""
        super().__init__(message)
        self.status = status
        self.code = code

    def body(self) -> dict[str, Any]:
        """Give the error body."""
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": str(self), "more_info": more, "status": self.status}


@dataclass(frozen=True)
class Asked:
    """The parameters of a request, form and query together; one that stands several times has several values."""

    values: Mapping[str, Sequence[str]]

    def text(self, name: str, default: str = "") -> str:
        """Give a parameter, its last value."""
        found = self.values.get(name)
        return found[-1] if found else default

    def required(self, name: str, code: int, message: str) -> str:
        """Give a parameter that must be there."""
        value = self.text(name)
        if not value:
            raise Refused(400, code, message)
        return value

    def url(self, name: str, code: int = 21205) -> str:
        """Give an absolute address; blank if it is not there. Host names with an underscore are refused."""
        value = self.text(name)
        if value and not _URL.fullmatch(value):
            raise Refused(400, code, f"{name} is not a valid URL: {value}")
        return value

    def method(self, name: str) -> str:
        """Give an HTTP method, POST unless it is another."""
        value = self.text(name, "POST").upper()
        if value not in _METHODS:
            raise Refused(400, 21206, f"{name} must be GET or POST")
        return value

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """Give a whole number within limits."""
        text = self.text(name, str(default))
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not least <= int(text) <= most:
            raise Refused(400, 20001, f"{name} must be a whole number from {least} to {most}")
        return int(text)

    def callbacks(self, events: Collection[str] = ()) -> Callbacks:
        """Give who is told, of which events."""
        wanted = frozenset(" ".join(self.values.get("StatusCallbackEvent", ())).split()) or frozenset({"completed"})
        unknown = sorted(wanted - set(events)) if events else []
        if unknown:
            raise Refused(400, 21626, f"StatusCallbackEvent has no event {unknown[0]}")
        return Callbacks(self.url("StatusCallback", 21609), self.method("StatusCallbackMethod"), wanted)

    def page(self, items: Sequence[dict[str, Any]], name: str, path: str) -> dict[str, Any]:
        """Give the page that was asked for of a list, with the way to the next, as Twilio pages."""
        number, size = self.number("Page", 0, 0, 10**6), self.number("PageSize", 50, 1, _MOST_A_PAGE)
        begin, whole = number * size, len(items)

        def uri(page: int) -> str:
            return f"{path}?PageSize={size}&Page={page}"

        return {
            name: list(items[begin : begin + size]),
            "page": number,
            "page_size": size,
            "start": begin,
            "end": min(begin + size, whole) - 1,
            "uri": uri(number),
            "first_page_uri": uri(0),
            "next_page_uri": uri(number + 1) if begin + size < whole else None,
            "previous_page_uri": uri(number - 1) if number else None,
        }


def destination(text: str) -> bool:
    """Tell whether a call can be placed to this: a number, a client or a SIP address."""
    return is_number(text) or bool(re.fullmatch(r"client:\S.{0,255}|sips?:[^\s@]+@\S+", text))
