"""From what a schema means to columns, for any schema.

| schema                                           | column                                                           |
|--------------------------------------------------|------------------------------------------------------------------|
| integer, number, true or false                   | 64 bits, floating point, boolean                                 |
| `Decimal`                                        | decimals of its `max_digits` and `decimal_places`; else 38 and 18 |
| date, `datetime`, `AwareDatetime`, time          | date, timestamp, timestamp of UTC, time                          |
| a template's date or date-time                   | text: `2024-03` is one, too                                      |
| choices                                          | dictionary of texts; numbers as numbers                          |
| list, set, tuple of one kind                     | list                                                             |
| named tuple, tuple of several kinds              | struct                                                           |
| object                                           | struct; the columns themselves at the root                       |
| object with any keys                             | map                                                              |
| values of several scalar types                   | the widest: floating point, or text                              |
| anything else: other unions, anything, recursion | JSON text, which is a loss                                       |
"""

from dataclasses import dataclass
from typing import Final

from langchain_nuextract.batch.tables.column_types import (
    JSON_TEXT,
    TEXT,
    Choice,
    Column,
    ColumnType,
    Decimals,
    ListOf,
    MapOf,
    Scalar,
    Struct,
)
from langchain_nuextract.batch.tables.scalar_cells import without_surrogates
from langchain_nuextract.paths import EACH, Path
from langchain_nuextract.schema.ir import Array, Enum, Loss, Never, Record, SchemaNode, TypedScalar
from langchain_nuextract.schema.json_types import json_type_of
from langchain_nuextract.schema.part_names import ordinal, unused
from langchain_nuextract.schema.target import Target
from langchain_nuextract.schema.tree import parts

DEEPEST: Final = 32
"""Levels that columns are nested at the most; readers of Parquet refuse, or fall over, some way beyond."""
MOST_LEAVES: Final = 2_000
"""Columns, those in objects and lists counted, at the most."""
DIGITS: Final = (38, 18)
"""Digits of a decimal whose type does not say how many it has: what Spark takes for Python's."""

_AS_JSON: Final = "it is a column of JSON text"
_NUMBERS: Final = frozenset({"integer", "number"})


@dataclass(frozen=True, slots=True)
class Mapped:
    """The columns of a schema."""

    columns: tuple[Column, ...]
    losses: tuple[Loss, ...]
    """What they cannot hold as it is, by path."""
    is_object: bool = True
    """Whether the schema is an object with parts, each of which has a column; otherwise, `value` holds it whole."""


def map_columns(target: Target[object]) -> Mapped:
    """Give the columns of a schema; one that is no object has one column, `value`."""
    mapper = _Mapper()
    root = target.node
    if isinstance(root, Record) and root.fields:
        columns = mapper.record(root, ())
    else:
        columns = (Column("value", mapper.type(root, ()), "value"),)
    is_object = isinstance(root, Record) and bool(root.fields)
    return Mapped(columns, tuple(dict.fromkeys(mapper.losses)), is_object)


