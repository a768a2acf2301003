"""What users annotate the fields of a Python type with, to ask for one of NuExtract's types by name."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

from langchain_nuextract.schema.formats.checks import type_faults
from langchain_nuextract.schema.jsonschema.keywords import ANNOTATION
from langchain_nuextract.schema.value_types import REGIONS, SCALARS, type_hint

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

T = TypeVar("T")


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
            raise ValueError(f"NuExtract has no type {self.name!r}. {type_hint(self.name)}")

    def __get_pydantic_core_schema__(self, source: Any, handler: "Callable[[Any], CoreSchema]") -> "CoreSchema":
        """Check texts, after all that the type and the annotations before this one make of them."""
        from pydantic_core.core_schema import no_info_after_validator_function  # noqa: PLC0415 heavy

        return no_info_after_validator_function(partial(_checked, self.name), handler(source))

    def __get_pydantic_json_schema__(
        self, core: "CoreSchema", handler: "Callable[[CoreSchema], dict[str, Any]]"
    ) -> dict[str, Any]:
        """Leave the name in the JSON Schema that Pydantic makes."""
        return {**handler(core), ANNOTATION: self.name}


def _checked(name: str, value: T) -> T:
    """Refuse a value that a model was asked for by a type and that is none of this type."""
    wrong = list(type_faults(name, value))
    if wrong:
        from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError  # noqa: PLC0415 heavy

        errors = [
            InitErrorDetails(
                type=PydanticCustomError("nuextract", "{reason}", {"reason": fault.reason}),
                loc=fault.path,
                input=fault.text,
            )
            for fault in wrong
        ]
        raise ValidationError.from_exception_data(name, errors)
    return value


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
