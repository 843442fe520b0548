"""The sentences about hours as `flows/counters.yaml` words them: which there are, and which blanks they hold."""

from __future__ import annotations

import string
from types import MappingProxyType
from typing import TYPE_CHECKING

from ivr.facts import Words, words
from ivr.hours.table import WEEKDAYS
from ivr.names import lacking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr.hours.reader import Reader

_PLACES = ("places",)
_TIME = ("time",)
_NAMES_TIME = ("names", "time")

SENTENCES: Mapping[str, tuple[str, ...]] = {
    # parts: names of counters, days, a place with its time
    "and": (),
    "comma": (),
    "rest": (),
    "rest_of_group": ("group",),
    "group_without": ("counter", "group"),
    "today": (),
    "tomorrow": ("weekday",),
    "this_week": ("weekday",),
    "on_date": ("date", "weekday"),
    **dict.fromkeys(WEEKDAYS, ()),
    "place_until": _NAMES_TIME,
    "place_soon": _NAMES_TIME,
    "place_from": _NAMES_TIME,
    "place_at": _NAMES_TIME,
    "place_is": _NAMES_TIME,
    "place_but": _NAMES_TIME,
    # switched by people
    "closed_today": ("names",),
    # the office's telephone while nobody answers it
    "telephone_closed": (),
    "telephone_next": ("day", "time"),
    "telephone_later": (),
    # something is open
    "now_one": _TIME,
    "now_both": _TIME,
    "now_all": _TIME,
    "now_some": _PLACES,
    "soon": _TIME,
    "soon_some": _TIME,
    "later": _PLACES,
    "rest_day": ("names", "day"),
    "rest_over": ("names",),
    "rest_unknown": ("names",),
    # nothing is open
    "before": (),
    "after": (),
    "off": (),
    "off_holiday": (),
    "off_year_end": (),
    "shut": (),
    "unknown": (),
    "today_all": _TIME,
    "today_some": _PLACES,
    "next": ("day", "time"),
    "next_late": ("day", "time", "places"),
    "next_some": ("day", "places"),
    "decided": ("day", "time"),
    "decided_late": ("day", "time", "places"),
    "decided_some": ("day", "names", "time"),
    # the page gives hours for other procedures only, or none
    "elsewhere": (),
    "elsewhere_now": _TIME,
    "elsewhere_all": ("places", "time"),
    "elsewhere_only": _NAMES_TIME,
    "elsewhere_some": _PLACES,
    "elsewhere_soon": _TIME,
    "elsewhere_soon_rest": ("places", "time"),
    "elsewhere_unknown": (),
    "elsewhere_today": _TIME,
    "elsewhere_next": ("day", "time"),
    "elsewhere_decided": ("day", "time"),
    "elsewhere_next_some": ("day", "names", "time"),
    "no_place": (),
    "no_visitor": (),
}
"""Every sentence, and every part that sentences are made of, with its blanks."""


def sentences(reader: Reader, given: Mapping[str, str]) -> Mapping[str, Words]:
    """Check the sentences of the table; the reader notes what is missing, unknown or has other blanks."""
    said = {}
    for name, written in given.items():
        here = ("sentences", name)
        if not reader.known(name, SENTENCES, "sentence", "文", *here):
            continue
        said[name] = words(written)
        if any(_blanks(part) != sorted(SENTENCES[name]) for part in said[name]):
            wanted = " ".join(f"{{{blank}}}" for blank in SENTENCES[name]) or "no blank / なし"
            reader.add(f"needs exactly these blanks: {wanted}", f"差しこみは、ちょうどこれだけです: {wanted}", *here)
    for name in lacking(given, SENTENCES):
        reader.add(f"the sentence {name} is missing", f"文「{name}」がありません", "sentences")
    return MappingProxyType(said)


def fill(hours_sentences: Mapping[str, Words], name: str, **blanks: Words) -> Words:
    """Fill the blanks of a sentence, in the text and in the spoken words."""
    sentence = hours_sentences[name]
    return Words(
        sentence.text.format(**{blank: said.text for blank, said in blanks.items()}),
        sentence.spoken.format(**{blank: said.spoken for blank, said in blanks.items()}),
    )


def _blanks(written: str) -> list[str]:
    try:
        return sorted(blank for _, blank, _, _ in string.Formatter().parse(written) if blank is not None)
    except ValueError:  # a brace without its partner
        return ["?"]
