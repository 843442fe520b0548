"""Scenarios: a caller as data. When and from where they call, what they do step by step, and what must come of it.

The format is told in `tests/scenarios/README.md`. It is read strictly: every mistake has its file and line.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ivr import office_hours
from ivr.findings import BadValueError, Finding, FindingsError
from ivr.phone import items, place, report
from ivr.simulator import Outcome, Person
from ivr.yamlfile import Document, parse, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr.phone.items import Item
    from ivr.phone.place import Circumstances
    from ivr.simulator import Call

_WIDE = 10**6
EVERYBODY = "*"
NO_OFFICE = "none"
"""The word for an office without a telephone; anything else are the hours in which it answers."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _moment(text: str) -> str:
    place.moment(text)
    return text


def _office(text: str) -> str:
    return text if text == NO_OFFICE else office_hours.normal(text)


def _caller(text: str) -> str:
    return place.caller(text)


def _keys(text: str) -> str:
    if not all(isinstance(item, items.Press) and item.at is None for item in items.parse(text)) or not text.strip():
        raise BadValueError(
            f"{text!r} must be keys with blanks between them: 0-9, * or #",
            f"「{text}」: ボタン(0-9、*、#)を、空白で区切って書いてください",
        )
    return text


def _listed(value: Any) -> Any:  # noqa: ANN401  (YAML holds anything)
    return [value] if isinstance(value, str | dict) else value


Seconds = Annotated[float, Field(ge=0, le=100_000)]


class People(_Strict):
    """What somebody does whose number is dialled; as `Person` of the simulator."""

    outcome: Outcome = "answered"
    after: Seconds = 4.0
    talks: Seconds = 30.0
    keys: str = ""
    hangs_up: Seconds | None = None

    def person(self) -> Person:
        """Give the person."""
        return Person(self.outcome, self.after, self.talks, self.keys, self.hangs_up)


def _people(value: Any) -> Any:  # noqa: ANN401  (YAML holds anything)
    """Read one word, one person for everybody, or a person for each number."""
    if isinstance(value, str):
        return {EVERYBODY: {"outcome": value}}
    if isinstance(value, dict) and value.keys() & People.model_fields.keys():
        return {EVERYBODY: value}
    if isinstance(value, dict):
        return {number: {"outcome": one} if isinstance(one, str) else one for number, one in value.items()}
    return value


PeopleByNumber = Annotated[dict[str, People], BeforeValidator(_people)]


