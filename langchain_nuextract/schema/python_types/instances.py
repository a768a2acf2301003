"""Instances of Python types made of JSON values, with problems by path."""

import json
from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from langchain_nuextract.errors import InvalidValue, Problem, UnsupportedSchema
from langchain_nuextract.paths import JSON, Path, child
from langchain_nuextract.schema.formats.checks import CHECKED
from langchain_nuextract.schema.json_types import shown
from langchain_nuextract.schema.python_types.aliases import reads_names
from langchain_nuextract.schema.python_types.bounded_patterns import validator

if TYPE_CHECKING:
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


def check_python(type_: object, checked: frozenset[str], value: JSON, text: bytes = b"") -> object:
    """Make an instance of a Python type of a JSON value, of which the JSON text may be at hand.

    Args:
        type_: The user's type.
        checked: The value types whose texts are checked; see `CHECKED`.
        value: The value.
        text: The same as JSON, if that is at hand.

    Raises:
        InvalidValue: The type does not admit it, or the user's own code failed on it in whatever way.
    """
    before = CHECKED.set(checked)
    try:
        return _reader(type_)(text or json.dumps(value))
    except UnsupportedSchema:
        raise
    except Exception as error:  # the user's validators may raise anything
        raise InvalidValue(_validation_problems(type_, value, error)) from error
    finally:
        CHECKED.reset(before)


@lru_cache(maxsize=256)
def _reader(type_: object) -> Callable[[bytes | str], object]:
    # Types without paths are left to their own settings: by their names, fields that have keys are not read.
    named = True if reads_names(type_) else None
    return partial(validator(type_).validate_json, by_name=named, by_alias=named)


def _validation_problems(type_: object, value: JSON, error: Exception) -> list[Problem]:
    from pydantic import ValidationError  # noqa: PLC0415 heavy, and not needed for dict schemas

    if isinstance(error, ValidationError):
        return [_problem_of(entry, value) for entry in error.errors(include_url=False)]
    return _located(type_, value, error)


def _located(type_: object, value: JSON, error: Exception) -> list[Problem]:
    """Find out where the user's code failed, by validating once more with each piece of it under guard."""
    from pydantic import ValidationError  # noqa: PLC0415 heavy

    from langchain_nuextract.schema.python_types.user_errors import error_words, guarded  # noqa: PLC0415 rarely needed

    try:
        guarded(type_).validate_json(json.dumps(value))
    except ValidationError as found:
        return [_problem_of(entry, value) for entry in found.errors(include_url=False)]
    except Exception:  # noqa: BLE001 whatever this is, it is no news: the error itself is told
        return [Problem((), error_words(error))]
    return [Problem((), error_words(error))]


def _problem_of(entry: "ErrorDetails", value: JSON) -> Problem:
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
