"""What a JSON Schema says of values without restricting them: descriptions, titles, and the names of choices."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from langchain_nuextract.paths import JSON, fields, integer, items, text
from langchain_nuextract.schema.ir import Enum, Field, Member, SchemaNode, TypedScalar
from langchain_nuextract.schema.json_types import dumps, is_object
from langchain_nuextract.schema.jsonschema.keywords import ANNOTATION, DIGITS, HOOKED
from langchain_nuextract.schema.jsonschema.limits import SchemaPlace
from langchain_nuextract.schema.jsonschema.scalars import retype
from langchain_nuextract.schema.value_types import VERBATIM

_MEMBER_NAMES: Final = (
    "x-enumNames", "x-enum-varnames", "x-enum-names", "x-enumLabels", "x-enum-labels", "x-speakeasy-enums", "enumNames",
)  # fmt: skip
_MEMBER_MEANINGS: Final = (
    "x-enumDescriptions", "x-enum-descriptions", "enumDescriptions", "markdownEnumDescriptions",
)  # fmt: skip


def with_annotations(node: SchemaNode, schema: Mapping[str, JSON], place: SchemaPlace) -> SchemaNode:
    """Add what a schema says about a value without restricting it."""
    note = schema.get("description")
    if isinstance(note, str) and note.strip():
        # What is said of the place comes before what is said of the type, which may stand in many places.
        node = replace(node, note=". ".join(dict.fromkeys((" ".join(note.split()), *filter(None, [node.note])))))
    title = schema.get("title")
    if isinstance(node, Enum) and len(node.members) == 1 and isinstance(title, str) and not node.members[0].names:
        node = replace(node, members=(replace(node.members[0], names=(title,)),))
    if schema.get("nullable") is True:
        node = replace(node, nullable=True)
    if schema.get(HOOKED) is True:
        node = replace(node, hooked=True)
    if isinstance(node, TypedScalar) and DIGITS in schema:
        whole, after = map(integer, items(schema[DIGITS]))
        node = replace(node, digits=(whole or 0, after or 0))
    wanted = VERBATIM if schema.get("x-verbatim") is True else schema.get(ANNOTATION)
    return retype(node, wanted, place.path) if isinstance(wanted, str) else node


def with_meaning_of_key(field: Field, key: Member | None) -> Field:
    """Add to a property that is one of some names what the schema says of the name."""
    if key is None:
        return field
    meaning = key.meaning or "".join(key.names[:1])
    note = ". ".join(filter(None, (meaning, field.node.note)))
    return replace(field, aliases=key.names, node=replace(field.node, note=note))


def titled(node: Enum, schema: Mapping[str, JSON]) -> Enum:
    """Add to the members of a choice what a schema says of each: names, titles and descriptions."""
    values = items(schema.get("enum"))
    names, meanings = (_by_value(schema, keywords, values) for keywords in (_MEMBER_NAMES, _MEMBER_MEANINGS))
    microsofts = [fields(entry) for entry in items(fields(schema.get("x-ms-enum")).get("values"))]
    names |= {dumps(entry.get("value")): text(entry.get("name")) for entry in microsofts}
    meanings |= {dumps(entry.get("value")): text(entry.get("description")) for entry in microsofts}
    title = text(schema.get("title"))

    def named(member: Member) -> Member:
        name, meaning = names.get(member.text, ""), meanings.get(member.text, "")
        words = (name, *((f"{title}.{name}",) if title else ())) if name else ()
        return replace(member, names=(*member.names, *words), meaning=member.meaning or meaning)

    return replace(node, members=tuple(map(named, node.members))) if names or meanings else node


def _by_value(schema: Mapping[str, JSON], keywords: Iterable[str], values: list[JSON]) -> dict[str, str]:
    """Give what the first of some keywords says of each value, by its place in `enum` or under its name."""
    said = next((schema[name] for name in keywords if name in schema), None)
    listed = [fields(said).get(str(value)) for value in values] if is_object(said) else items(said)
    return {dumps(value): text(words) for value, words in zip(values, listed, strict=False)}
