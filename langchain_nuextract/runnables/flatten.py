"""Nested values as flat metadata that vector stores accept.

| value                       | becomes                                                                       |
|-----------------------------|-------------------------------------------------------------------------------|
| text, number, true or false | itself under its path: `vendor__name`                                         |
| date, time, UUID, enum, …   | text or number as in JSON; a `Decimal` becomes a float, to be compared with   |
| null                        | nothing: stores refuse it, or cannot tell it from a missing key               |
| date or date and time       | besides, under `due__epoch`, whole seconds since 1970 (UTC), to be compared   |
| integer beyond 64 bits      | text: stores hold numbers in 64 bits                                          |
| list                        | JSON text, which every store takes, or, where lists are kept, what follows    |
| list of scalars             | a list of one kind of scalar, without nulls; of mixed kinds as text           |
| list of objects             | a list for each field of the objects: `items__description`                    |
| empty list                  | nothing: Chroma refuses it                                                    |

Names are joined by two underscores, since dots and brackets mean something in the filters of some stores. Chroma, for
one, compares numbers only, so that dates need one. A date or time without a zone is taken as UTC, a date that tells no
day has no number, and a field of the schema's own named `due__epoch` stays what it is.
"""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, TypeAlias, cast

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.value_types import DAYS

Scalar: TypeAlias = str | int | float | bool
Metadata: TypeAlias = dict[str, Scalar | list[Scalar]]

SEPARATOR: Final = "__"
EPOCH: Final = "epoch"
"""The last part of the name under which a date stands as a number."""
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NO_TYPES: Final[Mapping[str, str]] = {}
_LARGEST: Final = 2**63
_ANY: Final[TypeAdapter[object]] = TypeAdapter(object)


def flat(value: object, name: str | None, *, lists: bool, types: Mapping[str, str] = _NO_TYPES) -> Metadata:
    """Write a value as flat metadata; see the table above.

    Args:
        value: An instance of any schema.
        name: What all keys begin with; if None, fields keep their own names, and what is no object is called `value`.
        lists: Keep lists, rather than write them as JSON text.
        types: What is known of the types of entries: `float`s are written as such, and each `date` and `date-time` has
            a number besides.

    Raises:
        ValueError: Two values have the same name, such as those of `a__b` and of `b` in `a`.
    """
    dumped = _ANY.dump_python(value, by_alias=True, warnings=False)
    found: Metadata = {}
    for key, leaf in _flat_leaves(dumped, (name,) if name else (), lists=lists):
        if key in found:
            raise ValueError(f"two values would both be named {key!r} in the metadata")
        found[key or "value"] = leaf
    floats = {key: _floats(leaf) for key, leaf in found.items() if types.get(key) == "float"}
    numbers = {f"{key}{SEPARATOR}{EPOCH}": _epochs(leaf) for key, leaf in found.items() if types.get(key) in DAYS}
    return {**{key: leaf for key, leaf in numbers.items() if leaf not in (None, [])}, **found, **floats}


def _floats(leaf: Scalar | list[Scalar]) -> Scalar | list[Scalar]:
    """Write whole numbers as those that are not: some stores keep the two apart, and filter by one kind only."""
    if isinstance(leaf, list):
        return cast("list[Scalar]", [_floats(each) for each in leaf])
    return float(leaf) if isinstance(leaf, int) and not isinstance(leaf, bool) else leaf


def _epochs(leaf: Scalar | list[Scalar]) -> int | list[Scalar] | None:
    if isinstance(leaf, list):
        return [number for each in leaf if isinstance(number := _epochs(each), int)]
    try:
        moment = datetime.fromisoformat(str(leaf))
    except ValueError:
        return None  # a year, a month, or free text that a schema without types admits
    if "W" in str(leaf):
        return None  # a week
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _FIRST) // timedelta(seconds=1)


def _flat_leaves(value: object, path: tuple[str, ...], *, lists: bool) -> Iterator[tuple[str, Scalar | list[Scalar]]]:
    match value:
        case Mapping():
            for name, each in cast("Mapping[object, object]", value).items():
                yield from _flat_leaves(each, (*path, str(to_jsonable_python(name))), lists=lists)
        case list() | tuple() | set() | frozenset():
            yield from _list(list(cast("list[object]", value)), path, lists=lists)
        case _:
            leaf = _scalar(value)
            yield from () if leaf is None else ((SEPARATOR.join(path), leaf),)


def _list(values: list[object], path: tuple[str, ...], *, lists: bool) -> Iterator[tuple[str, Scalar | list[Scalar]]]:
    if not values:
        return
    if not lists:
        yield SEPARATOR.join(path), _json_text(values)
        return
    columns: dict[str, list[Scalar]] = {}
    for each in values:
        for name, leaf in _flat_leaves(each, path, lists=True):
            columns.setdefault(name, []).extend(leaf if isinstance(leaf, list) else [leaf])
    for name, leaves in columns.items():
        yield name, _of_one_kind(leaves)


def _of_one_kind(leaves: list[Scalar]) -> list[Scalar]:
    kinds = {type(leaf) for leaf in leaves}
    if kinds == {int, float}:
        return [float(leaf) for leaf in leaves]
    return leaves if len(kinds) == 1 else [leaf if isinstance(leaf, str) else json.dumps(leaf) for leaf in leaves]


def _scalar(value: object) -> Scalar | None:
    plain: JSON = float(value) if isinstance(value, Decimal) else to_jsonable_python(value)
    if isinstance(plain, float) and not math.isfinite(plain):
        return None
    if isinstance(plain, int) and not -_LARGEST <= plain < _LARGEST:
        return str(plain)
    return plain if isinstance(plain, str | int | float | bool | None) else _json_text(plain)


def _json_text(value: object) -> str:
    return json.dumps(to_jsonable_python(value, by_alias=True), ensure_ascii=False, separators=(",", ":"))
