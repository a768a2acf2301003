"""An extraction's requests, sent to the client without a run of the model, where nobody listens to it.

A run of LangChain's costs several times what sending a request and reading its reply cost.
"""

import os
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import aclosing, closing
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING, TypeAlias

from langchain_core.callbacks import BaseCallbackManager, CallbackManager
from langchain_core.globals import get_debug, get_llm_cache
from langchain_core.language_models.base import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from langchain_core.utils.env import env_var_is_set

from langchain_nuextract import client, dialects
from langchain_nuextract.runnables.api_model import ApiModel

if TYPE_CHECKING:
    from langchain_nuextract.dialects.messages import Piece, Reply


@dataclass(frozen=TYPE_CHECKING, slots=True)
class DirectCaller:
    """Each request goes to the endpoint without a run."""

    llm: ApiModel
    width: int | None = None
    """How many requests may be under way at once, if somebody has said."""

    def send(self, request: "dialects.Request") -> "Reply":
        """Send a request and wait for the reply."""
        started = perf_counter()
        body = self.llm.client.post(self.llm.call_for(request))
        return client.reply_in(body, self.llm.model_name, perf_counter() - started)

    async def asend(self, request: "dialects.Request") -> "Reply":
        """Do the same on an event loop."""
        started = perf_counter()
        body = await self.llm.client.apost(self.llm.call_for(request))
        return client.reply_in(body, self.llm.model_name, perf_counter() - started)

    def stream(self, request: "dialects.Request") -> "Generator[Piece]":
        """Send a request and yield the reply as it comes in."""
        with closing(self.llm.client.events(self.llm.call_for(request, streaming=True))) as events:
            for event in events:
                yield client.piece_in(event, self.llm.model_name)

    async def astream(self, request: "dialects.Request") -> "AsyncGenerator[Piece]":
        """Do the same on an event loop."""
        async with aclosing(self.llm.client.aevents(self.llm.call_for(request, streaming=True))) as events:
            async for event in events:
                yield client.piece_in(event, self.llm.model_name)


def direct_caller(llm: Runnable[LanguageModelInput, AIMessage], config: RunnableConfig | None) -> DirectCaller | None:
    """Make a caller without runs, if nobody would notice that there are none; otherwise None.

    Args:
        llm: The model. One that somebody derived, or that caches, limits its rate or has listeners, needs its runs.
        config: Its callbacks, those of the run that this is called in, and tracers set for all runs are listeners.
    """
    if not isinstance(llm, ApiModel) or llm.is_derived or not llm.direct:
        return None
    if llm.cache or (llm.cache is None and get_llm_cache() is not None):
        return None
    if llm.rate_limiter or llm.callbacks or llm.verbose:
        return None
    if config is not None and not isinstance(config, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # a slip
        raise TypeError(
            f"config must be a dict, not {type(config).__name__}. Several documents go to batch, in a list."
        )
    around = var_child_runnable_config.get()
    callbacks = config.get("callbacks") if config else None
    if callbacks is None and around:
        callbacks = around.get("callbacks")
    handlers = callbacks.handlers if isinstance(callbacks, BaseCallbackManager) else callbacks
    if handlers or (_may_be_heard() and CallbackManager.configure().handlers):
        return None
    return DirectCaller(llm, config.get("max_concurrency") if config else None)


def _may_be_heard() -> bool:
    """Tell whether there may be listeners to all runs, without making a manager: it finds them, and takes 30 µs."""
    sources = _sources_of_listeners()
    if sources is None or get_debug():
        return True
    is_traced, hooks = sources
    if is_traced():
        return True
    return any([var.get() is not None or (name and env_var_is_set(name)) for var, _, _, name in hooks])  # noqa: C419  quicker


_Hook: TypeAlias = tuple[ContextVar[object], bool, type | None, str | None]


@cache
def _sources_of_listeners() -> tuple[Callable[[], object], Sequence[_Hook]] | None:
    """Give where LangChain looks for them: its tracer, and the hooks registered; None if it looks elsewhere by now.

    It refuses two variables of old, which are looked for once, as LangSmith does with its own.
    """
    from langchain_core.tracers import context  # noqa: PLC0415  langsmith is large

    if "LANGCHAIN_TRACING" in os.environ or "LANGCHAIN_HANDLER" in os.environ:
        return None
    is_traced: Callable[[], object] | None = getattr(context, "_tracing_v2_is_enabled", None)
    hooks: Sequence[_Hook] | None = getattr(context, "_configure_hooks", None)
    return None if is_traced is None or hooks is None else (is_traced, hooks)
