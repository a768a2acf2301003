"""NuExtract's value types: all that is known of each, in one table.

A new type is a row here. How documents write its values is for `scalars` to know, and which of the types a model
generation has is in `vocabulary`.

Source: numindai/nuextract, assets/TYPES.md at ab9e1a7; the last six regions are from NuMind's SDK.
"""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal, TypeAlias

from langchain_nuextract.schema.formats.addresses import is_email, is_phone, is_url
from langchain_nuextract.schema.formats.codes import (
    is_bic,
    is_country,
    is_currency,
    is_iban,
    is_language,
    is_language_tag,
    is_script,
    region,
)
from langchain_nuextract.schema.formats.iso8601 import is_date, is_date_time, is_duration, is_time
from langchain_nuextract.schema.formats.ucum import is_unit

Notation: TypeAlias = Literal["", "words", "number", "integer", "day", "moment", "clock", "money", "phone", "truth"]
"""What stands in a document for a value: its own words, or something that is said in many ways, such as a day. Empty
where nothing need stand for it: `DE` is right where a document says "Munich"."""


@dataclass(frozen=True, slots=True)
class ValueType:
    """What is known of a type."""

    name: str
    """How templates write it."""
    kind: Literal["string", "integer", "number", "boolean"] = "string"
    """The JSON type in which models write its values."""
    says: str = ""
    """What a value is, for a message: "expected a date (ISO 8601)"."""
    holds: Callable[[str], bool] | None = None
    """Whether a text is such a value; None where there is nothing to check."""
    formats: tuple[str, ...] = ()
    """The `format`s of JSON Schema that are asked for as this type."""
    pattern: str = ""
    """How a model that is held to a grammar writes it; see `formats.patterns` for what may stand here."""
    normal: str = ""
    """A pattern of texts that are in the type's normal form beyond doubt, so that nothing need be read out of them."""
    nearby: tuple[str, ...] = ()
    """What to ask for where a generation lacks the type, best first; plain text is the last resort."""
    notation: Notation = ""
    """What a document has where it says such a value, for models that may write nothing else."""
    in_text: str = ""
    """An expression that finds such values in a document as they stand; it takes time linear in the document."""
    is_code: bool = False
    """Whether values are drawn from a list, so that a document need not say them: `EUR` is right for "€"."""
    sample: str = "Example"
    """A value as a document may say it."""
    annotation: str = ""
    """What Python's source has for it; empty for types that are asked for by their name."""


VERBATIM: Final = "verbatim-string"
"""The type of texts that stand in the document as they are."""
_TIME: Final = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
_CLOCK: Final = rf"^{_TIME}$"
_COUNTRIES: Final = "US FR IE GB IT ES DE PT CA MX BR AU JP KR CN IN VN TH RU PL"


def _code_type(  # noqa: PLR0913  # columns of the table
    name: str,
    says: str,
    holds: Callable[[str], bool],
    pattern: str = "",
    *formats: str,
    notation: Notation = "",
    sample: str = "Example",
) -> ValueType:
    return ValueType(
        name,
        says=says,
        holds=holds,
        formats=formats,
        pattern=pattern,
        normal=pattern,
        notation=notation,
        is_code=True,
        sample=sample,
    )


