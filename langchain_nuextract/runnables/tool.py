"""An extractor as a tool, for agents that another model drives."""

import json
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Literal, cast

from langchain_core.callbacks import AsyncCallbackManagerForToolRun, CallbackManagerForToolRun
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.tools import BaseTool, ToolException
from langchain_core.tools.base import ArgsSchema
from pydantic import BaseModel, Field, SkipValidation

from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import ExtractionError
from langchain_nuextract.paths import JSON
from langchain_nuextract.runnables.tool_documents import ToolDocuments
from langchain_nuextract.runnables.tool_names import NOT_OPENED
from langchain_nuextract.schema.target import FULL, Target

NOSTREAM: Final = "nostream"
"""LangGraph's tag of models whose messages are not streamed."""
_LONGEST_NAME: Final = 64
"""Characters that the APIs of the large models take in the name of a tool."""


class Arguments(BaseModel):
    """What the model that drives the agent gives the tool."""

    document: str = Field(description="the text to extract from: whole, unchanged, not summarised")


class ExtractionTool(BaseTool):
    """Extract an object from a document; made by `NuExtractor.as_tool`.

    The agent's model is told the object as JSON text. The whole `Extraction`, with evidence and repairs, is the
    artifact of the tool's message.

    A document that is not there, and an unusable document or answer, is told to the agent's model as well, which may
    try another one, unless `handle_tool_error` is False: then it is raised as a `ToolException`. Errors of the endpoint
    are always raised, for no model could mend them.

    The extraction model's runs have the tag `nostream`, so that LangGraph does not mix its JSON into the messages that
    it streams to users.
    """

    detailed: Runnable[object, Extraction[object]] = Field(repr=False)
    """An extractor's detailed form."""
    sources: SkipValidation[ToolDocuments] = ToolDocuments()
    """Where documents come from."""
    args_schema: ArgsSchema | None = Arguments
    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"
    handle_tool_error: Any = True

    def _run(
        self,
        *single: str,
        config: RunnableConfig,
        run_manager: CallbackManagerForToolRun | None = None,  # noqa: ARG002 the config holds its child already
        **given: object,
    ) -> tuple[str, Extraction[object]]:
        with _errors_for_the_model():
            document = self.sources.resolve(self._named(single, given), config)
            return _content_and_artifact(self.detailed.invoke(document, unstreamed(config)))

    async def _arun(
        self,
        *single: str,
        config: RunnableConfig,
        run_manager: AsyncCallbackManagerForToolRun | None = None,  # noqa: ARG002 the config holds its child already
        **given: object,
    ) -> tuple[str, Extraction[object]]:
        with _errors_for_the_model():
            document = await self.sources.aresolve(self._named(single, given), config)
            return _content_and_artifact(await self.detailed.ainvoke(document, unstreamed(config)))

    def __getstate__(self) -> dict[str, object]:
        """Leave the class of the arguments out of a pickle: it is made for this tool, and made again."""
        state = super().__getstate__()
        return {**state, "__dict__": {**state["__dict__"], "args_schema": None}}

    def __setstate__(self, state: dict[str, object]) -> None:
        super().__setstate__(state)
        self.args_schema = self.sources.arguments(Arguments)

    def _named(self, single: Sequence[str], given: Mapping[str, object]) -> Mapping[str, object]:
        """Name the argument of a tool that is called with one text only: it is the first one."""
        return {**given, **dict(zip(self.args, single, strict=False))}


def unstreamed(config: RunnableConfig | None) -> RunnableConfig:
    """Keep what a run's model writes out of the messages that LangGraph streams."""
    known: RunnableConfig = config or {}
    return {**known, "tags": [*(known.get("tags") or []), NOSTREAM]}


def name_for(target: Target[object]) -> str:
    """Name a tool for what it extracts: `extract_purchase_order` for `PurchaseOrder`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", target.name)
    return f"extract_{re.sub(r'[^A-Za-z0-9]+', '_', words).strip('_').lower()}"[:_LONGEST_NAME]


def description_of(target: Target[object], what: str = "a text") -> str:
    """Say what a target extracts, field by field."""
    template = target.template(FULL)
    fields = ", ".join(cast("Mapping[str, JSON]", template)) if isinstance(template, Mapping) else "what it says"
    lines = [f"Extract {target.name} from {what}: {fields}.", target.instructions]
    return "\n".join(filter(None, lines))


def _content_and_artifact(extraction: Extraction[object]) -> tuple[str, Extraction[object]]:
    # From the answer itself: the serializers of the user may mask a value, or fail, and nobody called for them.
    return json.dumps(extraction.json, ensure_ascii=False, separators=(",", ":")), extraction


@contextmanager
def _errors_for_the_model() -> Generator[None]:
    try:
        yield
    except (ExtractionError, ValueError) as error:
        raise ToolException(str(error)) from error
    except NOT_OPENED as error:
        # Where on the machine the file is, the model is not told.
        raise ToolException(f"the document cannot be opened: {error.strerror or type(error).__name__}") from error
