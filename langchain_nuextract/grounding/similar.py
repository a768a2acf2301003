# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Where a text says a value with slips: other marks, look-alike letters, a letter too few or too many.

How much may differ grows with the length of the value. Codes, that is words with a figure, are held to their shape:
figures differ by look-alikes, blanks and marks alone (`O` for `0`), and never by another figure.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cached_property
from itertools import chain, islice, pairwise
from typing import Final

from langchain_nuextract.grounding.evidence import Spans
from langchain_nuextract.grounding.lookalikes import Shapes, shapes_of

SHORTEST: Final = 3
"""Letters of a value that is looked for by its shape."""
LONGEST: Final = 400
"""Letters of a value that is compared letter by letter."""
FEWEST_FIGURES: Final = 6
"""Figures of a number that may be parted by blanks and marks, as those of telephones and accounts are."""

_SHORTEST_SLIP: Final = 5
"""Letters of a value of which one may be missing."""
_LONG: Final = 12
"""Letters of a value in which one may be another, and a further slip for each so many."""
_MOST_SLIPS: Final = 6
_MOST_PLACES: Final = 200
"""Places of a word at which the rest of a value is looked for."""
_ANCHORS: Final = 3
"""Words of a value that are tried, the rarest first."""
_END: Final = 3
"""Letters at one end of a word that a slip in it leaves as they are."""
_WIDEST_GAP: Final = 60
_PARTS: Final = frozenset(" \u00a0\u202f-–/.()")
"""What may part the figures of one number."""
_LEAST_ALIKE: Final = 0.6