class Step(_Strict):
    """One thing that the caller does, or that is so from here on: exactly one of these.

    `hear` listens until words were said, by a second of the call if `by` says so; `press` presses keys, `at` a second
    of the passage if it is given; `silent` presses nothing until the service goes on, so many times; `wait` lets
    seconds pass, `speak` too, but speaking; `say` says words where speech is listened to; `hang_up` hangs up;
    `people` is what dialled numbers do from here on.
    """

    hear: str | None = None
    by: Seconds | None = None
    press: Annotated[str, AfterValidator(_keys)] | None = None
    at: Seconds | None = None
    silent: Annotated[int, Field(ge=1, le=50)] | None = None
    wait: Seconds | None = None
    speak: Seconds | None = None
    say: Annotated[str, Field(min_length=1)] | None = None
    hang_up: Literal["yes"] | None = None
    people: PeopleByNumber | None = None

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:  # noqa: ANN401  (YAML holds anything)
        words = {"silent": {"silent": "1"}, "hang up": {"hang_up": "yes"}}
        if isinstance(value, str) and value not in words:
            raise BadValueError(
                f"{value!r} is no step; as one word there are: {', '.join(words)}",
                f"「{value}」という step はありません。一言で書けるのは: {'、'.join(words)}",
            )
        return words[value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one(self) -> Step:
        kinds = ("hear", "press", "silent", "wait", "speak", "say", "hang_up", "people")
        given = [kind for kind in kinds if getattr(self, kind) is not None]
        if len(given) != 1:
            raise BadValueError(
                f"a step is exactly one of {', '.join(kinds)}; here {' and '.join(given) or 'none'} stand",
                f"一つの step には、このうちの一つだけを書きます: {'、'.join(kinds)}",
            )
        if self.by is not None and self.hear is None:
            raise BadValueError("by goes with hear", "by は hear と一緒に書きます")
        if self.at is not None and (self.press is None or len(self.press.split()) != 1):
            raise BadValueError("at goes with one key to press", "at は、ボタン一つの press と一緒に書きます")
        return self


class Words(_Strict):
    """Words that must be heard whole, by a second of the call if `by` says so."""

    text: Annotated[str, Field(min_length=1)]
    by: Seconds | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:  # noqa: ANN401  (YAML holds anything)
        return {"text": value} if isinstance(value, str) else value


class Record(_Strict):
    """A turn as it must be kept: the option chosen, the node that followed, where it was chosen, its kind."""

    option: str | None = None
    node: str | None = None
    came_from: str | None = None
    kind: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:  # noqa: ANN401  (YAML holds anything)
        return {"option": value} if isinstance(value, str) else value


class Text(_Strict):
    """A text message that must have been sent; `text` are words in it."""

    to: str
    text: str = ""


class Expect(_Strict):
    """What must have come of the call when it is over."""

    heard: Annotated[tuple[Words, ...], BeforeValidator(_listed)] = ()
    not_heard: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    ended: report.Ending | None = None
    within: Seconds | None = None
    recorded: Annotated[tuple[Record, ...], BeforeValidator(_listed)] = ()
    texted: Annotated[tuple[Text, ...], BeforeValidator(_listed)] = ()
    warned: Annotated[tuple[int, ...], BeforeValidator(_listed)] | None = None


class Aimed(_Strict):
    """Which webhooks a fault strikes: number `request` (1 is the first), or those with `path` in the address."""

    request: Annotated[int, Field(ge=1)] | None = None
    path: str = ""
    times: Annotated[int, Field(ge=1)] = 1


class Late(Aimed):
    """So many seconds late."""

    seconds: Seconds


class Answered(Aimed):
    """Answered by an error."""

    status: Annotated[int, Field(ge=300, le=599)] = 500


class Faults(_Strict):
    """What goes wrong on the way; each fault at most once."""

    late: Late | None = None
    lost: Aimed | None = None
    answered: Answered | None = None
    repeated: Aimed | None = None
    out_of_order: Aimed | None = None
    audio_gone: Literal["yes"] | None = None
    store_gone: Literal["yes"] | None = None
    full_queue: str | None = None
    holiday: Literal["yes"] | None = None


class Scenario(_Strict):
    """One caller; with `office` the office answers its telephone in these hours, else as the settings say."""

    title: Annotated[str, Field(min_length=1)]
    at: Annotated[str, AfterValidator(_moment)]
    language: str = "ja"
    caller: Annotated[str, AfterValidator(_caller), Field(alias="from")] = place.CALLER
    people: PeopleByNumber = Field(default_factory=dict)
    office: Annotated[str, AfterValidator(_office)] | None = None
    eager: Literal["yes", "no"] = "no"
    latency: Seconds = 0.0
    steps: tuple[Step, ...] = ()
    expect: Expect = Expect()
    faults: Faults = Faults()


@dataclass(frozen=True)
class Loaded:
    """A scenario with the document that it stands in, which knows the lines."""

    scenario: Scenario
    document: Document

    @property
    def file(self) -> str:
        """Give the file as it is named in findings."""
        return self.document.file

    def line(self, *where: str | int) -> int:
        """Give the line of a place in it."""
        return self.document.line(*where)


def load(path: Path) -> Loaded:
    """Read one file; raises FindingsError with everything that is wrong in it, with lines."""
    here = Path.cwd()
    document = read(path.absolute(), here if path.absolute().is_relative_to(here) else path.absolute().parent)
    return Loaded(parse(document, Scenario), document)


def found(paths: Sequence[Path]) -> list[Path]:
    """List the scenario files in files and folders; raises FindingsError for what is not there or holds none."""
    files: list[Path] = []
    for path in paths:
        here = sorted(path.rglob("*.yaml")) if path.is_dir() else [path] if path.is_file() else []
        if not here:
            text = f"there is no scenario at {path}: name files, or folders that hold *.yaml"
            raise FindingsError([Finding(str(path), 0, "error", text, f"「{path}」にシナリオ(*.yaml)がありません")])
        files += here
    return list(dict.fromkeys(files))


def written(call: Call, given: Circumstances, done: Sequence[Item], title: str = "") -> str:
    """Write a call that has just been made as a scenario: run again, it passes while callers hear the same."""
    placed: dict[str, Any] = {"title": title or f"通話 {given.at:%Y-%m-%d %H:%M}", "at": given.at.isoformat()}
    placed |= {"language": "ja", "from": given.caller, "people": given.dial}
    if given.eager:
        placed["eager"] = "yes"
    if given.latency:
        placed["latency"] = given.latency
    steps = [_step(item) for item in done]
    heard = [heard.text for heard in call.heard if not heard.cut]
    expect: dict[str, Any] = {"heard": heard, "ended": report.ended(call)}
    placed |= {"steps": steps, "expect": expect} if steps else {"expect": expect}
    return yaml.safe_dump(placed, allow_unicode=True, sort_keys=False, width=_WIDE)


def _step(item: Item) -> Any:  # noqa: ANN401  (a word or a mapping)
    match item:
        case items.Press(key, None):
            return {"press": key}
        case items.Press(key, at):
            return {"press": key, "at": at}
        case items.Silent():
            return "silent"
        case items.Idle(seconds):
            return {"wait": seconds}
        case items.Say(words):
            return {"say": words}
        case items.HangUp():
            return "hang up"
