"""Where in a value the user's own code raises an error that Pydantic lets through, such as a KeyError."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_nuextract.schema.python_types.adapters import adapter

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic_core import SchemaValidator

_USERS: Final = frozenset({
    "function-before", "function-after", "function-wrap", "function-plain", "model", "dataclass", "call",
    "named-tuple", "custom-error", "tagged-union",
})  # fmt: skip
"""The nodes of a core schema in which code of the user's runs: validators, `__post_init__` and the like.

A default factory is told of for the whole value: under a guard, its field would count as required.
"""


@lru_cache(maxsize=64)
def guarded(type_: object) -> "SchemaValidator":
    """Give a validator of a type that turns every error of the user's code into a `ValidationError` at its place.

    It is made where such an error came up, and for that alone: it is slower than Pydantic's own.
    """
    from pydantic_core import SchemaValidator  # noqa: PLC0415 heavy, and needed only where something goes wrong

    # A model's own validator, made with its class, would stand in for the guarded one. Only this argument says that it
    # must not; where a release lacks it, the problem is told for the whole value.
    own = {"_use_prebuilt": False} if "_use_prebuilt" in str(SchemaValidator.__text_signature__) else {}
    make = cast("Callable[..., SchemaValidator]", SchemaValidator)
    return make(_guarded(adapter(type_).core_schema), **own)


def _guarded(node: object) -> object:
    """Wrap each node of a core schema in which the user's code may run."""
    if isinstance(node, list):
        return [_guarded(child) for child in cast("list[Any]", node)]
    if not isinstance(node, Mapping):
        return node
    inner = {
        key: child if key in {"function", "cls", "metadata", "config", "serialization"} else _guarded(child)
        for key, child in cast("Mapping[str, Any]", node).items()
    }
    if inner.get("type") not in _USERS:
        return inner
    ref = inner.pop("ref", None)
    wrapped = {"type": "function-wrap", "function": {"type": "no-info", "function": _guard}, "schema": inner}
    return {**wrapped, "ref": ref} if ref else wrapped


def _guard(value: object, handler: "Callable[[object], object]") -> object:
    from pydantic_core import (  # noqa: PLC0415 heavy
        PydanticCustomError,
        PydanticKnownError,
        PydanticOmit,
        PydanticUseDefault,
        ValidationError,
    )

    understood = (ValidationError, PydanticCustomError, PydanticKnownError, PydanticOmit, PydanticUseDefault)
    try:
        return handler(value)
    except (*understood, AssertionError):
        raise
    except Exception as error:
        raise PydanticCustomError("nuextract_user_error", "{what}", {"what": error_words(error)}) from error


def error_words(error: Exception) -> str:
    """Say what the user's code raised: "the type's own check failed with KeyError: 'stone'"."""
    if isinstance(error, ValueError) and type(error) is ValueError:
        return str(error)
    return f"the type's own check failed with {type(error).__name__}: {str(error)[:200]}"
