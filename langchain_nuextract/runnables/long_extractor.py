"""An extractor for documents that are longer than a model reads well, or at all."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from pydantic import PrivateAttr, SkipValidation

from langchain_nuextract.batch.digest import digest
from langchain_nuextract.batch.protocols import ApiModel as ApiModelProtocol
from langchain_nuextract.batch.protocols import Input, Replies
from langchain_nuextract.client.client import Client
from langchain_nuextract.client.image_urls import AllowedImageUrls
from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.engine.caller import Flow
from langchain_nuextract.engine.long.options import LongOptions
from langchain_nuextract.engine.long.result import LongExtraction
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.runnables.api_model import ApiModel
from langchain_nuextract.runnables.mapped_extractor import MappedExtractor
from langchain_nuextract.runnables.streaming_extractor import StreamingExtractor

if TYPE_CHECKING:
    from langchain_nuextract.runnables.long_executor import LongExecutor

T = TypeVar("T")


class LongExtractor(MappedExtractor[T], StreamingExtractor[T]):
    """Turn long documents into validated objects, chunk by chunk; made by `NuExtractor.long`."""

    options: SkipValidation[LongOptions] = LongOptions()

    _executor: "LongExecutor[T]" = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Prepare what is the same for all documents."""
        super().model_post_init(context)
        from langchain_nuextract.runnables.long_executor import LongExecutor  # noqa: PLC0415  it is large
        from langchain_nuextract.runnables.token_counter import TokenCounter  # noqa: PLC0415

        short, llm = self.extractor.executor, self.extractor.llm
        counter = TokenCounter(llm if isinstance(llm, ApiModel) else None)
        self._executor = LongExecutor(short.plan, short.selection, short.pages, self.options, counter)

    @property
    def _base(self) -> "LongExtractor[T]":
        return self

    @property
    def executor(self) -> "LongExecutor[T]":
        """What is asked about each document."""
        return self._executor

    @property
    def pages(self) -> PageOptions:
        """How pages are read."""
        return self.extractor.pages

    @property
    def api_model(self) -> ApiModelProtocol | None:
        """The model that is asked, if it is a `ChatNuExtract` with nothing around it."""
        return self.extractor.api_model

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

    def with_replies(self, replies: Replies) -> Self:
        """Give the same, with the replies about chunks kept somewhere, and looked up there first."""
        same = self.model_copy()
        same.__pydantic_private__ = {"_executor": replace(self._executor, replies=replies)}
        return same

    def flow(self, document: Input) -> Flow[T]:
        """Say what is asked about a document, one request after the other."""
        return self._executor.flow(document)

    async def aflow(self, document: Input) -> Flow[T]:
        """Say what is asked about a document; see `flow`."""
        return await self._executor.aflow(document)


class DetailedLongExtractor(MappedExtractor[LongExtraction[T]]):
    """An extractor that gives the whole `LongExtraction`; made by `LongExtractor.detailed`."""

    @property
    def OutputType(self) -> Any:
        """`LongExtraction` of the user's own type."""
        return LongExtraction[self.extractor.OutputType]

    def select_output(self, extraction: Extraction[object]) -> LongExtraction[T]:
        """Take all of it."""
        return cast("LongExtraction[T]", extraction)  # its executor gives no other
