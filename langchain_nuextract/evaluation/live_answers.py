"""Answers that are asked for now: of an extractor, side by side and with a checkpoint, or of any Runnable."""

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import Final, TypeVar, Unpack

from langchain_core.runnables import Runnable

from langchain_nuextract.batch.options import ManyOptions
from langchain_nuextract.evaluation.answer import Answer, answer_of_error, answer_of_extraction, answer_of_output
from langchain_nuextract.evaluation.gold import Gold
from langchain_nuextract.evaluation.gold_document import GoldDocument
from langchain_nuextract.runnables.extractor import NuExtractor

T = TypeVar("T")

_AT_ONCE: Final = 64
"""Documents that a Runnable which is no extractor is given at a time."""


def first_tries(extractor: NuExtractor[T], max_calls: int) -> NuExtractor[T]:
    """Give the same extractor, asking no more than so many times about a document."""
    settings = {name: getattr(extractor, name) for name in NuExtractor.model_fields if name != "name"}
    # What a model breaks, and recovery would mend by asking again, is to show.
    settings["recovery"] = replace(extractor.recovery, max_calls=max_calls)
    return NuExtractor(**settings)


def answers_of_extractor(
    extractor: NuExtractor[T], gold: Gold[object], **options: Unpack[ManyOptions]
) -> Generator[tuple[GoldDocument, Answer]]:
    """Extract from each document of a gold; in its order, as `extract_many` does it."""
    documents = (each.document for each in gold)
    with closing(extractor.detailed.extract_many(documents, **options)) as results:
        for document, result in zip(gold, results, strict=True):
            if result.error is not None:
                yield document, answer_of_error(result.error, gold.target, result.usage)
            else:
                yield document, answer_of_extraction(result.unwrap(), gold.target)


def answers_of_runnable(
    runnable: Runnable[object, object], gold: Gold[object]
) -> Iterator[tuple[GoldDocument, Answer]]:
    """Give each document of a gold to a Runnable, some at a time; what it raises is an answer too."""
    waiting = iter(gold)
    while documents := list(islice(waiting, _AT_ONCE)):
        outputs = runnable.batch([each.document for each in documents], return_exceptions=True)
        for document, output in zip(documents, outputs, strict=True):
            yield document, answer_of_output(output, document, gold.target)
