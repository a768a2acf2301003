"""Letting the model write a template."""

import json

from langchain_core.language_models import BaseChatModel

from langchain_nuextract.client.langchain_messages import reply_of
from langchain_nuextract.client.request_body import arguments
from langchain_nuextract.dialects import dialect_for
from langchain_nuextract.dialects.dialect import check_source
from langchain_nuextract.documents.escape import escape_source
from langchain_nuextract.documents.read import read
from langchain_nuextract.errors import NoJSONInReply, UnsupportedTask
from langchain_nuextract.paths import JSON


def draft_template(document: object, *, llm: BaseChatModel, model: str, dialect: str | None = None) -> JSON:
    """Ask for a template; see `ChatNuExtract.draft_template`."""
    found = dialect_for(model, dialect)
    if found.draft is None:
        raise UnsupportedTask(found.name, "it cannot write templates. Ask NuExtract 2.0 or 3, or write one by hand.")
    source = escape_source(read(document), found.marks).source
    check_source(source, found)
    request = found.draft(source)
    messages = [dict(message) for message in request.messages]
    text = found.read(reply_of(llm.invoke(messages, **arguments(request, llm))))
    try:
        # Models say "Here is the template:" before it, and explain it behind it.
        return json.JSONDecoder().raw_decode(text, max(text.find("{"), 0))[0]
    except ValueError as error:
        raise NoJSONInReply(reply=text) from error
