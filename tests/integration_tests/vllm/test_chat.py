"""The chat model against the real server: usage, streams, the prefix cache, constraints, many at once, refusals."""

import json

import jsonschema
import pytest
from langchain_core.messages import HumanMessage

from langchain_nuextract import ChatNuExtract
from langchain_nuextract.client.langchain_messages import reply_of
from langchain_nuextract.errors import ContextOverflow, RequestRefused, UnknownModel
from tests.integration_tests.vllm.server import CONTEXT, Server

pytestmark = pytest.mark.vllm

ASK = "Extract the city from the text: Marie Curie was born in Warsaw."
TEMPLATE = {"chat_template_kwargs": {"template": '{"city": "string"}', "enable_thinking": False}}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"enum": ["Paris", "Warsaw", None]}, "born": {"type": "boolean"}},
    "required": ["city", "born"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}
CONSTRAINED = {"max_tokens": 200, "extra_body": {"response_format": FORMAT}}
WRITTEN = f'{{"city": "Warsaw", "born": "{"in Warsaw, on the Vistula, " * 4}"}}'
ONLY = {"max_tokens": 100, "extra_body": {"structured_outputs": {"choice": [WRITTEN]}}}
"""Leaves the model one answer: what it would write of its own accord may differ between two calls. It is too long to
come in one piece, however late the server sends what is written."""


@pytest.fixture(params=["nuextract2", "nuextract3"])
def llm(request: pytest.FixtureRequest) -> ChatNuExtract:
    """A chat model of either generation, for short answers."""
    return chat(request.getfixturevalue(request.param))


def chat(server: Server, model: str = "", **settings: object) -> ChatNuExtract:
    """A chat model on this server that always answers the same."""
    defaults = {"temperature": 0, "seed": 1, "max_tokens": 48, "timeout": 300}
    return ChatNuExtract(model=model or server.models[0], base_url=server.url, **{**defaults, **settings})


def test_an_answer_tells_its_model_its_tokens_and_why_it_ended(llm: ChatNuExtract) -> None:
    answer = llm.invoke(ASK, max_tokens=5, min_tokens=5, **TEMPLATE)
    assert answer.text
    assert answer.response_metadata["model_name"] == llm.model_name
    assert answer.response_metadata["finish_reason"] == "length"
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_tokens"] == 5


def test_tokens_are_counted_beforehand_as_the_server_counts_them(llm: ChatNuExtract) -> None:
    asking = llm.model_copy(update={"extra_body": TEMPLATE})
    usage = asking.invoke(ASK).usage_metadata
    assert usage is not None
    assert asking.get_num_tokens_from_messages([HumanMessage(ASK)]) == usage["input_tokens"]


def test_a_stream_brings_the_same_answer_in_pieces(llm: ChatNuExtract) -> None:
    whole = llm.invoke(ASK, **ONLY, **TEMPLATE)
    pieces = list(llm.stream(ASK, **ONLY, **TEMPLATE))
    assert len([piece for piece in pieces if piece.text]) > 1
    assert "".join(piece.text for piece in pieces) == whole.text == WRITTEN
    assert [piece.usage_metadata for piece in pieces if piece.usage_metadata]


async def test_an_async_stream_brings_the_same_answer_in_pieces(llm: ChatNuExtract) -> None:
    whole = await llm.ainvoke(ASK, **ONLY, **TEMPLATE)
    pieces = [piece.text async for piece in llm.astream(ASK, **ONLY, **TEMPLATE)]
    assert "".join(pieces) == whole.text == WRITTEN


def test_a_prompt_that_was_seen_before_comes_out_of_the_prefix_cache(llm: ChatNuExtract) -> None:
    document = "A long report on the harvest of apples. " * 20
    llm.invoke(document, **TEMPLATE)
    usage = llm.invoke(document, **TEMPLATE).usage_metadata
    assert usage is not None
    assert 0 < usage["input_token_details"]["cache_read"] < usage["input_tokens"]


def test_sixteen_at_once_get_each_their_own_answer(nuextract2: Server) -> None:
    prompts = [f"<|input|>\nDocument number {number}" for number in range(32)]
    llm = chat(nuextract2, "numind/NuExtract-1.5", max_tokens=8)
    asking = llm.bind(route="completions", echo=True)
    answers = asking.batch(prompts, {"max_concurrency": 16})
    assert [answer.text[: len(prompt)] for answer, prompt in zip(answers, prompts, strict=True)] == prompts


async def test_sixteen_at_once_get_each_their_own_answer_async(nuextract3: Server) -> None:
    prompts = [f"Document number {number}" for number in range(32)]
    asking = chat(nuextract3, max_tokens=8).bind(route="completions", echo=True)
    answers = await asking.abatch(prompts, {"max_concurrency": 16})
    assert [answer.text[: len(prompt)] for answer, prompt in zip(answers, prompts, strict=True)] == prompts


def test_a_constrained_answer_satisfies_the_schema(llm: ChatNuExtract) -> None:
    jsonschema.validate(json.loads(llm.invoke(ASK, **CONSTRAINED, **TEMPLATE).text), SCHEMA)


def test_an_answer_that_the_server_takes_for_thinking_is_not_lost(nuextract3: Server) -> None:
    """A reasoning parser that is not told that the model does not think calls the whole answer thinking."""
    untold = {"chat_template_kwargs": {"template": '{"city": "string"}'}}
    reply = reply_of(chat(nuextract3).invoke(ASK, **CONSTRAINED, **untold))
    assert reply.text == ""
    jsonschema.validate(json.loads(reply.reasoning), SCHEMA)


def test_an_answer_that_goes_in_circles_is_stopped(nuextract2: Server) -> None:
    llm = chat(nuextract2, max_tokens=400)
    watch = {"max_pattern_size": 8, "min_pattern_size": 1, "min_count": 4}
    loop = {"regex": "(1 ){100}"}
    answer = llm.invoke("1 " * 16, route="completions", repetition_detection=watch, structured_outputs=loop)
    assert answer.response_metadata["finish_reason"] == "repetition"


def test_a_document_beyond_the_context_tells_the_limit(llm: ChatNuExtract) -> None:
    with pytest.raises(ContextOverflow) as caught:
        llm.invoke("one two three " * CONTEXT, **TEMPLATE)
    assert caught.value.limit == CONTEXT
    assert caught.value.size is not None
    assert caught.value.size > CONTEXT


def test_a_document_far_beyond_the_context_tells_the_limit(llm: ChatNuExtract) -> None:
    with pytest.raises(ContextOverflow) as caught:
        llm.invoke("one two three " * 100 * CONTEXT, **TEMPLATE)
    assert caught.value.limit == CONTEXT


def test_an_unknown_model_lists_those_that_are_served(nuextract2: Server) -> None:
    with pytest.raises(UnknownModel) as caught:
        chat(nuextract2, "numind/NuExtract-9").invoke(ASK)
    assert caught.value.model == "numind/NuExtract-9"
    assert set(caught.value.models) == set(nuextract2.models)


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        pytest.param({"template": {"city": "string"}}, 'can only concatenate str (not "dict")', id="a template object"),
        pytest.param({"mode": "structured"}, "no `template` provided", id="no template"),
        pytest.param({"mode": "template-generation", "enable_thinking": True}, "`enable_thinking`", id="thinking"),
    ],
)
def test_the_words_of_the_chat_template_reach_the_user(nuextract3: Server, kwargs: object, words: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        chat(nuextract3).invoke(ASK, chat_template_kwargs=kwargs)
    assert caught.value.status == 400
    assert words in caught.value.reason
