"""Elements with names, as in XML, and as tools are called: `<total>5</total>`, `<parameter name="a">5</parameter>`."""

import json
import re
from dataclasses import dataclass, field
from typing import Final

from langchain_nuextract.parsing.json.nodes import Node, ObjectNode, ScalarNode, TruncatedNode
from langchain_nuextract.parsing.json.parser import parse
from langchain_nuextract.parsing.whole_text import without_entities

DEEPEST: Final = 20
"""Levels of elements."""

_PROLOGUE = re.compile(r"\s*+(?:<\?xml\b[^<>]{0,200}\?>)?")
_ATTRIBUTE = re.compile(r"(?P<name>[A-Za-z_][\w.-]{0,60})\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')")
_TOKEN = re.compile(
    r"<(?P<close>/?)(?P<name>[A-Za-z_][\w.-]{0,60})(?:=(?P<of>[\w.-]{1,60}))?(?P<rest>[\s/][^<>]*+)?>"
    r"|<!\[CDATA\[(?P<data>.*?)\]\]>|<!--.*?-->|(?P<text>[^<]+)|(?P<other><)",
    re.DOTALL,
)
_NAMING: Final = frozenset({"name", "key", "field", "id"})
"""Attributes that name what an element says."""


def element_object(body: str) -> ObjectNode | None:
    """Give an object of elements; None if they are not closed in their order, or stand between words."""
    reader = _ElementReader()
    for token in _TOKEN.finditer(body, len(body) - len(_PROLOGUE.sub("", body, count=1))):
        if token["other"] or len(reader.stack) > DEEPEST:
            return None
        if token["name"]:
            is_right = reader.close(token["name"]) if token["close"] else reader.open(token)
        else:
            data = token["data"] or without_entities(token["text"] or "")
            is_right = reader.say(data)
        if not is_right:
            return None
    return reader.unfinished()


@dataclass(slots=True)
class _Element:
    """An element that is being read."""

    tag: str
    of: str
    """What it is of, as in `<parameter=total>`."""
    rest: str
    """Its attributes."""
    members: list[tuple[str, Node]] = field(default_factory=list[tuple[str, Node]])

    @property
    def attributes(self) -> list[tuple[str, str]]:
        """The names and values of its attributes."""
        found = _ATTRIBUTE.finditer(self.rest)
        return [(each["name"], without_entities(each["double"] or each["single"] or "")) for each in found]

    @property
    def key(self) -> str:
        """The name of what it says: its tag, or what an attribute names."""
        names = [value for name, value in self.attributes if name in _NAMING] if not self.members else []
        return self.of or (names[0] if len(names) == 1 else self.tag)

    def value(self, text: str) -> Node:
        """Its text, or else an object of its attributes and elements."""
        if text[:1] in {"{", "["} and _is_json(text):
            return parse(text, 0).node
        if text:
            return ScalarNode(text, text)
        members: list[tuple[str, Node]] = [(name, ScalarNode(value, value)) for name, value in self.attributes]
        members += self.members
        return ObjectNode(members) if members else ScalarNode(None, "")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


class _ElementReader:
    """The elements that are open, and the text read since the last mark."""

    def __init__(self) -> None:
        self.stack = [_Element("", "", "")]
        self.said = ""

    def say(self, text: str) -> bool:
        """Read a text; false if it stands beside elements."""
        self.said += text
        return not text.strip() or not (len(self.stack) == 1 or self.stack[-1].members)

    def open(self, token: re.Match[str]) -> bool:
        """Open an element, and close it if it is empty; false if a text precedes it."""
        if self.said.strip():
            return False
        self.said, rest = "", token["rest"] or ""
        element = _Element(token["name"], token["of"] or "", rest.removesuffix("/"))
        if rest.endswith("/"):
            self.stack[-1].members.append((element.tag, element.value("")))
        else:
            self.stack.append(element)
        return True

    def close(self, tag: str) -> bool:
        """Close the innermost element; false if it is another."""
        if tag != self.stack[-1].tag:
            return False
        element = self.stack.pop()
        self.stack[-1].members.append((element.key, element.value(self.said.strip())))
        self.said = ""
        return True

    def unfinished(self) -> ObjectNode | None:
        """Give the outermost of elements of which some may not be closed: what the innermost says is cut off."""
        is_open = len(self.stack) > 1
        while len(self.stack) > 1:
            element = self.stack.pop()
            inner = ObjectNode(element.members, open=True) if element.members else TruncatedNode()
            self.stack[-1].members.append((element.key, inner))
        return ObjectNode(self.stack[0].members, open=is_open) if self.stack[0].members else None
