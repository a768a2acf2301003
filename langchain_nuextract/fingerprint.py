"""What an extractor was made of, as a short text that tells whether an older result still stands."""

import json
from hashlib import sha256
from typing import Any, Final

from langchain_nuextract.paths import JSON
from langchain_nuextract.plan import Plan

_LENGTH: Final = 32
"""Hexadecimal digits: 128 bits, so that no two settings are taken for one another."""


def fingerprint(plan: Plan[Any], model: str) -> str:
    """Hash everything that decides what comes out of a document; the same in every process.

    Args:
        plan: What is asked of every document.
        model: The model's name at the endpoint.
    """
    asked: list[JSON] = [
        model,
        plan.dialect.name,
        plan.target.template(plan.dialect),
        plan.target.answer_schema_for(plan.dialect),
        plan.instructions,
        [[repr(shot.source), shot.answer] for shot in plan.shots],
        plan.thinking,
        repr(plan.recovery),
    ]
    return digest(json.dumps(asked, default=str))


def digest(text: str) -> str:
    """Hash a text, lone surrogates included."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]