class SimilarIndex:
    """Finds values with slips in one text."""

    def __init__(self, text: str) -> None:
        """Look at nothing yet: most values are found as they stand."""
        self._text = text

    def find_shape(self, value: str) -> Spans:
        """Find where a text says something of the same shape, in its order."""
        wanted = shapes_of(value)
        if not SHORTEST <= len(wanted.text) <= LONGEST:
            return ()
        found = islice(self._same_shape(wanted), _MOST_PLACES)
        return sorted(span for span in found if similarity(value, self._text[slice(*span)]) >= _LEAST_ALIKE)

    def find(self, value: str) -> Spans:
        """Find where a text says something with few slips, in its order."""
        wanted = shapes_of(value)
        # The letters of codes may not differ, and so allow for no slips.
        letters = sum(len(word.shape) for word in wanted.words if not word.is_code)
        if letters < _SHORTEST_SLIP or len(wanted.text) > LONGEST:
            return ()
        slips = min(_MOST_SLIPS, 1 + max(0, letters - _LONG // 2) // _LONG)
        return sorted(self._with_slips(wanted, slips))

    @cached_property
    def shapes(self) -> Shapes:
        """The words of the text."""
        return shapes_of(self._text)

    @cached_property
    def _by_ends(self) -> Mapping[tuple[str, bool], Sequence[str]]:
        """The words of the text by their first letters, and by their last."""
        found: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)
        for shape in self.shapes.places:
            if len(shape) >= _SHORTEST_SLIP:
                found[shape[:_END], True].append(shape)
                found[shape[-_END:], False].append(shape)
        return found

    def _same_shape(self, wanted: Shapes) -> Iterator[tuple[int, int]]:
        shapes, shape = self.shapes, wanted.text
        at = shapes.text.find(shape)
        while at >= 0:
            first, after = shapes.word_at(at), shapes.word_at(at + len(shape))
            if first is not None and after is not None and self._holds(wanted, first, after):
                yield shapes.words[first].start, shapes.words[after - 1].end
            at = shapes.text.find(shape, at + 1)

    def _holds(self, wanted: Shapes, first: int, after: int) -> bool:
        """Whether words stand near each other, and numbers are not put together of what happens to be near."""
        words = self.shapes.words[first:after]
        if not self._is_close(first, after):
            return False
        # `12 345 678` says 12345678, but `page 12` and `345` in the next cell say no 12345.
        codes = [word.is_code for word in words]
        if not any(codes) or [word.shape for word in words] == [word.shape for word in wanted.words]:
            return True
        figures = sum(map(str.isdigit, self._text[words[0].start : words[-1].end]))
        gaps = (self._text[one.end : other.start] for one, other in pairwise(words))
        return figures >= FEWEST_FIGURES and all(map(_PARTS.issuperset, gaps))

    def _with_slips(self, wanted: Shapes, slips: int) -> set[tuple[int, int]]:
        places, found = self.shapes.places, set[tuple[int, int]]()
        known = [
            index
            for index, word in enumerate(wanted.words)
            if len(places.get(word.shape, ())) in range(1, _MOST_PLACES)
        ]
        known.sort(key=lambda index: (len(places[wanted.words[index].shape]), -len(wanted.words[index].shape)))
        # A word that is right leads to the place; if each has a slip, a word that begins or ends alike does.
        for index in known[:_ANCHORS]:
            if found := {*self._around(wanted, index, places[wanted.words[index].shape], slips)}:
                return found
        for index in sorted(range(len(wanted.words)), key=lambda index: -len(wanted.words[index].shape))[:_ANCHORS]:
            word = wanted.words[index]
            if word.is_code or len(word.shape) < _SHORTEST_SLIP:
                continue
            near = chain.from_iterable(places[shape][:_MOST_PLACES] for shape in self._words_like(word.shape))
            if found := {*self._around(wanted, index, [*islice(near, _MOST_PLACES)], slips)}:
                return found
        return found

    def _words_like(self, shape: str) -> Iterator[str]:
        """Find words that are one slip away, or are that may be two."""
        near = chain(self._by_ends.get((shape[:_END], True), ()), self._by_ends.get((shape[-_END:], False), ()))
        return (each for each in dict.fromkeys(near) if abs(len(each) - len(shape)) <= 1)

    def _around(self, wanted: Shapes, index: int, places: Sequence[int], slips: int) -> Iterator[tuple[int, int]]:
        """Compare a value with the text around the places of one of its words."""
        shapes = self.shapes
        start, end = wanted.starts[index : index + 2]
        # A document may say the same again and again (`Total carried forward`), and each stretch is compared once.
        lengths: dict[tuple[tuple[str, bool], ...], int | None] = {}
        for place in places:
            begin, finish = shapes.starts[place : place + 2]
            last = min(len(shapes.text), finish + len(wanted.text) - end + slips)
            for offset in range(max(0, begin - start - slips), min(begin, begin - start + slips) + 1):
                first = shapes.word_at(offset)
                if first is None:
                    continue
                part = shapes.part(offset, last)
                key = tuple((word.shape, word.is_code) for word in part.words)
                if key not in lengths:
                    lengths[key] = _words_alike(wanted, part, slips)
                after = first + (lengths[key] or 0)
                if after > first and self._is_close(first, after):
                    yield shapes.words[first].start, shapes.words[after - 1].end

    def _is_close(self, first: int, after: int) -> bool:
        words = self.shapes.words[first:after]
        gaps = (self._text[one.end : other.start] for one, other in pairwise(words))
        return not any(len(gap) > _WIDEST_GAP or "\n\n" in gap for gap in gaps)


def _words_alike(wanted: Shapes, text: Shapes, slips: int) -> int | None:
    """Count the words of the beginning of a text that is most like a value; None if none is like it."""
    rows = distances(wanted, text, slips)
    likely = sorted((row, abs(size - len(wanted.text)), size) for size, row in enumerate(rows) if row <= slips and size)
    return next((words for _, _, size in likely if (words := text.word_at(size)) is not None), None)


def similarity(value: str, quotation: str) -> float:
    """How alike two texts are, from 0 to 1: twice the letters in common by the letters of both, case left out."""
    one, other = " ".join(value.casefold().split()), " ".join(quotation.casefold().split())
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def distances(wanted: Shapes, text: Shapes, most: int) -> Sequence[int]:
    """Count the slips between a value and each beginning of a text, up to one more than there may be.

    A letter too few or too many, and two that are swapped, are one slip; another letter is one in a long value, and two
    in a short one, where it makes another word. A letter of a code may not differ.
    """
    letters, far = wanted.text, most + 1
    another = 1 if len(letters) > _LONG else 2
    row = [0, *(far if any(text.codes[: size + 1]) else min(far, size + 1) for size in range(len(text.codes)))]
    before: Sequence[int] = ()
    for at, (letter, is_code) in enumerate(zip(letters, wanted.codes, strict=True)):
        last, before, row = before, row, [far if is_code else min(far, row[0] + 1)]
        for to, (mark, in_code) in enumerate(zip(text.text, text.codes, strict=True)):
            if letter == mark:
                row.append(before[to])
                continue
            step = before[to] + another
            if at and to and letter == text.text[to - 1] and letters[at - 1] == mark:
                step = min(step, last[to - 1] + 1)
            held = far if is_code or in_code else step
            row.append(min(held, far if is_code else before[to + 1] + 1, far if in_code else row[to] + 1, far))
        if min(row) > most:
            break
    return row