class _Mapper:
    def __init__(self) -> None:
        self.losses: list[Loss] = []
        self._leaves: dict[int, int] = {}

    def record(self, node: Record, at: Path) -> tuple[Column, ...]:
        """Give a column for each part of an object."""
        room = MOST_LEAVES if not at else self._count(node)
        written, kept = self._written(node, room), node.fields[:room]
        names = _names([field.name for field in kept])
        columns: list[Column] = []
        for field, name in zip(kept, names, strict=True):
            path = (*at, field.name)
            if name != field.name:
                self.losses.append(Loss(path, "half of a character in its name", f"the column is called {name!r}"))
            if field.name in written:
                type_ = self._as_json(path, f"more than {MOST_LEAVES} columns in all")
            else:
                type_ = self.type(field.node, path)
            columns.append(Column(name, type_, field.name))
        if node.rest or len(kept) < len(node.fields):
            name = unused(("other", "others", "more"), [*names])
            columns.append(Column(name, self._others(node, at, len(kept)), None))
        return tuple(columns)

    def type(self, node: SchemaNode, at: Path) -> ColumnType:
        """Give the type of a column."""
        if len(at) > DEEPEST:
            return self._as_json(at, f"more than {DEEPEST} levels")
        match node:
            case TypedScalar():
                return self._leaf(node, at)
            case Enum():
                return self._enum(node, at)
            case Array():
                return self._array(node, at)
            case Record():
                return self._object(node, at)
            case _:
                return JSON_TEXT if isinstance(node, Never) else self._as_json(at, "values of several kinds")

    def _object(self, node: Record, at: Path) -> ColumnType:
        if node.fields:
            return Struct(self.record(node, at))
        if node.rest or node.open:
            return MapOf(self.type(node.rest, (*at, EACH)) if node.rest else JSON_TEXT)
        return self._as_json(at, "an object without parts")

    def _leaf(self, node: TypedScalar, at: Path) -> ColumnType:
        if node.decimal:
            digits, after_point = node.digits or DIGITS
            return Decimals(digits, after_point) if digits <= DIGITS[0] else self._as_text(at, "decimals that long")
        if node.kinds == frozenset({"string"}):
            return self._text(node, at)
        if node.kinds == frozenset({"boolean"}):
            return Scalar("boolean")
        if node.kinds <= _NUMBERS:
            return Scalar("number" if "number" in node.kinds else "integer")
        return self._as_text(at, "values of several types")

    def _text(self, node: TypedScalar, at: Path) -> ColumnType:
        match node.type:
            case "time":
                return Scalar("clock")
            case "date" if node.is_whole:
                return Scalar("date")
            case "date-time" if node.is_whole:
                return Scalar("instant" if node.is_zoned else "moment")
            case "date" | "date-time":
                return self._as_text(at, "dates without a day or month, or without a time")
            case _:
                return TEXT

    def _enum(self, node: Enum, at: Path) -> ColumnType:
        values = [member.value for member in node.members]
        kinds = {json_type_of(value) for value in values}
        if kinds <= _NUMBERS:
            return Scalar("number" if "number" in kinds else "integer")
        labels = tuple(
            value if isinstance(value, str) else member.text for value, member in zip(values, node.members, strict=True)
        )
        if len({*labels}) < len(labels) or any(label != without_surrogates(label) for label in labels):
            return self._as_json(at, "choices that are not told apart by their texts, or have half of a character")
        return Choice(labels, tuple(member.text for member in node.members))

    def _array(self, node: Array, at: Path) -> ColumnType:
        if not node.prefix:
            return ListOf(self.type(node.rest, (*at, EACH)) if node.rest else JSON_TEXT)
        before = len(self.losses)
        types = [self.type(item, (*at, index)) for index, item in enumerate(node.prefix)]
        rest = self.type(node.rest, (*at, EACH)) if node.rest else None
        named = len({*node.names}) == len(node.prefix)
        if not named and len({*types, *([rest] if rest else [])}) == 1:
            del self.losses[before:]
            return ListOf(self.type(node.prefix[0], (*at, EACH)))
        names = _names(list(node.names) if named else [ordinal(index) for index in range(len(types))])
        columns = [Column(name, type_, index) for index, (name, type_) in enumerate(zip(names, types, strict=True))]
        more = [Column(unused(("rest", "others"), [*names]), ListOf(rest), None)] if rest else []
        return Struct((*columns, *more))

    def _others(self, node: Record, at: Path, kept: int) -> ColumnType:
        if kept < len(node.fields):
            self.losses.append(
                Loss(at, f"more than {MOST_LEAVES} columns", "those beyond are in one column, a map of JSON text")
            )
            return MapOf(JSON_TEXT)
        return MapOf(self.type(node.rest, (*at, EACH)) if node.rest else JSON_TEXT)

    def _written(self, node: Record, room: int) -> frozenset[str]:
        """Choose which parts become JSON text for the others to have room, the largest first."""
        sizes = {field.name: self._count(field.node) for field in node.fields}
        total, written = sum(sizes.values()), list[str]()
        for name in sorted(sizes, key=lambda name: -sizes[name]):
            if total <= room or sizes[name] == 1:
                break
            total -= sizes[name] - 1
            written.append(name)
        return frozenset(written)

    def _count(self, node: SchemaNode) -> int:
        # By identity: a type that stands in itself is laid out level by level, and most of these nodes are shared.
        if id(node) not in self._leaves:
            self._leaves[id(node)] = sum(self._count(part) for _, part in parts(node)) or 1
        return self._leaves[id(node)]

    def _as_json(self, at: Path, what: str) -> ColumnType:
        self.losses.append(Loss(at, what, _AS_JSON))
        return JSON_TEXT

    def _as_text(self, at: Path, what: str) -> ColumnType:
        self.losses.append(Loss(at, what, "it is a column of text"))
        return TEXT


def _names(wanted: list[str]) -> list[str]:
    """Give names that a file can hold, none of them twice."""
    taken = [name for name in wanted if name == without_surrogates(name)]
    names: list[str] = []
    for name in wanted:
        clean = without_surrogates(name)
        names.append(name if name == clean else unused((clean,), taken))
        taken.append(names[-1])
    return names
