"""What the user's own schema takes as it is, though the template asks for it in another form.

A tuple is asked for as an object, values of several shapes as an object with a part for each, and what the user's
validators make of a value is theirs to say. An answer in the user's form is no mistake, so nothing is put on record.
"""

from collections.abc import Mapping
from dataclasses import replace

from langchain_nuextract.parsing.align.coerce import is_null_word
from langchain_nuextract.parsing.json.nodes import ArrayNode, Node, ObjectNode, ScalarNode
from langchain_nuextract.parsing.select.candidates import embedded
from langchain_nuextract.paths import JSON
from langchain_nuextract.scalars.names import fold_key
from langchain_nuextract.schema.answer_shape import (
    AnswerShape,
    EnumShape,
    ListShape,
    MultiEnumShape,
    RecordShape,
    ScalarShape,
)
from langchain_nuextract.schema.value_types import TEMPORAL, json_kind


def in_template_form(node: Node, shape: RecordShape) -> ObjectNode | None:
    """Give the object that the template asks for, where a value stands in the form that the user's schema has.

    `[1, 2]` for a tuple is `{"first": 1, "second": 2}`, `"a"` for text or a list of texts is `{"value": "a"}`. None if
    there is nothing to be put in another form.
    """
    match node:
        case ArrayNode(items=[ObjectNode() as only]) if _is_template_form(only, shape):
            return None
        case ArrayNode() if shape.places:
            return _by_places(node, shape)
        case ArrayNode() if shape.list_part:
            return ObjectNode([(shape.list_part, replace(node, fixes=[]))])
        case ScalarNode() if shape.scalar_part and embedded(node) is None:
            return ObjectNode([(shape.scalar_part, replace(node, fixes=[]))])
        case ObjectNode() if shape.object_part and not _names_parts(node, shape):
            return ObjectNode([(shape.object_part, replace(node, fixes=[]))])
        case _:
            return None


def _by_places(node: ArrayNode, shape: RecordShape) -> ObjectNode | None:
    names = [name for name, _ in shape.fields]
    members = list(zip(names[: shape.places], node.items, strict=False))
    # `[1, 2, 3, 4]` for `tuple[int, int, *tuple[int, ...]]` is `{"first": 1, "second": 2, "rest": [3, 4]}`.
    rest = node.items[shape.places :]
    if rest and len(names) == shape.places:
        return None
    if rest:
        members.append((names[shape.places], ArrayNode(rest)))
    return ObjectNode(members, open=node.open)


def _is_template_form(node: ObjectNode, shape: RecordShape) -> bool:
    """Whether the one item of a list is the object itself, rather than an item of a list that the schema admits."""
    own = {part for part in (shape.scalar_part, shape.list_part, shape.object_part) if part}
    return any(key in own for key, _ in node.members) if own else _names_parts(node, shape)


def _names_parts(node: ObjectNode, shape: RecordShape) -> bool:
    asked = {fold_key(name) for name, _ in shape.fields}
    return any(fold_key(key) in asked for key, _ in node.members)


def takes_lists(shape: AnswerShape) -> bool:
    """Whether a list may stand for one value of a shape."""
    match shape:
        case RecordShape():
            return bool(shape.places or shape.list_part or shape.hook)
        case ScalarShape():
            return shape.open or bool(shape.hook)
        case _:
            return True


def branches(shape: RecordShape) -> list[list[str]]:
    """Give the parts of each kind of value that an object stands for, in the order in which they are taken."""
    own = [part for part in (shape.scalar_part, shape.list_part, shape.object_part) if part]
    others = [name for name, _ in shape.fields if name not in own]
    return [*([part] for part in own), *([others] if others else [])] if own else []


def of_other_kinds(value: Mapping[str, JSON], shape: RecordShape) -> list[str]:
    """Name the parts that are filled and that the object has none of, if it is the one of several kinds that it is.

    It is the kind that its tag says, or else the one with the most parts that are filled; of several, the first.
    """
    filled = {name for name, part in value.items() if not is_blank(part)}
    # `{"kind": "circle", "radius": 3, "side": 4}` is a circle, which has no side.
    tagged = [kind for kind in shape.kinds if kind.tag and value.get(kind.tag) in kind.labels]
    kind = max(tagged or shape.kinds, key=lambda kind: len(kind.names & filled), default=None)
    asked = {name for kind in shape.kinds for name in kind.names}
    return [name for name in value if kind and name in filled & asked - kind.names]


def is_blank(value: JSON) -> bool:
    """Whether there is nothing in a value."""
    return value in (None, "", [], {}) or (isinstance(value, dict) and all(map(is_blank, value.values())))


def is_for_validators(node: Node, shape: AnswerShape) -> bool:
    """Whether a value is left as the model wrote it, for a validator of the user's to make something of.

    Words for nothing are not, nor digits for a time, which Pydantic would take for seconds since 1970. Inside of an
    object with a validator, neither are texts that Pydantic would take for a number: `1.580` may be one of thousands.
    """
    match node:
        case ArrayNode():
            return not isinstance(shape, ListShape | MultiEnumShape) and not in_other_form(node, shape)
        case ObjectNode():
            return not isinstance(shape, RecordShape)
        case ScalarNode(value=str() as text):
            return _is_for_validators(text, shape)
        case ScalarNode(value=value):
            return value is not None and not (isinstance(shape, ScalarShape) and shape.read_as in TEMPORAL)
        case _:
            return False


def in_other_form(node: Node, shape: AnswerShape) -> bool:
    """Whether a value stands in a form that the user's schema admits beside the template's."""
    return isinstance(shape, RecordShape) and in_template_form(node, shape) is not None


def _is_for_validators(text: str, shape: AnswerShape) -> bool:
    match shape:
        case _ if is_null_word(text):
            return False
        case ScalarShape():
            kind = shape.read_as
            # The type's own name is an echo of the template: `{"day": "date"}`.
            if text == shape.type or (kind in TEMPORAL and text.strip().isdigit()):
                return False
            return shape.hook == "own" or json_kind(kind) == "string" or not _is_float(text)
        case EnumShape():
            return text not in shape.labels
        case _:
            return True


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
