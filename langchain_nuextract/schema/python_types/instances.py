"""Instances of Python types made of JSON values, with problems by path."""

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from langchain_nuextract.errors import InvalidValue, Problem, UnsupportedSchema
from langchain_nuextract.paths import JSON, Path, child
from langchain_nuextract.schema.json_types import shown
from langchain_nuextract.schema.python_types.typed_dicts import modern

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails

_WORDS = {
    "a valid string": "text",
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid decimal": "a number",
    "a valid boolean": "true or false",
    "a valid list": "a list",
    "a valid dictionary": "an object",
}


@lru_cache(maxsize=256)
def adapter(type_: Any) -> "TypeAdapter[Any]":
    """Give what Pydantic knows about a type.

    Raises:
        UnsupportedSchema: Pydantic cannot read the type.
    """
    from pydantic import PydanticUserError, TypeAdapter  # noqa: PLC0415 heavy, and not needed for dict schemas
    from pydantic_core import SchemaError  # noqa: PLC0415

    try:
        found = TypeAdapter(modern(type_))
        found.rebuild()
    except (PydanticUserError, SchemaError, NameError, TypeError) as error:
        raise UnsupportedSchema((), f"{type_!r} is not a type that Pydantic can read: {error}") from error
    return found


def check_python(type_: Any, value: JSON) -> Any:
    """Make an instance of a Python type of a JSON value.

    Raises:
        InvalidValue: The type does not admit it.
    """
    from pydantic import ValidationError  # noqa: PLC0415 heavy, and not needed for dict schemas

    try:
        return adapter(type_).validate_json(json.dumps(value))
    except ValidationError as error:
        raise InvalidValue([_problem(entry, value) for entry in error.errors(include_url=False)]) from error


def _problem(entry: "ErrorDetails", value: JSON) -> Problem:
    path = _path(entry["loc"], value, missing=entry["type"] == "missing")
    if entry["type"] == "missing":
        return Problem(path, "missing, but required")
    said = entry["msg"].removeprefix("Value error, ")
    if said.startswith("Input should be "):
        wanted = said.removeprefix("Input should be ").split(", unable")[0]
        said = f"expected {_WORDS.get(wanted, wanted.replace('a valid ', 'a '))}"
    return Problem(path, f"{said[:1].lower()}{said[1:]}, got {shown(entry['input'])}")


def _path(location: tuple[str | int, ...], value: JSON, *, missing: bool) -> Path:
    """Take the steps that lead into the value; Pydantic's locations also name branches of unions."""
    path: Path = ()
    for number, step in enumerate(location):
        try:
            value = child(value, step)
        except LookupError:
            if not (missing and number == len(location) - 1):
                continue
        path = (*path, step)
    return path
