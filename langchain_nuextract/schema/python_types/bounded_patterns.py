"""Patterns of a Python type that run on Python's `re`, tried on text of bounded length alone.

Pydantic's own engine for patterns is linear. A model may ask for Python's, by `regex_engine="python-re"` or by a
compiled expression, and then the time that a text takes may grow with a power of its length. Patterns within the user's
own validators are the user's to bound.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol, cast

from langchain_nuextract.schema.python_types.adapters import adapter

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_LETTERS: Final = 1000
"""Letters of a text on which a pattern of Python's `re` is tried. A longer one is a problem at its path."""


class Validator(Protocol):
    """What makes instances of JSON."""

    def validate_json(
        self, data: str | bytes, /, *, by_alias: bool | None = None, by_name: bool | None = None
    ) -> object:
        """Make an instance."""
        ...


@lru_cache(maxsize=256)
def validator(type_: object) -> Validator:
    """Give the validator of a type: Pydantic's own, or one that bounds the texts on which Python's `re` is used."""
    core = adapter(type_).core_schema
    if not any(_on_python_re(core)):
        return adapter(type_)
    from pydantic_core import SchemaValidator  # noqa: PLC0415 heavy, and rarely needed

    # As in `user_errors`: a model's own validator would stand in for the bounded one.
    own = {"_use_prebuilt": False} if "_use_prebuilt" in str(SchemaValidator.__text_signature__) else {}
    make = cast("Callable[..., Validator]", SchemaValidator)
    return make(_with_bounds(core, on_python_re=False), **own)


def _on_python_re(core: object) -> Iterator[bool]:
    todo: list[tuple[object, bool]] = [(core, False)]
    while todo:
        node, outer = todo.pop()
        if isinstance(node, Mapping):
            here = _is_on_python_re(cast("Mapping[str, object]", node), on_python_re=outer)
            yield _is_tried(cast("Mapping[str, object]", node), on_python_re=here)
            todo.extend((child, here) for child in cast("Mapping[str, object]", node).values())
        elif isinstance(node, list):
            todo.extend((child, outer) for child in cast("list[object]", node))


def _with_bounds(node: object, *, on_python_re: bool) -> object:
    if isinstance(node, list):
        return [_with_bounds(child, on_python_re=on_python_re) for child in cast("list[object]", node)]
    if not isinstance(node, Mapping):
        return node
    known = cast("Mapping[str, object]", node)
    here = _is_on_python_re(known, on_python_re=on_python_re)
    inner = {
        key: child if key in {"function", "cls", "metadata", "config"} else _with_bounds(child, on_python_re=here)
        for key, child in known.items()
    }
    if _is_tried(known, on_python_re=here):
        inner["max_length"] = min(cast("int", known.get("max_length")) or MOST_LETTERS, MOST_LETTERS)
    return inner


def _is_on_python_re(node: Mapping[str, object], *, on_python_re: bool) -> bool:
    """Whether patterns below a node run on Python's `re`: the nearest configuration says so."""
    config = node.get("config")
    engine = cast("Mapping[str, object]", config).get("regex_engine") if isinstance(config, Mapping) else None
    return on_python_re if engine is None else engine == "python-re"


def _is_tried(node: Mapping[str, object], *, on_python_re: bool) -> bool:
    pattern = node.get("pattern") if node.get("type") == "str" else None
    return pattern is not None and (on_python_re or not isinstance(pattern, str))
