"""What Pydantic knows about a Python type."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from langchain_nuextract.errors import UnsupportedSchema
from langchain_nuextract.schema.json_types import objects_in
from langchain_nuextract.schema.python_types.typed_dicts import modern

if TYPE_CHECKING:
    from pydantic import TypeAdapter

CoreNode: TypeAlias = Mapping[str, Any]
"""A node of Pydantic's own schema of a type."""


@lru_cache(maxsize=256)
def adapter(type_: object) -> "TypeAdapter[Any]":
    """Give what Pydantic knows about a type.

    Raises:
        UnsupportedSchema: Pydantic cannot read the type, or it is a model of Pydantic 1.
    """
    from pydantic import PydanticUserError, TypeAdapter  # noqa: PLC0415 heavy, and not needed for dict schemas
    from pydantic_core import SchemaError  # noqa: PLC0415

    if _is_v1(type_):
        raise _v1(type_)
    try:
        found = TypeAdapter(modern(type_))
        found.rebuild()
    except (PydanticUserError, SchemaError, NameError, TypeError) as error:
        if isinstance(type_, type) and "Unable to generate pydantic-core schema" in str(error):
            reason = (
                f"Pydantic cannot read the class {type_.__name__}. Make it a BaseModel, a dataclass or a TypedDict."
            )
            raise UnsupportedSchema((), reason) from error
        raise UnsupportedSchema((), f"{type_!r} is not a type that Pydantic can read: {error}") from error
    for node in objects_in(found.core_schema):
        # Nothing but its method `validate` is known of such a model there.
        model = getattr(node.get("function"), "__self__", None)
        if _is_v1(model):
            raise _v1(model)
    return found


def _is_v1(type_: object) -> bool:
    return isinstance(type_, type) and any(base.__module__.startswith("pydantic.v1") for base in type_.__mro__)


def _v1(model: object) -> UnsupportedSchema:
    name = getattr(model, "__name__", str(model))
    return UnsupportedSchema(
        (), f"{name} is a model of Pydantic 1 (pydantic.v1). Make it one of Pydantic 2: from pydantic import BaseModel."
    )