_ROWS: Final = (
    ValueType("integer", "integer", notation="integer", sample="7", annotation="int"),
    ValueType("number", "number", notation="number", sample="42.50", annotation="float"),
    ValueType("boolean", "boolean", notation="truth", is_code=True, sample="yes", annotation="bool"),
    ValueType("string", annotation="str"),
    ValueType(VERBATIM, formats=("uuid", "hostname", "ipv4", "ipv6"), notation="words", annotation="Verbatim"),
    ValueType(
        "date",
        says="a date (ISO 8601)",
        holds=is_date,
        formats=("date",),
        pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$",
        normal=r"^\d{4}(?:-\d{2}){1,2}$",
        notation="day",
        nearby=("date-time",),
        sample="2026-03-05",
        annotation="dt.date",
    ),
    ValueType(
        "time",
        says="a time (ISO 8601)",
        holds=is_time,
        formats=("time",),
        pattern=_CLOCK,
        normal=r"^\d{2}:\d{2}\S*$",
        notation="clock",
        sample="14:30",
        annotation="dt.time",
    ),
    ValueType(
        "date-time",
        says="a date and time (ISO 8601)",
        holds=is_date_time,
        formats=("date-time",),
        pattern=rf"^[0-9]{{4}}-[0-9]{{2}}(-[0-9]{{2}}(T{_TIME})?)?$",
        normal=r"^\d{4}-\d{2}(?:-\d{2}(?:T\S+)?)?$",
        notation="moment",
        sample="2026-03-05T14:30:00Z",
        annotation="dt.datetime",
    ),
    ValueType(
        "duration",
        says="a duration (ISO 8601)",
        holds=is_duration,
        formats=("duration",),
        normal=r"^-?P[\dA-Z.,]+$",
        in_text=r"\bP(?=[\dT])(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?\b",
        sample="P3D",
    ),
    _code_type("country", "a country code (ISO 3166-1 alpha-2)", is_country, "^[A-Z]{2}$", "country-code", sample="DE"),
    _code_type(
        "currency",
        "a currency code (ISO 4217)",
        is_currency,
        "^[A-Z]{3}$",
        "currency-code",
        notation="money",
        sample="EUR",
    ),
    _code_type("language", "a language code (ISO 639-3)", is_language, "^[a-z]{3}$", sample="deu"),
    _code_type("language-tag", "a language tag (BCP 47)", is_language_tag, sample="de-DE"),
    _code_type("script", "a script code (ISO 15924)", is_script, "^[A-Z][a-z]{3}$", sample="Latn"),
    _code_type("unit-code", "a unit code (UCUM)", is_unit, sample="kg"),
    ValueType(
        "url",
        says="a web address",
        holds=is_url,
        formats=("uri", "iri", "url"),
        nearby=(VERBATIM,),
        notation="words",
        in_text=(r"(?:https?://|www\.)[^\s<>\"')]*[\w/]|\b[a-z][\w-]*(?:\.[\w-]+)*\.[a-z]{2,6}(?:/[^\s<>\"')]*)?\b"),
        sample="https://example.com",
    ),
    ValueType(
        "email-address",
        says="an e-mail address",
        holds=is_email,
        formats=("email", "idn-email"),
        nearby=(VERBATIM,),
        notation="words",
        in_text=r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
        sample="ann@example.com",
    ),
    ValueType(
        "phone-number",
        says="a telephone number",
        holds=is_phone,
        formats=("phone",),
        nearby=(VERBATIM,),
        notation="phone",
        in_text=r"\+?\(?\d[\d ()./-]{4,}\d",
        sample="+49 30 1234567",
    ),
    ValueType(
        "iban",
        says="an IBAN",
        holds=is_iban,
        nearby=(VERBATIM,),
        notation="words",
        in_text=r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b",
        sample="DE89370400440532013000",
    ),
    ValueType("bic", says="a BIC", holds=is_bic, nearby=(VERBATIM,), notation="words", sample="COBADEFFXXX"),
)
_REGIONS: Final = tuple(
    _code_type(f"region:{country}", f"the code of a part of {country} (ISO 3166-2)", region(country))
    for country in _COUNTRIES.split()
)

TYPES: Final = {row.name: row for row in (*_ROWS, *_REGIONS)}
"""By name."""
SCALARS: Final = frozenset(row.name for row in _ROWS)
"""The scalar types of NuExtract3, regions left out."""
REGIONS: Final = frozenset(row.name for row in _REGIONS)
"""Subdivisions of a country, one type for each."""
TEMPORAL: Final = frozenset({"date", "time", "date-time", "duration"})
"""The types of dates and times, which a text of digits alone never is: `2024` is a year, not a moment."""
FREE_TEXTS: Final = frozenset({"", *(row.name for row in _ROWS if row.kind == "string" and row.holds is None)})
"""Types whose values are free text, in which every word may be meant; `""` where templates know text only."""
DAYS: Final = frozenset(row.name for row in _ROWS if row.notation in {"day", "moment"})
"""The types of dates, with a time of day or without."""
FORMATS: Final = {format_: row.name for row in _ROWS for format_ in row.formats}
"""The type for a `format` of JSON Schema; any other format is text."""


def json_kind(name: str) -> str:
    """Give the JSON type in which a model writes a type: `string`, `integer`, `number` or `boolean`."""
    return TYPES[name].kind if name in TYPES else "string"


def notation_of(name: str) -> Notation:
    """Tell what stands in a document for a value of a type."""
    return TYPES[name].notation if name in TYPES else ""


def json_kinds(name: str) -> frozenset[str]:
    """Give the JSON types of the values of a type."""
    kind = json_kind(name)
    return frozenset({"integer", "number"}) if kind == "number" else frozenset({kind})


def type_hint(name: str) -> str:
    """Say which type may be meant by a name that none has, or which there are."""
    close = get_close_matches(name, sorted(SCALARS | REGIONS), n=1)
    return f"Did you mean {close[0]!r}?" if close else f"The types are {', '.join(sorted(SCALARS))}."
