"""A JSON Schema read into nodes, its recursions unrolled as far as there is room."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.finalize import finalize
from langchain_nuextract.schema.ir import SchemaNode
from langchain_nuextract.schema.jsonschema.limits import Limits, SchemaTooLarge
from langchain_nuextract.schema.jsonschema.reader import Reader
from langchain_nuextract.schema.jsonschema.references import Resolver, recursive

STEPS: Final = 2_000
"""Schemas read at the most where a recursion is unrolled; if it takes more, it is unrolled less."""
PARTS: Final = 20_000
"""Parts that they spell out to at the most."""


def read_schema(schema: Mapping[str, JSON], *, draft: str, depth: int, closed: bool) -> SchemaNode:
    """Read a schema.

    Args:
        schema: A valid JSON Schema; references stay inside it.
        draft: The address of its metaschema.
        depth: How many times a recursive schema may stand in itself, itself included.
        closed: Whether objects have no properties but those that are mentioned, unless it says otherwise.

    Raises:
        UnsupportedSchema: It admits no value, leads to itself without an end, or is too large.
    """
    resolver = Resolver(schema, draft)
    loops = recursive(resolver, schema)

    def within(limits: Limits) -> SchemaNode:
        return finalize(Reader(resolver, loops, limits, draft=draft, closed=closed).whole(schema))

    *wider, last = _unrolling(depth) if loops else [Limits(0)]
    for limits in wider:
        with suppress(SchemaTooLarge):
            return within(limits)
    return within(last)


def _unrolling(depth: int) -> Iterator[Limits]:
    """Yield limits for a schema that stands in itself, from those wanted to the narrowest."""
    for rounds in range(depth - 1, -1, -1):
        yield Limits(rounds, steps=STEPS, parts=PARTS)
    for nested in (6, 3, 2):
        yield Limits(0, nested, STEPS, PARTS)
    yield Limits(0, 1)
