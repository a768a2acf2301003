"""Where the reader of a JSON Schema stands, and how far it goes."""

from dataclasses import dataclass, replace
from typing import Final

from langchain_nuextract.errors import UnsupportedSchema
from langchain_nuextract.paths import Path
from langchain_nuextract.schema.jsonschema.references import Scope

DEEPEST: Final = 60
"""Levels of nesting at the most; NuExtract was trained on nine."""


@dataclass(frozen=True, slots=True)
class SchemaPlace:
    """Where the reader stands."""

    resolver: Scope
    path: Path = ()
    inside: frozenset[int] = frozenset()
    """The schemas that are being read for this very value."""
    unrolled: frozenset[int] = frozenset()
    """The recursive schemas on the way here."""
    rounds: int = 0
    """How often the way here went into a recursive schema again."""

    def down(self, step: str | int) -> "SchemaPlace":
        """Go on to a value inside."""
        return replace(self, path=(*self.path, step), inside=frozenset())


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a reader goes."""

    rounds: int
    """Times that a recursive schema may be entered again."""
    nested: int = DEEPEST
    """Recursive schemas that may stand in each other."""
    steps: int = 20_000
    """Schemas read at the most, each as often as it is used."""
    parts: int = 50_000
    """Parts that they spell out to at the most: where kinds of object are asked as one, what one admits under any name
    is asked under each name of the other."""


class SchemaTooLarge(UnsupportedSchema):
    """The limits let the schema grow too large; narrower ones may not."""
