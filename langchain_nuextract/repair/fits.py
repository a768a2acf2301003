"""Whether an answer already has the form that was asked for, decided in native code.

Most answers fit. They are told from the others by pydantic-core, from a schema made once for each form, so that
reading them costs next to nothing beyond the parsing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import orjson
from pydantic_core import SchemaValidator, core_schema

from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.form import Choice, Choices, Form, Listing, Record, Scalar

_EXACT = 2**63
"""From here on the parser gives a whole number as a float, with digits lost."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What tells a fitting answer from others, for one form."""

    checker: SchemaValidator
    echoes: tuple[str, ...]
    """The type names of the form, as they would stand in an echoed template."""

    def value(self, text: str) -> JSON:
        """Give the answer if the text is valid JSON and fits, None otherwise.

        It does not fit if a key comes twice, a whole number is too large for the parser, a string may be a type name
        of the template, or anything is missing its type. A value may be null anywhere, and a key may be missing.
        """
        try:
            value = orjson.loads(text)
        except (orjson.JSONDecodeError, UnicodeEncodeError):
            return None
        if not self.checker.isinstance_python(value) or any(name in text for name in self.echoes):
            return None
        return value if _keys_are_distinct(text, value) else None


def _keys_are_distinct(text: str, value: JSON) -> bool:
    """Whether the parser dropped no member: a dropped one would have taken its colon along."""
    return "\\u" not in text and text.count(":") == orjson.dumps(value).count(b":")


class _Same:
    """A form as a key by identity: hashing a large form costs more than reading an answer."""

    __slots__ = ("form",)

    def __init__(self, form: Form) -> None:
        self.form = form

    def __hash__(self) -> int:
        return id(self.form)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.form is other.form


def fit_of(form: Form) -> Fit:
    """The check for a form; made once as long as the same object is asked for."""
    return _fit_of(_Same(form))


@lru_cache(maxsize=256)
def _fit_of(same: _Same) -> Fit:
    names = dict.fromkeys(f'"{name}"' for name in _type_names(same.form) if name)
    return Fit(SchemaValidator(core_schema.nullable_schema(_schema(same.form))), tuple(names))


def _type_names(form: Form) -> Iterator[str]:
    match form:
        case Scalar():
            yield form.type
        case Listing():
            yield from _type_names(form.item)
        case Record():
            for _, part in form.fields:
                yield from _type_names(part)
        case Choice() | Choices():
            return


def _schema(form: Form) -> core_schema.CoreSchema:
    match form:
        case Scalar():
            return _scalar(form.type)
        case Choice():
            return core_schema.literal_schema(list(form.labels))
        case Choices():
            return core_schema.list_schema(core_schema.literal_schema(list(form.labels)), strict=True)
        case Listing():
            return core_schema.list_schema(_nullable(form.item), strict=True)
        case Record():
            fields = {name: core_schema.typed_dict_field(_nullable(part), required=False) for name, part in form.fields}
            return core_schema.typed_dict_schema(fields, extra_behavior="forbid", strict=True)


def _nullable(form: Form) -> core_schema.CoreSchema:
    return core_schema.nullable_schema(_schema(form))


def _scalar(type_name: str) -> core_schema.CoreSchema:
    match type_name:
        case "integer":
            return core_schema.int_schema(strict=True)
        case "number":
            return core_schema.float_schema(strict=True, allow_inf_nan=False, gt=-_EXACT, lt=_EXACT)
        case "boolean":
            return core_schema.bool_schema(strict=True)
        case _:
            return core_schema.str_schema(strict=True)
