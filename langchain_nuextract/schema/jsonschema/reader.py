"""JSON Schema of any draft, read into nodes. Only in this package are its keywords known.

What only validation can check (bounds, most patterns, `not`, `if`, …) is not read: the user's own schema validates.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, cast

from langchain_nuextract.errors import UnsupportedSchema
from langchain_nuextract.paths import EACH, JSON, fields, items, text
from langchain_nuextract.schema.combine.by_kind import sides_of
from langchain_nuextract.schema.combine.intersection import meet, meet_all
from langchain_nuextract.schema.combine.union import unite_all
from langchain_nuextract.schema.finalize import ANY
from langchain_nuextract.schema.ir import (
    Anything,
    Array,
    Enum,
    Field,
    Member,
    Never,
    Record,
    RecursionCut,
    SchemaNode,
    TypedScalar,
    enum,
    is_impossible,
)
from langchain_nuextract.schema.json_types import dumps, is_list, is_object, json_type_of, plain_type
from langchain_nuextract.schema.jsonschema.descriptions import titled, with_annotations, with_meaning_of_key
from langchain_nuextract.schema.jsonschema.keywords import (
    ALIASES,
    DEFAULTED,
    NAMES,
    bound,
    implied_type,
    misspelt,
    one_or_several,
    required,
)
from langchain_nuextract.schema.jsonschema.limits import DEEPEST, Limits, SchemaPlace, SchemaTooLarge
from langchain_nuextract.schema.jsonschema.linear_patterns import untried
from langchain_nuextract.schema.jsonschema.references import Resolver
from langchain_nuextract.schema.jsonschema.scalars import scalar_node
from langchain_nuextract.schema.tree import size

MOST_KEYS: Final = 100
"""Names that are each asked for by itself, where a schema lists all that there may be."""

_MANY = "the schema spells out to too many parts. Ask for less at once."
_UNNAMED = ("parts without a name that there are under a condition", "they are not asked for")
_CUT = ("a recursion is not unrolled any further", "what lies deeper is asked for as JSON text")


class Reader:
    """Reads one schema once.

    Args:
        resolver: Where the schema's references lead.
        loops: The recursive schemas.
        limits: How far to go.
        draft: The address of its metaschema.
        closed: Whether objects have no properties but those that are mentioned, unless it says otherwise.
    """

    def __init__(self, resolver: Resolver, loops: frozenset[int], limits: Limits, *, draft: str, closed: bool) -> None:
        self._resolver = resolver
        self._loops = loops
        self._limits = limits
        self._old = bool(re.search(r"draft-0[3-7]", draft))
        self._constants = not re.search(r"draft-0[34]", draft)
        self._closed = closed
        self._steps = 0

    def whole(self, schema: Mapping[str, JSON]) -> SchemaNode:
        """Read the schema, from its root.

        Raises:
            TooLarge: It does not fit into the limits.
            UnsupportedSchema: It leads to itself without an end.
        """
        place = SchemaPlace(self._resolver.root, inside=frozenset({id(schema)}))
        if id(schema) in self._loops:
            place = replace(place, unrolled=frozenset({id(schema)}))
        try:
            node = self.read(schema, place)
        except RecursionError:
            raise SchemaTooLarge((), "the schema leads on from reference to reference for too long.") from None
        if size(node) > self._limits.parts:
            raise SchemaTooLarge((), _MANY)
        return node

    def read(self, schema: JSON | Mapping[str, JSON], place: SchemaPlace) -> SchemaNode:
        """Read what a schema says about one value."""
        self._steps += 1
        if self._steps > self._limits.steps:
            raise SchemaTooLarge((), _MANY)
        if len(place.path) > DEEPEST:
            raise SchemaTooLarge(place.path, f"the schema is nested deeper than {DEEPEST} levels.")
        if schema is False:
            return Never()
        if not isinstance(schema, Mapping) or not schema:
            return Anything(nullable=True, lost=(ANY,))
        says = cast("Mapping[str, JSON]", schema)
        place = replace(place, resolver=self._resolver.within(place.resolver, says))
        return with_annotations(meet_all(self._conjuncts(says, place)), says, place)

    def _conjuncts(self, schema: Mapping[str, JSON], place: SchemaPlace) -> list[SchemaNode]:
        """Read all that holds at once for one value."""
        targets = [
            self._follow(target, replace(place, resolver=resolver))
            for target, resolver in self._resolver.follow(place.resolver, schema, place.path)
        ]
        if targets and self._old:
            return targets
        every = [self.read(part, place) for name in ("allOf", "extends") for part in one_or_several(schema.get(name))]
        some = [
            unite_all([self.read(part, place) for part in one_or_several(schema[name])])
            for name in ("anyOf", "oneOf")
            if schema.get(name)
        ]
        conditional = self._conditional(schema, place)
        return [self._own(schema, place), *targets, *every, *some, *([conditional] if conditional else [])]

    def _conditional(self, schema: Mapping[str, JSON], place: SchemaPlace) -> SchemaNode | None:
        """Read the parts that there are under a condition. They are asked for, and restrict nothing else."""
        branches = [schema[name] for name in ("then", "else") if "if" in schema and name in schema]
        needed: list[JSON] = []
        for name in ("dependentSchemas", "dependencies", "dependentRequired"):
            for part in fields(schema.get(name)).values():
                branches += [part] if is_object(part) else []
                needed += items(part)
        records = [record for part in branches if (record := sides_of(self.read(part, place)).record)]
        if records and (condition := sides_of(self.read(schema.get("if"), place)).record):
            # `{"if": {"properties": {"paid": {"const": true}}}}` mentions a part that has other values too.
            records.append(replace(condition, fields=tuple(map(_freed, condition.fields))))
        found: dict[str, Field] = {}
        for field in (
            *(field for record in records for field in record.fields),
            *(self._undeclared(name, schema, place, required=False) for name in map(text, needed) if name),
        ):
            known = found.get(field.name)
            node = unite_all([known.node, field.node]) if known else field.node
            found[field.name] = Field(name=field.name, node=node, required=False, conditional=True)
        unnamed = (_UNNAMED,) if any(record.rest and record.fields for record in records) else ()
        return Record(fields=tuple(found.values()), open=True, implied=True, lost=unnamed) if found else None

    def _follow(self, target: JSON, place: SchemaPlace) -> SchemaNode:
        name = id(target)
        if name in place.inside:
            raise UnsupportedSchema(place.path, "the schema leads back to itself without an end.")
        place = replace(place, inside=place.inside | {name})
        if name not in self._loops:
            return self.read(target, place)
        rounds = place.rounds + (name in place.unrolled)
        if rounds > self._limits.rounds or len(place.unrolled) >= self._limits.nested:
            return RecursionCut(lost=(_CUT,))
        return self.read(target, replace(place, rounds=rounds, unrolled=place.unrolled | {name}))

    def _own(self, schema: Mapping[str, JSON], place: SchemaPlace) -> SchemaNode:
        """Read what the keywords of the schema itself say, references and combinations left out."""
        typed = self._typed(schema, place)
        # A type of the user's own tries its patterns itself.
        if not self._closed and (lost := (*untried(schema), *misspelt(schema))):
            typed = replace(typed, lost=(*typed.lost, *lost))
        if "const" in schema and self._constants:
            return meet(enum([schema["const"]]), typed)
        choices = schema.get("enum")
        if is_list(choices):
            chosen = meet(enum(choices), typed)
            return titled(chosen, schema) if isinstance(chosen, Enum) else chosen
        return typed

    def _typed(self, schema: Mapping[str, JSON], place: SchemaPlace) -> SchemaNode:
        named = schema.get("type")
        if named is not None:
            return unite_all([self._by_type(name, schema, place) for name in one_or_several(named)])
        name = implied_type(schema)
        return replace(self._by_type(name, schema, place), implied=True) if name else Anything(nullable=True)

    def _by_type(self, name: JSON, schema: Mapping[str, JSON], place: SchemaPlace) -> SchemaNode:
        match name:
            case "object":
                return self._object(schema, place)
            case "array":
                return self._array(schema, place)
            case Mapping():
                return self.read(name, place)
            case _:
                return scalar_node(name, schema)

    def _array(self, schema: Mapping[str, JSON], place: SchemaPlace) -> Array:
        places = items(schema.get("prefixItems", schema.get("items")))
        after = schema.get("items", True) if not isinstance(schema.get("items"), list) else None
        rest = schema.get("additionalItems", True) if after is None else after
        most = bound(schema.get("maxItems"))
        prefix = tuple(self.read(part, place.down(index)) for index, part in enumerate(places))
        return Array(
            prefix=prefix,
            rest=None if prefix and most is not None and most <= len(prefix) else self._rest(rest, place),
            least=bound(schema.get("minItems")) or 0,
            most=most,
            names=tuple(map(text, items(schema.get(NAMES)))),
        )

    def _rest(self, schema: JSON, place: SchemaPlace) -> SchemaNode | None:
        node = self.read(schema, place.down(EACH))
        return None if is_impossible(node) else node

    def _object(self, schema: Mapping[str, JSON], place: SchemaPlace) -> Record:
        named, names = fields(schema.get("properties")), schema.get("propertyNames")
        keys = self.read(names, place.down(EACH)) if is_object(names) else Anything()
        only: dict[str, Member] = {}
        if isinstance(keys, Enum) and len(keys.members) <= MOST_KEYS:
            only = {text(member.value) or member.text: member for member in keys.members}
        must = required(schema, named)
        described = [self._field(name, part, place, required=name in must) for name, part in named.items()]
        rest, open_ = self._others(schema, place)
        undescribed = [
            with_meaning_of_key(self._undeclared(name, schema, place, required=name in must), only.get(name))
            for name in dict.fromkeys((*only, *must))
            if name not in named
        ]
        kept = tuple(field for field in (*described, *undescribed) if not is_impossible(field.node))
        if only:
            return Record(fields=kept)
        if not kept and rest is None and open_ and not (self._closed and "properties" in schema):
            return Record(rest=Anything(nullable=True, lost=(ANY,)))
        return Record(fields=kept, rest=rest, open=open_ and not self._closed and rest is None, key_note=keys.note)

    def _field(self, name: str, schema: JSON, place: SchemaPlace, *, required: bool) -> Field:
        node = self.read(schema, place.down(name))
        says: Mapping[str, JSON] = schema if is_object(schema) else {}
        default = dumps(says["default"]) if "default" in says else None
        defaulted = says.get(DEFAULTED) is True
        constant = node.members[0].text if isinstance(node, Enum) and len(node.members) == 1 else None
        return Field(
            name=name,
            node=node,
            required=required,
            default=default,
            filled=self._closed and default is not None and default == constant,
            aliases=tuple(alias for alias in map(text, items(says.get(ALIASES))) if alias and alias != name),
            defaulted=defaulted,
            null_matters=not required and (not defaulted if default is None else default != "null"),
        )

    def _undeclared(self, name: str, schema: Mapping[str, JSON], place: SchemaPlace, *, required: bool) -> Field:
        """Read a property that is required, or named by `propertyNames`, but not described."""
        # Patterns are not tried: the search for one can take for ever.
        described = [*fields(schema.get("patternProperties")).values(), schema.get("additionalProperties", True)]
        node = unite_all([self.read(part, place.down(name)) for part in described])
        return Field(name=name, node=node, required=required)

    def _others(self, schema: Mapping[str, JSON], place: SchemaPlace) -> tuple[SchemaNode | None, bool]:
        """Read what properties under other names are, and tell whether there may be some that are not mentioned."""
        extra = schema.get("additionalProperties")
        matched = [self._rest(part, place) for part in fields(schema.get("patternProperties")).values()]
        stated = self._rest(extra, place) if extra is not None and extra is not False else None
        nodes = [node for node in (*matched, stated) if node]
        return unite_all(nodes) if nodes else None, extra is None


def _freed(field: Field) -> Field:
    """Let a property have other values of the types that its choices have."""
    if not isinstance(field.node, Enum):
        return field
    kinds = frozenset(json_type_of(member.value) for member in field.node.members)
    node = Anything() if kinds & {"array", "object"} else TypedScalar(type=plain_type(kinds), kinds=kinds)
    return replace(field, node=node)
