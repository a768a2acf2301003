"""A chat model whose listeners are shown no images."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, TypedDict

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import LLMResult
from langchain_core.runnables import RunnableConfig
from pydantic import ConfigDict

from langchain_nuextract.runnables import callbacks

IMAGES = "image_data"
"""The argument by which the images of a call reach the methods that send it, beside messages with placeholders."""


class ImageArgument(TypedDict, total=False):
    """That argument, where a call has images."""

    image_data: "callbacks.ImageData"


def with_images(messages: list[BaseMessage], image_data: "callbacks.ImageData | None") -> list[BaseMessage]:
    """Give the messages of a call as they are to be sent."""
    return image_data.restore(messages) if image_data else messages


class RedactedRuns(BaseChatModel):
    """Redacts the messages before LangChain's own methods show them to listeners and to the cache.

    These are all the methods in which LangChain begins a run of a chat model; the others call them. `_generate`,
    `_agenerate`, `_stream` and `_astream` are given placeholders, and the images as the argument `IMAGES`.
    """

    # What Pydantic builds of a class takes its time; this leaves it until the first model is made.
    model_config = ConfigDict(defer_build=True)

    def generate(self, messages: list[list[BaseMessage]], *args: Any, **kwargs: Any) -> LLMResult:
        """Pass prompts to the model; see LangChain."""
        messages, images = _redacted(messages, kwargs)
        return super().generate(messages, *args, **kwargs, **images)

    async def agenerate(self, messages: list[list[BaseMessage]], *args: Any, **kwargs: Any) -> LLMResult:
        """Pass prompts to the model; see LangChain."""
        messages, images = _redacted(messages, kwargs)
        return await super().agenerate(messages, *args, **kwargs, **images)

    def stream(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[AIMessageChunk]:
        """Yield the answer as it is written; see LangChain."""
        shown, images = self._redacted_input(input, kwargs)
        return super().stream(shown, config, **kwargs, **images)

    def astream(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[AIMessageChunk]:
        """Yield the answer as it is written; see LangChain."""
        shown, images = self._redacted_input(input, kwargs)
        return super().astream(shown, config, **kwargs, **images)

    def stream_events(self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]  # the overloads are LangChain's
        """Yield events of the run; see LangChain."""
        shown, images = self._redacted_input(input, kwargs)
        return super().stream_events(shown, config, **kwargs, **images)  # pyright: ignore[reportUnknownVariableType]  # see above

    def astream_events(self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]  # the overloads are LangChain's
        """Yield events of the run; see LangChain."""
        shown, images = self._redacted_input(input, kwargs)
        return super().astream_events(shown, config, **kwargs, **images)  # pyright: ignore[reportUnknownVariableType]  # see above

    def _redacted_input(
        self, model_input: LanguageModelInput, arguments: Mapping[str, object]
    ) -> tuple[LanguageModelInput, ImageArgument]:
        if isinstance(model_input, str):
            return model_input, {}
        [messages], images = _redacted([self._convert_input(model_input).to_messages()], arguments)
        return messages, images


def _redacted(
    prompts: list[list[BaseMessage]], arguments: Mapping[str, object]
) -> tuple[list[list[BaseMessage]], ImageArgument]:
    """Give prompts with placeholders, and the images as a further argument, unless it is among the arguments yet."""
    if IMAGES in arguments or all(isinstance(message.content, str) for prompt in prompts for message in prompt):  # pyright: ignore[reportUnknownMemberType]
        return prompts, {}
    from langchain_nuextract.runnables.callbacks.redact import ImageData, redact  # noqa: PLC0415 few send images

    redacted = [redact(prompt) for prompt in prompts]
    urls = {shown: url for _, images in redacted if images for shown, url in images.urls.items()}
    return [prompt for prompt, _ in redacted], {"image_data": ImageData(urls)} if urls else {}
