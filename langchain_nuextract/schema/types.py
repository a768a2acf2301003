"""NuExtract's type names: what a template leaf can say, per model generation.

Source: numindai/nuextract, assets/TYPES.md at ab9e1a7, and the model cards of NuExtract 1, 1.5, 2.0 and 3.
"""

from dataclasses import dataclass
from typing import Literal, Protocol


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


SCALARS = frozenset(
    {
        "integer", "number", "string", "verbatim-string", "date", "time", "date-time", "duration", "boolean",
        "country", "currency", "language", "language-tag", "script", "url", "email-address", "phone-number",
        "iban", "bic", "unit-code",
    }
)  # fmt: skip
"""The scalar types of NuExtract3."""

REGIONS = frozenset(
    f"region:{code}"
    for code in "US FR IE GB IT ES DE PT CA MX BR AU JP KR CN IN VN TH RU PL".split()  # noqa: SIM905 the list reads better so
)
"""Subdivisions of a country (ISO 3166-2), per country. The last six are from NuMind's SDK, the others from TYPES.md."""

NUEXTRACT_1 = Vocabulary(types=frozenset(), enums=False, missing="")
NUEXTRACT_2 = Vocabulary(types=frozenset({"verbatim-string", "string", "integer", "number", "date-time"}), enums=True)
NUEXTRACT_3 = Vocabulary(types=SCALARS | REGIONS, enums=True)
