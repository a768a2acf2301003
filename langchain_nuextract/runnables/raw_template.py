"""Messages that are sent with a template of the caller's own: what they say is a document, so its marks are escaped.

What the model copies comes back as the document has it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from langchain_core.outputs import ChatGeneration, ChatResult

from langchain_nuextract.dialects import TEMPLATE_MARKS, dialect_for
from langchain_nuextract.documents.escape import EscapedSource, escape_source
from langchain_nuextract.documents.source import Source, Text
from langchain_nuextract.errors import UnsupportedTask
from langchain_nuextract.paths import JSON, fields, items, text

_DATA: Final = frozenset({"user", "developer"})
"""Roles of messages that hold documents."""
_NOTHING: Final = EscapedSource(Source(()))


def escape_documents(
    messages: Sequence[JSON], body: Mapping[str, JSON], *, model: str, dialect: str | None
) -> tuple[list[JSON], EscapedSource]:
    """Break up the control marks in what users say, where a template is sent along; what is escaped already stays.

    Args:
        messages: As the OpenAI API has them. Those of users are the document, and those of developers are examples.
        body: The other fields of the request.
        model: The model's name, which tells the marks if `dialect` does not.
        dialect: The model generation.

    Returns:
        The messages, and what puts the marks back into what the model copies out of them.
    """
    if not fields(body.get("chat_template_kwargs")).get("template"):
        return list(messages), _NOTHING
    try:
        marks = dialect_for(model, dialect).marks
    except UnsupportedTask:
        marks = TEMPLATE_MARKS
    escaped = escape_source(
        Source(tuple(Text(each) for message in messages for each in _document_texts(message))), marks
    )
    if not escaped.marks:
        return list(messages), _NOTHING
    texts = iter([part.text for part in escaped.source.parts if isinstance(part, Text)])
    return [_with_texts(message, texts) for message in messages], escaped


def restored(result: ChatResult, escaped: EscapedSource) -> ChatResult:
    """Put the marks of a document back into an answer to it."""
    if not escaped.marks:
        return result
    whole: list[ChatGeneration] = []
    for each in result.generations:
        message = each.message.model_copy(update={"content": escaped.restore(each.message.text)})
        whole.append(ChatGeneration(message=message, generation_info=each.generation_info))
    return result.model_copy(update={"generations": whole})


def _document_texts(message: JSON) -> Iterator[str]:
    """Give the texts of a message that is data, in their order."""
    if text(fields(message).get("role")) not in _DATA:
        return
    content = fields(message).get("content")
    if isinstance(content, str):
        yield content
    yield from (text(fields(part).get("text")) for part in items(content) if fields(part).get("type") == "text")


def _with_texts(message: JSON, texts: Iterator[str]) -> JSON:
    """Give a message with other texts, as many as it has."""
    if text(fields(message).get("role")) not in _DATA:
        return message
    content = fields(message).get("content")
    if isinstance(content, str):
        return {**fields(message), "content": next(texts)}
    parts = (
        {**fields(part), "text": next(texts)} if fields(part).get("type") == "text" else part for part in items(content)
    )
    return {**fields(message), "content": list(parts)}
