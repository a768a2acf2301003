"""Examples made ready to be shown: read, checked against the schema, and written as the model would answer."""

import json
from dataclasses import replace
from typing import TypeVar, cast

from langchain_nuextract.dialects.dialect import Dialect, prompt_json
from langchain_nuextract.dialects.messages import Example, Shot
from langchain_nuextract.documents.escape import escape_source, escape_text
from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.example_leakage import telling
from langchain_nuextract.engine.fields import restricted
from langchain_nuextract.engine.page_inputs import model_inputs
from langchain_nuextract.errors import InvalidValue, Problem
from langchain_nuextract.grounding.normalize import fold
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.answer_shape import RecordShape
from langchain_nuextract.schema.target import Target

T = TypeVar("T")


def shot_of(example: Example, target: Target[T], dialect: Dialect, named: str) -> Shot:
    """Make an example ready.

    Args:
        example: As the user gives it.
        target: What is wanted.
        dialect: In whose vocabulary to write the answer.
        named: What to call it in an error.

    Raises:
        InvalidValue: Its output does not satisfy the schema.
    """
    try:
        answer = target.lower(_output_of(example, target, named), dialect)
        value = target.lift(answer, dialect)
        target.validate(value, dialect)
    except InvalidValue as error:
        error.add_note(f"in the output of {named}")
        raise
    source = escape_source(Source(model_inputs(read(example.input).parts, dialect)), dialect.marks).source
    written = escape_text(prompt_json(answer, indent=None), dialect.marks)
    choices = frozenset(fold(str(choice)) for choice in target.choices)
    return Shot(source, written, telling(target.spoken(value)), choices)


def narrowed_shot(shot: Shot, shape: RecordShape) -> Shot:
    """Leave nothing in an example's answer but some of its fields."""
    return replace(shot, answer=prompt_json(restricted(json.loads(shot.answer), shape), indent=None))


def _output_of(example: Example, target: Target[T], named: str) -> JSON:
    """Give the output of an example, which may be JSON text.

    Raises:
        InvalidValue: It is no JSON, or has a key that the schema has no field for.
    """
    output = cast("JSON", example.output)
    if isinstance(output, str):
        try:
            output = cast("JSON", json.loads(output))
        except json.JSONDecodeError as error:
            raise InvalidValue([Problem((), f"expected JSON text, got {output[:80]!r} ({error})")]) from error
    # What stands under another key would be left out of the example, and nobody would know.
    if unknown := target.unknown_keys(output):
        raise InvalidValue([replace(each, message=f"in {named}: {each.message}") for each in unknown])
    return output
