"""Which words of a Markdown are which words of the page it was made from, whoever made it.

Runs that both have at their ends are taken first, then words that each has once, in the longest row that keeps the
order; what lies between them is aligned in the same way. Each round is linear.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from langchain_nuextract.documents.html.spans import SourceSpan, SourceWord
from langchain_nuextract.scalars.prose import NOT_PROSE
from langchain_nuextract.scalars.words import Word, find_words

_WINDOW: Final = 64
"""Words that are looked ahead where no word stands once alone."""
_ROUNDS: Final = 40
"""Rounds of narrowing; each costs one pass."""

_Range: TypeAlias = tuple[int, int, int, int, int]
"""Start and end in one text, start and end in the other, and the round."""


def align_words(markdown: str, source: Sequence[SourceWord]) -> tuple[SourceSpan, ...]:
    """Align a Markdown with the words of the page that it was made from, in order.

    Words of targets of links and of tags are no text and are not aligned.
    """
    made = list(_prose_words(markdown))
    pairs = common_words([word.folded for word in made], [word.folded for word in source])
    return tuple(SourceSpan(made[at].start, made[at].end, source[to].start, source[to].end) for at, to in pairs)


def _prose_words(markdown: str) -> Iterator[Word]:
    begun = 0
    for end, following in [*(found.span() for found in NOT_PROSE.finditer(markdown)), (len(markdown),) * 2]:
        for word in find_words(markdown[begun:end]):
            yield Word(begun + word.start, begun + word.end, word.folded)
        begun = following


def common_words(one: Sequence[str], other: Sequence[str]) -> list[tuple[int, int]]:
    """Find a row of words that two texts have in the same order, as pairs of indices; long, if not the longest."""
    pairs: list[tuple[int, int]] = []
    waiting: list[_Range] = [(0, len(one), 0, len(other), 0)]
    while waiting:
        start, end, begin, stop, rounds = waiting.pop()
        while start < end and begin < stop and one[start] == other[begin]:
            pairs.append((start, begin))
            start, begin = start + 1, begin + 1
        while start < end and begin < stop and one[end - 1] == other[stop - 1]:
            end, stop = end - 1, stop - 1
            pairs.append((end, stop))
        if start == end or begin == stop:
            continue
        anchors = _anchors(one, other, (start, end, begin, stop)) if rounds < _ROUNDS else []
        if not anchors:
            pairs += _ahead(one, other, (start, end, begin, stop))
            continue
        for at, to in [*anchors, (end, stop)]:
            waiting.append((start, at, begin, to, rounds + 1))
            start, begin = at, to
    return sorted(pairs)


def _anchors(one: Sequence[str], other: Sequence[str], where: tuple[int, int, int, int]) -> list[tuple[int, int]]:
    """Words that stand once in each range: the longest row of them in which both go up."""
    start, end, begin, stop = where
    counts, others = Counter(one[start:end]), Counter(other[begin:stop])
    places = {other[to]: to for to in range(begin, stop)}
    unique = [(at, places[one[at]]) for at in range(start, end) if counts[one[at]] == 1 and others.get(one[at]) == 1]
    return _rising(unique)


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest row of pairs whose second numbers go up."""
    # Of 3, 1, 2 the row is 1, 2: `ends` has the lowest number that a row of each length can end with.
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for index, (_, to) in enumerate(pairs):
        at = bisect_left(ends, to)
        before.append(last[at - 1] if at else -1)
        ends[at : at + 1] = [to]
        last[at : at + 1] = [index]
    row: list[tuple[int, int]] = []
    index = last[-1] if last else -1
    while index >= 0:
        row.append(pairs[index])
        index = before[index]
    return row[::-1]


def _ahead(one: Sequence[str], other: Sequence[str], where: tuple[int, int, int, int]) -> Iterator[tuple[int, int]]:
    """Take each word where it comes next, if that is near."""
    start, end, begin, stop = where
    for at in range(start, end):
        for to in range(begin, min(stop, begin + _WINDOW)):
            if one[at] == other[to]:
                yield at, to
                begin = to + 1
                break
