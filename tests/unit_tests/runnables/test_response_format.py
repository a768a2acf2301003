"""The extraction model as an agent's own: a bound `response_format` becomes a template, the text fits the schema."""

import asyncio
import json
import pickle

import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import BaseCallbackHandler, UsageMetadataCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import ConfigurableField
from pydantic import BaseModel

from langchain_nuextract import InvalidExtraction, UnsupportedTask
from langchain_nuextract.testing import FakeEndpoint


class Item(BaseModel):
    what: str
    price: float


class Invoice(BaseModel):
    number: str
    items: list[Item]
    currency: str = "EUR"


TEXT = "Invoice 7: nut 2.50"
ANSWER = {"number": "7", "items": [{"what": "nut", "price": "2.50"}], "currency": None}
WANTED = Invoice(number="7", items=[Item(what="nut", price=2.5)])
FORMAT = {"type": "json_schema", "json_schema": {"name": "Invoice", "schema": Invoice.model_json_schema()}}


def ask(text=TEXT):
    return {"messages": [{"role": "user", "content": text}]}


class Started(BaseCallbackHandler):
    def __init__(self):
        self.models = []

    def on_chat_model_start(self, serialized, messages, **kwargs):
        self.models.append(messages)


def test_an_agent_ends_in_one_call(run, chat):
    started, usage = Started(), UsageMetadataCallbackHandler()
    with FakeEndpoint(ANSWER) as endpoint:
        agent = create_agent(chat(endpoint), response_format=Invoice)
        state = run(agent, ask(), config={"callbacks": [started, usage]})
    assert state["structured_response"] == WANTED
    (request,) = endpoint.requests
    template = json.loads(request.body["chat_template_kwargs"]["template"])
    assert template["items"] == [{"what": "string", "price": "number"}]
    assert not request.body.keys() & {"response_format", "answer_schema", "strict", "tools"}
    assert len(started.models) == 1
    assert usage.usage_metadata["numind/NuExtract3"] == state["messages"][-1].usage_metadata


def test_the_text_is_json_of_the_schema_and_the_raw_answer_is_kept(run, chat):
    with FakeEndpoint("```json\n" + json.dumps(ANSWER) + "\n```") as endpoint:
        message = run(chat(endpoint).bind(response_format=FORMAT), TEXT)
    assert Invoice.model_validate_json(message.text, strict=True) == WANTED
    assert message.additional_kwargs["raw"].startswith("```json")
    assert message.response_metadata["model_name"] == "numind/NuExtract3"


def test_a_format_of_one_call_is_the_same_as_a_bound_one(run, chat):
    with FakeEndpoint(ANSWER) as endpoint:
        bound = run(chat(endpoint).bind(response_format=FORMAT), TEXT)
        given = run(chat(endpoint), TEXT, response_format=FORMAT, strict=True)
        (streamed,) = [chunk for chunk in chat(endpoint).stream(TEXT, response_format=FORMAT) if chunk.text]
        typed = run(chat(endpoint), TEXT, response_format=Invoice)
    assert bound.text == given.text == streamed.text == typed.text
    first, *others = (request.body for request in endpoint.requests)
    assert others == [first] * 3


def test_a_format_within_the_extra_body_is_sent_as_it_is(run, chat):
    with FakeEndpoint("{}") as endpoint:
        assert run(chat(endpoint), TEXT, extra_body={"response_format": FORMAT, "top_k": 1}).text == "{}"
    assert endpoint.requests[0].body["response_format"] == FORMAT


def test_constrained_decoding_keeps_the_extras_of_the_model_and_of_the_call(run, chat):
    with FakeEndpoint(ANSWER) as endpoint:
        llm = chat(endpoint, dialect="instruct", extra_body={"top_k": 1})
        run(llm, TEXT, response_format=FORMAT, extra_body={"priority": 3})
    body = endpoint.requests[0].body
    assert (body["top_k"], body["priority"]) == (1, 3)
    assert body["response_format"]["json_schema"]["name"] == "answer"


def test_it_streams_the_whole_text_at_once(run, chat):
    with FakeEndpoint(ANSWER) as endpoint:
        chunks = run.stream(chat(endpoint).bind(response_format=FORMAT))
        seen = [chunk for chunk, _ in create_agent(chat(endpoint), response_format=Invoice).stream(
            ask(), stream_mode="messages"
        ) if chunk.text]  # fmt: skip
    texts = [chunk.text for chunk in chunks if chunk.text]
    assert [Invoice.model_validate_json(text) for text in texts] == [WANTED]
    assert [Invoice.model_validate_json(chunk.text) for chunk in seen] == [WANTED]


