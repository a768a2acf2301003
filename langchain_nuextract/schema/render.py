"""What is sent of a form: the template, and the JSON Schema that constrained decoding is held to."""

from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.answer_shape import Choice, Choices, Form, Listing, Record, Scalar
from langchain_nuextract.schema.types import ANNOTATION, json_kind


def template(form: Form) -> JSON:
    """Write the template of a form."""
    match form:
        case Scalar():
            return form.type
        case Choice():
            return list(form.labels)
        case Choices():
            return [list(form.labels)]
        case Listing():
            return [template(form.item)]
        case Record():
            return {name: template(part) for name, part in form.fields}


def answer_schema(form: Form, *, nullable: bool = False, closed: bool = True) -> dict[str, JSON]:
    """Write the JSON Schema of the answers of a form.

    Every key is required, so that the model answers each; whatever may be missing may be null, and is the empty
    string where the generation writes it so. There are no keywords that grammar engines do not have.

    Args:
        form: What is asked for.
        nullable: Whether there may be no answer.
        closed: Whether it is for a model to be held to, which is to write no other keys, whatever the user's schema
            admits, and texts by their patterns.
    """
    match form:
        case Scalar(type=""):
            return {"type": "string"}
        case Scalar():
            written = {"pattern": form.pattern} if closed and form.pattern else {}
            return {**_typed(json_kind(form.type), nullable=nullable), **written}
        case Choice():
            return {"enum": [*form.labels, *([None] if nullable else [])]}
        case Choices():
            items = answer_schema(Choice(form.labels), nullable=form.gaps)
            return {**_typed("array", nullable=nullable), "items": items, **_bound(form.most)}
        case Listing():
            items = answer_schema(form.item, nullable=form.gaps, closed=closed)
            return {**_typed("array", nullable=nullable), "items": items, **_bound(form.most)}
        case Record():
            parts = {name: answer_schema(part, nullable=True, closed=closed) for name, part in form.fields}
            return {
                **_typed("object", nullable=nullable),
                "properties": parts,
                "required": list(parts),
                **({"additionalProperties": False} if closed or not form.open else {}),
            }


def named(schema: dict[str, JSON], form: Form) -> dict[str, JSON]:
    """Add the NuExtract types to an answer schema, for validation: grammar engines do not know the keyword."""
    match form:
        case Scalar():
            return {**schema, ANNOTATION: form.type}
        case Listing():
            return {**schema, "items": named(schema["items"], form.item)}
        case Record():
            parts = {name: named(schema["properties"][name], part) for name, part in form.fields}
            return {**schema, "properties": parts}
        case _:
            return schema


def _bound(most: int | None) -> dict[str, JSON]:
    return {} if most is None else {"maxItems": most}


def _typed(name: str, *, nullable: bool) -> dict[str, JSON]:
    return {"type": [name, "null"] if nullable else name}
