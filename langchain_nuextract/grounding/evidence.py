"""Where a document says a value."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from langchain_nuextract.grounding.places import HTMLPlace, Place
from langchain_nuextract.paths import JSON, Path

Match: TypeAlias = Literal["exact", "folded", "number", "date", "partial", "name", "joined", "similar"]
"""How alike a value and its quotation are:

- `exact`: the same characters
- `folded`: the same but for white space, case and forms of a letter that Unicode holds equal
- `number`: the same number or duration, written otherwise: `1.580,22 €` for 1580.22, `19 %` for 0.19, `3 Mio.` for
  3000000, `seven` for 7, `3 weeks` for `P21D`
- `name`: a name or sign of what a code stands for (`€` for EUR, `Deutschland` for DE), the words of a choice, or those
  that answer the name of a field with yes or no
- `date`: the same day, month or time of the day, written otherwise
- `joined`: the same text in several pieces, with others between: a cell that wraps, a list of names
- `similar`: much the same text, with slips in spelling, marks or letters that look alike; `similarity` says how much
- `partial`: the same day, of which the year, or month and year, stand elsewhere in the document: `on the 3rd`
"""

_Tuple = TypeVar("_Tuple")


class _NewTuple(Protocol):
    def __call__(self, cls: type[_Tuple], values: tuple[object, ...], /) -> _Tuple: ...


new_tuple: Final[_NewTuple] = vars(tuple)["__new__"]
"""Makes a named tuple of all of its values, in half the time that its class takes: documents have a hundred values."""


class Span(NamedTuple):
    """A half-open range of code points in the document's text: `text[start:end]` is the quotation."""

    start: int
    """The first code point, counted from 0."""
    end: int
    """Behind the last one."""


Spans: TypeAlias = Sequence[tuple[int, int]]
"""Where places begin and end, in the order of the text: spans to be."""
Pieces: TypeAlias = tuple[Span, ...]
"""Where one value stands: a span for each of its pieces, the most telling one first."""

NO_OTHERS: Final[Mapping[tuple[int, int], Pieces]] = MappingProxyType({})
"""No further pieces of any place."""
Found: TypeAlias = tuple[Spans, Match, Mapping[tuple[int, int], Pieces]]
"""Where a document says one value: a span for each place, how it says it there, and the further pieces of the places
that have some, by their first one."""


class Evidence(NamedTuple):
    """Where one value stands. It says nothing about how sure the model was.

    Example:
        for each in details.evidence:
            assert details.document.text[each.span.start : each.span.end] == each.quotation
    """

    path: Path
    """The value's place in the validated object."""
    value: JSON
    """The value, as JSON."""
    span: Span
    """Where in the document's text, in code points."""
    quotation: str
    """The text at `span`, unchanged."""
    match: Match
    """How the document says it: `exact`, `folded`, `number`, `date`, `partial`, `name`, `joined` or `similar`."""
    spans: tuple[Span, ...]
    """`span`, and those of the value's other pieces where the document says it in several: of the 3rd in "3 to 5 May",
    `3` and `May`."""
    similarity: float
    """How alike value and quotation are, from 0 to 1, where the match is `similar`; 1 for all other matches."""
    places: tuple[Place, ...] = ()
    """Where it stands on the document's pages, if it has any."""
    in_html: HTMLPlace | None = None
    """Where it stands in the HTML, if that part of the text was made from HTML."""


Reason: TypeAlias = Literal["nothing", "chosen", "not text", "not found"]
"""Why a value has no evidence:

- `nothing`: it is null or an empty text
- `chosen`: it is a choice, a code or a truth value, and no word of the document says so: the model judged
- `not text`: it was not found, and the document has images or pages without text, which may say it
- `not found`: the document's text does not say it, in any form that is known
"""


class Unplaced(NamedTuple):
    """A value without evidence.

    Example:
        assert not [each.path for each in details.unplaced if each.reason == "not found"]
    """

    path: Path
    """The value's place in the validated object."""
    value: JSON
    """The value, as JSON."""
    reason: Reason
    """`nothing`, `chosen`, `not text` or `not found`."""
