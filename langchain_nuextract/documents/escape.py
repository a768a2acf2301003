"""Control marks in documents are broken up, so that a document stays a document.

None of the chat templates escapes anything: `<|im_end|>` in a text would end the turn, `【document_end】` the document.
One blank is put after the first letter of each such mark: `< |im_end|>`. Nothing is taken away, so marks that are
nested or overlap cannot form new ones, and what the model copied can be restored. A blank and not an invisible letter,
because values that the model copies reach the user.

Section headings, as `# Context:` in the prompts of NuExtract 2.0, are legitimate Markdown. They count only at the start
of a line, and the blank goes behind the `#`, where Markdown and searches that fold white space do not see it:
`#  Context:`. Before the `#` it would be lost where a chat template trims the document.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Final

from langchain_nuextract.documents.source import Part, Source, Text

_BREAKS: Final = r"\n\r\v\f\x1c-\x1e\x85\u2028\u2029"
_HEADING: Final = re.compile(r"\n(#+)( .+)")


@dataclass(frozen=True, slots=True)
class EscapedSource:
    """A document without control marks."""

    source: Source
    broken: tuple[str, ...] = ()
    """The marks that were in the document."""

    def restore(self, text: str) -> str:
        """Put the marks back into a text that the model copied out of the document."""
        for mark in self.broken:
            bare = mark.lstrip("\n")
            text = text.replace(escape_text(bare, (mark,)), bare)
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
    parts = tuple(_widened(part, cuts) for part, cuts in zip(source.parts, found, strict=True))
    broken = tuple(mark for mark in marks if mark.lstrip("\n") in source.text)
    return EscapedSource(Source(parts), broken)


def escape_text(text: str, marks: Sequence[str]) -> str:
    """Break up the control marks in a text that stands in a prompt of its own, as instructions do."""
    return _widen(text, _cuts(text, marks))


def _cuts(text: str, marks: Sequence[str]) -> tuple[int, ...]:
    """Find the positions before which a blank is needed, ascending."""
    # Most texts have none, and to look for a few words is quicker than to match expressions.
    if not any([bare in text for bare in _bare(tuple(marks))]):  # noqa: C419  half the time
        return ()
    return tuple(sorted({match.end() for pattern in _patterns(tuple(marks)) for match in pattern.finditer(text)}))


def _widened(part: Part, cuts: Sequence[int]) -> Part:
    return Text(_widen(part.text, cuts)) if isinstance(part, Text) and cuts else part


def _widen(text: str, cuts: Sequence[int]) -> str:
    if not cuts:
        return text
    edges = (0, *cuts, len(text))
    return " ".join(text[start:end] for start, end in pairwise(edges))


@lru_cache(maxsize=64)
def _bare(marks: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(mark.lstrip("\n") for mark in marks)


@lru_cache(maxsize=64)
def _patterns(marks: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """Make patterns that end where the blank is to go."""
    headings = [_HEADING.fullmatch(mark) for mark in marks]
    plain = [mark for mark, heading in zip(marks, headings, strict=True) if not heading]
    levels = [(heading[1], heading[2]) for heading in headings if heading]
    start_of_line = rf"(?<![^{_BREAKS}])[^\S{_BREAKS}]*"
    patterns: list[str] = []
    if plain:
        patterns.append(_any((mark[0], mark[1:]) for mark in plain))
    if levels:
        patterns.append(f"{start_of_line}(?:{_any(levels)})")
    return tuple(map(re.compile, patterns))


def _any(marks: Iterable[tuple[str, str]]) -> str:
    """Match the head of a mark where its rest follows; heads come first, since that is fast to search for."""
    by_head = groupby(sorted(marks), key=lambda mark: mark[0])
    return "|".join(f"{re.escape(head)}(?={'|'.join(re.escape(rest) for _, rest in group)})" for head, group in by_head)
