"""Pydantic models, dataclasses, TypedDicts and their instances, read as JSON Schema.

Must not know how JSON Schema is read, nor what a model is asked.
"""
