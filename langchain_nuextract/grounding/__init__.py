"""Where a document says the values of an extraction. It never says how sure the model was."""

from langchain_nuextract.grounding.ground import ground
from langchain_nuextract.grounding.locate import Evidence, Match, Span

__all__ = ["Evidence", "Match", "Span", "ground"]
