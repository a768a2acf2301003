"""How many tokens a text has, by the server that is to read it."""

from collections.abc import Mapping
from typing import Final
from weakref import WeakSet

from langchain_nuextract.client.client import Client
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
        model = self._model
        if model is None or model.client in _SILENT:
            return TextSize(context)
        try:
            body = model.client.post(model.tokenize_call(text[:_MOST_COUNTED]), holds="tokens")
        except EndpointError as error:
            return _uncounted(error, model.client, context)
        return self._counted(body, text, context)

    async def acount(self, text: str, context: int | None) -> TextSize:
        """Do the same on an event loop."""
        if self._last and self._last[0] == text:
            return self._last[1]
        model = self._model
        if model is None or model.client in _SILENT:
            return TextSize(context)
        try:
            body = await model.client.apost(model.tokenize_call(text[:_MOST_COUNTED]), holds="tokens")
        except EndpointError as error:
            return _uncounted(error, model.client, context)
        return self._counted(body, text, context)

    def context(self) -> int | None:
        """Give the tokens that the model takes; None if nobody says."""
        return self._model.context_length if self._model else None

    async def acontext(self) -> int | None:
        """Do the same on an event loop."""
        if self._model is None:
            return None
        return context_size(self._model.model_name, await self._model.client.amodels())

    def _counted(self, body: Mapping[str, JSON], text: str, context: int | None) -> TextSize:
        counted = len(items(body.get("tokens")))
        characters = min(len(text), _MOST_COUNTED) / counted if counted else None
        # vLLM says with it how many the model takes.
        context = integer(body.get("max_model_len")) or context
        size = TextSize(context, characters, int(len(text) / characters) if characters else None)
        self._last = text, size
        return size


def _uncounted(error: EndpointError, client: Client, context: int | None) -> TextSize:
    if error.stops_run:
        raise error
    # Gateways answer 5xx to paths that they do not know: what cannot be counted can be asked about all the same.
    if not error.retryable:
        _SILENT.add(client)
    return TextSize(context)
