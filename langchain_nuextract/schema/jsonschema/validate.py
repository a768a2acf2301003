"""Values checked against a JSON Schema, with problems by path."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from functools import cache, partial
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from langchain_nuextract.errors import InvalidValue, Problem
from langchain_nuextract.paths import JSON, Path, fields
from langchain_nuextract.schema.formats.addresses import is_email, is_iri
from langchain_nuextract.schema.formats.checks import CHECKED, type_faults
from langchain_nuextract.schema.formats.iso8601 import is_duration
from langchain_nuextract.schema.json_types import is_list, shown
from langchain_nuextract.schema.jsonschema.drafts import careful
from langchain_nuextract.schema.jsonschema.keywords import ANNOTATION, one_or_several
from langchain_nuextract.schema.jsonschema.linear_patterns import matcher, spelt_out
from langchain_nuextract.schema.value_types import FORMATS, TYPES

if TYPE_CHECKING:
    from jsonschema import FormatChecker
    from jsonschema.protocols import Validator

_FORMATS: dict[str, Callable[[str], object]] = {
    "date": date.fromisoformat,
    "date-time": datetime.fromisoformat,
    "time": time.fromisoformat,
    "uuid": UUID,
    "ipv4": IPv4Address,
    "ipv6": IPv6Address,
    "duration": is_duration,
    "email": is_email,
    "idn-email": is_email,
    "uri": is_iri,
    "iri": is_iri,
}
"""Formats that are checked. A date-time may lack its time zone and a URI have any letters: documents print them so."""
_TYPED = {format_: name for format_, name in FORMATS.items() if format_ not in _FORMATS and TYPES[name].holds}
"""Formats that JSON Schema does not have, and the NuExtract types they are checked as."""

_WORDS = {
    "array": "a list",
    "object": "an object",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


def check_json(
    schema: Mapping[str, JSON], draft: "type[Validator]", checked: frozenset[str], value: JSON, text: bytes = b""
) -> JSON:
    """Check a JSON value against a JSON Schema, and give it back.

    Args:
        schema: The schema.
        draft: What checks it.
        checked: The value types whose texts are checked; see `CHECKED`.
        value: The value.
        text: The same as JSON, which is not needed: it is the value that is looked at.

    Raises:
        InvalidValue: The schema does not admit it.
    """
    del text
    before = CHECKED.set(checked)
    try:
        found = cast("Any", _extended(draft))(spelt_out(schema, value), format_checker=_formats())
        problems = [problem for error in found.iter_errors(value) for problem in _violations(error)]
    except RecursionError:
        problems = [Problem((), "nested too deeply to be checked")]
    finally:
        CHECKED.reset(before)
    if problems:
        raise InvalidValue(list(dict.fromkeys(problems)))
    return value


@cache
def _formats() -> "FormatChecker":
    from jsonschema import FormatChecker  # noqa: PLC0415 heavy, and not needed for Python types

    checker = FormatChecker(formats=())
    for name, parse in _FORMATS.items():
        checker.checks(name, raises=ValueError)(partial(_has_format, parse))
    for name, type_ in _TYPED.items():
        checker.checks(name)(partial(_is_of_type, type_))
    return checker


def _is_of_type(type_: str, value: object) -> bool:
    return not any(type_faults(type_, value))


def _has_format(parse: Callable[[str], object], value: object) -> bool:
    return not isinstance(value, str) or bool(parse(value))


@cache
def _extended(draft: "type[Validator]") -> "type[Validator]":
    """Make a draft know the NuExtract types that a schema asks for by name."""
    from jsonschema import validators  # noqa: PLC0415 heavy, and not needed for Python types

    known = cast("Any", careful(draft)).VALIDATORS
    nullable = {name: _or_null(check) for name, check in known.items()}
    own = {ANNOTATION: _or_null(_type_faults), "pattern": _or_null(_pattern_faults)}
    return cast("Any", validators).extend(careful(draft), {**nullable, **own})


def _or_null(check: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """Let OpenAPI's `nullable` admit null, whatever stands beside it."""

    def checked(validator: Any, says: JSON, value: JSON, schema: Mapping[str, JSON]) -> Iterator[Any]:
        if value is None and schema.get("nullable") is True:
            return iter(())
        return check(validator, says, value, schema)

    return checked


def _pattern_faults(_: object, pattern: JSON, value: JSON, __: object) -> Iterator[Exception]:
    from jsonschema import ValidationError  # noqa: PLC0415 heavy, and not needed for Python types

    matches = matcher(pattern) if isinstance(pattern, str) and isinstance(value, str) else None
    if matches and isinstance(value, str) and not matches(value):
        yield ValidationError(f"expected text that matches {pattern!r}")


def _type_faults(_: object, name: JSON, value: JSON, __: object) -> Iterator[Exception]:
    from jsonschema import ValidationError  # noqa: PLC0415 heavy, and not needed for Python types

    for fault in type_faults(name, value) if isinstance(name, str) else ():
        yield ValidationError(fault.reason, path=fault.path, instance=fault.text)


def _violations(violation: Any) -> Iterator[Problem]:
    """Say what jsonschema found."""
    from jsonschema import exceptions  # noqa: PLC0415 heavy, and not needed for Python types

    # Of the branches of a union, what is wrong with that which came closest is told.
    error = cast("Any", exceptions).best_match([violation]) if violation.context else violation
    path: Path = tuple(error.absolute_path)
    value, expected = error.instance, error.validator_value
    match error.validator:
        case "required":
            at, names = path, expected
            if not is_list(expected):
                # Draft 3 requires a property where it describes it, and jsonschema does not say which one it misses.
                described = fields(error.schema.get("properties"))
                at, names = path[:-1], [name for name, part in described.items() if "required" in fields(part)]
            yield from (Problem((*at, str(name)), "missing, but required") for name in names if name not in value)
        case "type":
            types = " or ".join(_WORDS.get(str(name), str(name)) for name in one_or_several(expected))
            yield Problem(path, f"expected {types}, got {shown(value)}")
        case "enum":
            yield Problem(path, f"expected one of {shown(expected)}, got {shown(value)}")
        case "const":
            yield Problem(path, f"expected {shown(expected)}, got {shown(value)}")
        case "format":
            yield Problem(path, f"expected a {expected}, got {shown(value)}")
        case _:
            yield Problem(path, f"{(_unknown_names(error) or error.message)[:200]}, got {shown(value)}")


def _unknown_names(error: Any) -> str:
    """Name what `patternProperties` does not admit: its patterns are spelt out here, and none that the user wrote."""
    patterns: Mapping[str, JSON] = error.schema.get("patternProperties", {})
    if error.validator != "additionalProperties" or not patterns:
        return ""
    known = error.schema.get("properties", {})
    unknown = [name for name in error.instance if name not in known and not re.search("|".join(patterns), name)]
    return f"neither a property nor a pattern admits the name {', '.join(map(repr, unknown))}"
