"""From the body of a reply, or an event of a stream, to what it says: a `Reply`, a `Piece` of one, or a refusal."""

import json
from collections.abc import Mapping
from math import isnan
from typing import Final, cast

import orjson

from langchain_nuextract.client.error_mapping import ErrorContext, not_a_reply
from langchain_nuextract.client.http_request import WholeReply
from langchain_nuextract.client.inner_error import inner_error, refusal_within
from langchain_nuextract.client.refusals import Refusal, refusal_of
from langchain_nuextract.client.secrets import Secrets
from langchain_nuextract.dialects.messages import Piece, Reply, Token, Usage
from langchain_nuextract.paths import JSON, fields, items, number

_NOTHING_COUNTED: Final = Usage()


def decode_json(content: bytes) -> JSON:
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


def encode_json(body: Mapping[str, JSON]) -> bytes:
    """Write the body of a request.

    Raises:
        TypeError: Something in it is no JSON.
    """
    try:
        return orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:
        # Lone surrogates and integers beyond 64 bits.
        return json.dumps(body).encode()


def inspect_body(body: Mapping[str, JSON]) -> tuple[JSON, bool]:
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
        message = choice.get("message") or choice.get("delta") or choice
        is_suspect = is_suspect or "error" in choice
        is_answer = (
            is_answer
            and isinstance(message, dict)
            and isinstance(message.get("content", choice.get("text")), str | None)
        )
    return inner_error(body) if is_suspect else None, is_answer


def checked_body(
    reply: WholeReply, place: ErrorContext, secrets: Secrets, holds: str = "choices"
) -> Mapping[str, JSON] | Refusal:
    """Read a whole answer, or the error that came in its place.

    Raises:
        NotAChatReply: It is neither.
    """
    try:
        body = decode_json(reply.content)
    except ValueError:
        body = None
    body = body if isinstance(body, dict) else {}
    error, is_answer = inspect_body(body)
    if error:
        return refusal_within(secrets.hidden(error))
    if is_answer and body.get(holds):
        return body
    del body  # it may hold the key, and whoever shows the error may show its frames
    raise not_a_reply(place, secrets.hide(reply.content))


def refusal_in(reply: WholeReply, secrets: Secrets) -> Refusal:
    """Read a reply with an error status: a JSON object, or plain text."""
    words = secrets.hide(reply.content)
    try:
        body = decode_json(words)
    except ValueError:
        body = words.decode("utf-8", "replace")
    headers = {name.lower(): secrets.hide_text(value) for name, value in reply.headers.items()}
    return refusal_of(reply.status, body, headers)


def reply_in(body: Mapping[str, JSON], model: str, seconds: float = 0.0) -> Reply:
    """Turn the body of a whole reply, of either route, into the reply that the rest of the house reads.

    Args:
        body: A reply that has choices.
        model: The name to report if the reply has none.
        seconds: How long it took.
    """
    written, thought, finished, usage, named, tokens = _parts_of(body, model)
    return Reply(written, thought, finished, usage, named, seconds, tokens)


def piece_in(event: Mapping[str, JSON], model: str) -> Piece:
    """Turn the body of a reply, or one event of a stream, of either route, into a piece of a reply; see `reply_in`."""
    return Piece(*_parts_of(event, model))


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
    logprobs = fields(choice["logprobs"])
    listed = items(logprobs.get("content"))
    if "tokens" in logprobs:
        pairs = zip(items(logprobs["tokens"]), items(logprobs.get("token_logprobs")), strict=False)
        listed = [{"token": text, "logprob": logprob} for text, logprob in pairs]
    # Where one is missing, those behind it would be taken for other stretches of the text.
    tokens = [_token(fields(each)) for each in listed]
    good = tuple(filter(None, tokens))
    return good if len(good) == len(tokens) else ()


def first_choice(event: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """Give the answer, or what an event has of it: with `n` of more than one, the events of all of them come mixed."""
    choices = event.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        # Most servers number their only one, some do not.
        if isinstance(choice, dict) and not choice.get("index"):
            return choice
    return {}


def text_and_thinking(choice: Mapping[str, JSON]) -> tuple[str, str]:
    """Give the text and the thinking of a choice.

    Args:
        choice: One with a `message`, with the `delta` of a stream, or with the bare `text` of a completion.
    """
    message = cast("Mapping[str, JSON]", choice.get("message") or choice.get("delta") or choice)
    content = message.get("content") or message.get("text")
    # vLLM since 0.16, and vLLM before that and llama.cpp.
    thought = message.get("reasoning") or message.get("reasoning_content")
    return content if isinstance(content, str) else "", thought if isinstance(thought, str) else ""


def _parts_of(body: Mapping[str, JSON], model: str) -> tuple[str, str, str | None, Usage, str, tuple[Token, ...]]:
    """What a reply and a piece of one have, in the order of a `Piece`."""
    choice = first_choice(body)
    content, thought = text_and_thinking(choice)
    counts, finished, named = body.get("usage"), choice.get("finish_reason"), body.get("model")
    usage = _NOTHING_COUNTED
    if isinstance(counts, dict):
        cached = _count(counts.get("prompt_tokens_details"), "cached_tokens")
        usage = Usage(_count(counts, "prompt_tokens"), _count(counts, "completion_tokens"), cached)
    return (
        content,
        thought,
        finished if isinstance(finished, str) and finished else None,
        usage,
        named if isinstance(named, str) and named else model,
        tokens_of(choice) if choice.get("logprobs") else (),
    )


def _count(counts: JSON, name: str) -> int:
    found = counts.get(name) if isinstance(counts, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def _token(listed: Mapping[str, JSON]) -> Token | None:
    """A token as a server tells it: by its bytes, if it gives them, since half a letter has no text."""
    logprob, sent = number(listed.get("logprob")), listed.get("bytes")
    if logprob is None or isnan(logprob):
        return None
    try:
        written = (
            bytes(cast("list[int]", items(sent)))
            if sent is not None
            else str(listed.get("token", "")).encode("utf-8", "surrogatepass")
        )
    except (TypeError, ValueError):
        return None
    # Rounding makes some a little greater than 0.
    return Token(written, min(logprob, 0.0))
