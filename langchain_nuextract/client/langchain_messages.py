"""From the body of a reply, or an event of a stream, to LangChain's messages, and from these to a `Reply` and back."""

from collections.abc import Mapping
from typing import Any, Final

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from langchain_nuextract.client.response import first_choice, text_and_thinking, tokens_of
from langchain_nuextract.dialects.messages import Piece, Reply, Usage, joined_reply
from langchain_nuextract.paths import JSON, fields, integer, items

PROVIDER: Final = "nuextract"
"""`response_metadata["model_provider"]`: LangChain reads content blocks, reasoning included, without a translator."""
_REASONING: Final = "reasoning_content"
"""Where LangChain looks for a message's thinking."""


def result_of(body: Mapping[str, JSON], model: str) -> ChatResult:
    """Turn a whole reply, of either route, into LangChain's form.

    Args:
        body: A reply that has choices.
        model: The name to report if the reply has none.
    """
    usage = _usage_of(body.get("usage"))
    generations: list[ChatGeneration] = []
    for choice in map(fields, items(body["choices"])):
        content, thought = text_and_thinking(choice)
        message = AIMessage(content=content, additional_kwargs=_thinking(thought), usage_metadata=usage)
        generations.append(ChatGeneration(message=message, generation_info=_about(choice)))
    about = {"model_name": body.get("model") or model, "model_provider": PROVIDER}
    about |= {key: body[key] for key in ("id", "system_fingerprint") if body.get(key)}
    return ChatResult(generations=generations, llm_output=about)


def chunk_of(event: Mapping[str, JSON], model: str) -> ChatGenerationChunk:
    """Turn one event of a stream, of either route, into LangChain's form."""
    choice = first_choice(event)
    content, thought = text_and_thinking(choice)
    message = AIMessageChunk(
        content=content,
        additional_kwargs=_thinking(thought),
        response_metadata={"model_provider": PROVIDER},
        usage_metadata=_usage_of(event.get("usage")),
    )
    about = _about(choice)
    if "finish_reason" in about:
        # Once per stream: merging chunks joins strings.
        about["model_name"] = event.get("model") or model
    return ChatGenerationChunk(message=message, generation_info=about or None)


def reply_of(message: AIMessage, seconds: float = 0.0) -> Reply:
    """Turn LangChain's message into the reply that the rest of the house reads.

    Args:
        message: What `ChatNuExtract` returned.
        seconds: How long it took.
    """
    return joined_reply((piece_of(message),), seconds)


def piece_of(message: AIMessage) -> Piece:
    """Turn LangChain's message, or its chunk of one, into a piece of a reply."""
    about = message.response_metadata
    return Piece(
        text=message.text,
        reasoning=message.additional_kwargs.get(_REASONING, ""),
        finish_reason=about.get("finish_reason"),
        usage=_counted(message.usage_metadata),
        model=about.get("model_name", ""),
        tokens=tokens_of(about),
    )


def reply_of_result(result: ChatResult) -> Reply:
    """Turn the first message of a result into a reply."""
    message = result.generations[0].message
    assert isinstance(message, AIMessage)  # noqa: S101  # what `result_of` makes
    about = {**(result.llm_output or {}), **(result.generations[0].generation_info or {})}
    return reply_of(message.model_copy(update={"response_metadata": about}))


def message_of(reply: Reply) -> AIMessage:
    """Turn a reply back into LangChain's message."""
    usage = reply.usage
    return AIMessage(
        content=reply.text,
        additional_kwargs=_thinking(reply.reasoning),
        response_metadata={
            "model_name": reply.model,
            "model_provider": PROVIDER,
            "finish_reason": reply.finish_reason,
        },
        usage_metadata=UsageMetadata(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            total_tokens=usage.total_tokens,
            input_token_details=InputTokenDetails(cache_read=usage.cached_tokens),
        ),
    )


def _about(choice: Mapping[str, JSON]) -> dict[str, Any]:
    return {key: choice[key] for key in ("finish_reason", "stop_reason", "logprobs") if choice.get(key) is not None}


def _thinking(thought: str) -> dict[str, Any]:
    return {_REASONING: thought} if thought else {}


def _usage_of(sent: JSON) -> UsageMetadata | None:
    """Turn the server's token counts into LangChain's; None if it sent none."""
    counts = fields(sent)
    if not counts:
        return None
    asked, answered = (integer(counts.get(name)) or 0 for name in ("prompt_tokens", "completion_tokens"))
    total = integer(counts.get("total_tokens")) or asked + answered
    usage = UsageMetadata(input_tokens=asked, output_tokens=answered, total_tokens=total)
    cached = integer(fields(counts.get("prompt_tokens_details")).get("cached_tokens"))
    if cached is not None:
        usage["input_token_details"] = InputTokenDetails(cache_read=cached)
    thought = integer(fields(counts.get("completion_tokens_details")).get("reasoning_tokens"))
    if thought is not None:
        usage["output_token_details"] = OutputTokenDetails(reasoning=thought)
    return usage


def _counted(counts: UsageMetadata | None) -> Usage:
    if not counts:
        return Usage()
    cached = counts.get("input_token_details", {}).get("cache_read", 0)
    # LangChain's cache adds a cost to whatever is there, even where the server counted nothing.
    return Usage(counts.get("input_tokens", 0), counts.get("output_tokens", 0), cached)
