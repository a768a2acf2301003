"""An extractor as a tool, for agents that another model drives."""

import json
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Literal, cast

from langchain_core.callbacks import AsyncCallbackManagerForToolRun, CallbackManagerForToolRun
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.tools import BaseTool, ToolException
from langchain_core.tools.base import ArgsSchema
from pydantic import BaseModel, Field

from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import ExtractionError
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.target import FULL, Target

_LONGEST_NAME: Final = 64
"""Characters that the APIs of the large models take in the name of a tool."""


class Arguments(BaseModel):
    """What the model that drives the agent gives the tool."""

    document: str = Field(description="the text to extract from: whole, unchanged, not summarised")


class ExtractionTool(BaseTool):
    """Extract an object from a text; made by `NuExtractor.as_tool`.

    The agent's model is told the object as JSON text. The whole `Extraction`, with evidence and repairs, is the
    artifact of the tool's message.

    An unusable document or answer is told to the agent's model as well, which may try another text, unless
    `handle_tool_error` is False: then it is raised as a `ToolException`. Errors of the endpoint are always raised, for
    no model could mend them.
    """

    detailed: Runnable[Any, Extraction[Any]] = Field(repr=False)
    """An extractor's detailed form."""
    args_schema: ArgsSchema | None = Arguments
    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"
    handle_tool_error: Any = True

    def _run(
        self,
        document: str,
        config: RunnableConfig,
        run_manager: CallbackManagerForToolRun | None = None,  # noqa: ARG002 the config holds its child already
    ) -> tuple[str, Extraction[Any]]:
        with _told_to_the_model():
            return _result(self.detailed.invoke(document, config))

    async def _arun(
        self,
        document: str,
        config: RunnableConfig,
        run_manager: AsyncCallbackManagerForToolRun | None = None,  # noqa: ARG002 the config holds its child already
    ) -> tuple[str, Extraction[Any]]:
        with _told_to_the_model():
            return _result(await self.detailed.ainvoke(document, config))


def name_for(target: Target[Any]) -> str:
    """Name a tool for what it extracts: `extract_purchase_order` for `PurchaseOrder`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", target.name)
    return f"extract_{re.sub(r'[^A-Za-z0-9]+', '_', words).strip('_').lower()}"[:_LONGEST_NAME]


def description_of(target: Target[Any]) -> str:
    """Say what a target extracts, field by field."""
    template = target.template(FULL)
    fields = ", ".join(cast("Mapping[str, JSON]", template)) if isinstance(template, Mapping) else "what it says"
    lines = [f"Extract {target.name} from a text: {fields}.", target.instructions]
    return "\n".join(filter(None, lines))


def _result(extraction: Extraction[Any]) -> tuple[str, Extraction[Any]]:
    # From the answer itself: the serializers of the user may mask a value, or fail, and nobody called for them.
    return json.dumps(extraction.json, ensure_ascii=False, separators=(",", ":")), extraction


@contextmanager
def _told_to_the_model() -> Generator[None]:
    try:
        yield
    except (ExtractionError, ValueError) as error:
        raise ToolException(str(error)) from error
