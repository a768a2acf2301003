"""JSON that others wrote, read without trusting its shape."""

from typing import cast

from langchain_nuextract.paths import JSON


def fields(value: JSON) -> dict[str, JSON]:
    """Take a JSON object as it is, and anything else for an empty one."""
    return cast("dict[str, JSON]", value) if isinstance(value, dict) else {}


def items(value: JSON) -> list[JSON]:
    """Take a JSON array as it is, and anything else for an empty one."""
    return cast("list[JSON]", value) if isinstance(value, list) else []


def integer(value: JSON) -> int | None:
    """Take a whole number as it is, and anything else for none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(value: JSON) -> float | None:
    """Take a number as it is, and anything else for none."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
