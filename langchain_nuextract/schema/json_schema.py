"""JSON Schema of any draft, read into nodes. The only room that knows `$ref`, `allOf`, `anyOf` and the like.

What only validation can check (bounds, patterns, `not`, `if`, …) is not read: the user's own schema validates.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from langchain_nuextract.errors import UnsupportedSchema
from langchain_nuextract.paths import EACH, JSON, Path
from langchain_nuextract.schema.algebra import enum, meet, meet_all, unite_all
from langchain_nuextract.schema.kinds import dumps, is_object, json_kinds
from langchain_nuextract.schema.nodes import (
    Anything,
    Array,
    Cut,
    Enum,
    Field,
    Leaf,
    Never,
    Node,
    Record,
    Split,
    has_constants_only,
    size,
    tells_null,
)
from langchain_nuextract.schema.references import Resolver, recursive
from langchain_nuextract.schema.types import ANNOTATION, REGIONS, SCALARS, json_kind

STEPS: Final = 20_000
"""Schemas read at the most, each as often as it is used."""
UNROLLED: Final = 2_000
"""The same where a recursion is unrolled; if it takes more, it is unrolled less."""
PARTS: Final = 50_000
"""Parts that a schema spells out to at the most: where kinds of object are asked as one, what one admits under any
name is asked under each name of the other."""
DEEPEST: Final = 60
"""Levels of nesting at the most; NuExtract was trained on nine."""

FORMATS = {
    "date": "date",
    "time": "time",
    "date-time": "date-time",
    "duration": "duration",
    "email": "email-address",
    "idn-email": "email-address",
    "uri": "url",
    "iri": "url",
    "url": "url",
    "uuid": "verbatim-string",
    "hostname": "verbatim-string",
    "ipv4": "verbatim-string",
    "ipv6": "verbatim-string",
    "phone": "phone-number",
    "currency-code": "currency",
    "country-code": "country",
}
"""The NuExtract type for a `format`; any other format is text."""

_OBJECT = frozenset({"properties", "required", "additionalProperties", "patternProperties", "propertyNames"})
_ARRAY = frozenset({"items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains"})
_TEXT = frozenset({"minLength", "maxLength", "pattern", "format"})
_NUMBER = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})

_MANY = "the schema spells out to too many parts. Ask for less at once."
_CUT = ("a recursion is not unrolled any further", "what lies deeper is asked for as JSON text")
_BESIDE_CONSTANTS = ("properties that the schema does not mention beside constants", "they are left out")
_IMPLIED = ("the schema states no type here", "values of the type that its keywords are about are asked for")
_ANY = ("any value is admitted here", "it is asked for as text, and read as JSON where it is JSON")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the reader stands."""

    resolver: Any
    path: Path = ()
    inside: frozenset[int] = frozenset()
    """The schemas that are being read for this very value."""
    unrolled: frozenset[int] = frozenset()
    """The recursive schemas on the way here."""
    rounds: int = 0
    """How often the way here went into a recursive schema again."""

    def down(self, step: str | int) -> "_Place":
        return replace(self, path=(*self.path, step), inside=frozenset())


@dataclass(frozen=True, slots=True)
class _Limits:
    rounds: int
    """Times that a recursive schema may be entered again."""
    nested: int = DEEPEST
    """Recursive schemas that may stand in each other."""
    steps: int = STEPS
    """Schemas read at the most."""
    parts: int = PARTS
    """Parts that they spell out to at the most."""


def read(schema: Mapping[str, JSON], *, draft: str, depth: int, closed: bool) -> Node:
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
    unrolled = [_Limits(rounds, steps=UNROLLED, parts=STEPS) for rounds in range(depth - 1, -1, -1)]
    narrow = [_Limits(0, nested, UNROLLED, STEPS) for nested in (6, 3, 2)]
    wider, last = ([*unrolled, *narrow], _Limits(0, 1)) if loops else ([], _Limits(0))
    for limits in wider:
        with suppress(_TooLarge):
            return finished(_Reader(resolver, loops, limits, draft=draft, closed=closed).whole(schema))
    return finished(_Reader(resolver, loops, last, draft=draft, closed=closed).whole(schema))


class _TooLarge(UnsupportedSchema):
    """The limits let the schema grow too large; narrower ones may not."""


