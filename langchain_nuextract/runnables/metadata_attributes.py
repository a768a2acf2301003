"""Which metadata a schema gives, told before anything is extracted: names, types, and what values mean."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Literal, TypeAlias, cast

from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError

from langchain_nuextract.errors import UnsupportedSchema
from langchain_nuextract.paths import JSON
from langchain_nuextract.runnables.flatten import EPOCH, SEPARATOR
from langchain_nuextract.schema.ir import Array, Enum, Record, SchemaNode, Split, TypedScalar
from langchain_nuextract.schema.target import Target
from langchain_nuextract.schema.tree import parts
from langchain_nuextract.schema.value_types import DAYS, TYPES

AttributeType: TypeAlias = Literal["string", "integer", "float", "boolean", "date", "date-time"]

_SCHEMAS: Final = ("langchain_classic.chains.query_constructor.schema", "langchain.chains.query_constructor.schema")
"""Where the releases of LangChain have `AttributeInfo`."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One entry of the metadata."""

    name: str
    type: AttributeType
    """Dates are ISO text, with a number beside it; see `langchain_nuextract.runnables.flatten`."""
    many: bool = False
    """Whether it is a list."""
    text: bool = False
    """Whether it is a list that is written as JSON text, which no store filters by."""
    note: str = ""
    """The user's description."""
    choices: tuple[JSON, ...] = ()
    """The values that there are, if they are few."""


def attributes(target: Target[object], name: str | None, *, lists: bool) -> tuple[Attribute, ...]:
    """Tell which metadata `flat` may make of the values of a schema.

    What has keys of the document's own, such as `dict[str, int]`, has none that are known before.

    Args:
        target: The schema.
        name: What all keys begin with.
        lists: Whether lists are kept.
    """
    path = (name,) if name else ()
    known = {each.name: each for each in _attributes_of(target.node, path, "", lists=lists)}
    dumped = {each.name: each for each in _attributes_of(_dumped(target), path, "", lists=lists)}
    # A Decimal is dumped as text, and flat writes a number: the type is that of the field, where the names agree.
    return tuple(known.get(name, each) for name, each in dumped.items())


def _dumped(target: Target[object]) -> SchemaNode:
    """Read the schema of what values look like when they are dumped: other aliases, computed fields."""
    if target.source != "python":
        return target.node
    try:
        schema = TypeAdapter(target.type).json_schema(mode="serialization")
        return Target.of(cast("dict[str, JSON]", schema), depth=target.depth).node
    except (PydanticUserError, UnsupportedSchema):
        return target.node  # a serializer of the user's says no type


def _attributes_of(
    node: SchemaNode, path: tuple[str, ...], note: str, *, lists: bool, many: bool = False
) -> Iterator[Attribute]:
    name = SEPARATOR.join(path) or "value"
    note = node.note or note
    match node:
        case Array() if not lists:
            yield Attribute(name, "string", text=True, note=note)
        case Record():
            for field in node.fields:
                yield from _attributes_of(field.node, (*path, field.name), "", lists=lists, many=many)
        case Array() | Split():
            for _, part in parts(node):
                yield from _attributes_of(part, path, note, lists=lists, many=many or isinstance(node, Array))
        case _:
            values = tuple(member.value for member in node.members) if isinstance(node, Enum) else ()
            yield Attribute(name, _attribute_type(node), many, note=note, choices=values)


def _attribute_type(node: SchemaNode) -> AttributeType:
    match node:
        case TypedScalar() if node.type in DAYS:
            return cast("AttributeType", node.type)
        case TypedScalar():
            kind = TYPES[node.type].kind
            return "float" if kind == "number" else kind
        case Enum(members=members) if all(type(member.value) is int for member in members):
            return "integer"
        case _:
            return "string"


def attribute_info(known: tuple[Attribute, ...]) -> list[Any]:
    """Describe attributes as LangChain's self-query retrievers take them.

    Returns:
        `AttributeInfo`s if `langchain-classic` is installed, otherwise dicts with the same keys: name, description and
        type. Lists that are written as text are left out, for nothing can be asked of them.
    """
    make: Callable[..., object] = dict
    for module in _SCHEMAS:
        try:
            make = import_module(module).AttributeInfo
        except ImportError:
            continue
        break
    info = [entry for each in known if not each.text for entry in _info(each)]
    return [make(name=name, description=description, type=kind) for name, description, kind in info]


def _info(attribute: Attribute) -> Iterator[tuple[str, str, str]]:
    description = attribute.note or attribute.name.replace(SEPARATOR, " ").replace("_", " ")
    if attribute.choices:
        description = f"{description}. One of {json.dumps(attribute.choices, ensure_ascii=False)}"
    shape = "list[{}]" if attribute.many else "{}"
    if attribute.type not in DAYS:
        yield attribute.name, description, shape.format(attribute.type)
        return
    numbers = f"{attribute.name}{SEPARATOR}{EPOCH}"
    yield attribute.name, f"{description}, as ISO 8601 text; compare by {numbers}", shape.format("string")
    yield (
        numbers,
        f"{description}, in whole seconds since 1970-01-01T00:00:00Z, to be compared",
        shape.format("integer"),
    )
