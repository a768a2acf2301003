"""By which keys the fields of models and dataclasses are read, as Pydantic's core schema of a type has it.

Aliases may be choices, paths (`AliasPath("address", "street")`), or switched off (`validate_by_alias=False`).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import cast

from langchain_nuextract.schema.json_types import objects_in
from langchain_nuextract.schema.python_types.adapters import CoreNode, adapter

_FIELDS = ("model-fields", "dataclass-args", "typed-dict")


def keys_of(alias: object) -> list[str]:
    """Give the keys by which a field is read, best first; none where it is read by its name or by paths alone.

    Args:
        alias: Its `validation_alias` in a core schema: a key, a path, or several paths; None if it has none.
    """
    if not alias:
        return []
    if isinstance(alias, str):
        return [alias]
    steps = cast("list[str | int] | list[list[str | int]]", alias)
    # `AliasPath("address", "street")` is `["address", "street"]`, `AliasChoices` a list of such.
    paths = cast("list[list[str | int]]", steps if isinstance(steps[0], list) else [steps])
    return [str(path[0]) for path in paths if len(path) == 1]


@lru_cache(maxsize=256)
def reads_names(type_: object) -> bool:
    """Whether a type has fields that are read by paths alone, `AliasPath("address", "street")`.

    They are asked for by their names, and have to be validated by them.
    """
    aliases = (node.get("validation_alias") for node in objects_in(adapter(type_).core_schema))
    return any(alias and not keys_of(alias) for alias in aliases)


def by_name(node: CoreNode) -> CoreNode:
    """Take the aliases off the fields of a model or dataclass that is not read by them."""
    config: Mapping[str, object] = node.get("config") or {}
    if config.get("validate_by_alias") is not False:
        return node
    return {**node, "schema": _without_aliases(node["schema"])}


def _without_aliases(node: CoreNode) -> CoreNode:
    if node["type"] in _FIELDS:
        fields = node["fields"]
        if isinstance(fields, Mapping):
            named = cast("Mapping[str, CoreNode]", fields)
            return {**node, "fields": {name: _unaliased(field) for name, field in named.items()}}
        return {**node, "fields": [_unaliased(field) for field in fields]}
    return {**node, "schema": _without_aliases(node["schema"])} if isinstance(node.get("schema"), Mapping) else node


def _unaliased(field: CoreNode) -> CoreNode:
    return {key: value for key, value in field.items() if key != "validation_alias"}


@lru_cache(maxsize=256)
def fields_of(type_: type) -> tuple[tuple[str, str], ...]:
    """Give the attributes of a model or dataclass that make an instance, each with the key by which it is read."""
    node = cast("CoreNode", adapter(type_).core_schema)
    if node["type"] == "definitions":
        every: list[CoreNode] = [node["schema"], *node["definitions"]]
        node = next(each for each in every if each.get("cls") is type_)
    # Validators of the model stand around its fields in Pydantic's tree.
    while node["type"] not in _FIELDS and isinstance(node.get("schema"), Mapping):
        node = by_name(node)["schema"] if node["type"] in {"model", "dataclass"} else node["schema"]
    fields: object = node.get("fields", ())
    if isinstance(fields, Mapping):
        named = list(cast("Mapping[str, CoreNode]", fields).items())
    else:
        named = [(str(field["name"]), field) for field in cast("list[CoreNode]", fields)]
    return tuple((name, next(iter(keys_of(field.get("validation_alias"))), name)) for name, field in named)
