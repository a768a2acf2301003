"""Batches of any size: documents out of an iterator, a checkpoint, several endpoints, and files to run offline.

An extractor is a protocol here. Must not know the runnables, nor what is asked about a document.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from langchain_nuextract.batch.engines.columns import Columns as Columns
    from langchain_nuextract.batch.result import Result as Result
    from langchain_nuextract.batch.result import Written as Written

_HOMES: Final = {
    "Columns": "engines.columns",
    "Result": "result",
    "Written": "result",
}
"""Where the names live that the rooms above take from here: each is loaded when it is first used."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found
