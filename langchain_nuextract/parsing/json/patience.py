"""How many quotes of a text may be looked at in vain, so that reading it takes time linear in its length."""

from dataclasses import dataclass
from typing import Final, Self

MOST_INNER: Final = 5_000
"""Quotes without escape that one string may have."""
MOST_COMPARED: Final = 40_000
"""Quotes of a text that are compared in vain with what is known of the answer."""
LEAST: Final = 5
"""Quotes of a string that are looked at even when the patience with its text is at an end."""
_CHARACTERS_A_QUOTE: Final = 4
"""Of a text, how many there must be for each quote that is looked at in vain."""


@dataclass(frozen=True, slots=True)
class Patience:
    """What is left of it. It is shared by all strings of a text: each of thousands could look to the end of the text.

    `{"a": "x" + "x" + "x" …` is such a text where a name is looked for behind each of its strings.
    """

    inner: int
    """Quotes that may be taken for part of a string which then ends before them."""
    compared: int
    """Quotes that may be compared with what is known of the answer, and end no string that is known."""

    @classmethod
    def with_text(cls, text: str) -> Self:
        """Give what a text deserves by its length."""
        inner = max(2 * LEAST, len(text) // _CHARACTERS_A_QUOTE)
        return cls(min(MOST_INNER, inner), min(MOST_COMPARED, len(text)))

    def less(self, inner: int = 0, compared: int = 0) -> "Patience":
        """Give what is left after some quotes were looked at in vain."""
        if not (inner or compared):
            return self
        return Patience(max(LEAST, self.inner - inner), max(LEAST, self.compared - compared))


FULL_PATIENCE: Final = Patience(MOST_INNER, MOST_COMPARED)
