"""What is wanted, compiled once: from any schema to all that the other rooms need of it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final, Generic, Protocol, TypeVar, cast, overload

from langchain_nuextract.errors import Problem, UnsupportedSchema
from langchain_nuextract.paths import JSON, Path, show
from langchain_nuextract.schema import render as answers
from langchain_nuextract.schema.answer_shape import AnswerShape, AskedPaths, RecordShape
from langchain_nuextract.schema.codec.root import RootCodec, root_codec
from langchain_nuextract.schema.codec.traversal import distinct, notes
from langchain_nuextract.schema.defaults import defaults
from langchain_nuextract.schema.detect import reads_as
from langchain_nuextract.schema.formats.checks import checked_in
from langchain_nuextract.schema.groundable import choices, has_choices, spoken, wordings
from langchain_nuextract.schema.ir import Loss, Record, SchemaNode
from langchain_nuextract.schema.leaf_types import leaf_types
from langchain_nuextract.schema.losses import downgrades, losses, too_large
from langchain_nuextract.schema.sources import SchemaSource, SourceKind, schema_source
from langchain_nuextract.schema.unknown_keys import unknown_keys
from langchain_nuextract.schema.vocabulary import FULL, NUEXTRACT_3, Speaks, Vocabulary, vocabulary_of

T_co = TypeVar("T_co", covariant=True)
S = TypeVar("S")

DEPTH: Final = 4
"""How many times a recursive type stands in itself, itself included, unless the caller says otherwise."""


class Drafts(Protocol):
    """A model that writes templates."""

    def draft_template(self, document: object) -> JSON:
        """Write a template for a description or a document."""
        ...


@dataclass(frozen=True)
class Target(Generic[T_co]):
    """What is wanted, from any schema. Make one with `Target.of`.

    Example:
        >>> target = Target.of({"payer": "verbatim-string", "total": "number"})
        >>> target.validate({"payer": "Museum", "total": 12})
        {'payer': 'Museum', 'total': 12}

    It lowers values to the shape that a template asks for and lifts answers back, `lift(lower(x)) == x`; what a
    template cannot carry is named in `losses`.
    """

    name: str
    """What the user calls it."""
    source: SourceKind
    """What kind of schema it was made of."""
    schema: Any
    """The user's type; JSON text, where the schema was a dict."""
    depth: int = DEPTH
    """How many times a recursive type stands in itself, itself included."""

    @overload
    @staticmethod
    def of(schema: "Target[S]", *, strict: bool = False, depth: int = DEPTH) -> "Target[S]": ...
    @overload
    @staticmethod
    def of(schema: type[S], *, strict: bool = False, depth: int = DEPTH) -> "Target[S]": ...
    @overload
    @staticmethod
    def of(schema: Mapping[str, JSON] | list[JSON], *, strict: bool = False, depth: int = DEPTH) -> "Target[Any]": ...
    @overload
    @staticmethod
    def of(schema: object, *, strict: bool = False, depth: int = DEPTH) -> "Target[Any]": ...
    @staticmethod
    def of(schema: object, *, strict: bool = False, depth: int = DEPTH) -> "Target[Any]":
        """Compile a schema.

        Args:
            schema: A Pydantic model, dataclass, TypedDict or any other type that Pydantic reads; a JSON Schema; a typed
                NuExtract template; or a template of empty strings, as NuExtract 1 has them.
            strict: Refuse a schema of which anything is lost.
            depth: How many times a recursive type stands in itself, itself included; what lies deeper is asked for
                as JSON text.

        Raises:
            UnsupportedSchema: It is none of these, has no fields, or is lost in part and `strict` is set.
        """
        found: Target[Any] = cast("Target[Any]", schema) if isinstance(schema, Target) else _target(schema, depth)
        whole = found._codec(NUEXTRACT_3)
        if not cast("RecordShape", whole.shape).fields or (found.source == "python" and whole.constant):
            raise UnsupportedSchema((), "there is nothing in the schema that a document could say.")
        if strict and found.losses:
            first, *others = found.losses
            more = f" And {len(others)} more: see Target.losses." if others else ""
            raise UnsupportedSchema(first.path, f"{first.what}; {first.instead}.{more}")
        return found

    @staticmethod
    def draft(document: object, *, llm: Drafts) -> "Target[dict[str, Any]]":
        """Let a model write the template, from a description of what is wanted or from a document."""
        return Target[Any].of(llm.draft_template(document))

    def pydantic_source(self, name: str = "Document") -> str:
        """Write the source of a Pydantic class that asks for the same, to begin one's own with.

            print(Target.draft("an invoice with its lines", llm=llm).pydantic_source("Invoice"))

        Args:
            name: What to call the class.

        Raises:
            UnsupportedSchema: The target was not made of a template with fields.
        """
        from langchain_nuextract.schema.pydantic_source import pydantic_source  # noqa: PLC0415 few need it

        return pydantic_source(self.node, name)

    @property
    def type(self) -> Any:
        """What values are instances of; `dict` where the schema was a dict."""
        if self.source == "python":
            return self.schema
        return dict if isinstance(self.node, Record) else Any

    @cached_property
    def losses(self) -> tuple[Loss, ...]:
        """What no template can carry of the schema, by path; first of all, if it is too large for any model."""
        return tuple(dict.fromkeys((*too_large(self.template(FULL)), *losses(self.node))))

    @cached_property
    def instructions(self) -> str:
        """The descriptions in the schema, one a line: `$.items[].price: text`."""
        return self.instructions_for(self._codec(NUEXTRACT_3).shape)

    def instructions_for(self, shape: AnswerShape) -> str:
        """Give the descriptions of what a form asks for: this target's own, or one with some of its fields only."""
        whole = self._codec(NUEXTRACT_3)
        described = (((*whole.wrapped, *path), note) for path, note in notes(whole.codec))
        paths = AskedPaths(shape)
        # A recursive type says the same at each of its depths: that is told once.
        asked = distinct((path, note) for path, note in described if path in paths)
        return "\n".join(f"{show(path)}: {note}" if path else note for path, note in asked)

    @property
    def answer_schema(self) -> dict[str, JSON]:
        """The JSON Schema of the answers in the full vocabulary; as open to other keys as the user's schema."""
        return self.answer_schema_for(FULL)

    def shape(self, dialect: Speaks | str) -> AnswerShape:
        """Give the shape of the answers in a dialect."""
        return self._codec(vocabulary_of(dialect)).shape

    def template(self, dialect: Speaks | str) -> JSON:
        """Give the template in a dialect."""
        return answers.template(self.shape(dialect))

    def answer_schema_for(self, dialect: Speaks | str) -> dict[str, JSON]:
        """Give the JSON Schema of the answers in a dialect: whatever `lower` gives is valid under it."""
        return answers.answer_schema(self.shape(dialect), closed=False)

    def downgrades(self, dialect: Speaks | str) -> tuple[Loss, ...]:
        """Name the types that a dialect does not have, by path, and what is asked for instead."""
        return tuple(dict.fromkeys(downgrades(self.node, vocabulary_of(dialect))))

    def as_json(self, value: object) -> JSON:
        """Write an instance as JSON of its shape, without the user's serializers; what is JSON is left as it is."""
        return self._schema_source.as_json(value)

    def lower(self, value: object, dialect: Speaks | str = FULL) -> JSON:
        """Give the answer that stands for a value.

        Args:
            value: An instance, or JSON of its shape.
            dialect: In whose vocabulary to answer.
        """
        return self._codec(vocabulary_of(dialect)).lower(self.as_json(value))

    def lift(self, answer: JSON, dialect: Speaks | str = FULL) -> JSON:
        """Give the value that an answer stands for, in the user's shape. Never raises; `validate` judges the value.

        Args:
            answer: What the model wrote, in any vocabulary: "yes" and numbers as text are understood.
            dialect: Whose vocabulary it is; it says whether an empty string is text or a missing value.
        """
        return self._codec(vocabulary_of(dialect)).lift(answer)

    def keeps_whole(self, dialect: Speaks | str = FULL) -> bool:
        """Tell whether every answer is its own value that has all its parts, none of them null or empty."""
        return self._codec(vocabulary_of(dialect)).keeps_whole

    def without_empty_objects(self, answer: JSON, dialect: Speaks | str = FULL) -> JSON:
        """Leave out of an answer the objects that may be missing, and that have nothing but missing parts.

        `lift` takes each at its word, since such an object is a value too; of a model's answer it is none.
        """
        return self._codec(vocabulary_of(dialect)).without_empty_objects(answer)

    def lift_fields(self, fields: Mapping[str, JSON], dialect: Speaks | str = FULL) -> tuple[JSON, JSON]:
        """Lift some fields of an answer, where each is lifted on its own, in time that is linear in these alone.

        Returns:
            What `without_empty_objects` leaves of them, and the value of that.
        """
        codec = self._codec(vocabulary_of(dialect)).with_fields(fields)
        part = codec.without_empty_objects({**fields})
        return part, codec.lift(part)

    def separable_fields(self, dialect: Speaks | str = FULL) -> frozenset[str] | None:
        """Tell whether each field of an answer is lifted to a field of the value of its own, whatever the others are.

        Returns:
            The names of those fields that are lists made item by item; None if it is not so.
        """
        return self._codec(vocabulary_of(dialect)).separable_fields()

    def origins(self, answer: JSON, dialect: Speaks | str = FULL) -> dict[Path, Path]:
        """Tell from where in an answer the values come that `lift` makes of it.

        Returns:
            A place in the answer for places in the value. What has none is no part of the answer, unless a place above
            it has one: several values may be written as one text.
        """
        return dict(self._codec(vocabulary_of(dialect)).origins(answer))

    def place(self, path: Path, answer: JSON, dialect: Speaks | str = FULL) -> Path:
        """Tell where a place in an answer is in the user's shape, for people to find it.

        Args:
            path: A place in the answer; there need be nothing there.
            answer: What the model wrote, in the shape of the dialect's template.
            dialect: Whose vocabulary it is.

        Returns:
            The place; where it has no single counterpart, the nearest one above it.
        """
        return self.placer(answer, dialect)(path)

    def placer(self, answer: JSON, dialect: Speaks | str = FULL) -> Callable[[Path], Path]:
        """Give what `place` does, for those who look for many places of one answer, in which it counts items once."""
        return self._codec(vocabulary_of(dialect)).placer(answer)

    def validate(self, value: JSON, dialect: Speaks | str = FULL, *, text: bytes = b"") -> T_co:
        """Make an instance of a value, or check it where the schema was a dict.

        Args:
            value: A value in the user's shape.
            text: The same as JSON, if it is at hand, which spares writing it.
            dialect: Whose answer it is. What it was asked for by one of NuExtract's types is checked to be of this
                type; what it was asked for as free text, since it does not have the type, is not.

        Raises:
            InvalidValue: The user's schema does not admit it.
        """
        return self.checker(dialect)(value, text)

    def checker(self, dialect: Speaks | str = FULL) -> Callable[[JSON, bytes], T_co]:
        """Give what `validate` does, for those who validate many values: it takes a value, and its JSON or nothing."""
        return partial(self._schema_source.check, checked_in(vocabulary_of(dialect)))

    def unknown_keys(self, value: JSON) -> tuple[Problem, ...]:
        """Name the keys of a value, such as the output of an example, that the schema has no field for."""
        return tuple(unknown_keys(self.node, value))

    def defaults(self, value: JSON) -> tuple[Path, ...]:
        """Name the parts that are not in a value and that a default of the user's type fills."""
        return tuple(defaults(self.node, value))

    def spoken(self, value: JSON) -> Iterator[JSON]:
        """Yield the scalars of a value that a document has to say: no choices, codes, truth values or nulls."""
        return spoken(self.node, value)

    def wordings(self, value: JSON) -> tuple[tuple[Path, tuple[str, ...]], ...]:
        """Give the words that a document may have for each choice, code and truth value of a value, by its path."""
        return tuple(wordings(self.node, value)) if self.has_choices else ()

    @cached_property
    def leaf_types(self) -> Mapping[Path, str]:
        """NuExtract's name of the type of each scalar, by its path, with `EACH` for items; choices are `choice`."""
        return dict(leaf_types(self.node))

    @cached_property
    def has_choices(self) -> bool:
        """Whether there are choices, codes or truth values, so that `wordings` has something to give."""
        return has_choices(self.node)

    @cached_property
    def choices(self) -> tuple[JSON, ...]:
        """All values of all choices, in order."""
        return tuple(choices(self.node))

    def explain(self, dialect: Speaks | str = FULL) -> str:
        """Say in words and JSON what is asked for and what is lost."""
        sections = [
            ("Template", json.dumps(self.template(dialect), indent=2, ensure_ascii=False)),
            ("Instructions", self.instructions),
            ("Answer schema", json.dumps(answers.answer_schema(self.shape(dialect)), indent=2, ensure_ascii=False)),
            ("Losses", "\n".join(str(loss) for loss in (*self.losses, *self.downgrades(dialect)))),
        ]
        return "\n\n".join(f"{title}\n{text or 'none'}" for title, text in sections)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle what it was made of; the rest is compiled again."""
        return {name: self.__dict__[name] for name in ("name", "source", "schema", "depth")}

    @cached_property
    def _schema_source(self) -> SchemaSource:
        return schema_source(self.source, self.schema)

    @cached_property
    def node(self) -> SchemaNode:
        """The schema as a tree, on the side of the user's values; see `schema.ir`."""
        return self._schema_source.node(self.depth)

    @cached_property
    def _codecs(self) -> dict[Vocabulary, RootCodec]:
        return {}

    def _codec(self, vocabulary: Vocabulary) -> RootCodec:
        if vocabulary not in self._codecs:
            self._codecs[vocabulary] = root_codec(self.node, vocabulary)
        return self._codecs[vocabulary]


def _target(schema: object, depth: int) -> Target[Any]:
    source = reads_as(schema)
    name = _title_of(schema)
    try:
        kept = schema if source == "python" else json.dumps(schema, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise UnsupportedSchema((), f"this is not JSON: {error}") from error
    return Target[Any](name, source, kept, depth)


def _title_of(schema: object) -> str:
    if isinstance(schema, Mapping):
        title = cast("Mapping[str, JSON]", schema).get("title")
        return title if isinstance(title, str) and title else "Extraction"
    return getattr(schema, "__name__", None) or str(schema)
