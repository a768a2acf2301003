"""Pydantic models, dataclasses, TypedDicts and their instances, read as JSON Schema."""
