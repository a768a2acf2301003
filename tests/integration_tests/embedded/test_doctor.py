"""The doctor on a real llama.cpp server."""

from langchain_nuextract.doctor import examine


def test_llama_cpp_is_recognised(embedded):
    found = {finding.what: finding.mark for finding in examine(embedded.base_url, key=embedded.api_key)}
    assert found[f"llama.cpp at {embedded.base_url} serves {embedded.model}"] == "good"
    assert found["the template is written out in the prompt, so that no server can drop it"] == "good"
    assert "8192 tokens of context" in found


def test_a_chat_template_without_a_place_for_templates_is_found_out(embedded):
    found = {finding.what: finding.mark for finding in examine(embedded.base_url, key=embedded.api_key, dialect="3")}
    assert found["the server drops chat_template_kwargs, or its chat template has no place for them"] == "bad"
    assert found["verbatim values can be constrained to the document"] == "good"
