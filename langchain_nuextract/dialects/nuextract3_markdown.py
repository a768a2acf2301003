"""NuExtract3's Markdown mode: the image of a page, or a text, as Markdown.

Source: https://huggingface.co/numind/NuExtract3, its card and chat template of May 2026. Without a template the chat
template takes any mode but two for Markdown. Instructions and examples are not read there.
"""

import re
from typing import Final

from langchain_nuextract.dialects.dialect import parts_of
from langchain_nuextract.dialects.messages import Request
from langchain_nuextract.dialects.nuextract3 import NUEXTRACT_3_0
from langchain_nuextract.dialects.reader import ReaderDialect
from langchain_nuextract.documents.source import Source
from langchain_nuextract.paths import JSON


def phrase(source: Source, thinking: bool) -> Request:  # noqa: FBT001 one signature for all readers
    """Ask for Markdown through the chat template; `enable_thinking` must be a boolean, any text turns thinking on."""
    kwargs: dict[str, JSON] = {"mode": "markdown", "enable_thinking": thinking}
    body: dict[str, JSON] = {"temperature": 0.6 if thinking else 0, "chat_template_kwargs": kwargs}
    content: JSON = [*parts_of(source)] if source.images else source.text
    return Request(messages=({"role": "user", "content": content},), body=body)


NUEXTRACT_3_MARKDOWN: Final = ReaderDialect(
    name="nuextract-3",
    serves=re.compile(NUEXTRACT_3_0.serves.pattern, re.IGNORECASE),
    phrase=phrase,
    marks=NUEXTRACT_3_0.marks,
    licence="Apache-2.0",
    reads_pages=True,
    reads_html=True,
    thinks=True,
    max_pixels=4_000_000,
)
