"""The values of a user's shape that a document has to say in words or figures of its own."""

import re
from collections.abc import Iterator
from typing import Final

from langchain_nuextract.paths import JSON, Path, leaves
from langchain_nuextract.schema.ir import Anything, Enum, RecursionCut, SchemaNode, TypedScalar
from langchain_nuextract.schema.tree import parts, parts_and_values
from langchain_nuextract.schema.value_types import TYPES

LONGEST_MEANING: Final = 120
"""Characters of what is said of a choice beyond which it is an explanation, and no words of a document's."""
FEWEST_WORDS: Final = 2
"""Words of a part of it that is looked for: `covered` stands in `not covered` too."""
_BREAK: Final = re.compile(r"[;,:.()/]|\s[-\u2013\u2014]\s")


def spoken(node: SchemaNode, value: JSON) -> Iterator[JSON]:
    """Yield the scalars of a value that are no choice, code, truth value or null, in order."""
    match node:
        case TypedScalar(type=type_) if TYPES[type_].is_code:
            return
        case TypedScalar() | Anything() | RecursionCut():
            yield from (leaf for _, leaf in leaves(value) if leaf is not None and not isinstance(leaf, bool))
        case _:
            for _, part, child in parts_and_values(node, value):
                yield from spoken(part, child)


def choices(node: SchemaNode) -> Iterator[JSON]:
    """Yield the values of all choices in a node and below it, in order."""
    if isinstance(node, Enum):
        yield from (member.value for member in node.members)
    for _, part in parts(node):
        yield from choices(part)


def has_choices(node: SchemaNode) -> bool:
    """Whether there are choices, codes or truth values in a node or below it."""
    if isinstance(node, Enum) or (
        isinstance(node, TypedScalar) and (TYPES[node.type].is_code or "boolean" in node.kinds)
    ):
        return True
    return any(has_choices(part) for _, part in parts(node))


def wordings(node: SchemaNode, value: JSON, path: Path = ()) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield the choices, codes and truth values of a value, with the words that a document may have in their stead."""
    match node:
        case Enum():
            members = [member for member in node.members if member.value == value]
            said = [word for each in members for word in (each.label, *each.names, *_phrases(each.meaning))]
            written = [value] if isinstance(value, str) else []
            # `not_paid` may stand as "not paid".
            words = (word for each in (*said, *written) for word in (each, " ".join(each.split("_"))))
            yield path, tuple(word for word in dict.fromkeys(words) if word and word != value)
        case TypedScalar() if TYPES[node.type].is_code or isinstance(value, bool):
            yield path, ()
        case _:
            for step, part, child in parts_and_values(node, value):
                yield from wordings(part, child, (*path, *step))


def _phrases(meaning: str) -> Iterator[str]:
    """What is said of a choice, whole and in parts, where it is short: `Paid in full; nothing is owed`."""
    parts_of_it = (meaning, *_BREAK.split(meaning)) if len(meaning) <= LONGEST_MEANING else ()
    yield from (part for each in parts_of_it if len((part := each.strip(" .")).split()) >= FEWEST_WORDS)
