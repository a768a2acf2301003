"""Which value types the templates of a model generation can say.

Source: the model cards of NuExtract 1, 1.5, 2.0 and 3.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from langchain_nuextract.schema.value_types import REGIONS, SCALARS, TYPES


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
    """Anything with a vocabulary; a `Dialect` is one."""

    @property
    def vocabulary(self) -> Vocabulary:
        """What its templates can say."""
        ...


NUEXTRACT_1 = Vocabulary(types=frozenset(), enums=False, missing="")
NUEXTRACT_2 = Vocabulary(types=frozenset({"verbatim-string", "string", "integer", "number", "date-time"}), enums=True)
NUEXTRACT_3 = Vocabulary(types=SCALARS | REGIONS, enums=True)


def nearest(type_: str, vocabulary: Vocabulary) -> str:
    """Give the type name that comes closest to one, among those a generation knows; `""` if it knows text only."""
    nearby = TYPES[type_].nearby if type_ in TYPES else ()
    return next((name for name in (type_, *nearby, "string") if name in vocabulary.types), "")
