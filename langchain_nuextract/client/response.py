"""From the body of a reply to LangChain's messages, and from those to a `Reply`."""

import json
from collections.abc import Generator, Iterator, Mapping
from math import isnan
from typing import Any, Final, cast

import orjson
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from langchain_nuextract.client.inner_error import inner_error
from langchain_nuextract.dialects.messages import Piece, Reply, Token, Usage, joined_reply
from langchain_nuextract.paths import JSON, fields, integer, items, number, text

PROVIDER: Final = "nuextract"
"""`response_metadata["model_provider"]`: LangChain reads content blocks, reasoning included, without a translator."""

_NOTHING_COUNTED: Final = Usage()
_BOM: Final = b"\xef\xbb\xbf"
"""What a stream may begin with."""
FIELDS: Final = (b"data:", b"event:", b"id:", b"retry:", b":", _BOM + b"data:")
"""What a stream of events begins with, whatever it is called."""
_REASONING: Final = "reasoning_content"
"""Where LangChain looks for a message's thinking."""


def decode(content: bytes) -> JSON:
    """Read JSON as servers write it.

    Raises:
        ValueError: It is not JSON.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        # Servers in Python may write NaN and lone surrogates, which orjson refuses.
        try:
            return json.loads(content)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None


def encode(body: Mapping[str, JSON]) -> bytes:
    """Write the body of a request.

    Raises:
        TypeError: Something in it is no JSON.
    """
    try:
        return orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:
        # Lone surrogates and integers beyond 64 bits.
        return json.dumps(body).encode()


def examine(body: Mapping[str, JSON]) -> tuple[JSON, bool]:
    """Look for what is wrong with the body of a 200, or with an event of a stream.

    Returns:
        The error in it, None if there is none; and whether the choices, if it has any, are messages or texts.
    """
    choices = body.get("choices")
    if not isinstance(choices, list):
        return inner_error(body), not choices
    is_suspect, is_answer = "error" in body or body.get("object") == "error", True
    for choice in choices:
        if not isinstance(choice, dict) or not choice:
            is_answer = False
            continue
        said = cast("JSON", _body(choice))
        is_suspect = is_suspect or "error" in choice
        is_answer = (
            is_answer and isinstance(said, dict) and isinstance(said.get("content", choice.get("text")), str | None)
        )
    return inner_error(body) if is_suspect else None, is_answer


def result_of(body: Mapping[str, JSON], model: str) -> ChatResult:
    """Turn a whole reply, of either route, into LangChain's form.

    Args:
        body: A reply that has choices.
        model: The name to report if the reply has none.
    """
    usage = usage_of(body.get("usage"))
    generations = [_generation(fields(choice), usage) for choice in items(body["choices"])]
    about = {"model_name": body.get("model") or model, "model_provider": PROVIDER}
    about |= {key: body[key] for key in ("id", "system_fingerprint") if body.get(key)}
    return ChatResult(generations=generations, llm_output=about)


def chunk_of(event: Mapping[str, JSON], model: str) -> ChatGenerationChunk:
    """Turn one event of a stream, of either route, into LangChain's form."""
    choice = _first_choice(event)
    message = AIMessageChunk(
        content=_text(choice),
        additional_kwargs=_thinking(choice),
        response_metadata={"model_provider": PROVIDER},
        usage_metadata=usage_of(event.get("usage")),
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


def reply_in(body: Mapping[str, JSON], model: str, seconds: float = 0.0) -> Reply:
    """Turn the body of a whole reply, of either route, into the reply that the rest of the house reads.

    Args:
        body: A reply that has choices.
        model: The name to report if the reply has none.
        seconds: How long it took.
    """
    said, thought, finished, usage, named, tokens = _parts_of(body, model)
    return Reply(said, thought, finished, usage, named, seconds, tokens)


def piece_in(event: Mapping[str, JSON], model: str) -> Piece:
    """Turn the body of a reply, or one event of a stream, of either route, into a piece of a reply; see `reply_in`."""
    return Piece(*_parts_of(event, model))


def piece_of(message: AIMessage) -> Piece:
    """Turn LangChain's message, or its chunk of one, into a piece of a reply."""
    about = message.response_metadata
    return Piece(
        text=message.text,
        reasoning=message.additional_kwargs.get(_REASONING, ""),
        finish_reason=about.get("finish_reason"),
        usage=_usage(message.usage_metadata),
        model=about.get("model_name", ""),
        tokens=tokens_of(about),
    )


def tokens_of(choice: Mapping[str, JSON]) -> tuple[Token, ...]:
    """Read the tokens of an answer, or of a piece of one, with their log-probabilities.

    Args:
        choice: A choice of a reply or of an event, or a message's metadata: whatever has `logprobs`. Both forms are
            read, a list of `content` and the lists `tokens` and `token_logprobs` of vLLM's completions.

    Returns:
        The tokens in order; none if one of them has no number, or no bytes.
    """
    if not choice.get("logprobs"):
        return ()
    told = fields(choice["logprobs"])
    listed = items(told.get("content"))
    if "tokens" in told:
        pairs = zip(items(told["tokens"]), items(told.get("token_logprobs")), strict=False)
        listed = [{"token": text, "logprob": logprob} for text, logprob in pairs]
    tokens = [_token(fields(each)) for each in listed]
    good = tuple(filter(None, tokens))
    return good if len(good) == len(tokens) else ()


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
        additional_kwargs={_REASONING: reply.reasoning} if reply.reasoning else {},
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


def usage_of(sent: JSON) -> UsageMetadata | None:
    """Turn the server's token counts into LangChain's; None if it sent none."""
    counts = fields(sent)
    if not counts:
        return None
    asked, answered = _count(counts, "prompt_tokens"), _count(counts, "completion_tokens")
    total = _count(counts, "total_tokens") or asked + answered
    usage = UsageMetadata(input_tokens=asked, output_tokens=answered, total_tokens=total)
    cached = integer(fields(counts.get("prompt_tokens_details")).get("cached_tokens"))
    if cached is not None:
        usage["input_token_details"] = InputTokenDetails(cache_read=cached)
    thought = integer(fields(counts.get("completion_tokens_details")).get("reasoning_tokens"))
    if thought is not None:
        usage["output_token_details"] = OutputTokenDetails(reasoning=thought)
    return usage


class EventReader:
    """Reads server-sent events, each a JSON object, from bytes as they come in.

    Servers end an event with an empty line, or with none; an event in several lines of data is put together.
    """

    def __init__(self) -> None:
        self.complete = False
        """Whether the server said that it was done: `[DONE]`, or a finish reason."""
        self._is_over = False
        self._rest: list[bytes] = []
        self._begun: list[bytes] = []
        """The lines of an event that is no JSON yet."""

    def feed(self, received: bytes) -> Iterator[Mapping[str, JSON]]:
        """Yield the events that are complete now.

        Raises:
            ValueError: An event is not a JSON object; its message is the event.
        """
        # Only what is new is searched, for a line may be long and come in many pieces.
        *lines, rest = received.split(b"\n")
        if lines:
            lines[0] = b"".join((*self._rest, lines[0]))
            self._rest.clear()
        self._rest.append(rest)
        for line in lines:
            yield from self._read(line.strip())

    def end(self) -> Iterator[Mapping[str, JSON]]:
        """Yield what the last line holds, which need not end.

        Raises:
            ValueError: As above.
        """
        yield from self._read(b"".join(self._rest).strip())
        yield from self._read(b"")

    def _read(self, line: bytes) -> Iterator[Mapping[str, JSON]]:
        if self._is_over:
            return
        if line.startswith((b"data:", _BOM + b"data:")):
            text = line.partition(b":")[2].strip()
            if text == b"[DONE]":
                self.complete = self._is_over = True
            elif self._begun or (text and not (yield from self._event(text))):
                self._begun.append(text)
        elif not line and self._begun:
            text = b"\n".join(self._begun)
            self._begun.clear()
            if not (yield from self._event(text)):
                raise ValueError(text.decode("utf-8", "replace"))
        elif line.startswith((b"{", b"error:")):
            # Older llama.cpp's errors, and what a gateway puts into the middle; a cut line says no more than the end.
            yield from self._event(line.removeprefix(b"error:"))

    def _event(self, text: bytes) -> Generator[Mapping[str, JSON], None, bool]:
        """Yield an event, and tell whether it is one."""
        try:
            event = decode(text)
        except ValueError:
            return False
        if not isinstance(event, dict):
            return False
        self.complete |= any(fields(choice).get("finish_reason") for choice in items(event.get("choices")))
        yield event
        return True


def _generation(choice: Mapping[str, JSON], usage: UsageMetadata | None) -> ChatGeneration:
    message = AIMessage(content=_text(choice), additional_kwargs=_thinking(choice), usage_metadata=usage)
    return ChatGeneration(message=message, generation_info=_about(choice))


def _parts_of(body: Mapping[str, JSON], model: str) -> tuple[str, str, str | None, Usage, str, tuple[Token, ...]]:
    """What a reply and a piece of one have, in the order of a `Piece`."""
    choice = _first_choice(body)
    said = _body(choice)
    content, thought = said.get("content") or said.get("text"), said.get("reasoning") or said.get("reasoning_content")
    counts, finished, named = body.get("usage"), choice.get("finish_reason"), body.get("model")
    usage = _NOTHING_COUNTED
    if isinstance(counts, dict):
        cached = _count(counts.get("prompt_tokens_details"), "cached_tokens")
        usage = Usage(_count(counts, "prompt_tokens"), _count(counts, "completion_tokens"), cached)
    return (
        content if isinstance(content, str) else "",
        thought if isinstance(thought, str) else "",
        finished if isinstance(finished, str) and finished else None,
        usage,
        named if isinstance(named, str) and named else model,
        tokens_of(choice) if choice.get("logprobs") else (),
    )


def _count(counts: JSON, name: str) -> int:
    found = counts.get(name) if isinstance(counts, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def _first_choice(event: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """The answer, or what an event has of it: with `n` of more than one, the events of all of them come mixed."""
    choices = event.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        # Most servers number their only one, some do not.
        if isinstance(choice, dict) and not choice.get("index"):
            return choice
    return {}


def _body(choice: Mapping[str, JSON]) -> Mapping[str, JSON]:
    return cast("Mapping[str, JSON]", choice.get("message") or choice.get("delta") or choice)


def _text(choice: Mapping[str, JSON]) -> str:
    said = _body(choice)
    return text(said.get("content")) or text(said.get("text"))


def _reasoning(choice: Mapping[str, JSON]) -> str:
    said = _body(choice)
    return text(said.get("reasoning")) or text(said.get("reasoning_content"))


def _thinking(choice: Mapping[str, JSON]) -> dict[str, Any]:
    thinking = _reasoning(choice)
    return {_REASONING: thinking} if thinking else {}


def _about(choice: Mapping[str, JSON]) -> dict[str, Any]:
    return {key: choice[key] for key in ("finish_reason", "stop_reason", "logprobs") if choice.get(key) is not None}


def _token(told: Mapping[str, JSON]) -> Token | None:
    """A token as a server tells it: by its bytes, if it gives them, since half a letter has no text."""
    logprob, sent = number(told.get("logprob")), told.get("bytes")
    if logprob is None or isnan(logprob):
        return None
    try:
        written = (
            bytes(cast("list[int]", items(sent)))
            if sent is not None
            else str(told.get("token", "")).encode("utf-8", "surrogatepass")
        )
    except (TypeError, ValueError):
        return None
    # Rounding makes some a little greater than 0.
    return Token(written, min(logprob, 0.0))


def _usage(counts: UsageMetadata | None) -> Usage:
    if not counts:
        return Usage()
    cached = counts.get("input_token_details", {}).get("cache_read", 0)
    # LangChain's cache adds a cost to whatever is there, even where the server counted nothing.
    return Usage(counts.get("input_tokens", 0), counts.get("output_tokens", 0), cached)
