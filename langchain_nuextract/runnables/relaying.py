"""Telling listeners with sync methods about a run on an event loop, without waking a thread for each event.

LangChain wakes a thread for every event and every such listener, also where it does not listen to the event: four or
five times a document, which costs as much as the extraction does.
"""

import asyncio
from contextvars import Context, copy_context
from functools import lru_cache, partial
from inspect import iscoroutinefunction
from typing import Any, Final

from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler, BaseCallbackManager, CallbackManager
from langchain_core.callbacks.manager import handle_event
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config

_EVENTS: Final = {
    "on_chain_start": "ignore_chain",
    "on_chain_end": "ignore_chain",
    "on_chain_error": "ignore_chain",
    "on_chat_model_start": "ignore_chat_model",
    "on_llm_new_token": "ignore_llm",
    "on_llm_end": "ignore_llm",
    "on_llm_error": "ignore_llm",
    "on_custom_event": "ignore_custom_event",
}
"""The events of an extraction, and the setting by which a listener ignores them."""


class Relay(AsyncCallbackHandler):
    """Stands for a listener with sync methods during one run.

    The listener is told the same as by LangChain, in the same order and contexts, on a thread: what happened up to
    a call of the model right before the call, and the rest when the run ends.

    Args:
        listener: The one it stands for.
        alone: Whether nobody else listens, who would have to wait for this one.
    """

    def __init__(self, listener: BaseCallbackHandler, *, alone: bool) -> None:
        self.listener = listener
        self.run_inline = alone
        self._untold: list[tuple[Context, partial[None]]] = []
        self._telling = asyncio.Lock()

    async def on_chain_start(self, *args: Any, **kwargs: Any) -> None:
        """Keep it for later."""
        self._keep("on_chain_start", args, kwargs)

    async def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None:
        """Tell what has happened."""
        self._keep("on_chat_model_start", args, kwargs)
        await self._tell()

    async def on_llm_new_token(self, *args: Any, **kwargs: Any) -> None:
        """Tell it."""
        self._keep("on_llm_new_token", args, kwargs)
        await self._tell()

    async def on_llm_end(self, *args: Any, **kwargs: Any) -> None:
        """Keep it for later."""
        self._keep("on_llm_end", args, kwargs)

    async def on_llm_error(self, *args: Any, **kwargs: Any) -> None:
        """Keep it for later."""
        self._keep("on_llm_error", args, kwargs)

    async def on_custom_event(self, *args: Any, **kwargs: Any) -> None:
        """Keep it for later."""
        self._keep("on_custom_event", args, kwargs)

    async def on_chain_end(self, *args: Any, **kwargs: Any) -> None:
        """Tell what has happened."""
        self._keep("on_chain_end", args, kwargs)
        await self._tell()

    async def on_chain_error(self, *args: Any, **kwargs: Any) -> None:
        """Tell what has happened."""
        self._keep("on_chain_error", args, kwargs)
        await self._tell()

    def _keep(self, event: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if listens(self.listener, event):
            told = partial(handle_event, [self.listener], event, _EVENTS[event], *args, **kwargs)
            self._untold.append((copy_context(), told))

    async def _tell(self) -> None:
        async with self._telling:
            untold, self._untold = self._untold, []
            if untold:
                await asyncio.get_running_loop().run_in_executor(None, _tell_all, untold)


def relayed(config: RunnableConfig | None) -> RunnableConfig:
    """Let relays stand for those listeners of a run on an event loop that a thread would be woken for.

    Args:
        config: As a Runnable is given it. The run may have no other children than runs of the chat model.
    """
    config = ensure_config(config)
    callbacks = config.get("callbacks")
    if isinstance(callbacks, BaseCallbackManager):
        relays = _relays([*callbacks.handlers, *callbacks.inheritable_handlers])
        managed = callbacks.copy()
        managed.handlers = [relays[id(each)] for each in callbacks.handlers]
        managed.inheritable_handlers = [relays[id(each)] for each in callbacks.inheritable_handlers]
        return {**config, "callbacks": managed}
    relays = _relays(callbacks or [])
    return {**config, "callbacks": [relays[id(each)] for each in callbacks or []]}


def heard_by(handler: BaseCallbackHandler) -> BaseCallbackHandler:
    """Give the listener that a relay stands for, or the handler itself."""
    return handler.listener if isinstance(handler, Relay) else handler


def listens(handler: BaseCallbackHandler, event: str) -> bool:
    """Tell whether a handler does anything at an event."""
    if event == "on_chat_model_start" and listens(handler, "on_llm_start"):
        # Which stands in for it.
        return True
    method = getattr(getattr(handler, event), "__func__", None)
    return method not in (getattr(BaseCallbackHandler, event), getattr(AsyncCallbackHandler, event))


def streams(handler: BaseCallbackHandler) -> bool:
    """Tell whether LangChain has the chat model stream for a listener's sake: for `astream_events`, for instance."""
    return hasattr(handler, "tap_output_aiter") or listens(handler, "on_stream_event")


def _relays(handlers: list[BaseCallbackHandler]) -> dict[int, BaseCallbackHandler]:
    # LangChain adds those that are set for all runs wherever it does not find them.
    everywhere = tuple({type(each) for each in CallbackManager.configure().handlers})
    alone = len({*map(id, handlers)}) == 1
    return {
        id(each): Relay(each, alone=alone) if _wakes_a_thread(each) and not isinstance(each, everywhere) else each
        for each in handlers
    }


def _wakes_a_thread(handler: BaseCallbackHandler) -> bool:
    if handler.run_inline or handler.raise_error or isinstance(handler, AsyncCallbackHandler):
        return False
    # LangChain knows LangSmith's tracer, and listeners of its streams, by their kind.
    if hasattr(handler, "copy_with_metadata_defaults") or streams(handler):
        return False
    return _is_sync(type(handler))


@lru_cache(maxsize=256)
def _is_sync(kind: type[BaseCallbackHandler]) -> bool:
    return not any(iscoroutinefunction(getattr(kind, event)) for event in _EVENTS)


def _tell_all(untold: list[tuple[Context, partial[None]]]) -> None:
    for context, told in untold:
        context.run(told)
