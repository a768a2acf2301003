"""The drafts of JSON Schema, and which of them a schema is written in."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_nuextract.errors import UnsupportedSchema
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.json_types import is_list, is_object
from langchain_nuextract.schema.jsonschema import metaschemas
from langchain_nuextract.schema.jsonschema.references import REFERENCES, make_sure_of_room

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_DRAFTS: Final = ("Draft202012", "Draft201909", "Draft7", "Draft6", "Draft4", "Draft3")

_DRAFT3: Final = frozenset({"extends", "disallow", "divisibleBy"})


def draft_of(schema: Mapping[str, JSON]) -> "type[Validator]":
    """Find the draft that a JSON Schema is written in: the one it names, or the newest that it is valid under.

    Raises:
        UnsupportedSchema: It is not a valid JSON Schema.
    """
    import jsonschema  # noqa: PLC0415 heavy, and not needed for Python types
    from jsonschema.validators import validator_for  # noqa: PLC0415

    if isinstance(schema.get("$schema"), str):
        named = validator_for(schema, default=jsonschema.Draft202012Validator)
        found = _schema_fault(named, schema)
        if found is None:
            return named
        raise found
    # Draft 3 comes last, since almost anything is valid under it: `{"required": true}` tells it.
    names = _DRAFTS if _is_draft3(cast("JSON", schema)) else _DRAFTS[:-1]
    drafts = [getattr(jsonschema, f"{name}Validator") for name in names]
    faults: list[UnsupportedSchema] = []
    for draft in drafts:
        found = _schema_fault(draft, schema)
        if found is None:
            return draft
        faults.append(found)
    raise faults[0]


def _is_draft3(schema: JSON) -> bool:
    """Whether a schema has what only draft 3 has. Its metaschema takes almost anything for a schema."""
    if is_list(schema):
        return any(map(_is_draft3, schema))
    if not is_object(schema):
        return False
    telling = not _DRAFT3.isdisjoint(schema) or isinstance(schema.get("required"), bool) or schema.get("type") == "any"
    return telling or any(map(_is_draft3, schema.values()))


def metaschema_address(draft: "type[Validator]") -> str:
    """Give the address of a draft's metaschema."""
    return str(cast("Mapping[str, JSON]", draft.META_SCHEMA).get("$schema"))


def _schema_fault(draft: "type[Validator]", schema: Mapping[str, JSON]) -> UnsupportedSchema | None:
    try:
        found = metaschemas.fault(careful(draft), schema)
    except RecursionError:
        return UnsupportedSchema((), "the schema is nested too deeply.")
    if found is None:
        return None
    return UnsupportedSchema(tuple(found.path), f"this is not valid JSON Schema: {found.message[:200]}")


@cache
def careful(draft: "type[Validator]") -> "type[Validator]":
    """Make a draft raise a RecursionError where references lead too deep, rather than panic."""
    from jsonschema import validators  # noqa: PLC0415 heavy, and not needed for Python types

    known = cast("Any", draft).VALIDATORS
    following = {name: partial(_follow_with_room, known[name]) for name in REFERENCES if name in known}
    return cast("Any", validators).extend(draft, following)


def _follow_with_room(follow: Callable[..., Iterator[Any]], *arguments: Any) -> Iterator[Any]:
    make_sure_of_room()
    return follow(*arguments)
