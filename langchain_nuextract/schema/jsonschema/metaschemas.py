"""Whether a JSON Schema is one, under the metaschema of its draft."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, cast
from urllib.parse import urljoin

from jsonschema_specifications import REGISTRY  # pyright: ignore[reportMissingTypeStubs] it has none

from langchain_nuextract.paths import JSON, fields
from langchain_nuextract.schema.jsonschema.linear_patterns import matcher


def fault(draft: Any, schema: Mapping[str, JSON]) -> Any:
    """Find what is most wrong with a schema: an error of jsonschema, or None.

    Args:
        draft: The class of jsonschema that validates by its draft.
        schema: What may be a schema.
    """
    from jsonschema import exceptions  # noqa: PLC0415 heavy, and not needed for Python types

    check = draft(_in_one_piece(str(draft.META_SCHEMA["$schema"])), format_checker=_formats(draft))
    return cast("Any", exceptions).best_match(check.iter_errors(schema))


@cache
def _formats(draft: Any) -> Any:
    r"""Give what checks the formats of a draft, where a pattern may be one of ECMA's that Python does not read.

    An example is `\p{L}`, any letter: what tries patterns reads it.
    """
    from jsonschema import FormatChecker  # noqa: PLC0415 heavy, and not needed for Python types

    checker = cast("Any", FormatChecker)(formats=())
    checker.checkers = {**draft.FORMAT_CHECKER.checkers, "regex": (_is_pattern, re.error)}
    return checker


def _is_pattern(value: object) -> bool:
    return not isinstance(value, str) or bool(matcher(value) or re.compile(value))


@cache
def _in_one_piece(address: str) -> dict[str, JSON]:
    """Give a metaschema in one piece.

    Those since 2019 are put together from vocabularies, of which each goes through the whole schema again; following
    the references between them takes most of the time there is.
    """
    registry = cast("Mapping[str, Any]", REGISTRY)
    whole = dict(registry[address].contents)
    parts = [registry[urljoin(address, part["$ref"])].contents for part in whole.pop("allOf", [])]
    if not parts:
        return whole
    merged = {
        name: _local({key: value for schema in (whole, *parts) for key, value in fields(schema.get(name)).items()})
        for name in ("properties", "$defs")
    }
    return {"$schema": whole["$schema"], "type": whole["type"], **merged}


def _local(value: JSON) -> JSON:
    """Make all references lead into the same document."""
    match value:
        case {"$dynamicRef": str()} | {"$recursiveRef": str()}:
            return {"$ref": "#"}
        case {"$ref": str() as reference}:
            return {"$ref": f"#{reference.partition('#')[2]}"}
        case dict():
            return {key: _local(child) for key, child in cast("dict[str, JSON]", value).items()}
        case list():
            return [_local(child) for child in cast("list[JSON]", value)]
        case _:
            return value
