"""JSON's own types, and which of them NuExtract's types are written in."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NoReturn, TypeGuard, cast

from langchain_nuextract.paths import JSON

SHOWN: Final = 80
"""Characters of a value that a message shows at the most."""

_PLAIN: Final = frozenset({str, int, float, bool, type(None)})
_NAMES: dict[type, str] = {bool: "boolean", int: "integer", str: "string", type(None): "null", list: "array"}


def is_object(value: JSON) -> TypeGuard[dict[str, JSON]]:
    """Whether a value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: JSON) -> TypeGuard[list[JSON]]:
    """Whether a value is a JSON array."""
    return isinstance(value, list)


def is_json(value: object) -> TypeGuard[JSON]:
    """Whether a value is JSON, as Python reads it: no tuple, no object of a class of its own."""
    match value:
        case dict():
            pairs = cast("dict[object, object]", value).items()
            return all(isinstance(key, str) and is_json(part) for key, part in pairs)
        case list():
            return all(map(is_json, cast("list[object]", value)))
        case _:
            return type(value) in _PLAIN


def objects_in(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield all objects in a value, itself among them."""
    todo = [value]
    while todo:
        part = todo.pop()
        if isinstance(part, Mapping):
            known = cast("Mapping[str, object]", part)
            yield known
            todo.extend(known.values())
        elif isinstance(part, list):
            todo.extend(cast("list[object]", part))


def json_type_of(value: JSON) -> str:
    """Name the JSON type of a value; whole numbers are `integer`."""
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    name = _NAMES.get(value.__class__)
    return name or next((name for kind, name in _NAMES.items() if isinstance(value, kind)), "object")


def admits(kinds: frozenset[str], value: JSON) -> bool:
    """Whether a value is of one of some JSON types."""
    if isinstance(value, float) and "number" in kinds:
        return True
    kind = _NAMES.get(value.__class__) or json_type_of(value)
    return kind in kinds or (kind == "integer" and "number" in kinds)


def is_exact(number: float, text: str) -> bool:
    """Whether a number of the machine is the very number that a text says, of which it may only hold 15 digits.

    Raises:
        ArithmeticError: The text is no number.
    """
    return Decimal(repr(number)) == Decimal(text)


def dumps(value: JSON) -> str:
    """Write a value as JSON on one line."""
    return json.dumps(value, ensure_ascii=False)


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and infinity, which Python reads where JSON has none: `json.loads(…, parse_constant=refuse_constant)`.

    Raises:
        ValueError: Always.
    """
    raise ValueError(f"{name} is not JSON")


def shown(value: JSON) -> str:
    """Show a value in a message, cut to a readable length."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def plain_type(kinds: frozenset[str]) -> str:
    """Give the NuExtract type that holds all of some JSON types."""
    if len(kinds) == 1:
        return next(iter(kinds))
    return "number" if kinds == frozenset({"integer", "number"}) else "string"
