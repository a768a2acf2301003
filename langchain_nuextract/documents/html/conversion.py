"""A page as Markdown, with what was noticed."""

from dataclasses import dataclass
from functools import cached_property

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
        """Where in `html` the Markdown's characters from `start` to `end` stand; None if none of their words does."""
        inside = [span for span in self.spans if span.start < end and start < span.end]
        if not inside:
            return None
        return min(span.html_start for span in inside), max(span.html_end for span in inside)
