"""A page as Markdown, with what was noticed."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
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
    base: str = ""
    """What relative addresses on the page were made absolute with."""

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
        from langchain_nuextract.documents.html.align import align_words  # noqa: PLC0415 - only where it is asked for

        return align_words(self.markdown, self.words)

    @cached_property
    def addresses(self) -> Mapping[str, tuple[tuple[int, int], ...]]:
        """Where in `html` the addresses of links and pictures stand, by what is written for them in the Markdown."""
        from langchain_nuextract.documents.html.source_words import source_addresses  # noqa: PLC0415 - needs the parser

        return source_addresses(self.html, self.base)

    def locate(self, start: int, end: int) -> tuple[int, int] | None:
        """Where in `html` the Markdown's characters from `start` to `end` stand; None if none of their words does.

        Signs beside the first and the last word belong to the place if the HTML has them there: `150 €`. An address
        stands where the link or picture has it.
        """
        begin = bisect_right(self.spans, start, key=lambda span: span.end)
        inside = self.spans[begin : bisect_left(self.spans, end, begin, key=lambda span: span.start)]
        if not inside:
            return self._address(start, end)
        first, last = min(span.html_start for span in inside), max(span.html_end for span in inside)
        before = _signs(self.markdown[start : inside[0].start])
        after = _signs(self.markdown[inside[-1].end : end])
        return first - _reach(self.html, first, before, -1), last + _reach(self.html, last, after, 1)

    def _address(self, start: int, end: int) -> tuple[int, int] | None:
        """Where the address stands that this part of the Markdown is in: of several equal ones, that of its turn."""
        around = max(0, start - _LONGEST_ADDRESS), end + _LONGEST_ADDRESS
        opened = max(self.markdown.rfind(sign, around[0], start + 1) for sign in "(<\n ")
        closed = _CLOSED.search(self.markdown, end, around[1])
        target = self.markdown[opened + 1 : closed.start() if closed else end].replace("\\", "")
        places = self.addresses.get(target, ())
        turn = self.markdown.count(target, 0, opened) if target else 0
        return places[min(turn, len(places) - 1)] if places else None


_LONGEST_ADDRESS: Final = 4_000
_CLOSED: Final = re.compile(r"[)>\s]")
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
