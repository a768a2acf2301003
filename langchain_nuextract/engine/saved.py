"""Extractions as JSON text, for serializers that would take them apart.

LangGraph's, which writes checkpoints, knows a dataclass by its fields, and asks for leave to make each class that it
comes upon again. It is given one text instead, of which everything but the user's own object is made again here.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from importlib import import_module
from typing import Final, cast

from langchain_nuextract.paths import JSON, fields, items

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


def restore(text: str) -> object:
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
                group = cast("tuple[object, ...]", value)
                named: dict[str, JSON] = {"named": _name(type(group))} if hasattr(group, "_fields") else {}
                written = {**named, "tuple": [self.write(item) for item in group]}
            case frozenset():
                items = [self.write(item) for item in cast("frozenset[object]", value)]
                written = {"set": sorted(items, key=repr)}
            case Mapping():
                pairs = cast("Mapping[object, object]", value).items()
                written = {"map": [[self.write(key), self.write(part)] for key, part in pairs]}
            case _:
                written = {"part": self._part(value)}
        return written

    def _part(self, value: object) -> int:
        if not is_dataclass(value) or isinstance(value, type) or not _is_ours(type(value)):
            raise TypeError(f"{type(value).__name__} cannot be saved with an extraction")
        if id(value) not in self._known:
            self._known[id(value)] = place = len(self.parts)
            self.parts.append(None)
            names = [field.name for field in dataclass_fields(value) if field.init]
            self.parts[place] = [_name(type(value)), {name: self.write(getattr(value, name)) for name in names}]
        return self._known[id(value)]


class _Reader:
    def __init__(self, parts: list[JSON]) -> None:
        self._parts = parts
        self._made: dict[int, object] = {}

    def read(self, saved: JSON) -> object:
        made: object
        match saved:
            case list():
                made = [self.read(item) for item in saved]
            case {"bytes": str(text)}:
                made = b64decode(text)
            case {"named": str(name), "tuple": list(parts)}:
                made = _class(name)(*map(self.read, parts))
            case {"tuple": list(parts)}:
                made = tuple(map(self.read, parts))
            case {"set": list(parts)}:
                made = frozenset(map(self.read, parts))
            case {"map": list(pairs)}:
                made = {self.read(key): self.read(part) for key, part in map(items, pairs)}
            case {"part": int(place)}:
                made = self._part(place)
            case _:
                made = saved
        return made

    def _part(self, place: int) -> object:
        if place not in self._made:
            name, parts = items(self._parts[place])
            self._made[place] = _class(str(name))(**{key: self.read(part) for key, part in fields(parts).items()})
        return self._made[place]


def _is_ours(kind: type) -> bool:
    return any(kind.__module__.startswith(f"{_PACKAGE}{room}") for room in _ROOMS)


def _name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _class(name: str) -> Callable[..., object]:
    """Find a class that may be made: a value of ours.

    Raises:
        ValueError: It is another.
    """
    module, _, qualified = name.partition(":")
    is_own = module.startswith(_PACKAGE)
    found = cast("type[object] | None", getattr(import_module(module), qualified, None)) if is_own else None
    if isinstance(found, type) and (is_dataclass(found) or hasattr(found, "_fields")) and _is_ours(found):
        return found
    raise ValueError(f"{name!r} is no value of an extraction")
