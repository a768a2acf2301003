"""Agents: typed answers from any model, by the extraction model; and the extraction model as the agent's own."""

import asyncio
import re
import sys

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, ToolMessage
from langchain_core.outputs import ChatGenerationChunk
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt
from pydantic import BaseModel

from langchain_nuextract import Extraction, NoJSONInReply, NuExtractor
from langchain_nuextract.agents import StructuredResponse
from langchain_nuextract.testing import FakeEndpoint


class Invoice(BaseModel):
    number: str
    total: float


ANSWER = {"number": "7", "total": 12.5}
WANTED = Invoice(number="7", total=12.5)
ASKED = {"messages": [{"role": "user", "content": "What do I owe for invoice 7?"}]}


class Driver(GenericFakeChatModel):
    """Any model: says what it is told to, and takes tools."""

    def bind_tools(self, tools, **kwargs):
        return self


class Speaker(Driver):
    """Says it word by word; `GenericFakeChatModel` cannot stream a call of a tool."""

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        said = next(self.messages)
        for word in re.findall(r"\S+\s*", said.text) or [""]:
            yield ChatGenerationChunk(message=AIMessageChunk(word, tool_calls=said.tool_calls))

    async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
        for chunk in self._stream(messages):
            yield chunk


def lookup(number: str) -> str:
    """Look up an invoice."""
    return f"Invoice {number}: total 12.50"


def calls(*numbers):
    return AIMessage("", tool_calls=[{"name": "lookup", "args": {"number": n}, "id": f"call-{n}"} for n in numbers])


def agent(extractor, *said, **settings):
    driver = Driver(messages=iter([calls("7"), *said]))
    return create_agent(driver, [lookup], middleware=[StructuredResponse(extractor, **settings)])


@pytest.fixture
def extractor(chat):
    return lambda endpoint: NuExtractor(Invoice, llm=chat(endpoint))


def document(endpoint):
    (request,) = endpoint.requests
    return request.text.splitlines()


def test_the_final_answer_becomes_the_users_type(run, extractor):
    with FakeEndpoint(ANSWER) as endpoint:
        state = run(agent(extractor(endpoint), AIMessage("You owe 12.50 for 7.")), ASKED)
    assert state["structured_response"] == WANTED
    assert state["messages"][-1].text == "You owe 12.50 for 7."
    assert document(endpoint)[-1] == "You owe 12.50 for 7."


@pytest.mark.parametrize(
    ("said", "of"),
    [
        pytest.param("You owe some money.", "tool_results", id="asked-for"),
        pytest.param("", "answer", id="no-answer"),
    ],
)
def test_the_last_tool_results_can_be_read_instead(run, extractor, said, of):
    with FakeEndpoint(ANSWER) as endpoint:
        state = run(agent(extractor(endpoint), calls("8", "9"), AIMessage(said), of=of), ASKED)
    assert state["structured_response"] == WANTED
    assert document(endpoint)[-3:] == ["Invoice 8: total 12.50", "", "Invoice 9: total 12.50"]


def test_the_details_may_be_the_answer(run, extractor):
    with FakeEndpoint(ANSWER) as endpoint:
        state = run(agent(extractor(endpoint).detailed, AIMessage("You owe 12.50 for 7.")), ASKED)
    assert isinstance(state["structured_response"], Extraction)
    assert {found.quotation for found in state["structured_response"].evidence} == {"12.50", "7"}


def test_an_answer_that_cannot_be_read_ends_the_agent(run, extractor):
    with FakeEndpoint("sorry") as endpoint, pytest.raises(NoJSONInReply):
        run(agent(extractor(endpoint), AIMessage("I do not know.")), ASKED)


class Started(BaseCallbackHandler):
    def __init__(self):
        self.models = []

    def on_chat_model_start(self, serialized, messages, **kwargs):
        self.models.append(kwargs["parent_run_id"] is not None)


def test_the_extraction_is_traced_as_part_of_the_agent(run, extractor):
    started = Started()
    with FakeEndpoint(ANSWER) as endpoint:
        run(agent(extractor(endpoint), AIMessage("You owe 12.50 for 7.")), ASKED, config={"callbacks": [started]})
    assert started.models == [True, True, True]


@pytest.mark.parametrize("asynchronous", [False, True])
def test_an_agent_with_the_extraction_tool_can_be_resumed(extractor, asynchronous):
    with FakeEndpoint(ANSWER) as endpoint:
        call = {"name": "extract_invoice", "args": {"document": "Invoice 7: 12.50"}, "id": "1"}
        driver = Driver(messages=iter([AIMessage("", tool_calls=[call]), AIMessage("Done."), AIMessage("Again.")]))
        tools = [extractor(endpoint).as_tool()]
        resumable, config = (
            create_agent(driver, tools, checkpointer=InMemorySaver()),
            {"configurable": {"thread_id": 1}},
        )
        for _ in range(2):
            state = asyncio.run(resumable.ainvoke(ASKED, config)) if asynchronous else resumable.invoke(ASKED, config)
    (told,) = (message for message in state["messages"] if isinstance(message, ToolMessage))
    assert Invoice.model_validate_json(told.content) == WANTED
    assert state["messages"][-1].text == "Again."


