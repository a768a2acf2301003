"""Which value types the templates of a model generation can say.

Source: the model cards of NuExtract 1, 1.5, 2.0 and 3.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from langchain_nuextract.schema.value_types import REGIONS, SCALARS, TYPES, VERBATIM


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the templates of one model generation can say."""

    types: frozenset[str]
    """The type names a leaf may carry; empty where every leaf is the empty string."""
    enums: bool
    """Whether a leaf may be a choice, `["a", "b"]`, or a multiple choice, `[["a", "b"]]`."""
    missing: Literal[""] | None = None
    """How the models of this generation write a scalar that the document does not have."""


class Speaks(Protocol):
    """Anything with a vocabulary; a `Dialect` is one. Wherever one is taken, so is its name: `"2.0"`."""

    @property
    def vocabulary(self) -> Vocabulary:
        """What its templates can say."""
        ...


NUEXTRACT_1 = Vocabulary(types=frozenset(), enums=False, missing="")
NUEXTRACT_2 = Vocabulary(types=frozenset({"verbatim-string", "string", "integer", "number", "date-time"}), enums=True)
NUEXTRACT_3 = Vocabulary(types=SCALARS | REGIONS, enums=True)


@dataclass(frozen=True, slots=True)
class _Full:
    vocabulary: Vocabulary = NUEXTRACT_3

    def __repr__(self) -> str:
        """Be short where signatures are shown: `dialect=FULL`."""
        return "FULL"


FULL: Final[Speaks] = _Full()
"""The largest vocabulary, for answers to no dialect in particular."""

# Such a model cannot write `DE` where a document says "Germany", but 1580.22 can be read out of "1.580,22".
DOCUMENT_WORDS = Vocabulary(
    types=frozenset(row.name for row in TYPES.values() if row.in_text or row.notation not in {"", "words"})
    | {"string", VERBATIM},
    enums=True,
)
"""For a model that is held to a document's own words: types whose values can be read out of a text."""

_GENERATIONS: Final = {"1": NUEXTRACT_1, "1.5": NUEXTRACT_1, "2.0": NUEXTRACT_2, "3": NUEXTRACT_3}
_NAMED: Final = re.compile(r"(?:nuextract[-_ ]?)?v?(?P<number>\d(?:\.\d)?)(?:-inline)?", re.IGNORECASE)
_OTHERS: Final = {"embedded": DOCUMENT_WORDS, "instruct": NUEXTRACT_3, "reader-lm-2": NUEXTRACT_3}
"""Dialects of other models; those that are not held to a document know all types that their instructions name."""


def vocabulary_of(dialect: Speaks | str) -> Vocabulary:
    """Give the vocabulary of a dialect, or of the dialect of a name: `nuextract-2.0`, or short `2.0` or `2`.

    Raises:
        ValueError: There is no dialect of this name.
    """
    if isinstance(dialect, int | float):
        raise TypeError(f'a dialect is named by a text, not by a number: "{dialect}"')
    if not isinstance(dialect, str):
        return dialect.vocabulary
    name = dialect.strip().lower()
    if name in _OTHERS:
        return _OTHERS[name]
    # `NuExtract-v2.0`, `nuextract 2`, `2.0` and `2` are one.
    match = _NAMED.fullmatch(name)
    number = match["number"].removesuffix(".0") if match else name
    found = _GENERATIONS.get("2.0" if number == "2" else number)
    if found is None:
        names = ", ".join(map(repr, (*_GENERATIONS, *_OTHERS)))
        raise ValueError(f"there is no dialect {dialect!r}. The dialects are {names}.")
    return found


def nearest_type(type_: str, vocabulary: Vocabulary) -> str:
    """Give the type name that comes closest to one, among those a generation knows; `""` if it knows text only."""
    nearby = TYPES[type_].nearby if type_ in TYPES else ()
    return next((name for name in (type_, *nearby, "string") if name in vocabulary.types), "")
