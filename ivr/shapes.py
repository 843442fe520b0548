"""What the steps of pydantic's errors point to: places in the data, types there, the fields and tags of these types."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, RootModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Where = tuple[str | int, ...]


def place(steps: Iterable[str | int], kind: Any, data: Any) -> tuple[Where, Any]:  # noqa: ANN401  (any type)
    """Follow pydantic's steps through type and data; gives the place in the data, and the type there.

    Some of the steps name a branch of a union, and some stand in a value that a validator has made of the data.
    """
    where: list[str | int] = []
    for step in steps:
        branches = list(arms(kind))
        branch = [arm for arm in branches if len(branches) > 1 and step in (_name(arm), *all_tags(arm))]
        if branch:
            kind = branch[0]
            continue
        if not _has(data, step):
            break
        kind = next((member for arm in branches if (member := _member(arm, step)) is not None), None)
        data = data[step]
        where.append(step)
    return tuple(where), kind


def arms(kind: Any) -> Iterator[Any]:  # noqa: ANN401  (any type)
    """List the branches of a type: of most types it is the only one."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from arms(get_args(kind)[0])
    elif origin in (Union, UnionType):
        yield from (arm for each in get_args(kind) if each is not NoneType for arm in arms(each))
    elif isinstance(kind, type) and issubclass(kind, RootModel):
        yield from arms(kind.model_fields["root"].annotation)
    else:
        yield kind


def _member(arm: Any, step: str | int) -> Any:  # noqa: ANN401  (any type)
    """Give the type of what stands under a name or number; None where nothing is known of it."""
    if _is_model(arm):
        fields = arm.model_fields.items()
        return next((field.annotation for name, field in fields if step in (name, field.alias)), None)
    args = get_args(arm)
    return args[-1 if get_origin(arm) is dict else 0] if args else None


def _has(data: Any, step: str | int) -> bool:  # noqa: ANN401  (YAML holds anything)
    if isinstance(step, int):
        return isinstance(data, list) and step < len(data)
    return isinstance(data, dict) and step in data


def _is_model(kind: Any) -> bool:  # noqa: ANN401  (any type)
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _name(arm: Any) -> str:  # noqa: ANN401  (any type)
    return getattr(arm, "__name__", "")


def tags(arm: Any, field: str) -> tuple[str, ...]:  # noqa: ANN401  (any type)
    """Give the words that a field of a model may hold, if it is one of some words."""
    found = arm.model_fields.get(field) if _is_model(arm) else None
    return get_args(found.annotation) if found and get_origin(found.annotation) is Literal else ()


def all_tags(arm: Any) -> list[str]:  # noqa: ANN401  (any type)
    """Give these words of all its fields."""
    return [tag for field in (arm.model_fields if _is_model(arm) else ()) for tag in tags(arm, field)]


def names(kind: Any) -> list[str]:  # noqa: ANN401  (any type)
    """List the fields of a type, as they are written; none where it is no model, or where any name goes."""
    models = [arm for arm in arms(kind) if _is_model(arm)]
    if len(models) != 1:
        return []
    return [field.alias or name for name, field in models[0].model_fields.items()]
