"""What an extractor was made of, as a short text that tells whether an older result still stands."""

import json
from dataclasses import fields
from typing import Final

from langchain_core.example_selectors.base import BaseExampleSelector
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable
from pydantic import BaseModel

from langchain_nuextract.batch.digest import digest
from langchain_nuextract.client.request_body import SAMPLING, merged
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.paths import JSON
from langchain_nuextract.runnables.any_model import innermost, model_name
from langchain_nuextract.runnables.api_model import ApiModel
from langchain_nuextract.runnables.example_selection import Selection

_OWN: Final = (*SAMPLING, "extra_body")
"""What counts of the settings of other chat models."""
_MADE: Final = frozenset({"examples", "max_example_tokens", "instructions"})
"""Options of which it counts what the plan and the selection have made of them; of all others, what was set."""


def fingerprint(
    plan: Plan[object], llm: Runnable[LanguageModelInput, AIMessage], selection: Selection[object] | None = None
) -> str:
    """Hash everything that decides what comes out of a document; the same in every process.

    Of an example selector that are its type and those of its public attributes that are plain values, its examples
    among them if it holds them itself. What stands in a vector store cannot be known: examples added there change no
    hash.

    Args:
        plan: What is asked of every document.
        llm: The model; where it is served, and by which key, does not matter.
        selection: How the examples for a document are chosen.
    """
    model, bound = innermost(llm)
    if isinstance(model, ApiModel):
        settings = merged(model.defaults, model.extra_body, bound)
    else:
        settings = {"model_name": model_name(model), **{name: getattr(model, name, None) for name in _OWN}, **bound}
    deciding: list[object] = [
        settings,
        plan.dialect.name,
        plan.target.template(plan.dialect),
        plan.target.answer_schema_for(plan.dialect),
        plan.instructions,
        [[repr(shot.source), shot.answer] for shot in plan.shots],
        *(getattr(plan.options, each.name) for each in fields(plan.options) if each.name not in _MADE),
    ]
    if selection:
        deciding += [json.dumps(selection.selector, default=_described, sort_keys=True), selection.most]
    return digest(json.dumps(deciding, default=str, sort_keys=True))


def _described(thing: object) -> JSON:
    """Tell a thing's type, and of example selectors and models of Pydantic's also what they were made of."""
    named = f"{type(thing).__module__}.{type(thing).__qualname__}"
    if not isinstance(thing, BaseExampleSelector | BaseModel):
        return named
    return [named, {name: value for name, value in vars(thing).items() if not name.startswith("_")}]
