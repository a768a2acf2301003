"""Values checked against the user's own schema, with problems by path."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from functools import cache, lru_cache, partial
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

from langchain_nuextract.errors import InvalidValue, Problem, UnsupportedSchema
from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.schema import metaschemas
from langchain_nuextract.schema.addresses import is_email, is_iri
from langchain_nuextract.schema.iso8601 import is_duration
from langchain_nuextract.schema.kinds import is_list, is_object
from langchain_nuextract.schema.semantics import faults
from langchain_nuextract.schema.typed_dicts import modern
from langchain_nuextract.schema.types import ANNOTATION

if TYPE_CHECKING:
    from jsonschema import FormatChecker
    from jsonschema.protocols import Validator
    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails

SHOWN: Final = 80

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
_TYPED = {"url": "url", "phone": "phone-number", "currency-code": "currency", "country-code": "country"}
"""Formats that JSON Schema does not have, and the NuExtract types they are checked as."""

_DRAFTS: Final = ("Draft202012", "Draft201909", "Draft7", "Draft6", "Draft4", "Draft3")

_DRAFT3: Final = frozenset({"extends", "disallow", "divisibleBy"})

_WORDS = {
    "array": "a list",
    "object": "an object",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


_PYDANTIC_WORDS = {
    "a valid string": "text",
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid decimal": "a number",
    "a valid boolean": "true or false",
    "a valid list": "a list",
    "a valid dictionary": "an object",
}


def shown(value: JSON) -> str:
    """Show a value in a message, cut to a readable length."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


@lru_cache(maxsize=256)
def adapter(type_: Any) -> "TypeAdapter[Any]":
    """Give what Pydantic knows about a type.

    Raises:
        UnsupportedSchema: Pydantic cannot read the type.
    """
    from pydantic import PydanticUserError, TypeAdapter  # noqa: PLC0415 heavy, and not needed for dict schemas
    from pydantic_core import SchemaError  # noqa: PLC0415

    try:
        found = TypeAdapter(modern(type_))
        found.rebuild()
    except (PydanticUserError, SchemaError, NameError, TypeError) as error:
        raise UnsupportedSchema((), f"{type_!r} is not a type that Pydantic can read: {error}") from error
    return found


def check_python(type_: Any, value: JSON) -> Any:
    """Make an instance of a Python type of a JSON value.

    Raises:
        InvalidValue: The type does not admit it.
    """
    from pydantic import ValidationError  # noqa: PLC0415 heavy, and not needed for dict schemas

    try:
        return adapter(type_).validate_json(json.dumps(value))
    except ValidationError as error:
        raise InvalidValue([_problem(entry, value) for entry in error.errors(include_url=False)]) from error


def _problem(entry: "ErrorDetails", value: JSON) -> Problem:
    path = _path(entry["loc"], value, missing=entry["type"] == "missing")
    if entry["type"] == "missing":
        return Problem(path, "missing, but required")
    said = entry["msg"].removeprefix("Value error, ")
    if said.startswith("Input should be "):
        wanted = said.removeprefix("Input should be ").split(", unable")[0]
        said = f"expected {_PYDANTIC_WORDS.get(wanted, wanted.replace('a valid ', 'a '))}"
    return Problem(path, f"{said[:1].lower()}{said[1:]}, got {shown(entry['input'])}")


def _path(location: tuple[str | int, ...], value: JSON, *, missing: bool) -> Path:
    """Take the steps that lead into the value; Pydantic's locations also name branches of unions."""
    path: Path = ()
    for number, step in enumerate(location):
        if isinstance(value, dict) and step in value:
            value = cast("dict[str, JSON]", value)[cast("str", step)]
        elif isinstance(value, list) and isinstance(step, int) and step < len(cast("list[JSON]", value)):
            value = cast("list[JSON]", value)[step]
        elif not (missing and number == len(location) - 1):
            continue
        path = (*path, step)
    return path


def validator(schema: Mapping[str, JSON]) -> "type[Validator]":
    """Find the draft that a JSON Schema is written in: the one it names, or the newest that it is valid under.

    Raises:
        UnsupportedSchema: It is not a valid JSON Schema.
    """
    import jsonschema  # noqa: PLC0415 heavy, and not needed for Python types
    from jsonschema.validators import validator_for  # noqa: PLC0415

    if isinstance(schema.get("$schema"), str):
        named = validator_for(schema, default=jsonschema.Draft202012Validator)
        found = _fault(named, schema)
        if found is None:
            return named
        raise found
    names = _DRAFTS if _is_draft3(schema) else _DRAFTS[:-1]
    drafts = [getattr(jsonschema, f"{name}Validator") for name in names]
    faults: list[UnsupportedSchema] = []
    for draft in drafts:
        found = _fault(draft, schema)
        if found is None:
            return draft
        faults.append(found)
    raise faults[0]


