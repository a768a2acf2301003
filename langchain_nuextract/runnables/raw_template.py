"""Messages that are sent with a template of the caller's own: what they say is a document, so its marks are escaped."""

from collections.abc import Mapping, Sequence
from typing import Final

from langchain_nuextract.dialects import dialect_for, dialect_named
from langchain_nuextract.dialects.nuextract2 import NUEXTRACT_2_0
from langchain_nuextract.dialects.nuextract3 import NUEXTRACT_3_0
from langchain_nuextract.documents.escape import escape_text
from langchain_nuextract.errors import UnsupportedTask
from langchain_nuextract.paths import JSON, fields, items, text

_ANY_TEMPLATE: Final = tuple(dict.fromkeys((*NUEXTRACT_3_0.marks, *NUEXTRACT_2_0.marks)))


def escape_documents(
    messages: Sequence[JSON], body: Mapping[str, JSON], *, model: str, dialect: str | None
) -> list[JSON]:
    """Break up the control marks in what users say, where a template is sent along; what is escaped already stays.

    Args:
        messages: As the OpenAI API has them.
        body: The other fields of the request.
        model: The model's name, which tells the marks if `dialect` does not.
        dialect: The model generation.
    """
    if not fields(body.get("chat_template_kwargs")).get("template"):
        return list(messages)
    try:
        marks = (dialect_named(dialect) if dialect else dialect_for(model)).marks
    except UnsupportedTask:
        marks = _ANY_TEMPLATE
    return [
        _escaped(message, marks) if text(fields(message).get("role")) == "user" else message for message in messages
    ]


def _escaped(message: JSON, marks: tuple[str, ...]) -> JSON:
    content = fields(message).get("content")
    if isinstance(content, str):
        return {**fields(message), "content": escape_text(content, marks)}
    parts = (
        {**fields(part), "text": escape_text(text(fields(part).get("text")), marks)}
        if fields(part).get("type") == "text"
        else part
        for part in items(content)
    )
    return {**fields(message), "content": list(parts)}
