"""What a vocabulary does not have, and what is asked for instead."""

from collections.abc import Iterator
from typing import Final

from langchain_nuextract.paths import Path
from langchain_nuextract.schema.ir import Array, Enum, Leaf, Loss, Node, Record, Split, parts
from langchain_nuextract.schema.vocabulary import Vocabulary, nearest

_EMPTY: Final = ("whether it is empty or missing", "this model writes both alike; it is left out where it may be")


def downgrades(node: Node, vocabulary: Vocabulary, at: Path = ()) -> Iterator[Loss]:
    """Name the types that a vocabulary does not have, by path, and what is asked for instead."""
    match node:
        case Leaf(type="string") if not vocabulary.types:
            yield Loss(at, "empty text", "this model writes it like a missing value")
        case Leaf() if node.type not in vocabulary.types:
            choice = node.type == "boolean" and vocabulary.enums
            instead = "a choice of yes and no" if choice else nearest(node.type, vocabulary) or "text"
            yield Loss(at, f"the type {node.type!r}", f"this model is asked for {instead}")
        case Enum() if not vocabulary.enums and len(node.members) > 1:
            yield Loss(at, "the choices", "this model is asked for text")
        case Record() if vocabulary.missing == "":
            for field in node.fields:
                if isinstance(field.node, Array | Record | Split) and (field.node.nullable or not field.required):
                    yield Loss((*at, field.name), *_EMPTY)
        case _:
            pass
    for step, part in parts(node):
        yield from downgrades(part, vocabulary, (*at, *step))
