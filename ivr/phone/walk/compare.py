"""What callers hear differently between two versions: the same walks through both, laid side by side."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ivr.titles import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ivr.phone.walk.explore import Walked
    from ivr.titles import Titles

Kind = Literal["added", "removed", "changed", "moved"]
_Place = tuple[str, int, int]


@dataclass(frozen=True)
class Difference:
    """Something that callers hear differently at a node, at a moment for the first time.

    `before` and `after` are the words, `keys_before` and `keys` the shortest ways there. `moved` are the same words
    behind other keys.
    """

    kind: Kind
    node: str
    at: str
    keys_before: str
    keys: str
    before: str
    after: str
    title: str = ""

    def as_json(self) -> dict[str, Any]:
        """Give the entry of the JSON list."""
        return {
            "kind": self.kind,
            "node": self.node,
            "title": self.title,
            "at": self.at,
            "keys_before": self.keys_before,
            "keys": self.keys,
            "before": self.before,
            "after": self.after,
        }

    def lines(self) -> list[str]:
        """Write it for people: what went in -, what came in +, sentence by sentence."""
        where = self.keys if self.kind != "removed" else self.keys_before
        head = f"{self.kind} {named(self.title, self.node)} (keys: {where or 'the opening'}, at {self.at})"
        if self.kind == "moved":
            return [f"{head}: before, the keys were {self.keys_before or 'none'}"]
        return [head, *(f"  {line}" for line in _sentences(self.before, self.after))]


def differences(before: Sequence[Walked], after: Sequence[Walked], titles: Titles) -> list[Difference]:
    """Compare walks moment by moment; each difference once, at the first moment that shows it, places by titles."""
    found: dict[tuple[object, ...], Difference] = {}
    for old, new in zip(before, after, strict=True):
        for each in _at_one(_heard(old), _heard(new), f"{new.at:%Y-%m-%dT%H:%M}"):
            titled = replace(each, title=titles.node(each.node))
            found.setdefault((each.kind, each.node, each.before, each.after), titled)
    return sorted(found.values(), key=lambda each: (each.node, each.kind, each.at))


def _at_one(old: dict[_Place, _Words], new: dict[_Place, _Words], at: str) -> Iterable[Difference]:
    for place in dict.fromkeys((*old, *new)):
        before, after = old.get(place, _NOTHING), new.get(place, _NOTHING)
        kind: Kind
        if place not in old:
            kind = "added"
        elif place not in new:
            kind = "removed"
        elif before.text != after.text:
            kind = "changed"
        elif before.keys != after.keys:
            kind = "moved"
        else:
            continue
        yield Difference(kind, place[0], at, before.keys, after.keys, before.text, after.text)


@dataclass(frozen=True)
class _Words:
    text: str = ""
    keys: str = ""


_NOTHING = _Words()


def _heard(walked: Walked) -> dict[_Place, _Words]:
    """Give what is heard at each place by the shortest way, node and tries; what a node says once only is left out."""
    found: dict[_Place, _Words] = {}
    for stand, passage in walked.heard.items():
        words = _Words(passage.text, walked.states[stand].way.keys)
        found.setdefault((stand.node, stand.silences, stand.wrongs), words)
    return found


def _sentences(before: str, after: str) -> list[str]:
    old, new = (re.findall(r"[^。]+。?", text) for text in (before, after))
    return [line for line in difflib.ndiff(old, new) if line[:2] in ("- ", "+ ")]
