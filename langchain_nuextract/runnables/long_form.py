"""The extractor of long documents, loaded when the first one is made."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_nuextract.runnables.long_extractor import LongExtractor

__all__ = ["LongExtractor"]


def __getattr__(name: str) -> object:
    if name != "LongExtractor":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from langchain_nuextract.runnables.long_extractor import LongExtractor  # noqa: PLC0415  see above

    return LongExtractor
