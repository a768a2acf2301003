"""A grammar by which a model can write nothing but what its document says.

A small model that is free to write makes values up. By this grammar it chooses: among the runs of words of the
document for a text, among the dates of the document for a date, and so on, or null. The objects of a list that have
numbers are taken from lines that have as many, one from each of successive lines: a table is read row by row.

The notation is that of llguidance, which llama.cpp's server takes as `grammar` if it was built with it (xllamacpp is).

Source: https://github.com/guidance-ai/llguidance, docs/syntax.md, on `%regex` with `substring_chunks`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from langchain_nuextract.dialects.grammar_candidates import Offers
from langchain_nuextract.dialects.grammar_notation import COMMA, either, literal
from langchain_nuextract.paths import JSON, fields, integer, items, leaves
from langchain_nuextract.schema.json_types import dumps

LONGEST_TEXT: Final = 100
"""Characters of a text: a model that does not find the end of a value copies on and on."""
MOST_TEXTS: Final = 8
"""Texts in a list, for the same reason; fewer where the document is short for the number of fields."""
MOST_RECORDS: Final = 4
"""Objects in a list that is not read row by row: the model repeats them as often as it may."""
LONGEST_ROW: Final = 160
"""Characters of a line that is a row of a table; longer ones are prose."""

_CHUNK = re.compile(r"\w+|\s|[^\w\s]")
_NUMERIC: Final = frozenset({"integer", "number"})
_SHAPE: Final = rf"/[\p{{L}}\p{{N}}]|[\p{{L}}\p{{N}}\p{{S}}#@(+-].{{0,{LONGEST_TEXT - 2}}}[^\s,;:(-]/"
"""What a text looks like: no punctuation on its own, no comma left over at its end."""


def grammar(schema: Mapping[str, JSON], template: JSON, text: str) -> str:
    """Write the grammar of the answers that a document allows.

    Args:
        schema: The JSON Schema of the answer.
        template: The template of the same form, for the types of its leaves.
        text: The document's text.
    """
    rules: dict[str, str] = {}
    start = _Scope("ALL", text, _room(template, text, MOST_TEXTS), rules).value(schema, template)
    return "\n".join(("%llguidance {}", f"start: {start}", *(f"{name}: {rule}" for name, rule in rules.items()), ""))


@dataclass(frozen=True)
class _Scope:
    """Writes what may be taken from a stretch of text: the document, or one of its lines."""

    name: str
    text: str
    room: int
    """The most texts that a list may have."""
    rules: dict[str, str] = field(repr=False)
    """The grammar's further rules, by name; those of this stretch are added as they are needed."""

    def value(self, schema: Mapping[str, JSON], template: JSON) -> str:
        """Write what may stand for a schema: null if it admits null, or if there is nothing else."""
        choices = self._choices(schema, template)
        nullable = "null" in items(schema.get("type")) or None in items(schema.get("enum"))
        return either([*choices, '"null"'] if nullable or not choices else choices)

    def _choices(self, schema: Mapping[str, JSON], template: JSON) -> Sequence[str]:
        if "enum" in schema:
            return [literal(dumps(label)) for label in items(schema["enum"]) if label is not None]
        if "properties" in schema:
            written = fields(template)
            parts = [
                f"{literal(f'{dumps(name)}: ')} {self.value(fields(part), written[name])}"
                for name, part in fields(schema["properties"]).items()
            ]
            return [f'"{{" {f" {COMMA} ".join(parts)} "}}"']
        if "items" in schema:
            return [f'"[" ({choice})? "]"' if (choice := self._items(schema, template)) else '"[]"']
        offered = Offers(self.text).of(str(template))
        return [self._run()] if offered is None else [literal(value) for value in offered]

    def _items(self, schema: Mapping[str, JSON], template: JSON) -> str:
        """Write one or more items of a list; empty if there can be none."""
        item, within = fields(schema["items"]), items(template)[0]
        # A list of at most one object is no table, however many rows there are.
        most = bound if (bound := integer(schema.get("maxItems"))) is not None else MOST_TEXTS
        if "properties" in item and most > 1 and (tables := list(self._tables(within))):
            return either([self._table([row.value(item, within) for row in rows]) for rows in tables])
        choices = self._choices(item, within)
        if isinstance(within, list) or choices == [self._run()]:
            return _repetition(choices, min(most, self.room))
        if "properties" in item:
            return _repetition(choices, min(most, _room(within, self.text, MOST_RECORDS)))
        return _repetition(choices, 1) if most == 1 else self._in_order(choices)

    def _run(self) -> str:
        """Define a text: a run of words, without blanks at its ends."""
        name = f"TEXT_{self.name}"
        if name not in self.rules:
            words = _CHUNK.findall(" ".join(self.text.split()))
            chunks = json.dumps([dumps(word)[1:-1] for word in words])
            self.rules[name] = rf'"\"" RUN_{self.name} "\""'
            self.rules[f"RUN_{self.name}"] = f"{_SHAPE} & WORDS_{self.name}"
            self.rules[f"WORDS_{self.name}"] = f'%regex {{"substring_chunks": {chunks}}}'
        return name

    def _tables(self, template: JSON) -> "Iterator[list[_Scope]]":
        """Give the lines that have enough numbers for a record, if it has any, up to each blank line.

        Lines apart from each other count as one table where no two of them stand together.
        """
        rows = list(self._rows(template))
        tables = [[row for _, row in run] for _, run in groupby(rows, key=lambda each: each[0])]
        together = any(len(table) > 1 for table in tables)
        yield from tables if together or not rows else [[row for _, row in rows]]

    def _rows(self, template: JSON) -> "Iterator[tuple[int, _Scope]]":
        """Give the lines that have enough numbers, each with the number of the paragraph it stands in."""
        needed = sum(kind in _NUMERIC for _, kind in leaves(template))
        paragraph = 0
        for number, line in enumerate(self.text.splitlines() if needed else ()):
            row = " ".join(line.split())
            # A table ends with its paragraph: the rows below a blank line are another's.
            paragraph += not row
            if len(row) <= LONGEST_ROW and Offers(row).count() >= needed:
                yield paragraph, _Scope(f"{self.name}_{number}", row, self.room, self.rules)

    def _table(self, rows: Sequence[str]) -> str:
        """Write a list of successive rows, from any of them on."""
        names = [f"row{len(self.rules) + number}" for number in range(len(rows))]
        for name, row, following in zip(names, rows, [*names[1:], ""], strict=True):
            self.rules[name] = f"{row} ({COMMA} {following})?" if following else row
        return either(names)

    def _in_order(self, items: Sequence[str]) -> str:
        """Write a list of some of the items, in their order and each once; empty if there are none."""
        if not items:
            return ""
        names = [f"item{len(self.rules) + number}" for number in range(len(items))]
        for name, item, following in zip(names, items, [*names[1:], ""], strict=True):
            self.rules[name] = f"{item} ({COMMA} {following})? | {following}" if following else item
        return names[0]


def _room(template: JSON, text: str, most: int) -> int:
    """Bound a list: with two words for each, the fields of a template must fit into the document that often."""
    fields = sum(1 for _ in leaves(template))
    return max(1, min(most, len(text.split()) // (2 * max(fields, 1))))


def _repetition(choices: Sequence[str], most: int) -> str:
    if not choices or most < 1:
        return ""
    item = either(choices)
    return f"{item} ({COMMA} {item}){{0,{most - 1}}}" if most > 1 else item