class _Reader:
    def __init__(self, resolver: Resolver, loops: frozenset[int], limits: _Limits, *, draft: str, closed: bool) -> None:
        self._resolver = resolver
        self._loops = loops
        self._limits = limits
        self._old = bool(re.search(r"draft-0[3-7]", draft))
        self._constants = not re.search(r"draft-0[34]", draft)
        self._closed = closed
        self._steps = 0

    def whole(self, schema: JSON) -> Node:
        place = _Place(self._resolver.root, inside=frozenset({id(schema)}))
        if id(schema) in self._loops:
            place = replace(place, unrolled=frozenset({id(schema)}))
        try:
            node = self.read(schema, place)
        except RecursionError:
            raise _TooLarge((), "the schema leads on from reference to reference for too long.") from None
        if size(node) > self._limits.parts:
            raise _TooLarge((), _MANY)
        return node

    def read(self, schema: JSON, place: _Place) -> Node:
        """Read what a schema says about one value."""
        self._count(place)
        if schema is False:
            return Never()
        if not isinstance(schema, Mapping) or not schema:
            return Anything(nullable=True, lost=(_ANY,))
        says = cast("Mapping[str, JSON]", schema)
        place = replace(place, resolver=self._resolver.within(place.resolver, says))
        return _annotated(meet_all(self._conjuncts(says, place)), says, place)

    def _count(self, place: _Place) -> None:
        self._steps += 1
        if self._steps > self._limits.steps:
            raise _TooLarge((), _MANY)
        if len(place.path) > DEEPEST:
            raise _TooLarge(place.path, f"the schema is nested deeper than {DEEPEST} levels.")

    def _conjuncts(self, schema: Mapping[str, JSON], place: _Place) -> list[Node]:
        """Read all that holds at once for one value."""
        targets = [
            self._follow(target, replace(place, resolver=resolver))
            for target, resolver in self._resolver.follow(place.resolver, schema, place.path)
        ]
        if targets and self._old:
            return targets
        every = [self.read(part, place) for name in ("allOf", "extends") for part in _listed(schema.get(name))]
        some = [
            unite_all([self.read(part, place) for part in _listed(schema[name])])
            for name in ("anyOf", "oneOf")
            if schema.get(name)
        ]
        return [self._own(schema, place), *targets, *every, *some]

    def _follow(self, target: JSON, place: _Place) -> Node:
        name = id(target)
        if name in place.inside:
            raise UnsupportedSchema(place.path, "the schema leads back to itself without an end.")
        place = replace(place, inside=place.inside | {name})
        if name not in self._loops:
            return self.read(target, place)
        rounds = place.rounds + (name in place.unrolled)
        if rounds > self._limits.rounds or len(place.unrolled) >= self._limits.nested:
            return Cut(lost=(_CUT,))
        return self.read(target, replace(place, rounds=rounds, unrolled=place.unrolled | {name}))

    def _own(self, schema: Mapping[str, JSON], place: _Place) -> Node:
        """Read what the keywords of the schema itself say, references and combinations left out."""
        typed = self._typed(schema, place)
        if "const" in schema and self._constants:
            return meet(enum([schema["const"]]), typed)
        if isinstance(schema.get("enum"), list):
            return meet(enum(schema["enum"]), typed)
        return typed

    def _typed(self, schema: Mapping[str, JSON], place: _Place) -> Node:
        named = schema.get("type")
        if named is None:
            return self._untyped(schema, place)
        return unite_all([self._by_type(name, schema, place) for name in _listed(named)])

    def _untyped(self, schema: Mapping[str, JSON], place: _Place) -> Node:
        for keywords, name in ((_OBJECT, "object"), (_ARRAY, "array"), (_TEXT, "string"), (_NUMBER, "number")):
            if not keywords.isdisjoint(schema):
                return replace(self._by_type(name, schema, place), implied=True)
        return Anything(nullable=True)

    def _by_type(self, name: JSON, schema: Mapping[str, JSON], place: _Place) -> Node:
        match name:
            case "object":
                return self._object(schema, place)
            case "array":
                return self._array(schema, place)
            case Mapping():
                return self.read(name, place)
            case _:
                return _scalar(name, schema)

    def _array(self, schema: Mapping[str, JSON], place: _Place) -> Array:
        tuple_ = schema.get("prefixItems", schema.get("items"))
        places = cast("list[JSON]", tuple_) if isinstance(tuple_, list) else []
        after = schema.get("items", True) if not isinstance(schema.get("items"), list) else None
        rest = schema.get("additionalItems", True) if after is None else after
        most = _bound(schema.get("maxItems"))
        prefix = tuple(self.read(part, place.down(index)) for index, part in enumerate(places))
        return Array(
            prefix=prefix,
            rest=None if prefix and _fills(most, prefix) else self._rest(rest, place),
            least=_bound(schema.get("minItems")) or 0,
            most=most,
        )

    def _rest(self, schema: JSON, place: _Place) -> Node | None:
        node = self.read(schema, place.down(EACH))
        return None if isinstance(node, Never) and not node.nullable else node

    def _object(self, schema: Mapping[str, JSON], place: _Place) -> Record:
        named = cast("Mapping[str, JSON]", schema.get("properties") or {})
        must = _required(schema, named)
        fields = [self._field(name, part, place, required=name in must) for name, part in named.items()]
        rest, open_ = self._others(schema, place)
        known = {field.name for field in fields}
        unnamed = [
            self._undeclared(name, schema, place, required=name in must)
            for name in dict.fromkeys((*_named_keys(schema), *must))
            if name not in known and name not in named
        ]
        kept = tuple(field for field in (*fields, *unnamed) if not isinstance(field.node, Never) or field.node.nullable)
        closed = bool(_named_keys(schema))
        bare = not kept and rest is None and open_ and not (self._closed and "properties" in schema)
        if bare and not closed:
            return Record(rest=Anything(nullable=True, lost=(_ANY,)))
        return Record(
            fields=kept,
            rest=None if closed else rest,
            open=open_ and not self._closed and rest is None and not closed,
        )

    def _field(self, name: str, schema: JSON, place: _Place, *, required: bool) -> Field:
        node = self.read(schema, place.down(name))
        says: Mapping[str, JSON] = schema if is_object(schema) else {}
        default = dumps(says["default"]) if "default" in says else None
        constant = node.members[0].text if isinstance(node, Enum) and len(node.members) == 1 else None
        return Field(
            name=name,
            node=node,
            required=required,
            default=default,
            filled=self._closed and default is not None and default == constant,
            null_matters=not required and (not self._closed if default is None else default != "null"),
        )

    def _undeclared(self, name: str, schema: Mapping[str, JSON], place: _Place, *, required: bool) -> Field:
        """Read a property that is required, or named by `propertyNames`, but not described."""
        # Patterns are not tried: the search for one can take for ever.
        described = [*_patterns(schema).values(), schema.get("additionalProperties", True)]
        node = unite_all([self.read(part, place.down(name)) for part in described])
        return Field(name=name, node=node, required=required)

    def _others(self, schema: Mapping[str, JSON], place: _Place) -> tuple[Node | None, bool]:
        """Read what properties under other names are, and tell whether there may be some that are not mentioned."""
        extra = schema.get("additionalProperties")
        matched = [self._rest(part, place) for part in _patterns(schema).values()]
        stated = self._rest(extra, place) if extra is not None and extra is not False else None
        nodes = [node for node in (*matched, stated) if node]
        return unite_all(nodes) if nodes else None, extra is None


