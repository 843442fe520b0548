"""What does not fit a model, in sentences that an editor understands, in two languages: the only place that words it.

pydantic says what is wrong in programmers' English, and says one mistake several times: a misspelt field is an unknown
one and a missing one. Here each mistake is told once, with what is allowed at its place. Knows no file and no line.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from ivr.findings import BadValueError
from ivr.shapes import Where, arms, names, place, tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_SHOWN = 40
"""Characters of a wrong value that a sentence repeats."""
_CLOSE, _DISTANT = 0.5, 0.65
"""How alike a misspelt name must be to one that is lacking, and to any other (difflib's ratio)."""
_QUOTED = re.compile(r"'([^']*)'")


@dataclass(frozen=True, order=True)
class Said:
    """A sentence, or the rest of one, in English and in Japanese."""

    en: str
    ja: str

    def __add__(self, other: Said) -> Said:
        """Go on with more words."""
        return Said(self.en + other.en, self.ja + other.ja)

    def listing(self, en: str, ja: str, names: Iterable[str]) -> Said:
        """Go on with what there is; these words may have ended in a question."""
        listed = list(names)
        if not listed:
            return self
        begins = f" {en[0].upper()}{en[1:]}" if self.en.endswith("?") else f"; {en}"
        return self + Said(f"{begins}: {', '.join(listed)}", f"。{ja}: {'、'.join(listed)}")


NOTHING = Said("", "")


@dataclass(frozen=True)
class Misfit:
    """One mistake: the value, or the field that is lacking, at `where`; `line_of` is the place whose line it has."""

    where: Where
    said: Said
    line_of: Where

    @property
    def name(self) -> str:
        """Give the place as people write it: `nodes.opening.says`."""
        return ".".join(map(str, self.where))


WORDS: Mapping[str, Said] = {
    "string_type": Said(
        "must be one piece of text, not a list and no fields", "並びや項目ではなく、一つの文字列が要ります"
    ),
    "string_too_short": Said("must not be empty", "空にはできません"),
    "string_too_long": Said("has more than {max_length} characters", "{max_length} 字より長くはできません"),
    "string_pattern_mismatch": Said(
        "{given} is not of the form {pattern}", "{given}は、決められた形 {pattern} ではありません"
    ),
    "int_parsing": Said("{given} is not a whole number", "{given}は整数ではありません"),
    "int_type": Said("must be a whole number", "整数を一つ書いてください"),
    "int_from_float": Said("{given} is not a whole number", "{given}は整数ではありません"),
    "int_parsing_size": Said("{given} is too large", "{given}は大きすぎます"),
    "float_parsing": Said("{given} is not a number", "{given}は数ではありません"),
    "float_type": Said("must be a number", "数を一つ書いてください"),
    "finite_number": Said("{given} is not a number that can be reached", "{given}は、ふつうの数ではありません"),
    "bool_parsing": Said("{given} is neither yes nor no", "{given}は yes でも no でもありません"),
    "bool_type": Said("must be yes or no", "yes か no を書いてください"),
    "greater_than": Said(
        "{given} is too small: more than {gt} is needed", "{given}は小さすぎます。{gt} より大きい数にしてください"
    ),
    "greater_than_equal": Said(
        "{given} is too small: at least {ge} is needed", "{given}は小さすぎます。{ge} 以上にしてください"
    ),
    "less_than": Said(
        "{given} is too large: less than {lt} is needed", "{given}は大きすぎます。{lt} より小さい数にしてください"
    ),
    "less_than_equal": Said("{given} is too large: {le} is the most", "{given}は大きすぎます。{le} 以下にしてください"),
    "too_short": Said(
        "has {actual_length} entries, at least {min_length} are needed",
        "{actual_length} 個しかありません。{min_length} 個以上が要ります",
    ),
    "too_long": Said(
        "has {actual_length} entries, {max_length} are the most", "{actual_length} 個あります。{max_length} 個までです"
    ),
    "json_invalid": Said("is not JSON", "JSON として読めません"),
    "path_type": Said("must be the name of a file or folder", "ファイルかフォルダーの名前を書いてください"),
    **dict.fromkeys(
        ("list_type", "tuple_type"),
        Said(
            "must be a list: [one, two], or lines that begin with '- '",
            "[一つ, 二つ] か「- 」で始まる行の並びで書いてください",
        ),
    ),
}
"""What pydantic calls an error, and how it is said; `given` is the value, the other blanks are pydantic's `ctx`."""
_UNKNOWN = Said("is not known here", "ここでは使えない項目です")
_FIELDS = Said("must be fields ('name: value')", "「項目: 値」の形で書いてください")
_OTHER = Said("{given} does not fit here", "{given}は、ここには書けません")


def misfits(error: ValidationError, kind: Any, data: Any) -> list[Misfit]:  # noqa: ANN401  (any type, any YAML)
    """List what keeps `data` from being a `kind`, each mistake once."""
    items = error.errors(include_url=False)
    found = [_found(item, kind, data) for item in items if not _miscounted(item, items)]
    first = {each.misfit.where: each.misfit for each in reversed(_paired(found))}  # of a union's branches one is enough
    return list(first.values())[::-1]


def _miscounted(item: ErrorDetails, items: list[ErrorDetails]) -> bool:
    """Tell an error about how many there are that counts only those entries in which nothing is wrong."""
    size = len(item["loc"])
    inside = any(each["loc"][:size] == item["loc"] and len(each["loc"]) > size for each in items)
    return inside and item["type"] in ("too_short", "too_long")


def said(item: ErrorDetails) -> Said:
    """Word one error of a value, whatever its place."""
    raised = item.get("ctx", {}).get("error")
    if isinstance(raised, BadValueError):
        return Said(raised.text, raised.text_ja)
    if raised is not None:
        return Said(str(raised), "値が正しくありません")
    if item["type"] in ("literal_error", "enum"):
        return _not_among(item["input"], _listed(item["ctx"]["expected"]))
    words = WORDS.get(item["type"], _OTHER)
    limits = {name: f"{limit:g}" if isinstance(limit, float) else limit for name, limit in item.get("ctx", {}).items()}
    blanks = {**limits, "given": _given(item["input"])}
    return Said(words.en.format(**blanks), words.ja.format(**{**blanks, "given": _given(item["input"], "「」")}))


def meant(name: str, among: Iterable[str], alike: float = _DISTANT) -> str:
    """Give the one of some names that somebody probably meant, or nothing; `alike` is difflib's ratio."""
    return next(iter(difflib.get_close_matches(name, list(among), 1, alike)), "")


def perhaps(name: str, among: Iterable[str], alike: float = _DISTANT) -> Said:
    """Ask whether another name was meant, in words that follow a sentence; nothing where none is like it."""
    close = meant(name, among, alike)
    return Said(f"; did you mean {close!r}?", f"。「{close}」ではありませんか") if close else NOTHING


@dataclass(frozen=True)
class _Found:
    """An error with its place. `parent` is the type around it; `lacking` or `unknown` is the name of a field."""

    misfit: Misfit
    parent: Any
    around: Where
    lacking: str = ""
    unknown: str = ""


def _found(item: ErrorDetails, kind: Any, data: Any) -> _Found:  # noqa: ANN401  (any type, any YAML)
    steps = item["loc"][:-1] if item["type"] in ("missing", "extra_forbidden") else item["loc"]
    around, here = place(steps, kind, data)
    last = str(item["loc"][-1]) if item["loc"] else ""
    if item["type"] == "missing":
        words = _fields(Said("is missing", "この項目がありません"), here)
        return _Found(Misfit((*around, last), words, around), here, around, lacking=last)
    if item["type"] == "extra_forbidden":
        words = _fields(_UNKNOWN + perhaps(last, names(here)), here)
        return _Found(Misfit((*around, last), words, (*around, last)), here, around, unknown=last)
    if item["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return _Found(_tag(item, here, around), here, around)
    if item["type"] in ("dict_type", "model_type", "model_attributes_type"):
        return _Found(Misfit(around, _fields(_FIELDS, here), around), here, around)
    if item["loc"][-1:] == ("[key]",):
        around = (*around, str(item["input"])) if around[-1:] != (str(item["input"]),) else around
    return _Found(Misfit(around, said(item), around), here, around)


def _tag(item: ErrorDetails, kind: Any, around: Where) -> Misfit:  # noqa: ANN401  (any type)
    """Word the field that decides which fields stand beside it."""
    field = item["ctx"]["discriminator"].strip("'")
    allowed = list(chain.from_iterable(tags(each, field) for each in arms(kind)))
    if item["type"] == "union_tag_invalid":
        return Misfit((*around, field), _not_among(item["ctx"]["tag"], allowed), (*around, field))
    given = item["input"]
    if isinstance(given, dict) and field in given:
        return Misfit((*around, field), _not_among(given[field], allowed), (*around, field))
    if not isinstance(given, dict):
        return Misfit(around, _FIELDS, around)
    typed = meant(field, map(str, given), _CLOSE)
    if typed:
        words = _UNKNOWN + Said(f"; did you mean {field!r}?", f"。「{field}」ではありませんか")
        return Misfit((*around, typed), words, (*around, typed))
    words = Said("is missing", "この項目がありません").listing("allowed are", "書ける値", allowed)
    return Misfit((*around, field), words, around)


def _paired(found: Sequence[_Found]) -> list[_Found]:
    """Tell a misspelt field once: as the unknown one, and no more as the one that is lacking."""
    told = list(found)
    for each in found:
        lacking = [one for one in told if one.lacking and one.around == each.around]
        if not each.unknown or not lacking:
            continue
        others = [one for one in told if one.unknown and one.around == each.around]
        name = meant(each.unknown, [one.lacking for one in lacking], _CLOSE)
        if not name and len(lacking) == len(others) == 1:
            name = lacking[0].lacking
        if name:
            told = [one for one in told if not (one.around == each.around and one.lacking == name)]
            told[told.index(each)] = _misspelt(each, name)
    return told


def _misspelt(each: _Found, name: str) -> _Found:
    hint = Said(f"; did you mean {name!r}, which is missing?", f"。いまない「{name}」のことではありませんか")
    words = _fields(_UNKNOWN + hint, each.parent)
    return _Found(Misfit(each.misfit.where, words, each.misfit.line_of), each.parent, each.around)


def _fields(words: Said, kind: Any) -> Said:  # noqa: ANN401  (any type)
    return words.listing("fields here", "ここに書ける項目", names(kind))


def _not_among(given: Any, allowed: Sequence[str]) -> Said:  # noqa: ANN401  (YAML holds anything)
    words = Said(f"{_given(given)} is not allowed here", f"{_given(given, '「」')}は、ここには書けません")
    hint = perhaps(given, allowed) if isinstance(given, str) else NOTHING
    return (words + hint).listing("allowed are", "書ける値", allowed)


def _listed(expected: str) -> list[str]:
    """Read pydantic's "'a', 'b' or 'c'"."""
    return _QUOTED.findall(expected) or [expected]


def _given(value: Any, quotes: str = "''") -> str:  # noqa: ANN401  (YAML holds anything)
    """Show a wrong value, shortened."""
    if isinstance(value, dict | list):
        shape = ("a list", "並び") if isinstance(value, list) else ("a group of fields", "項目の集まり")
        return shape[quotes != "''"]
    words = str(value)
    return f"{quotes[0]}{words[:_SHOWN]}{'…' if len(words) > _SHOWN else ''}{quotes[1]}"
