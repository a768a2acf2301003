# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Lines of names and values, with lists and objects in the lines below their names, as YAML and people write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from langchain_nuextract.parsing.json.bare_words import word
from langchain_nuextract.parsing.json.escapes import unescape
from langchain_nuextract.parsing.json.hints import names_of
from langchain_nuextract.parsing.json.nodes import ArrayNode, Node, ObjectNode, ScalarNode, TruncatedNode
from langchain_nuextract.parsing.json.parser import parse
from langchain_nuextract.scalars.names import fold, folded_name
from langchain_nuextract.schema.answer_shape import RecordShape

DEEPEST: Final = 20
"""Levels of lines below lines."""
FEWEST: Final = 2
"""Parts that must be named: one alone may be prose."""
MOST_WORDS: Final = 5
"""Words of a value that is the only one named."""

_BOLD = re.compile(r"\*\*|__|`")
_LINE = re.compile(
    r"(?P<name>[^\s:=：|<>{}\[\]\"'][^:=：|<>{}\[\]\"']{0,60}|\"[^\"]{1,60}\"|'[^']{1,60}')[:=：](?P<value>\s.*|)"
)
_BULLET = re.compile(r"(?:[-*•+]|\d{1,3}[.)])\s+(?=\S)")
_NOTE = re.compile(r"\s*(?:#.*|---\s*|\.\.\.\s*)?")
_REMARK = re.compile(r"\s#\s.*\Z")
_BLOCK = re.compile(r"[|>][-+]?")


@dataclass(frozen=True, slots=True)
class _Line:
    indent: int
    text: str

    @property
    def bullet(self) -> re.Match[str] | None:
        return _BULLET.match(self.text)

    def inner(self) -> "_Line":
        """What stands behind the bullet, as a line of its own."""
        match = self.bullet
        return _Line(self.indent + match.end(), self.text[match.end() :]) if match else self


def indented(body: str, shape: RecordShape, *, whole: bool) -> ObjectNode | ArrayNode | None:
    """Give the object of lines that name its parts; None if a line is anything else, or too few of them name one.

    Lines with bullets may be a list instead: that of the only list asked for.

    Args:
        body: The lines, and nothing else.
        shape: What was asked for: a line with another name may be prose.
        whole: Whether the last line was written to its end.
    """
    rows = [_BOLD.sub("", row).rstrip() for row in body.splitlines() if not _NOTE.fullmatch(row)]
    lines = [_Line(len(row) - len(row.lstrip()), row.strip()) for row in rows]
    asked = frozenset(folded_name(name) for name, _ in shape.fields)
    names = names_of(shape)
    reader = _Reader(lines, names)
    node = reader.members(lines[0].indent, 0, bullets=True) if lines else None
    if node is None or reader.at < len(lines) or not {fold(name) for name, _ in node.members} <= asked:
        return _listed(lines, names, whole=whole)
    named = len({fold(name) for name, _ in node.members})
    if named < FEWEST and not (whole and _is_one_value(node.members)):
        return None
    return node if whole else _cut(node)


class _Reader:
    """Where the reader stands in the lines."""

    def __init__(self, lines: Sequence[_Line], names: frozenset[str]) -> None:
        self.lines = list(lines)
        self.names = names
        self.at = 0

    def members(self, indent: int, depth: int, *, bullets: bool = False) -> ObjectNode | None:
        """The object of the lines from here on that are as far indented; bullets before its names mean nothing."""
        node = ObjectNode()
        while self.at < len(self.lines) and self.lines[self.at].indent == indent and depth < DEEPEST:
            line = self.lines[self.at].inner() if bullets else self.lines[self.at]
            match = _LINE.fullmatch(line.text)
            if match is None or fold(match["name"]) not in self.names:
                break
            self.at += 1
            value = self.value(match["value"].strip(), indent, depth)
            if value is None:
                return None
            node.members.append((match["name"].strip("\"' "), value))
        return node if node.members else None

    def value(self, written: str, indent: int, depth: int) -> Node | None:
        """The value behind a name, or in the lines below it."""
        if _BLOCK.fullmatch(written):
            return self.block(indent, " " if written[0] == ">" else "\n")
        if written:
            return _leaf(written)
        if self.at == len(self.lines):
            return ArrayNode()
        below = self.lines[self.at]
        if below.bullet and below.indent >= indent:
            return self.items(below.indent, depth + 1)
        return self.members(below.indent, depth + 1) if below.indent > indent else ArrayNode()

    def block(self, indent: int, between: str) -> ScalarNode:
        """A text in the lines below its name."""
        start = self.at
        while self.at < len(self.lines) and self.lines[self.at].indent > indent:
            self.at += 1
        said = between.join(line.text for line in self.lines[start : self.at])
        return ScalarNode(said, said)

    def items(self, indent: int, depth: int) -> ArrayNode | None:
        """The list of the lines from here on with bullets; an item with a name is an object."""
        node = ArrayNode()
        while self.at < len(self.lines) and self.lines[self.at].indent == indent and self.lines[self.at].bullet:
            inner = self.lines[self.at].inner()
            match = _LINE.fullmatch(inner.text)
            if match and fold(match["name"]) in self.names:
                if depth == 1 and indent == self.lines[0].indent and self.lines[0].bullet:
                    break
                self.lines[self.at] = inner
                item = self.members(inner.indent, depth + 1)
                if item is None:
                    return None
            else:
                self.at += 1
                item = _leaf(inner.text)
            node.items.append(item)
        return node


def _listed(lines: Sequence[_Line], names: frozenset[str], *, whole: bool) -> ArrayNode | None:
    """The list that all lines are, if each of its items begins with a bullet."""
    if not lines or not lines[0].bullet:
        return None
    reader = _Reader(lines, names)
    node = reader.items(lines[0].indent, 0)
    if node is None or reader.at < len(lines) or len(node.items) < FEWEST:
        return None
    return node if whole else _cut_list(node)


def _leaf(written: str) -> Node:
    """A value on a line: JSON, a text in quotes, or words."""
    if written[0] in "[{":
        parsed = parse(written, 0)
        if parsed.end == len(written):
            return parsed.node
    if len(written) > 1 and written[0] == written[-1] and written[0] in "\"'":
        said = unescape(written[1:-1])[0] if written[0] == '"' else written[1:-1].replace("''", "'")
        return ScalarNode(said, said)
    return word(_REMARK.sub("", written))


def _is_one_value(members: Sequence[tuple[str, Node]]) -> bool:
    """Whether there is one line alone, with a value that is no sentence: `Note: I found nothing.` is prose."""
    match members:
        case [(_, ScalarNode(written=written))]:
            return len(written.split()) <= MOST_WORDS and written[-1:] not in {".", "!", "?"}
        case [(_, ArrayNode(items=items))]:
            return bool(items)
        case _:
            return False


def _cut(node: ObjectNode) -> ObjectNode:
    """An object whose last value the text ends in."""
    name, last = node.members[-1]
    match last:
        case ArrayNode():
            rest: Node = _cut_list(last)
        case ObjectNode():
            rest = _cut(last)
        case ScalarNode(value=bool()):
            rest = last
        case _:
            rest = TruncatedNode(last.written)
    return ObjectNode([*node.members[:-1], (name, rest)], open=True)


def _cut_list(node: ArrayNode) -> ArrayNode:
    """A list whose last item the text ends in."""
    match node.items:
        case [*items, ObjectNode() as inner]:
            return ArrayNode([*items, _cut(inner)], open=True)
        case items:
            return ArrayNode(items[:-1], open=True)
