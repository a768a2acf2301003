"""What agents and middleware look up about the model."""

from typing import cast

from langchain_core.language_models import ModelProfile

from langchain_nuextract.dialects import dialect_for, dialect_named
from langchain_nuextract.errors import UnsupportedTask


class OwnProfile(dict[str, object]):
    """A plain dict; its class tells that the model made it, so that a copy with another name makes its own."""


def profile_for(model: str, dialect: str | None) -> ModelProfile:
    """Say what a model can do, as far as its name or its dialect tells; nobody is asked."""
    return cast("ModelProfile", OwnProfile(structured_output=True, tool_calling=False, **_images(model, dialect)))


def _images(model: str, dialect: str | None) -> dict[str, bool]:
    try:
        spoken = dialect_named(dialect) if dialect else dialect_for(model)
    except UnsupportedTask:
        # Such a model can still be chatted with; nobody knows what it takes.
        return {}
    return {"image_inputs": spoken.images != 0}
