"""Names that are asked for somewhere and do not exist: each told once, with every place, and the one that was meant.

A misspelt definition is asked for in many places and used in none; a misspelt use is asked for once. So one mistake is
one finding, where it was probably made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ivr.findings import Finding
from ivr.misfits import NOTHING, Said, meant, perhaps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_PLACES = 5
"""So many places are listed; of more, how many there are."""
_ALIKE, _SHORT = 0.75, 3
"""How alike a name must be to be suggested: many names have much in common, but one letter of three is a third."""


@dataclass(frozen=True, order=True)
class Place:
    """Where a name is asked for or stands; `by` is who asks, as a finding begins there; `node` as in `Finding`."""

    file: str
    line: int
    by: Said = NOTHING
    node: str = ""

    def __str__(self) -> str:
        """Write it as findings do."""
        return f"{self.file}:{self.line}"


@dataclass
class Asked:
    """Collects who asks for names of one kind; `listed` also tells which names there are."""

    what: Said
    listed: bool = False
    places: dict[str, list[Place]] = field(default_factory=dict)
    explained: set[str] = field(default_factory=set)
    """The names that nobody asks for because they are misspelt: told already, by `findings`."""

    def ask(self, name: str, place: Place) -> None:
        """Note that a name is asked for."""
        places = self.places.setdefault(name, [])
        if (place.file, place.line) not in {(each.file, each.line) for each in places}:
            places.append(place)

    def findings(self, known: Iterable[str], stands: Mapping[str, Place] | None = None) -> Iterator[Finding]:
        """Tell the names that are none of the known ones; `stands` is where those stand that can be misspelt."""
        names = list(known)
        spare = {name: place for name, place in (stands or {}).items() if name not in self.places}
        for name in [name for name in self.places if name not in set(names)]:
            close = meant(name, spare, _alike(name))
            if close:
                self.explained.add(close)
                yield self._misspelt(name, close, spare.pop(close))
            else:
                yield self._lacking(name, names)

    def _lacking(self, name: str, names: list[str]) -> Finding:
        first, *others = self.places[name]
        words = Said(f"there is no {self.what.en} {name!r}", f"「{name}」という{self.what.ja}はありません")
        words += perhaps(name, names, _alike(name))
        if self.listed:
            words = words.listing("there are", "あるのは", names)
        return _finding(first, words + _also(others))

    def _misspelt(self, name: str, close: str, stands: Place) -> Finding:
        places = self.places[name]
        if len(places) == 1 and places[0].line:
            words = Said(
                f"there is no {self.what.en} {name!r}; did you mean {close!r} ({stands}), which nobody asks for?",
                f"「{name}」という{self.what.ja}はありません。使われていない「{close}」({stands})ではありませんか",
            )
            return _finding(places[0], words)
        listed = _listed(places)
        words = Said(
            f"nobody asks for the {self.what.en} {close!r}, but there is no {name!r}, which is asked for at "
            f"{listed.en}: is one of the names misspelt?",
            f"{self.what.ja}「{close}」は使われていません。{listed.ja} にある「{name}」のことではありませんか",
        )
        return _finding(stands, words)


def _alike(name: str) -> float:
    return _ALIKE if len(name) > _SHORT else _ALIKE - 0.25


def _finding(place: Place, words: Said) -> Finding:
    return Finding(
        place.file, place.line, "error", f"{place.by.en}{words.en}", f"{place.by.ja}{words.ja}", node=place.node
    )


def _also(places: list[Place]) -> Said:
    listed = _listed(places)
    return Said(f" (also asked for at {listed.en})", f"(ほかに {listed.ja} でも使われています)") if places else NOTHING


def _listed(places: list[Place]) -> Said:
    shown = [str(place) for place in places[:_PLACES]]
    more = len(places) - len(shown)
    en, ja = ", ".join(shown), "、".join(shown)
    return Said(f"{en} and {more} other places", f"{ja} ほか {more} か所") if more else Said(en, ja)


def lacking(given: Iterable[str], needed: Iterable[str]) -> list[str]:
    """List the needed names that were not given, but for those that a name nobody needs was probably meant to be."""
    names, wanted = list(given), list(needed)
    strange = [name for name in names if name not in wanted]
    missing = [name for name in wanted if name not in names]
    if len(strange) == len(missing) == 1:
        return []
    for name in strange:
        close = meant(name, missing)
        missing = [each for each in missing if each != close]
    return missing
