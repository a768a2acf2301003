"""What `nuextract extract` does: which files, by which extractor, and what came of them."""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.documents.base import Blob

from langchain_nuextract.batch.options import ManyOptions
from langchain_nuextract.batch.result import Result
from langchain_nuextract.cli.messages import failure
from langchain_nuextract.cli.output import say
from langchain_nuextract.engine.result import Extraction

if TYPE_CHECKING:
    from langchain_nuextract.runnables.extractor import NuExtractor


@dataclass(frozen=True, slots=True)
class Job:
    """What is extracted from which files."""

    extractor: "NuExtractor[Any]"
    names: list[str]
    documents: list[Path | Blob]
    options: ManyOptions

    def results(self, documents: Iterable[Path | Blob]) -> Generator[Result[Extraction[object]]]:
        """Extract from documents, in their order."""
        return self.extractor.detailed.extract_many(documents, **self.options)


@dataclass(slots=True)
class FailureTally:
    """How many files failed, and of what."""

    failed: Counter[str] = field(default_factory=Counter[str])
    total: int = 0

    def counted(self, found: Iterable[Result[Extraction[object]]]) -> Iterator[Result[Extraction[object]]]:
        """Count results, and tell of each failure."""
        for result in found:
            self.total += 1
            if result.error:
                self.failed[type(result.error).__name__] += 1
                say(failure(shown_name(result.document), result.error))
            yield result


def shown_name(document: object) -> str:
    """Name a document for people: `-` is standard input."""
    return str(document) if isinstance(document, Path) else "-"
