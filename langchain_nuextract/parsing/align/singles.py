"""Single values, brought to the type that was asked for."""

from abc import ABC, abstractmethod
from typing import Final

from langchain_nuextract.parsing.align.account import Account
from langchain_nuextract.parsing.align.coerce import is_null_word, says_word, scalar
from langchain_nuextract.parsing.align.enum_labels import label, labels_in
from langchain_nuextract.parsing.align.lists import only_leaf
from langchain_nuextract.parsing.json.nodes import (
    ArrayNode,
    Node,
    ScalarNode,
    json_value,
)
from langchain_nuextract.parsing.repairs import Kind
from langchain_nuextract.parsing.rules import RuleId
from langchain_nuextract.parsing.select.candidates import embedded
from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.schema.answer_shape import (
    AnswerShape,
    EnumShape,
    MultiEnumShape,
    ScalarShape,
)
from langchain_nuextract.schema.codec.scalars import parsed
from langchain_nuextract.schema.value_types import FREE_TEXTS, TEMPORAL

_FEWEST: Final = 3
"""Parts of a date."""
_HOURS: Final = 3
"""Parts of a time of the day."""
_MOST: Final = 6
"""Parts of a time with its seconds."""

ECHO: Final[tuple[RuleId, Kind]] = ("echo", "echo")
NOTHING: Final[tuple[RuleId, Kind]] = ("word-for-nothing", "value")


class Singles(Account, ABC):
    """The reading of single values."""

    @abstractmethod
    def value(self, node: Node, shape: AnswerShape, path: Path) -> JSON:
        """Give the value of any form."""

    def single(self, node: Node, shape: ScalarShape | EnumShape, path: Path) -> JSON:
        """Read a single value, or the only one in a list or object."""
        if is_echo(node, shape):
            return None if self.change(path, *ECHO, json_value(node), None) else json_value(node)
        if isinstance(shape, ScalarShape) and shape.optional and self.says_nothing(node, shape):
            return None if self.change(path, *NOTHING, json_value(node), None) else json_value(node)
        if isinstance(node, ScalarNode):
            return self.leaf(node, shape, path)
        if isinstance(shape, ScalarShape) and shape.open:
            return json_value(node)
        inner = only_leaf(node) or _moment(node, shape)
        if inner is not None and self.change(path, "only-value", "shape", json_value(node), inner.value):
            return self.value(inner, shape, path)
        return self.misfit(node, path, "a single value")

    def structure(self, node: ScalarNode, path: Path) -> JSON:
        """Read an object or list that was asked for as JSON text: `{'name': 'x'}` is as good as `{"name": "x"}`."""
        if is_null_word(node.value):
            return None if self.change(path, *NOTHING, node.value, None) else node.value
        inner = embedded(node)
        if (
            inner is None
            or parsed(str(node.value))[0]
            or not self.change(path, "object-within", "shape", *shown_repair(node, inner))
        ):
            return node.value
        return self.unasked(inner, path)

    def says_nothing(self, node: Node, shape: AnswerShape) -> bool:
        """Whether a text is a word for nothing that the document does not say; without a document none is."""
        return (
            isinstance(shape, ScalarShape)
            and shape.type in FREE_TEXTS
            and isinstance(node, ScalarNode)
            and is_null_word(node.value)
            and "value" in self.allowed
            and bool(self.document and (shape.type or node.written))
            and not says_word(self.document, node.written)
        )

    def leaf(self, node: ScalarNode, shape: ScalarShape | EnumShape, path: Path) -> JSON:
        """Read a scalar as the type, or the label, that was asked for."""
        if isinstance(shape, ScalarShape) and shape.structured:
            return self.structure(node, path)
        taken = (
            label(node, shape.labels, shape.names)
            if isinstance(shape, EnumShape)
            else scalar(node, shape.read_as, self.conventions, document=self.document)
        )
        if taken is None:
            if isinstance(shape, EnumShape):
                return self.misfit(node, path, f"one of {', '.join(shape.labels)}")
            return self.misfit(node, path, f"a value of type {shape.read_as!r}")
        if taken.same or (type(taken.value) is type(node.value) and taken.value == node.value):
            return taken.value
        return taken.value if self.change(path, taken.rule, taken.kind, node.value, taken.value) else node.value


def _moment(node: Node, shape: ScalarShape | EnumShape) -> ScalarNode | None:
    """A date or time that was written as a list of its parts, the year first: `date(2024, 2, 29)`."""
    parts = json_value(node)
    if not isinstance(shape, ScalarShape) or shape.read_as not in TEMPORAL or not isinstance(parts, list):
        return None
    if not _FEWEST <= len(parts) <= _MOST or not all(type(part) is int and part >= 0 for part in parts):
        return None
    year, month, day, *time = parts
    hours = [*time, 0, 0][:_HOURS] if time else []
    text = f"{year:04}-{month:02}-{day:02}" + ("T" if time else "") + ":".join(f"{part:02}" for part in hours)
    return ScalarNode(text, text)


def shown_repair(before: Node, after: Node) -> tuple[JSON, JSON]:
    """What a repair shows of what was read, before and after."""
    return json_value(before), json_value(after)


def is_echo(node: Node, shape: AnswerShape) -> bool:
    """Whether the model repeated the template's leaf in place of a value."""
    match shape:
        case ScalarShape():
            return isinstance(node, ScalarNode) and bool(shape.type) and node.value == shape.type
        case EnumShape():
            said = labels_in(node.written, shape.labels) if isinstance(node, ScalarNode) else json_value(node)
            return not (isinstance(node, ArrayNode) and node.open) and said == list(shape.labels)
        case MultiEnumShape():
            return isinstance(node, ArrayNode) and not node.open and json_value(node) == [list(shape.labels)]
        case _:
            return False