def _annotated(node: Node, schema: Mapping[str, JSON], place: _Place) -> Node:
    """Add what a schema says about a value without restricting it."""
    note = schema.get("description")
    if isinstance(note, str) and note.strip():
        node = replace(node, note=" ".join(note.split()))
    wanted = "verbatim-string" if schema.get("x-verbatim") is True else schema.get(ANNOTATION)
    return retype(node, wanted, place.path) if isinstance(wanted, str) else node


def retype(node: Node, name: str, at: Path) -> Node:
    """Ask for the scalars of a node by a NuExtract type.

    Raises:
        UnsupportedSchema: There is no such type, or it cannot hold the values.
    """
    if name not in SCALARS | REGIONS:
        raise UnsupportedSchema(at, f"NuExtract has no type {name!r}.")
    match node:
        case Leaf():
            if json_kind(name) != "string" and not json_kinds(name) & node.kinds:
                raise UnsupportedSchema(at, f"the type {name!r} does not hold values of {sorted(node.kinds)}.")
            return replace(node, type=name, decimal="string" in node.kinds and json_kind(name) != "string")
        case Array(rest=rest) if rest is not None:
            return replace(node, rest=retype(rest, name, (*at, EACH)))
        case Split(scalar=Leaf() as scalar):
            return replace(node, scalar=retype(scalar, name, at))
        case Anything():
            return Leaf(type=name, kinds=frozenset({json_kind(name)}), nullable=node.nullable, note=node.note)
        case _:
            raise UnsupportedSchema(at, f"the type {name!r} can be asked for text, numbers and lists of them only.")


