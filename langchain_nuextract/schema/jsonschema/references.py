"""Where a `$ref` leads, and which schemas lead back to themselves. Remote references are refused, never fetched."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final, Protocol, cast

from jsonschema_specifications import REGISTRY  # pyright: ignore[reportMissingTypeStubs] it has none
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import specification_with

from langchain_nuextract.errors import UnsupportedSchema
from langchain_nuextract.paths import JSON, Path

REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")

_NEEDED: Final = 50
"""Frames of the stack that it may take to look a reference up."""


class Referenced(Protocol):
    """What a reference leads to."""

    @property
    def contents(self) -> JSON:
        """The schema."""
        ...

    @property
    def resolver(self) -> "Scope":
        """Where its own references are looked up."""
        ...


class Scope(Protocol):
    """Where a schema stands: what its references are relative to."""

    def lookup(self, ref: str, /) -> Referenced:
        """Follow a reference."""
        ...

    def in_subresource(self, subresource: Resource[JSON], /) -> "Scope":
        """Give the scope of a schema inside, which may have an address of its own."""
        ...


class Resolver:
    """Finds the schema that a reference names, from where it stands."""

    def __init__(self, schema: Mapping[str, JSON], draft: str) -> None:
        specification = specification_with(draft)
        # An address of its own, `"$id": "https://…"`, is what its references are relative to.
        resource = specification.create_resource(schema)
        base = resource.id() or ""
        registry: Registry[JSON] = cast("Registry[JSON]", REGISTRY).with_resource(base, resource)
        self._specification = specification
        self._names = ("$id", "id") if "draft-03" in draft or "draft-04" in draft else ("$id",)
        self.root: Scope = cast("Scope", registry.resolver(base))

    def within(self, resolver: Scope, schema: Mapping[str, JSON]) -> Scope:
        """Give the resolver for what stands in a schema, which may have an address of its own."""
        if not any(isinstance(schema.get(name), str) for name in self._names):
            return resolver
        make_sure_of_room()
        return resolver.in_subresource(Resource(contents=cast("JSON", schema), specification=self._specification))

    def follow(self, resolver: Scope, schema: Mapping[str, JSON], at: Path) -> Iterator[tuple[JSON, Scope]]:
        """Yield what the references of a schema lead to, each with the resolver that holds there.

        Raises:
            UnsupportedSchema: It leads nowhere, or out of the document.
        """
        for name in REFERENCES:
            reference = schema.get(name)
            if not isinstance(reference, str):
                continue
            make_sure_of_room()
            try:
                found = resolver.lookup(reference)
            except (Unresolvable, LookupError, ValueError, TypeError, AttributeError) as error:
                raise UnsupportedSchema(
                    at,
                    f"the reference {reference!r} leads nowhere inside the schema. "
                    "References to other documents are not fetched; put what they hold under $defs.",
                ) from error
            yield found.contents, found.resolver


def make_sure_of_room(frames: int = _NEEDED) -> None:
    """Raise a RecursionError while there is room for one: the registry is Rust, and panics where the stack ends."""
    if frames:
        make_sure_of_room(frames - 1)


def recursive(resolver: Resolver, schema: Mapping[str, JSON]) -> frozenset[int]:
    """Give the identities of the schemas that references lead back to, and of those that lie between two such."""
    edges: dict[int, set[int]] = {id(schema): set()}
    todo: list[tuple[int, JSON | Mapping[str, JSON], Scope]] = [(id(schema), schema, resolver.root)]
    while todo:
        owner, start, scope = todo.pop()
        for target, found in _references(resolver, start, scope):
            edges[owner].add(id(target))
            if id(target) not in edges:
                edges[id(target)] = set()
                todo.append((id(target), target, found))
    leading_on = _without_ends(edges)
    return frozenset(_without_ends(_reversed(leading_on)))


def _references(resolver: Resolver, start: JSON | Mapping[str, JSON], scope: Scope) -> Iterator[tuple[JSON, Scope]]:
    """Yield what the references in a schema lead to, those in `$defs` left out: they count where they are used."""
    todo: list[tuple[JSON | Mapping[str, JSON], Scope]] = [(start, scope)]
    while todo:
        value, here = todo.pop()
        if isinstance(value, list):
            todo.extend((child, here) for child in cast("list[JSON]", value))
        elif isinstance(value, Mapping):
            schema = cast("Mapping[str, JSON]", value)
            inner = resolver.within(here, schema)
            # What leads nowhere may stand in an example or a default; if it is used, reading the schema says so.
            with suppress(UnsupportedSchema):
                yield from resolver.follow(inner, schema, ())
            todo.extend((child, inner) for key, child in schema.items() if key not in {"$defs", "definitions"})


def _without_ends(edges: Mapping[int, set[int]]) -> dict[int, set[int]]:
    """Take away what leads nowhere, then what led there only, and so on: what leads to a cycle remains."""
    before = _reversed(edges)
    # Kahn's way: a schema that leads to none is taken away, until only cycles are left.
    left = {name: len(targets) for name, targets in edges.items()}
    ends = [name for name, count in left.items() if not count]
    while ends:
        for name in before[ends.pop()]:
            left[name] -= 1
            if not left[name]:
                ends.append(name)
    return {name: {target for target in edges[name] if left[target]} for name, count in left.items() if count}


def _reversed(edges: Mapping[int, set[int]]) -> dict[int, set[int]]:
    before: dict[int, set[int]] = {name: set() for name in edges}
    for name, targets in edges.items():
        for target in targets:
            before[target].add(name)
    return before
