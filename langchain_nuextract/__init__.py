"""Validated objects from documents in LangChain, with a self-hosted NuExtract model.

The public names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    __version__: str
    from langchain_nuextract.batch.result import Result
    from langchain_nuextract.dialects.messages import Example, Usage
    from langchain_nuextract.documents.options import PageOptions
    from langchain_nuextract.documents.source import Image
    from langchain_nuextract.engine.attempt import Attempt
    from langchain_nuextract.engine.confidence import Confidence
    from langchain_nuextract.engine.example_leakage import Leak
    from langchain_nuextract.engine.long.options import LongOptions
    from langchain_nuextract.engine.long.result import LongExtraction
    from langchain_nuextract.engine.recovery import RecoveryPolicy
    from langchain_nuextract.engine.result import Extraction
    from langchain_nuextract.errors import (
        AccessDenied,
        BrokenDocument,
        CheckpointError,
        ContextOverflow,
        EmptyDocument,
        EndpointBusy,
        EndpointError,
        EndpointUnreachable,
        EvaluationError,
        ExtractionError,
        InvalidExtraction,
        InvalidValue,
        LocalEndpointError,
        MissingExtra,
        NoJSONInReply,
        NotAChatReply,
        NuExtractError,
        PasswordNeeded,
        Problem,
        ReplyCutShort,
        ReplyTimeout,
        RequestRefused,
        TooLarge,
        UnknownModel,
        UnreadableDocument,
        UnreadablePage,
        UnsupportedSchema,
        UnsupportedTask,
        WrongKind,
    )
    from langchain_nuextract.grounding.evidence import Evidence, Span, Unplaced
    from langchain_nuextract.grounding.places import Box, HTMLPlace, Place
    from langchain_nuextract.markdown.html_reader import HTMLReader
    from langchain_nuextract.markdown.page_reader import PageReader
    from langchain_nuextract.parsing.repairs import Repair
    from langchain_nuextract.runnables.chat_model import ChatNuExtract
    from langchain_nuextract.runnables.extractor import NuExtractor
    from langchain_nuextract.runnables.parsers import DocumentParser, HTMLParser, ImageParser, MailParser, PDFParser
    from langchain_nuextract.schema.annotations import NuType, Verbatim
    from langchain_nuextract.schema.target import Target

__all__ = [
    "AccessDenied",
    "Attempt",
    "Box",
    "BrokenDocument",
    "ChatNuExtract",
    "CheckpointError",
    "Confidence",
    "ContextOverflow",
    "DocumentParser",
    "EmptyDocument",
    "EndpointBusy",
    "EndpointError",
    "EndpointUnreachable",
    "EvaluationError",
    "Evidence",
    "Example",
    "Extraction",
    "ExtractionError",
    "HTMLParser",
    "HTMLPlace",
    "HTMLReader",
    "Image",
    "ImageParser",
    "InvalidExtraction",
    "InvalidValue",
    "Leak",
    "LocalEndpointError",
    "LongExtraction",
    "LongOptions",
    "MailParser",
    "MissingExtra",
    "NoJSONInReply",
    "NotAChatReply",
    "NuExtractError",
    "NuExtractor",
    "NuType",
    "PDFParser",
    "PageOptions",
    "PageReader",
    "PasswordNeeded",
    "Place",
    "Problem",
    "RecoveryPolicy",
    "Repair",
    "ReplyCutShort",
    "ReplyTimeout",
    "RequestRefused",
    "Result",
    "Span",
    "Target",
    "TooLarge",
    "UnknownModel",
    "Unplaced",
    "UnreadableDocument",
    "UnreadablePage",
    "UnsupportedSchema",
    "UnsupportedTask",
    "Usage",
    "Verbatim",
    "WrongKind",
]

_HOMES = {
    "Attempt": "engine.attempt",
    "Box": "grounding.places",
    "ChatNuExtract": "runnables.chat_model",
    "Confidence": "engine.confidence",
    "DocumentParser": "runnables.parsers",
    "Evidence": "grounding.evidence",
    "Example": "dialects.messages",
    "Extraction": "engine.result",
    "HTMLParser": "runnables.parsers",
    "HTMLPlace": "grounding.places",
    "HTMLReader": "markdown.html_reader",
    "Image": "documents.source",
    "ImageParser": "runnables.parsers",
    "Leak": "engine.example_leakage",
    "LongExtraction": "engine.long.result",
    "LongOptions": "engine.long.options",
    "MailParser": "runnables.parsers",
    "NuExtractor": "runnables.extractor",
    "NuType": "schema.annotations",
    "PDFParser": "runnables.parsers",
    "PageOptions": "documents.options",
    "PageReader": "markdown.page_reader",
    "Place": "grounding.places",
    "RecoveryPolicy": "engine.recovery",
    "Repair": "parsing.repairs",
    "Result": "batch.result",
    "Span": "grounding.evidence",
    "Unplaced": "grounding.evidence",
    "Target": "schema.target",
    "Usage": "dialects.messages",
    "Verbatim": "schema.annotations",
}
"""Where the public names live; those not listed are errors."""


def __getattr__(name: str) -> object:
    if name == "__version__":
        found = import_module("importlib.metadata").version("langchain-nuextract")
    elif name in __all__:
        found = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
