"""Schemas as users give them: a Python type, a JSON Schema or a template."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final, Literal, Protocol, TypeAlias, cast

from langchain_nuextract.paths import JSON
from langchain_nuextract.schema import nuextract_template as template
from langchain_nuextract.schema import render as answers
from langchain_nuextract.schema.codec.root import root_codec
from langchain_nuextract.schema.ir import SchemaNode
from langchain_nuextract.schema.jsonschema.openapi import with_kinds, with_tags
from langchain_nuextract.schema.python_types.instances import check_python
from langchain_nuextract.schema.vocabulary import NUEXTRACT_3

PYDANTIC: Final = "https://json-schema.org/draft/2020-12/schema"
"""The draft of the JSON Schemas that Pydantic makes."""

Check: TypeAlias = Callable[[frozenset[str], JSON, bytes], Any]
"""Checks a value: the types whose texts are checked (see `CHECKED`), the value, and the same as JSON if at hand."""
SourceKind: TypeAlias = Literal["python", "json schema", "template"]


class SchemaSource(Protocol):
    """A schema as it was given."""

    def node(self, depth: int) -> SchemaNode:
        """Read it; a recursive type stands in itself so many times."""
        ...

    @property
    def check(self) -> Check:
        """What makes an instance of a value, or gives the value back; it raises `InvalidValue` where there is none."""
        ...

    def as_json(self, value: object) -> JSON:
        """Write an instance as JSON; what is JSON already is left as it is."""
        ...


@dataclass(frozen=True)
class _PythonType:
    type: object

    def node(self, depth: int) -> SchemaNode:
        from langchain_nuextract.schema.jsonschema.unroll import read_schema  # noqa: PLC0415  it is large
        from langchain_nuextract.schema.python_types.pydantic_schema import json_schema as described  # noqa: PLC0415

        return read_schema(described(self.type), draft=PYDANTIC, depth=depth, closed=True)

    @property
    def check(self) -> Check:
        return partial(check_python, self.type)

    def as_json(self, value: object) -> JSON:
        from langchain_nuextract.schema.python_types.lowering import as_json  # noqa: PLC0415 Pydantic is heavy

        return as_json(self.type, value)


@dataclass(frozen=True)
class _JSONSchema:
    text: str

    def node(self, depth: int) -> SchemaNode:
        from langchain_nuextract.schema.jsonschema.drafts import metaschema_address  # noqa: PLC0415  jsonschema is large
        from langchain_nuextract.schema.jsonschema.unroll import read_schema  # noqa: PLC0415

        schema, draft = self._validator
        return read_schema(with_kinds(schema), draft=metaschema_address(draft), depth=depth, closed=False)

    @property
    def check(self) -> Check:
        from langchain_nuextract.schema.jsonschema.validate import check_json  # noqa: PLC0415  jsonschema is large

        return partial(check_json, *self._validator)

    def as_json(self, value: object) -> JSON:
        return cast("JSON", value)

    @cached_property
    def _validator(self) -> tuple[Mapping[str, JSON], Any]:
        from langchain_nuextract.schema.jsonschema.drafts import draft_of  # noqa: PLC0415  jsonschema is large

        schema = self._schema()
        draft = draft_of(schema)
        # A reference back to the whole schema would be followed by the draft that this names, which knows no types.
        return with_tags({name: says for name, says in schema.items() if name != "$schema"}), draft

    def _schema(self) -> dict[str, JSON]:
        return json.loads(self.text)


@dataclass(frozen=True)
class _Template(_JSONSchema):
    def node(self, depth: int) -> SchemaNode:  # noqa: ARG002  # a template has no references
        return template.read_template(json.loads(self.text))

    def _schema(self) -> dict[str, JSON]:
        # A template has no schema of its own: its values are checked as the answers to it.
        shape = root_codec(template.read_template(json.loads(self.text)), NUEXTRACT_3).shape
        return answers.with_types(answers.answer_schema(shape, closed=False), shape)


def schema_source(source: SourceKind, schema: Any) -> SchemaSource:
    """Make what can be read and checked of a type, or of JSON text."""
    kinds = {"python": _PythonType, "json schema": _JSONSchema, "template": _Template}
    return kinds[source](schema)
