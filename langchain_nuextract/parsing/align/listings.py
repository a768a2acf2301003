"""Lists, and choices of several labels."""

import re
from collections.abc import Iterator, Sequence

from langchain_nuextract.parsing.align.as_admitted import takes_lists
from langchain_nuextract.parsing.align.coerce import is_null_word, scalar
from langchain_nuextract.parsing.align.enum_labels import labels_in
from langchain_nuextract.parsing.align.lists import as_list, map_entries, rows_of, split_repeats, ticks
from langchain_nuextract.parsing.align.repetition import loop_start
from langchain_nuextract.parsing.align.singles import ECHO, NOTHING, Singles, is_echo, shown_repair
from langchain_nuextract.parsing.json.nodes import (
    ArrayNode,
    Node,
    ObjectNode,
    ScalarNode,
    json_value,
)
from langchain_nuextract.parsing.rules import RuleId
from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.schema.answer_shape import (
    AnswerShape,
    EnumShape,
    ListShape,
    MultiEnumShape,
    RecordShape,
    ScalarShape,
)
from langchain_nuextract.schema.value_types import FREE_TEXTS, TYPES

_BETWEEN_VALUES = re.compile(r"[,;]\s+|;|\n")


class Listings(Singles):
    """The reading of lists."""

    def listing(self, node: Node, shape: ListShape, path: Path) -> JSON:
        """Read a list, or what stands for one."""
        if isinstance(node, ArrayNode):
            entries, rows = map_entries(node, shape), rows_of(node, shape)
            if (inner := rows or entries) and self.change(
                path, "columns" if rows else "entries", "shape", *shown_repair(node, inner)
            ):
                return self.items(inner, shape.item, path)
            return self.items(node, shape.item, path)
        if is_echo(node, shape.item) or is_null_word(json_value(node)):
            echo = is_echo(node, shape.item)
            changed = self.change(path, *ECHO if echo else NOTHING, json_value(node), [])
            return [] if changed else json_value(node)
        readings: tuple[tuple[RuleId, ArrayNode | None], ...] = (
            ("columns", rows_of(node, shape)),
            ("listed-values", self.several(node, shape.item)),
            ("no-list", as_list(node, shape)),
        )
        rule, inner = next((reading for reading in readings if reading[1]), readings[-1])
        if inner is None:
            return self.misfit(node, path, "a list")
        changed = self.change(path, rule, "shape", *shown_repair(node, inner))
        return self.items(inner, shape.item, path) if changed else json_value(node)

    def several(self, node: Node, shape: AnswerShape) -> ArrayNode | None:
        """The values that a text lists, where it is none itself: addresses and numbers have no blank behind a comma.

        Texts of no form of their own are left as they are: of `Murphy, Walsh & Co` nobody knows whether it is two.
        """
        if not isinstance(node, ScalarNode) or not isinstance(shape, ScalarShape) or shape.structured:
            return None
        kind = shape.read_as
        parts = [ScalarNode(part.strip(), part.strip()) for part in _BETWEEN_VALUES.split(node.written)]
        if kind in FREE_TEXTS or len(parts) == 1 or self.is_of(node, kind):
            return None
        return ArrayNode([*parts]) if all(self.is_of(part, kind) for part in parts) else None

    def is_of(self, node: ScalarNode, kind: str) -> bool:
        """Whether a text can be read as a value of a type."""
        taken = scalar(node, kind, self.conventions, document=self.document)
        holds = TYPES[kind].holds if kind in TYPES else None
        return taken is not None and (holds is None or holds(str(taken.value)))

    def items(self, node: ArrayNode, shape: AnswerShape, path: Path) -> list[JSON]:
        """Read the items of a list, those that say nothing left out."""
        if node.open:
            self.incomplete.append(path)
        kept: list[JSON] = []
        for item in self.spread(self.without_loop(node, path), shape, path):
            place = (*path, len(kept))
            # What the reply broke off in is no value: `["Ann", "Be`.
            if self.is_cut(item, place):
                continue
            if is_echo(item, shape) and self.change(path, *ECHO, json_value(item), None):
                continue
            if self.says_nothing(item, shape) and self.change(path, *NOTHING, json_value(item), None):
                continue
            kept.append(self.value(item, shape, place))
        return kept

    def spread(self, items: Sequence[Node], shape: AnswerShape, path: Path) -> Iterator[Node]:
        """The items, those of inner lists among them where the items should be no lists."""
        for item in items:
            parts = split_repeats(item) if isinstance(item, ObjectNode) and isinstance(shape, RecordShape) else None
            if parts and self.change(
                path, "run-together", "guess", json_value(item), [json_value(part) for part in parts]
            ):
                yield from parts
                continue
            # `[["a", "b"], "c"]` for a list of texts; `[["a"]]` is one text in brackets.
            nested = isinstance(item, ArrayNode) and not takes_lists(shape) and len(item.items) != 1
            if (
                nested
                and isinstance(item, ArrayNode)
                and self.change(path, "nested-list", "shape", [json_value(item)], json_value(item))
            ):
                yield from item.items
            else:
                yield item

    def without_loop(self, node: ArrayNode, path: Path) -> list[Node]:
        """Leave out the repeats of a runaway loop."""
        start = loop_start(node)
        if start is None or "loop" not in self.allowed:
            return node.items
        self.change(path, "loop", "loop", [json_value(item) for item in node.items[start:]], [])
        return node.items[:start]

    def choices(self, node: Node, shape: MultiEnumShape, path: Path) -> JSON:
        """Read a choice of several labels."""
        if is_echo(node, shape):
            return [] if self.change(path, *ECHO, json_value(node), []) else json_value(node)
        if isinstance(node, ScalarNode) and isinstance(node.value, str) and node.value not in shape.labels:
            # `"red, green"` is two labels, unless it is one itself.
            listed = labels_in(node.value, shape.labels, shape.names)
            if listed and len(listed) > 1 and self.change(path, "listed-labels", "shape", node.value, [*listed]):
                return [*listed]
        # `{"red": true, "green": false}` ticks the label red.
        ticked = ticks(node, shape.labels) if isinstance(node, ObjectNode) else None
        if ticked and self.change(path, "ticked-labels", "shape", json_value(node), json_value(ticked)):
            node = ticked
        return self.listing(node, ListShape(EnumShape(shape.labels, shape.names, shape.hook)), path)
