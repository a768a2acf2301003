"""What of a schema a template cannot carry, or a vocabulary does not have, and what is asked for instead."""

from collections.abc import Iterator
from typing import Final

from langchain_nuextract.paths import JSON, Path, fields, show
from langchain_nuextract.schema.ir import Array, Enum, Loss, Record, SchemaNode, Split, TypedScalar
from langchain_nuextract.schema.json_types import dumps
from langchain_nuextract.schema.tree import parts
from langchain_nuextract.schema.vocabulary import Vocabulary, nearest_type

_EMPTY: Final = ("whether it is empty or missing", "this model writes both alike; it is left out where it may be")


LARGEST: Final = 30_000
"""Characters of a template, about 10,000 tokens: what the model cards of NuExtract 1.5 and 2.0 take of an input."""


def too_large(template: JSON) -> Iterator[Loss]:
    """Say that a template is larger than models can follow, and which of its parts to leave out or ask for alone."""
    size = len(dumps(template))
    if size <= LARGEST:
        return
    sizes = sorted(((len(dumps(part)), name) for name, part in fields(template).items()), reverse=True)
    shares = ", ".join(f"{show((name,))} has {part:,}" for part, name in sizes[:3])
    yield Loss(
        (),
        f"a template of {size:,} characters, of which models follow {LARGEST:,} at most",
        f"ask for less at once, with a schema for each part ({shares}), or unroll recursions less (depth=)",
    )


def losses(node: SchemaNode, at: Path = ()) -> Iterator[Loss]:
    """Yield what a template cannot carry of a node and of all below it, in order."""
    for what, instead in node.lost:
        yield Loss(at, what, instead)
    for step, part in parts(node):
        yield from losses(part, (*at, *step))


def downgrades(node: SchemaNode, vocabulary: Vocabulary, at: Path = ()) -> Iterator[Loss]:
    """Name the types that a vocabulary does not have, by path, and what is asked for instead."""
    match node:
        case TypedScalar(type="string") if not vocabulary.types:
            yield Loss(at, "empty text", "this model writes it like a missing value")
        case TypedScalar() if node.type not in vocabulary.types:
            choice = node.type == "boolean" and vocabulary.enums
            instead = "a choice of yes and no" if choice else nearest_type(node.type, vocabulary) or "text"
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
