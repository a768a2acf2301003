"""`include_raw`, profiles and tokens: what LangChain asks of a chat model besides answers."""

import json

import pytest
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableLambda

from langchain_nuextract import EndpointBusy, NoJSONInReply
from langchain_nuextract.documents.source import Source
from langchain_nuextract.endpoint.faults import ServedModel
from langchain_nuextract.endpoint.wire import served_models
from langchain_nuextract.errors import InvalidExtraction, Problem
from langchain_nuextract.extraction import Attempt, Extraction
from langchain_nuextract.structured import with_raw
from langchain_nuextract.task import Reply, Request, Usage
from langchain_nuextract.testing import FakeEndpoint


def attempt(text, tokens):
    reply = Reply(text, "", "stop", Usage(tokens, 1), "served")
    return Attempt("plain", Request(()), reply, (), ())


def extraction(*attempts):
    return Extraction(
        value={"a": 1},
        json={"a": 1},
        document=Source(()),
        raw=attempts[-1].reply.text,
        repairs=(),
        defaults=(),
        attempts=attempts,
        model="served",
        seconds=0.1,
    )


def detailed(outcome):
    def answer(document):
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return with_raw(RunnableLambda(answer))


def test_the_message_the_object_and_no_error(run):
    both = run(detailed(extraction(attempt("odd", 10), attempt('{"a": 1}', 12))))
    assert (both["parsed"], both["parsing_error"]) == ({"a": 1}, None)
    assert both["raw"].content == '{"a": 1}'
    assert both["raw"].response_metadata["model_name"] == "served"
    assert both["raw"].usage_metadata["input_tokens"] == 22


def test_the_message_and_the_error(run):
    error = InvalidExtraction([Problem(("a",), "why")], partial={}, reply="{}", attempts=[attempt("{}", 10)])
    both = run(detailed(error))
    assert (both["raw"].content, both["parsed"], both["parsing_error"]) == ("{}", None, error)
    assert both["raw"].usage_metadata["input_tokens"] == 10


def test_an_answer_without_json_is_given_too(run):
    both = run(detailed(NoJSONInReply(reply="sorry")))
    assert (both["raw"].content, both["parsed"]) == ("sorry", None)
    assert isinstance(both["parsing_error"], NoJSONInReply)


@pytest.mark.parametrize("error", [EndpointBusy("u", 503, "why"), ValueError("empty")], ids=["endpoint", "document"])
def test_what_is_no_answer_is_raised(run, error):
    with pytest.raises(type(error)):
        run(detailed(error))


def test_agents_learn_that_one_call_is_enough(chat):
    with FakeEndpoint() as endpoint:
        assert chat(endpoint).profile["structured_output"] is True
        assert chat(endpoint).profile["tool_calling"] is False


def test_tokens_are_counted_by_the_endpoint(chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint)
        assert llm.get_num_tokens("one two three") == 3
        assert llm.get_num_tokens_from_messages([HumanMessage("one two")]) == 2
    assert endpoint.paths == ["POST /tokenize", "POST /tokenize"]


def test_tokens_are_not_guessed(chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint, base_url=f"{endpoint.url}/elsewhere")
        with pytest.raises(NotImplementedError, match="does not count tokens"):
            llm.get_num_tokens("one two three")


def test_the_context_length_is_what_the_endpoint_tells(chat):
    with FakeEndpoint(max_model_len=777, models=["a"]) as endpoint:
        assert chat(endpoint).context_length == 777
        assert [model.id for model in chat(endpoint).models()] == ["a"]


LISTS = [
    ('{"data": [{"id": "a", "max_model_len": 10}, {"id": "b"}]}', [("a", 10), ("b", None)]),
    ('{"data": [{"id": "a", "meta": {"n_ctx_train": 20}}]}', [("a", 20)]),
    ('{"data": [{"id": "a", "meta": null, "max_model_len": "many"}, {}, 7]}', [("a", None)]),
    ("[]", []),
]


@pytest.mark.parametrize(("body", "models"), LISTS)
def test_lists_of_models_are_read_as_servers_write_them(body, models):
    assert served_models(json.loads(body)) == tuple(ServedModel(name, context) for name, context in models)
