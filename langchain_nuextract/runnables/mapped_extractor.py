"""Extractors that ask as another one does, and hand out something else of what it finds."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable
from pydantic import SkipValidation

from langchain_nuextract.batch.protocols import Extractor
from langchain_nuextract.runnables.batch_extractor import BatchExtractor

if TYPE_CHECKING:
    from langchain_nuextract.runnables.executor import Executor

Out = TypeVar("Out")


class InnerExtractor(Extractor, Protocol):
    """A `NuExtractor`, or its `long()` form, as what is made of it sees it."""

    @property
    def llm(self) -> Runnable[LanguageModelInput, AIMessage]:
        """The chat model that is asked."""
        ...

    @property
    def executor(self) -> "Executor[object]":
        """What is asked about each document."""
        ...

    @property
    def OutputType(self) -> Any:
        """The user's own type."""
        ...

    def with_settings(self, settings: Mapping[str, object]) -> Self:
        """Give the same, with what a call says on top of the model's own settings."""
        ...


class MappedExtractor(BatchExtractor[Out]):
    """An extractor that asks as another one does, and gives something else."""

    # Validation would make another class of it, which could not be pickled.
    extractor: SkipValidation[InnerExtractor]

    @property
    def llm(self) -> Runnable[LanguageModelInput, AIMessage]:
        """The chat model that is asked."""
        return self.extractor.llm

    @property
    def _base(self) -> InnerExtractor:
        return self.extractor

    @property
    def executor(self) -> "Executor[object]":
        """What is asked about each document."""
        return self.extractor.executor

    @property
    def OutputType(self) -> Any:
        """The user's own type."""
        return self.extractor.OutputType

    async def aready(self) -> None:
        """Do what has to be done before the first document; see `WithExecutor.ready`."""
        await self.extractor.aready()

    def with_settings(self, settings: Mapping[str, object]) -> Self:
        """Give the same, with what a call says on top of the model's own settings."""
        return self.model_copy(update={"extractor": self.extractor.with_settings(settings)})