def _is_draft3(schema: JSON) -> bool:
    """Whether a schema has what only draft 3 has. Its metaschema takes almost anything for a schema."""
    if isinstance(schema, list):
        return any(_is_draft3(part) for part in cast("list[JSON]", schema))
    if not isinstance(schema, Mapping):
        return False
    says = cast("Mapping[str, JSON]", schema)
    telling = not _DRAFT3.isdisjoint(says) or isinstance(says.get("required"), bool) or says.get("type") == "any"
    return telling or any(_is_draft3(part) for part in says.values())


def address(draft: "type[Validator]") -> str:
    """Give the address of a draft's metaschema."""
    return str(cast("Mapping[str, JSON]", draft.META_SCHEMA).get("$schema"))


def _fault(draft: "type[Validator]", schema: Mapping[str, JSON]) -> UnsupportedSchema | None:
    try:
        found = metaschemas.fault(draft, schema)
    except RecursionError:
        return UnsupportedSchema((), "the schema is nested too deeply.")
    if found is None:
        return None
    return UnsupportedSchema(tuple(found.path), f"this is not valid JSON Schema: {found.message[:200]}")


def check_json(schema: Mapping[str, JSON], draft: "type[Validator]", value: JSON) -> JSON:
    """Check a JSON value against a JSON Schema, and give it back.

    Raises:
        InvalidValue: The schema does not admit it.
    """
    found = cast("Any", _extended(draft))(schema, format_checker=_formats())
    problems = [problem for error in found.iter_errors(value) for problem in _violations(error)]
    if problems:
        raise InvalidValue(list(dict.fromkeys(problems)))
    return value


@cache
def _formats() -> "FormatChecker":
    from jsonschema import FormatChecker  # noqa: PLC0415 heavy, and not needed for Python types

    checker = FormatChecker(formats=())
    for name, parse in _FORMATS.items():
        checker.checks(name, raises=ValueError)(_format_check(parse))
    for name, type_ in _TYPED.items():
        checker.checks(name)(partial(_is_of, type_))
    return checker


def _is_of(type_: str, value: object) -> bool:
    return next(faults(type_, value), None) is None


@cache
def _extended(draft: "type[Validator]") -> "type[Validator]":
    """Make a draft know the NuExtract types that a schema asks for by name."""
    from jsonschema import validators  # noqa: PLC0415 heavy, and not needed for Python types

    return cast("Any", validators).extend(draft, {ANNOTATION: _annotated})


def _annotated(_: object, name: JSON, value: JSON, __: object) -> Iterator[Exception]:
    from jsonschema import ValidationError  # noqa: PLC0415 heavy, and not needed for Python types

    for fault in faults(name, value) if isinstance(name, str) else ():
        yield ValidationError(fault.reason, path=fault.path, instance=fault.text)


def _format_check(parse: Callable[[str], object]) -> Callable[[object], bool]:
    def fits(value: object) -> bool:
        return not isinstance(value, str) or bool(parse(value))

    return fits


def _closest(violation: Any) -> Any:
    """Of the branches of a union, give what is wrong with that which came closest."""
    from jsonschema import exceptions  # noqa: PLC0415 heavy, and not needed for Python types

    return cast("Any", exceptions).best_match([violation]) if violation.context else violation


def _violations(violation: Any) -> Iterator[Problem]:
    """Say what jsonschema found."""
    error = _closest(violation)
    path: Path = tuple(error.absolute_path)
    value, expected = error.instance, error.validator_value
    match error.validator:
        case "required":
            at, names = (path, expected) if is_list(expected) else (path[:-1], _required_in_draft3(error))
            for name in names:
                if name not in value:
                    yield Problem((*at, name), "missing, but required")
        case "type":
            yield Problem(path, f"expected {_named(expected)}, got {shown(value)}")
        case "enum":
            yield Problem(path, f"expected one of {shown(expected)}, got {shown(value)}")
        case "const":
            yield Problem(path, f"expected {shown(expected)}, got {shown(value)}")
        case "format":
            yield Problem(path, f"expected a {expected}, got {shown(value)}")
        case _:
            yield Problem(path, f"{error.message[:200]}, got {shown(value)}")


def _required_in_draft3(error: Any) -> list[str]:
    """Give the properties that draft 3 requires; jsonschema does not say which one it misses."""
    named: Mapping[str, JSON] = error.schema.get("properties", {})
    return [name for name, part in named.items() if is_object(part) and "required" in part]


def _named(types: JSON) -> str:
    names = cast("list[JSON]", types) if isinstance(types, list) else [types]
    return " or ".join(_WORDS.get(str(name), str(name)) for name in names)
