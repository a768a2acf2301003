"""A template as the source of a Pydantic class, to begin one's own with."""

import keyword
import re
from collections.abc import Iterator
from typing import Final
from unicodedata import normalize

from langchain_nuextract.errors import UnsupportedSchema
from langchain_nuextract.paths import Path
from langchain_nuextract.schema.ir import Array, Enum, Record, SchemaNode, TypedScalar
from langchain_nuextract.schema.json_types import dumps
from langchain_nuextract.schema.value_types import TYPES

_OF_PYTHON: Final = frozenset(
    {"dt", "Annotated", "Literal", "BaseModel", "ConfigDict", "Field", "NuType", "Verbatim", "None"}
    | {"str", "int", "float", "bool", "list", "model_config"}
)
"""Names that the source uses, so that no field and no class may have them."""
_WORD: Final = re.compile(r"\w+")


def pydantic_source(node: SchemaNode, name: str) -> str:
    """Write the source of a class with the fields of a template, each of which may be missing.

    Args:
        node: A template, read.
        name: What to call the class.

    Raises:
        UnsupportedSchema: It is no record, or has parts that no template has.
    """
    if not (isinstance(node, Record) and node.fields):
        raise UnsupportedSchema((), "a class needs fields, and this template has none.")
    records = [*_nested_records(node, ())]
    names: dict[Path, str] = {}
    for path, _ in records:
        names[path] = _free(_class_name(path, name), {*names.values(), *_OF_PYTHON})
    # The inner ones first, which the outer ones name.
    body = "\n\n\n".join(_class_source(record, path, names) for path, record in reversed(records))
    return "\n".join((*_imports(body), "", "", body, ""))


def _nested_records(node: SchemaNode, at: Path) -> Iterator[tuple[Path, Record]]:
    match node:
        case Record():
            yield at, node
            for field in node.fields:
                yield from _nested_records(field.node, (*at, field.name))
        case Array(rest=Array() | Record() as rest):
            yield from _nested_records(rest, (*at, 0))
        case _:
            pass


def _class_source(record: Record, path: Path, names: dict[Path, str]) -> str:
    taken = {*_OF_PYTHON, *names.values()}
    lines: list[str] = []
    for field in record.fields:
        written = _free(_identifier(field.name), taken)
        taken.add(written)
        type_ = _type_source(field.node, (*path, field.name), names)
        if isinstance(field.node, Array):
            default, in_field = "[]", "default_factory=list"
        else:
            type_, default, in_field = f"{type_} | None", "None", "default=None"
        value = default if written == field.name else f"Field({in_field}, alias={dumps(field.name)})"
        lines.append(f"    {written}: {type_} = {value}")
    config = (
        ["    model_config = ConfigDict(validate_by_name=True)", ""] if any("alias=" in line for line in lines) else []
    )
    return "\n".join((f"class {names[path]}(BaseModel):", *config, *lines))


def _type_source(node: SchemaNode, at: Path, names: dict[Path, str]) -> str:
    match node:
        case TypedScalar():
            return TYPES[node.type].annotation or f'Annotated[str, NuType("{node.type}")]'
        case Enum():
            return f"Literal[{', '.join(dumps(member.value) for member in node.members)}]"
        case Record():
            return names[at]
        case Array(rest=rest) if rest:
            return f"list[{_type_source(rest, (*at, 0), names)}]"
        case _:
            raise UnsupportedSchema(at, "no template has this: it cannot be written as a class here.")


def _class_name(path: Path, name: str) -> str:
    """Name the class of a record after its field: `Line` for an item of `lines`."""
    if not path:
        return name
    field = next(str(step) for step in reversed(path) if isinstance(step, str))
    # An item of `lines` is a `Line`, and one of `address` an `Address`.
    is_plural = path[-1] == 0 and field.endswith("s") and not field.endswith("ss")
    words = "".join(word[:1].upper() + word[1:] for part in _WORD.findall(field) for word in part.split("_"))
    return _identifier(words[:-1] if is_plural else words)


def _identifier(name: str) -> str:
    # Python reads identifiers in this form.
    bare = "_".join(_WORD.findall(normalize("NFKC", name))).strip("_")
    is_free = bare.isidentifier() and not bare.startswith(("model_validate", "model_dump"))
    written = bare if is_free else f"field_{bare}"
    return written if written.isidentifier() else "field"


def _free(name: str, taken: set[str] | frozenset[str]) -> str:
    from pydantic import BaseModel  # noqa: PLC0415 heavy, and not needed for dict schemas

    if keyword.iskeyword(name) or hasattr(BaseModel, name) or name in taken:
        # `list` becomes `list_`, and a second one `list_2`.
        numbers = iter(range(2, len(taken) + 3))
        name = f"{name}_"
        while name in taken:
            name = f"{name.rstrip('0123456789')}{next(numbers)}"
    return name


def _imports(body: str) -> list[str]:
    typing = [name for name in ("Annotated", "Literal") if f"{name}[" in body]
    ours = [name for name in ("NuType", "Verbatim") if name in body]
    standard = [
        *(["import datetime as dt"] if "dt." in body else []),
        *([f"from typing import {', '.join(typing)}"] if typing else []),
    ]
    return [
        *standard,
        *([""] if standard else []),
        f"from pydantic import BaseModel{', ConfigDict, Field' if 'Field(' in body else ''}",
        *(["", f"from langchain_nuextract import {', '.join(ours)}"] if ours else []),
    ]
