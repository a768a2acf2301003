"""The names by which Pydantic reads fields."""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import AliasChoices, AliasPath
from pydantic.fields import FieldInfo


def read_as(name: str, info: FieldInfo) -> str:
    """Give the name that a field has in the JSON Schema: its own, if it is read from inside another."""
    match info.validation_alias or info.alias:
        case str() as alias:
            return alias
        case AliasChoices() as choices:
            return next((str(path[0]) for path in choices.convert_to_aliases() if _is_name(path)), name)
        case AliasPath() | None:
            return name


def has_paths(core: Any) -> bool:
    """Whether a core schema has fields that are read from inside others; only by their own names can they be given."""
    todo = [core]
    while todo:
        part = todo.pop()
        if isinstance(part, Mapping):
            says = cast("Mapping[str, Any]", part)
            alias = says.get("validation_alias")
            if isinstance(alias, list) and not any(map(_is_name, cast("list[Any]", alias))):
                return True
            todo.extend(says.values())
        elif isinstance(part, list | tuple):
            todo.extend(cast("list[Any]", part))
    return False


def _is_name(path: Any) -> bool:
    return isinstance(path, list) and len(cast("list[Any]", path)) == 1 and isinstance(path[0], str)
