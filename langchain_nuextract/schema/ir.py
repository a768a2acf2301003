"""What a schema means, as a frozen tree on the side of the user's values.

Every schema is read into these nodes once; nothing else ever looks at raw JSON Schema or at a raw template.
"""

import json
from collections import Counter
from dataclasses import dataclass
from typing import TypeAlias

from langchain_nuextract.paths import JSON, Path, show
from langchain_nuextract.schema.json_types import dumps, is_list, is_object


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that a template cannot carry."""

    path: Path
    """Where, in the user's shape."""
    what: str
    """What is lost."""
    instead: str
    """What happens instead."""

    def __str__(self) -> str:
        return f"{show(self.path)}: {self.what}; {self.instead}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What all nodes have."""

    note: str = ""
    """The user's description."""
    nullable: bool = False
    """Whether null is a value here."""
    implied: bool = False
    """Whether the schema did not say the type, so that values of other types are admitted too."""
    lost: tuple[tuple[str, str], ...] = ()
    """What a template cannot carry of this, and what happens instead."""
    hooked: bool = False
    """Whether a validator of the user's sees the raw value before its type does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anything(Base):
    """Any JSON value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Never(Base):
    """No value, except null where it is nullable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecursionCut(Base):
    """The place where a recursion is not unrolled any further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedScalar(Base):
    """A scalar."""

    type: str
    """NuExtract's name of its type."""
    kinds: frozenset[str]
    """What it is in JSON: `string`, `integer`, `number`, `boolean`."""
    decimal: bool = False
    """Whether it is a number that the user's type also takes as text."""
    pattern: str = ""
    """What texts are like, where the user's schema says so in a form for grammars; see `patterns`."""
    is_whole: bool = False
    """Whether a date or time has all its parts, as JSON Schema's formats do; a template's date may be `2024-03`."""
    is_zoned: bool = False
    """Whether a date and time always says its time zone."""
    digits: tuple[int, int] | None = None
    """Of a decimal: how many it has at the most, and how many of them after the point; None if nothing says so."""


@dataclass(frozen=True, slots=True)
class Member:
    """One value of an enumeration."""

    label: str
    """How the model is shown it."""
    text: str
    """The value, as JSON."""
    names: tuple[str, ...] = ()
    """Other words for it: the name of an enumeration's member, or a title."""
    meaning: str = ""
    """What the user's schema says of it."""

    @property
    def value(self) -> JSON:
        """The value."""
        return json.loads(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum(Base):
    """One of some values; a constant where there is but one."""

    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Array(Base):
    """Items in order: some with a place of their own, then any number of one kind."""

    prefix: "tuple[SchemaNode, ...]" = ()
    rest: "SchemaNode | None" = None
    """What follows the prefix; None if nothing may."""
    least: int = 0
    most: int | None = None
    names: tuple[str, ...] = ()
    """The names of the places, as a NamedTuple has them."""

    def item(self, index: int) -> "SchemaNode | None":
        """Give the node of the item at a place; None if there may be none."""
        return self.prefix[index] if index < len(self.prefix) else self.rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A named part of an object."""

    name: str
    node: "SchemaNode"
    required: bool
    default: str | None = None
    """The user's default as JSON; None if there is none."""
    filled: bool = False
    """Whether a constant is put in even where it could be left out."""
    aliases: tuple[str, ...] = ()
    """Other keys under which it is read."""
    conditional: bool = False
    """Whether it stands in a condition of the schema only, so that it restricts nothing that is said elsewhere."""
    defaulted: bool = False
    """Whether a default of the user's type fills it where it is missing, be it written down or made."""
    null_matters: bool = False
    """Whether null and nothing, where both are admitted, mean different things to the user's type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Base):
    """An object: named parts, and perhaps any number of others."""

    fields: tuple[Field, ...] = ()
    rest: "SchemaNode | None" = None
    """What the values under other names are, where the schema says that there are such; None if it does not."""
    open: bool = False
    """Whether values under other names are admitted without being mentioned. They are kept, but not asked for."""
    key_note: str = ""
    """The user's description of the names."""
    kinds: "tuple[RecordKind, ...]" = ()
    """The kinds of object that were put together, at least two; none where it is one."""


@dataclass(frozen=True, slots=True)
class RecordKind:
    """One of several kinds of object that are asked for as one."""

    names: frozenset[str]
    """The names of its fields."""
    tag: str = ""
    """The field that tells it from the others; empty if there is none."""
    labels: frozenset[str] = frozenset()
    """What its tag may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Base):
    """Values of several shapes; at least two of the three."""

    scalar: "TypedScalar | Enum | None" = None
    array: Array | None = None
    record: Record | None = None

    def part(self, value: JSON) -> "TypedScalar | Enum | Array | Record | None":
        """Give the node of the values of a value's shape; None if there may be none."""
        return self.record if is_object(value) else self.array if is_list(value) else self.scalar


SchemaNode: TypeAlias = Anything | Never | RecursionCut | TypedScalar | Enum | Array | Record | Split


def enum(values: list[JSON]) -> SchemaNode:
    """Make the node of some values; null among them makes it nullable, true and false a boolean."""
    texts = dict.fromkeys(dumps(value) for value in values)
    # `["a", null]` is a choice that may be missing, and `[true, false]` no choice at all.
    nullable = texts.pop("null", 0) is None
    if set(texts) == {"true", "false"}:
        return TypedScalar(type="boolean", kinds=frozenset({"boolean"}), nullable=nullable)
    if not texts:
        return Never(nullable=nullable)
    decoded = [(text, json.loads(text)) for text in texts]
    plain = {value for _, value in decoded if isinstance(value, str) and value}
    members: list[Member] = []
    for text, value in decoded:
        label = text
        # The number 1 beside the text "1" is asked for as "=1".
        while label in plain:
            label = f"={label}"
        members.append(Member(value if isinstance(value, str) and value else label, text))
    return Enum(members=tuple(members), nullable=nullable)


def is_impossible(node: SchemaNode) -> bool:
    """Whether no value satisfies a node."""
    return isinstance(node, Never) and not node.nullable


def explained_members(node: Enum) -> str:
    """Say what the members of a choice mean, where the schema does: `"1" = LOW; "2" = HIGH: at once`."""
    # A name that two members have tells nothing of either.
    count = Counter(name for member in node.members for name in member.names[:1])
    said: list[str] = []
    for member in node.members:
        named = [name for name in member.names[:1] if count[name] == 1]
        names = "".join(f" = {name}" for name in named if _only_letters(name) != _only_letters(member.label))
        if names or member.meaning:
            said.append(f'"{member.label}"{names}{f": {member.meaning}" if member.meaning else ""}')
    return "; ".join(said)


def _only_letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def tells_null(field: Field) -> bool:
    """Whether null and nothing are both admitted for a field, and different."""
    return field.null_matters and field.node.nullable and not field.required and not isinstance(field.node, Anything)


def is_constant(node: SchemaNode) -> bool:
    """Whether there is but one value, which need not be asked for."""
    match node:
        case Enum(members=[_], nullable=False):
            return True
        case Record(rest=None, open=False, nullable=False):
            return has_constants_only(node)
        case _:
            return False


def has_constants_only(node: Record) -> bool:
    """Whether all the parts that an object names are constants, and there."""
    return bool(node.fields) and all(
        (field.required or field.filled) and is_constant(field.node) for field in node.fields
    )
