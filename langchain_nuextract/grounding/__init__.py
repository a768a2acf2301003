"""Where a document says the values of an extraction. It never says how sure the model was.

Knows a text and a value. Must not know schemas, models, or the files that a text was read from.
"""

from typing import TYPE_CHECKING

from langchain_nuextract.grounding.evidence import Evidence, Match, Span

if TYPE_CHECKING:
    from langchain_nuextract.grounding.find import ground

__all__ = ["Evidence", "Match", "Span", "ground"]


def __getattr__(name: str) -> object:
    """Load `ground` when it is first used: nobody needs it before there are values."""
    if name != "ground":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from langchain_nuextract.grounding.find import ground  # noqa: PLC0415  see above

    return ground
