"""Lines of names and values, with lists and objects in the lines below their names, as YAML and people write them."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from langchain_nuextract.parsing.json.bare_words import bare_word
from langchain_nuextract.parsing.json.escapes import unescape
from langchain_nuextract.parsing.json.hints import folded_names_of
from langchain_nuextract.parsing.json.nodes import ArrayNode, Node, ObjectNode, ScalarNode, TruncatedNode
from langchain_nuextract.parsing.json.parser import parse
from langchain_nuextract.parsing.select.scoring import KEY
from langchain_nuextract.parsing.select.tables import table
from langchain_nuextract.parsing.select.text_lines import NAMED_LINE, TextLine, is_name, text_lines
from langchain_nuextract.scalars.names import fold_key, folded_name
from langchain_nuextract.schema.answer_shape import ListShape, RecordShape, shapes_in

DEEPEST: Final = 20
"""Levels of lines below lines."""
FEWEST: Final = 2
"""Parts that must be named: one alone may be prose."""
MOST_WORDS: Final = 5
"""Words of a value that is the only one named."""

_REMARK = re.compile(r"\s#\s.*\Z")
_QUOTED_BEFORE_REMARK = re.compile(r"(\"(?:[^\"\\]|\\.)*+\"|'(?:[^']|'')*+')\s+#.*")
_BLOCK = re.compile(r"[|>][-+]?")


def indented(body: str, shape: RecordShape, *, whole: bool) -> ObjectNode | ArrayNode | None:
    """Give the object of lines that name its parts; None if a line is anything else, or too few of them name one.

    Lines with bullets may be a list instead: that of the only list asked for.

    Args:
        body: The lines, and nothing else.
        shape: What was asked for: a line with another name may be prose.
        whole: Whether the last line was written to its end.
    """
    asked = frozenset(folded_name(name) for name, _ in shape.fields)
    names = folded_names_of(shape)
    lines = text_lines(body, names)
    reader = _LineReader(lines, shape, names)
    node = reader.members(lines[0].indent, 0, bullets=True) if lines else None
    own = {fold_key(name.partition(".")[0]) for name, _ in node.members} if node else set[str]()
    if node is None or reader.at < len(lines) or not own <= asked:
        return _bulleted_list(lines, shape, names, whole=whole) or _repeating_items(
            node if reader.at == len(lines) else None, shape, whole=whole
        )
    if len(own) < FEWEST and len(node.members) < FEWEST and not (whole and _is_one_value(node.members)):
        return None
    return node if whole else _with_open_end(node)


def _repeating_items(node: ObjectNode | None, shape: RecordShape, *, whole: bool) -> ArrayNode | None:
    """The items of a list of objects, whose names come again and again without bullets."""
    if node is None or len(node.members) < FEWEST:
        return None
    own = [fold_key(name) for name, _ in node.members]
    if not any(
        isinstance(part, ListShape)
        and isinstance(part.item, RecordShape)
        and set(own) <= {folded_name(name) for name, _ in part.item.fields}
        for _, part in shape.fields
    ):
        return None
    starts = [at for at, name in enumerate(own) if name == own[0]]
    parts = [ObjectNode(node.members[a:b]) for a, b in zip(starts, [*starts[1:], len(own)], strict=True)]
    items = ArrayNode(list(parts))
    return items if whole else _cut_list(items)


class _LineReader:
    """Where the reader stands in the lines."""

    def __init__(self, lines: Sequence[TextLine], shape: RecordShape, names: frozenset[str]) -> None:
        self.lines = list(lines)
        self.shape = shape
        self.names = names
        self.maps = frozenset(_names_of_maps(shape))
        self.at = 0

    def members(self, indent: int, depth: int, *, bullets: bool = False, entries: bool = False) -> ObjectNode | None:
        """The object of the lines from here on that are as far indented; bullets before its names mean nothing.

        Names of a map's `entries` are any.
        """
        node = ObjectNode()
        while self.at < len(self.lines) and self.lines[self.at].indent == indent and depth < DEEPEST:
            line = self.lines[self.at].inner() if bullets else self.lines[self.at]
            match = NAMED_LINE.fullmatch(line.text)
            name = match["name"].strip("\"'“” ") if match else ""
            if match is None or not (entries or is_name(name, self.names)):
                break
            self.at += 1
            value = self.value(match["value"].strip(), indent, depth, of_map=fold_key(name) in self.maps)
            if value is None:
                return None
            node.members.append((name, value))
        return node if node.members else None

    def value(self, written: str, indent: int, depth: int, *, of_map: bool) -> Node | None:
        """The value behind a name, or in the lines below it."""
        if _BLOCK.fullmatch(written):
            return self.block(indent, " " if written[0] == ">" else "\n")
        if written:
            return value_on_line(written)
        if self.at == len(self.lines):
            return ArrayNode()
        below = self.lines[self.at]
        if below.text.startswith("|"):
            start = self.at
            while self.at < len(self.lines) and self.lines[self.at].text.startswith("|"):
                self.at += 1
            return table("\n".join(line.text for line in self.lines[start : self.at]), self.shape, whole=True)
        if of_map and below.indent > indent and _name_on(below) not in {"", KEY}:
            return self.members(below.indent, depth + 1, bullets=bool(below.bullet), entries=True)
        return self.below(indent, depth + 1)

    def below(self, indent: int, depth: int) -> Node | None:
        """The list or object in the lines below a name; an empty list if there are none."""
        first = self.lines[self.at]
        if first.bullet and first.indent >= indent:
            found = self.items(first.indent, depth)
            return found and (_one_object(found) or found)
        return self.members(first.indent, depth) if first.indent > indent else ArrayNode()

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
            match = NAMED_LINE.fullmatch(inner.text)
            if match and is_name(match["name"].strip("\"'“” "), self.names):
                if depth == 1 and indent == self.lines[0].indent and self.lines[0].bullet:
                    break
                self.lines[self.at] = inner
                item = self.members(inner.indent, depth + 1)
                if item is None:
                    return None
            else:
                self.at += 1
                item = value_on_line(inner.text)
            node.items.append(item)
        return node


def _name_on(line: TextLine) -> str:
    match = NAMED_LINE.fullmatch(line.inner().text)
    return match["name"].strip("\"'“” ") if match else ""


def _names_of_maps(shape: RecordShape) -> Iterator[str]:
    """The names of lists of keys and values, which a model may write as an object with those keys."""
    for record in (each for each in shapes_in(shape) if isinstance(each, RecordShape)):
        for name, part in record.fields:
            if isinstance(part, ListShape) and isinstance(part.item, RecordShape) and part.item.fields[0][0] == KEY:
                yield folded_name(name)


def _one_object(node: ArrayNode) -> ObjectNode | None:
    """The object whose parts are items of their own: `- city: Ulm`, `- zip: 89073`."""
    members = [member for item in node.items if isinstance(item, ObjectNode) for member in item.members]
    apart = len(members) == len(node.items) >= FEWEST and len({fold_key(name) for name, _ in members}) == len(members)
    return ObjectNode(members) if apart else None


def _bulleted_list(
    lines: Sequence[TextLine], shape: RecordShape, names: frozenset[str], *, whole: bool
) -> ArrayNode | None:
    """The list that all lines are, if each of its items begins with a bullet."""
    if not lines or not lines[0].bullet:
        return None
    reader = _LineReader(lines, shape, names)
    node = reader.items(lines[0].indent, 0)
    if node is None or reader.at < len(lines):
        return None
    if len(node.items) < FEWEST and not any(isinstance(item, ObjectNode) and item.members[1:] for item in node.items):
        return None
    return node if whole else _cut_list(node)


def value_on_line(written: str) -> Node:
    """A value on a line: JSON, a text in quotes, or words."""
    if match := _QUOTED_BEFORE_REMARK.fullmatch(written):
        written = match[1]
    if written[0] in "[{":
        parsed = parse(written, 0)
        # `{draft}` is a word in braces.
        if parsed.end == len(written) and not (written[0] == "{" and isinstance(parsed.node, ArrayNode)):
            return parsed.node
    if len(written) > 1 and written[0] + written[-1] == "“”":
        return ScalarNode(written[1:-1], written[1:-1])
    if len(written) > 1 and written[0] == written[-1] and written[0] in "\"'":
        said = unescape(written[1:-1])[0] if written[0] == '"' else written[1:-1].replace("''", "'")
        return ScalarNode(said, said)
    return bare_word(_REMARK.sub("", written))


def _is_one_value(members: Sequence[tuple[str, Node]]) -> bool:
    """Whether there is one line alone, with a value that is no sentence: `Note: I found nothing.` is prose."""
    match members:
        case [(_, ScalarNode(written=written))]:
            return len(written.split()) <= MOST_WORDS and written[-1:] not in {".", "!", "?"}
        case [(_, ArrayNode(items=items))]:
            return bool(items)
        case _:
            return False


def _with_open_end(node: ObjectNode) -> ObjectNode:
    """An object whose last value the text ends in."""
    name, last = node.members[-1]
    match last:
        case ArrayNode():
            rest: Node = _cut_list(last)
        case ObjectNode():
            rest = _with_open_end(last)
        case ScalarNode(value=bool()):
            rest = last
        case _:
            rest = TruncatedNode(last.written)
    return ObjectNode([*node.members[:-1], (name, rest)], open=True)


def _cut_list(node: ArrayNode) -> ArrayNode:
    """A list whose last item the text ends in."""
    match node.items:
        case [*items, ObjectNode() as inner]:
            return ArrayNode([*items, _with_open_end(inner)], open=True)
        case items:
            return ArrayNode(items[:-1], open=True)
