"""Objects that are not complete yet: the user's Pydantic models with nothing required."""

from collections.abc import Callable
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Final, Union, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError, create_model

from langchain_nuextract.engine.prune_invalid import without_faults
from langchain_nuextract.errors import Problem
from langchain_nuextract.paths import JSON

_CONFIG: Final = ConfigDict(extra="ignore", arbitrary_types_allowed=True, populate_by_name=True)


def partial_of(kind: Any) -> Callable[[JSON], Any]:
    """Give the function that makes a partial object of a value in the user's shape.

    Of a Pydantic model `Invoice` it makes instances of a model `PartialInvoice`, whose fields are those of `Invoice`,
    without constraints, and None as long as they have not come; `model_fields_set` tells which have. They are no
    instances of `Invoice`: nothing has validated them as such. Of anything else it makes dicts.
    """
    return _shower(kind) if _is_model(kind) else lambda value: value


@lru_cache(maxsize=256)
def _shower(kind: type[BaseModel]) -> Callable[[JSON], BaseModel]:
    model = _model(kind, ())

    def judge(value: JSON) -> tuple[Problem, ...]:
        try:
            model.model_validate(value)
        except ValidationError as error:
            return tuple(Problem(each["loc"], each["msg"]) for each in error.errors(include_url=False))
        return ()

    def show(value: JSON) -> BaseModel:
        try:
            return model.model_validate(value)
        except ValidationError:
            return model.model_validate(without_faults(value, judge(value), judge) or {})

    return show


def _is_model(kind: Any) -> bool:
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
        return dict[str, Any] if kind in within else _model(cast("type[BaseModel]", kind), within)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _partial(arguments[0], within)
    inner = tuple(_partial(each, within) for each in arguments)
    if origin in {Union, UnionType}:
        return Union[inner]  # noqa: UP007  # made at run time
    generic: Any = origin
    return generic[inner] if inner and origin in {list, set, frozenset, dict} else kind
