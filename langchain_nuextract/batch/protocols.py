"""What a batch needs of an extractor, so that it need not know the runnables."""

from typing import Any, Protocol, Self, TypeAlias, runtime_checkable

from langchain_core.runnables import Runnable

from langchain_nuextract import client as wire
from langchain_nuextract import dialects, engine
from langchain_nuextract.client.image_urls import AllowedImageUrls
from langchain_nuextract.documents.options import PageOptions

Input: TypeAlias = Any
"""A document: text, a LangChain document, a message or messages, a prompt value, an image.

Not `object`: LangChain's `batch` takes a `list` of it, and to a type checker a `list[str]` is no `list[object]`.
"""


class ModelWithClient(Protocol):
    """A chat model that sends its requests through a `Client`."""

    @property
    def client(self) -> "wire.Client":
        """The connection to its endpoint."""
        ...

    def call_for(self, request: "dialects.Request") -> "wire.ApiCall":
        """Make the call that a request is."""
        ...


class Replies(Protocol):
    """Where replies are kept, so that a document that takes many goes on where it was stopped."""

    async def get(self, request: "dialects.Request") -> "dialects.Reply | None":
        """Give the reply to a request, if there was one."""
        ...

    async def put(self, request: "dialects.Request", reply: "dialects.Reply") -> None:
        """Keep a reply."""
        ...


@runtime_checkable
class Resumable(Protocol):
    """An extractor that may take many requests for one document."""

    def with_replies(self, replies: Replies) -> Self:
        """Give the same, with replies kept somewhere, and looked up there first."""
        ...


class Extractor(Protocol):
    """A `NuExtractor`, as a batch sees it."""

    @property
    def pages(self) -> PageOptions:
        """How pages are read."""
        ...

    @property
    def allow_image_urls(self) -> AllowedImageUrls:
        """Which images by address may be sent."""
        ...

    @property
    def fingerprint(self) -> str:
        """A hash of everything that decides what the model is asked."""
        ...

    @property
    def api_model(self) -> ModelWithClient | None:
        """The model, if it is one of ours."""
        ...

    @property
    def detailed(self) -> "Runnable[Input, engine.Extraction[object]]":
        """The same, giving whole extractions."""
        ...

    async def aready(self) -> None:
        """Do what has to be done before the first document."""
        ...

    def flow(self, document: object) -> "engine.Flow[object]":
        """Say what is asked about a document."""
        ...

    async def aflow(self, document: object) -> "engine.Flow[object]":
        """Say what is asked about a document."""
        ...

    def with_client(self, client: "wire.Client") -> Self:
        """Give the same, sending its requests through another connection."""
        ...
