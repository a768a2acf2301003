"""NuMarkdown (2025): the image of a page, thinking always, and the answer in tags.

Source: https://github.com/numindai/NuMarkdown at 6edd7dc. Its README spells the tags in three ways.
"""

import re
from typing import Final

from langchain_nuextract.dialects.control_tokens import QWEN_ENDS
from langchain_nuextract.dialects.dialect import image_part
from langchain_nuextract.dialects.messages import Request
from langchain_nuextract.dialects.reader import ReaderDialect
from langchain_nuextract.documents.source import Source


def phrase(source: Source, thinking: bool) -> Request:  # noqa: ARG001, FBT001 it always thinks
    """Give the image and no text."""
    content = [image_part(image) for image in source.images]
    return Request(messages=({"role": "user", "content": [*content]},), body={"temperature": 0.7})


NUMARKDOWN: Final = ReaderDialect(
    name="numarkdown",
    serves=re.compile(r"numarkdown", re.IGNORECASE),
    phrase=phrase,
    marks=QWEN_ENDS,
    licence="MIT",
    reads_pages=True,
    always_thinks=True,
    max_pixels=5000 * 28 * 28,
)
