"""A page as Markdown, with what was noticed."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from typing import Final

from langchain_nuextract.documents.html.spans import SourceSpan, SourceWord


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """HTML converted to Markdown."""

    markdown: str
    html: str
    """The page that it was made from, decoded."""
    title: str = ""
    encoding: str | None = None
    """How bytes were decoded; None of a text."""
    warnings: tuple[str, ...] = ()
    """What was left out or guessed, a sentence each."""

    @cached_property
    def words(self) -> tuple[SourceWord, ...]:
        """The words of the page that a reader sees, with their places in `html`."""
        from langchain_nuextract.documents.html.source_words import source_words  # noqa: PLC0415 - needs the parser

        return source_words(self.html)

    @cached_property
    def spans(self) -> tuple[SourceSpan, ...]:
        """Which part of the Markdown is which part of the HTML, in the order of the Markdown, a word each.

        Words are aligned, whatever made the Markdown. Made characters (numbers of lists, say) have no span.
        """
        from langchain_nuextract.documents.html.align import align  # noqa: PLC0415 - only where it is asked for

        return align(self.markdown, self.words)

    def locate(self, start: int, end: int) -> tuple[int, int] | None:
        """Where in `html` the Markdown's characters from `start` to `end` stand; None if none of their words does.

        Signs beside the first and the last word belong to the place if the HTML has them there: `150 €`.
        """
        begin = bisect_right(self.spans, start, key=lambda span: span.end)
        inside = self.spans[begin : bisect_left(self.spans, end, begin, key=lambda span: span.start)]
        if not inside:
            return None
        first, last = min(span.html_start for span in inside), max(span.html_end for span in inside)
        before = _signs(self.markdown[start : inside[0].start])
        after = _signs(self.markdown[inside[-1].end : end])
        return first - _reach(self.html, first, before, -1), last + _reach(self.html, last, after, 1)


_FARTHEST: Final = 40
"""Characters of HTML beside a word in which signs are looked for, as references such as `&nbsp;&euro;`."""


def _signs(markdown: str) -> str:
    return "".join(markdown.replace("\\", "").split()).strip("*_`")


def _reach(html: str, at: int, signs: str, step: int) -> int:
    """How far from a place these signs, and nothing else, stand."""
    for size in range(1, _FARTHEST + 1) if signs else ():
        text = html[at : at + size] if step > 0 else html[max(0, at - size) : at]
        if "".join(unescape(text).split()) == signs:
            return size
    return 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A page made ready for a model."""

    html: str
    """The page as it came, decoded."""
    pieces: tuple[str, ...]
    title: str
    encoding: str | None
    warnings: tuple[str, ...]
