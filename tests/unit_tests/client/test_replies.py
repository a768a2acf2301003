"""What comes back, as LangChain's messages and as replies."""

import json

import pytest
from langchain_core.callbacks import get_usage_metadata_callback
from langchain_core.messages import HumanMessage

from langchain_nuextract.client.langchain_messages import message_of, reply_of
from langchain_nuextract.client.response import tokens_of
from langchain_nuextract.dialects.messages import Reply, Token, Usage
from langchain_nuextract.testing import FakeEndpoint, FakeReply

COUNTED = {
    "prompt_tokens": 20,
    "completion_tokens": 5,
    "total_tokens": 25,
    "prompt_tokens_details": {"cached_tokens": 16},
    "completion_tokens_details": {"reasoning_tokens": 2},
}


def test_a_message_tells_the_text_the_model_and_the_tokens(run, chat):
    with FakeEndpoint(FakeReply(text='{"a": 1}', usage=COUNTED, model="served/name")) as endpoint:
        message = run(chat(endpoint))
    assert message.content == '{"a": 1}'
    assert message.response_metadata["model_name"] == "served/name"
    assert message.response_metadata["model_provider"] == "nuextract"
    assert message.response_metadata["finish_reason"] == "stop"
    assert message.usage_metadata == {
        "input_tokens": 20,
        "output_tokens": 5,
        "total_tokens": 25,
        "input_token_details": {"cache_read": 16},
        "output_token_details": {"reasoning": 2},
    }


def test_a_message_becomes_a_reply_and_back(run, chat):
    with FakeEndpoint(FakeReply(text="{}", reasoning="hm", usage=COUNTED, finish_reason="length")) as endpoint:
        reply = reply_of(run(chat(endpoint)), 1.5)
    assert reply == Reply("{}", "hm", "length", Usage(20, 5, 16), "numind/NuExtract3", 1.5)
    assert reply_of(message_of(reply), 1.5) == reply


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_thinking_is_found_under_both_of_its_names(run, chat, field):
    with FakeEndpoint(FakeReply(text="{}", reasoning="let me see", reasoning_field=field)) as endpoint:
        message = run(chat(endpoint))
    assert message.additional_kwargs == {"reasoning_content": "let me see"}
    assert [block["type"] for block in message.content_blocks] == ["reasoning", "text"]


def test_no_content_is_an_empty_text(run, chat):
    with FakeEndpoint(FakeReply(text=None, reasoning='{"a": 1}')) as endpoint:
        reply = reply_of(run(chat(endpoint)))
    assert (reply.text, reply.reasoning) == ("", '{"a": 1}')


@pytest.mark.parametrize("route", ["chat", "completions"])
@pytest.mark.parametrize("reason", ["length", "repetition"])
def test_a_finish_reason_is_passed_on(run, chat, route, reason):
    with FakeEndpoint(FakeReply(text='{"a": "cu', finish_reason=reason)) as endpoint:
        message = run(chat(endpoint), route=route)
    assert (message.content, reply_of(message).finish_reason) == ('{"a": "cu', reason)


def test_logprobs_are_passed_on_if_there_are_any(run, chat):
    logprobs = {"content": [{"token": "{", "logprob": -0.1, "top_logprobs": []}]}
    with FakeEndpoint(FakeReply(logprobs=logprobs), "{}") as endpoint:
        llm = chat(endpoint, logprobs=True)
        assert run(llm).response_metadata["logprobs"] == logprobs
        assert "logprobs" not in run(llm).response_metadata


