"""Tracers are shown the schema, as LangChain's own structured output does."""

import json

from langchain_core.utils.function_calling import convert_to_json_schema

from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.target import Target


def ls_arguments(target: Target[object]) -> dict[str, JSON]:
    """Make the argument of a call by which LangChain shows tracers the schema."""
    try:
        schema = convert_to_json_schema(target.schema if target.source == "python" else json.loads(target.schema))
    except ValueError:
        # LangChain cannot describe it: it has no name, or stands in itself.
        schema = {"title": target.name, **target.answer_schema}
    return {"ls_structured_output_format": {"kwargs": {"method": "json_schema"}, "schema": schema}}
