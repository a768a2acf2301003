"""Agents on a real server: a typed answer in one call, the middleware, the extraction tool, and streams in chains."""

import json
from typing import Literal

import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.prompts import PromptTemplate
from pydantic import BaseModel, create_model

from langchain_nuextract import ChatNuExtract, NuExtractor
from langchain_nuextract.agents import StructuredResponse
from tests.integration_tests.vllm.server import Server

pytestmark = pytest.mark.vllm

BILL = "Bill of Hof, Germany: paid."


class Payment(BaseModel):
    country: Literal["FR", "DE", "PL"] | None = None
    paid: bool | None = None


NAMES = [f"office_{number}" for number in range(12)]
Offices = create_model("Offices", **dict.fromkeys(NAMES, (Literal["open", "closed"] | None, None)))
"""So many fields that they do not come in one piece, however late the server sends what is written."""


class Driver(GenericFakeChatModel):
    """Any model: says what it is told to, and takes tools."""

    def bind_tools(self, tools: object, **kwargs: object) -> "Driver":
        return self


class Started(BaseCallbackHandler):
    def __init__(self) -> None:
        self.models = 0

    def on_chat_model_start(self, *_: object, **__: object) -> None:
        self.models += 1


@pytest.fixture
def llm(nuextract2: Server) -> ChatNuExtract:
    settings = {"temperature": 0, "seed": 1, "max_tokens": 100, "timeout": 300, "dialect": "instruct"}
    return ChatNuExtract(model=nuextract2.models[0], base_url=nuextract2.url, **settings)


def test_an_agent_ends_in_one_call(llm: ChatNuExtract) -> None:
    started = Started()
    agent = create_agent(model=llm, response_format=Payment)
    state = agent.invoke({"messages": [{"role": "user", "content": BILL}]}, {"callbacks": [started]})
    assert isinstance(state["structured_response"], Payment)
    assert started.models == 1
    assert Payment.model_validate_json(state["messages"][-1].text) == state["structured_response"]


def test_the_answer_of_any_agent_becomes_the_users_type(llm: ChatNuExtract) -> None:
    driver = Driver(messages=iter([AIMessage(BILL)]))
    agent = create_agent(driver, middleware=[StructuredResponse(NuExtractor(Payment, llm=llm))])
    state = agent.invoke({"messages": [{"role": "user", "content": "Is it paid?"}]})
    assert isinstance(state["structured_response"], Payment)


def test_an_agent_calls_the_extraction_tool(llm: ChatNuExtract) -> None:
    tool = NuExtractor(Payment, llm=llm).as_tool()
    call = {"name": tool.name, "args": {"document": BILL}, "id": "1"}
    driver = Driver(messages=iter([AIMessage("", tool_calls=[call]), AIMessage("Done.")]))
    state = create_agent(driver, [tool]).invoke({"messages": [{"role": "user", "content": BILL}]})
    (told,) = (message for message in state["messages"] if isinstance(message, ToolMessage))
    assert told.artifact.value == Payment.model_validate(json.loads(told.content))


def test_an_object_grows_in_a_stream_and_in_a_chain(llm: ChatNuExtract) -> None:
    extract = NuExtractor(Offices, llm=llm.model_copy(update={"max_tokens": 400}))
    chain = PromptTemplate.from_template("{text}") | extract
    for grown in (list(extract.stream(BILL)), list(chain.stream({"text": BILL}))):
        sizes = [len(each.model_fields_set) for each in grown[:-1]]
        assert sizes == sorted(sizes)
        assert len(grown) > 1
        assert isinstance(grown[-1], Offices)
        # What was shown stays.
        for each in grown[:-1]:
            shown = each.model_dump(include=each.model_fields_set)
            assert shown == grown[-1].model_dump(include=each.model_fields_set)
