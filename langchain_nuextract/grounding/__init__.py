"""Where a document says the values of an extraction. It never says how sure the model was."""

from langchain_nuextract.grounding.evidence import Evidence, Match, Span
from langchain_nuextract.grounding.find import ground

__all__ = ["Evidence", "Match", "Span", "ground"]
