"""The places that several candidates for a value were taken from, as one short text."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from langchain_nuextract.engine.long.gaps import joined
from langchain_nuextract.engine.long.result import Conflict
from langchain_nuextract.grounding.evidence import Span

_AROUND: Final = 160
"""Characters on either side of a candidate, which are widened to whole lines."""
_LONGEST_LINE: Final = 400
_PLACES: Final = 2
"""Places of one candidate that are shown."""


def surroundings(text: str, conflicts: Sequence[Conflict]) -> str:
    """Put the surroundings of all candidates together, in the order of the document.

    Args:
        text: The whole text.
        conflicts: What is to be settled.

    Returns:
        Whole lines of the text, where they are not too long; empty if no candidate has a place.
    """
    spans: list[Span] = []
    for conflict in conflicts:
        seen: Counter[str] = Counter()
        for candidate in conflict.candidates:
            key = repr(candidate.value)
            if candidate.span and seen[key] < _PLACES:
                seen[key] += 1
                spans.append(_widened(text, candidate.span))
    return "\n".join(text[start:end].strip("\r\n") for start, end in joined(spans))


def _widened(text: str, span: Span) -> Span:
    start, end = max(0, span.start - _AROUND), min(len(text), span.end + _AROUND)
    first, last = text.rfind("\n", max(0, start - _LONGEST_LINE), start), text.find("\n", end, end + _LONGEST_LINE)
    return Span(first + 1 if first >= 0 else start if start > _LONGEST_LINE else 0, last if last >= 0 else end)
