"""Parts that a value does not have and that a default of the user's type fills."""

from collections.abc import Collection, Iterator

from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.schema.ir import Array, Record, SchemaNode, Split
from langchain_nuextract.schema.json_types import dumps, is_list, is_object


def defaults(node: SchemaNode, value: JSON, at: Path = ()) -> Iterator[Path]:
    """Yield the places of the parts that a value does not have and that a default fills."""
    # By hand, where `tree` could go: this is done for every document, and single values need no look.
    match node:
        case Record() if is_object(value):
            yield from _in_record(node, value, at)
        case Array() if is_list(value):
            for index, child in enumerate(value):
                if (part := node.item(index)) and isinstance(child, dict | list):
                    yield from defaults(part, child, (*at, index))
        case Split():
            if part := node.part(value):
                yield from defaults(part, value, at)
        case _:
            pass


def _in_record(node: Record, value: dict[str, JSON], at: Path) -> Iterator[Path]:
    others: Collection[str] = _names_of_others(node, value) if node.kinds else ()
    for field in node.fields:
        if field.name not in value:
            if field.defaulted and field.name not in others:
                yield (*at, field.name)
        elif isinstance(value[field.name], dict | list):
            yield from defaults(field.node, value[field.name], (*at, field.name))
    if node.rest:
        named = {field.name for field in node.fields}
        for name in (each for each in value if each not in named):
            yield from defaults(node.rest, value[name], (*at, name))


def _names_of_others(node: Record, value: dict[str, JSON]) -> set[str]:
    """Give the parts that a value of one of several kinds has not for being of its kind: a letter has no weight.

    It is of the kind that its tag says, or else of any that has all its parts; what one of these lacks may be missing.
    """
    tags = ((kind, value[kind.tag]) for kind in node.kinds if kind.tag in value)
    tagged = [kind for kind, tag in tags if (tag if isinstance(tag, str) else dumps(tag)) in kind.labels]
    kinds = tagged or [kind for kind in node.kinds if kind.names >= value.keys()] or node.kinds
    return {name for kind in node.kinds for name in kind.names if not all(name in each.names for each in kinds)}
