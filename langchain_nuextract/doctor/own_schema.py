"""A schema of the user's own, tried on a document that says all that it asks for, or on one of the user's."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from langchain_nuextract.dialects.dialect import Dialect
from langchain_nuextract.doctor.finding import Finding
from langchain_nuextract.engine.recovery import RecoveryPolicy
from langchain_nuextract.errors import InvalidExtraction, NuExtractError
from langchain_nuextract.paths import JSON, fields, leaves, show
from langchain_nuextract.schema.target import Target
from langchain_nuextract.schema.value_types import TYPES

if TYPE_CHECKING:
    from langchain_nuextract.runnables.settings import Settings

_LISTED: Final = 5
"""Losses, and fields, that are named at the most."""
_ALONE: Final = 3
"""Fields that are tried one by one."""
_LARGE: Final = (
    "Asked for {name!r} alone it answers: the schema asks for more than this model can do at once. Split it, leave "
    "fields out, or take a larger model."
)
_NAMES: Final = (
    "It does not find the fields by their names. Name them as documents do, describe them "
    "(Field(description=…), where the model takes instructions), or show it an example."
)
_OTHER_WORDS: Final = (
    "On a document that says all of it the schema works: this one does not say what is asked for, or in words that "
    "have nothing to do with the names of the fields. Describe the fields, or give an example."
)
_ABOVE: Final = "It finds nothing in the simplest document either: see above."


@dataclass(frozen=True)
class OwnSchema:
    """What the user wants to extract."""

    target: Target[object]
    document: object = None
    """A document to try it on; without it one is made that says all that the schema asks for."""


def schema_findings(own: OwnSchema, settings: "Settings", dialect: Dialect, *, extracts: bool) -> Iterator[Finding]:
    """Try the schema, and say why nothing comes of it if that is so.

    Args:
        own: The schema and perhaps a document.
        settings: Of the extractor.
        dialect: How the model is asked.
        extracts: Whether the model finds anything in a simple document.
    """
    target = own.target
    losses = [*target.losses, *target.downgrades(dialect)]
    # They stand before the answer, for they may be why it lacks something.
    for loss in losses[:_LISTED]:
        yield Finding("unsure", f"your schema: {loss}")
    if len(losses) > _LISTED:
        yield Finding("unsure", f"your schema: {len(losses) - _LISTED} more like these; `nuextract schema` lists all")
    template = target.template(dialect)
    sample = "\n".join(_lines(template, ""))
    try:
        found = _values(target, own.document or sample, settings)
        if found:
            shown = ", ".join(found[:_LISTED]) + (", …" if len(found) > _LISTED else "")
            yield Finding("good", f"your schema: {len(found)} values of {_count(template)} fields: {shown}")
            return
        advice = _why_nothing(own, sample, settings, template) if extracts else _ABOVE
    except (NuExtractError, OSError) as error:
        yield Finding("bad", f"your schema: {type(error).__name__}: {error}")
        return
    yield Finding("bad", "your schema: the model answers nothing but null", advice)


def _why_nothing(own: OwnSchema, sample: str, settings: "Settings", template: JSON) -> str:
    if own.document is not None and _values(own.target, sample, settings):
        return _OTHER_WORDS
    asked = fields(template)
    if len(asked) > 1:
        # One field at a time: a model that is lost in 200 fields finds each of them alone.
        for name in [*asked][:_ALONE]:
            if _values(Target.of({name: asked[name]}), own.document or sample, settings):
                return _LARGE.format(name=name)
    return _NAMES


def _values(target: Target[object], document: object, settings: "Settings") -> list[str]:
    """Name the fields in which something was found."""
    from langchain_nuextract.runnables.extractor import NuExtractor  # noqa: PLC0415 heavy, and few bring a schema

    policy = RecoveryPolicy(on_failure="partial", max_calls=1)
    # One call, without retries: what the model does at once is what is to be seen.
    limited: Settings = {**settings, "recovery": policy, "max_retries": 0}
    with closing(NuExtractor(target=target, **limited)) as extractor:
        try:
            value = extractor.detailed.invoke(document).json
        except InvalidExtraction as error:
            value = error.partial
    return [show(path) for path, leaf in leaves(value) if leaf not in (None, "")]


def _lines(template: JSON, name: str) -> Iterator[str]:
    """Say all that a template asks for, a field a line."""
    match template:
        case dict():
            for key, part in template.items():
                yield from _lines(part, f"{name} {key}".strip())
        case [list() as labels] if len(labels) > 1:
            yield f"{name}: {labels[0]}"
        case [label, _, *_]:
            yield f"{name}: {label}"
        case [item]:
            yield from _lines(item, f"{name} 1")
        case str():
            yield f"{name}: {TYPES[template].sample if template in TYPES else 'Example'}"
        case _:
            pass


def _count(template: JSON) -> int:
    match template:
        case dict():
            return sum(map(_count, template.values()))
        case [dict() as item]:
            return _count(item)
        case _:
            return 1