CONTENT = {
    "content": [
        {"token": "{", "bytes": [123], "logprob": -0.1, "top_logprobs": [{"token": "{", "logprob": -0.1}]},
        {"token": "ö", "bytes": [195, 182], "logprob": -2, "top_logprobs": []},
    ]
}
LISTS = {"tokens": ["{", "ö"], "token_logprobs": [-0.1, -2], "text_offset": [0, 1], "top_logprobs": [None, None]}
TOKENS = (Token(b"{", -0.1), Token("ö".encode(), -2.0))
TOLD = [
    pytest.param(CONTENT, TOKENS, id="the list of a chat"),
    pytest.param(LISTS, TOKENS, id="the lists of a completion"),
    pytest.param({"content": [{"token": "ö", "logprob": 1e-9}]}, (Token("ö".encode(), 0.0),), id="no bytes, above 0"),
    pytest.param({"content": [{"token": "", "bytes": [], "logprob": -1}]}, (Token(b"", -1),), id="half a letter"),
    pytest.param({"content": [{"token": "\udc9f", "bytes": [159], "logprob": -1}]}, (Token(b"\x9f", -1),), id="a byte"),
    pytest.param({"content": None}, (), id="no list"),
    pytest.param({"tokens": ["a"], "token_logprobs": [None]}, (), id="no number"),
    pytest.param({"content": [{"token": "a", "logprob": float("nan")}]}, (), id="NaN"),
    pytest.param({"content": [{"token": "a", "bytes": [300], "logprob": -1}]}, (), id="no byte"),
    pytest.param({"content": [{"token": "a", "bytes": ["a"], "logprob": -1}]}, (), id="letters for bytes"),
    pytest.param({"content": ["a"]}, (), id="no token"),
    pytest.param(None, (), id="null"),
    pytest.param("many", (), id="a word"),
]


@pytest.mark.parametrize(("told", "tokens"), TOLD)
def test_tokens_are_read_in_the_forms_of_both_routes(told, tokens):
    assert tokens_of({"logprobs": told}) == tokens


@pytest.mark.parametrize("logprobs", [CONTENT, LISTS], ids=["chat", "completions"])
def test_a_reply_has_its_tokens_whether_whole_or_streamed(run, chat, logprobs):
    with FakeEndpoint(FakeReply(text="{ö", logprobs=logprobs)) as endpoint:
        llm = chat(endpoint, logprobs=True)
        whole, streamed = run(llm), run.stream(llm)
    assert reply_of(whole).tokens == TOKENS
    assert reply_of(sum(streamed[1:], streamed[0])).tokens == TOKENS


def test_usage_callbacks_see_the_tokens_by_model(run, chat):
    with FakeEndpoint(FakeReply(usage=COUNTED)) as endpoint, get_usage_metadata_callback() as callback:
        run(chat(endpoint))
    assert callback.usage_metadata["numind/NuExtract3"]["input_tokens"] == 20


def test_several_choices_are_several_generations(chat):
    choices = [{"message": {"content": text}, "finish_reason": "stop"} for text in "ab"]
    with FakeEndpoint(FakeReply(body=json.dumps({"choices": choices}))) as endpoint:
        result = chat(endpoint, n=2).generate([[HumanMessage("x")]])
    assert [generation.text for generation in result.generations[0]] == ["a", "b"]


ODD = [
    pytest.param('{"choices": [{"message": {"content": "x"}}]}', "x", id="nothing but the text"),
    pytest.param('{"choices": [{"message": {"content": "x"}}], "usage": "many"}', "x", id="usage is no object"),
    pytest.param(
        '{"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": null}}', "x", id="null counts"
    ),
    pytest.param('{"choices": [{"message": {"content": "x"}, "logprobs": NaN}]}', "x", id="NaN"),
    pytest.param('{"choices": [{"message": {"content": "x \\ud83d"}}]}', "x \ud83d", id="lone surrogate"),
    pytest.param('{"choices": [{"message": {}}]}', "", id="no content"),
]


@pytest.mark.parametrize(("body", "text"), ODD)
def test_odd_replies_are_read_as_far_as_they_go(run, chat, body, text):
    with FakeEndpoint(FakeReply(body=body)) as endpoint:
        assert run(chat(endpoint)).content == text