def streamed(made, asked, mode, asynchronous, config=None):
    async def collected():
        return [each async for each in made.astream(asked, config, stream_mode=mode)]

    return asyncio.run(collected()) if asynchronous else [*made.stream(asked, config, stream_mode=mode)]


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("middleware", [False, True])
def test_no_json_of_the_extraction_model_is_between_the_words_that_are_streamed(extractor, middleware, asynchronous):
    call = {"name": "extract_invoice", "args": {"document": "Invoice 7: 12.50"}, "id": "1"}
    driver = Speaker(messages=iter([AIMessage("", tool_calls=[call]), AIMessage("You owe 12.50.")]))
    with FakeEndpoint(ANSWER) as endpoint:
        extract = extractor(endpoint)
        around = [StructuredResponse(extract)] if middleware else []
        made = create_agent(driver, [extract.as_tool()], middleware=around)
        chunks = streamed(made, ASKED, "messages", asynchronous)
    words = [message.text for message, _ in chunks if isinstance(message, AIMessage)]
    assert "".join(words) == "You owe 12.50."
    (result,) = (message for message, _ in chunks if isinstance(message, ToolMessage))
    assert Invoice.model_validate_json(result.content) == WANTED
    assert {details["langgraph_node"] for message, details in chunks if message.text} == {"model", "tools"}
    assert len(endpoint.requests) == 1 + middleware


@pytest.mark.parametrize("asynchronous", [False, True])
def test_an_extraction_is_done_once_a_human_has_approved_of_it(extractor, asynchronous):
    calls = [{"name": "extract_invoice", "args": {"document_id": name}, "id": name} for name in ("a", "b")]
    driver = Driver(messages=iter([AIMessage("", tool_calls=calls), AIMessage("Done.")]))
    config = {"configurable": {"thread_id": "1"}}
    with FakeEndpoint(ANSWER) as endpoint:
        tool = extractor(endpoint).as_tool(documents={"a": "Invoice 7: 12.50", "b": "Invoice 8: 12.50"}, text=False)
        review = HumanInTheLoopMiddleware({"extract_invoice": True})
        made = create_agent(driver, [tool], middleware=[review], checkpointer=InMemorySaver())
        ask = (
            (lambda given: asyncio.run(made.ainvoke(given, config)))
            if asynchronous
            else (lambda given: made.invoke(given, config))
        )
        stopped = ask(ASKED)
        assert not endpoint.requests
        decisions = [{"type": "approve"}, {"type": "reject", "message": "not this one"}]
        state = ask(Command(resume={"decisions": decisions}))
    assert len(stopped["__interrupt__"][0].value["action_requests"]) == 2
    told = {message.tool_call_id: message for message in state["messages"] if isinstance(message, ToolMessage)}
    assert (told["a"].status, told["b"].status) == ("success", "error")
    assert told["a"].artifact.value == WANTED
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_resolver_may_interrupt_the_agent(extractor, asynchronous):
    call = {"name": "extract_invoice", "args": {"document_id": "a"}, "id": "1"}
    driver = Driver(messages=iter([AIMessage("", tool_calls=[call]), AIMessage("Done.")]))
    config = {"configurable": {"thread_id": "1"}}
    with FakeEndpoint(ANSWER) as endpoint:
        tool = extractor(endpoint).as_tool(documents=lambda name: interrupt(f"the password of {name}?"))
        made = create_agent(driver, [tool], checkpointer=InMemorySaver())
        for given in (ASKED, Command(resume="Invoice 7: 12.50")):
            state = asyncio.run(made.ainvoke(given, config)) if asynchronous else made.invoke(given, config)
    assert state["messages"][-1].text == "Done."
    assert [request.text for request in endpoint.requests] == ["Invoice 7: 12.50"]


def test_only_an_answer_or_tool_results_can_be_read(extractor):
    with FakeEndpoint(ANSWER) as endpoint, pytest.raises(ValueError, match="answer, tool_results, not 'answers'"):
        StructuredResponse(extractor(endpoint), of="answers")


def test_without_langchain_it_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "langchain_nuextract.agents")
    monkeypatch.setitem(sys.modules, "langchain.agents.middleware", None)
    with pytest.raises(ImportError, match=r"langchain-nuextract\[agents\]"):
        import langchain_nuextract.agents  # noqa: F401, PLC0415
