"""Extractions as JSON text, for serializers that would take them apart.

LangGraph's, which writes checkpoints, knows a dataclass by its fields, and asks for leave to make each class that it
comes upon again. It is given one text instead, of which everything but the user's own object is made again here.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import Any, Final, cast

from langchain_nuextract.paths import JSON

_PACKAGE: Final = "langchain_nuextract."
_ROOMS: Final = ("documents.", "dialects.messages", "engine.", "errors", "grounding.", "parsing.repairs")
"""Where the classes are that are made again: values, which do nothing when they are made."""


def save(value: object) -> str:
    """Write what an extraction is made of as JSON text; an object that is in several places is written once.

    Raises:
        TypeError: There is something in it that is no value of ours.
    """
    writer = _Writer()
    whole = writer.write(value)
    return json.dumps({"whole": whole, "parts": writer.parts})


def restore(text: str) -> Any:
    """Make again what was written.

    Raises:
        ValueError: It was not written by `save`.
    """
    try:
        saved = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return _Reader(saved["parts"]).read(saved["whole"])


class _Writer:
    def __init__(self) -> None:
        self.parts: list[JSON] = []
        self._known: dict[int, int] = {}

    def write(self, value: object) -> JSON:
        written: JSON
        match value:
            case None | bool() | int() | float() | str():
                written = value
            case bytes():
                written = {"bytes": b64encode(value).decode()}
            case list():
                written = [self.write(item) for item in cast("list[object]", value)]
            case tuple():
                written = self._tuple(cast("tuple[object, ...]", value))
            case frozenset():
                items = [self.write(item) for item in cast("frozenset[object]", value)]
                written = {"set": sorted(items, key=repr)}
            case Mapping():
                pairs = cast("Mapping[object, object]", value).items()
                written = {"map": [[self.write(key), self.write(part)] for key, part in pairs]}
            case _:
                written = {"part": self._part(value)}
        return written

    def _tuple(self, value: tuple[object, ...]) -> JSON:
        items = [self.write(item) for item in value]
        return {"named": _name(type(value)), "tuple": items} if hasattr(value, "_fields") else {"tuple": items}

    def _part(self, value: Any) -> int:
        if not is_dataclass(value) or not _is_ours(type(value)):
            raise TypeError(f"{type(value).__name__} cannot be saved with an extraction")
        if id(value) not in self._known:
            self._known[id(value)] = place = len(self.parts)
            self.parts.append(None)
            parts = {field.name: self.write(getattr(value, field.name)) for field in fields(value) if field.init}
            self.parts[place] = [_name(type(value)), parts]
        return self._known[id(value)]


class _Reader:
    def __init__(self, parts: list[Any]) -> None:
        self._parts = parts
        self._made: dict[int, Any] = {}

    def read(self, saved: Any) -> Any:
        made: Any
        match saved:
            case list():
                made = [self.read(item) for item in cast("list[Any]", saved)]
            case {"bytes": text}:
                made = b64decode(text)
            case {"named": name, "tuple": items}:
                made = _class(name)(*map(self.read, items))
            case {"tuple": items}:
                made = tuple(map(self.read, items))
            case {"set": items}:
                made = frozenset(map(self.read, items))
            case {"map": pairs}:
                made = {self.read(key): self.read(part) for key, part in pairs}
            case {"part": place}:
                made = self._part(place)
            case _:
                made = saved
        return made

    def _part(self, place: int) -> Any:
        if place not in self._made:
            name, parts = self._parts[place]
            self._made[place] = _class(name)(**{key: self.read(part) for key, part in parts.items()})
        return self._made[place]


def _is_ours(kind: type) -> bool:
    return any(kind.__module__.startswith(f"{_PACKAGE}{room}") for room in _ROOMS)


def _name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _class(name: str) -> Any:
    """Find a class that may be made: a value of ours.

    Raises:
        ValueError: It is another.
    """
    module, _, qualified = name.partition(":")
    found: Any = getattr(import_module(module), qualified, None) if module.startswith(_PACKAGE) else None
    is_value = isinstance(found, type) and (is_dataclass(cast("Any", found)) or hasattr(cast("Any", found), "_fields"))
    if not is_value or not _is_ours(found):
        raise ValueError(f"{name!r} is no value of an extraction")
    return found
