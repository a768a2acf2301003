"""What is sent of a form: the template, and the JSON Schema that constrained decoding is held to."""

from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.form import Choice, Choices, Form, Listing, Record, Scalar
from langchain_nuextract.schema.types import json_kind


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


def answer_schema(form: Form, *, nullable: bool = False) -> dict[str, JSON]:
    """Write the JSON Schema of the answers of a form.

    Every key is required, so that the model answers each; whatever may be missing may be null, and is the empty
    string where the generation writes it so. There are no keywords that grammar engines do not have.
    """
    match form:
        case Scalar(type=""):
            return {"type": "string"}
        case Scalar():
            return _typed(json_kind(form.type), nullable=nullable)
        case Choice():
            return {"enum": [*form.labels, *([None] if nullable else [])]}
        case Choices():
            item: dict[str, JSON] = {"enum": [*form.labels, *([None] if form.gaps else [])]}
            return {**_typed("array", nullable=nullable), "items": item}
        case Listing():
            return _list(form, nullable=nullable)
        case Record():
            return {
                **_typed("object", nullable=nullable),
                "properties": {name: answer_schema(part, nullable=True) for name, part in form.fields},
                "required": [name for name, _ in form.fields],
                "additionalProperties": False,
            }


def _list(form: Listing, *, nullable: bool) -> dict[str, JSON]:
    bound = {} if form.most is None else {"maxItems": form.most}
    return {**_typed("array", nullable=nullable), "items": answer_schema(form.item, nullable=form.gaps), **bound}


def _typed(name: str, *, nullable: bool) -> dict[str, JSON]:
    return {"type": [name, "null"] if nullable else name}
