"""A chat model that was given a JSON Schema as `response_format`, as agents do: it answers with JSON of that schema."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    convert_to_messages,
)
from langchain_core.outputs import ChatGeneration, ChatResult

from langchain_nuextract.client.langchain_messages import message_of, reply_of_result
from langchain_nuextract.client.request_body import arguments, merged
from langchain_nuextract.dialects import dialect_for
from langchain_nuextract.dialects.messages import Reply, Request
from langchain_nuextract.documents.read import read
from langchain_nuextract.engine.flow import arun_flow, run_flow
from langchain_nuextract.engine.options import ExtractionOptions
from langchain_nuextract.engine.pages import read_document
from langchain_nuextract.engine.plan import plan_for
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.paths import JSON
from langchain_nuextract.runnables.response_format import FORMAT_SETTINGS, object_schema
from langchain_nuextract.schema.target import Target

Ask = Callable[..., ChatResult]
AskAsync = Callable[..., Awaitable[ChatResult]]


class ResponseFormatAnswer:
    """One call of a chat model that is to answer with JSON of a schema.

    The document is what the user said since the model's last answer; system messages are instructions.

    Args:
        llm: The model; it is asked by its own methods, so that the call remains one run.
        messages: The conversation.
        settings: The arguments of the call, the schema among them.

    Raises:
        UnsupportedSchema: The schema has no NuExtract form.
        UnsupportedTask: The model's name tells no generation, or there are instructions, which it does not take.
    """

    def __init__(self, llm: BaseChatModel, messages: Sequence[BaseMessage], settings: Mapping[str, object]) -> None:
        self.llm = llm
        others = {name: value for name, value in settings.items() if name not in FORMAT_SETTINGS}
        self.settings = cast("dict[str, JSON]", others)
        dialect, name = getattr(llm, "dialect", None), str(getattr(llm, "model_name", ""))
        self.plan = plan_for(
            Target.of(object_schema(settings)),
            dialect_for(str(settings.get("model") or name), dialect),
            ExtractionOptions(
                instructions="\n".join(each.text for each in messages if isinstance(each, SystemMessage))
            ),
        )
        since = list(takewhile(lambda message: not isinstance(message, AIMessage), reversed(messages)))
        self.document = [message for message in reversed(since) if isinstance(message, HumanMessage)]

    def answer(self, ask: Ask) -> ChatResult:
        """Extract, and write the object as the model's message."""

        def send(request: Request) -> Reply:
            messages, settings = self._call(request)
            return reply_of_result(ask(messages, **settings))

        return _chat_result(run_flow(read_document(self.plan, read(self.document)), send))

    async def aanswer(self, ask: AskAsync) -> ChatResult:
        """Extract, and write the object as the model's message."""

        async def send(request: Request) -> Reply:
            messages, settings = self._call(request)
            return reply_of_result(await ask(messages, **settings))

        return _chat_result(await arun_flow(read_document(self.plan, read(self.document)), send))

    def _call(self, request: Request) -> tuple[list[BaseMessage], dict[str, JSON]]:
        messages = [dict(message) for message in request.messages]
        return convert_to_messages(messages), merged(arguments(request, self.llm), self.settings)


def _chat_result(extraction: Extraction[object]) -> ChatResult:
    text = json.dumps(extraction.value, ensure_ascii=False)
    last = extraction.attempts[-1].reply
    message = message_of(replace(last, text=text, usage=extraction.usage))
    message.additional_kwargs["raw"] = extraction.raw
    return ChatResult(generations=[ChatGeneration(message=message)], llm_output={"model_name": extraction.model})
