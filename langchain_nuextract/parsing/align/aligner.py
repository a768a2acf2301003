"""What was read from a reply, brought to the form that was asked for."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from langchain_nuextract.errors import Problem
from langchain_nuextract.parsing.align.as_admitted import branches, in_template_form, is_for_validators, takes_lists
from langchain_nuextract.parsing.align.coerce import TEXTS, is_null_word, says_word, scalar
from langchain_nuextract.parsing.align.enum_labels import label, labels_in
from langchain_nuextract.parsing.align.keys import Matched, match
from langchain_nuextract.parsing.align.lists import listed, merged, only_leaf, paired, split, ticks
from langchain_nuextract.parsing.align.repetition import loop_start
from langchain_nuextract.parsing.json.nodes import (
    ArrayNode,
    Node,
    ObjectNode,
    ScalarNode,
    Stretch,
    TruncatedNode,
    counted,
    plain,
)
from langchain_nuextract.parsing.repairs import ALLOWED, Kind, Policy, Repair
from langchain_nuextract.parsing.rules import RuleId
from langchain_nuextract.parsing.select.candidates import embedded
from langchain_nuextract.parsing.select.scoring import alone, best_of, is_alone, united
from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.scalars.locale import Conventions, conventions_of
from langchain_nuextract.scalars.names import fold
from langchain_nuextract.schema.answer_shape import (
    AnswerShape,
    EnumShape,
    ListShape,
    MultiEnumShape,
    RecordShape,
    ScalarShape,
)

_TEXT = re.compile(r'"([^"\\\n]*)"')
_ECHO: Final[tuple[RuleId, Kind]] = ("echo", "echo")
_NOTHING: Final[tuple[RuleId, Kind]] = ("word-for-nothing", "value")


@dataclass(frozen=True, slots=True)
class Aligned:
    """An answer in the shape of its form, and what that took."""

    value: JSON
    repairs: tuple[Repair, ...]
    incomplete: tuple[Path, ...]
    problems: tuple[Problem, ...]
    places: Mapping[Path, Stretch]
    """Where in the reply the values stand that are known to stand there; what lies below such a path stands there too.
    """


def align(node: Node, shape: AnswerShape | None, *, policy: Policy, reply: str = "", document: str = "") -> Aligned:
    """Bring what was read to the form that was asked for; without a form, give it as it was read.

    Args:
        node: What was read.
        shape: What was asked for.
        policy: Which changes may be made.
        reply: What the model wrote; without a document it shows how numbers and dates are written here.
        document: The document, if it is at hand: it shows that too, and whether a word for nothing is one of its own.
    """
    walk = _Walk(policy, reply, document)
    value = walk.unasked(node, ()) if shape is None else walk.value(node, shape, ())
    return Aligned(value, tuple(walk.repairs), tuple(walk.incomplete), tuple(walk.problems), walk.places)


class _Walk:
    def __init__(self, policy: Policy, reply: str, document: str) -> None:
        self.allowed = ALLOWED[policy]
        self.reply = reply
        self.document = document
        self.repairs: list[Repair] = []
        self.incomplete: list[Path] = []
        self.problems: list[Problem] = []
        self.places: dict[Path, Stretch] = {}

    @cached_property
    def conventions(self) -> Conventions:
        # Of the reply, the texts alone: its numbers have a point in any language.
        return conventions_of(self.document or "\n".join(_TEXT.findall(self.reply)))

    def change(self, path: Path, rule: RuleId, kind: Kind, before: JSON, after: JSON, *, times: int = 1) -> bool:  # noqa: PLR0913
        """Put a change on record; false if it may not be made, which is then a problem."""
        if kind in self.allowed:
            self.repairs.append(Repair(path, kind, before, after, times, rule=rule))
            return True
        self.problems.append(Problem(path, f"a repair of kind {kind!r} would be needed: {before!r} → {after!r}"))
        return False

    def misfit(self, node: Node, path: Path, asked: str) -> JSON:
        """Leave a value as the model wrote it, and say what is wrong with it."""
        value = plain(node)
        self.problems.append(Problem(path, f"expected {asked}, got {value!r}"))
        return value

    def note(self, node: Node, path: Path) -> None:
        """Put the slips in the writing of a value on record."""
        for each in counted(node.fixes):
            if each.rule == "doubtful-end":
                self.doubt(path, each.before)
                continue
            self.change(path, each.rule, "syntax", each.before, each.after, times=each.times)
        if isinstance(node, ArrayNode | ObjectNode) and node.open:
            self.change(path, "unclosed-at-end", "syntax", "", "]" if isinstance(node, ArrayNode) else "}")
        if isinstance(node, ObjectNode) and node.rest:
            self.change(path, "truncated", "truncation", node.rest, None)
        if isinstance(node, TruncatedNode):
            self.change(path, "truncated", "truncation", node.written, None)

    def doubt(self, path: Path, left_over: str) -> None:
        """Put on record that a text may have ended too early."""
        if self.change(path, "doubtful-end", "guess", left_over, ""):
            self.problems.append(Problem(path, f"the text may end too early: {left_over!r} is left over behind it"))

    def is_cut(self, node: Node, path: Path) -> bool:
        if not isinstance(node, TruncatedNode):
            return False
        self.note(node, path)
        self.incomplete.append(path)
        return True

    # Without a form

    def unasked(self, node: Node, path: Path) -> JSON:
        self.note(node, path)
        match node:
            case ScalarNode():
                return node.value
            case TruncatedNode():
                self.incomplete.append(path)
                return None
            case ArrayNode():
                return self.unasked_items(node, path)
            case ObjectNode():
                return self.unasked_members(node, path)

    def unasked_items(self, node: ArrayNode, path: Path) -> list[JSON]:
        if node.open:
            self.incomplete.append(path)
        places = [(item, (*path, at)) for at, item in enumerate(node.items)]
        return [self.unasked(item, place) for item, place in places if not self.is_cut(item, place)]

    def unasked_members(self, node: ObjectNode, path: Path) -> dict[str, JSON]:
        if node.open:
            self.incomplete.append(path)
        value: dict[str, JSON] = {}
        for key, child in node.members:
            place = (*path, key)
            if self.is_cut(child, place):
                continue
            said = self.unasked(child, place)
            if key in value and value[key] != said:
                self.change(place, "repeated-key", "guess", value[key], said)
            value[key] = said
        return value

    # With a form

    def value(self, node: Node, shape: AnswerShape, path: Path) -> JSON:
        if shape.hook and is_for_validators(node, shape):
            return self.unasked(node, path)
        self.note(node, path)
        if isinstance(node, ScalarNode) and node.at:
            self.places[path] = node.at
        if isinstance(node, ScalarNode) and node.value is None:
            return None
        match shape:
            case RecordShape():
                return self.record(node, shape, path)
            case ListShape():
                return self.listing(node, shape, path)
            case MultiEnumShape():
                return self.choices(node, shape, path)
            case ScalarShape() | EnumShape():
                return self.single(node, shape, path)

    # Objects

    def record(self, node: Node, shape: RecordShape, path: Path) -> JSON:
        node = in_template_form(node, shape) or node
        members = self.as_members(node, shape, path)
        if members is None:
            return self.misfit(node, path, "an object")
        inner = _wrapped(members, shape)
        if (
            inner
            and not is_alone(members, inner, shape)
            and self.change(path, "wrapped-answer", "shape", *_shown(node, inner))
        ):
            return self.value(inner, shape, path)
        if is_alone(members, inner, shape):
            members = self.completed(members, shape, path) or members
        matched = match(members, shape)
        # A validator may look for what was not asked for.
        kept = {key: self.unasked(child, (*path, key)) for key, child in matched.unknown} if shape.hook else {}
        if kept:
            matched.unknown = []
        self.settle_keys(matched, path)
        if members.open:
            self.incomplete.extend((*path, name) for name, _ in shape.fields if name not in matched.found)
        return {**self.one_branch(self.parts(matched, shape, path), shape, path), **kept}

    def one_branch(self, value: dict[str, JSON], shape: RecordShape, path: Path) -> dict[str, JSON]:
        """Leave out what is said of a second kind of value where an object stands for one of several kinds."""
        filled = [[name for name in names if not _is_blank(value.get(name))] for names in branches(shape)]
        for name in (name for names in [names for names in filled if names][1:] for name in names):
            if self.change((*path, name), "unknown-key", "unknown-key", value[name], None):
                value = {**value, name: None}
        return value

    def as_members(self, node: Node, shape: RecordShape, path: Path) -> ObjectNode | None:
        """The object that a value stands for: it may be in a list, or written as a string."""
        match node:
            case ObjectNode():
                return node
            case ArrayNode(items=items):
                inner = paired(items, shape) or united(items, shape) or best_of(items, shape)
                if is_alone(node, inner, shape):
                    return self.completed(node, shape, path)
            case _:
                inner = embedded(node) or _only_part(node, shape)
        if not isinstance(inner, ObjectNode):
            return None
        sure = inner in node.items[:1] if isinstance(node, ArrayNode) else embedded(node) is not None
        if not self.change(path, "object-within", "shape" if sure else "guess", *_shown(node, inner)):
            return None
        self.note(inner, path)
        return inner

    def completed(self, node: ArrayNode | ObjectNode, shape: RecordShape, path: Path) -> ObjectNode | None:
        """The object of which a value is one part, written without the object around it."""
        found = alone(node, shape)
        if found is None:
            return None
        whole = ObjectNode([(found.name, replace(node, fixes=[]))], open=node.open and len(shape.fields) > 1)
        kind: Kind = "shape" if len(shape.fields) == 1 else "guess"
        return whole if self.change(path, "part-alone", kind, *_shown(node, whole)) else None

    def settle_keys(self, matched: Matched, path: Path) -> None:
        """Put renamed and unknown keys on record, and take back the renaming that the policy rules out."""
        for each in matched.renamed:
            if self.change((*path, each.name), each.rule, each.kind, each.key, each.name):
                continue
            matched.found.pop(each.name, None)
            if each.otherwise is not None:
                matched.give(each.name, each.otherwise)
        for key, child in matched.unknown:
            self.change((*path, key), "unknown-key", "unknown-key", plain(child), None)

    def parts(self, matched: Matched, shape: RecordShape, path: Path) -> dict[str, JSON]:
        value: dict[str, JSON] = {}
        for name, part in shape.fields:
            place = (*path, name)
            if name not in matched.found:
                continue
            node = self.one_of(matched.found[name], part, place)
            if not self.is_cut(node, place):
                value[name] = self.value(node, part, place)
        return value

    def one_of(self, nodes: Sequence[Node], shape: AnswerShape, path: Path) -> Node:
        """What a key that comes more than once means: all its items, or else the last value that says anything."""
        if len(nodes) == 1:
            return nodes[0]
        said = [node for node in nodes if plain(node) not in (None, "", [], {})] or nodes[-1:]
        if isinstance(shape, ListShape | MultiEnumShape) and any(plain(node) != plain(said[0]) for node in said):
            whole = merged(said)
            self.change(path, "repeated-list", "shape", [plain(node) for node in nodes], plain(whole))
            return whole
        differ = any(plain(node) != plain(said[-1]) for node in said)
        kind: Kind = "guess" if differ else "key"
        self.change(path, "repeated-key", kind, [plain(node) for node in nodes], plain(said[-1]))
        return said[-1]

    # Lists

    def listing(self, node: Node, shape: ListShape, path: Path) -> JSON:
        if isinstance(node, ArrayNode):
            return self.items(node, shape.item, path)
        if _is_echo(node, shape.item) or is_null_word(plain(node)):
            echo = _is_echo(node, shape.item)
            changed = self.change(path, *_ECHO if echo else _NOTHING, plain(node), [])
            return [] if changed else plain(node)
        inner = listed(node, shape)
        if inner is None:
            return self.misfit(node, path, "a list")
        if not self.change(path, "no-list", "shape", *_shown(node, inner)):
            return plain(node)
        return self.items(inner, shape.item, path)

    def items(self, node: ArrayNode, shape: AnswerShape, path: Path) -> list[JSON]:
        if node.open:
            self.incomplete.append(path)
        kept: list[JSON] = []
        for item in self.spread(self.without_loop(node, path), shape, path):
            place = (*path, len(kept))
            if self.is_cut(item, place):
                continue
            if _is_echo(item, shape) and self.change(path, *_ECHO, plain(item), None):
                continue
            if self.says_nothing(item, shape) and self.change(path, *_NOTHING, plain(item), None):
                continue
            kept.append(self.value(item, shape, place))
        return kept

    def spread(self, items: Sequence[Node], shape: AnswerShape, path: Path) -> Iterator[Node]:
        """The items, those of inner lists among them where the items should be no lists."""
        for item in items:
            parts = split(item) if isinstance(item, ObjectNode) and isinstance(shape, RecordShape) else None
            if parts and self.change(path, "run-together", "guess", plain(item), [plain(part) for part in parts]):
                yield from parts
                continue
            nested = isinstance(item, ArrayNode) and not takes_lists(shape) and len(item.items) != 1
            if (
                nested
                and isinstance(item, ArrayNode)
                and self.change(path, "nested-list", "shape", [plain(item)], plain(item))
            ):
                yield from item.items
            else:
                yield item

    def without_loop(self, node: ArrayNode, path: Path) -> list[Node]:
        start = loop_start(node)
        if start is None or "loop" not in self.allowed:
            return node.items
        self.change(path, "loop", "loop", [plain(item) for item in node.items[start:]], [])
        return node.items[:start]

    def choices(self, node: Node, shape: MultiEnumShape, path: Path) -> JSON:
        if _is_echo(node, shape):
            return [] if self.change(path, *_ECHO, plain(node), []) else plain(node)
        if isinstance(node, ScalarNode) and isinstance(node.value, str) and node.value not in shape.labels:
            listed = labels_in(node.value, shape.labels)
            if listed and len(listed) > 1 and self.change(path, "listed-labels", "shape", node.value, [*listed]):
                return [*listed]
        ticked = ticks(node, shape.labels) if isinstance(node, ObjectNode) else None
        if ticked and self.change(path, "ticked-labels", "shape", plain(node), plain(ticked)):
            node = ticked
        return self.listing(node, ListShape(EnumShape(shape.labels, shape.names, shape.hook)), path)

    # Single values

    def single(self, node: Node, shape: ScalarShape | EnumShape, path: Path) -> JSON:
        if _is_echo(node, shape):
            return None if self.change(path, *_ECHO, plain(node), None) else plain(node)
        if isinstance(shape, ScalarShape) and shape.optional and self.says_nothing(node, shape):
            return None if self.change(path, *_NOTHING, plain(node), None) else plain(node)
        if isinstance(node, ScalarNode):
            return self.leaf(node, shape, path)
        if isinstance(shape, ScalarShape) and shape.open:
            return plain(node)
        inner = only_leaf(node)
        if inner is not None and self.change(path, "only-value", "shape", plain(node), inner.value):
            return self.value(inner, shape, path)
        return self.misfit(node, path, "a single value")

    def says_nothing(self, node: Node, shape: AnswerShape) -> bool:
        """Whether a text is a word for nothing that the document does not say; without a document none is."""
        return (
            isinstance(shape, ScalarShape)
            and shape.type in TEXTS
            and isinstance(node, ScalarNode)
            and is_null_word(node.value)
            and "value" in self.allowed
            and bool(self.document and (shape.type or node.written))
            and not says_word(self.document, node.written)
        )

    def leaf(self, node: ScalarNode, shape: ScalarShape | EnumShape, path: Path) -> JSON:
        taken = (
            label(node, shape.labels, shape.names)
            if isinstance(shape, EnumShape)
            else scalar(node, shape.meant or shape.type, self.conventions, document=self.document)
        )
        if taken is None:
            return self.misfit(node, path, _asked(shape))
        if taken.same or (type(taken.value) is type(node.value) and taken.value == node.value):
            return taken.value
        return taken.value if self.change(path, taken.rule, taken.kind, node.value, taken.value) else node.value


def _asked(shape: ScalarShape | EnumShape) -> str:
    return (
        f"one of {', '.join(shape.labels)}"
        if isinstance(shape, EnumShape)
        else f"a value of type {shape.meant or shape.type!r}"
    )


def _is_blank(value: JSON) -> bool:
    return value in (None, "", [], {}) or (isinstance(value, dict) and all(map(_is_blank, value.values())))


def _shown(before: Node, after: Node) -> tuple[JSON, JSON]:
    return plain(before), plain(after)


def _is_echo(node: Node, shape: AnswerShape) -> bool:
    """Whether the model repeated the template's leaf in place of a value."""
    match shape:
        case ScalarShape():
            return isinstance(node, ScalarNode) and bool(shape.type) and node.value == shape.type
        case EnumShape():
            said = labels_in(node.written, shape.labels) if isinstance(node, ScalarNode) else plain(node)
            return not (isinstance(node, ArrayNode) and node.open) and said == list(shape.labels)
        case MultiEnumShape():
            return isinstance(node, ArrayNode) and not node.open and plain(node) == [list(shape.labels)]
        case _:
            return False


def _wrapped(node: ObjectNode, shape: RecordShape) -> Node | None:
    """The answer inside an object that was put around it: that has no part of the answer, or fewer of the same."""
    asked = {fold(name) for name, _ in shape.fields}
    named = {fold(key) for key, _ in node.members} & asked
    inside = (child for key, child in node.members if fold(key) not in asked)
    if named:
        inside = (child for child in inside if isinstance(child, ObjectNode) and named < asked & _keys(child))
    return best_of(inside, shape)


def _keys(node: ObjectNode) -> set[str]:
    return {fold(key) for key, _ in node.members}


def _only_part(node: Node, shape: RecordShape) -> ObjectNode | None:
    """The object with one part whose value stands in its place."""
    match node, shape.fields:
        case ScalarNode(), ((name, ScalarShape() | EnumShape()),):
            return ObjectNode([(name, node)])
        case _:
            return None
