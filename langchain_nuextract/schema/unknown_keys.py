"""Keys of a value that the schema has no field for: in an example of the user's they are slips."""

from collections.abc import Iterator
from difflib import get_close_matches

from langchain_nuextract.errors import Problem
from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.schema.ir import Array, Record, SchemaNode, Split
from langchain_nuextract.schema.json_types import is_list, is_object


def unknown_keys(node: SchemaNode, value: JSON, at: Path = ()) -> Iterator[Problem]:
    """Name the keys that stand for no field.

    Where the schema admits any key, it is one that looks like a field that is missing. What a validator of the user's
    makes of an object is not asked.
    """
    match node:
        case Record() if is_object(value) and not node.hooked:
            yield from _in_record(node, value, at)
        case Array() if is_list(value):
            for index, item in enumerate(value):
                if part := node.item(index):
                    yield from unknown_keys(part, item, (*at, index))
        case Split():
            if part := node.part(value):
                yield from unknown_keys(part, value, at)
        case _:
            pass


def _in_record(node: Record, value: dict[str, JSON], at: Path) -> Iterator[Problem]:
    known = {key: field for field in node.fields for key in (field.name, *field.aliases)}
    missing = [field.name for field in node.fields if field.name not in value]
    for key, child in value.items():
        if key in known:
            yield from unknown_keys(known[key].node, child, (*at, key))
        elif node.rest is None:
            close = get_close_matches(key, missing, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"the fields are {', '.join(map(repr, known))[:200]}."
            if close or not node.open:
                yield Problem((*at, key), f"the schema has no such field; {hint}")
