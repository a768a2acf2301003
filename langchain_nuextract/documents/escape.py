r"""Control marks in documents are broken up, so that a document stays a document.

None of the chat templates escapes anything: `<|im_end|>` in a text would end the turn, `【document_end】` the document.
One blank is put after the first letter of each such mark: `< |im_end|>`. Nothing is taken away, so marks that are
nested or overlap cannot form new ones, and what the model copied can be restored. A blank and not an invisible letter,
because values that the model copies reach the user.

Section headings, as `# Context:` in the prompts of NuExtract 2.0, are legitimate Markdown. They count only at the start
of a line, and the blank goes behind the `#`, where Markdown and searches that fold white space do not see it:
`#  Context:`. Before the `#` it would be lost where a chat template trims the document. A heading that only looks like
one to a model, with a tab, an invisible letter or nothing behind the `#`, is broken within its word: `#C ontext:`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise, takewhile
from typing import TYPE_CHECKING, Final, NamedTuple

from langchain_nuextract.documents.source import Part, Source, Text

_BREAKS: Final = r"\n\r\v\f\x1c-\x1e\x85\u2028\u2029"
_INVISIBLE: Final = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    r"\ufeff\uffa0"
)
_GAP: Final = rf"(?:[^\S{_BREAKS}]|[{_INVISIBLE}])"
_HEADING: Final = re.compile(r"\n(#+) (.)(.+)")
_CONTEXT: Final = 64
"""Letters on either side by which a copy of a mark is told from another."""
_MOST_PLACES: Final = 256
"""Places of a mark that a copy is compared with."""


class _Cut(NamedTuple):
    """Where a blank is put into a mark."""

    at: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a mark stands in the document that the model sees."""

    before: str
    after: str
    is_broken: bool
    """Whether the blank in it was put there; otherwise the document had it."""


@dataclass(frozen=True, slots=True)
class _BrokenMark:
    original: str
    broken: str
    places: tuple[_Place, ...] = ()
    """Where it stands, if the document has the broken form of its own as well: then copies have to be told apart."""


@dataclass(frozen=TYPE_CHECKING, slots=True)
class EscapedSource:
    """A document without control marks."""

    source: Source
    marks: tuple[_BrokenMark, ...] = ()
    """The marks that were in the document."""

    def restore(self, text: str) -> str:
        """Put the marks back into a text that the model copied out of the document."""
        for mark in self.marks:
            if not mark.places:
                text = text.replace(mark.broken, mark.original)
            elif mark.broken in text:
                text = _restored(text, mark)
        return text


def escape_source(source: Source, marks: Sequence[str]) -> EscapedSource:
    r"""Break up the control marks in a document.

    Args:
        source: The document; given back as it is if there are no marks in it.
        marks: What a dialect calls control marks. A mark that begins with a line break, as `"\n# Context:"`, is a
            heading: it counts at the start of a line.
    """
    found = [_cuts(part.text, marks) if isinstance(part, Text) else () for part in source.parts]
    if not any(found):
        return EscapedSource(source)
    parts = tuple(
        Text(_widen(part.text, cuts)) if isinstance(part, Text) and cuts else part
        for part, cuts in zip(source.parts, found, strict=True)
    )
    escaped, pairs = Source(parts), dict[str, str]()
    for part, cuts in zip(source.parts, found, strict=True):
        text = part.text if isinstance(part, Text) else ""
        pairs |= {f"{text[start:at]} {text[at:end]}": text[start:end] for at, start, end in cuts}
    own = {broken for broken in pairs if broken in source.text}
    broken = {each: tuple(_places(source, parts, found, each)) if each in own else () for each in pairs}
    return EscapedSource(escaped, tuple(_BrokenMark(pairs[each], each, places) for each, places in broken.items()))


def signs_of(marks: Sequence[str]) -> tuple[str, ...]:
    """Give the signs of which a text must have one for any of the marks to be in it."""
    return tuple(sign for sign, _ in _words_by_sign(tuple(marks)))


def escape_text(text: str, marks: Sequence[str]) -> str:
    """Break up the control marks in a text that stands in a prompt of its own, as instructions do."""
    return _widen(text, _cuts(text, marks))


