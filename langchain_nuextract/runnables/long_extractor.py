"""An extractor for documents that are longer than a model reads well, or at all."""

import json
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from pydantic import SkipValidation

from langchain_nuextract.batch.digest import digest
from langchain_nuextract.client.client import Client
from langchain_nuextract.client.image_urls import AllowedImageUrls
from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.engine.long.options import LongOptions
from langchain_nuextract.engine.long.result import LongExtraction
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.runnables.mapped_extractor import MappedExtractor
from langchain_nuextract.runnables.streaming_extractor import StreamingExtractor

T = TypeVar("T")


class LongExtractor(StreamingExtractor[T], MappedExtractor[T]):
    """Turn long documents into validated objects, chunk by chunk; made by `NuExtractor.long`."""

    options: SkipValidation[LongOptions] = LongOptions()

    @property
    def _base(self) -> "LongExtractor[T]":
        return self

    def ready(self) -> None:
        """Make what asks about chunks, once it is known which model is asked."""
        from langchain_nuextract.runnables.long_executor import LongExecutor  # noqa: PLC0415  it is large
        from langchain_nuextract.runnables.token_counter import TokenCounter  # noqa: PLC0415

        short, counter = self.extractor.executor, TokenCounter(self.api_model)
        vars(self)["executor"] = LongExecutor(short.plan, short.selection, short.pages, self.options, counter)

    @property
    def pages(self) -> PageOptions:
        """How pages are read."""
        return self.extractor.pages

    @property
    def allow_image_urls(self) -> AllowedImageUrls:
        """Which images by address may be sent."""
        return self.extractor.allow_image_urls

    @property
    def fingerprint(self) -> str:
        """A hash of everything that decides what the model is asked."""
        return digest(json.dumps([self.extractor.fingerprint, self.options.described], sort_keys=True))

    @property
    def detailed(self) -> "DetailedLongExtractor[T]":
        """The same, giving the whole `LongExtraction`: chunks, conflicts, joined items, uncovered stretches."""
        return DetailedLongExtractor(extractor=self)

    def with_settings(self, settings: Mapping[str, object]) -> Self:
        """Give the same, with what a call says on top of the model's own settings."""
        return type(self)(extractor=self.extractor.with_settings(settings), options=self.options)

    def with_client(self, client: Client) -> Self:
        """Give the same, sending its requests through another connection."""
        return type(self)(extractor=self.extractor.with_client(client), options=self.options)


class DetailedLongExtractor(MappedExtractor[LongExtraction[T]]):
    """An extractor that gives the whole `LongExtraction`; made by `LongExtractor.detailed`."""

    @property
    def OutputType(self) -> Any:
        """`LongExtraction` of the user's own type."""
        return LongExtraction[self.extractor.OutputType]

    def select_output(self, extraction: Extraction[object]) -> LongExtraction[T]:
        """Take all of it."""
        return cast("LongExtraction[T]", extraction)  # its executor gives no other
