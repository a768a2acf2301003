"""Lines whose names spell out the way to a value, or whose headings do: `lines[0].price = 5`, and TOML."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from langchain_nuextract.parsing.json.key_paths import KeyPath, key_path, placed
from langchain_nuextract.parsing.json.nodes import Node, ObjectNode, ScalarNode, TruncatedNode
from langchain_nuextract.parsing.select.indented import value_on_line
from langchain_nuextract.scalars.names import fold_key, folded_name
from langchain_nuextract.schema.answer_shape import RecordShape

FEWEST: Final = 2
"""Lines of such an object: one alone may be prose."""

_SECTION = re.compile(r"(?P<open>\[{1,2})\s*(?P<path>[^\s\[\]{}][^\[\]{}]{0,200}?)\s*\]{1,2}")
_LINE = re.compile(r"[-*•]?[ \t]*(?P<path>[^\s=:{}|<>,][^=:{}|<>,]{0,200}?)[ \t]*[=:][ \t]*(?P<value>.*)")
_OVER_LINES = re.compile(r"=[ \t]*(?:\[[ \t]*\n|\"\"\"|''')")
"""A value over several lines, as TOML has them."""
_REMARK = re.compile(r"[#;].*")
_TRIPLE = re.compile(r"(?P<quotes>\"\"\"|''')(?P<first>.*)")


def dotted(body: str, shape: RecordShape, *, whole: bool) -> ObjectNode | None:
    """Give the object of such lines; None if a line is anything else, or none needs more than a name.

    Args:
        body: The lines, and nothing else.
        shape: What was asked for, with whose names all ways begin.
        whole: Whether the last line was written to its end.
    """
    members = _members(body.splitlines())
    asked = {folded_name(name) for name, _ in shape.fields}
    if members is None or len(members) < FEWEST or not all(fold_key(str(path[0])) in asked for path, _ in members):
        return None
    if all(len(path) == 1 for path, _ in members) and not _OVER_LINES.search(body):
        return None
    if not whole:
        members[-1] = (members[-1][0], TruncatedNode())
    node = placed(members)
    return ObjectNode(node.members, open=not whole) if isinstance(node, ObjectNode) else None


def _members(lines: Sequence[str]) -> list[tuple[KeyPath, Node]] | None:
    """The values of some lines with their ways; None if a line is none of a name and a value, and no heading."""
    members, section, items = list[tuple[KeyPath, Node]](), KeyPath(), dict[KeyPath, int]()
    rows = iter(lines)
    for line in rows:
        row = line.strip()
        if not row or _REMARK.match(row):
            continue
        if match := _SECTION.fullmatch(row):
            path = key_path(match["path"])
            if path is None:
                return None
            section = _in_items(path, items)
            if match["open"] == "[[":
                items[section] = items.get(section, -1) + 1
                section = (*section, items[section])
            continue
        match = _LINE.fullmatch(row)
        path = key_path(match["path"]) if match else None
        if match is None or path is None:
            return None
        members.append(((*section, *path), _value(match["value"], rows)))
    return members


def _in_items(path: KeyPath, items: dict[KeyPath, int]) -> KeyPath:
    """A way of names, with the number of the last item behind each that is a list: `[lines.tax]` below `[[lines]]`."""
    found = KeyPath()
    for at, step in enumerate(path):
        found = (*found, step)
        if found in items and at < len(path) - 1:
            found = (*found, items[found])
    return found


def _value(written: str, rows: Iterator[str]) -> Node:
    """A value on its line, or a list or text that goes on in the lines below it."""
    if match := _TRIPLE.match(written):
        said = [match["first"]] if match["first"] else []
        while match["quotes"] not in (said[-1] if said else "") and (row := next(rows, None)) is not None:
            said.append(row)
        text = "\n".join(said).rpartition(match["quotes"])[0]
        return ScalarNode(text, text)
    if written.startswith("[") and not written.endswith("]"):
        parts = [written]
        while not parts[-1].rstrip().endswith("]") and (row := next(rows, None)) is not None:
            parts.append(row)
        written = "\n".join(parts).strip()
    return value_on_line(written) if written else ScalarNode(None, "")
