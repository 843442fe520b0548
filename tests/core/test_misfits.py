"""What does not fit, in words for editors: each kind of mistake in each field of each model of each file.

The models are walked, so that a new field or file is here without anybody's doing; what pydantic can find there is
provoked one by one, and each gives one finding, at its line, in two languages.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, RootModel, TypeAdapter, ValidationError

from ivr.findings import BadValueError, FindingsError
from ivr.misfits import WORDS, misfits
from ivr.settings import Settings
from ivr.yamlfile import parse, read, refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic.fields import FieldInfo

    from ivr.findings import Finding

MODULES = (
    "ivr.flow",
    "ivr.facts.table",
    "ivr.hours.load",
    "ivr.hours.closings",
    "ivr.speech.voices",
    "ivr.speech.lexicon",
    "ivr.speech.approved",
    "ivr.phone.scenario",
    "ivr.phone.reasons",
    "ivr.phone.replay",
)
"""Where the models of files stand; a test below looks whether there are others."""
GOOD: dict[str, Any] = {
    "Reply": {"name": "helped"},
    "Survey": {
        "wait": "3",
        "options": {
            "5": {"name": "helped", "says": "a", "thanks": ["a"]},
            "6": {"name": "not_helped", "says": "a", "thanks": ["a"]},
        },
    },
    "Step": {"press": "1"},
    "Scenario": {"at": "2026-11-24T10:00", "from": "anonymous"},
    "Reason": {"at": "2026-11-24T10:00", "from": "anonymous", "keys": "1"},
    "Input": {"key": "1"},
    "Retries": {},
}
"""What stands in a model where words of any kind would not do."""
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
ENGLISH = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}")
PYDANTIC = re.compile(
    r"Input should|Field required|Extra inputs|Value error|validation error|should have at|should match"
)


def models() -> list[type[BaseModel]]:
    """List every model of the modules, without those that only stand below others."""
    found: dict[str, type[BaseModel]] = {}
    for name in MODULES:
        for value in vars(importlib.import_module(name)).values():
            mine = isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == name
            if mine and not issubclass(value, RootModel) and fields(value):
                found[f"{name}.{value.__name__}"] = value
    return list(found.values())


def fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Give the fields of a model by the names under which they are written."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def bare(kind: object) -> object:
    """Give a type without what is annotated, and without None."""
    if get_origin(kind) is Annotated:
        return bare(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        arms = [each for each in get_args(kind) if each is not NoneType]
        return bare(arms[0]) if len(arms) == 1 else kind
    return kind


def marks(field: FieldInfo) -> list[Any]:
    """Give what restricts the values of a field, deep in its annotation too."""
    found, kind = list(field.metadata), field.annotation
    while get_origin(kind) in (Annotated, Union, UnionType):
        if get_origin(kind) is Annotated:
            found += get_args(kind)[1:]
        kind = next(each for each in get_args(kind) if each is not NoneType)
    flat = [inner for each in found for inner in getattr(each, "metadata", ())]
    return [*found, *flat]


def least(field: FieldInfo) -> int:
    """Give how many entries or characters a field needs."""
    return max([each.min_length for each in marks(field) if isinstance(each, annotated_types.MinLen)], default=0)


def number(field: FieldInfo) -> str:
    """Give a number that a field takes."""
    lows = [each.ge for each in marks(field) if isinstance(each, annotated_types.Ge)]
    lows += [each.gt + 1 for each in marks(field) if isinstance(each, annotated_types.Gt)]
    return str(max(lows, default=1))


def good(model: type[BaseModel]) -> dict[str, Any]:
    """Make what a model takes, as YAML: what it needs, and no more."""
    given = GOOD.get(model.__name__, {})
    needed = {name: fitting(field) for name, field in fields(model).items() if field.is_required()}
    return {**needed, **given}


def fitting(field: FieldInfo) -> object:
    """Make a value that a field takes."""
    kind, many = bare(field.annotation), least(field)
    if kind in (int, float):
        return number(field)
    if kind is bool:
        return "yes"
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    if get_origin(kind) in (tuple, list):
        return [of(get_args(kind)[0]) for _ in range(many)]
    if get_origin(kind) is dict:
        return {f"n{place}": of(get_args(kind)[1]) for place in range(many)}
    return of(kind)


def of(kind: object) -> object:
    """Make a value of a type."""
    kind = bare(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return good(kind)
    return {} if get_origin(kind) is dict else "a"


@dataclass(frozen=True)
class Case:
    """A field with a value that does not fit; `lines` further places on which the finding may stand."""

    model: type[BaseModel]
    field: str
    kind: str
    value: Any

    def __str__(self) -> str:
        """Name the test."""
        return f"{self.model.__module__}.{self.model.__name__}.{self.field}-{self.kind}"


def spoilt(model: type[BaseModel]) -> Iterator[Case]:
    """List everything that can be wrong with a model, one field at a time."""
    yield Case(model, "stranger", "extra", "x")
    for name, field in fields(model).items():
        if field.is_required():
            yield Case(model, name, "missing", None)
        kind = bare(field.annotation)
        yield from (Case(model, name, what, value) for what, value in bad(kind, field))


def bad(kind: object, field: FieldInfo) -> Iterator[tuple[str, Any]]:
    """List values that do not fit a type, by what is wrong with them."""
    model = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
    if kind is str:
        yield from (("a list", ["a"]), ("a group", {"a": "b"}))
    elif kind in (int, float, bool):
        yield from (("words", "three"), ("empty", ""), ("a list", ["1"]), ("a group", {"a": "b"}))
        if kind is int:
            yield from (("a fraction", "1.5"), ("too many digits", "9" * 5000))
    elif get_origin(kind) is Literal:
        yield from (("another word", "strangest"), ("a list", ["a"]), ("a group", {"a": "b"}))
    elif get_origin(kind) in (tuple, list):
        if not any("_listed" in str(each) for each in marks(field)):
            yield from (("a word", "a"), ("a group", {"a": "b"}))
        yield ("an entry that does not fit", [[["a"]]])
    elif get_origin(kind) is dict or model:
        yield ("a list", ["a"])
        if not any("_people" in str(each) for each in marks(field)):
            yield ("a word", "a") if not model or "Before" not in str(model.__pydantic_decorators__) else ("", "")
    yield from limits(kind, field)


def limits(kind: object, field: FieldInfo) -> Iterator[tuple[str, Any]]:
    """List values beyond the limits of a field."""
    for mark in marks(field):
        if isinstance(mark, annotated_types.Ge):
            yield "too small", str(mark.ge - 1)
        if isinstance(mark, annotated_types.Gt):
            yield "not above", str(mark.gt)
        if isinstance(mark, annotated_types.Le):
            yield "too large", str(mark.le + 1)
        if isinstance(mark, annotated_types.Lt):
            yield "not below", str(mark.lt)
        if isinstance(mark, annotated_types.MinLen):
            empty: Any = "" if kind is str else {} if get_origin(kind) is dict else []
            yield "too few", empty
        if isinstance(mark, annotated_types.MaxLen) and get_origin(kind) is tuple:
            yield "too many", [of(get_args(kind)[0])] * (mark.max_length + 1)
        if getattr(mark, "pattern", None):
            yield "another form", "ftp://x y"


CASES = [case for model in models() for case in spoilt(model) if case.kind]


def findings(case: Case, folder: Path) -> tuple[list[Finding], int]:
    """Write what is wrong as YAML and read it; gives the findings and the line of the field."""
    given = good(case.model)
    if case.value is None:
        del given[case.field]
    else:
        given[case.field] = case.value
    place = folder / "a.yaml"
    body = yaml.safe_dump({"before": "x", "here": given}, allow_unicode=True, sort_keys=False, default_flow_style=False)
    place.write_text(body, "utf-8")
    document = read(place, folder)
    line = document.line("here", case.field)
    try:
        parse(document, case.model, "here")
    except FindingsError as error:
        return error.findings, line
    return [], line


@pytest.mark.parametrize("model", models(), ids=lambda model: f"{model.__module__}.{model.__name__}")
def test_what_is_made_of_a_model_fits_it(model: type[BaseModel], tmp_path: Path) -> None:
    place = tmp_path / "a.yaml"
    place.write_text(yaml.safe_dump({"here": good(model)}, allow_unicode=True), "utf-8")
    parse(read(place, tmp_path), model, "here")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_mistake_is_one_finding_at_its_line_in_both_languages(case: Case, tmp_path: Path) -> None:
    found, line = findings(case, tmp_path)
    (finding,) = found
    inner = case.kind in ("an entry that does not fit", "too many") or case.field == "here"
    assert finding.line == line or (inner and finding.line > line)
    assert finding.text.startswith(f"here.{case.field}")
    assert finding.text_ja.startswith(f"here.{case.field}")
    assert not PYDANTIC.search(finding.text)
    words = re.sub(r"「[^」]*」|^[^ ]+: |(項目|値): .*", "", finding.text_ja)
    assert JAPANESE.search(words)
    assert not ENGLISH.search(words)


def test_every_kind_of_mistake_that_is_worded_is_among_them() -> None:
    seen = {"json_invalid"}
    for case in CASES:
        given = {name: value for name, value in good(case.model).items() if name != case.field}
        if case.value is not None:
            given[case.field] = case.value
        try:
            case.model.model_validate(given)
        except ValidationError as error:
            seen.update(item["type"] for item in error.errors())
    told = {"missing", "extra_forbidden", "literal_error", "dict_type", "model_type", "value_error"}
    assert seen - told <= WORDS.keys() | {"model_attributes_type"}


def test_every_model_of_a_file_is_walked() -> None:
    root = importlib.import_module("ivr").__path__[0]
    import pathlib  # noqa: PLC0415

    holds = {
        ".".join(path.relative_to(pathlib.Path(root).parent).with_suffix("").parts)
        for path in pathlib.Path(root).rglob("*.py")
        if re.search(r"\((?:BaseModel|_?Strict|RootModel\[.*)\)", path.read_text("utf-8"))
    }
    assert holds - {"ivr.settings", "ivr.hours.reader"} == set(MODULES)


class _Cat(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["cat"]
    lives: int = Field(9, ge=1)


class _Dog(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["dog"]
    name: str


class _Tame(RootModel[dict[str, Annotated[_Cat | _Dog, Field(discriminator="kind")]]]):
    """Animals by name."""


class _Any(BaseModel):
    one: int | _Dog | list[int]


@pytest.mark.parametrize(
    ("written", "text", "text_ja"),
    [
        (
            "a: {kind: cow}",
            "a.kind: 'cow' is not allowed here; allowed are: cat, dog",
            "a.kind: 「cow」は、ここには書けません。書ける値: cat、dog",
        ),
        (
            "a: {kind: dogg, name: x}",
            "a.kind: 'dogg' is not allowed here; did you mean 'dog'? Allowed are: cat, dog",
            "a.kind: 「dogg」は、ここには書けません。「dog」ではありませんか。書ける値: cat、dog",
        ),
        (
            "a: {kin: dog, name: x}",
            "a.kin: is not known here; did you mean 'kind'?",
            "a.kin: ここでは使えない項目です。「kind」ではありませんか",
        ),
        (
            "a: {name: x}",
            "a.kind: is missing; allowed are: cat, dog",
            "a.kind: この項目がありません。書ける値: cat、dog",
        ),
        (
            "a: {kind: dog, nam: x}",
            "a.nam: is not known here; did you mean 'name', which is missing? Fields here: kind, name",
            "a.nam: ここでは使えない項目です。いまない「name」のことではありませんか。ここに書ける項目: kind、name",
        ),
        (
            "a: {kind: dog, called: x}",
            "a.called: is not known here; did you mean 'name', which is missing? Fields here: kind, name",
            "a.called: ここでは使えない項目です。いまない「name」のことではありませんか。ここに書ける項目: kind、name",
        ),
        (
            "a: {kind: cat, lives: 0}",
            "a.lives: '0' is too small: at least 1 is needed",
            "a.lives: 「0」は小さすぎます。1 以上にしてください",
        ),
        ("a: [x]", "a: must be fields ('name: value')", "a: 「項目: 値」の形で書いてください"),
    ],
)
def test_a_field_that_decides_about_others_is_told_alone(written: str, text: str, text_ja: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(written, "utf-8")
    document = read(tmp_path / "a.yaml", tmp_path)
    with pytest.raises(FindingsError) as caught:
        parse(document, _Tame)
    (finding,) = caught.value.findings
    assert (finding.text, finding.text_ja) == (text, text_ja)


def test_many_branches_of_a_union_are_one_finding(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("one: x\n", "utf-8")
    document = read(tmp_path / "a.yaml", tmp_path)
    with pytest.raises(ValidationError) as caught:
        _Any.model_validate(document.data)
    assert len(caught.value.errors()) == 3
    (finding,) = refused(document, caught.value, _Any)
    assert (finding.line, finding.text) == (1, "one: 'x' is not a whole number")


def test_what_a_star_repeats_is_told_where_it_stands_first(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: &a {kind: dog, nam: x}\nb: *a\nc: *a\n", "utf-8")
    with pytest.raises(FindingsError) as caught:
        parse(read(tmp_path / "a.yaml", tmp_path), _Tame)
    assert [(each.line, each.text.partition(":")[0]) for each in caught.value.findings] == [(1, "a.nam")]


def test_an_error_that_nobody_has_worded_is_no_english_of_pydantic() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(complex).validate_python("x" * 90)
    (found,) = misfits(caught.value, complex, "x" * 90)
    assert found.said.en == f"'{'x' * 40}…' does not fit here"
    assert found.said.ja == f"「{'x' * 40}…」は、ここには書けません"


@pytest.mark.parametrize(
    ("variable", "value"), [("PORT", "x"), ("IVR_KEEP_CALLS", "1.5"), ("IVR_SPEECH_ENGINE", "quik")]
)
def test_settings_are_worded_the_same(variable: str, value: str) -> None:
    with pytest.raises(FindingsError) as caught:
        Settings.from_env({variable: value})
    (finding,) = caught.value.findings
    assert not PYDANTIC.search(finding.text)
    assert f"「{value}」" in finding.text_ja


def test_a_reason_in_both_languages_reaches_the_finding() -> None:
    assert str(BadValueError("in words", "言葉で")) == "in words"
