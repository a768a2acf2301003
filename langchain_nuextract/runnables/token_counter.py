"""How many tokens a text has, by the server that is to read it."""

from collections.abc import Mapping
from typing import Final
from weakref import WeakSet

from langchain_nuextract.client.client import ApiCall, Client
from langchain_nuextract.client.served_models import context_size
from langchain_nuextract.engine.long.flow import TextSize
from langchain_nuextract.errors import EndpointError
from langchain_nuextract.paths import JSON, integer, items
from langchain_nuextract.runnables.api_model import ApiModel

_MOST_COUNTED = 400_000
"""Characters that a server is asked to count: those of longer documents have as many tokens as these have."""


_SILENT: Final[WeakSet[Client]] = WeakSet()
"""The connections to servers that count no tokens: they are not asked again."""


class TokenCounter:
    """Tells how many tokens a text has, by one call of the endpoint's `/tokenize`.

    Args:
        model: Whose endpoint; None if nobody can be asked.
    """

    def __init__(self, model: ApiModel | None) -> None:
        self._model = model
        self._last: tuple[str, TextSize] | None = None

    def count(self, text: str, context: int | None) -> TextSize:
        """Count a text, of which a model takes so many tokens as far as is known."""
        if self._last and self._last[0] == text:
            return self._last[1]
        if self._model is None or self._client in _SILENT:
            return TextSize(context)
        try:
            body = self._client.post(self._call(text), holds="tokens")
        except EndpointError as error:
            return self._failed(error, context)
        return self._counted(body, text, context)

    async def acount(self, text: str, context: int | None) -> TextSize:
        """Do the same on an event loop."""
        if self._last and self._last[0] == text:
            return self._last[1]
        if self._model is None or self._client in _SILENT:
            return TextSize(context)
        try:
            body = await self._client.apost(self._call(text), holds="tokens")
        except EndpointError as error:
            return self._failed(error, context)
        return self._counted(body, text, context)

    def context(self) -> int | None:
        """Give the tokens that the model takes; None if nobody says."""
        return self._client.context_of(self._model.model_name) if self._model else None

    async def acontext(self) -> int | None:
        """Do the same on an event loop."""
        if self._model is None:
            return None
        return context_size(self._model.model_name, await self._client.amodels())

    @property
    def _client(self) -> Client:
        assert self._model  # noqa: S101  # asked before
        return self._model.client

    def _call(self, text: str) -> ApiCall:
        assert self._model  # noqa: S101  # asked before
        shown = text[:_MOST_COUNTED]
        # vLLM reads `prompt`, llama.cpp reads `content`.
        body: dict[str, JSON] = {"prompt": shown, "content": shown, "add_special_tokens": False}
        return ApiCall("/tokenize", {"model": self._model.model_name, **body})

    def _counted(self, body: Mapping[str, JSON], text: str, context: int | None) -> TextSize:
        counted = len(items(body.get("tokens")))
        characters = min(len(text), _MOST_COUNTED) / counted if counted else None
        # vLLM says with it how many the model takes.
        context = integer(body.get("max_model_len")) or context
        size = TextSize(context, characters, int(len(text) / characters) if characters else None)
        self._last = text, size
        return size

    def _failed(self, error: EndpointError, context: int | None) -> TextSize:
        if error.stops_run:
            raise error
        # Gateways answer 5xx to paths that they do not know: what cannot be counted can be asked about all the same.
        if not error.retryable:
            _SILENT.add(self._client)
        return TextSize(context)
