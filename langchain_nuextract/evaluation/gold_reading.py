"""Gold as people type it, read by the same reader as models' answers: "955,67" is 955.67, "18/03/2025" a date."""

import json
from dataclasses import replace

from pydantic_core import PydanticSerializationError, to_jsonable_python

from langchain_nuextract.errors import InvalidValue, Problem
from langchain_nuextract.parsing.read import read_answer
from langchain_nuextract.parsing.repairs import Repair
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.target import Target


def _as_json(typed: object) -> JSON:
    """Take Python's values for the JSON that they are written as: dates as text, tuples as lists, keys as text."""
    try:
        return json.loads(json.dumps(to_jsonable_python(typed), allow_nan=False))
    except (TypeError, ValueError, RecursionError, PydanticSerializationError) as error:
        raise InvalidValue([Problem((), f"this is no JSON ({error})")]) from error


def read_gold(typed: object, target: Target[object], document: str = "") -> tuple[JSON, tuple[Repair, ...]]:
    """Read a gold value in the shape of a schema.

    Args:
        typed: JSON of the user's shape, whose leaves may be texts as people write numbers, dates and choices.
        target: The schema.
        document: The text that was annotated, if there is one: it shows how numbers and dates are written there.

    Returns:
        The value, and what was read as something else than it was typed as. Paths are those of the user's shape.

    Raises:
        InvalidValue: It has a key that the schema lacks, or something that is not of its type, or that can be read in
            two ways: `1.234` may be a thousand or one. Nothing is guessed in a gold.
    """
    typed = _as_json(typed)
    if problems := target.unknown_keys(typed):
        raise InvalidValue(problems)
    answer = target.lower(typed)
    reading = read_answer(json.dumps(answer), target, policy="safe", document=document)
    place = target.placer(answer)
    if reading.problems:
        raise InvalidValue([replace(problem, path=place(problem.path)) for problem in reading.problems])
    value = target.lift(reading.value)
    target.validate(value)
    return value, tuple(replace(each, path=place(each.path)) for each in reading.repairs)
