"""Words that a generated text has and its source has not, and the other way round."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from langchain_nuextract.scalars.words import words

RUN: Final = 4
"""Words in a row that are looked up together."""


@dataclass(frozen=True, slots=True)
class UngroundedTokens:
    """Share of the words of a generated text that its source does not have: 0 when all are there, 1 when none is.

    This is the "token error rate" of the Reader-LM article, a measure of hallucination; it has nothing to do with the
    translation edit rate. The article's own tokens are not published: these are words (see `words`).
    """

    distinct: float
    """A word is there if the source has it anywhere. The article's wording; it cannot see loops."""
    counted: float
    """A word is there as often as the source has it: a line said 50 times and written 3 times is 47 times wrong."""
    runs: float
    """Four words in a row that the source does not have in a row: stitched and shuffled sentences show here alone."""


def ungrounded_token_rate(generated: str, source: str) -> UngroundedTokens | None:
    """Measure how much of a generated text its source does not have.

    Args:
        generated: The text; of Markdown its `prose`.
        source: What it was made from: text that the reader of a page can see, and what attributes say.

    Returns:
        None if the text has no words: nothing was generated, which is not the same as nothing wrong. `coverage` tells.

    Example:
        >>> ungrounded_token_rate("a b d d", "a b c").distinct
        0.5
    """
    made, there = words(generated), words(source)
    if not made:
        return None
    known, available = set(there), Counter(there)
    return UngroundedTokens(
        distinct=sum(word not in known for word in made) / len(made),
        counted=(Counter(made) - available).total() / len(made),
        runs=_unknown_runs(made, there),
    )


def _unknown_runs(made: list[str], there: list[str]) -> float:
    runs, known = list(_runs(made)), set(_runs(there))
    # A text of fewer words than a run is one run itself, which the source may have anywhere.
    if len(made) < RUN:
        known = {run for size in range(1, RUN) for run in _runs(there, size)}
    return sum(run not in known for run in runs) / len(runs)


def _runs(tokens: list[str], size: int = RUN) -> Iterable[tuple[str, ...]]:
    size = min(size, len(tokens))
    return zip(*(tokens[at:] for at in range(size)), strict=False)


def coverage(generated: str, source: str) -> float:
    """Share of the words of the source that a generated text has, each as often as the source; 1 if it has none.

    Example:
        >>> coverage("total 12", "Total: 12 euros")
        0.6666666666666666
    """
    needed = Counter(words(source))
    return (needed & Counter(words(generated))).total() / needed.total() if needed else 1.0
