"""What is known about an answer before it is read: the names that were asked for, and the document."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from langchain_nuextract.scalars.names import fold_key
from langchain_nuextract.schema.answer_shape import AnswerShape, RecordShape, shapes_in

LONGEST: Final = 1_000_000
"""Characters of a document that are looked at."""
MOST_SEARCHED: Final = 500 * LONGEST
"""Characters of it that are looked through, each time counted."""
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True)
class Hints:
    """What tells where a string ends that its quotes do not."""

    names: frozenset[str] = frozenset()
    """The names that were asked for, folded; keys are no others. Empty where any key may come."""
    document: str = ""
    """The document; empty if it is not at hand."""
    finished: bool = False
    """Whether the model ended its answer itself, so that the text ends in nothing but what it forgot to close."""
    strings: bool = False
    """Whether the strings of the answer are those of the document, so that it tells where they end."""

    def is_key(self, written: str) -> bool:
        """Whether a key may be meant by what is written like one."""
        return not self.names or fold_key(written) in self.names

    def says(self, text: str) -> bool:
        """Whether the document has a text, but for its blanks; no, once it was looked through too often."""
        return self._searched.has(_BLANKS.sub(" ", text))

    @cached_property
    def _searched(self) -> "_Searched":
        return _Searched(_BLANKS.sub(" ", self.document[:LONGEST]))


class _Searched:
    """A document that is looked through: as often as takes about a second, for a text may have any number of words."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._left = MOST_SEARCHED

    def has(self, text: str) -> bool:
        self._left -= len(self._text)
        return self._left >= 0 and text in self._text


NO_HINTS: Final = Hints()


def folded_names_of(shape: AnswerShape) -> frozenset[str]:
    """All names of a form, folded."""
    records = (each for each in shapes_in(shape) if isinstance(each, RecordShape))
    return frozenset(fold_key(name) for record in records for name, _ in record.fields)
