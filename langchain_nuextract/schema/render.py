"""What is sent of a form: the template, and the JSON Schema that constrained decoding is held to."""

from langchain_nuextract.paths import JSON, fields
from langchain_nuextract.schema.answer_shape import (
    AnswerShape,
    EnumShape,
    ListShape,
    MultiEnumShape,
    RecordShape,
    ScalarShape,
)
from langchain_nuextract.schema.jsonschema.keywords import ANNOTATION
from langchain_nuextract.schema.value_types import json_kind


def template(shape: AnswerShape) -> JSON:
    """Write the template of a form."""
    match shape:
        case ScalarShape():
            return shape.type
        case EnumShape():
            return list(shape.labels)
        case MultiEnumShape():
            return [list(shape.labels)]
        case ListShape():
            return [template(shape.item)]
        case RecordShape():
            return {name: template(part) for name, part in shape.fields}


def answer_schema(shape: AnswerShape, *, nullable: bool = False, closed: bool = True) -> dict[str, JSON]:
    """Write the JSON Schema of the answers of a form.

    Every key is required, so that the model answers each; whatever may be missing may be null, and is the empty
    string where the generation writes it so. There are no keywords that grammar engines do not have.

    Args:
        shape: What is asked for.
        nullable: Whether there may be no answer.
        closed: Whether it is for a model to be held to, which is to write no other keys, whatever the user's schema
            admits, and texts by their patterns.
    """
    match shape:
        case ScalarShape(type=""):
            return {"type": "string"}
        case ScalarShape():
            written = {"pattern": shape.pattern} if closed and shape.pattern else {}
            return {**_typed(json_kind(shape.type), nullable=nullable), **written}
        case EnumShape():
            return {"enum": [*shape.labels, *([None] if nullable else [])]}
        case MultiEnumShape():
            return answer_schema(shape.as_list, nullable=nullable)
        case ListShape():
            # An item is null only where null is one of the user's values: `list[Color | None]`.
            items = answer_schema(shape.item, nullable=shape.gaps, closed=closed)
            most = {} if shape.most is None else {"maxItems": shape.most}
            return {**_typed("array", nullable=nullable), "items": items, **most}
        case RecordShape():
            parts: dict[str, JSON] = {
                name: answer_schema(part, nullable=True, closed=closed) for name, part in shape.fields
            }
            return {
                **_typed("object", nullable=nullable),
                "properties": parts,
                "required": list(parts),
                **({"additionalProperties": False} if closed or not shape.open else {}),
            }


def with_types(schema: dict[str, JSON], shape: AnswerShape) -> dict[str, JSON]:
    """Add the NuExtract types to an answer schema, for validation: grammar engines do not know the keyword."""
    match shape:
        case ScalarShape():
            return {**schema, ANNOTATION: shape.type}
        case ListShape():
            return {**schema, "items": with_types(fields(schema["items"]), shape.item)}
        case RecordShape():
            properties = fields(schema["properties"])
            return {
                **schema,
                "properties": {name: with_types(fields(properties[name]), part) for name, part in shape.fields},
            }
        case _:
            return schema


def _typed(name: str, *, nullable: bool) -> dict[str, JSON]:
    return {"type": [name, "null"] if nullable else name}
