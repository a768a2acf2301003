"""LangChain's own tests of chat models, against the real server."""

from collections.abc import Iterable
from functools import reduce
from operator import add

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_tests.integration_tests import ChatModelIntegrationTests

from langchain_nuextract import ChatNuExtract
from tests.integration_tests.vllm.server import Server

pytestmark = pytest.mark.vllm


def sum_of(chunks: Iterable[AIMessageChunk]) -> AIMessageChunk:
    return reduce(add, chunks)


class TestChatNuExtract(ChatModelIntegrationTests):
    """A chat model on the server for NuExtract 2.0; without a template in the request it chats like any other."""

    @pytest.fixture(autouse=True)
    def _served(self, nuextract2: Server) -> None:
        self.server = nuextract2

    @property
    def chat_model_class(self) -> type[ChatNuExtract]:
        return ChatNuExtract

    @property
    def chat_model_params(self) -> dict[str, object]:
        return {
            "model": self.server.models[1],
            "base_url": self.server.url,
            "dialect": "instruct",
            "temperature": 0,
            "seed": 1,
            "max_tokens": 100,
            "timeout": 120,
            # Jokes of the tiny model have no end otherwise.
            "extra_body": {"repetition_penalty": 1.2},
        }

    @property
    def has_tool_calling(self) -> bool:
        return False

    @property
    def has_tool_choice(self) -> bool:
        return False

    @property
    def has_structured_output(self) -> bool:
        return True

    @property
    def structured_output_kwargs(self) -> dict[str, object]:
        return {"method": "json_schema"}

    @property
    def model_override_value(self) -> str:
        # vLLM reports the first of a model's names, whichever it was asked by.
        return self.server.models[0]

    @property
    def supported_usage_metadata_details(self) -> dict[str, list[str]]:
        return {"invoke": ["cache_read_input"], "stream": ["cache_read_input"]}

    def invoke_with_cache_read_input(self, *, stream: bool = False) -> AIMessage:
        llm, text = ChatNuExtract(**self.chat_model_params), "Apples are harvested in autumn. " * 20
        llm.invoke(text)
        return sum_of(llm.stream(text)) if stream else llm.invoke(text)

    @pytest.mark.xfail(reason="Pydantic 2, by which schemas are read, refuses models of Pydantic 1")
    def test_structured_output_pydantic_2_v1(self, model: ChatNuExtract) -> None:
        super().test_structured_output_pydantic_2_v1(model)
