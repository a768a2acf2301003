"""An agent that has the extractor as a tool. Needs `pip install langchain`."""

from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolMessage
from pydantic import BaseModel
from quickstart import DOCUMENT, endpoint

from langchain_nuextract import Extraction, NuExtractor
from langchain_nuextract.paths import show


class Invoice(BaseModel):
    number: str
    total: float


class Driver(GenericFakeChatModel):
    """Stands for the model that drives the agent, such as `init_chat_model("openai:…")`; it says what it is told to."""

    def bind_tools(self, tools: Any, **settings: Any) -> "Driver":
        del tools, settings
        return self


def driver(document_id: str) -> Driver:
    """A model that calls the tool once and is done: it names the document, and need not copy it."""
    call = {"name": "extract_invoice", "args": {"document_id": document_id}, "id": "1"}
    return Driver(messages=iter([AIMessage("", tool_calls=[call]), AIMessage("The invoice is read.")]))


def main() -> None:
    documents = {DOCUMENT.name: DOCUMENT}
    with endpoint() as settings:
        tool = NuExtractor(Invoice, **settings).as_tool(
            description="Reads an invoice.", documents=documents, text=False
        )
        agent = create_agent(driver(DOCUMENT.name), [tool])
        state = agent.invoke({"messages": [{"role": "user", "content": f"What does {DOCUMENT.name} say?"}]})

    told = next(message for message in state["messages"] if isinstance(message, ToolMessage))
    print("told to the model:", told.content)
    details: Extraction[Invoice] = told.artifact
    for found in details.evidence:
        print(f"kept for the program: {show(found.path)} stands at {found.span.start}: {found.quotation!r}")


if __name__ == "__main__":
    main()
