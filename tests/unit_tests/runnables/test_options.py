"""Each option of an extraction is a setting of the extractor, and counts where older results are known again."""

from dataclasses import fields
from inspect import getdoc, signature
from typing import Any

import pytest
from pydantic import BaseModel

from langchain_nuextract import NuExtractor, RecoveryPolicy
from langchain_nuextract.engine.options import ExtractionOptions

OPTIONS = [option.name for option in fields(ExtractionOptions)]
OTHERWISE: dict[str, Any] = {
    "examples": [("Tea, 3 cups", {"cups": 3})],
    "instructions": "Cups, not pots.",
    "thinking": True,
    "logprobs": True,
    "recovery": RecoveryPolicy(max_calls=2),
}


class Order(BaseModel):
    cups: int


def extractor(**settings: Any) -> NuExtractor[Order]:
    return NuExtractor(Order, model="numind/NuExtract3", base_url="http://localhost:1/v1", **settings)


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_is_a_setting_that_is_shown_and_documented(option):
    assert option in signature(NuExtractor).parameters
    assert option in NuExtractor.model_fields
    assert f"\n    {option}: " in (getdoc(NuExtractor) or "")


@pytest.mark.parametrize("option", sorted({*OPTIONS} - {"max_example_tokens"}))
def test_an_option_counts_in_the_fingerprint(option):
    assert extractor(**{option: OTHERWISE[option]}).fingerprint != extractor().fingerprint


def test_the_tokens_of_examples_count_by_the_examples_that_are_left():
    examples = {"examples": OTHERWISE["examples"]}
    assert extractor(**examples, max_example_tokens=1).fingerprint == extractor().fingerprint
    assert extractor(**examples, max_example_tokens=999).fingerprint == extractor(**examples).fingerprint
