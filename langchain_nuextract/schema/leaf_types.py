"""Which scalars a schema has, and of which type each is."""

from collections.abc import Iterator

from langchain_nuextract.paths import EACH, Path
from langchain_nuextract.schema.ir import Array, Enum, Never, Record, SchemaNode, Split, TypedScalar
from langchain_nuextract.schema.tree import parts


def leaf_types(node: SchemaNode, at: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield each scalar with its path and NuExtract's name of its type, in the order of the schema.

    Items of lists, and values of objects with any keys, stand under `EACH`. A choice has the type `choice`, and what
    may be any JSON `any`. Where a field has values of several shapes, there is an entry for each of them.
    """
    match node:
        case TypedScalar():
            yield at, node.type
        case Enum():
            yield at, "choice"
        case Array(prefix=prefix, rest=rest):
            for item in (*prefix, *([rest] if rest else [])):
                yield from leaf_types(item, (*at, EACH))
        case Record() | Split() if parts(node):
            for step, part in parts(node):
                yield from leaf_types(part, (*at, *step))
        case Never():
            pass
        case _:
            yield at, "any"