def _cuts(text: str, marks: Sequence[str]) -> tuple[_Cut, ...]:
    """Find the positions before which a blank is needed, ascending."""
    # Most texts have none, and to look for a letter is quicker than for words, and for words than for expressions.
    by_sign = _words_by_sign(tuple(marks))
    if not any([sign in text and any(word in text for word in words) for sign, words in by_sign]):  # noqa: C419  half
        return ()
    found = {
        match.end(): _Cut(match.end(), match.start("mark"), match.end("rest"))
        for pattern in _patterns(tuple(marks))
        for match in pattern.finditer(text)
    }
    return tuple(found[at] for at in sorted(found))


def _widen(text: str, cuts: Sequence[_Cut]) -> str:
    if not cuts:
        return text
    edges = (0, *(cut.at for cut in cuts), len(text))
    return " ".join(text[start:end] for start, end in pairwise(edges))


def _places(source: Source, parts: Sequence[Part], found: Sequence[Sequence[_Cut]], broken: str) -> Iterator[_Place]:
    """Find where a broken mark stands in the document that the model sees."""
    left = _MOST_PLACES
    for part, widened, cuts in zip(source.parts, parts, found, strict=True):
        if not (isinstance(part, Text) and isinstance(widened, Text)):
            continue
        # The blank of a cut stands as many letters further on as blanks were put in before it.
        blanks = {cut.at + number for number, cut in enumerate(cuts)}
        text, at = widened.text, widened.text.find(broken)
        while at >= 0 and left:
            end = at + len(broken)
            is_broken = any(blank in blanks for blank in range(at, end))
            yield _Place(text[max(at - _CONTEXT, 0) : at], text[end : end + _CONTEXT], is_broken)
            at, left = text.find(broken, end), left - 1


def _restored(text: str, mark: _BrokenMark) -> str:
    """Put a mark back where its copy has more in common with a place where it was broken than with any other."""
    pieces, behind = list[str](), 0
    at = text.find(mark.broken)
    while at >= 0:
        end = at + len(mark.broken)
        before, after = text[max(at - _CONTEXT, 0) : at], text[end : end + _CONTEXT]
        nearest = max(
            mark.places,
            key=lambda place: _same_start(place.before[::-1], before[::-1]) + _same_start(place.after, after),
        )
        pieces += [text[behind:at], mark.original if nearest.is_broken else mark.broken]
        behind, at = end, text.find(mark.broken, end)
    return "".join((*pieces, text[behind:]))


def _same_start(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


@lru_cache(maxsize=64)
def _words_by_sign(marks: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What must be in a text for a mark to be: the mark, or of a heading its word; by the sign that it begins with."""
    by_sign: dict[str, list[str]] = {}
    for mark in dict.fromkeys(marks):
        is_heading = _HEADING.fullmatch(mark) is not None
        by_sign.setdefault("#" if is_heading else mark[0], []).append(mark.lstrip("\n# ") if is_heading else mark)
    return tuple((sign, tuple(words)) for sign, words in by_sign.items())


@lru_cache(maxsize=64)
def _patterns(marks: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """Make patterns that end where the blank is to go; the mark stands in their groups `mark` and `rest`."""
    headings = [(match[1], match[2], match[3]) for mark in marks if (match := _HEADING.fullmatch(mark))]
    plain = [mark for mark in marks if not _HEADING.fullmatch(mark)]
    start_of_line = rf"(?<![^{_BREAKS}]){_GAP}*+"
    patterns: list[str] = []
    # Heads come first, since that is fast to search for.
    for head, group in groupby(sorted(plain), key=lambda mark: mark[0]):
        rests = "|".join(re.escape(mark[1:]) for mark in sorted(group, key=len, reverse=True))
        patterns.append(rf"(?P<mark>{re.escape(head)})(?=(?P<rest>{rests}))")
    if headings:
        exact = "|".join(f"{level}(?= {re.escape(letter + rest)})" for level, letter, rest in headings)
        patterns.append(rf"{start_of_line}(?P<mark>{exact})(?=(?P<rest> [^:]*:))")
        alike = "|".join(
            rf"{level}(?! {{1,2}}{re.escape(letter)}){_GAP}*+{re.escape(letter)}(?={re.escape(rest)})"
            for level, letter, rest in headings
        )
        patterns.append(rf"{start_of_line}(?P<mark>{alike})(?=(?P<rest>[^:]*:))")
    return tuple(map(re.compile, patterns))
