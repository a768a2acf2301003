"""OpenAPI's `discriminator`, spelt out in JSON Schema, which does not know it.

`{"oneOf": [{"$ref": "#/…/Cat"}, {"$ref": "#/…/Dog"}], "discriminator": {"propertyName": "kind"}}` says that `"Cat"` and
`"Dog"` are the kinds. Read without the keyword, any object with a kind is both, and `oneOf` admits none.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, cast

from langchain_nuextract.paths import JSON, fields, follow, items, text
from langchain_nuextract.schema.json_types import is_list, is_object
from langchain_nuextract.schema.jsonschema.keywords import DATA

_CONTAINERS: Final = (("components", "schemas"), ("$defs",), ("definitions",))
"""Where schemas stand that others refer to."""
_MOST: Final = 100
"""References and parts of `allOf` that are followed for one variant."""


def with_tags(schema: Mapping[str, JSON]) -> dict[str, JSON]:
    """Say in each variant beside a discriminator which values of the property belong to it, unless it does itself.

    The values are those that the mapping has for it, or else its own name. Values are checked so too.
    """

    def spelt_out(part: dict[str, JSON]) -> dict[str, JSON]:
        tag, mapping = _discriminator(part)
        if not tag:
            return part
        variants = {key: items(part[key]) for key in ("oneOf", "anyOf") if key in part}
        tagged = {key: [_tagged(each, tag, mapping, schema) for each in said] for key, said in variants.items()}
        return {**part, **tagged}

    return fields(_rewritten(dict(schema), spelt_out))


def with_kinds(schema: Mapping[str, JSON]) -> dict[str, JSON]:
    """Put the kinds of object in place of references to a schema that they extend and that discriminates them.

    `Pet` with a discriminator, and `{"allOf": [{"$ref": "#/…/Pet"}, …]}` as `Cat`: a pet is asked for as a cat or
    another of them. Values are not checked so: JSON Schema admits any pet.
    """
    kinds = dict(_discriminated_kinds(schema))
    if not kinds:
        return dict(schema)
    every = [kind for named in kinds.values() for kind in named]
    # The reference by which a kind extends the other stands in its `allOf`, and is left as it is.
    inside = (part for kind in every for whole in _wholly(kind, schema) for part in items(fields(whole).get("allOf")))
    extended = {id(part) for part in (*every, *inside)}

    def spelt_out(part: dict[str, JSON]) -> dict[str, JSON]:
        found = kinds.get(text(part.get("$ref")))
        if not found or id(part) in extended:
            return part
        return {**{key: says for key, says in part.items() if key != "$ref"}, "anyOf": [*found]}

    return fields(_rewritten(dict(schema), spelt_out))


def _discriminated_kinds(schema: Mapping[str, JSON]) -> Iterator[tuple[str, list[JSON]]]:
    """Yield the references to schemas that discriminate those that extend them, each with these."""
    for container in _CONTAINERS:
        try:
            named = fields(follow(cast("JSON", schema), container))
        except LookupError:
            continue
        address = "/".join(("#", *container))
        for name, part in named.items():
            tag, mapping = _discriminator(fields(part))
            if tag and not {"oneOf", "anyOf"} & fields(part).keys():
                kinds = [
                    _tagged({"$ref": f"{address}/{other}"}, tag, mapping, schema)
                    for other, extension in named.items()
                    if other != name and any(each is part for each in _wholly(extension, schema))
                ]
                if kinds:
                    yield f"{address}/{name}", kinds


def _discriminator(schema: Mapping[str, JSON]) -> tuple[str, Mapping[str, JSON]]:
    """Give the property that tells variants from each other, or none, and the names of variants by its values."""
    says = fields(schema.get("discriminator"))
    return text(says.get("propertyName")), fields(says.get("mapping"))


def _tagged(variant: JSON, tag: str, mapping: Mapping[str, JSON], root: Mapping[str, JSON]) -> JSON:
    """Say in a variant which values its tag has, unless it is nameless or says so itself."""
    reference = text(fields(variant).get("$ref"))
    own = [fields(fields(part).get("properties")).get(tag) for part in _wholly(variant, root)]
    if not reference or any({"const", "enum"} & fields(part).keys() for each in own for part in _wholly(each, root)):
        return variant
    name = reference.rpartition("/")[2]
    # `{"mapping": {"tabby": "#/…/Cat"}}`; without a mapping a `Cat` is called `Cat`.
    values: list[JSON] = [value for value, target in mapping.items() if target in {reference, name}]
    return {"allOf": [variant, {"properties": {tag: {"enum": values or [name]}}}]}


def _wholly(schema: JSON, root: Mapping[str, JSON]) -> Iterator[JSON]:
    """Yield a schema and all that holds with it: what it refers to, and what `allOf` adds."""
    todo = [schema]
    for _ in range(_MOST):
        if not todo:
            return
        part = todo.pop()
        yield part
        todo += items(fields(part).get("allOf"))
        reference = text(fields(part).get("$ref"))
        if reference.startswith("#/"):
            # JSON Pointer's escapes: `~1` is `/`, and `~0` is `~`.
            steps = (step.replace("~1", "/").replace("~0", "~") for step in reference[2:].split("/"))
            try:
                todo.append(follow(cast("JSON", root), tuple(steps)))
            except LookupError:
                continue


def _rewritten(schema: JSON, rewrite: Callable[[dict[str, JSON]], dict[str, JSON]]) -> JSON:
    """Rewrite a schema and all schemas in it, the outer first."""
    if is_list(schema):
        return [_rewritten(part, rewrite) for part in schema]
    if not is_object(schema):
        return schema
    return {key: part if key in DATA else _rewritten(part, rewrite) for key, part in rewrite(schema).items()}
