"""The doctor on a real vLLM, whose NuExtract3 has a reasoning parser."""

import pytest

from langchain_nuextract.doctor import examine
from tests.integration_tests.vllm.server import CONTEXT, Server

pytestmark = pytest.mark.vllm


def diagnosis(server: Server, model: str) -> dict[str, str]:
    return {finding.what: finding.mark for finding in examine(server.url, model=model)}


def test_the_template_is_seen_to_reach_the_model(nuextract2: Server):
    found = diagnosis(nuextract2, "numind/NuExtract-2.0-2B")
    assert next(iter(found)).startswith("vLLM at ")
    assert found["numind/NuExtract-2.0-2B is asked as nuextract-2.0"] == "good"
    assert found["the template reaches the model"] == "good"
    assert f"{CONTEXT} tokens of context" in found


def test_the_trap_of_the_reasoning_parser_is_seen(nuextract3: Server):
    found = diagnosis(nuextract3, "numind/NuExtract3")
    assert found["the template reaches the model"] == "good"
    (trap,) = (what for what, mark in found.items() if "reasoning parser" in what)
    assert found[trap] == "unsure"


def test_it_is_seen_whether_verbatim_values_can_be_constrained_to_the_document(nuextract2: Server):
    """By llguidance or by xgrammar: that is for what the server was asked first to decide."""
    found = diagnosis(nuextract2, "numind/NuExtract-2.0-2B")
    held = {what: mark for what, mark in found.items() if what.startswith("verbatim values")}
    assert held in (
        {"verbatim values can be constrained to the document": "good"},
        {"verbatim values can be constrained to the document by xgrammar, to passages of a long one": "unsure"},
    )
