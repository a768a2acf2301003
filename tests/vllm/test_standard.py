"""LangChain's own tests of chat models, against the real server."""

import pytest
from langchain_tests.integration_tests import ChatModelIntegrationTests

from langchain_nuextract import ChatNuExtract
from tests.vllm.server import Server

pytestmark = pytest.mark.vllm


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
            "model": self.server.models[0],
            "base_url": self.server.url,
            "temperature": 0,
            "seed": 1,
            "max_tokens": 64,
            "timeout": 120,
        }

    @property
    def has_tool_calling(self) -> bool:
        return False

    @property
    def has_structured_output(self) -> bool:
        return False
