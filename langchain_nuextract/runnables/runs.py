"""Runs on an event loop: of an extraction, and of the chat model within it.

They tell listeners what LangChain's `_acall_with_config` and `BaseChatModel.ainvoke` would, by LangChain's own
managers, at a third of their cost: nothing here inspects signatures or makes tasks of its own for each step.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from langchain_core.callbacks import (
    AsyncCallbackManager,
    AsyncCallbackManagerForChainRun,
    AsyncCallbackManagerForLLMRun,
)
from langchain_core.messages import LC_ID_PREFIX, convert_to_messages
from langchain_core.outputs import ChatResult, LLMResult
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import (
    ensure_config,
    get_async_callback_manager_for_config,
    patch_config,
    set_config_context,
)

from langchain_nuextract.client.response import result_of
from langchain_nuextract.dialects.messages import Request
from langchain_nuextract.paths import JSON
from langchain_nuextract.runnables.callbacks.redact import shown, shown_outcome
from langchain_nuextract.runnables.chat_model import ChatNuExtract
from langchain_nuextract.runnables.veiling import veiled

Out = TypeVar("Out")

_NOT_TOLD = frozenset({"tools", "functions", "messages", "response_format"})
"""Arguments that LangSmith is not told as metadata, as they may be long."""
_OPTIONS = frozenset({"ls_structured_output_format"})
"""Arguments that are for listeners alone, in the form in which they are told."""


async def in_run(
    runnable: Runnable[Any, Any],
    work: Callable[[Any, AsyncCallbackManagerForChainRun, RunnableConfig], Coroutine[Any, Any, Out]],
    document: Any,
    config: RunnableConfig | None,
) -> Out:
    """Do the work of a runnable in a run.

    Args:
        runnable: Whose run it is.
        work: What is to be done; it is given the document, the run, and the config of the run's children.
        document: The runnable's input.
        config: As the runnable was given it.
    """
    config = ensure_config(config)
    manager = get_async_callback_manager_for_config(config)
    name, run_id = config.get("run_name") or runnable.get_name(), config.pop("run_id", None)
    run = await manager.on_chain_start(None, shown(document), run_type=None, name=name, run_id=run_id)
    try:
        child = patch_config(config, callbacks=run.get_child())
        with set_config_context(child) as context:
            output = await asyncio.create_task(work(document, run, child), context=context)
    except BaseException as error:
        await run.on_chain_error(error)
        raise
    await run.on_chain_end(shown_outcome(output))
    return output


async def ask_in_run(
    llm: ChatNuExtract, request: Request, given: Mapping[str, JSON], config: RunnableConfig
) -> Mapping[str, JSON]:
    """Send a request in a run of the chat model.

    Args:
        llm: A model that is no other class, and neither caches, limits its rate nor streams on its own.
        request: What is asked.
        given: With which arguments the model would have been called.
        config: The run's.

    Returns:
        The body of the reply.
    """
    run = await _started(llm, request, {**given}, config)
    try:
        body = await llm.wire.apost(llm.call_for(request))
    except Exception as error:
        await run.on_llm_error(error, response=LLMResult(generations=[[]]))
        raise
    result = _named(result_of(body, llm.model_name), run)
    await run.on_llm_end(LLMResult(generations=[[*result.generations]], llm_output=result.llm_output))
    return body


async def _started(
    llm: ChatNuExtract, request: Request, given: dict[str, JSON], config: RunnableConfig
) -> AsyncCallbackManagerForLLMRun:
    asked_for = {name: given.pop(name) for name in _OPTIONS if name in given}
    params, metadata = llm.described(given)
    manager = AsyncCallbackManager.configure(
        config.get("callbacks"),
        inheritable_tags=config.get("tags"),
        local_tags=llm.tags,
        inheritable_metadata={**config.get("metadata", {}), **metadata},
        local_metadata=llm.metadata,
        langsmith_inheritable_metadata={name: value for name, value in params.items() if name not in _NOT_TOLD},
    )
    [run] = await manager.on_chat_model_start(
        llm.serialized,
        [veiled(convert_to_messages([dict(message) for message in request.messages]))],
        invocation_params=params,
        options={"stop": None, **asked_for},
        name=config.get("run_name"),
        batch_size=1,
        run_id=None,
    )
    return run


def _named(result: ChatResult, run: AsyncCallbackManagerForLLMRun) -> ChatResult:
    """Give the messages their ids, and tell in them what is known of the reply."""
    about = result.llm_output or {}
    for number, generation in enumerate(result.generations):
        message = generation.message
        message.id = f"{LC_ID_PREFIX}-{run.run_id}-{number}"
        message.response_metadata = {**(generation.generation_info or {}), **message.response_metadata}
        if len(result.generations) == 1:
            message.response_metadata = {**about, **message.response_metadata}
    return result
