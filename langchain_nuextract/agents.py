"""Typed answers from agents that any model drives. Others must not know it: it needs LangChain's agents, an extra."""

from itertools import dropwhile, takewhile
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, get_args

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage
from langchain_core.runnables import Runnable

try:
    from langchain.agents.middleware import AgentMiddleware, AgentState
    from langgraph.runtime import Runtime
except ImportError as error:
    raise ImportError("agents need LangChain itself: pip install 'langchain-nuextract[agents]'") from error

from langchain_nuextract.runnables.tool import unstreamed

T = TypeVar("T")

Part: TypeAlias = Literal["answer", "tool_results"]

_RESPONSE: Final = "structured_response"
"""Where `create_agent` puts the typed answer."""


class StructuredResponse(AgentMiddleware[AgentState[T], Any, T], Generic[T]):
    """Turn what an agent ends with into an object, by the extraction model.

        agent = create_agent("openai:gpt-5", tools, middleware=[StructuredResponse(NuExtractor(Invoice))])
        agent.invoke({"messages": [...]})["structured_response"]    # an Invoice

    The model that drives the agent needs no structured output of its own, and is asked nothing more.

    Args:
        extractor: An extractor, or its detailed form for evidence and repairs.
        of: What to extract from: the final `answer`, or what the last tools gave, `tool_results`, which the answer may
            have shortened. What there is none of is stood in for by the other.

    Raises:
        ImportError: `langchain` is not installed.
        ValueError: `of` is something else.
    """

    def __init__(self, extractor: Runnable[str, T], *, of: Part = "answer") -> None:
        super().__init__()
        if of not in get_args(Part):
            raise ValueError(f"of must be one of {', '.join(get_args(Part))}, not {of!r}")
        self.extractor = extractor
        self.of: Part = of

    def after_agent(self, state: AgentState[T], runtime: Runtime[Any]) -> dict[str, T] | None:  # noqa: ARG002 LangChain's
        """Extract once the agent is done."""
        return {_RESPONSE: self.extractor.invoke(_document(state["messages"], self.of), unstreamed(None))}

    async def aafter_agent(self, state: AgentState[T], runtime: Runtime[Any]) -> dict[str, T] | None:  # noqa: ARG002 see above
        """Extract once the agent is done."""
        return {_RESPONSE: await self.extractor.ainvoke(_document(state["messages"], self.of), unstreamed(None))}


def _document(messages: list[AnyMessage], of: Part) -> str:
    answer, results = _answer(messages), _results(messages)
    return (results or answer) if of == "tool_results" else (answer or results)


def _answer(messages: list[AnyMessage]) -> str:
    last = messages[-1] if messages else None
    return last.text if isinstance(last, AIMessage) else ""


def _results(messages: list[AnyMessage]) -> str:
    """Join what the last tools gave: those that were called side by side stand together."""
    backwards = dropwhile(lambda each: not isinstance(each, ToolMessage), reversed(messages))
    texts = [message.text for message in takewhile(lambda each: isinstance(each, ToolMessage), backwards)]
    return "\n\n".join(reversed(texts))
