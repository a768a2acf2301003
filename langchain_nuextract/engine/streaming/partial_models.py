"""Objects that are not complete yet: the user's Pydantic models with nothing required."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Final, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError, create_model

from langchain_nuextract.engine.prune_invalid import without_faults
from langchain_nuextract.errors import Problem
from langchain_nuextract.paths import JSON

_CONFIG: Final = ConfigDict(extra="ignore", arbitrary_types_allowed=True, populate_by_name=True)


@dataclass(frozen=True, slots=True)
class PartialType:
    """How partial objects of one type are made, field by field."""

    attributes: Callable[[dict[str, JSON]], dict[str, object]]
    """Makes the attributes of a value in the user's shape, which may have some of the fields only."""
    make: Callable[[dict[str, object]], object]
    """Makes an object of its attributes."""


def partial_type(kind: object) -> PartialType:
    """Tell how partial objects of a type are made.

    Of a Pydantic model `Invoice` they are instances of a model `PartialInvoice`, whose fields are those of `Invoice`,
    without constraints, and None as long as they have not come; `model_fields_set` tells which have. They are no
    instances of `Invoice`: nothing has validated them as such. Of anything else they are dicts. What two of them have
    in common may be the same object.
    """
    return _model_type(kind) if _is_model(kind) else PartialType(dict[str, object], dict)


@lru_cache(maxsize=256)
def _model_type(kind: type[BaseModel]) -> PartialType:
    model = _model(kind, ())
    empty = model.model_validate({})

    def judge(value: JSON) -> tuple[Problem, ...]:
        try:
            model.model_validate(value)
        except ValidationError as error:
            return tuple(Problem(each["loc"], each["msg"]) for each in error.errors(include_url=False))
        return ()

    def attributes(value: dict[str, JSON]) -> dict[str, object]:
        try:
            made = model.model_validate(value)
        except ValidationError:
            made = model.model_validate(without_faults(value, judge(value), judge) or {})
        return {name: getattr(made, name) for name in made.model_fields_set}

    def make(attributes: dict[str, object]) -> BaseModel:
        return empty.model_copy(update=attributes)

    return PartialType(attributes, make)


def _is_model(kind: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel) and not issubclass(kind, RootModel)


def _model(kind: type[BaseModel], within: tuple[type[BaseModel], ...]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        name: (
            _partial(info.annotation, (*within, kind)) | None,
            Field(default=None, alias=info.alias, validation_alias=info.validation_alias),
        )
        for name, info in kind.model_fields.items()
    }
    return create_model(f"Partial{kind.__name__}", __config__=_CONFIG, **fields)


def _partial(kind: Any, within: tuple[type[BaseModel], ...]) -> Any:
    """The same type, of partial models."""
    if _is_model(kind):
        # A model that stands in itself could go on for ever.
        return dict[str, Any] if kind in within else _model(kind, within)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _partial(arguments[0], within)
    inner = tuple(_partial(each, within) for each in arguments)
    if origin in {Union, UnionType}:
        return Union[inner]  # noqa: UP007  # made at run time
    generic: Any = origin
    return generic[inner] if inner and origin in {list, set, frozenset, dict} else kind