def test_an_invalid_answer_is_mended_within_the_same_run(run, chat):
    started = Started()
    with FakeEndpoint({**ANSWER, "number": None}, ANSWER) as endpoint:
        message = run(chat(endpoint).bind(response_format=FORMAT), TEXT, config={"callbacks": [started]})
    assert Invoice.model_validate_json(message.text) == WANTED
    assert (len(started.models), len(endpoint.requests)) == (1, 2)
    assert message.usage_metadata["output_tokens"] > len(json.dumps(ANSWER).split())


def test_an_answer_that_cannot_be_mended_is_raised(run, chat):
    with FakeEndpoint({"number": None}) as endpoint, pytest.raises(InvalidExtraction):
        run(create_agent(chat(endpoint), response_format=Invoice), ask())


def test_the_document_is_what_was_said_since_the_last_answer(run, chat):
    said = [HumanMessage("Invoice 6"), AIMessage("{}"), HumanMessage("Invoice"), HumanMessage("7")]
    with FakeEndpoint(ANSWER) as endpoint:
        run(chat(endpoint).bind(response_format=FORMAT), said)
    (request,) = endpoint.requests
    assert "Invoice 6" not in request.text
    assert [line for line in request.text.splitlines() if line][-2:] == ["Invoice", "7"]


def test_the_agents_system_prompt_becomes_instructions(run, chat):
    with FakeEndpoint(ANSWER) as endpoint:
        run(create_agent(chat(endpoint), response_format=Invoice, system_prompt="Prices in dollars."), ask())
        older = create_agent(
            chat(endpoint, model="NuExtract-2.0-2B"), response_format=Invoice, system_prompt="Be brief."
        )
        with pytest.raises(UnsupportedTask):
            run(older, ask())
    assert endpoint.requests[0].body["chat_template_kwargs"]["instructions"] == "Prices in dollars."


def test_arguments_of_the_call_reach_the_model(run, chat):
    with FakeEndpoint(ANSWER) as endpoint:
        run(chat(endpoint).bind(response_format=FORMAT, temperature=0.7, seed=3), TEXT)
    assert endpoint.requests[0].body.items() >= {"temperature": 0.7, "seed": 3}.items()


def test_other_formats_are_sent_as_they_are(run, chat):
    with FakeEndpoint("{}") as endpoint:
        run(chat(endpoint).bind(response_format={"type": "json_object"}), TEXT)
    assert endpoint.requests[0].body["response_format"] == {"type": "json_object"}


def test_an_agent_with_tools_is_told_what_to_do_instead(chat):
    with FakeEndpoint() as endpoint:
        agent = create_agent(chat(endpoint), [Invoice], response_format=Invoice)
        with pytest.raises(UnsupportedTask, match="give it an extractor as a tool"):
            agent.invoke(ask())


def loaded(run, llm):
    return asyncio.run(llm.aload_profile()) if run.asynchronous else llm.load_profile()


def test_the_endpoint_is_asked_for_the_profile_only_where_that_is_said(run, chat):
    with FakeEndpoint(max_model_len=777, models=["numind/NuExtract3"]) as endpoint:
        llm = chat(endpoint)
        assert llm.profile == {"structured_output": True, "tool_calling": False, "image_inputs": True}
        assert endpoint.paths == []
        assert loaded(run, llm) == llm.profile == {**chat(endpoint).profile, "max_input_tokens": 777}
        assert endpoint.paths == ["GET /v1/models"]


def test_a_profile_knows_no_more_than_there_is_to_know(run, chat):
    with FakeEndpoint() as endpoint:
        assert chat(endpoint, model="NuExtract-v1.5").profile["image_inputs"] is False
        assert "image_inputs" not in chat(endpoint, model="something").profile
        gone = chat(endpoint)
    assert "max_input_tokens" not in loaded(run, gone)


def test_a_profile_is_that_of_the_configured_model(chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint).configurable_fields(model_name=ConfigurableField(id="model"))
        configured, _ = llm._prepare({"configurable": {"model": "numind/NuExtract-v1.5"}})
    assert (llm.default.profile["image_inputs"], configured.profile["image_inputs"]) == (True, False)


def test_a_profile_travels_with_its_model_and_is_not_that_of_its_copies(run, chat):
    with FakeEndpoint(max_model_len=777) as small, FakeEndpoint(max_model_len=999) as large:
        llm = chat(small)
        assert loaded(run, llm)["max_input_tokens"] == 777
        assert pickle.loads(pickle.dumps(llm)).profile["max_input_tokens"] == 777
        elsewhere = llm.model_copy(update={"openai_api_base": large.url})
        assert "max_input_tokens" not in elsewhere.profile
        assert loaded(run, elsewhere)["max_input_tokens"] == 999


def test_a_profile_of_the_users_own_is_kept(chat):
    with FakeEndpoint() as endpoint:
        llm = chat(endpoint, profile={"max_input_tokens": 5})
        assert llm.model_copy(update={"temperature": 0.5}).profile == llm.profile == {"max_input_tokens": 5}
