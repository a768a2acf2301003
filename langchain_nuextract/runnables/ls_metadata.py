"""Tracers are told the schema, as LangChain's own structured output does."""

import json
from typing import Any

from langchain_core.utils.function_calling import convert_to_json_schema

from langchain_nuextract.schema.target import Target


def told(target: Target[Any]) -> dict[str, Any]:
    """Give the argument of a call by which LangChain tells tracers what is asked for."""
    try:
        schema = convert_to_json_schema(_described(target))
    except ValueError:
        # LangChain cannot describe it: it has no name, or stands in itself.
        schema = {"title": target.name, **target.answer_schema}
    return {"ls_structured_output_format": {"kwargs": {"method": "json_schema"}, "schema": schema}}


def _described(target: Target[Any]) -> Any:
    return target.schema if target.source == "python" else json.loads(target.schema)
