"""What extractors make of themselves beside objects. Each is loaded when it is first used: most never are."""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from langchain_nuextract.runnables.document_transformer import ExtractionTransformer, TransformerOptions
    from langchain_nuextract.runnables.tool import ExtractionTool
    from langchain_nuextract.runnables.tool_documents import ToolSources

__all__ = ["ExtractionTool", "ExtractionTransformer", "ToolSources", "TransformerOptions"]

_HOMES: Final = {
    "ExtractionTool": "tool",
    "ExtractionTransformer": "document_transformer",
    "ToolSources": "tool_documents",
    "TransformerOptions": "document_transformer",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"langchain_nuextract.runnables.{_HOMES[name]}"), name)
    return found
