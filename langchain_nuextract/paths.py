"""Where a value stands in a JSON document: `("items", 2, "price")`, shown as `$.items[2].price`."""

import re
from collections.abc import Iterator
from typing import Final, TypeAlias, cast

from typing_extensions import TypeAliasType

JSON = TypeAliasType("JSON", "bool | int | float | str | list[JSON] | dict[str, JSON] | None")
"""Raw JSON. Read what may be of another kind than it should with `fields`, `items`, `text`, `integer`, `number`."""

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from the root; `()` is the root itself."""

EACH: Final = -1
"""Stands for "every item" in a path of a schema: `("items", EACH, "price")` is `$.items[].price`."""

_PLAIN_KEY = re.compile(r"[^\W\d][\w-]*")


def show(path: Path) -> str:
    """Write a path for people: `$.items[2].price`, and `$["odd key"]` where a key is not a plain word."""
    return "$" + "".join(_step(step) for step in path)


def leaves(value: JSON, at: Path = ()) -> Iterator[tuple[Path, str | float | bool | None]]:
    """Yield each scalar in a JSON value with its path, in document order."""
    waiting = [(at, value)]
    while waiting:
        at, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [((*at, key), child) for key, child in reversed(cast("dict[str, JSON]", value).items())]
        elif isinstance(value, list):
            last = len(cast("list[JSON]", value)) - 1
            waiting += [((*at, last - back), child) for back, child in enumerate(reversed(cast("list[JSON]", value)))]
        else:
            yield at, value


def fields(value: JSON) -> dict[str, JSON]:
    """Take a JSON object as it is, and anything else for an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: JSON) -> list[JSON]:
    """Take a JSON array as it is, and anything else for an empty one."""
    return value if isinstance(value, list) else []


def text(value: JSON) -> str:
    """Take a text as it is, and anything else for the empty one."""
    return value if isinstance(value, str) else ""


def child(value: JSON, step: str | int) -> JSON:
    """Give what stands in a JSON value under a key or an index.

    Raises:
        LookupError: There is nothing.
    """
    if isinstance(step, str):
        return fields(value)[step]
    return items(value)[step]


def follow(value: JSON, path: Path) -> JSON:
    """Give what stands at a place of a JSON value.

    Raises:
        LookupError: There is nothing.
    """
    for step in path:
        value = child(value, step)
    return value


def integer(value: JSON) -> int | None:
    """Take a whole number as it is, and anything else for none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(value: JSON) -> float | None:
    """Take a number as it is, and anything else for none."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _step(step: str | int) -> str:
    match step:
        case int():
            return "[]" if step == EACH else f"[{step}]"
        case str() if _PLAIN_KEY.fullmatch(step):
            return f".{step}"
        case str():
            return f'["{step}"]'
