"""Letting the model write a template."""

import pytest

from langchain_nuextract import NoJSONInReply, UnsupportedTask
from langchain_nuextract.testing import FakeEndpoint

TEMPLATE = {"total": "number", "items": [{"name": "verbatim-string"}]}


def draft(llm, document="an invoice with its total and items"):
    return llm.draft_template(document)


@pytest.mark.parametrize("model", ["numind/NuExtract3", "numind/NuExtract-2.0-8B"])
def test_a_template_is_drafted_from_a_description(chat, model):
    with FakeEndpoint(TEMPLATE) as endpoint:
        assert draft(chat(endpoint, model=model)) == TEMPLATE
    assert "an invoice with its total and items" in endpoint.requests[0].text


def test_nuextract_3_is_told_to_draft(chat):
    with FakeEndpoint(TEMPLATE) as endpoint:
        draft(chat(endpoint))
    kwargs = endpoint.requests[0].body["chat_template_kwargs"]
    assert (kwargs["mode"], kwargs["enable_thinking"]) == ("template-generation", False)


@pytest.mark.parametrize("text", ['```json\n{"a": "string"}\n```', 'Here it is: {"a": "string"} as asked.'])
def test_what_stands_around_a_template_is_left_out(chat, text):
    with FakeEndpoint(text) as endpoint:
        assert draft(chat(endpoint)) == {"a": "string"}


@pytest.mark.parametrize("text", ["I cannot do that.", '{"a": ', ""])
def test_an_answer_without_a_template_says_so(chat, text):
    with FakeEndpoint(text) as endpoint, pytest.raises(NoJSONInReply):
        draft(chat(endpoint))


@pytest.mark.parametrize("model", ["numind/NuExtract-1.5", "acme/unknown"])
def test_models_that_cannot_draft_are_not_asked(chat, model):
    with FakeEndpoint() as endpoint, pytest.raises(UnsupportedTask):
        draft(chat(endpoint, model=model))
    assert endpoint.requests == []


def test_the_generation_may_be_named(chat):
    with FakeEndpoint(TEMPLATE) as endpoint:
        assert draft(chat(endpoint, model="acme/unknown", dialect="3")) == TEMPLATE


def test_an_empty_description_is_refused(chat):
    with FakeEndpoint() as endpoint, pytest.raises(ValueError, match="empty"):
        draft(chat(endpoint), "  ")


def test_sampling_that_is_set_on_the_model_stays(chat):
    with FakeEndpoint(TEMPLATE) as endpoint:
        draft(chat(endpoint, model="numind/NuExtract-2.0-8B"))
        draft(chat(endpoint, model="numind/NuExtract-2.0-8B", temperature=0.9))
    assert [request.body["temperature"] for request in endpoint.requests] == [0, 0.9]
