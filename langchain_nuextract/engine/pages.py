"""A document of any kind as one flow: text and images at once, pages as many at a time as a request takes.

What takes several requests because of its pages is a long document whose chunks are its pages: see `engine.long`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.caller import Flow
from langchain_nuextract.engine.flow import extract_whole
from langchain_nuextract.engine.plan import Plan

if TYPE_CHECKING:
    from langchain_nuextract.engine.long.rounds import Preview

T = TypeVar("T")


def read_document(plan: Plan[T], source: Source, tell: "Callable[[Preview], None] | None" = None) -> Flow[T]:
    """Extract from a document, asking one request after the other; see `long.flow.extract_pages` for side by side.

    Args:
        plan: What is asked.
        source: The document.
        tell: Told what gives the object so far, each time that more pages were read and others are to come.

    Raises:
        UnreadablePage: A page has no text, and the model reads no images.
        NuExtractError: Everything that `flow.extract` raises.
    """
    if not source.pages:
        return extract_whole(plan, source)
    # What splits and merges is loaded for those documents that need it.
    from langchain_nuextract.engine.long.flow import extract_pages, in_turn  # noqa: PLC0415

    return in_turn(extract_pages(plan, source), tell)
