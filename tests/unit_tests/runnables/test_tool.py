"""An extractor as a tool: LangChain's standard tests, artifacts, errors, and a tool node of LangGraph."""

import asyncio
import json
from datetime import date

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.tools import ToolException
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests
from langgraph.graph import MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from pydantic import BaseModel, Field, computed_field

from langchain_nuextract import EndpointUnreachable, Extraction, NuExtractor
from langchain_nuextract.testing import FakeEndpoint

TEXT = "Invoice 7, total 12.50"
ANSWER = {"number": "7", "total": 12.5}
CALL = {"name": "extract_invoice", "args": {"document": TEXT}, "id": "1", "type": "tool_call"}


class Invoice(BaseModel):
    number: str = Field(description="as printed")
    total: float


@pytest.fixture
def make(chat):
    def tool(endpoint, schema=Invoice, **settings):
        return NuExtractor(schema, llm=chat(endpoint)).as_tool(**settings)

    return tool


class StandardTool:
    @pytest.fixture(autouse=True)
    def _endpoint(self, monkeypatch):
        with FakeEndpoint(ANSWER) as endpoint:
            for name, value in (("BASE_URL", endpoint.url), ("MODEL", "numind/NuExtract3")):
                monkeypatch.setenv(f"NUEXTRACT_{name}", value)
            yield

    @property
    def tool_constructor(self):
        return lambda: NuExtractor(Invoice).as_tool()

    @property
    def tool_invoke_params_example(self):
        return {"document": TEXT}


class TestStandardUnit(StandardTool, ToolsUnitTests):
    """LangChain's own."""


class TestStandardIntegration(StandardTool, ToolsIntegrationTests):
    """LangChain's own."""


def test_the_model_gets_json_and_the_program_the_extraction(run, make):
    with FakeEndpoint(ANSWER) as endpoint:
        message = run(make(endpoint), CALL)
    assert json.loads(message.content) == ANSWER
    assert isinstance(message.artifact, Extraction)
    assert message.artifact.value == Invoice(number="7", total=12.5)
    assert {found.quotation for found in message.artifact.evidence} == {"7", "12.50"}


def test_the_json_is_that_of_the_answer_and_no_serializer_runs(run, make):
    class Paid(BaseModel):
        number: str
        on: date | None = None

        @computed_field
        @property
        def year(self) -> int:
            return self.on.year

    with FakeEndpoint({"number": "7"}) as endpoint:
        message = run(make(endpoint, Paid), CALL)
    assert (message.status, json.loads(message.content)) == ("success", {"number": "7"})


def test_it_is_named_and_described_after_the_schema(make):
    class PurchaseOrder(Invoice):
        """An order."""

    with FakeEndpoint() as endpoint:
        tool = make(endpoint, PurchaseOrder)
        named = make(endpoint, name="read_invoice", description="Reads invoices.")
    assert tool.name == "extract_purchase_order"
    assert "number, total" in tool.description
    assert "as printed" in tool.description
    assert (named.name, named.description) == ("read_invoice", "Reads invoices.")
    assert list(tool.args) == ["document"]


@pytest.mark.parametrize(
    ("answer", "document", "told"),
    [
        pytest.param("sorry", TEXT, "no JSON object", id="answer"),
        pytest.param({"number": "7"}, TEXT, "$.total", id="missing"),
        pytest.param(ANSWER, " ", "empty", id="document"),
    ],
)
def test_what_went_wrong_is_told_to_the_model(run, make, answer, document, told):
    with FakeEndpoint(answer) as endpoint:
        message = run(make(endpoint), {**CALL, "args": {"document": document}})
    assert message.status == "error"
    assert told in message.content


def test_errors_can_be_raised_instead(run, make):
    with FakeEndpoint("sorry") as endpoint, pytest.raises(ToolException):
        run(make(endpoint, handle_tool_error=False), CALL)


def test_an_endpoint_that_fails_ends_the_agent(run, make):
    with FakeEndpoint() as endpoint:
        tool = make(endpoint)
    with pytest.raises(EndpointUnreachable):
        run(tool, CALL)


class Seen(BaseCallbackHandler):
    def __init__(self):
        self.runs = []

    def on_tool_start(self, serialized, input_str, **kwargs):
        self.runs.append(("tool", kwargs["parent_run_id"] is None, kwargs["tags"]))

    def on_chat_model_start(self, serialized, messages, **kwargs):
        self.runs.append(("llm", kwargs["parent_run_id"] is None, kwargs["tags"]))


def test_the_config_reaches_the_model(run, make):
    seen = Seen()
    with FakeEndpoint(ANSWER) as endpoint:
        run(make(endpoint), CALL, config={"callbacks": [seen], "tags": ["mine"]})
    assert seen.runs == [("tool", True, ["mine"]), ("llm", False, ["mine", "nostream"])]


@pytest.mark.parametrize("asynchronous", [False, True])
def test_it_works_in_a_tool_node(make, asynchronous):
    with FakeEndpoint(ANSWER) as endpoint:
        graph = StateGraph(MessagesState).add_node("tools", ToolNode([make(endpoint)]))
        agent = graph.set_entry_point("tools").set_finish_point("tools").compile()
        asked = {"messages": [AIMessage("", tool_calls=[CALL])]}
        state = asyncio.run(agent.ainvoke(asked)) if asynchronous else agent.invoke(asked)
    message = state["messages"][-1]
    assert json.loads(message.content) == ANSWER
    assert message.artifact.value.total == 12.5