_NULL = ("null cannot be told from nothing here", "a missing value is left out")


def finished(node: Node) -> Node:
    """Name what a template cannot carry, now that the node is not put together with others any more."""
    match node:
        case Record(fields=fields, rest=rest):
            node = replace(
                node,
                fields=tuple(replace(field, node=_finished_field(field)) for field in fields),
                rest=finished(rest) if rest else None,
            )
            if node.open and has_constants_only(node):
                node = replace(_losing(node, _BESIDE_CONSTANTS), open=False)
        case Array(prefix=prefix, rest=rest):
            node = replace(node, prefix=tuple(map(finished, prefix)), rest=finished(rest) if rest else None)
        case Split():
            one = cast("Array | None", finished(node.array) if node.array else None)
            two = cast("Record | None", finished(node.record) if node.record else None)
            node = replace(node, array=one, record=two)
        case Anything():
            return _losing(node, _ANY)
        case _:
            pass
    return _checked(node)


def _finished_field(field: Field) -> Node:
    node = finished(field.node)
    text = isinstance(node, Leaf | Enum) and not _is_choice(node)
    return node if text or not tells_null(field) else _losing(node, _NULL)


def _is_choice(node: Leaf | Enum) -> bool:
    """Whether the model is asked for a choice or a number, which cannot say that null is meant."""
    return len(node.members) > 1 if isinstance(node, Enum) else json_kind(node.type) != "string"


def _checked(node: Node) -> Node:
    return _losing(node, _IMPLIED) if node.implied else node


def _losing(node: Node, loss: tuple[str, str]) -> Node:
    return node if loss in node.lost else replace(node, lost=(*node.lost, loss))


def _scalar(name: JSON, schema: Mapping[str, JSON]) -> Node:
    match name:
        case "null":
            return Never(nullable=True)
        case "string":
            return Leaf(type=_text_type(schema), kinds=json_kinds("string"))
        case "integer" | "boolean" | "number":
            return Leaf(type=name, kinds=json_kinds(name))
        case _:
            return Anything(nullable=True)


def _text_type(schema: Mapping[str, JSON]) -> str:
    format_ = schema.get("format")
    return FORMATS.get(format_, "string") if isinstance(format_, str) else "string"


def _required(schema: Mapping[str, JSON], named: Mapping[str, JSON]) -> dict[str, None]:
    """Give the names of the properties that must be there; draft 3 says so in the property itself."""
    listed = schema.get("required")
    if isinstance(listed, list):
        return dict.fromkeys(name for name in cast("list[JSON]", listed) if isinstance(name, str))
    return dict.fromkeys(name for name, part in named.items() if is_object(part) and part.get("required") is True)


def _named_keys(schema: Mapping[str, JSON]) -> list[str]:
    """Give the names that `propertyNames` lists, where it lists them."""
    names = schema.get("propertyNames")
    listed = cast("Mapping[str, JSON]", names).get("enum") if isinstance(names, Mapping) else None
    return [name for name in cast("list[JSON]", listed) if isinstance(name, str)] if isinstance(listed, list) else []


def _patterns(schema: Mapping[str, JSON]) -> Mapping[str, JSON]:
    return cast("Mapping[str, JSON]", schema.get("patternProperties") or {})


def _listed(value: JSON) -> list[JSON]:
    if value is None:
        return []
    return cast("list[JSON]", value) if isinstance(value, list) else [value]


def _bound(value: JSON) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _fills(most: int | None, prefix: tuple[Node, ...]) -> bool:
    return most is not None and most <= len(prefix)
