"""NuExtract's type names: what a template leaf can say, per model generation.

Source: numindai/nuextract, assets/TYPES.md at ab9e1a7, and the model cards of NuExtract 1, 1.5, 2.0 and 3.
"""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from pydantic_core import CoreSchema


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

TEMPORAL: Final = frozenset({"date", "time", "date-time", "duration"})
"""The types of dates and times, which a text of digits alone never is: `2024` is a year, not a moment."""

REGIONS = frozenset(
    f"region:{code}"
    for code in "US FR IE GB IT ES DE PT CA MX BR AU JP KR CN IN VN TH RU PL".split()  # noqa: SIM905 the list reads better so
)
"""Subdivisions of a country (ISO 3166-2), per country. The last six are from NuMind's SDK, the others from TYPES.md."""

NUEXTRACT_1 = Vocabulary(types=frozenset(), enums=False, missing="")
NUEXTRACT_2 = Vocabulary(types=frozenset({"verbatim-string", "string", "integer", "number", "date-time"}), enums=True)
NUEXTRACT_3 = Vocabulary(types=SCALARS | REGIONS, enums=True)

NEARBY = {
    "date": ("date-time",),
    "url": ("verbatim-string",),
    "email-address": ("verbatim-string",),
    "phone-number": ("verbatim-string",),
    "iban": ("verbatim-string",),
    "bic": ("verbatim-string",),
}
"""What to ask for instead, best first, where a generation lacks a type; `string` is the last resort."""

ANNOTATION: Final = "x-nuextract"
"""The JSON Schema keyword under which a type that the user asked for by name is kept."""


def nearest(type_: str, vocabulary: Vocabulary) -> str:
    """Give the type name that comes closest to one, among those a generation knows; `""` if it knows text only."""
    for candidate in (type_, *NEARBY.get(type_, ()), "string"):
        if candidate in vocabulary.types:
            return candidate
    return ""


def json_kind(type_: str) -> str:
    """Give the JSON type in which a model writes a NuExtract type: `string`, `integer`, `number` or `boolean`."""
    return type_ if type_ in {"integer", "number", "boolean"} else "string"


@dataclass(frozen=True, slots=True)
class NuType:
    """Ask for a NuExtract type by name: `Annotated[str, NuType("currency")]`.

    What a model answers is checked: `Euro` is no currency of ISO 4217. A value that you fill in yourself is not.

    Args:
        name: One of NuExtract3's scalar types (`currency`, `country`, `iban`, `region:US`, …).

    Raises:
        ValueError: There is no type of this name.
    """

    name: str

    def __post_init__(self) -> None:
        if self.name not in SCALARS | REGIONS:
            close = get_close_matches(self.name, sorted(SCALARS | REGIONS), n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"The types are {', '.join(sorted(SCALARS))}."
            raise ValueError(f"NuExtract has no type {self.name!r}. {hint}")

    def __get_pydantic_core_schema__(self, source: Any, handler: "Callable[[Any], CoreSchema]") -> "CoreSchema":
        """Check texts, after all that the type and the annotations before this one make of them."""
        from pydantic_core.core_schema import no_info_after_validator_function  # noqa: PLC0415 heavy

        from langchain_nuextract.schema.python_types.pydantic_schema import checked  # noqa: PLC0415 it imports this module

        return no_info_after_validator_function(partial(checked, self.name), handler(source))

    def __get_pydantic_json_schema__(
        self, core: "CoreSchema", handler: "Callable[[CoreSchema], dict[str, Any]]"
    ) -> dict[str, Any]:
        """Leave the name in the JSON Schema that Pydantic makes."""
        return {**handler(core), ANNOTATION: self.name}


if TYPE_CHECKING:
    Verbatim: TypeAlias = Annotated[str, NuType("verbatim-string")]
else:

    class Verbatim(str):
        """Text exactly as the document has it: `name: Verbatim`, or `Annotated[str | None, Verbatim]`."""

        __slots__ = ()

        @classmethod
        def __get_pydantic_core_schema__(cls, source, handler):
            """Be plain text as a type, and change nothing as an annotation."""
            return handler(str if source is cls else source)

        @classmethod
        def __get_pydantic_json_schema__(cls, core, handler):
            """Leave the name in the JSON Schema that Pydantic makes."""
            return {**handler(core), ANNOTATION: "verbatim-string"}
