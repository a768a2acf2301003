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


def driver(text: str) -> Driver:
    """A model that calls the tool once and is done."""
    call = {"name": "extract_invoice", "args": {"document": text}, "id": "1"}
    return Driver(messages=iter([AIMessage("", tool_calls=[call]), AIMessage("The invoice is read.")]))


def main() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    with endpoint() as settings:
        tool = NuExtractor(Invoice, **settings).as_tool(description="Reads an invoice.")
        agent = create_agent(driver(text), [tool])
        state = agent.invoke({"messages": [{"role": "user", "content": f"What does this say?\n{text}"}]})

    told = next(message for message in state["messages"] if isinstance(message, ToolMessage))
    print("told to the model:", told.content)
    details: Extraction[Invoice] = told.artifact
    for found in details.evidence:
        print(f"kept for the program: {show(found.path)} stands at {found.span.start}: {found.quotation!r}")


if __name__ == "__main__":
    main()
