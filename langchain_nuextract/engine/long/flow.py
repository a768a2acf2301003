"""A long document, from its chunks to the object, as a generator that does no I/O.

It yields rounds of flows, which its driver may run side by side, and is sent what came of each: an extraction, or the
error that it ended with. See `drivers` for those who run it.
"""

import sys
from dataclasses import dataclass, replace
from typing import Final, TypeVar, cast

from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.flow import extract_whole
from langchain_nuextract.engine.long.budget import Budget
from langchain_nuextract.engine.long.chunks import SMALLEST, chunks_of, field_groups, size_of
from langchain_nuextract.engine.long.finish import finish
from langchain_nuextract.engine.long.options import LongOptions
from langchain_nuextract.engine.long.result import long_extraction
from langchain_nuextract.engine.long.rounds import LongFlow, Round, Rounds, in_turn
from langchain_nuextract.engine.long.run import DocumentRun
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import ContextOverflow

__all__ = ["Round", "TextSize", "extract_any", "extract_long", "extract_pages", "in_turn"]

T = TypeVar("T")

_CHARACTERS: Final = 3.0
"""Code points of a token, where a server has refused a document and does not say how many tokens it has."""
PAGES: Final = LongOptions(passes=0, split_fields=sys.maxsize)
"""How documents are asked about that take several requests for nothing but their pages: no more than it needs."""


def extract_long(plan: Plan[T], source: Source, options: LongOptions, size: int) -> LongFlow[T]:
    """Yield rounds of flows, be sent what came of them, return the extraction.

    Args:
        plan: What is asked.
        source: The document.
        options: How it is split and merged.
        size: Characters that a chunk has; see `chunks.size_of`.

    Raises:
        ExtractionError: Nothing could be read of any chunk, or the merged object does not satisfy the schema.
        EndpointError: The endpoint is of no use, or failed on every chunk.
        ValueError: The splitter's pieces are not the document's text.
    """
    run = DocumentRun(plan, source, options, Budget(options.recovery), field_groups(plan, options))
    return long_extraction((yield from _extract(run, size)))


def extract_pages(plan: Plan[T], source: Source) -> Rounds[Extraction[T]]:
    """Extract from a document at once; of more pages than a request takes, from as many at a time as it takes.

    Models that read several images are given as many pages as fit at once, those that read one image a page at a time,
    and those that read none the text of the pages. Nothing is made of a document of which a page could not be asked
    about; what pages say differently, and no request settles, is a problem that names both.

    Raises:
        UnreadablePage: A page has no text, and the model reads no images.
        NuExtractError: Everything that `flow.extract` raises.
    """
    run = DocumentRun(plan, source, PAGES, Budget(None), (plan.shape,), is_whole=True)
    return (yield from _extract(run, sys.maxsize))


def _extract(run: DocumentRun[T], size: int) -> Rounds[Extraction[T]]:
    chunks = chunks_of(run.plan, run.source, run.options, size)
    if len(chunks) == 1 and len(run.groups) == 1:
        (outcome,) = yield Round((run.budget.within(extract_whole(run.plan, run.source)),))
        if isinstance(outcome, Extraction):
            return cast("Extraction[T]", outcome)
        chunks = run.smaller(chunks[0], outcome)
        if not chunks:
            raise outcome
    yield from run.read(chunks, warm=len(chunks) >= 2 * run.options.max_concurrency)
    uncovered = yield from run.read_again(size)
    settled = yield from run.settle()
    extraction = finish(run.plan, run.options, run.results, run.merged(settled), is_whole=run.is_whole)
    return replace(extraction, seconds=run.budget.seconds, uncovered=uncovered)


@dataclass(frozen=True, slots=True)
class TextSize:
    """How long a text is for a model, as far as anybody says."""

    context: int | None = None
    """Tokens that the model takes."""
    characters: float | None = None
    """Characters of a token."""
    tokens: int | None = None

    @property
    def is_too_long(self) -> bool:
        """Whether the model does not take it, whatever is asked about it."""
        return bool(self.context and self.tokens and self.tokens >= self.context)


def extract_any(plan: Plan[T], source: Source, too_long: TextSize | None = None) -> LongFlow[T]:
    """Extract from a document at once; from one that the model's context does not hold, in chunks.

    Args:
        plan: What is asked.
        source: The document.
        too_long: Its size, if it is known that the context does not hold it, so that it is not tried.

    Raises:
        NuExtractError: Everything that `extract_pages` and `extract_long` raise.
    """
    if too_long is None:
        try:
            return long_extraction((yield from extract_pages(plan, source)))
        except ContextOverflow as error:
            characters = len(source.text) / error.size if error.size and source.text else _CHARACTERS
            too_long = TextSize(error.limit, characters)
    options = LongOptions(chunk_tokens="auto")
    size = size_of(plan, source.text, options, characters=too_long.characters, context=too_long.context)
    # A text that is refused as a whole has to be split in any case.
    size = min(size, max(SMALLEST, len(source.text) // 2)) if source.text else size
    return (yield from extract_long(plan, source, options, size))
