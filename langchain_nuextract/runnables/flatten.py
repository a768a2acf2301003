"""Nested values as flat metadata that vector stores accept.

| value                       | becomes                                                                       |
|-----------------------------|-------------------------------------------------------------------------------|
| text, number, true or false | itself under its path: `vendor__name`                                         |
| date, time, UUID, enum, …   | text or number as in JSON; a `Decimal` becomes a float, to be compared with   |
| null                        | nothing: stores refuse it, or cannot tell it from a missing key               |
| integer beyond 64 bits      | text: stores hold numbers in 64 bits                                          |
| list                        | JSON text, which every store takes, or, where lists are kept, what follows    |
| list of scalars             | a list of one kind of scalar, without nulls; of mixed kinds as text           |
| list of objects             | a list for each field of the objects: `items__description`                    |
| empty list                  | nothing: Chroma refuses it                                                    |

Names are joined by two underscores, since dots and brackets mean something in the filters of some stores.
"""

import json
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias, cast

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from langchain_nuextract.paths import JSON

Scalar: TypeAlias = str | int | float | bool
Metadata: TypeAlias = dict[str, Scalar | list[Scalar]]

SEPARATOR: Final = "__"
_LARGEST: Final = 2**63
_ANY: Final[TypeAdapter[Any]] = TypeAdapter(Any)


def flat(value: Any, name: str | None, *, lists: bool) -> Metadata:
    """Write a value as flat metadata; see the table above.

    Args:
        value: An instance of any schema.
        name: What all keys begin with; if None, fields keep their own names, and what is no object is called `value`.
        lists: Keep lists, rather than write them as JSON text.

    Raises:
        ValueError: Two values have the same name, such as those of `a__b` and of `b` in `a`.
    """
    dumped = _ANY.dump_python(value, by_alias=True, warnings=False)
    found: Metadata = {}
    for key, leaf in _leaves(dumped, (name,) if name else (), lists=lists):
        if key in found:
            raise ValueError(f"two values would both be named {key!r} in the metadata")
        found[key or "value"] = leaf
    return found


def _leaves(value: Any, path: tuple[str, ...], *, lists: bool) -> Iterator[tuple[str, Scalar | list[Scalar]]]:
    match value:
        case Mapping():
            for name, each in cast("Mapping[Any, Any]", value).items():
                yield from _leaves(each, (*path, str(to_jsonable_python(name))), lists=lists)
        case list() | tuple() | set() | frozenset():
            yield from _list(list(cast("list[Any]", value)), path, lists=lists)
        case _:
            leaf = _scalar(value)
            yield from () if leaf is None else ((SEPARATOR.join(path), leaf),)


def _list(values: list[Any], path: tuple[str, ...], *, lists: bool) -> Iterator[tuple[str, Scalar | list[Scalar]]]:
    if not values:
        return
    if not lists:
        yield SEPARATOR.join(path), _text(values)
        return
    columns: dict[str, list[Scalar]] = {}
    for each in values:
        for name, leaf in _leaves(each, path, lists=True):
            columns.setdefault(name, []).extend(leaf if isinstance(leaf, list) else [leaf])
    for name, leaves in columns.items():
        yield name, _of_one_kind(leaves)


def _of_one_kind(leaves: list[Scalar]) -> list[Scalar]:
    kinds = {type(leaf) for leaf in leaves}
    if kinds == {int, float}:
        return [float(leaf) for leaf in leaves]
    return leaves if len(kinds) == 1 else [leaf if isinstance(leaf, str) else json.dumps(leaf) for leaf in leaves]


def _scalar(value: Any) -> Scalar | None:
    plain: JSON = float(value) if isinstance(value, Decimal) else to_jsonable_python(value)
    if isinstance(plain, float) and not math.isfinite(plain):
        return None
    if isinstance(plain, int) and not -_LARGEST <= plain < _LARGEST:
        return str(plain)
    return plain if isinstance(plain, str | int | float | bool | None) else _text(plain)


def _text(value: Any) -> str:
    return json.dumps(to_jsonable_python(value, by_alias=True), ensure_ascii=False, separators=(",", ":"))
